"""What a project declares its database to be, against what its migrations make of it.

The comparison sees what the tool's own engine would see, so that a difference here is what the tool would
put into the next migration: indexes on expressions, checks, views, triggers and functions are not its
business, and neither are tables in schemas that it does not look at.
"""

import re
from collections.abc import Sequence

from miglint.drift.columns import column_differences
from miglint.drift.foreign_keys import foreign_key_differences
from miglint.drift.keys import index_differences, primary_key_differences, seen_indexes
from miglint.drift.place import DECLARE_OR_DROP, WRITE_OR_UNDECLARE, Drifts, Place, pair_of
from miglint.model import (
    AddEnumValue,
    CreateEnum,
    CreateExtension,
    CreateSchema,
    DropTable,
    DropType,
    EnumType,
    Name,
    Schema,
    Table,
)
from miglint.model.declared import Declared, DeclaredEnum, Drift, DriftKind
from miglint.model.remedy import NOWHERE, Given, do

__all__ = ["differences"]


def differences(declared: Declared, schema: Schema, not_replayed: Sequence[str] = ()) -> tuple[Drift, ...]:
    """Give all that a declaration and the simulated database differ in, in the order of the declaration.

    `not_replayed` are statements that the replay could not follow: nothing is said of an object or a table
    that one of them names. Left out as well is what the history does not tell (the columns of a table made
    from a query over unknown tables), and what depends on a declaration that could not be read.
    """
    found = (*_surroundings(declared, schema), *_enums(declared, schema), *_tables(declared, schema))
    if not_replayed:
        found = tuple(d for d in found if not _is_named(d, not_replayed))
    return _with_causes(found)


# What several tables have alike is no mistake in one of them: a convention, a type, a folder not read.
_SEVERAL = 3


def _with_causes(found: tuple[Drift, ...]) -> tuple[Drift, ...]:
    """Say what has one cause: the same difference in several tables, or else those of one table or enum."""
    tables: dict[str, set[Name | None]] = {}
    for difference in found:
        tables.setdefault(difference.cause, set()).add(difference.table)
    return tuple(
        d if len(tables[d.cause]) >= _SEVERAL else d._replace(cause=str(d.table or d.span)) for d in found
    )


def _is_named(difference: Drift, texts: Sequence[str]) -> bool:
    names = {difference.object, difference.table.name if difference.table else difference.object}
    either = "|".join(re.escape(name) for name in sorted(names))
    pattern = re.compile(rf"(?<![\w$])(?:{either})(?![\w$])", re.IGNORECASE)
    return any(pattern.search(text) for text in texts)


def _surroundings(declared: Declared, schema: Schema) -> Drifts:
    place = Place(declared.source, declared.span, declared.command)
    for name in declared.schemas:
        if name not in schema.schemas:
            yield place.difference(
                DriftKind.MISSING_SCHEMA,
                f"the schema {name} is declared, and no migration creates it",
                do(CreateSchema(NOWHERE, name)),
                name,
                agree=WRITE_OR_UNDECLARE,
            )
    for name in declared.extensions:
        if name not in schema.extensions:
            yield place.difference(
                DriftKind.MISSING_EXTENSION,
                f"the extension {name} is declared, and no migration creates it",
                do(CreateExtension(NOWHERE, name)),
                name,
                agree=WRITE_OR_UNDECLARE,
            )


# --- enums ----------------------------------------------------------------------------------------


def _enums(declared: Declared, schema: Schema) -> Drifts:
    for enum in declared.enums:
        if enum.name.name.lower() in declared.ignored:
            continue
        place = Place(enum.source, enum.span, declared.command)
        found = schema.types.get(enum.name)
        if isinstance(found, EnumType):
            yield from _enum_values(enum, found, place)
        else:
            values = tuple(value.name for value in enum.values)
            yield place.difference(
                DriftKind.MISSING_ENUM,
                f"{enum.label} declares the enum {enum.name.display}, "
                "which does not exist after the last migration",
                do(CreateEnum(NOWHERE, enum.name, values)),
                enum.name.name,
                agree=WRITE_OR_UNDECLARE,
            )
    names = {enum.name for enum in declared.enums}
    for name in schema.types if declared.complete else ():
        is_other = name in names or name.name.lower() in declared.ignored
        if isinstance(schema.types[name], EnumType) and not is_other and name.schema in declared.schemas:
            yield Place(declared.source, declared.span, declared.command).difference(
                DriftKind.UNDECLARED_ENUM,
                f"the migrations create the enum {name.display}, which nothing declares",
                do(DropType(NOWHERE, name)),
                name.name,
                agree=DECLARE_OR_DROP,
            )


def _enum_values(enum: DeclaredEnum, found: EnumType, place: Place) -> Drifts:
    """Compare the values; their order does not count."""
    there, declared = set(found.values), {value.name for value in enum.values}
    for value in enum.values:
        if value.name not in there:
            yield place.difference(
                DriftKind.MISSING_ENUM_VALUE,
                f"{enum.label} declares the value {_literal(value.name)}, "
                f"which {enum.name.display} does not have after the last migration",
                do(AddEnumValue(NOWHERE, enum.name, value.name)),
                value.name,
                agree=WRITE_OR_UNDECLARE,
                span=value.span,
            )
    for name in found.values if enum.complete else ():
        if name not in declared:
            yield place.difference(
                DriftKind.UNDECLARED_ENUM_VALUE,
                f"the migrations give {enum.name.display} the value {_literal(name)}, "
                f"which {enum.label} does not declare",
                Given(
                    f"CREATE TYPE ... AS ENUM without {_literal(name)}, and change all columns over to it;"
                ),
                name,
                agree="That fails where a row has the value. Declare it, or remove it in its own migration.",
            )


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


# --- tables ---------------------------------------------------------------------------------------


def _tables(declared: Declared, schema: Schema) -> Drifts:
    declarations = {t.name: t for t in declared.tables if t.name.name.lower() not in declared.ignored}
    pairs = {
        name: pair_of(declaration, table, declared)
        for name, declaration in declarations.items()
        if (table := schema.table(name)) is not None
    }
    for name, declaration in declarations.items():
        pair = pairs.get(name)
        if pair is None:
            yield Place(declaration.source, declaration.span, declared.command, name).difference(
                DriftKind.MISSING_TABLE,
                f"{declaration.label} declares the table {name.display}, "
                "which does not exist after the last migration",
                Given(f"CREATE TABLE {name.sql} (...);"),
                name.name,
                agree=WRITE_OR_UNDECLARE,
            )
            continue
        indexes = seen_indexes(pair, schema)
        yield from column_differences(pair, schema)
        yield from primary_key_differences(pair, indexes)
        yield from index_differences(pair, indexes, partial=declared.partial_indexes)
        yield from foreign_key_differences(pair, pairs.get)
    for name in schema.relations if declared.complete else ():
        table = schema.table(name)
        if table is not None and name not in declarations and _is_seen(table, declared):
            yield Place(declared.source, declared.span, declared.command, name).difference(
                DriftKind.UNDECLARED_TABLE,
                f"the migrations create the table {name.display}, which nothing declares",
                do(DropTable(NOWHERE, name)),
                name.name,
                agree=f"Its rows would be lost. {DECLARE_OR_DROP}",
            )


def _is_seen(table: Table, declared: Declared) -> bool:
    """Whether the tool would drop the table; a partition goes with its parent."""
    return (
        table.name.schema in declared.schemas
        and table.name.name.lower() not in declared.ignored
        and not table.foreign
        and not table.from_before
        and (table.partition_of is None or bool(table.partition_by))
    )
