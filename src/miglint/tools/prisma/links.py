"""Implicit many-to-many relations: lists on both sides, and a table that no model declares.

Source: push_relation_tables() in prisma-engines,
schema-engine/connectors/sql-schema-connector/src/sql_schema_calculator.rs.
"""

from collections.abc import Iterator
from typing import NamedTuple

from miglint.model.declared import (
    DeclaredColumn,
    DeclaredForeignKey,
    DeclaredIndex,
    DeclaredKey,
    DeclaredTable,
    Default,
)
from miglint.model.names import Name
from miglint.tools.prisma.columns import column_type
from miglint.tools.prisma.models import Context, column_name, primary_fields, table_name
from miglint.tools.prisma.names import MAX_LENGTH
from miglint.tools.prisma.parser import Block, Field

Version = tuple[int, int, int]

# Before it, a unique index stood in the place of the primary key (upgrade guide to version 6).
_KEY_SINCE: Version = (6, 0, 0)


class _Side(NamedTuple):
    """One end of a relation: its model, the field there, and the first field of the primary key."""

    model: Block
    field: Field
    key: Field | None


def link_tables(context: Context, version: Version | None) -> Iterator[DeclaredTable]:
    """Give the tables of the implicit many-to-many relations; without a version, either key will do."""
    sides: dict[tuple[str, str, str], list[_Side]] = {}
    for model in context.models.values():
        key = next(iter(primary_fields(model)), None)
        for field in model.fields:
            if field.arity == "[]" and field.type in context.models:
                relation = field.attribute("relation")
                first, second = sorted((model.name, field.type))
                name = (relation.text("name", 0) if relation else None) or ""
                sides.setdefault((name, first, second), []).append(_Side(model, field, key))
    for (name, first, second), found in sides.items():
        if len(found) == 2 and all(side.model.keyword == "model" for side in found):
            a, b = sorted(found, key=lambda side: side.model.name)
            table = _link_table(name or f"{first}To{second}", a, b, context, version)
            if table is not None:
                yield table


def _link_table(
    relation: str, a: _Side, b: _Side, context: Context, version: Version | None
) -> DeclaredTable | None:
    if a.key is None or b.key is None:
        return None
    text = f"_{relation}"[:MAX_LENGTH]
    name = Name(table_name(a.model).schema, text)
    span = a.field.span
    label = f"the relation of model {a.model.name} with model {b.model.name}"
    ends = (("A", a, a.key), ("B", b, b.key))
    pair = ("A", "B")
    with_key = version is None or version >= _KEY_SINCE
    indexes = [DeclaredIndex(f"{text[: MAX_LENGTH - 8]}_B_index", ("B",), span)]
    if not with_key:
        indexes.insert(0, DeclaredIndex(f"{text[: MAX_LENGTH - 10]}_AB_unique", pair, span, unique=True))
    key = DeclaredKey(f"{text[: MAX_LENGTH - 8]}_AB_pkey", pair, span, or_unique=version is None)
    return DeclaredTable(
        name=name,
        columns=tuple(
            DeclaredColumn(
                name=column,
                type=column_type(field, context.datasource, context.enums),
                nullable=False,
                default=Default(),
                label=label,
                span=span,
            )
            for column, _, field in ends
        ),
        label=label,
        source=a.model.source,
        span=span,
        primary_key=key if with_key else None,
        indexes=tuple(indexes),
        foreign_keys=tuple(
            DeclaredForeignKey(
                name=f"{text[: MAX_LENGTH - 7]}_{column}_fkey",
                columns=(column,),
                references=table_name(side.model),
                referenced_columns=(column_name(field),),
                on_delete="cascade",
                on_update="cascade",
                span=span,
            )
            for column, side, field in ends
        )
        if context.foreign_keys
        else (),
        complete=a.model.complete and b.model.complete,
        named_by_tool=True,
    )
