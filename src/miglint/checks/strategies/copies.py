"""A column beside the one whose place it takes: the trigger that fills it, and the parts it needs."""

from collections.abc import Iterator
from typing import NamedTuple

from miglint.checks.strategies.words import named
from miglint.model import (
    AddColumn,
    AddConstraint,
    Column,
    ColumnDefinition,
    Constraint,
    ConstraintDefinition,
    CreateIndex,
    CreateTrigger,
    DropFunction,
    DropTrigger,
    Expression,
    Index,
    Name,
    Schema,
    Table,
    Type,
    quote,
)
from miglint.model.remedy import NOWHERE, Given, RemedyStep, created, do
from miglint.rollback.draft.definitions import constraint_definition

SUFFIX = "new"


class Copy(NamedTuple):
    """A column that takes the place of another.

    `value` makes its value of a row, as SQL of the table's columns; "" where the server's own cast does.
    `both`: code of the next version writes the new column, while that of the last one writes the old.
    `through` is the cast over which the new type leads to the old one, as SQL.
    """

    table: Name
    old: Column
    new: str
    type: Type
    collation: str | None
    value: str = ""
    both: bool = False
    through: str = ""

    @property
    def added(self) -> AddColumn:
        """Give the ADD COLUMN of the new column."""
        made = ColumnDefinition(self.new, self.type, collation=self.collation)
        return AddColumn(NOWHERE, self.table, made)

    @property
    def sql(self) -> str:
        """The value of the new column, as SQL for an UPDATE."""
        return self.value or quote(self.old.name)

    def back(self, column: str) -> str:
        """Give the value of a column of the new type as one of the old."""
        return f"{quote(column)}{self.through}::{self.old.type}"

    @property
    def function(self) -> Name:
        """The function that copies, and its trigger, have this name."""
        return Name(self.table.schema, named(self.table.name, self.old.name, "copied"))

    @property
    def made(self) -> tuple[RemedyStep, ...]:
        """Give the function and its trigger."""
        trigger = CreateTrigger(
            NOWHERE,
            self.function.name,
            self.table,
            self.function,
            events=("insert", "update"),
            row=True,
            timing="before",
        )
        return (Given(_function(self)), do(trigger))

    @property
    def unmade(self) -> tuple[RemedyStep, ...]:
        """Give what drops both."""
        return (
            do(DropTrigger(NOWHERE, self.function.name, self.table)),
            do(DropFunction(NOWHERE, self.function, ())),
        )


def _function(copy: Copy) -> str:
    old, new = quote(copy.old.name), quote(copy.new)
    if copy.both:
        body = (
            "  IF TG_OP = 'INSERT' THEN\n"
            f"    IF NEW.{new} IS NULL THEN NEW.{new} := NEW.{old}; ELSE NEW.{old} := NEW.{new}; END IF;\n"
            f"  ELSIF NEW.{new} IS DISTINCT FROM OLD.{new} THEN\n"
            f"    NEW.{old} := NEW.{new};\n"
            "  ELSE\n"
            f"    NEW.{new} := NEW.{old};\n"
            "  END IF;\n"
        )
    else:
        value = (
            f"(SELECT {copy.value} FROM (SELECT NEW.*) AS {quote(copy.table.name)})"
            if copy.value
            else f"NEW.{old}"
        )
        body = f"  NEW.{new} := {value};\n"
    return (
        f"CREATE FUNCTION {copy.function.sql}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        f"BEGIN\n{body}  RETURN NEW;\nEND $$;"
    )


class Parts(NamedTuple):
    """What hangs on a column: constraints and indexes, each under the name that it has."""

    unique: tuple[ConstraintDefinition, ...] = ()
    checked: tuple[ConstraintDefinition, ...] = ()
    indexes: tuple[CreateIndex, ...] = ()

    def on(self, old: str, new: str, suffix: str) -> "Parts":
        """Give the same for another column, with names of their own."""
        return Parts(
            tuple(_constraint_on(each, old, new, suffix) for each in self.unique),
            tuple(_constraint_on(each, old, new, suffix) for each in self.checked),
            tuple(_index_on(each, old, new, suffix) for each in self.indexes),
        )

    @property
    def constraint_names(self) -> tuple[str, ...]:
        """The names of the constraints."""
        return tuple(each.name or "" for each in (*self.unique, *self.checked))

    @property
    def index_names(self) -> tuple[str, ...]:
        """The names of the indexes."""
        return tuple(each.name or "" for each in self.indexes)


def parts_of(table: Table, column: str, schema: Schema) -> Parts:
    """Give what hangs on a column."""
    own = [constraint_definition(table, each, schema) for each in table.constraints if _is_on(each, column)]
    return Parts(
        tuple(each for each in own if each.kind == "unique"),
        tuple(each for each in own if each.kind in ("check", "foreign")),
        tuple(map(created, indexes_on(table, column, schema))),
    )


def indexes_on(table: Table, column: str, schema: Schema) -> Iterator[Index]:
    """Give the indexes that read a column, without those of constraints."""
    for index in schema.indexes_of(table):
        if not index.constraint and column in index.columns:
            yield index


def _is_on(constraint: Constraint, column: str) -> bool:
    read = constraint.expression.columns if constraint.expression is not None else ()
    return constraint.kind != "not null" and column in (*constraint.columns, *read)


def _swap(names: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if name == old else name for name in names)


def _renamed(expression: Expression | None, old: str, new: str) -> Expression | None:
    return None if expression is None else expression.with_column_renamed(old, new)


def _constraint_on(made: ConstraintDefinition, old: str, new: str, suffix: str) -> ConstraintDefinition:
    return made._replace(
        name=named(made.name or "", suffix) if suffix else made.name,
        columns=_swap(made.columns, old, new),
        include=_swap(made.include, old, new),
        set_columns=_swap(made.set_columns, old, new),
        expression=_renamed(made.expression, old, new),
    )


def _index_on(made: CreateIndex, old: str, new: str, suffix: str) -> CreateIndex:
    elements = tuple(
        each._replace(
            column=new if each.column == old else each.column,
            expression=_renamed(each.expression, old, new),
        )
        for each in made.elements
    )
    return made._replace(
        name=named(made.name or "", suffix) if suffix else made.name,
        elements=elements,
        include=_swap(made.include, old, new),
        predicate=_renamed(made.predicate, old, new),
    )


def added_again(table: Name, parts: Parts) -> Iterator[RemedyStep]:
    """Give the steps that make parts at once, for a way back."""
    for constraint in (*parts.unique, *parts.checked):
        yield do(AddConstraint(NOWHERE, table, constraint))
    yield from map(do, parts.indexes)
