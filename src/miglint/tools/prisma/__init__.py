"""
Prisma Migrate up to version 7: `migrations/<name>/migration.sql`.

Facts from prisma-engines (migrations_directory.rs, apply_migration.rs, pull requests 5767 and 5847)
and from packages/migrate/src/utils/listMigrations.ts in prisma/prisma.
"""

import posixpath
import re
from collections.abc import Iterator
from itertools import pairwise

from miglint.model.declared import Declared
from miglint.model.irregularity import Irregularity, MissingFile, ProviderMismatch, UnstableOrder
from miglint.model.migration import Direction, History, Problem, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import dialect_of_provider
from miglint.project.files import Files, Folder, join, parent
from miglint.project.npm import NpmVersion, lowest_version, npm_version
from miglint.text.locale_order import locale_key
from miglint.text.sql import blanked
from miglint.tools._places import Place, each
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings
from miglint.tools.prisma.advice import advice
from miglint.tools.prisma.places import place_down, place_new
from miglint.tools.prisma.schema_files import LOCK_FILE, external, is_of_schema, schema_sources

UP = "migration.sql"
# Prisma has no way back. These are the names that teams and community scripts use.
DOWNS = ("down.sql", "rollback.sql", "revert.sql")
# A folder that holds only code is a data migration of the project's own runner (formbricks has 25).
_DATA_ONLY = ("migration.ts", "migration.mts", "migration.js", "migration.mjs", "migration.cjs")

# prisma-engines pull request 5767; before it the file is sent as one query.
_SPLITS_SINCE = (7, 4, 0)

# What the engine's SQL parser refuses: then the whole file is sent as one query after all.
# Found by running sqlparser over the statements of nine projects; pull request 5847 names the second.
_REFUSED = (
    ("a DO block", r"(?i)(?:\A|;)\s*DO\b"),
    ("DROP INDEX CONCURRENTLY", r"(?i)\bDROP\s+INDEX\s+CONCURRENTLY\b"),
    ("REINDEX", r"(?i)(?:\A|;)\s*REINDEX\b"),
    ("LOCK TABLE", r"(?i)(?:\A|;)\s*LOCK\b"),
    ("REFRESH MATERIALIZED VIEW", r"(?i)(?:\A|;)\s*REFRESH\b"),
    ("a constraint USING INDEX", r"(?i)\b(?:UNIQUE|KEY)\s+USING\s+INDEX\b"),
    ("SET STATISTICS", r"(?i)\bSET\s+STATISTICS\b"),
)

_ALIASES = {"postgres": "postgresql"}
_PROVIDERS = ("postgresql", "postgres", "cockroachdb", "mysql", "sqlite", "sqlserver", "mongodb")


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by its lock file, or by sub-folders with a migration.sql."""
    if folder.has(LOCK_FILE) and folder.folders:
        return Evidence(Rank.MARKER, f"{LOCK_FILE} in {files.shown(folder.path)}")
    holders = [name for name, child in files.children(folder) if child.has(UP)]
    if not holders:
        return None
    # Anything may be called migration.sql: docs/example/migration.sql is no history, nor are notes on
    # changes of which some have one.
    looks = "migration" in files.full(folder.path).replace("\\", "/").rpartition("/")[2].lower()
    numbered = [name for name in folder.folders if name[0].isdigit()]
    most = 0 < len(numbered) <= 2 * sum(name[0].isdigit() for name in holders)
    if looks or most or files.is_named(folder):
        return Evidence(Rank.LAYOUT, f"{holders[0]}/{UP} in {files.shown(folder.path)}")
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the sub-folders in the order in which Prisma runs them."""
    version = _version(folder, files, settings)
    lock = _lock(folder, files)
    schemas = schema_sources(folder, files, _locked(lock)[0]) if is_of_schema(folder, files) else ()
    order: list[MigrationFiles] = []
    odd: list[Irregularity] = list(_mismatches(lock, schemas))
    for name, child in sorted(files.children(folder), key=lambda entry: locale_key(entry[0])):
        if child.has(UP):
            down = next((child.file(name) for name in DOWNS if child.has(name)), None)
            order.append(MigrationFiles(name, child.file(UP), down))
            continue
        code = next((code for code in _DATA_ONLY if child.has(code)), None)
        if code is not None:
            order.append(MigrationFiles(name, None, opaque=child.file(code)))
        elif not name.startswith("."):
            message = f"no {UP} in {name}: Prisma refuses to run the whole history (P3015)"
            source = Source(files.shown(child.file(UP)), "")
            odd.append(MissingFile(source, message, "commit the file, or delete the folder", migration=name))
    odd += _unstable(order, files)

    def wrap(_: MigrationFiles, direction: Direction, source: Source) -> Wrapping:
        return _wrapping(version, direction, source.text)

    reading = read_migrations(files, order, wrap)
    provider = _provider(lock, schemas)
    number = version.number if version else None
    return History(
        tool=tool.name,
        root=files.shown(folder.path),
        dialect=dialect_of_provider(provider) or provider,
        migrations=reading.migrations,
        advice=advice(
            number,
            _path_of(schemas) or files.shown(join(parent(folder.path), "schema.prisma")),
            files.shown(folder.path),
        ),
        problems=(*((lock,) if isinstance(lock, Problem) else ()), *reading.problems),
        irregularities=tuple(odd),
        declared=_declared(schemas, version, external(folder, files)),
    )


