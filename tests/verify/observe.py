"""What the server really did for one statement: locks, rewrites, scans, index builds, losses."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from psycopg.rows import TupleRow
from tests.verify.script import Statement

from miglint.verify.server import Connection

MODES = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
"""Lock modes, weakest first."""

_FIRST_OWN_OID = 16384
_WITH_ROWS = "rpmf"
_WITHOUT_CATALOG_EFFECT = {
    "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt", "comment_stmt", "grant_stmt",
    "variable_set_stmt", "create_function_stmt", "copy_stmt", "explain_stmt", "constraints_set_stmt",
}  # fmt: skip
_SCANNED_WITHOUT_MESSAGE = {"create_stmt", "alter_domain_stmt"}
_REWRITES_WITHOUT_MESSAGE = {"alter_table_stmt", "cluster_stmt", "vacuum_stmt", "refresh_mat_view_stmt"}

_LOCKS = f"""
SELECT relation::int8, mode,
       pg_catalog.pg_stat_get_xact_tuples_returned(relation),
       pg_catalog.pg_stat_get_xact_tuples_inserted(relation),
       pg_catalog.pg_stat_get_xact_tuples_updated(relation),
       pg_catalog.pg_stat_get_xact_tuples_deleted(relation)
FROM pg_catalog.pg_locks
WHERE locktype = 'relation' AND pid = pg_catalog.pg_backend_pid() AND relation >= {_FIRST_OWN_OID}
"""
_RELATIONS = f"""
SELECT c.oid::int8, n.nspname, c.relname, c.relkind::text, c.relfilenode::int8, i.indrelid::int8
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
WHERE c.oid >= {_FIRST_OWN_OID} AND c.relkind IN ('r', 'p', 'm', 'f', 'i', 'v', 'S')
  AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY c.oid
"""
_COLUMNS = """
SELECT attrelid::int8, attnum::int4, attname, attisdropped
FROM pg_catalog.pg_attribute WHERE attnum > 0 AND attrelid = ANY(%s)
"""
_FOREIGN_KEYS = """
SELECT conrelid::int8
FROM (SELECT conrelid, rank() OVER (PARTITION BY conname ORDER BY xmin::text::int8 DESC) AS age
      FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conname = ANY(%s)) AS named
WHERE age = 1
"""
"""The keys of these names that were written last: each statement is a subtransaction of its own."""

_VERIFYING = re.compile(r'^verifying table "(?P<name>.*)"$')
_REWRITING = re.compile(r'^rewriting table "(?P<name>.*)"$')
_VALIDATING = re.compile(r'^validating foreign key constraint "(?P<name>.*)"$')


class TableLock(NamedTuple):
    table: str
    mode: str


class IndexBuild(NamedTuple):
    """`name` is the index's."""

    table: str
    name: str


class Loss(NamedTuple):
    """Something destroyed; `kind` is table, materialized view, column or rows."""

    kind: str
    table: str
    column: str | None = None


class RowsWritten(NamedTuple):
    table: str
    inserted: int
    updated: int
    deleted: int


class Failure(NamedTuple):
    """An error; `table` is the quoted name of the table that the server blames, if it blames one."""

    sqlstate: str
    message: str
    table: str = ""


class Observation(NamedTuple):
    """The record of one statement, on relations that existed before its migration.

    `locks` are the modes newly taken, `held` those that the transaction had before.
    `locks_seen` is false where the server gave no moment to look (it ran outside a transaction).
    `failure` is the error that stayed; `failed_on_rows` one that went away when the table was emptied.
    `tables` and `others` are the names of all tables, and of all other relations, when it began.
    `empty` are tables among its work, and its own target, that have no rows.
    `notes` say what was done to let the history go on.
    """

    statement: Statement
    kind: str = ""
    locks: tuple[TableLock, ...] = ()
    held: frozenset[TableLock] = frozenset()
    locks_seen: bool = True
    rewrites: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    index_builds: tuple[IndexBuild, ...] = ()
    destroyed: tuple[Loss, ...] = ()
    rows_written: tuple[RowsWritten, ...] = ()
    failure: Failure | None = None
    failed_on_rows: Failure | None = None
    skipped: bool = False
    tables: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    seconds: float = 0.0


class Relation(NamedTuple):
    """A row of pg_class; `index_of` is the table of an index."""

    schema: str
    bare: str
    kind: str
    storage: int
    index_of: int | None

    @property
    def name(self) -> str:
        """The name as plans print it: schema.table, unquoted."""
        return f"{self.schema}.{self.bare}"

    @property
    def quoted(self) -> str:
        """The name as SQL."""
        return ".".join('"' + part.replace('"', '""') + '"' for part in (self.schema, self.bare))


