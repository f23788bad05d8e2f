"""What to do instead of a statement, as values: steps of operations, of SQL and of sentences."""

from collections.abc import Iterable
from typing import NamedTuple

from miglint.model.expression import Expression
from miglint.model.names import Name
from miglint.model.objects import Index
from miglint.model.operations.indexes import CreateIndex
from miglint.model.operations.parts import (
    ColumnDefinition,
    ConstraintDefinition,
    ConstraintKind,
    IndexElement,
    Operation,
)
from miglint.model.operations.tables import AddColumn, AddConstraint, DropConstraint, ValidateConstraint
from miglint.model.source import Span
from miglint.model.types import Type

NOWHERE = Span(0, 0)
"""Where an operation stands that nobody has written yet."""
TO_FILL_IN = "..."
"""What people put something else for: a type, a condition, a value."""


class Do(NamedTuple):
    """A statement to write; several operations are the actions of one ALTER TABLE."""

    operations: tuple[Operation, ...]


class Given(NamedTuple):
    """SQL that is not made of operations: the user's own, or with parts that people fill in."""

    sql: str


class Say(NamedTuple):
    """A sentence about the steps after it: a comment in their SQL, or `plain` text before all SQL."""

    text: str
    plain: bool = False


class Outside(NamedTuple):
    """Steps that run outside a transaction, in the migration tool's own way.

    `later`: the migration at hand comes first; `remark` says what they are for; `again` is what a migration
    has, for databases that are still to be made, where people run the steps by hand; `each` statement goes
    alone.
    """

    steps: "tuple[RemedyStep, ...]"
    later: bool = False
    remark: str = ""
    again: "tuple[RemedyStep, ...]" = ()
    each: bool = False


RemedyStep = Do | Given | Say | Outside


def do(*operations: Operation) -> Do:
    """Give the step that writes a statement."""
    return Do(operations)


def plain_column(table: Name, column: ColumnDefinition) -> AddColumn:
    """Give the ADD COLUMN without what makes values (serial, identity, generation) and constraints."""
    plain = column._replace(serial=False, identity="", generated="", generation=None, constraints=())
    return AddColumn(NOWHERE, table, plain)


def column_added(table: Name, column: str, type_: Type, default: Expression | None = None) -> AddColumn:
    """Give the ADD COLUMN of a name and a type, and perhaps a default."""
    return AddColumn(NOWHERE, table, ColumnDefinition(column, type_, default=default))


def check_later(table: Name, name: str, condition: str, *, no_inherit: bool = False) -> AddConstraint:
    """Give the CHECK that reads no row of a table yet."""
    made = ConstraintDefinition(
        NOWHERE, "check", name, expression=Expression(condition), no_inherit=no_inherit, not_valid=True
    )
    return AddConstraint(NOWHERE, table, made)


def not_null_later(table: Name, name: str, column: str) -> AddConstraint:
    """Give the NOT NULL constraint that reads no row of a table yet."""
    made = ConstraintDefinition(NOWHERE, "not null", name, (column,), not_valid=True)
    return AddConstraint(NOWHERE, table, made)


def key_of_index(table: Name, name: str, kind: ConstraintKind, index: str) -> AddConstraint:
    """Give the primary key or unique constraint that is made of an index."""
    return AddConstraint(NOWHERE, table, ConstraintDefinition(NOWHERE, kind, name, using_index=index))


def unique_index(table: Name, name: str, columns: Iterable[str]) -> CreateIndex:
    """Give the unique index on some columns."""
    elements = tuple(IndexElement(column=column, label=column) for column in columns)
    return CreateIndex(NOWHERE, name, table, elements, unique=True)


def created(index: Index) -> CreateIndex:
    """Give the CREATE INDEX that makes an index as it is."""
    classes, nulls, collations = map(dict, (index.operator_classes, index.nulls, index.collations))
    texts = {text: each for each in index.expressions for text in (each.text, f"({each.text})")}

    def element(key: str) -> IndexElement:
        own = None if key in index.columns else texts.get(key) or Expression(key)
        return IndexElement(
            column=key if own is None else None,
            expression=own,
            label=key,
            descending=key in index.descending,
            operator_class=classes.get(key, ""),
            nulls=nulls.get(key, ""),
            collation=collations.get(key, ""),
        )

    return CreateIndex(
        NOWHERE,
        index.name.name,
        index.table,
        tuple(map(element, index.elements)),
        include=index.include,
        unique=index.unique,
        method=index.method,
        predicate=index.predicate,
        only=index.only,
        nulls_not_distinct=index.nulls_not_distinct,
    )


def validated(table: Name, name: str) -> ValidateConstraint:
    """Give the VALIDATE of a constraint."""
    return ValidateConstraint(NOWHERE, table, name)


def without_constraint(table: Name, name: str) -> DropConstraint:
    """Give the DROP of a constraint."""
    return DropConstraint(NOWHERE, table, name)
