"""What cannot go or change because something else needs it."""

from collections.abc import Iterable, Iterator

from miglint.dialects.postgres.effects.refusals import users, ways
from miglint.dialects.postgres.effects.situation import Refusals, Situation
from miglint.dialects.sql.replay.constraints import keys_on_index
from miglint.dialects.sql.replay.drops import columns_of_type
from miglint.model import (
    AlterColumnType,
    AlterCompositeType,
    AlterDomain,
    CompositeType,
    DomainType,
    DropColumn,
    DropConstraint,
    DropFunction,
    DropIndex,
    DropSchema,
    DropSequence,
    DropTable,
    DropType,
    DropView,
    Failure,
    FailureCause,
    Name,
    Schema,
    Table,
    Truncate,
    View,
    quote,
)

_NEEDED = "2BP01"
_NOT_SUPPORTED = "0A000"
_MOST_NAMED = 3


def _failure(
    table: Name | None,
    reason: str,
    sqlstate: str,
    remedy: str,
    situation: Situation,
    users: Iterable[Name] = (),
) -> tuple[Failure, ...]:
    """`users` are the relations and types that need it, or hold what does."""
    schema = situation.schema
    names = (*((table,) if table else ()), *users)
    certain = not any(name in schema.unsure or schema.may_lack(name) for name in names)
    return (Failure(table, reason, certain, FailureCause.DEPENDED, sqlstate, remedy),)


def _listed(found: Iterable[str]) -> tuple[str, bool]:
    """Name the first of several and count the rest; with it whether they are many."""
    names = list(dict.fromkeys(found))
    shown = names[:_MOST_NAMED] if len(names) > _MOST_NAMED + 1 else names
    rest = [f"{len(names) - len(shown)} more"] if len(shown) < len(names) else []
    *first, last = [*shown, *rest]
    return (f"{', '.join(first)} and {last}" if first else last), bool(first)


def _needed(subject: str, found: Iterable[str], verb: str = "need") -> str:
    """Say what needs it; "" without any."""
    names = list(found)
    if not names:
        return ""
    listed, many = _listed(names)
    return f"{listed} {verb if many else f'{verb}s'} {subject}"


def _view_title(view: View) -> str:
    return f"the {'materialized view' if view.materialized else 'view'} {view.name.display}"


def _type(operation: AlterColumnType, situation: Situation) -> tuple[Failure, ...]:
    name, column, schema = operation.table, operation.column, situation.schema
    table = schema.table(name)
    if table is None or table.column(column) is None:
        return ()
    members = schema.tables_among(situation.family(name))
    views = [view for member in members for view in users.views_of_column(member, column, schema)]
    generated = list(users.generated_from(table, column))
    rules = list(users.rules_of_column(table, column))
    rows = [f"the column {holder.display}.{other}" for holder, other in users.columns_holding(name, schema)]
    if reason := _needed(f"the column {column}", [*map(_view_title, views), *rules], "use"):
        pass
    elif generated:
        listed, many = _listed(f"the generated column {other}" for other in generated)
        reason = f"{listed} {'are' if many else 'is'} computed from {column}"
    elif reason := _needed(f"the row type of {name.display}", rows, "hold"):
        holders = [holder for holder, _ in users.columns_holding(name, schema)]
        return _failure(name, reason, _NOT_SUPPORTED, "", situation, holders)
    else:
        return ()
    remedy = ways.around_type_change(operation, table, views, generated, rules, schema)
    return _failure(name, reason, _NOT_SUPPORTED, remedy, situation, [view.name for view in views])


def _column(operation: DropColumn, situation: Situation) -> tuple[Failure, ...]:
    name, column, schema = operation.table, operation.column, situation.schema
    table = schema.table(name)
    if operation.cascade or table is None or table.column(column) is None:
        return ()
    members = schema.tables_among(situation.family(name, only=operation.only))
    views = [view for member in members for view in users.views_of_column(member, column, schema)]
    generated = list(users.generated_from(table, column))
    rules = list(users.rules_of_column(table, column))
    keys = list(users.keys_to_column(table, column, schema))
    found = [
        *map(_view_title, views),
        *(f"the generated column {other}" for other in generated),
        *rules,
        *(f"the foreign key {key.name} of {holder.display}" for holder, key in keys),
    ]
    if reason := _needed(f"the column {column}", found, "use"):
        remedy = ways.around_drop_column(operation, views, generated, rules, keys, schema)
        needing = [*(view.name for view in views), *(holder for holder, _ in keys)]
        return _failure(name, reason, _NEEDED, remedy, situation, needing)
    return ()