class Relations(dict[int, Relation]):
    """Relations by oid; `rows` are what they were made of."""

    def __init__(self, rows: Sequence[TupleRow]) -> None:
        super().__init__((oid, Relation(*fields)) for oid, *fields in rows)
        self.rows = rows

    @cached_property
    def tables(self) -> frozenset[str]:
        """The names of those that hold rows."""
        return frozenset(relation.name for relation in self.values() if relation.kind in _WITH_ROWS)

    @cached_property
    def others(self) -> frozenset[str]:
        """The names of the rest: views, sequences, indexes."""
        return frozenset(relation.name for relation in self.values()) - self.tables


class Counters(NamedTuple):
    returned: int
    inserted: int
    updated: int
    deleted: int


class Held(NamedTuple):
    """The relation locks of a backend, and what its transaction did to each relation so far."""

    modes: frozenset[tuple[int, str]]
    counters: Mapping[int, Counters]


class Before(NamedTuple):
    """All that is known before a statement; `old` are the oids that existed before the migration."""

    old: frozenset[int]
    relations: Relations
    columns: Mapping[int, Mapping[int, str]]
    held: Held


NOTHING_HELD = Held(frozenset(), {})


def mode_name(server_name: str) -> str:
    """Turn the name of a mode in pg_locks, ShareRowExclusiveLock, into SHARE ROW EXCLUSIVE."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", server_name.removesuffix("Lock")).upper()


def relations(connection: Connection, earlier: Relations | None = None) -> Relations:
    """Read all tables, views and indexes of the project, by oid; gives `earlier` when nothing changed."""
    rows = connection.execute(_RELATIONS).fetchall()
    if earlier is not None and rows == earlier.rows:
        return earlier
    return Relations(rows)


def columns(connection: Connection, tables: Iterable[int]) -> dict[int, dict[int, str]]:
    """Read the columns of tables, dropped ones left out."""
    found: dict[int, dict[int, str]] = {oid: {} for oid in tables}
    for table, number, name, dropped in connection.execute(_COLUMNS, [list(found)]).fetchall():
        if not dropped:
            found[table][number] = name
    return found


def held(connection: Connection) -> Held:
    """Read the locks of the connection's own transaction."""
    modes = set()
    counters = {}
    for oid, mode, *counts in connection.execute(_LOCKS).fetchall():
        modes.add((oid, mode_name(mode)))
        counters[oid] = Counters(*counts)
    return Held(frozenset(modes), counters)


def old_tables(known: Mapping[int, Relation]) -> frozenset[int]:
    """Give the relations that hold rows, out of all."""
    return frozenset(oid for oid, relation in known.items() if relation.kind in _WITH_ROWS)


def after(
    connection: Connection,
    before: Before,
    statement: Statement,
    kind: str,
    messages: Iterable[str],
    target: str = "",
) -> tuple[Observation, Before]:
    """Look at the server just after a statement, in its transaction; also give the next `before`.

    `target` is the table of an ALTER TABLE as the statement writes it.
    """
    heard = tuple(messages)
    now = held(connection)
    quiet = kind in _WITHOUT_CATALOG_EFFECT
    known = before.relations if quiet else relations(connection, before.relations)
    touched: set[int] = set() if quiet else _exclusively_locked(now, before.old) & known.keys()
    fresh = columns(connection, touched) if touched else {}
    observation = Observation(
        statement=statement,
        kind=kind,
        locks=_locks(now.modes - before.held.modes, before),
        held=frozenset(_locks(before.held.modes, before)),
        rewrites=_rewrites(before, known, kind, heard),
        scans=_scans(connection, before, now, kind, heard),
        index_builds=_index_builds(before, known, kind),
        destroyed=tuple(_losses(before, known, fresh, kind, heard)),
        rows_written=tuple(_rows_written(before, now)),
        messages=heard,
        tables=before.relations.tables,
        others=before.relations.others,
    )
    worked = {*observation.rewrites, *observation.scans, *(build.table for build in observation.index_builds)}
    suspects = {oid for oid, old in before.relations.items() if oid in before.old and old.name in worked}
    if kind in _SCANNED_WITHOUT_MESSAGE:
        suspects |= _newly_locked(before, now)
    if target:
        suspects.add(_oid(connection, target))
    if suspects:
        empty = _empty(connection, {oid: known[oid] for oid in suspects & before.old & known.keys()})
        observation = observation._replace(
            empty=frozenset(before.relations[oid].name for oid in empty if oid in before.relations)
        )
        now = held(connection)
    following = before._replace(relations=known, columns={**before.columns, **fresh}, held=now)
    return observation, following


def _oid(connection: Connection, name: str) -> int:
    row = connection.execute("SELECT pg_catalog.to_regclass(%s)::oid::int8", [name]).fetchone()
    return int(row[0]) if row and row[0] else 0


