"""Two schemas: equal, different in what, or not known. Pure."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Literal, NamedTuple, TypeVar

from miglint.model import (
    Column,
    CompositeType,
    Constraint,
    DomainType,
    EnumType,
    Expression,
    FrozenMap,
    Function,
    Index,
    Name,
    OtherType,
    Policy,
    Relation,
    Schema,
    Sequence,
    Table,
    Trigger,
    UserType,
    View,
)
from miglint.rollback import aspects
from miglint.rollback.differences import (
    Difference,
    Found,
    Weight,
    of_aspect,
    others,
    presence,
    properties,
    sets,
)

Alike = Callable[[object, object], bool | None]
"""Whether a database keeps two expressions, views or functions alike: `Dialect.alike`."""

Verdict = Literal["equal", "different", "not known"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Comparison(NamedTuple):
    """What two schemas differ in; `unknown` are the objects of which that cannot be told."""

    differences: tuple[Difference, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether the schemas are the same; notes and information make no difference."""
        if any(difference.weight == "difference" for difference in self.differences):
            return "different"
        return "not known" if self.unknown else "equal"

    @property
    def is_exact(self) -> bool:
        """Whether nothing at all is another, but for the order of columns."""
        return not self.unknown and all(each.weight == "information" for each in self.differences)


def compare(before: Schema, after: Schema, alike: Alike) -> Comparison:
    """Compare two schemas at the cost of what was changed between them."""
    found = tuple(dict.fromkeys(_Comparing(alike).schemas(before, after)))
    return Comparison(
        tuple(each for each in found if isinstance(each, Difference)),
        tuple(each for each in found if isinstance(each, str)),
    )


def are_equal(before: Schema, after: Schema, alike: Alike) -> bool:
    """Whether nothing is another that makes a difference; ends at the first that does."""
    found = _Comparing(alike).schemas(before, after)
    return all(isinstance(each, Difference) and each.weight != "difference" for each in found)


