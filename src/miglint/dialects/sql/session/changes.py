"""What operations change in a session besides its transaction: what is new, filled, empty or renamed."""

from collections.abc import Callable, Iterator
from typing import Any

from miglint.dialects.sql.session.state import DroppedKey, Session
from miglint.model import (
    AddColumn,
    CreateCompositeType,
    CreateDomain,
    CreateEnum,
    CreateFunction,
    CreateSchema,
    CreateSequence,
    CreateTable,
    CreateView,
    Delete,
    DropConstraint,
    DropTable,
    Filter,
    Insert,
    MoveTable,
    Name,
    Operation,
    Query,
    RenameColumn,
    RenameTable,
    Schema,
    Truncate,
    Unparsed,
    Update,
)
from miglint.model.frozen_map import FrozenSet


def still_true(keys: frozenset[DroppedKey], operation: Operation) -> frozenset[DroppedKey]:
    """Leave out the keys of tables whose rows the operation changes."""
    if isinstance(operation, Truncate):
        tables: tuple[Name, ...] = operation.tables
    elif isinstance(operation, (Insert, Update, Delete)):
        tables = (operation.table,)
    else:
        return keys
    return frozenset(key for key in keys if key.table not in tables and key.references not in tables)


def _create_table(session: Session, operation: CreateTable, schema: Schema) -> Session:
    if operation.if_not_exists and operation.table in schema.relations:
        return session
    filled = session.filled - {operation.table}
    if operation.query is not None and operation.with_data and _gives_rows(operation.query, session):
        filled |= {operation.table}
        session = _copies(session, operation.table, operation.query)
        session = session._replace(poured=session.poured | {operation.table})
    generated = {(operation.table, column.name) for column in operation.columns if column.generated}
    return session._replace(
        created=session.created | {operation.table}, filled=filled, backfilled=session.backfilled | generated
    )


def _copies(session: Session, into: Name, query: Query) -> Session:
    """Take note of the columns that a table is filled from; a temporary one keeps nothing."""
    if not query.copies or into.schema in session.ways.private_schemas:
        return session
    others = [column for column in query.copies if column not in session.copied]
    return session._replace(copied=session.copied | others) if others else session


def _gives_rows(query: Query, session: Session) -> bool:
    """Whether a query may give rows: not when all that it reads is new and empty."""
    return not query.reads or any(session.has_rows(name) for name in query.reads)


def _create_view(session: Session, operation: CreateView, schema: Schema) -> Session:
    if operation.view in schema.relations:
        return session
    if not operation.materialized:
        return session._replace(objects=session.objects | {("view", operation.view)})
    has_rows = operation.with_data and _gives_rows(operation.query, session)
    filled = session.filled | {operation.view} if has_rows else session.filled
    return session._replace(created=session.created | {operation.view}, filled=filled)


def _create_function(session: Session, operation: CreateFunction, schema: Schema) -> Session:
    if operation.function in schema.functions:
        return session
    return session._replace(objects=session.objects | {("function", operation.function)})


def _create_sequence(session: Session, operation: CreateSequence, schema: Schema) -> Session:
    if operation.sequence in schema.relations:
        return session
    return session._replace(objects=session.objects | {("sequence", operation.sequence)})


def _create_type(session: Session, operation: CreateEnum | CreateCompositeType, schema: Schema) -> Session:
    if operation.type in schema.types:
        return session
    return session._replace(objects=session.objects | {("type", operation.type)})


def _create_domain(session: Session, operation: CreateDomain, schema: Schema) -> Session:
    if operation.domain in schema.types:
        return session
    return session._replace(objects=session.objects | {("type", operation.domain)})


def _create_schema(session: Session, operation: CreateSchema, schema: Schema) -> Session:
    if operation.schema in schema.schemas:
        return session
    return session._replace(objects=session.objects | {("schema", Name("", operation.schema))})


def _unparsed(session: Session, operation: Unparsed, schema: Schema) -> Session:
    return session._replace(created=session.created | operation.creates) if operation.creates else session


def _drop_table(session: Session, operation: DropTable, schema: Schema) -> Session:
    return session._replace(
        created=session.created - {operation.table},
        earlier=session.earlier - {operation.table},
        filled=session.filled - {operation.table},
        emptied=session.emptied - {operation.table},
        truncated=session.truncated - {operation.table},
        proved_empty=session.proved_empty - {operation.table},
        copied=session.copied - _columns_of(operation.table, session.copied, schema),
        found_empty=session.found_empty - {operation.table},
        listed=session.listed - {operation.table},
        poured=session.poured - {operation.table},
    )


def _rename_table(session: Session, operation: RenameTable, schema: Schema) -> Session:
    return _follow(session, operation.table, operation.becomes, schema)


def _move_table(session: Session, operation: MoveTable, schema: Schema) -> Session:
    return _follow(session, operation.table, operation.becomes, schema)


def _follow(session: Session, old: Name, new: Name, schema: Schema) -> Session:
    def renamed(names: FrozenSet[Name]) -> FrozenSet[Name]:
        return names - {old} | {new} if old in names else names

    def columns(names: FrozenSet[tuple[Name, str]]) -> FrozenSet[tuple[Name, str]]:
        moved = _columns_of(old, names, schema)
        return names - moved | [(new, column) for _, column in moved]

    held = session.held.get(old)
    return session._replace(
        created=renamed(session.created),
        earlier=renamed(session.earlier),
        filled=renamed(session.filled),
        emptied=renamed(session.emptied),
        truncated=renamed(session.truncated),
        dead=renamed(session.dead),
        proved_empty=renamed(session.proved_empty),
        found_empty=renamed(session.found_empty),
        columns_added=columns(session.columns_added),
        columns_given=columns(session.columns_given),
        columns_of_release=columns(session.columns_of_release),
        backfilled=columns(session.backfilled),
        nulls_deleted=columns(session.nulls_deleted),
        copied=columns(session.copied),
        listed=renamed(session.listed),
        poured=renamed(session.poured),
        held=session.held.without(old).with_item(new, held) if held else session.held,
    )