def _path_of(schemas: tuple[Source, ...]) -> str:
    """Give what Prisma is told to read: the file, or the folder around the files of a schema in parts."""
    paths = [schema.path for schema in schemas]
    return posixpath.commonpath(paths) if paths else ""


def _declared(
    schemas: tuple[Source, ...], version: NpmVersion | None, others: frozenset[str]
) -> Declared | None:
    if not schemas:
        return None
    # The lowest version that a range admits need not be the one that is installed.
    known = version.number if version and (version.exact or version.number >= (6, 0, 0)) else None
    from miglint.tools.prisma.schema import declared

    found = declared(schemas, version=known)
    return found and found._replace(ignored=found.ignored | others)


def _unstable(order: list[MigrationFiles], files: Files) -> Iterator[Irregularity]:
    """See migrations that come later in the order of bytes than one that runs after them."""
    for before, after in pairwise(order):
        if before.id > after.id and after.up is not None:
            source = files.read(after.up)
            message = f"Prisma runs {before.id} before {after.id}, but byte order is the other way round"
            if isinstance(source, Source):
                yield UnstableOrder(
                    source,
                    message,
                    "give new migrations the timestamps that Prisma writes",
                    migration=after.id,
                )


def _version(folder: Folder, files: Files, settings: ToolSettings) -> NpmVersion | None:
    if settings.tool_version:
        number = lowest_version(settings.tool_version)
        return number and NpmVersion(number, "set in the configuration", exact=True)
    return npm_version(files, folder.path, ("prisma", "@prisma/client"))


def _wrapping(version: NpmVersion | None, direction: Direction, text: str) -> Wrapping:
    batch = TransactionMode.IMPLICIT_BATCH
    if direction is Direction.DOWN:
        return Wrapping(batch, "`prisma db execute` sends the file as one batch")
    if version is None:
        return Wrapping(
            batch,
            "no Prisma version found in package.json or a lock file; "
            "before 7.4 Prisma sends the file as one batch, since then statement by statement",
        )
    found = f"Prisma {version.text} ({version.where})"
    if not version.exact:
        found = f"Prisma from {version.text} on ({version.where})"
    if version.number < _SPLITS_SINCE:
        return Wrapping(batch, f"{found} sends the file as one batch")
    code = blanked(text)
    for form, pattern in _REFUSED:
        if re.search(pattern, code):
            return Wrapping(batch, f"{found} cannot split a file with {form} and sends it as one batch")
    return Wrapping(
        TransactionMode.PER_STATEMENT,
        f"{found} sends the statements one by one, and each commits on its own",
    )


def _lock(folder: Folder, files: Files) -> Source | Problem | None:
    """Read migration_lock.toml; Prisma accepts that there is none."""
    return files.read(folder.file(LOCK_FILE)) if folder.has(LOCK_FILE) else None


def _locked(lock: Source | Problem | None) -> tuple[str, Span]:
    """Give the provider that the lock file names and where; "" if none.

    The engine does not read it as TOML: it takes the first line that starts with `provider` and removes
    `provider = ` and the double quotes.
    """
    found = re.search(r"^provider.*", lock.text, re.MULTILINE) if isinstance(lock, Source) else None
    if found is None:
        return "", Span(0, 0)
    value = found.group().replace("provider = ", "").replace('"', "").strip()
    return value, Span(*found.span())


def _mismatches(lock: Source | Problem | None, schemas: tuple[Source, ...]) -> Iterator[Irregularity]:
    if not isinstance(lock, Source):
        return
    locked, span = _locked(lock)
    help_text = f'write the line as `provider = "{_provider_of_schema(schemas) or "postgresql"}"`'
    if not locked:
        yield ProviderMismatch(lock, 'no line `provider = "..."`: Prisma stops with P3019', help_text)
        return
    declared = _provider_of_schema(schemas)
    if locked not in _PROVIDERS:
        message = (
            f"Prisma reads {locked[:40]!r} as the provider, which it does not know, and stops with P3019"
        )
        yield ProviderMismatch(lock, message, help_text, span)
    elif declared and _ALIASES.get(locked, locked) != _ALIASES.get(declared, declared):
        message = f"the migrations are for {locked}, the schema for {declared}: Prisma stops with P3019"
        help_text = "start a new history for the other database: SQL for one does not run on another"
        yield ProviderMismatch(lock, message, help_text, span)


def _provider(lock: Source | Problem | None, schemas: tuple[Source, ...]) -> str:
    """Give the provider that the lock file names, else that of the schema, else postgresql."""
    locked, _ = _locked(lock)
    return locked if locked in _PROVIDERS else _provider_of_schema(schemas) or "postgresql"


def _provider_of_schema(schemas: tuple[Source, ...]) -> str | None:
    from miglint.tools.prisma.schema import datasource_provider

    found = (datasource_provider(schema.text) for schema in schemas)
    return next((provider for provider in found if provider), None)


tool = Tool(
    name="prisma",
    title="Prisma Migrate",
    recognise=recognise,
    read=read,
    traces=(".sql", LOCK_FILE),
    depth=1,
    copy_fails=True,
    mark_fails=True,
    place=Place(down=place_down, new=each(place_new, as_text=True)),
)
