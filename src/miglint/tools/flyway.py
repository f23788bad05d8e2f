"""
Flyway: `V1__name.sql` in the order of its versions, then `R__name.sql`, at any depth below a folder.

1.10 comes after 1.9; `U1__name.sql` is the way back of version 1, in the paid editions. `R__` scripts run
again whenever they change, and come last. Each file runs in a transaction, unless it holds only statements
that cannot, or `V1__name.sql.conf` says `executeInTransaction=false`; then the statements run one by one.
`${name}` stands for a placeholder. Java migrations and callbacks are not read.

Facts from its source: ResourceNameParser.java (names), SqlMigrationExecutor and PostgreSQLParser.java
(transactions), ConfigUtils.java (configuration).
"""

import re
from collections.abc import Iterator

from miglint.model.irregularity import DuplicateVersion, Irregularity
from miglint.model.migration import Advice, Commands, Direction, History, Reaction, TransactionMode
from miglint.model.source import Source
from miglint.tools._dialects import dialect_of, dialect_of_provider
from miglint.tools._files import Files, Folder
from miglint.tools._placeholders import DOLLAR_BRACES, filler
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._sql_text import blanked
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_VERSIONED = re.compile(r"([VUB])(\d+(?:[._]\d+)*)(?:__(.*))?\.(sql|java|kt)", re.DOTALL | re.IGNORECASE)
_REPEATABLE = re.compile(r"R__(.+)\.(sql|java|kt)", re.DOTALL | re.IGNORECASE)
_OPT_OUT = re.compile(r"^\s*executeInTransaction\s*=\s*false\s*$", re.MULTILINE)
_MIXED = re.compile(r"^\s*(?:flyway\.)?mixed\s*=\s*\"?true\b", re.MULTILINE)
_URL = re.compile(r"jdbc:(\w+)")
_CONFIGURATIONS = (
    "flyway.conf", "flyway.toml", "src/main/resources/application.properties",
    "src/main/resources/application.yml", "src/main/resources/application.yaml",
)  # fmt: skip
# What Flyway runs outside a transaction by itself, from the beginning of a statement.
_ALONE = re.compile(
    r"(?:CREATE|DROP)\s+(?:DATABASE|TABLESPACE|SUBSCRIPTION)\b|ALTER\s+SYSTEM\b"
    r"|CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\b|DROP\s+INDEX\s+CONCURRENTLY\b"
    r"|REINDEX\s+(?:\(?VERBOSE\)?\s+)?(?:SCHEMA|DATABASE|SYSTEM)\b|VACUUM\b|DISCARD\s+ALL\b",
    re.IGNORECASE,
)
_FILL = filler(DOLLAR_BRACES)
_DEEPEST = 6


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a versioned file in it, or in its sub-folders where none stands for a database."""
    shown = files.shown(folder.path)
    own = next((name for name in folder.files if _is_versioned(name)), None)
    if own is None:
        name = files.full(folder.path).replace("\\", "/").rpartition("/")[2].lower()
        if name not in ("migration", "migrations", "db", "sql"):
            return None
        children = [(child, f) for child, f in files.children(folder) if any(map(_is_versioned, f.files))]
        if len(children) < 2 or any(dialect_of_provider(child) for child, _ in children):
            return None
        own = next(name for name in children[0][1].files if _is_versioned(name))
    return Evidence(Rank.LAYOUT_AND_NAMES, f"{own} in {shown}")


def _is_versioned(name: str) -> bool:
    found = _VERSIONED.fullmatch(name)
    return bool(found and found[1] == "V" and found[3] and found[4].lower() == "sql")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the versions in their order, then what is repeatable in the order of its names."""
    versions: list[tuple[tuple[int, ...], str, MigrationFiles]] = []
    repeatable: list[tuple[str, MigrationFiles]] = []
    downs: dict[tuple[int, ...], str] = {}
    odd: list[Irregularity] = []
    for place, name in _below(folder, files, _DEEPEST):
        path, stem = place.file(name), name.rpartition(".")[0]
        is_sql = name.lower().endswith(".sql")
        if found := _REPEATABLE.fullmatch(name):
            unit = MigrationFiles(
                stem, path if is_sql else None, None, None if is_sql else path, repeatable=True
            )
            repeatable.append((found[1], unit))
            continue
        match = _VERSIONED.fullmatch(name)
        if match is None or match[1].islower():
            continue
        number = _number(match[2])
        if match[1] == "U":
            downs[number] = path
        elif match[1] == "V":
            unit = MigrationFiles(stem, path if is_sql else None, None, None if is_sql else path)
            versions.append((number, name, unit))
    versions.sort(key=lambda entry: entry[:2])
    order: list[MigrationFiles] = []
    for at, (number, name, unit) in enumerate(versions):
        if at and versions[at - 1][0] == number:
            version = ".".join(map(str, number))
            message = f"version {version} is taken by {versions[at - 1][1]}: Flyway refuses to run anything"
            source = Source(files.shown(unit.up or unit.opaque or name), "")
            odd.append(DuplicateVersion(source, message, "give it a version of its own", migration=unit.id))
        order.append(unit._replace(down=downs.get(number)))
    order += [unit for _, unit in sorted(repeatable)]
    configuration = _configuration(folder, files)
    mixed = bool(_MIXED.search(configuration))

    def wrap(unit: MigrationFiles, direction: Direction, source: Source) -> Wrapping:
        path = unit.up if direction is Direction.UP else unit.down
        return _wrapping(source.text, files.text(f"{path}.conf"), mixed=mixed)

    reading = read_migrations(files, order, wrap, _FILL)
    url = _URL.search(configuration)
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of(folder, files, reading.texts(), url and url[1]),
        _ADVICE,
        odd,
    )


