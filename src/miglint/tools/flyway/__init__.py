"""
Flyway: `V1__name.sql` in the order of its versions, then `R__name.sql`, at any depth below its locations.

1.10 comes after 1.9; `U1__name.sql` undoes version 1, in the paid editions. The newest `B5__name.sql`
replaces everything up to its version, as on an empty database. `R__` scripts are rerun whenever they change.
Callbacks such as `afterMigrate.sql` are read as scripts that run every time, before or after the rest; those
beside the locations, for errors or for validation are listed as not read. Each file runs in a transaction,
unless it holds only statements that cannot, or `V1__name.sql.conf` says `executeInTransaction=false`; then
the statements run one by one. `${name}` is a placeholder. Migrations in Java and Kotlin keep their place
in the sequence but are not read.
Locations, prefixes and the like are taken from flyway.conf, flyway.toml, Spring's, Quarkus' and Micronaut's
application files, Gradle and Maven; scripts outside the locations are listed as not read, and a location that
only another profile has is a history of its own.

Facts from its source: ResourceNameParser.java (names), ParserSqlScript.java and PostgreSQLParser.java
(transactions), Event.java (callbacks), BaselineMigrationResolver.java and ConfigUtils.java.
"""

import os
import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

from miglint.model.irregularity import DuplicateVersion, Irregularity, RefusedFile, UnreachableFile
from miglint.model.migration import Direction, History, Problem, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import POSTGRES, dialect_of, dialect_of_path, dialect_of_provider
from miglint.project.dotnet import projects
from miglint.project.files import Files, Folder, is_within, parent
from miglint.text.lazy import expression
from miglint.text.placeholders import DOLLAR_BRACES, filler
from miglint.text.sql import blanked
from miglint.tools._places import Place, each
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations, words
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings
from miglint.tools.flyway.advice import ALONE_TEXT, advice
from miglint.tools.flyway.callbacks import AFTER, BEFORE, unread
from miglint.tools.flyway.places import place_down, place_new
from miglint.tools.flyway.settings import FlywaySettings, settings_near

_VERSIONED = expression(r"V(\d+(?:[._]\d+)*)__(.+)\.sql", re.DOTALL | re.IGNORECASE)
_ALMOST = expression(r"[A-Za-z]{1,4}\d+(?:[._]\d+)*__[^/]+\.sql")
_ANY_PREFIX = expression(r"[A-Za-z_-]{0,12}\d+(?:[._]\d+)*_?_")
_VERSION = expression(r"\d+(?:[._]\d+)*")
_CODE = (".java", ".kt", ".groovy", ".scala")
_CONF = expression(r"^[ \t]*executeInTransaction\s*=\s*(true|false)\s*$", re.MULTILINE)
_ALONE = expression(ALONE_TEXT, re.IGNORECASE)
_ALONE_SOMEWHERE = expression(
    r"\b(?:CONCURRENTLY|VACUUM|DATABASE|TABLESPACE|SUBSCRIPTION|SYSTEM|REINDEX|DISCARD)\b", re.IGNORECASE
)
_FILL = filler(DOLLAR_BRACES)
_DEFAULT = ("classpath:db/migration", "classpath:src/main/resources/db/migration")
_DEEPEST = 6


