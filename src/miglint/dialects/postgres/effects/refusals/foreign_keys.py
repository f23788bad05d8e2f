"""What the server asks of a foreign key: of the table that it points to, of its columns, of their types."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from miglint.dialects.postgres.effects.situation import Refusals, Situation, refused
from miglint.model import (
    AddColumn,
    AddConstraint,
    ConstraintDefinition,
    CreateTable,
    EnumType,
    Failure,
    Index,
    Name,
    Table,
    Type,
    quote,
)

Definitions = tuple[ConstraintDefinition, ...]


class _Holder(NamedTuple):
    """The table that holds a foreign key, with what the same statement gives it.

    `beside` are the constraints that come along, None where the statement copies others from elsewhere.
    """

    name: Name
    beside: Definitions | None
    type_of: Callable[[str], Type | None]
    temporary: bool
    unlogged: bool

    def keys_if(self, parent: Name) -> Definitions:
        """The new keys that a foreign key to a table can use."""
        return tuple(k for k in self.beside or () if k.kind in ("primary", "unique") and parent == self.name)


def _constraint(operation: AddConstraint, situation: Situation) -> tuple[Failure, ...]:
    table = situation.schema.table(operation.table)
    if table is None or operation.constraint.kind != "foreign":
        return ()
    holder = _Holder(table.name, (), lambda name: _type_in(table, name), table.temporary, table.unlogged)
    return _first((operation.constraint,), holder, situation)


def _column(operation: AddColumn, situation: Situation) -> tuple[Failure, ...]:
    table, new = situation.schema.table(operation.table), operation.column
    if table is None or not new.constraints or table.column(new.name) is not None:
        return ()
    holder = _Holder(table.name, new.constraints, lambda _: new.type, table.temporary, table.unlogged)
    return _first(new.constraints, holder, situation)


def _table(operation: CreateTable, situation: Situation) -> tuple[Failure, ...]:
    if operation.table in situation.schema.relations:
        return ()
    own = operation.all_constraints
    copied = operation.like or operation.inherits or operation.partition_of or operation.of_type
    types = {column.name: column.type for column in operation.columns}
    holder = _Holder(
        operation.table, None if copied else own, types.get, operation.temporary, operation.unlogged
    )
    return _first(own, holder, situation)


def _first(keys: Definitions, holder: _Holder, situation: Situation) -> tuple[Failure, ...]:
    found = (_refused(key, key.references, holder, situation) for key in keys if key.references is not None)
    return next(filter(None, found), ())


def _refused(
    key: ConstraintDefinition, parent: Name, holder: _Holder, situation: Situation
) -> tuple[Failure, ...]:
    """Ask in the order in which `ATAddForeignKeyConstraint` does."""

    def fails(reason: str, sqlstate: str, remedy: str) -> tuple[Failure, ...]:
        return refused(holder.name, reason, sqlstate, remedy)

    relation, name = situation.schema.relations.get(parent), parent.display
    if parent in situation.schema.unsure or (parent == holder.name and holder.beside is None):
        return ()
    if relation is None and parent != holder.name:
        return ()
    if relation is not None and (not isinstance(relation, Table) or relation.foreign):
        return fails(f"{name} is no table, and a foreign key points to one", "42809", "point it to a table")
    if relation is not None and (kinds := _not_as_lasting(relation, holder)):
        remedy = "make both tables of one kind: permanent, unlogged or temporary"
        return fails(f"a {kinds[0]} table cannot refer to {name}, which is {kinds[1]}", "42P16", remedy)
    if relation is not None and not situation.is_told(relation):
        return ()
    own = holder.keys_if(parent)
    columns = key.referenced_columns or _primary_key(relation, own)
    if not columns:
        reason = f"{name} has no primary key, and the foreign key names no columns of it"
        return fails(reason, "42704", f"name the columns of {name} that it points to")
    if relation is not None and not all(map(relation.column, columns)):
        return ()
    shown = f"({', '.join(map(quote, columns))}) of {name}"
    if len(set(columns)) < len(columns):
        return fails(f"it points to {shown}, which names a column twice", "42830", "name each column once")
    indexes = [] if relation is None else list(_covering(relation, columns, situation))
    covered = [k for k in own if set(k.columns) == set(columns)]
    if not indexes and not covered:
        reason = f"no unique constraint covers just {shown}, to which the foreign key points"
        unique = f"ALTER TABLE {parent.sql} ADD UNIQUE ({', '.join(map(quote, columns))});"
        return fails(reason, "42830", f"make them unique first: {unique}")
    if all(_waits(index, relation) for index in indexes) and all(k.deferrable for k in covered):
        reason = f"the key {shown} is deferrable, and a foreign key points to none that is checked late"
        return fails(reason, "55000", "make the key that it points to NOT DEFERRABLE")
    if len(columns) != len(key.columns):
        reason = f"the foreign key has {len(key.columns)} columns and points to {len(columns)}"
        return fails(reason, "42830", "name as many columns on both sides")
    for column, other in zip(key.columns, columns, strict=True):
        types = holder.type_of(column), _type_in(relation, other) if relation else holder.type_of(other)
        if not comparable(*types, situation):
            reason = f"{quote(column)} is {types[0]}, and {quote(other)} of {name} is {types[1]}: "
            remedy = f"give {quote(column)} the type {types[1]}"
            return fails(f"{reason}no operator compares them for a foreign key", "42804", remedy)
    return ()


def _not_as_lasting(parent: Table, holder: _Holder) -> tuple[str, str] | None:
    if holder.temporary:
        return ("temporary", "not") if not parent.temporary else None
    if parent.temporary:
        return ("permanent", "temporary")
    return ("permanent", "unlogged") if parent.unlogged and not holder.unlogged else None


def _primary_key(parent: Table | None, own: Definitions) -> tuple[str, ...]:
    if parent is not None and parent.primary_key is not None:
        return parent.primary_key.columns
    return next((key.columns for key in own if key.kind == "primary"), ())


def _covering(parent: Table, columns: tuple[str, ...], situation: Situation) -> Iterator[Index]:
    """Give the indexes that a foreign key can use: unique, valid, of all rows and of just these columns."""
    for index in situation.schema.indexes_of(parent):
        plain = index.unique and index.valid and index.predicate is None
        if plain and len(index.elements) == len(columns) and set(index.elements) == set(columns):
            yield index


def _waits(index: Index, parent: Table | None) -> bool:
    constraint = parent.constraint(index.constraint) if parent is not None and index.constraint else None
    return constraint is not None and constraint.deferrable


def _type_in(table: Table, name: str) -> Type | None:
    column = table.column(name)
    return column.type if column is not None else None


_FAMILIES = {
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "numeric",
    "real": "float",
    "double precision": "float",
    "text": "text",
    "character varying": "text",
    "character": "text",
    "uuid": "uuid",
    "boolean": "boolean",
}
_WIDENED = {("integer", "numeric"), ("integer", "float"), ("numeric", "float")}
"""Values of the first are compared with the second by an implicit cast."""


def comparable(own: Type | None, other: Type | None, situation: Situation) -> bool:
    """Whether a foreign key can compare two types, as far as they are known: what is not, may be."""
    if own is None or other is None or own == other:
        return True
    families = _family(own, situation), _family(other, situation)
    return None in families or families[0] == families[1] or families in _WIDENED


def _family(type_: Type, situation: Situation) -> str | None:
    if type_.array:
        return "array"
    if type_.qualified is None:
        return _FAMILIES.get(type_.name)
    known = situation.schema.types.get(type_.qualified)
    return str(known.name) if isinstance(known, EnumType) else None


REFUSALS: Refusals = {AddColumn: _column, AddConstraint: _constraint, CreateTable: _table}