def _below(folder: Folder, files: Files, depth: int) -> Iterator[tuple[Folder, str]]:
    yield from ((folder, name) for name in folder.files)
    for name in folder.folders if depth else ():
        if name not in folder.links:
            yield from _below(files.child(folder, name), files, depth - 1)


def _number(version: str) -> tuple[int, ...]:
    """Give a version's parts; zeros at the end make no difference: 1.0 is 1."""
    parts = [int(part[:200]) for part in re.split(r"[._]", version)]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def _configuration(folder: Folder, files: Files) -> str:
    path = files.nearest(folder.path, *_CONFIGURATIONS)
    return files.text(path) if path else ""


def _wrapping(text: str, conf: str, *, mixed: bool) -> Wrapping:
    each = TransactionMode.PER_STATEMENT
    if _OPT_OUT.search(conf):
        return Wrapping(each, "`executeInTransaction=false`: Flyway sends the statements one by one")
    if "concurrently" in text.lower() or "vacuum" in text.lower():
        code = [part.strip() for part in blanked(text).split(";")]
        alone = [bool(_ALONE.match(part)) for part in code if part]
        if alone and (all(alone) or (mixed and any(alone))):
            return Wrapping(each, "Flyway runs such statements outside a transaction by itself")
    return Wrapping(TransactionMode.PER_MIGRATION, "Flyway runs each migration in a transaction")


_ADVICE = Advice(
    has_downs=False,
    down_file="U1__name.sql beside V1__name.sql",
    without_down="`flyway undo`, of the paid editions, stops at a version without its U script",
    begin_downs="write U<version>__<name>.sql beside each new V script, and try it on a copy",
    set_lock_timeout="set `flyway.initSql=SET lock_timeout = '5s'` where production migrates",
    run_outside_transaction=(
        "put the statement alone in its file, which Flyway then runs outside a transaction, and set "
        "`flyway.postgresql.transactional.lock=false`: else CONCURRENTLY waits for Flyway's own lock for ever"
    ),
    edited=Reaction.STOPS,
    removed=Reaction.STOPS,
    late=Reaction.STOPS,
    reset_edited="`flyway repair` takes the new checksum",
    commands=Commands(
        apply="flyway migrate",
        roll_back="flyway undo",
        mark_applied="flyway migrate -skipExecutingMigrations=true -target={version}",
        unmark="DELETE FROM flyway_schema_history WHERE version = '{version}';",
    ),
)

tool = Tool(name="flyway", title="Flyway", recognise=recognise, read=read, depth=_DEEPEST)
