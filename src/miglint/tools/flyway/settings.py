"""What a project's files say to Flyway: where its migrations are, how they are called, how they run."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from miglint.project.files import Files
from miglint.text.lazy import expression

_NAMES = (
    "flyway.conf", "conf/flyway.conf", "flyway.toml",
    *(f"{place}application{profile}.{ending}" for profile in ("", "-prod", "-production")
      for place in ("", "config/", "src/main/resources/") for ending in ("properties", "yml", "yaml")),
    "build.gradle", "build.gradle.kts", "pom.xml",
)  # fmt: skip
_BLOCK = expression(r"^(?P<blank>[ \t]*)flyway[ \t]*[:{]", re.MULTILINE)
_URL = expression(r"(?<![\w.])jdbc:(\w+):")


class FlywaySettings(NamedTuple):
    """Flyway's settings, with its own defaults.

    `locations` are as they are written: `classpath:db/migration`, `filesystem:sql`.
    `url` is the kind of the database in its URL, "" if there is none.
    """

    locations: tuple[str, ...] = ()
    prefix: str = "V"
    repeatable: str = "R"
    baseline: str = "B"
    undo: str = "U"
    separator: str = "__"
    suffixes: tuple[str, ...] = (".sql",)
    placeholders: bool = True
    mixed: bool = False
    group: bool = False
    in_transaction: bool = True
    url: str = ""


def settings_near(path: str, files: Files) -> FlywaySettings:
    """Read the settings that hold for a folder: of several files, the first that names one."""
    near = (files.nearest(path, name) for name in _NAMES)
    texts = [(name, files.text(name)) for name in near if name]

    def one(name: str, default: str) -> str:
        found = next(
            (value for file, text in texts if (value := _values(file, text, name)) is not None), None
        )
        return default if found is None else "".join(found[:1])

    def true(name: str, default: bool) -> bool:
        return one(name, str(default)).lower() == "true"

    locations = next((value for file, text in texts if (value := _values(file, text, "locations"))), [])
    suffixes = next(
        (value for file, text in texts if (value := _values(file, text, "sqlMigrationSuffixes"))), []
    )
    url = next((found for _, text in texts if (found := _URL.search(text))), None)
    usual = FlywaySettings()
    return FlywaySettings(
        locations=tuple(locations),
        prefix=one("sqlMigrationPrefix", usual.prefix),
        repeatable=one("repeatableSqlMigrationPrefix", usual.repeatable),
        baseline=one("baselineMigrationPrefix", usual.baseline),
        undo=one("undoSqlMigrationPrefix", usual.undo),
        separator=one("sqlMigrationSeparator", usual.separator),
        suffixes=tuple(suffixes) or usual.suffixes,
        placeholders=true("placeholderReplacement", usual.placeholders),
        mixed=true("mixed", usual.mixed),
        group=true("group", usual.group),
        in_transaction=true("executeInTransaction", usual.in_transaction),
        url=url[1] if url else "",
    )


def _values(file: str, text: str, name: str) -> list[str] | None:
    """Give the values of a setting in one file, in the way of its kind; None where it is not set."""
    kebab = re.sub(r"([A-Z])", r"-\1", name).lower()
    key = rf"(?:{name}|{kebab})"
    if file.endswith((".properties", ".conf")):
        found = re.search(
            rf"^[ \t]*[\w.]*\bflyway\.(?:[\w-]+\.)?{key}[ \t]*[=:][ \t]*(.*)$", text, re.MULTILINE
        )
        return _split(found[1]) if found else None
    if file.endswith(".xml"):
        found = re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
        return _split(re.sub(r"<[^>]*>", ",", found[1])) if found else None
    for block in [text] if file.endswith(".toml") else _blocks(text):
        found = re.search(rf"^[ \t]*{key}[ \t]*[:=]?[ \t]*(.*(?:\n[ \t]*-[ \t].*)*)", block, re.MULTILINE)
        if found:
            return _split(found[1])
    return None


def _blocks(text: str) -> Iterator[str]:
    """Give what stands deeper than each `flyway:` or `flyway {`."""
    for found in _BLOCK.finditer(text):
        blank = len(found["blank"])
        lines = text[found.end() :].split("\n")
        kept = [lines[0]]
        for line in lines[1:]:
            if line.strip() and len(line) - len(line.lstrip()) <= blank:
                break
            kept.append(line)
        yield "\n".join(kept)


def _split(value: str) -> list[str]:
    """Give the parts of a list, in quotes, with bullets or with commas, without remarks."""
    lines = (re.sub(r"(?:^|\s)#.*", "", line).strip().removeprefix("- ") for line in value.split("\n"))
    text = " ".join(lines)
    quoted = re.findall(r"\"([^\"]*)\"|'([^']*)'", text)
    parts = [first or second for first, second in quoted] or re.split(r"[,\s]+", text.strip("[] "))
    return [part for whole in parts for part in re.split(r"\s*,\s*", whole.strip()) if part]
