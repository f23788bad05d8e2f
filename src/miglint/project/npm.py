"""Which version of an npm package a project uses, from package.json and the lock files."""

import re
from typing import NamedTuple

from miglint.project.files import Files, join, parent
from miglint.text.lazy import expression

# Bounded, because int() refuses text of more than 4,300 digits.
_NUMBER = expression(r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?")
_SECTIONS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_LOCKS = ("pnpm-lock.yaml", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "bun.lock")


class NpmVersion(NamedTuple):
    """A version and where it was found; `exact` is False for the lowest that a range admits."""

    number: tuple[int, int, int]
    where: str
    exact: bool

    @property
    def text(self) -> str:
        """The version as people write it."""
        return ".".join(map(str, self.number))


def npm_version(files: Files, path: str, packages: tuple[str, ...]) -> NpmVersion | None:
    """Give the version of the first of these packages that the project around `path` depends on.

    From the folder upward to the repository's root: the nearest package.json that names one of the
    packages, and the exact version of a lock file beside or above it. None if nothing says it.
    """
    found = _range_of(files, path, packages)
    if found is None:
        return None
    manifest, package, asked = found
    home = parent(manifest)
    lock = files.nearest(home, *_LOCKS)
    if lock is not None:
        inside = home[len(parent(lock)) :].strip("/\\").replace("\\", "/")
        number = _locked(lock.replace("\\", "/").rpartition("/")[2], files.text(lock), package, inside, asked)
        if number is not None:
            return NpmVersion(number, files.shown(lock), exact=True)
    if asked.startswith("catalog:"):
        manifest, asked = _from_catalog(files, home, package, asked) or (manifest, "")
    lowest = lowest_version(asked)
    return lowest and NpmVersion(lowest, files.shown(manifest), exact=False)


def lowest_version(asked: str) -> tuple[int, int, int] | None:
    """Give the lowest version that an npm range admits; None for `latest`, `*`, a link or an upper bound.

    >>> lowest_version("^6.1 || 5.x")
    (5, 0, 0)
    """
    lowest = []
    for alternative in asked.removeprefix("npm:").split("||"):
        # `npm:prisma@6.1.0` is an alias, `>=5.0.0 <7` starts with its lower bound.
        wanted = alternative.rpartition("@")[2].strip().lstrip("^~=v> ")
        found = _NUMBER.match(wanted)
        if found is None:
            return None
        lowest.append((int(found[1]), int(found[2] or 0), int(found[3] or 0)))
    return min(lowest)


def _range_of(files: Files, path: str, packages: tuple[str, ...]) -> tuple[str, str, str] | None:
    for step in files.upward(path):
        manifest = join(step, "package.json")
        text = files.text(manifest)
        if not any(f'"{package}"' in text for package in packages):
            continue
        from json import loads

        try:
            content = loads(text)
        except (ValueError, RecursionError):
            continue
        for package in packages:
            for section in _SECTIONS:
                wanted = content.get(section) if isinstance(content, dict) else None
                asked = wanted.get(package) if isinstance(wanted, dict) else None
                if isinstance(asked, str):
                    return manifest, package, asked
    return None


def _from_catalog(files: Files, home: str, package: str, asked: str) -> tuple[str, str] | None:
    """Give the workspace file and the range that pnpm's `catalog:` or `catalog:name` stands for."""
    workspace = files.nearest(home, "pnpm-workspace.yaml")
    if workspace is None:
        return None
    name = asked.removeprefix("catalog:").strip()
    lines = _yaml_block(files.text(workspace), ("catalogs", name) if name else ("catalog",))
    found = re.search(rf"""^[ \t]*['"]?{re.escape(package)}['"]?:\s*['"]?([^'"#\n]+)""", lines, re.MULTILINE)
    return (workspace, found[1].strip()) if found else None


def _yaml_block(text: str, keys: tuple[str, ...]) -> str:
    """Give the lines below nested keys of a block-style YAML file; "" if there is no such key."""
    for key in keys:
        found = re.search(rf"""^( *)['"]?{re.escape(key)}['"]?:[ \t]*\r?$""", text, re.MULTILINE)
        if found is None:
            return ""
        end = re.compile(rf"^ {{0,{len(found[1])}}}[^\s#]", re.MULTILINE).search(text, found.end())
        text = text[found.end() : end.start() if end else len(text)]
    return text


def _locked(lock: str, text: str, package: str, inside: str, asked: str) -> tuple[int, int, int] | None:
    """Find the package's version in a lock file's text.

    `inside`: the folder of the package.json, relative to the lock file.
    Lock files run to megabytes, so they are searched, not parsed.
    """
    if lock == "pnpm-lock.yaml":
        return _locked_by_pnpm(text, package, inside)
    name = re.escape(package)
    patterns: list[str]
    if lock == "yarn.lock":
        # yarn 1: prisma@^6.0.0:\n  version "6.1.0"; later: "prisma@npm:^6.0.0":\n  version: 6.1.0
        version = r'\n\s+version:? "?(\d[\w.-]*)'
        exactly = rf'(?<![\w/@-]){name}@(?:npm:)?{re.escape(asked)}[",:].*'
        patterns = [rf"^(?:[^\s#].*)?{exactly}{version}", rf'^"?{name}@.*{version}']
    elif lock == "bun.lock":
        patterns = [rf'"{name}": \["{name}@(\d[\w.-]*)"']
    else:
        places = (
            (f"{inside}/node_modules/{package}", f"node_modules/{package}")
            if inside
            else (f"node_modules/{package}",)
        )
        patterns = [rf'"{re.escape(place)}": \{{\s*"version": "(\d[\w.-]*)"' for place in places]
        # Lock files of npm 6 and older have no "packages".
        patterns.append(rf'"{name}": \{{\s*"version": "(\d[\w.-]*)"')
    return _first(text, patterns)


def _locked_by_pnpm(text: str, package: str, inside: str) -> tuple[int, int, int] | None:
    importer = _yaml_block(text, ("importers", inside or ".")) or text
    name = re.escape(package)
    return _first(
        importer,
        [
            rf"""^ +['"]?{name}['"]?:\s+specifier: .*\n\s+version: ['"]?(\d[\w.-]*)""",
            rf"""^ +['"]?{name}['"]?: ['"]?(\d[\w.-]*)""",
        ],
    )


def _first(text: str, patterns: list[str]) -> tuple[int, int, int] | None:
    for pattern in patterns:
        found = re.search(pattern, text, re.MULTILINE)
        if found:
            return lowest_version(found[1])
    return None
