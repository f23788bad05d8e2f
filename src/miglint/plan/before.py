"""What people look at, and copy, before migrations run: only what applies to these."""

from collections.abc import Iterator

from miglint.model import (
    AddConstraint,
    AlterColumnType,
    CreateIndex,
    FailureCause,
    Name,
    Operation,
    SetNotNull,
    Size,
)
from miglint.plan.code import REFUSALS
from miglint.plan.copies import Copy
from miglint.plan.proofs import TRUE
from miglint.plan.unit import Unit, listed, named
from miglint.plan.value import Item
from miglint.plan.work import Done, worked_on
from miglint.simulate.in_the_way import in_the_way

NO_ROW = "0, or no row"
_TOO_LONG, _OUT_OF_RANGE = "22001", "22003"
_ASKED = (
    "SELECT c.oid::regclass AS relation, pg_size_pretty(pg_total_relation_size(c.oid)) AS size,\n"
    "       c.reltuples::bigint AS rows\n"
    "FROM pg_class AS c WHERE c.oid IN ({tables});"
)
_OPEN = (
    "SELECT pid, now() - xact_start AS open_for, state, left(query, 80) AS query\n"
    "FROM pg_stat_activity\n"
    "WHERE datname = current_database() AND pid <> pg_backend_pid()\n"
    "  AND xact_start < now() - interval '5 seconds' ORDER BY xact_start;"
)


def before(unit: Unit, statements: tuple[Done, ...], copies: tuple[Copy, ...]) -> Iterator[Item]:
    """Give what comes before, in the order in which it is done: rows, sizes, disk, copies, transactions."""
    yield from _ways_back(unit)
    yield from _rows(unit)
    yield from _sizes(unit, statements, copies)
    yield from _disk(unit, statements)
    tables = [lock.table for each in statements for lock in each.effects.locks if lock.mode.blocks_reads]
    if tables:
        names = listed([named(table.display) for table in dict.fromkeys(tables)])
        yield Item(
            f"Look for transactions that stay open: each that has used {names} keeps the lock waiting, and "
            "whoever comes after waits behind it.",
            _OPEN,
            "sql",
            "no row",
        )
    yield from _copies(copies)


def _ways_back(unit: Unit) -> Iterator[Item]:
    """Give the drafts of ways back that are missing, or do not undo what they should."""
    for each in unit.backs if unit.policy.down != "off" else ():
        if not each.sql:
            continue
        whose = "" if len(unit.backs) == 1 else f" of {named(each.migration.id)}"
        why = f"the one that is written does not do: {each.written}" if each.written else "none is written"
        place = f"put it into {named(each.path)}" if each.path else "keep it at hand"
        yield Item(f"Write the way back{whose} first: {why}. Read this draft, and {place}.", each.sql, "sql")


def _rows(unit: Unit) -> Iterator[Item]:
    for record in unit.records:
        effects = unit.live(record.effects)
        if record.block is not None and record.block.conditional:
            continue
        for failure in effects.failures:
            if failure.cause is not FailureCause.ROWS:
                continue
            place = named(unit.line_of(record))
            if failure.certain and failure.table is not None:
                query = f"SELECT NOT EXISTS (SELECT FROM {failure.table.sql});"
                text = f"{place} fails as soon as {named(failure.table.display)} has a row: {failure.reason}."
                yield Item(text, query, "sql", TRUE)
            elif query := in_the_way(record):
                code = failure.sqlstate or sqlstate_of(record.operation)
                words = f" with {named(code)}" if code else ""
                yield Item(f"{place} fails{words} on {failure.reason}.", query, "sql", NO_ROW)
            else:
                yield Item(f"{place} can fail on rows: {failure.reason}.")
            break


def sqlstate_of(operation: Operation) -> str:
    """Give what the server says where rows do not fit."""
    if isinstance(operation, AlterColumnType):
        if operation.using is not None:
            return ""
        return _TOO_LONG if operation.type.name.startswith("character") else _OUT_OF_RANGE
    if isinstance(operation, SetNotNull):
        return "23502"
    if isinstance(operation, CreateIndex):
        return "23505"
    return REFUSALS.get(operation.constraint.kind, "") if isinstance(operation, AddConstraint) else ""


def _sizes(unit: Unit, statements: tuple[Done, ...], copies: tuple[Copy, ...]) -> Iterator[Item]:
    tables = dict.fromkeys(table for each in statements for table in worked_on(each.effects))
    tables.update(dict.fromkeys(copy.table for copy in copies))
    tables = dict.fromkeys(table for table in tables if unit.was_there(table))
    known: dict[Name, Size] = {table: size for table in tables if (size := unit.size_of(table)) is not None}
    sizes = unit.sizes
    for table, size in known.items():
        if told := sizes.said(table, size):
            yield Item(f"{told}, as {sizes.file} says.")
    asked = [table for table in tables if table not in known or sizes.is_old]
    if asked:
        names = listed([named(table.display) for table in asked])
        query = _ASKED.format(tables=", ".join(f"'{_literal(table.sql)}'::regclass" for table in asked))
        yield Item(f"Look up how large {names} {'is' if len(asked) == 1 else 'are'}.", query, "sql")


def _disk(unit: Unit, statements: tuple[Done, ...]) -> Iterator[Item]:
    copied = dict.fromkeys(work.table for each in statements for work in each.effects.rewrites)
    if copied:
        names = listed([named(table.display) for table in copied])
        yield Item(
            f"Have disk for a second copy of {names} with all indexes, and for as much WAL; replicas too."
        )
    built = dict.fromkeys(
        work.table for each in statements for work in each.effects.index_builds if work.table not in copied
    )
    if built:
        yield Item(f"Have disk for the new index on {listed([named(table.display) for table in built])}.")


def _copies(copies: tuple[Copy, ...]) -> Iterator[Item]:
    for each in copies:
        yield Item(
            f"Copy {listed([named(name) for name in each.subject.split(', ')])}. Do it last: what is written "
            "after the copy is not in it.",
            each.made,
            "sql",
            notes=(Item("It is whole.", each.counted, "sql", TRUE),),
        )


def _literal(text: str) -> str:
    return text.replace("'", "''")
