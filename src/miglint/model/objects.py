"""The objects of a database: tables, views, types, functions and their parts. All values are frozen."""

import re
from operator import attrgetter
from typing import NamedTuple

from miglint.model.expression import Expression
from miglint.model.names import Name
from miglint.model.operations.code import BlockStatement, Signature
from miglint.model.operations.parts import ConstraintKind
from miglint.model.types import Type

_NAME = attrgetter("name")


Properties = tuple[tuple[str, str], ...]
"""What is set on an object, by its name in words: a comment, a parameter, a privilege."""


class Column(NamedTuple):
    """A column. `default` also holds the expression of a generated column.

    `sequence` is the sequence that a serial or identity column owns.
    """

    name: str
    type: Type
    nullable: bool = True
    default: Expression | None = None
    identity: str = ""
    generated: str = ""
    collation: str | None = None
    sequence: Name | None = None
    properties: Properties = ()


class Constraint(NamedTuple):
    """A constraint.

    `index_name` names the index behind a primary key, unique or exclusion constraint;
    `set_columns` are those that ON DELETE sets, if not all.
    """

    name: str
    kind: ConstraintKind
    columns: tuple[str, ...] = ()
    expression: Expression | None = None
    references: Name | None = None
    referenced_columns: tuple[str, ...] = ()
    on_delete: str = "no action"
    on_update: str = "no action"
    valid: bool = True
    enforced: bool = True
    deferrable: bool = False
    initially_deferred: bool = False
    match: str = "simple"
    set_columns: tuple[str, ...] = ()
    no_inherit: bool = False
    index_name: str | None = None
    inherited: bool = False
    properties: Properties = ()


class Index(NamedTuple):
    """An index; `elements` are column names, or the text of expressions in parentheses.

    `columns` are all columns that it reads, keys, expressions, INCLUDE and predicate alike;
    `descending` are the elements in DESC order, `operator_classes` those with a class that is written,
    `nulls` those with FIRST or LAST against the order, `operators` those of an exclusion.
    `constraint` is the name of the constraint that owns it.
    """

    name: Name
    table: Name
    elements: tuple[str, ...]
    columns: tuple[str, ...]
    include: tuple[str, ...] = ()
    unique: bool = False
    method: str = "btree"
    predicate: Expression | None = None
    valid: bool = True
    constraint: str | None = None
    nulls_not_distinct: bool = False
    only: bool = False
    expressions: tuple[Expression, ...] = ()
    parent: Name | None = None
    descending: tuple[str, ...] = ()
    operator_classes: tuple[tuple[str, str], ...] = ()
    nulls: tuple[tuple[str, str], ...] = ()
    collations: tuple[tuple[str, str], ...] = ()
    operators: tuple[tuple[str, str], ...] = ()
    properties: Properties = ()


class Trigger(NamedTuple):
    """A trigger. `columns` are those of UPDATE OF; `timing` is before, after or instead of.

    `transitions` are the names of the old and new rows as tables; `from_table` is that of a
    constraint trigger.
    """

    name: str
    function: Name | None = None
    row: bool = False
    events: tuple[str, ...] = ()
    timing: str = "after"
    columns: tuple[str, ...] = ()
    condition: Expression | None = None
    arguments: tuple[str, ...] = ()
    transitions: tuple[tuple[str, str], ...] = ()
    constraint: bool = False
    from_table: Name | None = None
    deferrable: bool = False
    initially_deferred: bool = False
    properties: Properties = ()


class Policy(NamedTuple):
    """A policy of row-level security; `command` is all, select, insert, update or delete."""

    name: str
    command: str = "all"
    permissive: bool = True
    roles: tuple[str, ...] = ()
    using: Expression | None = None
    check: Expression | None = None
    properties: Properties = ()


class Table(NamedTuple):
    """A table, partitioned or not, or a foreign table.

    `referenced_by` are the tables with a foreign key to it; `dependents` the views that read it.
    `complete` is false when the history does not tell all its columns (CREATE TABLE AS over an unknown);
    `from_before`: no migration makes it, and what is here is what statements have proved of it, a relation
    of another kind perhaps; `perhaps`: they say IF EXISTS of it; `unsure` are the parts that a branch may
    have changed, as "column c"; `tablespace` and `access_method` are "" for the default ones.
    """

    name: Name
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Name, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    temporary: bool = False
    unlogged: bool = False
    foreign: bool = False
    partition_by: str = ""
    partition_columns: tuple[str, ...] = ()
    partition_of: Name | None = None
    partition_default: bool = False
    partitions: tuple[Name, ...] = ()
    default_partition: Name | None = None
    inherits: tuple[Name, ...] = ()
    children: tuple[Name, ...] = ()
    referenced_by: tuple[Name, ...] = ()
    dependents: tuple[Name, ...] = ()
    complete: bool = True
    tablespace: str = ""
    access_method: str = ""
    unsure: frozenset[str] = frozenset()
    policies: tuple[Policy, ...] = ()
    partition_bound: str = ""
    properties: Properties = ()
    from_before: bool = False
    perhaps: bool = False

    @property
    def all_columns(self) -> tuple[Column, ...] | None:
        """The columns, None where not all of them are known."""
        return self.columns if self.complete else None

    def column(self, name: str) -> Column | None:
        """Give the column of that name."""
        names = tuple(map(_NAME, self.columns))
        return self.columns[names.index(name)] if name in names else None

    def constraint(self, name: str) -> Constraint | None:
        """Give the constraint of that name."""
        names = tuple(map(_NAME, self.constraints))
        return self.constraints[names.index(name)] if name in names else None

    def with_column(self, column: Column) -> "Table":
        """Give a table in which this column is in the place of that with its name."""
        at = tuple(map(_NAME, self.columns)).index(column.name)
        return self._replace(columns=(*self.columns[:at], column, *self.columns[at + 1 :]))

    def without_partition(self, name: Name) -> "Table":
        """Give a table without a partition."""
        default = self.default_partition if self.default_partition != name else None
        partitions = tuple(filter(name.__ne__, self.partitions))
        return self._replace(partitions=partitions, default_partition=default)

    def without_constraint(self, name: str) -> "Table":
        """Give a table without the constraint of that name."""
        names = tuple(map(_NAME, self.constraints))
        if name not in names:
            return self
        at = names.index(name)
        return self._replace(constraints=self.constraints[:at] + self.constraints[at + 1 :])

    @property
    def primary_key(self) -> Constraint | None:
        """The primary key."""
        for constraint in self.constraints:
            if constraint.kind == "primary":
                return constraint
        return None

    @property
    def foreign_keys(self) -> tuple[Constraint, ...]:
        """The foreign keys that this table holds."""
        return tuple(c for c in self.constraints if c.kind == "foreign")