def _empty(connection: Connection, tables: Mapping[int, Relation]) -> list[int]:
    """Give the tables that have no rows now; the locks of the look are given back."""
    looks = [
        f"SELECT {oid} WHERE NOT EXISTS (SELECT FROM {table.quoted})"
        for oid, table in tables.items()
        if table.kind in "rp"
    ]
    if not looks:
        return []
    with connection.transaction(force_rollback=True):
        return [oid for (oid,) in connection.execute(" UNION ALL ".join(looks))]


def _locks(modes: Iterable[tuple[int, str]], before: Before) -> tuple[TableLock, ...]:
    named = (
        TableLock(before.relations[oid].name, mode)
        for oid, mode in modes
        if oid in before.old and oid in before.relations
    )
    return tuple(sorted(named))


def _newly_locked(before: Before, now: Held) -> set[int]:
    return {oid for oid, _ in now.modes - before.held.modes if oid in before.old}


def _exclusively_locked(now: Held, old: frozenset[int]) -> set[int]:
    return {oid for oid, mode in now.modes if mode == MODES[-1] and oid in old}


def _restored(before: Before, known: Mapping[int, Relation]) -> Iterator[int]:
    """Give the old relations and old tables' indexes whose file is another one now."""
    for oid, relation in known.items():
        earlier = before.relations.get(oid)
        if earlier is not None and earlier.storage != relation.storage:
            yield oid


def _heard_names(pattern: re.Pattern[str], messages: Iterable[str]) -> set[str]:
    return {match["name"] for message in messages if (match := pattern.match(message))}


def _rewrites(
    before: Before, known: Mapping[int, Relation], kind: str, messages: Iterable[str]
) -> tuple[str, ...]:
    rewritten = _heard_names(_REWRITING, messages)
    names = {
        before.relations[oid].name
        for oid in _restored(before, known)
        if oid in before.old
        and (kind in _REWRITES_WITHOUT_MESSAGE or before.relations[oid].bare in rewritten)
    }
    return tuple(sorted(names))


def _scans(
    connection: Connection, before: Before, now: Held, kind: str, messages: Iterable[str]
) -> tuple[str, ...]:
    alive = before.old & before.relations.keys()
    locked = {oid for oid, mode in now.modes if oid in alive and MODES.index(mode) >= 3}
    verified = _heard_names(_VERIFYING, messages)
    found = {oid for oid in locked if before.relations[oid].bare in verified}
    if validated := _heard_names(_VALIDATING, messages):
        rows = connection.execute(_FOREIGN_KEYS, [list(validated)])
        found |= {table for (table,) in rows if table in locked and before.relations[table].kind != "p"}
    if kind in _SCANNED_WITHOUT_MESSAGE:
        found |= {oid for oid in alive if _read(before, now, oid)}
    return tuple(sorted(before.relations[oid].name for oid in found))


def _read(before: Before, now: Held, oid: int) -> bool:
    zero = Counters(0, 0, 0, 0)
    return now.counters.get(oid, zero).returned > before.held.counters.get(oid, zero).returned


def _index_builds(before: Before, known: Mapping[int, Relation], kind: str) -> tuple[IndexBuild, ...]:
    if kind == "truncate_stmt":
        return ()
    builds = set()
    # An index that a change of type keeps has a new oid and its old storage.
    kept = {relation.storage for relation in before.relations.values()}
    for relation in known.values():
        if relation.index_of not in before.old or relation.kind != "i" or relation.storage == 0:
            continue
        if relation.storage not in kept:
            table = before.relations.get(relation.index_of or 0)
            if table is not None:
                builds.add(IndexBuild(table.name, relation.bare))
    return tuple(sorted(builds))


def _losses(
    before: Before,
    known: Mapping[int, Relation],
    fresh: Mapping[int, Mapping[int, str]],
    kind: str,
    messages: Iterable[str],
) -> Iterator[Loss]:
    for oid in sorted(before.old):
        earlier = before.relations.get(oid)
        if earlier is None:
            continue
        if oid not in known:
            yield Loss("materialized view" if earlier.kind == "m" else "table", earlier.name)
            continue
        if oid in fresh:
            for number, column in before.columns.get(oid, {}).items():
                if number not in fresh[oid]:
                    yield Loss("column", earlier.name, column)
    if kind not in _REWRITES_WITHOUT_MESSAGE:
        rewritten = _heard_names(_REWRITING, messages)
        for oid in _restored(before, known):
            relation = before.relations[oid]
            if oid in before.old and relation.bare not in rewritten:
                yield Loss("rows", relation.name)


def _rows_written(before: Before, now: Held) -> Iterator[RowsWritten]:
    zero = Counters(0, 0, 0, 0)
    for oid, counters in sorted(now.counters.items()):
        if oid not in before.old or oid not in before.relations:
            continue
        earlier = before.held.counters.get(oid, zero)
        change = Counters(*(new - was for new, was in zip(counters, earlier, strict=True)))
        if change.inserted or change.updated or change.deleted:
            name = before.relations[oid].name
            yield RowsWritten(name, change.inserted, change.updated, change.deleted)
