"""The simulated database: what exists after a statement. All values are frozen."""

from collections.abc import Callable, Iterable, Iterator
from itertools import filterfalse
from operator import attrgetter
from typing import NamedTuple, TypeVar

from miglint.model.expression import Expression
from miglint.model.frozen_map import FrozenMap, FrozenSet
from miglint.model.names import Name
from miglint.model.numbers import Numbers, freed, numbered, taken
from miglint.model.objects import (
    CompositeType,
    DomainType,
    Function,
    Index,
    Other,
    Relation,
    Sequence,
    Table,
    UserType,
    View,
)

T = TypeVar("T")

ANYTHING = Name("", "")
"""What code drops that names nothing of what is known."""

_NAME = attrgetter("name")
_NULLABLE = attrgetter("nullable")
_UNREAD = ("what `", "what a ")
"""How a doubt begins of a statement or a block of which nobody can tell what it does."""

Use = tuple[str, str]
"""What objects are looked up by, and of which kind it is: see `Schema.users`."""


class Schema(NamedTuple):
    """All objects of a database at one moment.

    `home` is the schema that new objects come to if nothing says another;
    `users` are the objects by what they use, so that a DROP need not look at all of them: relations, types
    and functions in a schema, tables and types with a column of a type, tables whose triggers call a
    function, tables with a constraint of a long name, partitions with a bound. It names all users, and may
    name some that are none any more.
    `numbers` are those that names made by the server end with.
    `unsure` are relations and types that may be there or not, for a branch makes or drops them.
    `others` are the objects without a class of their own, by kind and name; `doubts` is what has come to be
    not known, in words, one after the other: code that was made up at run time, a branch that may have run.
    `shaken` are the relations and types that code made up at run time may have dropped, or a part of them;
    `spelled` are names by their lower case, where the server does not tell cases apart; `awaited` are, by the
    name of a table that is not there, the tables and views that name it all the same.
    `gone` is what was dropped or has got another name, by its kind (relation, type, function, schema) and
    name, with the number of doubts at that time; some of it has come again.
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
    others: FrozenMap[tuple[str, str], Other] = FrozenMap()
    doubts: FrozenMap[int, str] = FrozenMap()
    shaken: frozenset[Name] = frozenset()
    spelled: FrozenMap[Name, Name] = FrozenMap()
    awaited: FrozenMap[Name, tuple[Name, ...]] = FrozenMap()
    gone: FrozenMap[tuple[str, Name], int] = FrozenMap()

    def table(self, name: Name) -> Table | None:
        """Give the table of that name."""
        found = self.relations.get(name)
        return found if isinstance(found, Table) else None

    def is_from_before(self, name: Name) -> bool:
        """Whether no migration makes a relation, of which statements have proved something."""
        found = self.relations.get(name)
        return isinstance(found, Table) and found.from_before

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
        required = set(map(_NAME, filterfalse(_NULLABLE, table.columns)))
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

    def partitions_at(self, parent: Name, bound: str) -> tuple[Name, ...]:
        """Give the partitions of a table that have just this bound."""
        found = self.tables_among(self._used_by("bounds", f"{parent} {bound}")) if bound else ()
        return tuple(table.name for table in found if _bound_of(table) == (parent, bound))

    def has_long_constraint(self, name: Name) -> bool:
        """Whether a table has a constraint of a name that the server may have had to shorten."""
        users = self._used_by("long constraints", name.name) if _is_long(name.name) else ()
        tables = self.tables_among(user for user in users if user.schema == name.schema)
        return any(table.constraint(name.name) is not None for table in tables)

    def holders_of_texts(
        self, names: Iterable[str], *, views: bool = False, subqueries: bool = False
    ) -> tuple[Name, ...]:
        """Give the tables, indexes and domains whose texts may name functions or types of these names.

        With `views` also all views, with `subqueries` the tables whose policies read others.
        """
        found = [user for name in names for user in self._used_by("texts with", name)]
        found += self._used_by("views", "") if views else ()
        found += self._used_by("subqueries", "") if subqueries else ()
        return tuple(dict.fromkeys(found))

    def _used_by(self, kind: str, name: str) -> tuple[Name, ...]:
        return tuple(self.users.get((kind, name)) or ())

    def with_relation(self, relation: Relation) -> "Schema":
        """Give a schema in which this relation stands under its name."""
        name, before = relation.name, self.relations.get(relation.name)
        users = self.users
        if before is None and name.schema != self.home:
            users = _noted(users, name, {("relations in", name.schema)})
        if isinstance(relation, Table):
            uses = _uses_of_table(relation, before if isinstance(before, Table) else _NO_TABLE)
            users = _noted(users, name, uses) if uses else users
        elif before is not relation:
            uses = _uses_of_relation(relation)
            users = _noted(users, name, uses) if uses else users
        numbers = self.numbers
        relations = self.relations.with_item(name, relation)
        if before is None:
            stem, number = numbered(name)
            numbers = taken(numbers, stem, number, relations) if number else numbers
        return self._replace(relations=relations, users=users, numbers=numbers)

    def with_other(self, other: Other) -> "Schema":
        """Give a schema in which this object stands under its kind and name."""
        return self._replace(others=self.others.with_item((other.kind, other.name), other))

    def without_other(self, kind: str, name: str) -> "Schema":
        """Give a schema without an object of that kind and name."""
        return self._replace(others=self.others.without((kind, name)))

    @property
    def is_read(self) -> bool:
        """Whether it is known of all statements what they do, so that what is not here is not there."""
        return not any(words.startswith(_UNREAD) for words in self.doubts.values())

    def makes(self, name: Name) -> bool:
        """Whether there is a table or view of which the history tells where it comes from."""
        found = self.relations.get(name)
        return isinstance(found, View) or (isinstance(found, Table) and not found.from_before)

    def has_had(self, name: Name) -> bool:
        """Whether there is one, or the history tells that it is there no longer."""
        return self.makes(name) or ("relation", name) in self.gone

    def is_gone(self, kind: str, name: Name) -> bool:
        """Whether something that is not there was taken away, and nothing can have brought it again."""
        doubts = self.gone.get((kind, name))
        if doubts is None or name in self.unsure:
            return False
        return not any(self.doubts[n].startswith(_UNREAD) for n in range(doubts, len(self.doubts)))

    def with_doubt(self, words: str) -> "Schema":
        """Give a schema of which something more is not known."""
        return self._replace(doubts=self.doubts.with_item(len(self.doubts), words))

    def may_lack(self, name: Name) -> bool:
        """Whether a relation or type, or a part of it, may have been dropped out of sight."""
        return bool(self.shaken) and (name in self.shaken or ANYTHING in self.shaken)

    def free_number(self, name: Name) -> int:
        """Give a number for another name like this one, which is taken; none before it is free."""
        stem, number = numbered(name)
        known = self.numbers.get(stem)
        return known.end if known and known.start <= max(number, 1) < known.end else number + 1

    def without_relation(self, name: Name) -> "Schema":
        """Give a schema without the relation of that name."""
        found, users, numbers = self.relations.get(name), self.users, self.numbers
        if found is None:
            return self
        if name.schema != self.home:
            users = _struck(users, name, {("relations in", name.schema)})
        uses = _uses_of_table(found, _NO_TABLE) if isinstance(found, Table) else _uses_of_relation(found)
        users = _struck(users, name, uses) if uses else users
        stem, number = numbered(name)
        if number and stem in numbers:
            numbers = freed(numbers, stem, number)
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


_LONG_NAME = 57
_NO_TABLE = Table(Name("", ""))


def _uses_of_table(table: Table, before: Table) -> set[Use]:
    """What a table is looked up by and its earlier version is not: most columns are the same objects."""
    found: set[Use] = set()
    for column in _fresh(table.columns, before.columns):
        if column.type.schema is not None:
            found.add(("columns of", _bare(column.type.name)))
        for cast in column.default.casts if column.default is not None else ():
            found.add(("columns of", _bare(cast)))
        found |= _uses_of_texts(column.default)
    if table.partition_bound and _bound_of(table) != _bound_of(before):
        found.add(("bounds", f"{table.partition_of} {table.partition_bound}"))
    for constraint in _fresh(table.constraints, before.constraints):
        found |= _uses_of_texts(constraint.expression)
        if _is_long(constraint.name):
            found.add(("long constraints", constraint.name))
    for policy in _fresh(table.policies, before.policies):
        found |= _uses_of_texts(policy.using, policy.check)
        if any(each is not None and each.has_subquery for each in (policy.using, policy.check)):
            found.add(("subqueries", ""))
    for trigger in _fresh(table.triggers, before.triggers):
        found |= _uses_of_texts(trigger.condition)
        if trigger.function is not None:
            found |= {("calls", str(trigger.function)), ("calls into", trigger.function.schema)}
    return found


def _bound_of(table: Table) -> tuple[Name | None, str]:
    return table.partition_of, table.partition_bound


def _is_long(name: str) -> bool:
    """Whether a name may have been shortened to 63 bytes, which are fewer letters in other scripts."""
    return len(name) >= _LONG_NAME or not name.isascii()


def _uses_of_texts(*expressions: Expression | None) -> set[Use]:
    """The functions and types that expressions name."""
    return {
        ("texts with", _bare(written))
        for expression in expressions
        if expression is not None
        for written in (*expression.functions, *expression.casts)
    }


def _uses_of_relation(relation: Relation) -> set[Use]:
    """What an index or a view is looked up by."""
    if isinstance(relation, Index):
        return _uses_of_texts(relation.predicate, *relation.expressions)
    return {("views", "")} if isinstance(relation, View) else set()


def _fresh(now: tuple[T, ...], before: tuple[T, ...]) -> list[T]:
    if now is before:
        return []
    known = set(map(id, before))
    return [each for each in now if id(each) not in known]


def _bare(written: str) -> str:
    return written.rpartition(".")[2]


def _uses_of_type(type_: UserType) -> set[Use]:
    parts = [type_.type] if isinstance(type_, DomainType) else []
    if isinstance(type_, CompositeType):
        parts = [column.type for column in type_.columns]
    of = {("types of", part.name) for part in parts if part.schema is not None}
    if isinstance(type_, DomainType):
        of |= _uses_of_texts(type_.default, *(check.expression for check in type_.checks))
    return of | {("types in", type_.name.schema)}


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
