"""Prisma models as tables: columns, keys, indexes, foreign keys.

Source: prisma-engines, schema-engine/connectors/sql-schema-connector/src/sql_schema_calculator.rs.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from miglint.model.declared import (
    DeclaredColumn,
    DeclaredForeignKey,
    DeclaredIndex,
    DeclaredKey,
    DeclaredTable,
)
from miglint.model.names import DEFAULT_SCHEMA, Name
from miglint.model.source import Span
from miglint.text.lazy import expression
from miglint.tools.prisma.columns import EnumNames, column_default, column_type
from miglint.tools.prisma.names import constraint_name
from miglint.tools.prisma.parser import Array, Attribute, Block, Call, Field, Text, Value, Word

_CAPITAL = expression(r"(?<!^)[A-Z]")
_ACTIONS = {
    "Cascade": "cascade",
    "Restrict": "restrict",
    "NoAction": "no action",
    "SetNull": "set null",
    "SetDefault": "set default",
}


class Context(NamedTuple):
    """What a model's fields may name: the models and views, the enums, and the datasource block.

    `columns` gives for each model the columns of its fields, those of other models left out.
    """

    models: Mapping[str, Block]
    columns: Mapping[str, Mapping[str, str]]
    enums: Mapping[str, EnumNames]
    datasource: str
    foreign_keys: bool


def context_of(
    models: Mapping[str, Block], enums: Mapping[str, EnumNames], datasource: str, *, foreign_keys: bool
) -> Context:
    """Give the context of the models and views of one project."""
    columns = {
        name: {field.name: column_name(field) for field in model.fields if field.type not in models}
        for name, model in models.items()
    }
    return Context(models, columns, enums, datasource, foreign_keys)


def table_name(block: Block) -> Name:
    """Give the name in the database of a model or an enum."""
    return Name(_mapped(block, "schema") or DEFAULT_SCHEMA, _mapped(block, "map") or block.name)


def _mapped(block: Block, name: str) -> str | None:
    attribute = block.attribute(name)
    return attribute.text("name", 0) or attribute.text("map") if attribute else None


def column_name(field: Field) -> str:
    """Give the name of a field's column."""
    attribute = field.attribute("map")
    return (attribute.text("name", 0) if attribute else None) or field.name


def table(model: Block, context: Context) -> DeclaredTable:
    """Give the table of a model."""
    name = table_name(model)
    columns = context.columns[model.name]
    return DeclaredTable(
        name=name,
        columns=tuple(_column(field, model, context) for field in model.fields if field.name in columns),
        label=f"model {model.name}",
        source=model.source,
        span=model.span,
        primary_key=_primary_key(name.name, model, columns),
        indexes=tuple(_indexes(name.name, model, columns)),
        foreign_keys=tuple(_foreign_keys(name.name, model, columns, context)) if context.foreign_keys else (),
        complete=model.complete,
    )


def _column(field: Field, model: Block, context: Context) -> DeclaredColumn:
    return DeclaredColumn(
        name=column_name(field),
        type=column_type(field, context.datasource, context.enums),
        nullable=field.arity == "?",
        default=column_default(field, context.enums),
        label=f"field {field.name} of model {model.name}",
        span=field.span,
    )


# --- keys and indexes -----------------------------------------------------------------------------


def primary_fields(model: Block) -> tuple[Field, ...]:
    """Give the fields of a model's primary key."""
    on_field = next((field for field in model.fields if field.attribute("id")), None)
    if on_field is not None:
        return (on_field,)
    attribute = model.attribute("id")
    named = {field.name: field for field in model.fields}
    names = _listed(attribute.argument("fields", 0)) if attribute else ()
    return tuple(named[name] for name in names if name in named)


def _primary_key(table: str, model: Block, columns: Mapping[str, str]) -> DeclaredKey | None:
    fields = primary_fields(model)
    if not fields:
        return None
    on_field = fields[0].attribute("id")
    attribute = on_field or model.attribute("id")
    mapped = attribute.text("map") if attribute else None
    return DeclaredKey(
        name=mapped or constraint_name(table, (), "_pkey"),
        columns=tuple(columns.get(field.name, field.name) for field in fields),
        span=fields[0].span if on_field or attribute is None else attribute.span,
    )


