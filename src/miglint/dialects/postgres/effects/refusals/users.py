"""What needs a column, a table, a key, a type or a function, so that it cannot go or change."""

import re
from collections.abc import Iterable, Iterator

from miglint.dialects.postgres.builtin_functions import NOT_VOLATILE, VOLATILE
from miglint.dialects.postgres.types import is_built_in
from miglint.dialects.sql.replay.drops import columns_of_type, defaults_of_type
from miglint.model import (
    CompositeType,
    Constraint,
    DomainType,
    Expression,
    Function,
    Index,
    Name,
    Policy,
    Schema,
    Sequence,
    Table,
    Trigger,
    View,
)
from miglint.text.lazy import expression


def views_of_column(table: Table, column: str, schema: Schema) -> Iterator[View]:
    """Give the views whose query names a column, by itself or with a star."""
    for view in map(schema.view, table.dependents):
        if view is not None and (table.name, column) in view.columns_read:
            yield view


def generated_from(table: Table, column: str) -> Iterator[str]:
    """Give the generated columns that are computed from a column."""
    for other in table.columns:
        if other.generated and other.default is not None and column in other.default.columns:
            yield other.name


def rules_of_column(table: Table, column: str) -> Iterator[str]:
    """Give the triggers and policies of a table that name a column of it."""
    for trigger in table.triggers:
        if _fires_by(trigger, column):
            yield f"the trigger {trigger.name}"
    for policy in table.policies:
        if _asks_for(policy, table.name, column):
            yield f"the policy {policy.name}"


def _fires_by(trigger: Trigger, column: str) -> bool:
    condition = trigger.condition
    return column in trigger.columns or (condition is not None and column in condition.columns)


def _asks_for(policy: Policy, table: Name, column: str) -> bool:
    return any(_names(each, table, column) for each in (policy.using, policy.check) if each is not None)


def _names(condition: Expression, table: Name, column: str) -> bool:
    """Whether a condition names a column of its own table: in a subquery only with the table in front."""
    own = rf'(?i)(?<![\w$]){re.escape(table.name)}"?\s*\.\s*"?{re.escape(column)}(?![\w$])'
    return column in condition.columns and (
        not condition.has_subquery or re.search(own, condition.text) is not None
    )


def keys_to_column(table: Table, column: str, schema: Schema) -> Iterator[tuple[Name, Constraint]]:
    """Give the foreign keys that point to a column, without those that go with it."""
    for holder in schema.tables_among(table.referenced_by):
        for key in holder.foreign_keys:
            goes_too = holder.name == table.name and column in key.columns
            if key.references == table.name and column in key.referenced_columns and not goes_too:
                yield holder.name, key


def index_of_parent(index: Index, schema: Schema) -> Index | None:
    """Give the index of the partitioned table that an index belongs to, if it is the only one like it."""
    if index.parent is not None:
        return schema.index_named(index.parent)
    table = schema.table(index.table)
    parent = schema.table(table.partition_of) if table is not None and table.partition_of else None
    if table is None or parent is None or sum(_is_like(index, each) for each in schema.indexes_of(table)) > 1:
        return None
    above = (each for each in schema.indexes_of(parent) if _is_like(index, each) and not each.only)
    return next(above, None)


def _is_like(one: Index, other: Index) -> bool:
    return (one.elements, one.unique, one.predicate) == (other.elements, other.unique, other.predicate)


def keys_to_table(table: Table, schema: Schema) -> Iterator[tuple[Name, Constraint]]:
    """Give the foreign keys of other tables that point to a table."""
    for holder in schema.tables_among(table.referenced_by):
        if holder.name != table.name:
            yield from ((holder.name, key) for key in holder.foreign_keys if key.references == table.name)


def columns_holding(type_: Name, schema: Schema) -> Iterator[tuple[Name, str]]:
    """Give the columns of a type, of a table's rows too, of arrays, domains and composites of it."""
    yield from columns_of_type(type_, schema)
    for user in schema.types_with_type(type_):
        if isinstance(schema.types.get(user), CompositeType):
            yield from columns_of_type(user, schema)


def users_of_type(type_: Name, schema: Schema, besides: Iterable[Name] = ()) -> Iterator[str]:
    """Give what is made of a type, but for the `besides` that go together with it."""
    left = frozenset((type_, *besides))
    for table, column in columns_of_type(type_, schema):
        if table not in left:
            yield f"the column {table.display}.{column}"
    for user in schema.types_with_type(type_):
        found = schema.types[user]
        if user not in left and isinstance(found, DomainType) and found.type.qualified == type_:
            yield f"the domain {user.display}"
        elif user not in left and isinstance(found, CompositeType):
            yield f"the type {user.display}"
    for table, column in defaults_of_type(type_, schema):
        yield f"the default of {table.display}.{column}"
    yield from _functions_over(type_, schema)