class _Comparing:
    """A comparison for one database."""

    def __init__(self, alike: Alike) -> None:
        self.alike = alike

    def schemas(self, before: Schema, after: Schema) -> Found:
        doubts = {after.doubts[number] for number in after.doubts.changed(before.doubts)}
        yield from doubts
        for found in (
            *sets("schema", before.schemas, after.schemas),
            *sets("extension", before.extensions, after.extensions),
        ):
            if not (isinstance(found, Difference) and found.object in doubts):
                yield found
        for name in sorted(before.unsure ^ after.unsure):
            yield name.display
        for name, one, other in _changed(before.relations, after.relations):
            if name not in before.unsure | after.unsure and not _is_nobodys(one or other):
                yield from self._relations(one, other, before, after)
        for name, old, new in _changed(before.types, after.types):
            if name not in before.unsure | after.unsure and not _is_extensions(old or new):
                yield from self._types(old, new)
        for name, ours, theirs in _changed(before.functions, after.functions):
            yield from self._functions(name, ours or (), theirs or ())
        for _, was, now in _changed(before.others, after.others):
            yield from others(was, now)

    def _relations(self, one: Relation | None, other: Relation | None, *schemas: Schema) -> Found:
        one, other = _from_before(one, other), _from_before(other, one)
        if one is None or other is None or type(one) is not type(other):
            before, after = schemas
            if not _goes_along(one or other, after if one else before):
                yield from presence(aspects.words(one) if one else "", aspects.words(other) if other else "")
            return
        yield from properties(aspects.words(one), one.properties, other.properties)
        if isinstance(one, Table) and isinstance(other, Table):
            yield from self._tables(one, other)
        elif isinstance(one, View) and isinstance(other, View):
            yield from self._views(one, other)
        elif isinstance(one, Index) and isinstance(other, Index):
            yield from self._indexes(one, other)
        elif isinstance(one, Sequence) and isinstance(other, Sequence):
            yield from of_aspect(aspects.words(one), "the column", map(aspects.owner, (one, other)))

    def _tables(self, one: Table, other: Table) -> Found:
        table = aspects.words(one)
        unsure = one.unsure | other.unsure
        yield from sorted(f"{each} of {table}" for each in unsure)
        if one.complete != other.complete:
            yield table
        for name, was, now in _named(one.columns, other.columns):
            if f"column {name}" not in unsure:
                yield from self._columns(f"column {one.name.display}.{name}", was, now)
        order = [[column.name for column in each.columns] for each in (one, other)]
        if sorted(order[0]) == sorted(order[1]):
            yield from of_aspect(table, "the order of columns", map(", ".join, order), "information")
        for name, held, holds in _named(one.constraints, other.constraints):
            if f"constraint {name}" not in unsure:
                yield from self._constraints(f"constraint {name} of {table}", held, holds)
        for name, fired, fires in _named(one.triggers, other.triggers):
            if f"trigger {name}" not in unsure:
                yield from self._triggers(f"trigger {name} of {table}", fired, fires)
        for name, ruled, rules in _named(one.policies, other.policies):
            yield from self._policies(f"policy {name} of {table}", ruled, rules)
        for aspect, value in aspects.OF_TABLE.items():
            yield from of_aspect(table, aspect, map(value, (one, other)))

    def _columns(self, column: str, one: Column | None, other: Column | None) -> Found:
        if one is None or other is None:
            yield from presence(column if one else "", column if other else "")
            return
        if "unknown" in (one.type.name, other.type.name) and one.type != other.type:
            yield column
        else:
            yield from of_aspect(column, "the type", (str(one.type), str(other.type)))
        yield from properties(column, one.properties, other.properties)
        yield from of_aspect(column, "nullability", map(aspects.nullability, (one, other)))
        yield from of_aspect(column, "the collation", map(aspects.collation, (one, other)))
        yield from of_aspect(column, "identity", (one.identity, other.identity))
        yield from of_aspect(column, "generation", (one.generated, other.generated))
        if one.sequence is None or one.sequence != other.sequence:  # Else its next value is the default.
            yield from self._expressions(column, "the default", one.default, other.default)

    def _constraints(self, label: str, one: Constraint | None, other: Constraint | None) -> Found:
        if one is None or other is None:
            yield from presence(label if one else "", label if other else "")
            return
        for aspect, value in aspects.OF_CONSTRAINT.items():
            yield from of_aspect(label, aspect, map(value, (one, other)))
        if one.valid != other.valid:
            weight: Weight = "note" if other.valid else "difference"
            yield Difference(label, "validity", aspects.validity(one), aspects.validity(other), weight)
        yield from self._expressions(label, "the condition", one.expression, other.expression)
        yield from properties(label, one.properties, other.properties)

    def _indexes(self, one: Index, other: Index) -> Found:
        label = aspects.words(one)
        for aspect, value in aspects.OF_INDEX.items():
            yield from of_aspect(label, aspect, map(value, (one, other)))
        keys = [_keys(index) for index in (one, other)]
        if not (one.constraint or (len(keys[0]) == len(keys[1]) and all(map(self._key_alike, *keys)))):
            shown = (", ".join(" ".join(filter(None, key[1:])) for key in each) for each in keys)
            yield from of_aspect(label, "the key", shown)
        yield from self._expressions(label, "the predicate", one.predicate, other.predicate)

    def _key_alike(self, one: "_Key", other: "_Key") -> bool:
        if one.expression is None or other.expression is None:
            return one == other
        same = self.alike(one.expression, other.expression)
        return same is True and one[2:] == other[2:]

    def _expressions(
        self, label: str, aspect: str, one: Expression | None, other: Expression | None
    ) -> Found:
        if one == other or (one is not None and other is not None and one.text == other.text):
            return
        same = False if one is None or other is None else self.alike(one, other)
        if same is None:
            yield f"{aspect} of {label}"
        elif not same:
            yield Difference(label, aspect, one.text if one else "none", other.text if other else "none")

    def _triggers(self, label: str, one: Trigger | None, other: Trigger | None) -> Found:
        if one is None or other is None:
            yield from presence(label if one else "", label if other else "")
        elif one != other:
            for aspect, value in aspects.OF_TRIGGER.items():
                yield from of_aspect(label, aspect, map(value, (one, other)))
            yield from self._expressions(label, "the condition", one.condition, other.condition)
            yield from properties(label, one.properties, other.properties)

    def _policies(self, label: str, one: Policy | None, other: Policy | None) -> Found:
        if one is None or other is None:
            yield from presence(label if one else "", label if other else "")
            return
        for aspect, value in aspects.OF_POLICY.items():
            yield from of_aspect(label, aspect, map(value, (one, other)))
        yield from self._expressions(label, "USING", one.using, other.using)
        yield from self._expressions(label, "WITH CHECK", one.check, other.check)
        yield from properties(label, one.properties, other.properties)

    def _views(self, one: View, other: View) -> Found:
        label = aspects.words(one)
        for name, was, now in _named(one.columns or (), other.columns or ()):
            if was is not None and now is not None:
                yield from properties(f"column {one.name.display}.{name}", was.properties, now.properties)
        yield from of_aspect(label, "the data", map(aspects.population, (one, other)), "note")
        if one.materialized != other.materialized:
            yield from presence(label, aspects.words(other))
        elif one._replace(properties=()) != other._replace(properties=()):
            yield from self._definitions(label, one, other)

    def _functions(self, name: Name, before: Iterable[Function], after: Iterable[Function]) -> Found:
        ours = {function.arguments: function for function in before}
        theirs = {function.arguments: function for function in after}
        for arguments in sorted({*ours, *theirs}):
            one, other = ours.get(arguments), theirs.get(arguments)
            label = f"function {name.display}({', '.join(arguments)})"
            if one is None or other is None:
                yield from presence(label if one else "", label if other else "")
                continue
            yield from properties(label, one.properties, other.properties)
            if one.definition != other.definition:
                yield from self._definitions(label, one, other)

    def _definitions(self, label: str, one: View | Function, other: View | Function) -> Found:
        same = self.alike(one, other)
        if same is None:
            yield label
        elif not same:
            shown = [_shown(each) for each in (one, other)]
            if shown[0] == shown[1]:  # The same text over other columns, all of which it takes.
                shown = [
                    f"{text} with {_columns_of(each)}" for text, each in zip(shown, (one, other), strict=True)
                ]
            yield Difference(label, "the definition", shown[0], shown[1])

    def _types(self, one: UserType | None, other: UserType | None) -> Found:
        if one is None or other is None or type(one) is not type(other):
            yield from presence(
                aspects.type_words(one) if one else "", aspects.type_words(other) if other else ""
            )
            return
        label = aspects.type_words(one)
        yield from properties(label, one.properties, other.properties)
        if isinstance(one, EnumType) and isinstance(other, EnumType):
            yield from self._values(label, one, other)
        elif isinstance(one, CompositeType) and isinstance(other, CompositeType):
            shown = (", ".join(map(aspects.attribute, each.columns)) for each in (one, other))
            yield from of_aspect(label, "the list of attributes", shown)
            for name, had, has in _named(one.columns, other.columns):
                if had is not None and has is not None:
                    yield from properties(f"attribute {name} of {label}", had.properties, has.properties)
        elif isinstance(one, DomainType) and isinstance(other, DomainType):
            yield from of_aspect(label, "the type", (str(one.type), str(other.type)))
            yield from of_aspect(
                label, "nullability", (aspects.not_null(one.not_null), aspects.not_null(other.not_null))
            )
            yield from self._expressions(label, "the default", one.default, other.default)
            for name, was, now in _named(one.checks, other.checks):
                yield from self._constraints(f"constraint {name} of {label}", was, now)
        elif isinstance(one, OtherType) and isinstance(other, OtherType):
            yield from of_aspect(label, "the kind", (one.kind, other.kind))

    def _values(self, label: str, one: EnumType, other: EnumType) -> Found:
        for value in one.values:
            yield from presence("" if value in other.values else f"value '{value}' of {label}", "")
        for value in other.values:
            yield from presence("", "" if value in one.values else f"value '{value}' of {label}")
        both = {*one.values} & {*other.values}
        shared = [[value for value in each.values if value in both] for each in (one, other)]
        yield from of_aspect(label, "the order of values", map(", ".join, shared))


