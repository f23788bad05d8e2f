"""
Prisma Migrate up to version 7: `migrations/<name>/migration.sql`.

Facts from prisma-engines (migrations_directory.rs, apply_migration.rs, pull requests 5767 and 5847)
and from packages/migrate/src/utils/listMigrations.ts in prisma/prisma.
"""

import re

from miglint.model.migration import Direction, History, Problem, TransactionMode
from miglint.model.source import Source
from miglint.tools._dialects import dialect_of_provider
from miglint.tools._files import Files, Folder, join, parent
from miglint.tools._locale_order import locale_key
from miglint.tools._npm import NpmVersion, lowest_version, npm_version
from miglint.tools._prisma_advice import advice
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._sql_text import blanked
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

LOCK_FILE = "migration_lock.toml"
UP = "migration.sql"
# Prisma has no way back. These are the names that teams and community scripts use.
DOWNS = ("down.sql", "rollback.sql", "revert.sql")
# A folder that holds only code is a data migration of the project's own runner (formbricks has 25).
_DATA_ONLY = ("migration.ts", "migration.mts", "migration.js", "migration.mjs", "migration.cjs")

# prisma-engines pull request 5767; before it the file goes out as one query.
_SPLITS_SINCE = (7, 4, 0)

# What the engine's SQL parser refuses: then the whole file goes out as one query after all.
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

_PROVIDERS = ("postgresql", "postgres", "cockroachdb", "mysql", "sqlite", "sqlserver", "mongodb")


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by its lock file, or by sub-folders with a migration.sql."""
    if folder.has(LOCK_FILE) and folder.folders:
        return Evidence(Rank.MARKER, f"{LOCK_FILE} in {files.shown(folder.path)}")
    holders = [name for name, child in files.children(folder) if child.has(UP)]
    if not holders:
        return None
    # Anything may be called migration.sql: docs/example/migration.sql is no history.
    looks = "migration" in files.full(folder.path).replace("\\", "/").rpartition("/")[2].lower()
    if looks or files.is_named(folder) or any(name[0].isdigit() for name in holders):
        return Evidence(Rank.LAYOUT, f"{holders[0]}/{UP} in {files.shown(folder.path)}")
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the sub-folders in the order in which Prisma runs them."""
    version = _version(folder, files, settings)
    provider, lock_problems = _provider(folder, files)
    order: list[MigrationFiles] = []
    missing: list[Problem] = []
    for name, child in sorted(files.children(folder), key=lambda entry: locale_key(entry[0])):
        if child.has(UP):
            down = next((child.file(name) for name in DOWNS if child.has(name)), None)
            order.append(MigrationFiles(name, child.file(UP), down))
        elif not name.startswith(".") and not any(child.has(code) for code in _DATA_ONLY):
            reason = f"no {UP} in this folder: Prisma refuses to run the whole history (P3015)"
            missing.append(Problem(files.shown(child.path), reason))

    def wrap(_: MigrationFiles, direction: Direction, source: Source) -> Wrapping:
        return _wrapping(version, direction, source.text)

    reading = read_migrations(files, order, wrap)
    return History(
        tool=tool.name,
        root=files.shown(folder.path),
        dialect=dialect_of_provider(provider) or provider,
        migrations=reading.migrations,
        advice=advice(
            version.number if version else None,
            files.shown((_schemas(folder, files) or (join(parent(folder.path), "schema.prisma"),))[0]),
            files.shown(folder.path),
        ),
        problems=(*lock_problems, *missing, *reading.problems),
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
        f"{found} sends the statements one by one, and each commits by itself",
    )


def _provider(folder: Folder, files: Files) -> tuple[str, tuple[Problem, ...]]:
    """Give the provider that the lock file names, else that of the schema, else postgresql.

    The engine does not read the lock file as TOML: it takes the first line that starts with
    `provider` and removes `provider = ` and the double quotes.
    """
    problems: tuple[Problem, ...] = ()
    if folder.has(LOCK_FILE):
        path = folder.file(LOCK_FILE)
        read = files.read(path)
        if isinstance(read, Problem):
            problems = (read,)
        else:
            for number, line in enumerate(read.text.splitlines(), start=1):
                if line.startswith("provider"):
                    provider = line.replace("provider = ", "").replace('"', "").strip()
                    if provider in _PROVIDERS:
                        return provider, ()
                    reason = f"Prisma reads no known provider in this line: {line.strip()[:60]}"
                    problems = (Problem(files.shown(path), reason, number, number),)
                    break
            else:
                reason = 'no line `provider = "..."`: Prisma stops with P3019'
                problems = (Problem(files.shown(path), reason),)
    return _provider_of_schema(folder, files) or "postgresql", problems


def _provider_of_schema(folder: Folder, files: Files) -> str | None:
    schemas = _schemas(folder, files)
    if not schemas:
        return None
    from miglint.tools._prisma_schema import datasource_provider

    found = (datasource_provider(files.text(schema)) for schema in schemas)
    return next((provider for provider in found if provider), None)


def _schemas(folder: Folder, files: Files) -> tuple[str, ...]:
    """Give the schema files: those beside the migrations folder, else the nearest at Prisma's own places."""
    beside = files.folder(parent(folder.path))
    found = tuple(beside.file(name) for name in beside.ending(".prisma"))
    if found:
        return found
    nearest = files.nearest(folder.path, "prisma/schema.prisma", "schema.prisma")
    return (nearest,) if nearest else ()


tool = Tool(
    name="prisma",
    title="Prisma Migrate",
    recognise=recognise,
    read=read,
    traces=(".sql", LOCK_FILE),
    depth=1,
)
