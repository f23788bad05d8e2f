"""How Liquibase spells names, types and values for PostgreSQL."""

import re

from miglint.text.lazy import expression
from miglint.text.tree import Node

# Words that stand for a name only in quotes; Liquibase quotes those and names with capitals or signs in them.
_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
    current_catalog current_date current_role current_time current_timestamp current_user default deferrable
    desc distinct do else end except false fetch for foreign from grant group having in initially intersect
    into lateral leading limit localtime localtimestamp not null offset on only or order placing primary
    references returning select session_user some symmetric table then to trailing true union unique user
    using variadic when where window with authorization binary collation concurrently cross current_schema
    freeze full ilike inner is isnull join left like natural notnull outer overlaps right similar tablesample
    verbose
    """.split()
)
_PLAIN = expression(r"[a-z_][a-z0-9_$]*|[A-Z_][A-Z0-9_$]*")

# Liquibase's names of types, and JDBC's, that PostgreSQL calls otherwise.
_TYPES = {
    "blob": "oid", "longblob": "bytea", "binary": "bytea", "varbinary": "bytea", "longvarbinary": "bytea",
    "tinyblob": "bytea", "mediumblob": "bytea", "image": "bytea",
    "clob": "text", "longtext": "text", "mediumtext": "text", "tinytext": "text", "nclob": "text",
    "ntext": "text", "longvarchar": "text", "longnvarchar": "text", "java.sql.types.clob": "text",
    "nvarchar": "varchar", "nvarchar2": "varchar", "varchar2": "varchar", "nchar": "char",
    "datetime": "timestamp", "datetime2": "timestamp", "smalldatetime": "timestamp",
    "timestamp_with_timezone": "timestamp with time zone",
    "double": "double precision", "number": "numeric", "currency": "decimal", "money": "money",
    "tinyint": "smallint", "mediumint": "integer", "bit": "boolean", "uniqueidentifier": "uuid",
}  # fmt: skip
_TIMEZONE = expression(r"timezone", re.IGNORECASE)
_TYPE = expression(r"\s*([A-Za-z_.0-9]+)(?:\s*(\([^)]*\)))?(.*)", re.DOTALL)
_LENGTHLESS = frozenset(
    """
    bytea text boolean integer int bigint smallint uuid date serial bigserial json jsonb
    """.split()
) | {"double precision"}


def name(text: str) -> str:
    """Spell one name as Liquibase does for PostgreSQL."""
    text = text.strip()
    if text.startswith('"') or (_PLAIN.fullmatch(text) and text.lower() not in _RESERVED):
        return text
    return '"' + text.replace('"', '""') + '"'


def names(text: str) -> str:
    """Spell the names in a list with commas."""
    return ", ".join(name(part) for part in text.split(",") if part.strip())


def qualified(node: Node, attribute: str = "tableName", schema: str = "schemaName") -> str:
    """Give a name with its schema before it, where it has one."""
    own = name(node.get(attribute))
    return f"{name(node.get(schema))}.{own}" if node.get(schema) else own


def type_of(text: str) -> str:
    """Give the type that PostgreSQL knows for one of Liquibase's or JDBC's."""
    found = _TYPE.fullmatch(text)
    if found is None:
        return text
    word, length, rest = found[1].lower().removeprefix("java.sql.types."), found[2] or "", found[3]
    word = _TYPES.get(word, word)
    if word == "double precision":
        rest = ""
    rest = _TIMEZONE.sub("time zone", rest)
    # Liquibase's way to say: of any length.
    is_boundless = word in _LENGTHLESS or "2147483647" in length or length.lower() == "(max)"
    return word + ("" if is_boundless else length) + rest


def quoted(text: str) -> str:
    """Quote a text as a literal."""
    return "'" + text.replace("'", "''") + "'"


# How a value begins that is the moment of the insert, on whichever database it was written for.
_NOW = ("current_timestamp", "current_datetime")
# The attributes that give a column its value or its default, and how they read.
_KINDS = ("", "Numeric", "Boolean", "Date", "Computed", "SequenceNext", "SequenceCurrent")


def value_of(node: Node, prefix: str) -> str | None:
    """Give the value that one of the attributes `prefix`, `prefixNumeric`, ... sets; None if none does."""
    for kind in _KINDS:
        text = node.attributes.get(prefix + kind)
        if text is None:
            continue
        if kind == "":
            return "NULL" if text.upper() == "NULL" else quoted(text)
        if kind in ("Date", "Computed") and text.lower().startswith(_NOW):
            return "NOW()"
        if kind == "Date":
            return quoted(text) if text[:1].isdigit() else text
        if kind.startswith("Sequence"):
            return f"{'nextval' if kind == 'SequenceNext' else 'currval'}({quoted(text)})"
        # Liquibase reads a number, and writes it in its own way.
        return text.upper() if kind == "Boolean" else re.sub(r"(?<=\d)\.0+\Z", "", text)
    return None


def is_true(node: Node, attribute: str) -> bool:
    """Tell whether an attribute is set to true."""
    return node.get(attribute).lower() == "true"