class _File(NamedTuple):
    """A file by its name: `kind` is V, B, U, R, or the callback's event."""

    kind: str
    version: tuple[int, ...]
    description: str
    path: str
    stem: str

    @property
    def unit(self) -> MigrationFiles:
        """Say where it stands."""
        repeatable = self.kind not in ("V", "B")
        if self.path.lower().endswith(_CODE):
            return MigrationFiles(self.stem, None, opaque=self.path, repeatable=repeatable)
        return MigrationFiles(self.stem, self.path, repeatable=repeatable, baseline=self.kind == "B")


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a versioned file in it or below it, or as one that the configuration names."""
    shown = files.shown(folder.path)
    own = next((name for name in folder.files if _VERSIONED.fullmatch(name)), None)
    if own is None:
        if any(map(_ANY_PREFIX.match, folder.files)) and (configured := _configured(folder, files)):
            return configured
        name = files.full(folder.path).replace("\\", "/").rpartition("/")[2].lower()
        if name not in ("migration", "migrations", "db", "sql"):
            return None
        children = [
            (child, names)
            for child, below in files.children(folder)
            if (names := [name for name in below.files if _VERSIONED.fullmatch(name)])
        ]
        if len(children) < 2 or any(dialect_of_provider(child) for child, _ in children):
            return _configured(folder, files)
        if any(projects(files, folder.path)):
            # In .NET these are the names of Evolve as well, whose program lists its folders one by one.
            return None
        if _repeat(children):
            return None  # Each is a location of its own.
        own = children[0][1][0]
    return Evidence(Rank.LAYOUT_AND_NAMES, f"{own} in {shown}")


def _repeat(children: list[tuple[str, list[str]]]) -> bool:
    """Tell whether folders have most of their versions in common, as those of several databases do."""
    versions = [{found[1] for name in names if (found := _VERSIONED.match(name))} for _, names in children]
    pairs = ((one, other) for at, one in enumerate(versions) for other in versions[at + 1 :])
    return any(2 * len(one & other) > min(len(one), len(other)) for one, other in pairs)


def _configured(folder: Folder, files: Files) -> Evidence | None:
    if not folder.ending(".sql"):
        return None
    settings = settings_near(folder.path, files)
    if settings == FlywaySettings(url=settings.url, schema=settings.schema):
        return None
    places = _places(folder, files, (*(settings.locations or _DEFAULT), *settings.others))
    if files.full(folder.path) not in places:
        return None
    if not any(_parsed(name, name, settings) for name in folder.files):
        return None
    return Evidence(Rank.PROJECT, f"{files.shown(folder.path)}, a location in Flyway's configuration")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the versions in their order, then what is repeatable in the order of its names."""
    flyway = settings_near(folder.path, files)
    places = _places(folder, files, flyway.locations)
    full = files.full(folder.path)
    # A folder above the locations is none itself; one beside them is that of another profile.
    is_named = any(is_within(full, place) or is_within(place, full) for place in places)
    found = list(_at(places if is_named else [folder.path], files, flyway))
    order, odd = _ordered(list(dict.fromkeys(found)), files)
    odd += _passed_over(found, files, flyway.prefix)
    taken = {files.full(file.path) for file in found}
    left = [file for file in _at([folder.path], files, flyway) if files.full(file.path) not in taken]

    def wrap(unit: MigrationFiles, direction: Direction, source: Source) -> Wrapping:
        path = unit.up if direction is Direction.UP else unit.down
        wrapping, refused = _wrapping(source, files.text(f"{path}.conf"), flyway)
        if refused is not None:
            span, message = refused
            why = "put what cannot run in a transaction into a migration of its own"
            odd.append(RefusedFile(source, message, why, span, unit.id))
        return wrapping

    reading = read_migrations(files, order, wrap, words(_FILL) if flyway.placeholders else None)
    # A service may be tested on one database and run on another: what the folder says comes first.
    dialect = dialect_of_path(folder.path, files) or dialect_of(folder, files, reading.texts(), flyway.url)
    history = reading.history(
        tool.name,
        files.shown(folder.path),
        dialect,
        advice(folder, files, flyway, reading.texts(), undone=any(file.kind == "U" for file in found)),
        odd,
        gaps=(
            *_elsewhere(left, files),
            *unread(folder, {parent(file.path) for file in found}, files, flyway),
        ),
    )
    return history._replace(home=flyway.schema) if dialect == POSTGRES else history


def _at(places: Iterable[str], files: Files, settings: FlywaySettings) -> Iterator[_File]:
    """Give the files of these locations, and of those beside them for code."""
    for place in places:
        for top in (place, *_beside(place)):
            yield from _below(files.folder(top), files, settings, _DEEPEST)


def _elsewhere(left: list[_File], files: Files) -> Iterator[Problem]:
    """Say for each folder how many of its scripts stand in none of the locations."""
    for place in sorted({parent(file.path) for file in left}):
        count = sum(parent(file.path) == place for file in left)
        reason = f"{count} of Flyway's scripts, in none of the configured locations: not read"
        yield Problem(files.shown(place), reason)


def _places(folder: Folder, files: Files, locations: Iterable[str]) -> list[str]:
    """Give the absolute paths of the configured locations that are there."""
    places = []
    for location in locations:
        name = location.partition(":")[2] if location.startswith(("classpath:", "filesystem:")) else location
        # Spring's name of the database.
        path = name.replace("{vendor}", "postgresql").strip("/")
        for step in files.upward(folder.path):
            place = files.resolve(step, path, folder.path)
            below = files.folder(place) if path and place else None
            if below and (below.files or below.folders):
                places.append(below.path)
                break
    return places


def _passed_over(found: list[_File], files: Files, prefix: str) -> Iterator[Irregularity]:
    """See what is called as if it were a migration beside the migrations, and is none for Flyway."""
    known = {file.path for file in found}
    for place in sorted({parent(file.path) for file in found}):
        folder = files.folder(place)
        for name in folder.files:
            if folder.file(name) not in known and _ALMOST.fullmatch(name):
                source = Source(files.shown(folder.file(name)), "")
                message = f"Flyway ignores this file: its name does not begin with {prefix} and a version"
                yield UnreachableFile(source, message, f"name it {prefix}<version>__<description>.sql")


def _beside(place: str) -> Iterator[str]:
    """Give where the migrations in code for a place among the resources stand."""
    for language in ("java", "kotlin"):
        if "/resources/" in place.replace(os.sep, "/"):
            yield place.replace("resources", language, 1) if place.count("resources") == 1 else place