class _Key(NamedTuple):
    expression: Expression | None
    text: str
    order: str = ""
    operator_class: str = ""
    nulls: str = ""
    collation: str = ""
    operator: str = ""


def _keys(index: Index) -> list[_Key]:
    expressions = {expression.text: expression for expression in index.expressions}
    facts = map(dict, (index.operator_classes, index.nulls, index.collations, index.operators))
    classes, nulls, collations, operators = facts
    return [
        _Key(
            expressions.get(element),
            element,
            "DESC" if element in index.descending else "",
            classes.get(element, ""),
            f"NULLS {nulls[element].upper()}" if element in nulls else "",
            f"COLLATE {collations[element]}" if element in collations else "",
            f"WITH {operators[element]}" if element in operators else "",
        )
        for element in index.elements
    ]


def _changed(before: FrozenMap[K, V], after: FrozenMap[K, V]) -> Iterator[tuple[K, V | None, V | None]]:
    for key in sorted({*before.changed(after), *after.changed(before)}):  # type: ignore[type-var]
        one, other = before.get(key), after.get(key)
        if one != other:
            yield key, one, other


N = TypeVar("N", Column, Constraint, Policy, Trigger)


def _named(before: Iterable[N], after: Iterable[N]) -> Iterator[tuple[str, N | None, N | None]]:
    """Pair what has the same name; the order makes no difference."""
    ours, theirs = ({each.name: each for each in side} for side in (before, after))
    for name in {**ours, **theirs}:
        if ours.get(name) != theirs.get(name):
            yield name, ours.get(name), theirs.get(name)


def _goes_along(relation: Relation | None, schema: Schema) -> bool:
    """Whether it is a part of what is missing in a schema, or differs there: a table, column, constraint."""
    if isinstance(relation, Index):
        return relation.constraint is not None or relation.table not in schema.relations
    if isinstance(relation, Sequence) and relation.owner is not None:
        table = schema.table(relation.owner[0])
        return table is None or table.column(relation.owner[1]) is None
    return False


def _from_before(one: Relation | None, other: Relation | None) -> Relation | None:
    """A table that no migration makes was there before a statement has told something of it."""
    told_later = one is None and isinstance(other, Table) and other.from_before
    return Table(other.name, complete=False, from_before=True) if told_later and other else one


def _is_nobodys(relation: Relation | None) -> bool:
    """Whether it is gone with its session."""
    return relation is not None and relation.name.schema == "pg_temp"


def _is_extensions(type_: UserType | None) -> bool:
    """Whether it comes and goes with an extension."""
    return isinstance(type_, OtherType) and type_.kind == "extension"


def _shown(made: View | Function) -> str:
    text = made.definition if isinstance(made, Function) else made.definition.text if made.definition else ""
    return " ".join(text.split())


def _columns_of(made: View | Function) -> str:
    return ", ".join(column.name for column in made.columns or ()) if isinstance(made, View) else ""
