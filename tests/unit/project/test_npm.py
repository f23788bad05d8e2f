import json

import pytest
from migration_project import Write

from miglint.project.files import Files
from miglint.project.npm import lowest_version, npm_version

PACKAGES = ("prisma", "@prisma/client")


def manifest(**sections: dict[str, str]) -> str:
    return json.dumps({"name": "app", **sections})


@pytest.mark.parametrize(
    ("asked", "lowest"),
    [
        ("6.1.2", (6, 1, 2)),
        ("^6.1.2", (6, 1, 2)),
        ("~6.1", (6, 1, 0)),
        ("6.x", (6, 0, 0)),
        ("7", (7, 0, 0)),
        (">=5.2.0 <7", (5, 2, 0)),
        ("^7.4 || 6.1", (6, 1, 0)),
        ("5.0.0 - 6.0.0", (5, 0, 0)),
        ("v6.0.1-dev.3", (6, 0, 1)),
        ("npm:prisma@6.2.0", (6, 2, 0)),
        ("<7", None),
        ("*", None),
        ("latest", None),
        ("workspace:*", None),
        ("", None),
        ("9" * 5000, (999_999_999, 0, 0)),
    ],
)
def test_a_range_gives_the_lowest_version_it_admits(asked: str, lowest: tuple[int, int, int] | None) -> None:
    assert lowest_version(asked) == lowest


def found(path: str) -> tuple[str, str, bool] | None:
    version = npm_version(Files(), path, PACKAGES)
    return version and (version.text, version.where, version.exact)


def test_the_nearest_package_json_that_names_the_package_counts(write: Write) -> None:
    write(
        {
            "package.json": manifest(devDependencies={"prisma": "5.0.0"}),
            "apps/web/package.json": manifest(dependencies={"next": "14"}),
            "apps/api/package.json": manifest(dependencies={"@prisma/client": "^6.2"}),
        }
    )
    assert found("apps/web/prisma/migrations") == ("5.0.0", "package.json", False)
    assert found("apps/api/prisma/migrations") == ("6.2.0", "apps/api/package.json", False)


def test_the_command_counts_more_than_the_client(write: Write) -> None:
    write(
        {
            "package.json": manifest(
                dependencies={"@prisma/client": "5.0.0"}, devDependencies={"prisma": "7.4.1"}
            )
        }
    )
    assert found(".") == ("7.4.1", "package.json", False)


def test_a_broken_package_json_is_passed_over(write: Write) -> None:
    write({"package.json": '{"dependencies": {"prisma": "7.0.0"'})
    assert found(".") is None


def test_a_package_json_above_the_repository_is_not_read(write: Write) -> None:
    project = write({})
    (project.parent / "package.json").write_text(manifest(dependencies={"prisma": "7.4.1"}))
    assert found(".") is None


@pytest.mark.parametrize(
    ("lock", "text"),
    [
        (
            "package-lock.json",
            '{"packages": {"node_modules/prisma": {\n  "version": "6.19.1",\n "dev": true}}}',
        ),
        ("package-lock.json", '{"dependencies": {"prisma": {"version": "6.19.1"}}}'),
        ("yarn.lock", '"@x/prisma@^6.0.0":\n  version "1.0.0"\n\nprisma@^6.0.0:\n  version "6.19.1"\n'),
        ("yarn.lock", '"prisma@npm:^5.0.0":\n  version: 5.1.0\n\n"prisma@npm:^6.0.0":\n  version: 6.19.1\n'),
        ("bun.lock", '{"packages": {"prisma": ["prisma@6.19.1", "", {}, "sha512-x"]}}'),
        (
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    devDependencies:\n      prisma:\n"
            "        specifier: ^6.0.0\n        version: 6.19.1(typescript@5.4.5)\n"
            "\npackages:\n\n  prisma@5.0.0:\n",
        ),
        (
            "pnpm-lock.yaml",
            "lockfileVersion: 5.4\n\nspecifiers:\n  prisma: ^6.0.0\n\ndevDependencies:\n  prisma: 6.19.1\n",
        ),
    ],
)
def test_a_lock_file_gives_the_exact_version(write: Write, lock: str, text: str) -> None:
    write({"package.json": manifest(devDependencies={"prisma": "^6.0.0"}), lock: text})
    assert found("prisma/migrations") == ("6.19.1", lock, True)


def test_a_pnpm_lock_file_is_read_for_the_workspace_that_asks(write: Write) -> None:
    write(
        {
            "pnpm-lock.yaml": (
                "importers:\n  apps/a:\n    dependencies:\n      prisma:\n        specifier: 'catalog:'\n"
                "        version: 5.1.0\n  apps/b:\n    dependencies:\n      prisma:\n"
                "        specifier: 'catalog:'\n        version: 7.4.2\n"
            ),
            "apps/a/package.json": manifest(dependencies={"prisma": "catalog:"}),
            "apps/b/package.json": manifest(dependencies={"prisma": "catalog:"}),
        }
    )
    assert found("apps/a/migrations") == ("5.1.0", "pnpm-lock.yaml", True)
    assert found("apps/b/migrations") == ("7.4.2", "pnpm-lock.yaml", True)


def test_an_npm_workspace_has_its_own_copy_before_the_shared_one(write: Write) -> None:
    write(
        {
            "package-lock.json": (
                '{"packages": {"node_modules/prisma": {"version": "5.0.0"},\n'
                '"apps/a/node_modules/prisma": {"version": "7.4.0"}}}'
            ),
            "apps/a/package.json": manifest(dependencies={"prisma": "*"}),
            "apps/b/package.json": manifest(dependencies={"prisma": "*"}),
        }
    )
    assert found("apps/a") == ("7.4.0", "package-lock.json", True)
    assert found("apps/b") == ("5.0.0", "package-lock.json", True)


@pytest.mark.parametrize(("asked", "expected"), [("catalog:", "6.3.0"), ("catalog:db", "7.5.0")])
def test_a_pnpm_catalog_gives_the_range(write: Write, asked: str, expected: str) -> None:
    write(
        {
            "pnpm-workspace.yaml": (
                "packages:\n  - apps/*\ncatalog:\n  next: 14\n  prisma: ^6.3.0\n"
                "catalogs:\n  db:\n    'prisma': \"7.5.0\"\n"
            ),
            "apps/a/package.json": manifest(dependencies={"prisma": asked}),
        }
    )
    assert found("apps/a") == (expected, "pnpm-workspace.yaml", False)