def _add_column(session: Session, operation: AddColumn, schema: Schema) -> Session:
    table = schema.table(operation.table)
    if operation.if_not_exists and table is not None and table.column(operation.column.name) is not None:
        return session
    key = (operation.table, operation.column.name)
    default = operation.column.default
    has_values = bool(operation.column.generated) or (default is not None and not default.is_null)
    return session._replace(
        columns_added=session.columns_added | {key},
        columns_given=session.columns_given - {key},
        backfilled=session.backfilled | {key} if has_values else session.backfilled - {key},
        nulls_deleted=session.nulls_deleted - {key},
        copied=session.copied - {key},
    )


def _rename_column(session: Session, operation: RenameColumn, schema: Schema) -> Session:
    old, new = (operation.table, operation.column), (operation.table, operation.new_name)

    def renamed(names: FrozenSet[tuple[Name, str]]) -> FrozenSet[tuple[Name, str]]:
        return names - {old} | {new} if old in names else names

    return session._replace(
        columns_added=renamed(session.columns_added),
        columns_given=renamed(session.columns_given),
        columns_of_release=renamed(session.columns_of_release),
        backfilled=renamed(session.backfilled),
        nulls_deleted=renamed(session.nulls_deleted),
        copied=renamed(session.copied),
    )


def _columns_of(table: Name, among: FrozenSet[tuple[Name, str]], schema: Schema) -> list[tuple[Name, str]]:
    """Give the columns of a table that are in a set, which may hold those of many tables."""
    found = schema.table(table)
    if found is None or len(among) < len(found.columns):
        return [key for key in among if key[0] == table]
    return [key for column in found.columns if (key := (table, column.name)) in among]


def _insert(session: Session, operation: Insert, schema: Schema) -> Session:
    # The rows that it adds can have values in the columns that were added.
    given = _columns_of(operation.table, session.columns_added, schema)
    session = session._replace(columns_given=session.columns_given | given) if given else session
    session = _got_rows(_copies(session, operation.table, operation.query), operation, schema)
    if session.is_new(operation.table):
        return session._replace(filled=session.filled | {operation.table})
    gone = {operation.table}
    return session._replace(
        emptied=session.emptied - gone,
        truncated=session.truncated - gone,
        proved_empty=session.proved_empty - gone,
        found_empty=session.found_empty - gone,
    )


def _got_rows(session: Session, operation: Insert, schema: Schema) -> Session:
    table = schema.table(operation.table)
    key = table.primary_key if table else None
    names_key = not operation.columns or (key is not None and set(key.columns) <= set(operation.columns))
    if operation.rows is not None and names_key:
        return session._replace(listed=session.listed | {operation.table})
    return session._replace(poured=session.poured | {operation.table})


def _update(session: Session, operation: Update, schema: Schema) -> Session:
    filled = {(operation.table, c) for c in operation.columns if c not in operation.nulls_assigned}
    session = _copies(session, operation.table, operation.query)
    return session._replace(backfilled=session.backfilled | filled)


def _drop_constraint(session: Session, operation: DropConstraint, schema: Schema) -> Session:
    table = schema.table(operation.table)
    found = table.constraint(operation.name) if table else None
    if found is None or found.kind != "foreign" or not found.valid or not found.enforced:
        return session
    key = DroppedKey(operation.table, found.columns, found.references, found.referenced_columns)
    return session._replace(dropped_keys=session.dropped_keys | {key})


def _delete(session: Session, operation: Delete, schema: Schema) -> Session:
    if operation.filter.nulls or operation.filter.alternatives:
        cleared = {(operation.table, column) for column in _deleted_nulls(operation.filter)}
        session = session._replace(nulls_deleted=session.nulls_deleted | cleared)
    if operation.filter.joins or not (operation.filter.absent or operation.filter.tautology):
        return session
    if session.in_transaction and operation.table not in session.emptied:
        session = session._replace(dead=session.dead | {operation.table})
    return _empty(session, operation.table)


def _deleted_nulls(filter_: Filter) -> Iterator[str]:
    """The columns whose NULLs a WHERE picks, whatever else it asks for: an UPDATE counts in the same way."""
    yield from filter_.nulls
    for branches in filter_.alternatives:
        for branch in branches:
            yield from _deleted_nulls(branch)


def _truncate(session: Session, operation: Truncate, schema: Schema) -> Session:
    for table in operation.tables:
        session = _empty(session, table)
    return session._replace(
        truncated=session.truncated | operation.tables, dead=session.dead - operation.tables
    )


def _empty(session: Session, table: Name) -> Session:
    if session.is_new(table):
        return session._replace(filled=session.filled - {table})
    return session._replace(emptied=session.emptied | {table})


CHANGES: dict[type, Callable[[Session, Any, Schema], Session]] = {
    AddColumn: _add_column,
    CreateCompositeType: _create_type,
    CreateDomain: _create_domain,
    CreateEnum: _create_type,
    CreateFunction: _create_function,
    CreateSchema: _create_schema,
    CreateSequence: _create_sequence,
    CreateTable: _create_table,
    CreateView: _create_view,
    Delete: _delete,
    DropConstraint: _drop_constraint,
    DropTable: _drop_table,
    Insert: _insert,
    MoveTable: _move_table,
    RenameColumn: _rename_column,
    RenameTable: _rename_table,
    Truncate: _truncate,
    Unparsed: _unparsed,
    Update: _update,
}