def _indexes(table: str, model: Block, columns: Mapping[str, str]) -> Iterator[DeclaredIndex]:
    for field in model.fields:
        attribute = field.attribute("unique")
        if attribute and field.name in columns:
            own = (columns[field.name],)
            index = _index(table, attribute, own, field.span, unique=True)
            yield index._replace(descending=own if _is_descending(attribute.argument("sort")) else ())
    for attribute in model.attributes:
        if attribute.name in ("unique", "index"):
            names = _listed(attribute.argument("fields", 0))
            if names and all(name in columns for name in names):
                keys = tuple(columns[name] for name in names)
                unique = attribute.name == "unique"
                index = _index(table, attribute, keys, attribute.span, unique=unique)
                calls = _calls(attribute.argument("fields", 0))
                yield index._replace(
                    descending=tuple(columns[key.name] for key in calls if _is_descending(_in(key, "sort"))),
                    operator_classes=tuple(
                        (columns[key.name], name)
                        for key in calls
                        if (name := _operator_class(_in(key, "ops")))
                    ),
                )


def _index(
    table: str, attribute: Attribute, columns: tuple[str, ...], span: Span, *, unique: bool
) -> DeclaredIndex:
    """`name` is an old word for `map` in an index; in a unique constraint only the client uses it."""
    mapped = attribute.text("map") or (None if unique else attribute.text("name"))
    method = attribute.argument("type")
    return DeclaredIndex(
        name=mapped or constraint_name(table, columns, "_key" if unique else "_idx"),
        columns=columns,
        span=span,
        unique=unique,
        method=method.text.lower() if isinstance(method, Word) else "btree",
        partial=attribute.argument("where") is not None,
    )


def _listed(value: Value | None) -> tuple[str, ...]:
    """Give the names in `[a, b(sort: Desc)]`."""
    items: Sequence[Value] = value.items if isinstance(value, Array) else () if value is None else (value,)
    names = (i.text if isinstance(i, Word) else i.name if isinstance(i, Call) else "" for i in items)
    return tuple(names)


def _calls(value: Value | None) -> tuple[Call, ...]:
    """Give the keys with arguments in `[a, b(sort: Desc)]`."""
    return tuple(item for item in value.items if isinstance(item, Call)) if isinstance(value, Array) else ()


def _in(key: Call, name: str) -> Value | None:
    return next((argument.value for argument in key.arguments if argument.name == name), None)


def _operator_class(value: Value | None) -> str:
    """Give PostgreSQL's name for `JsonbPathOps` or `raw("gin_trgm_ops")`."""
    if isinstance(value, Word):
        return _CAPITAL.sub(r"_\g<0>", value.text.replace("MinMax", "Minmax")).lower()
    raw = value.arguments[0].value if isinstance(value, Call) and value.arguments else None
    return raw.text if isinstance(raw, Text) else ""


def _is_descending(value: Value | None) -> bool:
    return isinstance(value, Word) and value.text == "Desc"


# --- foreign keys ---------------------------------------------------------------------------------


def _foreign_keys(
    table: str, model: Block, columns: Mapping[str, str], context: Context
) -> Iterator[DeclaredForeignKey]:
    fields = {field.name: field for field in model.fields}
    for field in model.fields:
        relation = field.attribute("relation")
        target = context.models.get(field.type)
        if relation is None or target is None or target.keyword == "view":
            continue
        names = _listed(relation.argument("fields"))
        referenced = _listed(relation.argument("references"))
        if not names or len(names) != len(referenced) or not all(name in columns for name in names):
            continue
        keys = tuple(columns[name] for name in names)
        # The engine's referential_arity(): one required column makes the whole relation required.
        required = any(not fields[name].arity for name in names) or not field.arity
        theirs = context.columns[target.name]
        yield DeclaredForeignKey(
            name=relation.text("map") or constraint_name(table, keys, "_fkey"),
            columns=keys,
            references=table_name(target),
            referenced_columns=tuple(theirs.get(name, name) for name in referenced),
            on_delete=_action(relation, "onDelete") or ("restrict" if required else "set null"),
            on_update=_action(relation, "onUpdate") or "cascade",
            span=field.span,
        )


def _action(relation: Attribute, name: str) -> str | None:
    value = relation.argument(name)
    return _ACTIONS.get(value.text) if isinstance(value, Word) else None
