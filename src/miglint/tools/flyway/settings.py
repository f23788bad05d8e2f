"""What a project's files say to Flyway: where its migrations are, how they are called, how they run."""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from miglint.project.files import Files, join, parent
from miglint.text.lazy import expression
from miglint.text.settings import settings_of

_NAMES = (
    "flyway.conf", "conf/flyway.conf", "flyway.toml",
    *(f"{place}application{profile}.{ending}" for profile in ("", "-prod", "-production")
      for place in ("", "config/", "src/main/resources/") for ending in ("properties", "yml", "yaml")),
    "build.gradle", "build.gradle.kts", "pom.xml",
)  # fmt: skip
_BLOCK = expression(r"^(?P<blank>[ \t]*)flyway[ \t]*[:{]", re.MULTILINE)
BUILDS = ("pom.xml", "build.gradle", "build.gradle.kts", "gradle/libs.versions.toml")
"""The files that say which version of Flyway is used, from the module's folder upward."""
_VERSION = expression(
    r"""flyway[\w.-]*(?:</artifactId>\s*<version>|>|["')]*\s+version\s*\(?["']|:)(\d+(?:\.\d+)+)"""
)
_CATALOG = expression(r"""^flyway[\w-]*\s*=\s*"(\d+(?:\.\d+)+)\"""", re.MULTILINE)
# Others have versions of their own: mybatis-spring-boot-starter, spring-boot-extension-maven.
_BOOT = expression(
    r"""(?:<artifactId>\s*spring-boot(?:-(?:starter|dependencies|maven-plugin)[\w-]*)?\s*</artifactId>\s*<version>|springframework\.boot["')]*\s+version\s*\(?["'])(\d{1,9})"""
)
# Spring Boot 2.7, the last of its line, brings Flyway 8.5; 3.0 brings 9.5.
_BOOT_WITH_LOCK = 3
_BROUGHT = (8, 5)
LOCK_SINCE = (9, 1, 2)
"""The version that takes its lock in a transaction."""
# In all spellings: flyway.postgresql.transactional.lock=false, transactional-lock, and for Maven and Gradle
# postgresqlTransactionalLock; nested as YAML and TOML have it.
_LOCK_OFF = expression(
    r"""postgresql[\].:_\s-]{0,99}transactional[\].:_\s-]{0,99}lock["'\s:=>]{1,20}(?:to\s{1,9}["'])?false""",
    re.IGNORECASE,
)
_REMARK = expression(r"^[ \t]*(?:#|//).*", re.MULTILINE)
# Not a placeholder, whose value is known where Flyway runs.
_SCHEMA = expression(r"[A-Za-z_]\w*")
# Spring's way to have what the environment says, or else a default.
_NESTED = 3
_DEFAULTED = expression(r"\$\{[^:{}]+:([^{}]*)\}")
_URL = expression(r"(?<![\w.])jdbc:(\w+):")
_PROFILE = expression(r"application-[\w.-]+\.(?:properties|ya?ml)")
_PRODUCTION = expression(r"application-prod(?:uction)?\.\w+$")


class FlywaySettings(NamedTuple):
    """Flyway's settings, with its own defaults.

    `locations` are as they are written: `classpath:db/migration`, `filesystem:sql`; `others` are those that
    only another profile of the application has.
    `undo_set` tells whether the project says how its undo scripts are called.
    `url` is the kind of the database in its URL, "" if there is none; `schema` is the one in which Flyway's
    sessions begin, "" if it is not said.
    """

    locations: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    prefix: str = "V"
    repeatable: str = "R"
    baseline: str = "B"
    undo: str = "U"
    undo_set: bool = False
    separator: str = "__"
    suffixes: tuple[str, ...] = (".sql",)
    placeholders: bool = True
    mixed: bool = False
    group: bool = False
    in_transaction: bool = True
    url: str = ""
    transactional_lock: bool = True
    schema: str = ""