def _constraint(operation: DropConstraint, situation: Situation) -> tuple[Failure, ...]:
    table = situation.schema.table(operation.table)
    found = table.constraint(operation.name) if table is not None else None
    if operation.cascade or table is None or found is None or found.index_name is None:
        return ()
    index = situation.schema.index_named(Name(table.name.schema, found.index_name))
    keys = list(keys_on_index(index, situation.schema)) if index is not None else []
    named = (f"the foreign key {key.name} of {holder.display}" for holder, key in keys)
    if reason := _needed(f"the constraint {operation.name}", named):
        statement = f"ALTER TABLE {table.name.sql} DROP CONSTRAINT {quote(operation.name)};"
        remedy = f"{ways.without_keys(keys)}\n{statement}"
        return _failure(table.name, reason, _NEEDED, remedy, situation, [holder for holder, _ in keys])
    return ()


def _index(operation: DropIndex, situation: Situation) -> tuple[Failure, ...]:
    index = situation.schema.index_named(operation.name)
    if index is None:
        return ()
    if index.constraint is not None:
        reason = f"the index belongs to the constraint {index.constraint}"
        remedy = f"ALTER TABLE {index.table.sql} DROP CONSTRAINT {quote(index.constraint)};"
        return _failure(index.table, reason, _NEEDED, remedy, situation)
    parent = users.index_of_parent(index, situation.schema)
    if parent is not None:
        reason = f"the index belongs to {parent.name.display} of the partitioned table {parent.table.display}"
        return _failure(index.table, reason, _NEEDED, f"DROP INDEX {parent.name.sql};", situation)
    table = situation.schema.table(index.table)
    if table is None or operation.cascade or not index.unique:
        return ()
    keys = list(keys_on_index(index, situation.schema))
    named = (f"the foreign key {key.name} of {holder.display}" for holder, key in keys)
    if reason := _needed(f"the index {operation.name.display}", named):
        statement = f"DROP INDEX {operation.name.sql};"
        remedy = f"{ways.without_keys(keys)}\n{statement}"
        return _failure(table.name, reason, _NEEDED, remedy, situation, [holder for holder, _ in keys])
    return ()


def _table(operation: DropTable, situation: Situation) -> tuple[Failure, ...]:
    name, schema = operation.table, situation.schema
    table = schema.table(name)
    if table is None or operation.cascade:
        return ()
    together = dict.fromkeys(each.table for each in situation.together if isinstance(each, DropTable))
    going = {member for each in (name, *together) for member in _with_partitions(each, situation)}
    members = schema.tables_among(_with_partitions(name, situation))
    keys = [
        (holder, key)
        for member in members
        for holder, key in users.keys_to_table(member, schema)
        if holder not in going
    ]
    views = [view for member in members for view in filter(None, map(schema.view, member.dependents))]
    children = [child for member in members for child in member.children if child not in going]
    found = [
        *(f"the foreign key {key.name} of {holder.display}" for holder, key in keys),
        *map(_view_title, views),
        *(f"the child table {child.display}" for child in children),
        *users.users_of_type(name, schema, going),
    ]
    if reason := _needed(name.display, found):
        remedy = ways.before_drop(views, keys, f"DROP TABLE {name.sql};", schema)
        needing = [*(view.name for view in views), *(holder for holder, _ in keys), *children]
        return _failure(name, reason, _NEEDED, remedy, situation, needing)
    return ()


def _with_partitions(name: Name, situation: Situation) -> Iterator[Name]:
    """Give a table with its partitions, which go with it; children stay."""
    waiting = [name]
    for each in waiting:
        table = situation.schema.table(each)
        waiting += table.partitions if table is not None else ()
        yield each


def _view(operation: DropView, situation: Situation) -> tuple[Failure, ...]:
    schema = situation.schema
    view = schema.view(operation.view)
    if view is None or operation.cascade:
        return ()
    going = [each.view for each in situation.together if isinstance(each, DropView)]
    readers = [schema.view(name) for name in view.dependents if name not in (*going, view.name)]
    views = [reader for reader in readers if reader is not None]
    found = [*map(_view_title, views), *users.users_of_type(view.name, schema)]
    if reason := _needed(view.name.display, found):
        word = "MATERIALIZED VIEW" if view.materialized else "VIEW"
        remedy = ways.before_drop(views, (), f"DROP {word} {view.name.sql};", schema)
        needing = [view.name, *(reader.name for reader in views)]
        return _failure(None, reason, _NEEDED, remedy, situation, needing)
    return ()


def _sequence(operation: DropSequence, situation: Situation) -> tuple[Failure, ...]:
    sequence = situation.schema.sequence(operation.sequence)
    if sequence is None or (operation.cascade and not sequence.identity):
        return ()
    found = users.users_of_sequence(sequence, situation.schema, situation.search_path)
    if reason := _needed(f"the sequence {sequence.name.display}", found):
        remedy = "drop the identity of the column, or its default, first"
        return _failure(None, reason, _NEEDED, remedy, situation, [sequence.name])
    return ()


