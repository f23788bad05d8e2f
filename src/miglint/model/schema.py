"""The simulated database: what exists after a statement. All values are frozen."""

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import NamedTuple, TypeVar

from miglint.model.expression import Expression
from miglint.model.frozen_map import FrozenMap, FrozenSet
from miglint.model.names import Name, quote
from miglint.model.operations.code import BlockStatement
from miglint.model.types import Type

T = TypeVar("T")
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
    inherited: bool = False
    properties: Properties = ()


class Constraint(NamedTuple):
    """A constraint; `kind` is primary, unique, foreign, check, exclude or not null.

    `index_name` names the index behind a primary key, unique or exclusion constraint;
    `set_columns` are those that ON DELETE sets, if not all.
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
    `complete` is false when the history does not tell all its columns (CREATE TABLE AS over an unknown,
    a table from before the history); `unsure` are the parts that a branch may have changed, as "column c";
    `tablespace` and `access_method` are "" for the default ones.
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


Relation = Table | View | Sequence | Index
UserType = EnumType | DomainType | CompositeType | OtherType


class Numbers(NamedTuple):
    """A row of numbers without a gap, `end` not among them."""

    start: int
    end: int


Use = tuple[str, str]
"""What objects are looked up by, and of which kind it is: see `Schema.users`."""


class Schema(NamedTuple):
    """All objects of a database at one moment.

    `home` is the schema that new objects come to if nothing says another;
    `users` are the objects by what they use, so that a DROP need not look at all of them: relations, types
    and functions in a schema, tables and types with a column of a type, tables whose triggers call a
    function. It names all users, and may name some that are none any more.
    `numbers` are those that names made by the server end with.
    `unsure` are relations and types that may be there or not, for a branch makes or drops them.
    `spelled` are names by their lower case, where the server does not tell cases apart; `awaited` are, by the
    name of a table that is not there, the tables and views that name it all the same.
    """

    home: str = ""
    schemas: frozenset[str] = frozenset()
    relations: FrozenMap[Name, Relation] = FrozenMap()
    types: FrozenMap[Name, UserType] = FrozenMap()
    functions: FrozenMap[Name, tuple[Function, ...]] = FrozenMap()
    extensions: frozenset[str] = frozenset()
    users: FrozenMap[Use, FrozenSet[Name]] = FrozenMap()
    numbers: FrozenMap[Name, Numbers] = FrozenMap()
    unsure: frozenset[Name] = frozenset()
    spelled: FrozenMap[Name, Name] = FrozenMap()
    awaited: FrozenMap[Name, tuple[Name, ...]] = FrozenMap()

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

    def keys_of(self, table: Table) -> tuple[tuple[str, ...], ...]:
        """Give the columns that pick one row of a table: the primary key, then keys that have no nulls."""
        required = {column.name for column in table.columns if not column.nullable}
        unique = (i for i in self.indexes_of(table) if i.unique and i.valid and not (i.predicate or i.only))
        others = (index.elements for index in unique if required.issuperset(index.elements))
        return (*((table.primary_key.columns,) if table.primary_key else ()), *others)

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
        return tuple(reached(name, self.heirs)) if self.heirs(name) else (name,)

    def views_on(self, name: Name) -> tuple[Name, ...]:
        """Give the views that read a relation, and those on them; a view can read itself."""

        def dependents(of: Name) -> tuple[Name, ...]:
            relation = self.relations.get(of)
            return relation.dependents if isinstance(relation, (Table, View)) else ()

        return tuple(reached(name, dependents))[1:]

    def relations_in(self, schema: str) -> tuple[Name, ...]:
        """Give the relations in a schema."""
        if schema == self.home:  # Most are there: a list of them would be no shorter.
            return tuple(name for name in self.relations if name.schema == schema)
        return self._used_by("relations in", schema)

    def types_in(self, schema: str) -> tuple[Name, ...]:
        """Give the types in a schema."""
        return tuple(name for name in self._used_by("types in", schema) if name in self.types)

    def functions_in(self, schema: str) -> tuple[Name, ...]:
        """Give the functions in a schema."""
        return tuple(name for name in self._used_by("functions in", schema) if name in self.functions)

    def tables_among(self, names: Iterable[Name]) -> tuple[Table, ...]:
        """Give the tables that have one of these names, in this order."""
        return tuple(table for name in names if (table := self.table(name)) is not None)

    def tables_with_type(self, name: Name) -> tuple[Table, ...]:
        """Give the tables that may have columns of a type, or defaults that are cast to it."""
        found = (self.table(user) for user in self._used_by("columns of", _bare(name.name)))
        return tuple(table for table in found if table is not None)

    def types_with_type(self, name: Name) -> tuple[Name, ...]:
        """Give the domains and composite types that may be made of a type."""
        return tuple(user for user in self._used_by("types of", name.name) if user in self.types)

    def tables_calling(self, *, function: Name | None = None, schema: str = "") -> tuple[Table, ...]:
        """Give the tables with a trigger that may call a function, or one of a schema."""
        users = self._used_by("calls", str(function)) if function else self._used_by("calls into", schema)
        return tuple(table for user in users if (table := self.table(user)) is not None)

    def _used_by(self, kind: str, name: str) -> tuple[Name, ...]:
        return tuple(self.users.get((kind, name)) or ())

    def with_relation(self, relation: Relation) -> "Schema":
        """Give a schema in which this relation stands under its name."""
        name, before = relation.name, self.relations.get(relation.name)
        users = self.users
        if before is None and name.schema != self.home:
            users = _noted(users, name, {("relations in", name.schema)})
        if isinstance(relation, Table):
            old = before if isinstance(before, Table) else _NO_TABLE
            if old.columns is not relation.columns or old.triggers is not relation.triggers:
                users = _noted(users, name, _uses_of_table(relation, old))
        numbers = self.numbers
        relations = self.relations.with_item(name, relation)
        if before is None:
            stem, number = _numbered(name)
            numbers = _taken(numbers, stem, number, relations) if number else numbers
        return self._replace(relations=relations, users=users, numbers=numbers)

    def free_number(self, name: Name) -> int:
        """Give a number for another name like this one, which is taken; none before it is free."""
        stem, number = _numbered(name)
        known = self.numbers.get(stem)
        return known.end if known and known.start <= max(number, 1) < known.end else number + 1

    def without_relation(self, name: Name) -> "Schema":
        """Give a schema without the relation of that name."""
        found, users, numbers = self.relations.get(name), self.users, self.numbers
        if found is None:
            return self
        if name.schema != self.home:
            users = _struck(users, name, {("relations in", name.schema)})
        if isinstance(found, Table):
            users = _struck(users, name, _uses_of_table(found, _NO_TABLE))
        stem, number = _numbered(name)
        if number and stem in numbers:
            numbers = _freed(numbers, stem, number)
        relations = self.relations.without(name)
        return self._replace(relations=relations, users=users, numbers=numbers)

    def with_type(self, type_: UserType) -> "Schema":
        """Give a schema in which this type stands under its name."""
        users = _noted(self.users, type_.name, _uses_of_type(type_))
        return self._replace(types=self.types.with_item(type_.name, type_), users=users)

    def without_type(self, name: Name) -> "Schema":
        """Give a schema without the type of that name."""
        found = self.types.get(name)
        if found is None:
            return self
        users = _struck(self.users, name, _uses_of_type(found))
        return self._replace(types=self.types.without(name), users=users)

    def with_functions(self, name: Name, overloads: tuple[Function, ...]) -> "Schema":
        """Give a schema in which the functions of a name are these; without any, there is none."""
        use = {("functions in", name.schema)}
        if not overloads:
            users = _struck(self.users, name, use)
            return self._replace(functions=self.functions.without(name), users=users)
        users = _noted(self.users, name, use)
        return self._replace(functions=self.functions.with_item(name, overloads), users=users)


_NO_TABLE = Table(Name("", ""))


def _uses_of_table(table: Table, before: Table) -> set[Use]:
    """What a table is looked up by and its earlier version is not: most columns are the same objects."""
    found: set[Use] = set()
    for column in _fresh(table.columns, before.columns):
        if column.type.schema is not None:
            found.add(("columns of", _bare(column.type.name)))
        for cast in column.default.casts if column.default is not None else ():
            found.add(("columns of", _bare(cast)))
    for trigger in _fresh(table.triggers, before.triggers):
        if trigger.function is not None:
            found |= {("calls", str(trigger.function)), ("calls into", trigger.function.schema)}
    return found


def _fresh(now: tuple[T, ...], before: tuple[T, ...]) -> list[T]:
    if now is before:
        return []
    found = dict(zip(map(id, now), now, strict=True))
    return [found[key] for key in found.keys() - set(map(id, before))]


def _bare(written: str) -> str:
    return written.rpartition(".")[2]


def _uses_of_type(type_: UserType) -> set[Use]:
    parts = [type_.type] if isinstance(type_, DomainType) else []
    if isinstance(type_, CompositeType):
        parts = [column.type for column in type_.columns]
    of = {("types of", part.name) for part in parts if part.schema is not None}
    return of | {("types in", type_.name.schema)}


_MADE_BY_SERVER = ("_idx", "_key", "_pkey", "_excl", "_seq")


def _numbered(name: Name) -> tuple[Name, int]:
    """Take a name apart that the server may have made, 0 for one without a number."""
    stem = name.name.rstrip("0123456789")
    digits = name.name[len(stem) :]
    if not digits or digits[0] == "0" or not stem.endswith(_MADE_BY_SERVER):
        return name, 0
    return Name(name.schema, stem), int(digits)


_Relations = FrozenMap[Name, Relation]
_Taken = FrozenMap[Name, Numbers]


def _taken(numbers: _Taken, stem: Name, number: int, relations: _Relations) -> _Taken:
    start, end = numbers.get(stem) or (number, number)
    if start <= number < end or number > end:
        return numbers
    if number < start - 1:
        start = end = number  # The lowest row is what counts.
    start, end = min(start, number), max(end, number + 1)
    while Name(stem.schema, f"{stem.name}{end}") in relations:
        end += 1
    return numbers.with_item(stem, Numbers(start, end))


def _freed(numbers: _Taken, stem: Name, number: int) -> _Taken:
    start, end = numbers[stem]
    if not start <= number < end:
        return numbers
    start, end = (start, number) if number > start else (number + 1, end)
    return numbers.with_item(stem, Numbers(start, end)) if start < end else numbers.without(stem)


_Users = FrozenMap[Use, FrozenSet[Name]]


def _noted(users: _Users, name: Name, uses: set[Use]) -> _Users:
    for use in uses:
        known = users.get(use)
        if known is None or name not in known:
            users = users.with_item(use, (known or FrozenSet()) | (name,))
    return users


def _struck(users: _Users, name: Name, uses: set[Use]) -> _Users:
    for use in uses:
        known = users.get(use)
        if known is not None and name in known:
            rest = known - (name,)
            users = users.with_item(use, rest) if rest else users.without(use)
    return users


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