def _below(folder: Folder, files: Files, settings: FlywaySettings, depth: int) -> Iterator[_File]:
    for name in folder.files:
        found = _parsed(name, folder.file(name), settings)
        if found is not None:
            yield found
    for name in folder.folders if depth else ():
        if name not in folder.links:
            yield from _below(files.child(folder, name), files, settings, depth - 1)


def _parsed(name: str, path: str, settings: FlywaySettings) -> _File | None:
    """Take a name apart as Flyway does; None for a file that it passes over."""
    endings = (*settings.suffixes, *_CODE)
    ending = next((end for end in endings if name.lower().endswith(end.lower())), None)
    if ending is None:
        return None
    stem = name[: -len(ending)]
    kinds = [
        (settings.prefix, "V"), (settings.baseline, "B"), (settings.undo, "U"), (settings.repeatable, "R"),
        *((event, event) for event in (*BEFORE, *AFTER)),
    ]  # fmt: skip
    kinds.sort(key=lambda kind: -len(kind[0]))
    kind = next((kind for prefix, kind in kinds if stem.startswith(prefix)), None)
    if kind is None:
        return None
    prefix = next(prefix for prefix, of in kinds if of == kind)
    version, _, description = stem[len(prefix) :].partition(settings.separator)
    if kind in ("V", "B", "U"):
        return _File(kind, _number(version), description, path, stem) if _VERSION.fullmatch(version) else None
    return None if version else _File(kind, (), description.replace("_", " "), path, stem)


def _ordered(found: list[_File], files: Files) -> tuple[list[MigrationFiles], list[Irregularity]]:
    """Put the files into the order in which an empty database gets them."""
    odd: list[Irregularity] = []
    baseline = max((file for file in found if file.kind == "B"), default=None, key=lambda file: file.version)
    versions = [file for file in found if file.kind == "V"]
    if baseline is not None:
        versions = [file for file in versions if file.version > baseline.version]
    downs = {file.version: file.path for file in found if file.kind == "U"}
    taken: dict[tuple[int, ...], _File] = {}
    order = [baseline.unit] if baseline else []
    for file in sorted(versions, key=lambda file: (file.version, file.stem)):
        other = taken.setdefault(file.version, file)
        if other is not file:
            version = ".".join(map(str, file.version))
            message = f"version {version} is taken by {os.path.basename(other.path)}: Flyway refuses to run"
            source = Source(files.shown(file.path), "")
            odd.append(DuplicateVersion(source, message, "give it a version of its own", migration=file.stem))
        order.append(file.unit._replace(down=downs.get(file.version)))

    def callbacks(events: tuple[str, ...]) -> Iterator[MigrationFiles]:
        for event in events:
            own = sorted((file for file in found if file.kind == event), key=lambda file: file.description)
            yield from (file.unit for file in own)

    repeatable = sorted((file for file in found if file.kind == "R"), key=lambda file: file.description)
    return [*callbacks(BEFORE), *order, *(file.unit for file in repeatable), *callbacks(AFTER)], odd


def _number(version: str) -> tuple[int, ...]:
    """Give a version's parts; zeros at the end make no difference: 1.0 is 1."""
    parts = [int(part[:200]) for part in re.split(r"[._]", version)]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def _wrapping(
    source: Source, conf: str, settings: FlywaySettings
) -> tuple[Wrapping, tuple[Span, str] | None]:
    """Tell how a file runs, and where and why Flyway refuses it."""
    each = TransactionMode.PER_STATEMENT
    own = _CONF.search(conf)
    if own[1] == "false" if own else not settings.in_transaction:
        return Wrapping(each, "`executeInTransaction=false`: Flyway sends the statements one by one"), None
    if own is None and _ALONE_SOMEWHERE.search(source.text):
        parts = blanked(source.text).split(";")
        ends = accumulate(len(part) + 1 for part in parts)
        code = [(part, end - 1) for part, end in zip(parts, ends, strict=True) if part.strip()]
        alone = [bool(_ALONE.match(part.lstrip())) for part, _ in code]
        if alone and (all(alone) or (settings.mixed and any(alone))):
            return Wrapping(each, "Flyway runs such statements outside a transaction on its own"), None
        if any(alone):
            at = max(alone.index(True), alone.index(False))
            text, end = code[at]
            span = Span(end - len(text.lstrip()), end)
            reason = "Flyway refuses a file in which only some statements can run in a transaction"
            return Wrapping(each, reason), (span, f"{reason}, unless `mixed` is true")
    if settings.group:
        return Wrapping(
            TransactionMode.PER_RUN, "`group`: Flyway runs all migrations in one transaction"
        ), None
    return Wrapping(TransactionMode.PER_MIGRATION, "Flyway runs each migration in a transaction"), None


tool = Tool(
    name="flyway",
    title="Flyway",
    recognise=recognise,
    read=read,
    depth=_DEEPEST,
    place=Place(down=place_down, new=each(place_new, dots="._")),
)