def _functions_over(type_: Name, schema: Schema) -> Iterator[str]:
    """Give the functions that take or give a type, where its bare name can mean no other."""
    others = (Name(place, type_.name) for place in schema.schemas if place != type_.schema)
    if is_built_in(type_.name) or any(n in schema.types or n in schema.relations for n in others):
        return
    words = {type_.name, f"{type_.name}[]"}
    for name, overloads in schema.functions.items():
        for function in overloads:
            spelled = {function.returns, *(argument.rpartition(".")[2] for argument in function.arguments)}
            if not words.isdisjoint(spelled):
                yield f"the {'procedure' if function.procedure else 'function'} {name.display}"


def users_of_sequence(sequence: Sequence, schema: Schema, path: Iterable[str]) -> Iterator[str]:
    """Give the columns that take their values from a sequence, which the `path` finds by its bare name."""
    owner = schema.table(sequence.owner[0]) if sequence.owner else None
    column = owner.column(sequence.owner[1]) if owner is not None and sequence.owner else None
    if owner is not None and column is not None and sequence.identity:
        yield f"the identity column {owner.name.display}.{column.name}"
    for table in schema.tables_among(schema.holders_of_texts(("nextval",))):
        for other in table.columns:
            if other.default is not None and _takes_from(sequence, other.default, path):
                yield f"the default of {table.name.display}.{other.name}"


_NEXTVAL = re.compile(r"(?i)^\s*(?:pg_catalog\.)?nextval\(\s*'([^']+)'\s*(?:::\s*regclass)?\s*\)\s*$")


def _takes_from(sequence: Sequence, default: Expression, path: Iterable[str]) -> bool:
    written = _NEXTVAL.match(default.text)
    if written is None or written[1] == str(sequence.name):
        return written is not None
    parts = [_folded(part) for part in re.findall(r'"[^"]+"|[^.]+', written[1])]
    if parts[-1] != sequence.name.name:
        return False
    return parts[-2] == sequence.name.schema if len(parts) > 1 else sequence.name.schema in path


def _folded(written: str) -> str:
    return written[1:-1] if written.startswith('"') else written.strip().lower()


def users_of_function(function: Function, schema: Schema, path: Iterable[str]) -> Iterator[str]:
    """Give the triggers that call a function, and what calls it in an expression.

    The `path` finds it by its bare name.
    """
    name = function.name
    for table in schema.tables_calling(function=name) if not function.arguments else ():
        for trigger in table.triggers:
            if trigger.function == name:
                yield f"the trigger {trigger.name} of {table.name.display}"
    if len(schema.functions.get(name) or ()) > 1 or name.name in NOT_VOLATILE or name.name in VOLATILE:
        return  # A call can mean another one.
    spelled = {str(name), *((name.name,) if name.schema in path else ())}

    def calls(*expressions: Expression | None) -> bool:
        return any(each is not None and not spelled.isdisjoint(each.functions) for each in expressions)

    for user in schema.holders_of_texts((name.name,)):
        relation = schema.relations.get(user)
        if isinstance(relation, Index) and calls(relation.predicate, *relation.expressions):
            yield f"the index {user.display}"
        if not isinstance(relation, Table):
            continue
        for column in relation.columns:
            if calls(column.default):
                kind = "generated column" if column.generated else "default of"
                yield f"the {kind} {user.display}.{column.name}"
        for constraint in relation.constraints:
            if calls(constraint.expression):
                yield f"the constraint {constraint.name} of {user.display}"
        for policy in relation.policies:
            if calls(policy.using, policy.check):
                yield f"the policy {policy.name} of {user.display}"
        for trigger in relation.triggers:
            if calls(trigger.condition):
                yield f"the trigger {trigger.name} of {user.display}"
    yield from _views_calling(name, schema, bare=name.schema in path)


_AS = expression(r"(?i)\bAS\b")


def _views_calling(function: Name, schema: Schema, *, bare: bool) -> Iterator[str]:
    place = rf'(?<![\w$."])"?{re.escape(function.schema)}"?\."?'
    head = rf'(?:{place}|(?<![\w$."])"?)' if bare else place
    call = re.compile(rf'(?i){head}{re.escape(function.name)}"?\s*\(')
    for user in schema.holders_of_texts((), views=True):
        view = schema.view(user)
        if view is None or view.definition is None:
            continue
        # Before AS its own name can stand with a list of columns.
        if call.search(_AS.split(view.definition.text, maxsplit=1)[-1]):
            yield f"the view {user.display}"