def _type_dropped(operation: DropType, situation: Situation) -> tuple[Failure, ...]:
    if operation.cascade or operation.type not in situation.schema.types:
        return ()
    besides = [each.type for each in situation.together if isinstance(each, DropType)]
    found = users.users_of_type(operation.type, situation.schema, besides)
    if reason := _needed(f"the type {operation.type.display}", found):
        remedy = "change or drop what is made of it first"
        holders = [operation.type, *(table for table, _ in columns_of_type(operation.type, situation.schema))]
        return _failure(None, reason, _NEEDED, remedy, situation, holders)
    return ()


def _function(operation: DropFunction, situation: Situation) -> tuple[Failure, ...]:
    schema = situation.schema
    overloads = schema.functions.get(operation.function) or ()
    wanted = [f for f in overloads if operation.arguments in (None, f.arguments)]
    if operation.cascade or len(wanted) != 1:
        return ()
    found = users.users_of_function(wanted[0], schema, situation.search_path)
    if reason := _needed(f"the function {operation.function.display}", found):
        remedy = "drop what calls it first, or replace the function with CREATE OR REPLACE"
        return _failure(None, reason, _NEEDED, remedy, situation)
    return ()


def _schema(operation: DropSchema, situation: Situation) -> tuple[Failure, ...]:
    schema, name = situation.schema, operation.schema
    if operation.cascade or name not in schema.schemas:
        return ()
    found = [*schema.relations_in(name), *schema.types_in(name), *schema.functions_in(name)]
    if not found:
        return ()
    listed, many = _listed(each.display for each in found)
    reason = f"{listed} {'are' if many else 'is'} still in the schema {name}"
    return _failure(None, reason, _NEEDED, "drop or move what is in it first", situation, found)


def _domain(operation: AlterDomain, situation: Situation) -> tuple[Failure, ...]:
    """A constraint of a domain is tested in columns of it, and in nothing that only contains it."""
    added = operation.constraint
    tests = operation.action in ("set not null", "validate constraint") or (
        operation.action == "add constraint" and added is not None and not added.not_valid
    )
    if not tests or not isinstance(situation.schema.types.get(operation.domain), DomainType):
        return ()
    schema = situation.schema
    found = [
        f"the column {table.display}.{column}"
        for table, column in users.columns_holding(operation.domain, schema)
        if _contains(schema.table(table), column, operation.domain, schema)
    ]
    if reason := _needed(f"the domain {operation.domain.display} as a part of its type", found):
        return _failure(None, reason, _NOT_SUPPORTED, "", situation)
    return ()


def _contains(table: Table | None, column: str, domain: Name, schema: Schema) -> bool:
    """Whether a column's type has a domain in it, and is none over it."""
    found = table.column(column) if table is not None else None
    type_ = found.type if found is not None else None
    while type_ is not None and type_.qualified is not None and not type_.array:
        if type_.qualified == domain:
            return False
        over = schema.types.get(type_.qualified)
        type_ = over.type if isinstance(over, DomainType) else None
    return True


def _attribute(operation: AlterCompositeType, situation: Situation) -> tuple[Failure, ...]:
    schema = situation.schema
    if operation.action != "alter" or not isinstance(schema.types.get(operation.type), CompositeType):
        return ()
    holding = users.columns_holding(operation.type, schema)
    found = [f"the column {table.display}.{column}" for table, column in holding]
    if reason := _needed(f"the type {operation.type.display}", found):
        return _failure(None, reason, _NOT_SUPPORTED, "", situation)
    return ()


def _truncate(operation: Truncate, situation: Situation) -> tuple[Failure, ...]:
    emptied = dict.fromkeys(name for named in operation.tables for name in situation.family(named))
    for table in situation.schema.tables_among(() if operation.cascade else emptied):
        holder = next((holder for holder in table.referenced_by if holder not in emptied), None)
        if holder is not None:
            reason = f"the foreign key of {holder.display} points to {table.name.display}"
            remedy = f"name {holder.display} in the same TRUNCATE, if its rows may be deleted as well"
            return _failure(table.name, reason, _NOT_SUPPORTED, remedy, situation)
    return ()


REFUSALS: Refusals = {
    AlterColumnType: _type,
    AlterCompositeType: _attribute,
    AlterDomain: _domain,
    DropColumn: _column,
    DropConstraint: _constraint,
    DropFunction: _function,
    DropIndex: _index,
    DropSchema: _schema,
    DropSequence: _sequence,
    DropTable: _table,
    DropType: _type_dropped,
    DropView: _view,
    Truncate: _truncate,
}
