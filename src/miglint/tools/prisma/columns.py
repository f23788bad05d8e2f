"""Fields of a Prisma model as columns of PostgreSQL: types and defaults.

Source: prisma-engines, psl/psl-core/src/builtin_connectors/postgres_datamodel_connector.rs and
schema-engine/connectors/sql-schema-connector/src/sql_schema_calculator.rs.
"""

from collections.abc import Mapping
from typing import NamedTuple

from miglint.model.declared import Default, DefaultKind
from miglint.model.names import DEFAULT_SCHEMA, Name
from miglint.model.types import Type
from miglint.tools.prisma.parser import Argument, Array, Attribute, Call, Field, Text, Value, Word

_SCALARS = {
    "String": Type("text"),
    "Boolean": Type("boolean"),
    "Int": Type("integer"),
    "BigInt": Type("bigint"),
    "Float": Type("double precision"),
    "Decimal": Type("numeric", modifiers=(65, 30)),
    "DateTime": Type("timestamp without time zone", modifiers=(3,)),
    "Json": Type("jsonb"),
    "Bytes": Type("bytea"),
}
SCALARS = frozenset(_SCALARS)

_NATIVE = {
    "Text": Type("text"),
    "VarChar": Type("character varying"),
    "Char": Type("character"),
    "Bit": Type("bit"),
    "VarBit": Type("bit varying"),
    "Uuid": Type("uuid"),
    "Xml": Type("xml"),
    "Inet": Type("inet"),
    "Citext": Type("citext", schema=DEFAULT_SCHEMA),
    "Boolean": Type("boolean"),
    "Integer": Type("integer"),
    "SmallInt": Type("smallint"),
    "BigInt": Type("bigint"),
    "Oid": Type("oid"),
    "DoublePrecision": Type("double precision"),
    "Real": Type("real"),
    "Decimal": Type("numeric"),
    "Money": Type("money"),
    "Timestamp": Type("timestamp without time zone"),
    "Timestamptz": Type("timestamp with time zone"),
    "Date": Type("date"),
    "Time": Type("time without time zone"),
    "Timetz": Type("time with time zone"),
    "Json": Type("json"),
    "JsonB": Type("jsonb"),
    "ByteA": Type("bytea"),
}

# Made by Prisma Client when it inserts a row: the column has no default.
_IN_THE_CLIENT = ("uuid", "cuid", "ulid", "nanoid", "auto")


class EnumNames(NamedTuple):
    """An enum in the database: its type, and what each value is called there."""

    name: Name
    values: Mapping[str, str]


def column_type(field: Field, datasource: str, enums: Mapping[str, EnumNames]) -> Type | str | None:
    """Give the type of a field's column; None when the schema does not tell it.

    A native type carries the name of the datasource block: `@db.VarChar(50)` with `datasource db`.
    """
    array = field.arity == "[]"
    if field.sql is not None:
        return f"{field.sql}[]" if array else field.sql
    if field.type in enums:
        name = enums[field.type].name
        return Type(name.name, schema=name.schema, array=array)
    scalar = _SCALARS.get(field.type)
    if scalar is None:
        return None
    native = next((a for a in field.attributes if a.name.startswith(f"{datasource}.")), None)
    if native is None:
        return scalar._replace(array=array)
    found = _NATIVE.get(native.name.partition(".")[2])
    modifiers = _numbers(native)
    if found is None or modifiers is None:
        return None
    return found._replace(modifiers=modifiers, array=array)


def _numbers(attribute: Attribute) -> tuple[int, ...] | None:
    found = []
    for argument in attribute.arguments:
        if not isinstance(argument.value, Word) or not argument.value.text.isdecimal():
            return None
        found.append(int(argument.value.text[:9]))
    return tuple(found)


def column_default(field: Field, enums: Mapping[str, EnumNames]) -> Default:
    """Give the default that a field's column has in the database."""
    attribute = field.attribute("default")
    if attribute is None:
        return Default()
    value = attribute.argument("value", 0)
    default = _default(value, field, enums) if value is not None else Default(DefaultKind.ANY)
    return default._replace(written=attribute.written)


def _default(value: Value, field: Field, enums: Mapping[str, EnumNames]) -> Default:
    if isinstance(value, Call):
        return _function(value)
    if isinstance(value, Array):
        items = [_constant(item, field, enums) for item in value.items]
        known = tuple(item for item in items if item is not None)
        return (
            Default(DefaultKind.LIST, items=known) if len(known) == len(items) else Default(DefaultKind.ANY)
        )
    text = _constant(value, field, enums)
    return Default(DefaultKind.ANY) if text is None else Default(DefaultKind.VALUE, text)


def _function(call: Call) -> Default:
    if call.name in ("autoincrement", "sequence"):
        return Default(DefaultKind.SEQUENCE)
    if call.name == "now":
        return Default(DefaultKind.NOW)
    if call.name in _IN_THE_CLIENT:
        return Default()
    if call.name == "dbgenerated":
        text = _first_text(call.arguments)
        return Default(DefaultKind.EXPRESSION, text) if text else Default(DefaultKind.ANY)
    return Default(DefaultKind.ANY)


def _first_text(arguments: tuple[Argument, ...]) -> str:
    value = arguments[0].value if arguments else None
    return value.text if isinstance(value, Text) else ""


def _constant(value: Value, field: Field, enums: Mapping[str, EnumNames]) -> str | None:
    if isinstance(value, Word):
        enum = enums.get(field.type)
        return value.text if enum is None else enum.values.get(value.text)
    if isinstance(value, Text):
        return _hex(value.text) if field.type == "Bytes" else value.text
    return None


def _hex(encoded: str) -> str | None:
    """Give bytes, which a schema writes in base64, as PostgreSQL prints them."""
    from binascii import Error, a2b_base64

    try:
        return "\\x" + a2b_base64(encoded).hex()
    except (Error, ValueError):
        return None
