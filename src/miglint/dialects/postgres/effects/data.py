"""What the server does for statements that read and write rows, and for blocks of them."""

from miglint.dialects.postgres.effects.situation import Situation, locks
from miglint.dialects.postgres.locks import ACCESS_SHARE, MODES, ROW_EXCLUSIVE, ROW_SHARE
from miglint.dialects.sql.replay.indexes import column_is_unique
from miglint.model import (
    Delete,
    Effects,
    Filter,
    Insert,
    Lock,
    LockTable,
    Name,
    RowsWritten,
    Savepoint,
    Schema,
    Select,
    ServerCommand,
    Table,
    Update,
)

_SET_RETURNING = frozenset(
    (
        "generate_series generate_subscripts json_array_elements json_array_elements_text json_each "
        "json_each_text json_object_keys json_populate_recordset json_to_recordset jsonb_array_elements "
        "jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys jsonb_path_query "
        "jsonb_populate_recordset jsonb_to_recordset regexp_matches regexp_split_to_table "
        "string_to_table unnest"
    ).split()
)


def update(operation: Update, situation: Situation) -> Effects:
    """`UPDATE`: ROW EXCLUSIVE, and every row it touches stays locked until COMMIT."""
    return _written(operation.table, "update", operation, situation)


def delete(operation: Delete, situation: Situation) -> Effects:
    """`DELETE`; the rows that refer to the deleted ones go or change too."""
    total = _written(operation.table, "delete", operation, situation)
    if not (operation.filter.absent or operation.filter.tautology):
        return total  # Whether it reaches the other tables depends on the rows it finds.
    return total.also(Effects(locks=locks(ROW_EXCLUSIVE, _cascaded(operation.table, situation))))


def _written(table: Name, kind: str, operation: Update | Delete, situation: Situation) -> Effects:
    family = situation.family(table)
    bounded = is_bounded(operation.filter, table, situation)
    rows = (RowsWritten(table, kind, bounded),) if situation.session.has_rows(table) else ()
    reads = tuple(r for r in operation.query.reads if r not in family)
    return Effects(
        locks=(*locks(ROW_EXCLUSIVE, family), *locks(ACCESS_SHARE, reads)),
        rows_written=rows,
    )


def _cascaded(table: Name, situation: Situation) -> tuple[Name, ...]:
    found: list[Name] = []
    queue = [table]
    while queue:
        parent = situation.schema.table(queue.pop())
        for holder in parent.referenced_by if parent else ():
            child = situation.schema.table(holder)
            for key in child.foreign_keys if child else ():
                if (
                    key.references == (parent.name if parent else None)
                    and key.on_delete in ("cascade", "set null", "set default")
                    and holder not in found
                ):
                    found.append(holder)
                    if key.on_delete == "cascade":
                        queue.append(holder)
    return tuple(found)


def is_bounded(filter_: Filter, table: Name, situation: Situation) -> bool:
    """Whether the WHERE picks a few rows: by key, by a range of keys, or by a limited subquery."""
    relation = situation.schema.table(table)
    if relation is None:
        return filter_.contradiction or filter_.limited
    return _picks_few(filter_, (), relation, situation.schema)


def _picks_few(filter_: Filter, given: tuple[str, ...], table: Table, schema: Schema) -> bool:
    """`given` are the columns whose value the conditions around an OR fix."""
    if filter_.contradiction or filter_.limited:
        return True
    fixed = (*given, *filter_.equals)
    picked = (*fixed, *filter_.ranges)
    if picked and column_is_unique(table, picked, schema):
        return True
    if any(_is_of_one_parent(column, table, schema) for column in fixed):
        return True
    return any(
        all(_picks_few(branch, fixed, table, schema) for branch in branches)
        for branches in filter_.alternatives
    )


def _is_of_one_parent(column: str, table: Table, schema: Schema) -> bool:
    """Whether one value of a column picks the children of one parent, found by an index."""
    refers = any(key.columns == (column,) for key in table.foreign_keys)
    return any(
        index.elements[:1] == (column,)
        and index.predicate is None
        and index.valid
        and (index.unique or refers)
        for index in schema.indexes_of(table)
    )


def insert(operation: Insert, situation: Situation) -> Effects:
    """`INSERT`, `MERGE`, `COPY FROM`."""
    bounded = operation.rows is not None or operation.query.limited or _is_spelled_out(operation)
    kind = "upsert" if operation.updates and operation.keyword == "insert" else operation.keyword
    table = situation.schema.table(operation.table)
    parents = tuple(key.references for key in (table.foreign_keys if table else ()) if key.references)
    family = situation.family(operation.table) if situation.is_partitioned(operation.table) else ()
    return Effects(
        locks=(
            Lock(operation.table, ROW_EXCLUSIVE),
            *locks(ACCESS_SHARE, operation.query.reads),
            *locks(ROW_SHARE, parents),
            *locks(ACCESS_SHARE, family),
        ),
        rows_written=(RowsWritten(operation.table, kind, bounded),),
    )


def _is_spelled_out(operation: Insert) -> bool:
    """Whether the rows stand in the text, in a WITH for example: no table or function gives them."""
    from miglint.dialects.postgres.builtin_functions import NOT_VOLATILE, VOLATILE

    query = operation.query
    scalar = (NOT_VOLATILE | VOLATILE) - _SET_RETURNING
    reads = [name for name in query.reads if name != operation.table or operation.keyword != "merge"]
    return operation.keyword != "copy" and not reads and scalar.issuperset(query.functions)


def select(operation: Select, situation: Situation) -> Effects:
    mode = ROW_SHARE if operation.query.locks_rows else ACCESS_SHARE
    reads = tuple(
        work
        for table, rows in operation.searches
        # A comparison may find its rows by an index that the history does not tell.
        if not (rows.equals or rows.ranges or rows.joins or is_bounded(rows, table, situation))
        for work in situation.works_on(table, f"{table.display} is read in full", "query")
    )
    return Effects(locks=locks(mode, operation.query.reads), reads=reads)


def lock_table(operation: LockTable, situation: Situation) -> Effects:
    mode = MODES[operation.mode.upper()]
    return Effects(
        locks=tuple(Lock(name, mode) for t in operation.tables for name in situation.family(t)),
    )


_PREPARED = {"commit_prepared": "COMMIT PREPARED", "rollback_prepared": "ROLLBACK PREPARED"}


def savepoint(operation: Savepoint, situation: Situation) -> Effects:
    if operation.action in _PREPARED:
        return Effects(outside_transaction=_PREPARED[operation.action])
    return Effects()


def server_command(operation: ServerCommand, situation: Situation) -> Effects:
    return Effects(outside_transaction=operation.command)