def settings_near(path: str, files: Files) -> FlywaySettings:
    """Read the settings that hold for a folder: of several files, the first that names one."""
    near = [found for name in _NAMES if (found := files.nearest(path, name))]
    texts = [(name, files.text(name)) for name in near]
    profiles = [(name, files.text(name)) for name in _profiles(near, files)]

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
    others = (place for name, text in profiles for place in _values(name, text, "locations") or ())
    usual = FlywaySettings()
    return FlywaySettings(
        locations=tuple(locations),
        others=tuple(dict.fromkeys(place for place in others if place not in locations)),
        prefix=one("sqlMigrationPrefix", usual.prefix),
        repeatable=one("repeatableSqlMigrationPrefix", usual.repeatable),
        baseline=one("baselineMigrationPrefix", usual.baseline),
        undo=one("undoSqlMigrationPrefix", usual.undo),
        undo_set=one("undoSqlMigrationPrefix", "") != "",
        separator=one("sqlMigrationSeparator", usual.separator),
        suffixes=tuple(suffixes) or usual.suffixes,
        placeholders=true("placeholderReplacement", usual.placeholders),
        mixed=true("mixed", usual.mixed),
        group=true("group", usual.group),
        in_transaction=true("executeInTransaction", usual.in_transaction),
        url=_url(texts, profiles),
        schema=next(filter(_SCHEMA.fullmatch, (one("defaultSchema", ""), one("schemas", ""))), ""),
        transactional_lock=not any(
            _LOCK_OFF.search(_REMARK.sub("", text)) for _, text in (*texts, *profiles)
        ),
    )


def version_near(path: str, files: Files) -> tuple[int, ...] | None:
    """Give the version of Flyway that a build file asks for, or that the project's Spring Boot brings."""
    brought = None
    for step in files.upward(path):
        for name in BUILDS:
            text = files.text(join(step, name)) if files.is_file(join(step, name)) else ""
            found = _VERSION.search(text) or _CATALOG.search(text)
            if found:
                return tuple(int(part[:9]) for part in found[1].split("."))
            boot = _BOOT.search(text)
            if boot and brought is None:
                brought = _BROUGHT if int(boot[1]) < _BOOT_WITH_LOCK else LOCK_SINCE
    return brought


def _profiles(near: list[str], files: Files) -> list[str]:
    """Give the settings of other profiles, beside those of the application."""
    places = dict.fromkeys(parent(path) for path in near if "application" in os.path.basename(path))
    found = (folder.file(name) for folder in map(files.folder, places) for name in folder.files
             if _PROFILE.fullmatch(name))  # fmt: skip
    return [path for path in found if path not in near]


def _url(texts: list[tuple[str, str]], profiles: list[tuple[str, str]]) -> str:
    """Give the kind of database in the URLs: that of production, else PostgreSQL if it is one of them.

    An embedded database for tests is no reason to pass over the one that counts.
    """
    for name, text in texts:
        if _PRODUCTION.search(name) and (found := _URL.search(text)):
            return found[1]
    kinds = [found[1] for _, text in (*texts, *profiles) for found in _URL.finditer(text)]
    return "postgresql" if "postgresql" in kinds else kinds[0] if kinds else ""


def _values(file: str, text: str, name: str) -> list[str] | None:
    """Give the values of a setting in one file, in the way of its kind; None where it is not set."""
    kebab = re.sub(r"([A-Z])", r"-\1", name).lower()
    if file.endswith((".gradle", ".kts")):
        for block in _blocks(text):
            found = re.search(
                rf"^[ \t]*(?:{name}|{kebab})[ \t]*[:=]?[ \t]*(.*(?:\n[ \t]*-[ \t].*)*)", block, re.MULTILINE
            )
            if found:
                return _split(found[1])
        return None
    for path, values in settings_of(file, text):
        if path[-1:] in ((name,), (kebab,)) and (file.endswith(".xml") or "flyway" in path):
            # What else the environment may set is not known: a schema has to be the one of production.
            given = (_by_default(value).strip() if name == "locations" else value.strip() for value in values)
            return [part for value in given for part in re.split(r"\s*,\s*", value) if part]
    return None


def _by_default(value: str) -> str:
    """Give what a value is where the environment says nothing, which can depend on it in turn."""
    for _ in range(_NESTED):
        value = _DEFAULTED.sub(r"\1", value)
    return value


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
