"""Types: made, dropped, and changed in place where a database can."""

from typing import TypeVar

from miglint.model import (
    AddEnumValue,
    AlterCompositeType,
    AlterDomain,
    Column,
    ColumnDefinition,
    CompositeType,
    Constraint,
    ConstraintDefinition,
    CreateCompositeType,
    CreateDomain,
    CreateEnum,
    CreateOtherType,
    DomainType,
    DropType,
    EnumType,
    OtherType,
    Policy,
    Schema,
    Trigger,
    UserType,
)
from miglint.model.remedy import NOWHERE
from miglint.rollback.draft.enums import without_values
from miglint.rollback.draft.plan import Lost, Phase, Way, planned
from miglint.rollback.draft.settings import Holder, settings, without_marks

_BASE = "a base type and its functions come and go only together"
P = TypeVar("P", Column, Constraint, Policy, Trigger)


def changed(now: UserType | None, then: UserType | None, has: Schema, had: Schema) -> Way:
    """Drop a type, make it, or change it."""
    if now is not None and (then is None or type(now) is not type(then)):
        if not (isinstance(now, OtherType) and now.kind == "extension"):
            if isinstance(now, OtherType) and now.kind == "base":
                yield Lost(f"type {now.name.display}", _BASE)
            else:
                yield planned(Phase.NO_TYPES, DropType(NOWHERE, now.name))
        now = None
    if then is None:
        return
    if now is None:
        yield from made(then)
    elif isinstance(then, EnumType) and isinstance(now, EnumType):
        yield from _enum(now, then, has, had)
    elif isinstance(then, DomainType) and isinstance(now, DomainType):
        yield from _domain(now, then)
    elif isinstance(then, CompositeType) and isinstance(now, CompositeType):
        yield from _composite(now, then)
    was = () if now is None else now.properties
    yield from settings(Holder("type", then.name, "type"), without_marks(was), without_marks(then.properties))


def made(then: UserType) -> Way:
    """Make a type as it is."""
    if isinstance(then, EnumType):
        yield planned(Phase.TYPES, CreateEnum(NOWHERE, then.name, then.values))
    elif isinstance(then, DomainType):
        checks = tuple(map(_check, then.checks))
        collation = dict(then.properties).get("the collation", "")
        yield planned(
            Phase.TYPES,
            CreateDomain(NOWHERE, then.name, then.type, then.not_null, then.default, checks, collation),
        )
    elif isinstance(then, CompositeType):
        columns = tuple(map(_attribute, then.columns))
        yield planned(Phase.TYPES, CreateCompositeType(NOWHERE, then.name, columns))
    elif then.kind == "base":
        yield Lost(f"type {then.name.display}", _BASE)
    elif then.kind != "extension":
        definition = dict(then.properties).get("the definition", "")
        yield planned(Phase.TYPES, CreateOtherType(NOWHERE, then.name, then.kind, definition))


def _check(check: Constraint) -> ConstraintDefinition:
    return ConstraintDefinition(
        NOWHERE, "check", check.name, expression=check.expression, not_valid=not check.valid
    )


def _attribute(column: Column) -> ColumnDefinition:
    return ColumnDefinition(column.name, column.type, collation=column.collation)


def _enum(now: EnumType, then: EnumType, has: Schema, had: Schema) -> Way:
    if set(now.values) - set(then.values) or [v for v in then.values if v in now.values] != [*now.values]:
        yield from without_values(now, then, has, had)
        return
    known = list(now.values)
    for place, value in enumerate(then.values):
        if value not in known:
            after = then.values[place - 1] if place else None
            before = None if place else known[0] if known else None
            yield planned(Phase.TYPES, AddEnumValue(NOWHERE, then.name, value, before, after))
            known.insert(place, value)


def _domain(now: DomainType, then: DomainType) -> Way:
    if now.type != then.type:
        yield Lost(f"domain {then.name.display}", "a domain cannot get another type")
        return

    def alter(action: str, **facts: object) -> Way:
        yield planned(Phase.TYPES, AlterDomain(NOWHERE, then.name, action, **facts))  # type: ignore[arg-type]

    for name, has, had in paired(now.checks, then.checks):
        if had is not None and had.valid and has == had._replace(valid=False):
            yield from alter("validate constraint", name=name)
            continue
        if has is not None:
            yield from alter("drop constraint", name=name)
        if had is not None:
            yield from alter("add constraint", constraint=_check(had))
    if now.default != then.default:
        yield from alter("set default" if then.default else "drop default", default=then.default)
    if now.not_null != then.not_null:
        yield from alter("set not null" if then.not_null else "drop not null")


def paired(now: tuple[P, ...], then: tuple[P, ...]) -> list[tuple[str, P | None, P | None]]:
    """Pair what has one name and is another, in the order in which it stood."""
    has, had = ({each.name: each for each in side} for side in (now, then))
    names = {**had, **has}
    return [(name, has.get(name), had.get(name)) for name in names if has.get(name) != had.get(name)]


def _composite(now: CompositeType, then: CompositeType) -> Way:
    for name, has, had in paired(now.columns, then.columns):
        if had is None:
            yield planned(Phase.TYPES, AlterCompositeType(NOWHERE, then.name, "drop", name=name))
        elif has is None:
            column = _attribute(had)
            yield planned(Phase.TYPES, AlterCompositeType(NOWHERE, then.name, "add", column=column))
        elif (has.type, has.collation) != (had.type, had.collation):
            column = _attribute(had)
            yield planned(Phase.TYPES, AlterCompositeType(NOWHERE, then.name, "alter", column, name))
    kept = [column for column in now.columns if any(column.name == c.name for c in then.columns)]
    if kept and len(kept) < len(then.columns) and then.columns[: len(kept)] != tuple(kept):
        yield Lost(f"composite type {then.name.display}", "its attributes come back in another order")
    for attribute in then.columns:
        old = next((c.properties for c in now.columns if c.name == attribute.name), ())
        holder = Holder("column", then.name, "composite type", attribute.name)
        yield from settings(holder, without_marks(old), without_marks(attribute.properties))