class Definition(NamedTuple):
    """The text of the statement that made a view, and the names it was written with.

    What a view reads may be renamed later: then the names here, place by place, are the old ones of
    `View.reads`, `View.columns_read` and `View.columns`.
    """

    text: str
    reads: tuple[Name, ...] = ()
    columns_read: tuple[tuple[Name, str], ...] = ()
    columns: tuple[Column, ...] | None = None


class View(NamedTuple):
    """A view or materialized view. `reads` are the relations, `columns_read` the columns it depends on.

    `definition` is the text that made it, None where it is not known.
    """

    name: Name
    materialized: bool = False
    reads: tuple[Name, ...] = ()
    columns_read: tuple[tuple[Name, str], ...] = ()
    columns: tuple[Column, ...] | None = None
    indexes: tuple[Name, ...] = ()
    dependents: tuple[Name, ...] = ()
    populated: bool = True
    temporary: bool = False
    definition: "Definition | None" = None
    properties: Properties = ()

    @property
    def all_columns(self) -> tuple[Column, ...] | None:
        """The columns, None where not all of them are known."""
        return self.columns

    def column(self, name: str) -> Column | None:
        """Give the column of that name."""
        return next((c for c in self.columns or () if c.name == name), None)


class Sequence(NamedTuple):
    """`owner` is the table and column that it goes with when dropped."""

    name: Name
    owner: tuple[Name, str] | None = None
    identity: bool = False
    temporary: bool = False
    properties: Properties = ()


class EnumType(NamedTuple):
    name: Name
    values: tuple[str, ...]
    properties: Properties = ()


class DomainType(NamedTuple):
    """`constrained` when it has a NOT NULL or a CHECK of its own."""

    name: Name
    type: Type
    not_null: bool = False
    default: Expression | None = None
    checks: tuple[Constraint, ...] = ()
    properties: Properties = ()

    @property
    def constrained(self) -> bool:
        """Whether a value has to pass a test to be of this domain."""
        return self.not_null or bool(self.checks)


class CompositeType(NamedTuple):
    name: Name
    columns: tuple[Column, ...]
    properties: Properties = ()


class OtherType(NamedTuple):
    """A range, base or shell type, or a type that an extension brings."""

    name: Name
    kind: str
    properties: Properties = ()


class Function(NamedTuple):
    """One overload of a function or procedure; `returns` is its result type as written.

    `signature` is None where it is not known.

    `definition` is the text that made it, "" where it is not known.
    """

    name: Name
    arguments: tuple[str, ...] = ()
    volatility: str = "volatile"
    language: str = "sql"
    procedure: bool = False
    returns: str = ""
    body: tuple[BlockStatement, ...] = ()
    definition: str = ""
    properties: Properties = ()
    signature: Signature | None = None


class BodyNames(NamedTuple):
    """What the body of a function names for certain, of what there is.

    `values` are those of enums, each with its type; `of_rows` are the columns of NEW and OLD.
    """

    relations: frozenset[Name] = frozenset()
    columns: frozenset[tuple[Name, str]] = frozenset()
    functions: frozenset[Name] = frozenset()
    types: frozenset[Name] = frozenset()
    values: frozenset[tuple[Name, str]] = frozenset()
    of_rows: frozenset[str] = frozenset()


class Other(NamedTuple):
    """An object that nothing here looks into: a rule, a cast, a publication.

    `statements` are those that made it what it is; `part_of` is the relation that it falls with.
    """

    kind: str
    name: str
    statements: tuple[str, ...] = ()
    part_of: Name | None = None
    properties: Properties = ()

    def mentions(self, name: str) -> bool:
        """Whether a statement that made it names something."""
        pattern = rf"(?<![\w$]){re.escape(name)}(?![\w$])"
        return bool(name) and any(re.search(pattern, text) for text in self.statements)


Relation = Table | View | Sequence | Index
UserType = EnumType | DomainType | CompositeType | OtherType
