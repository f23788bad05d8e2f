"""What a Go program does not embed, beside what it does."""

import pytest
from migration_project import Write

from miglint.model.change import AS_ON_DISK
from miglint.project.files import Files
from miglint.tools import ToolSettings, find_histories, history_before
from miglint.tools._embedded import embedded_by

NAMES = ("1_a.pg.up.sql", "1_a.down.sql", "2_b.up.sql", "2_b.down.sql")
MODULE = {"go.mod": "module a\n\nrequire github.com/ory/x v0.0.1\n"}
GAP = "2 migrations that no go:embed names, while db/store.go embeds db/migrations/sql: not read"


def project(write: Write, *folders: str, **code: str) -> None:
    write(MODULE | {f"{folder}/{name}": "SELECT 1;\n" for folder in folders for name in NAMES})
    write({f"db/{name}.go": f"package db\n\n{text}\n" for name, text in code.items()})


def roots() -> list[str]:
    return [history.root for history in find_histories(["."]) if history.migrations]


@pytest.mark.parametrize("embed", ["//go:embed migrations/sql/*.sql", "\t//go:embed  all:migrations/sql",
                                   '//go:embed notes.txt "migrations/sql/*"'])  # fmt: skip
def test_the_folder_beside_an_embedded_one_is_not_read(write: Write, embed: str) -> None:
    project(write, "db/migrations/sql", "db/migrations/old", store=f"{embed}\nvar f embed.FS")
    assert roots() == ["db/migrations/sql"]
    (left,) = [history for history in find_histories(["."]) if not history.migrations]
    assert [(gap.path, gap.reason) for gap in left.gaps] == [("db/migrations/old", GAP)]


@pytest.mark.parametrize(
    ("embed", "read"),
    [
        ("migrations/*/*.sql", ["db/migrations/old", "db/migrations/sql"]),
        ("migrations", ["db/migrations/old", "db/migrations/sql"]),
    ],
)
def test_a_pattern_names_folders_as_well(write: Write, embed: str, read: list[str]) -> None:
    project(write, "db/migrations/sql", "db/migrations/old", store=f"//go:embed {embed}\nvar f embed.FS")
    assert sorted(roots()) == read


def test_what_is_left_out_has_lost_no_migrations_in_a_change(write: Write) -> None:
    project(write, "db/migrations/sql", "db/migrations/old", store="//go:embed migrations/sql/*.sql")
    before = [len(history_before(history, AS_ON_DISK).migrations) for history in find_histories(["."])]
    assert sorted(before) == [0, 2]


def test_folders_in_the_one_beside_it_are_listed_once(write: Write) -> None:
    project(write, "db/migrations", "db/src/1_a", "db/src/2_b", store="//go:embed migrations/*.sql")
    gaps = [gap for history in find_histories(["."]) for gap in history.gaps]
    assert [gap.path for gap in gaps] == ["db/src"]
    assert gaps[0].reason.startswith("4 migrations that ")


@pytest.mark.parametrize(
    "code",
    [
        {},
        {"store_test": "//go:embed migrations/sql/*.sql"},
        {"store": "//go:embed migrations/sql/*.sql\n//go:embed migrations/old/*.sql"},
        {"store": "//go:embed migrations/sql/*.sql", "other": "//go:embed migrations"},
        {"store": "//go:embed migrations/sql/*.sql", "other": "//go:embed migrations/*/*.sql"},
        {"store": "//go:embed migrations/sql/*.sql", "other": 'var old = "file://db/migrations/old"'},
        {"store": "//go:embed migrations/sql/*.sql", "migrations/old/embed": "//go:embed *.sql"},
        {"store": "//go:embed migrations/sql/1_a.down.sql"},
    ],
)
def test_what_may_be_run_all_the_same_is_read(write: Write, code: dict[str, str]) -> None:
    project(write, "db/migrations/sql", "db/migrations/old", **code)
    assert roots() == ["db/migrations/old", "db/migrations/sql"]


def test_what_is_asked_for_is_read(write: Write) -> None:
    project(write, "db/migrations/sql", "db/migrations/old", store="//go:embed migrations/sql/*.sql")
    (named,) = find_histories(["db/migrations/old"])
    assert len(named.migrations) == 2
    histories = find_histories(["."], {"db/migrations/old": ToolSettings("popx")})
    assert all(history.migrations for history in histories)


def test_a_star_is_one_folder_and_a_bracket_itself() -> None:
    (embed,) = embedded_by("/app/[id]", "store.go", "//go:embed */sql/*.sql", Files())

    assert embed.covers("/app/[id]/db/sql")
    assert not embed.covers("/app/[id]/db/old/sql")
