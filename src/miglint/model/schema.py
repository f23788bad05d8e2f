"""The simulated database: what exists after a statement. All values are frozen."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from miglint.model.expression import Expression
from miglint.model.frozen_map import FrozenMap
from miglint.model.names import Name, quote
from miglint.model.operations import BlockStatement
from miglint.model.types import Type

T = TypeVar("T")


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
    inherited: bool = False


class Constraint(NamedTuple):
    """A constraint; `kind` is primary, unique, foreign, check, exclude or not null.

    `index_name` names the index behind a primary key, unique or exclusion constraint.
    """

    name: str
    kind: str
    columns: tuple[str, ...] = ()
    expression: Expression | None = None
    references: Name | None = None
    referenced_columns: tuple[str, ...] = ()
    on_delete: str = "no action"
    on_update: str = "no action"
    valid: bool = True
    enforced: bool = True
    deferrable: bool = False
    no_inherit: bool = False
    index_name: str | None = None
    inherited: bool = False


class Index(NamedTuple):
    """An index; `elements` are column names, or the text of expressions in parentheses.

    `columns` are all columns that it reads, keys, expressions, INCLUDE and predicate alike;
    `descending` are the elements in DESC order, `operator_classes` those with a class that is written.
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


class Trigger(NamedTuple):
    name: str
    function: Name | None = None
    row: bool = False
    events: tuple[str, ...] = ()


class Table(NamedTuple):
    """A table, partitioned or not, or a foreign table.

    `referenced_by` are the tables with a foreign key to it; `dependents` the views that read it.
    `complete` is false when the history does not tell all its columns (CREATE TABLE AS over an unknown).
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
    inherits: tuple[Name, ...] = ()
    children: tuple[Name, ...] = ()
    referenced_by: tuple[Name, ...] = ()
    dependents: tuple[Name, ...] = ()
    complete: bool = True

    def column(self, name: str) -> Column | None:
        """Give the column of that name."""
        return next((c for c in self.columns if c.name == name), None)

    def constraint(self, name: str) -> Constraint | None:
        """Give the constraint of that name."""
        return next((c for c in self.constraints if c.name == name), None)

    @property
    def primary_key(self) -> Constraint | None:
        """The primary key."""
        return next((c for c in self.constraints if c.kind == "primary"), None)

    @property
    def row_key(self) -> str:
        """What picks one row, as SQL: the only column of the primary key, else `ctid`."""
        key = self.primary_key
        return quote(key.columns[0]) if key is not None and len(key.columns) == 1 else "ctid"

    @property
    def foreign_keys(self) -> tuple[Constraint, ...]:
        """The foreign keys that this table holds."""
        return tuple(c for c in self.constraints if c.kind == "foreign")


class View(NamedTuple):
    """A view or materialized view. `reads` are the relations, `columns_read` the columns it depends on."""

    name: Name
    materialized: bool = False
    reads: tuple[Name, ...] = ()
    columns_read: tuple[tuple[Name, str], ...] = ()
    columns: tuple[Column, ...] | None = None
    indexes: tuple[Name, ...] = ()
    dependents: tuple[Name, ...] = ()
    populated: bool = True
    temporary: bool = False

    def column(self, name: str) -> Column | None:
        """Give the column of that name."""
        return next((c for c in self.columns or () if c.name == name), None)


class Sequence(NamedTuple):
    """`owner` is the table and column that it goes with when dropped."""

    name: Name
    owner: tuple[Name, str] | None = None
    identity: bool = False
    temporary: bool = False


class EnumType(NamedTuple):
    name: Name
    values: tuple[str, ...]


class DomainType(NamedTuple):
    """`constrained` when it has a NOT NULL or a CHECK of its own."""

    name: Name
    type: Type
    not_null: bool = False
    default: Expression | None = None
    checks: tuple[Constraint, ...] = ()

    @property
    def constrained(self) -> bool:
        """Whether a value has to pass a test to be of this domain."""
        return self.not_null or bool(self.checks)


class CompositeType(NamedTuple):
    name: Name
    columns: tuple[Column, ...]


class OtherType(NamedTuple):
    """A range, base or shell type, or a type that an extension brings."""

    name: Name
    kind: str


class Function(NamedTuple):
    """One overload of a function or procedure; `returns` is its result type as written."""

    name: Name
    arguments: tuple[str, ...] = ()
    volatility: str = "volatile"
    language: str = "sql"
    procedure: bool = False
    returns: str = ""
    body: tuple[BlockStatement, ...] = ()


Relation = Table | View | Sequence | Index
UserType = EnumType | DomainType | CompositeType | OtherType


class Schema(NamedTuple):
    """All objects of a database at one moment."""

    schemas: frozenset[str] = frozenset({"public"})
    relations: FrozenMap[Name, Relation] = FrozenMap()
    types: FrozenMap[Name, UserType] = FrozenMap()
    functions: FrozenMap[Name, tuple[Function, ...]] = FrozenMap()
    extensions: frozenset[str] = frozenset()

    def table(self, name: Name) -> Table | None:
        """Give the table of that name."""
        found = self.relations.get(name)
        return found if isinstance(found, Table) else None

    def view(self, name: Name) -> View | None:
        """Give the view or materialized view of that name."""
        found = self.relations.get(name)
        return found if isinstance(found, View) else None

    def index_named(self, name: Name) -> Index | None:
        """Give the index of that name."""
        found = self.relations.get(name)
        return found if isinstance(found, Index) else None

    def sequence(self, name: Name) -> Sequence | None:
        """Give the sequence of that name."""
        found = self.relations.get(name)
        return found if isinstance(found, Sequence) else None

    def indexes_of(self, relation: Table | View) -> tuple[Index, ...]:
        """Give the indexes of a table or materialized view."""
        found = (self.relations.get(name) for name in relation.indexes)
        return tuple(index for index in found if isinstance(index, Index))

    def heirs(self, name: Name) -> tuple[Name, ...]:
        """Give the partitions and children of a table."""
        table = self.table(name)
        return (*table.partitions, *table.children) if table is not None else ()

    def family(self, name: Name) -> tuple[Name, ...]:
        """Give a table with its partitions and children, all the way down."""
        return tuple(reached(name, self.heirs))

    def views_on(self, name: Name) -> tuple[Name, ...]:
        """Give the views that read a relation, and those on them; a view can read itself."""

        def dependents(of: Name) -> tuple[Name, ...]:
            relation = self.relations.get(of)
            return relation.dependents if isinstance(relation, (Table, View)) else ()

        return tuple(reached(name, dependents))[1:]

    def with_relation(self, relation: Relation) -> "Schema":
        """Give a schema in which this relation stands under its name."""
        return self._replace(relations=self.relations.with_item(relation.name, relation))

    def without_relation(self, name: Name) -> "Schema":
        """Give a schema without the relation of that name."""
        return self._replace(relations=self.relations.without(name))


def reached(first: T, onward: Callable[[T], Iterable[T]]) -> Iterator[T]:
    """Give a name and all that it leads to, each once, near ones first; ways may be long or lead back.

    `onward` is asked about a name when the caller is done with it.
    """
    found = {first: None}
    waiting = [first]
    for name in waiting:
        yield name
        news = [following for following in onward(name) if following not in found]
        waiting += dict.fromkeys(news)
        found.update(dict.fromkeys(news))
