"""Types of columns as a schema engine sees them.

Source: prisma-engines, sql-schema-describer/src/postgres.rs (get_column_type_family) and
schema-engine/connectors/sql-schema-connector/src/flavour/postgres/schema_differ.rs.
"""

from enum import Enum
from typing import NamedTuple

from miglint.model import DomainType, EnumType, Schema, Type

_MAX_DEPTH = 20


class Family(Enum):
    """What the constants of a type look like."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    JSON = "json"
    BYTES = "bytes"
    ENUM = "enum"
    OTHER = "other"


_FAMILIES = {
    "text": Family.TEXT,
    "character varying": Family.TEXT,
    "character": Family.TEXT,
    '"char"': Family.TEXT,
    "xml": Family.TEXT,
    "bit": Family.TEXT,
    "bit varying": Family.TEXT,
    "inet": Family.TEXT,
    "smallint": Family.INTEGER,
    "integer": Family.INTEGER,
    "bigint": Family.INTEGER,
    "oid": Family.INTEGER,
    "real": Family.NUMBER,
    "double precision": Family.NUMBER,
    "numeric": Family.NUMBER,
    "money": Family.NUMBER,
    "boolean": Family.BOOLEAN,
    "date": Family.TIME,
    "timestamp without time zone": Family.TIME,
    "timestamp with time zone": Family.TIME,
    "time without time zone": Family.TIME,
    "time with time zone": Family.TIME,
    "json": Family.JSON,
    "jsonb": Family.JSON,
    "bytea": Family.BYTES,
    # Known to the engine, but a constant of it is an expression like any other.
    "uuid": Family.OTHER,
}
# The modifiers of a time, and what they are when none is written.
_PRECISE = frozenset(name for name, family in _FAMILIES.items() if family is Family.TIME) - {"date"}
_FULL_PRECISION = (6,)
_ONE_LONG = frozenset({"character", "bit"})
_CITEXT = "citext"
# What the replay could not tell: a column of CREATE TABLE AS, or of `table.column%TYPE`.
_UNTOLD = ("unknown",)


class ActualType(NamedTuple):
    """A column's type in the database, domains taken off, with what its constants look like.

    `values` are those of an enum; `known`: whether the engine has a name for the type.
    """

    type: Type
    family: Family
    known: bool
    values: tuple[str, ...] = ()


def actual_type(type_: Type, schema: Schema) -> ActualType:
    """Look up a type of the simulated database; a domain counts as what it is made of."""
    for _ in range(_MAX_DEPTH):
        found = schema.types.get(type_.qualified) if type_.qualified else None
        if not isinstance(found, DomainType) or type_.array:
            break
        type_ = found.type
    if isinstance(found, EnumType):
        return ActualType(type_, Family.ENUM, known=True, values=found.values)
    if type_.name == _CITEXT:
        return ActualType(type_, Family.TEXT, known=True)
    family = _FAMILIES.get(type_.name) if type_.schema is None else None
    return ActualType(type_, family or Family.OTHER, known=family is not None)


def same_type(declared: Type | str | None, actual: ActualType) -> bool:
    """Say whether a column of the declared type would be left as it is.

    SQL text (`Unsupported("vector(3)")`) stands for every type that the engine does not know.
    """
    type_ = actual.type
    if declared is None or type_.name in _UNTOLD or type_.schema == "pg_catalog":
        return True
    if isinstance(declared, str):
        return not actual.known
    if declared.array != type_.array:
        return False
    if declared.name == _CITEXT:
        return type_.name == _CITEXT
    if declared.schema is not None or actual.family is Family.ENUM:
        return declared.qualified == type_.qualified
    if type_.schema is not None or declared.name != type_.name:
        return False
    return _same_modifiers(declared, type_)


def _same_modifiers(declared: Type, actual: Type) -> bool:
    if declared.name in _PRECISE:
        written = actual.modifiers or (() if actual.array else _FULL_PRECISION)
        return not declared.modifiers or not written or declared.modifiers == written
    if declared.name in _ONE_LONG:
        return (declared.modifiers or (1,)) == (actual.modifiers or (1,))
    return declared.modifiers == actual.modifiers
