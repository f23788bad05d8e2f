"""Tables that hold few rows by their keys, or got no rows but what migrations spell out."""

from miglint.dialects.sql.session import Session
from miglint.model import Insert, Name, Schema, Sequence, Table
from miglint.text.lazy import expression

# An application makes up a text, a uuid, or a number as long as a bigint, but no short one: it takes that of
# another table, or asks a sequence.
_SHORT = ("smallint", "integer")
# What only people who write migrations add to, as far as names tell; roles and categories are users' as well.
_NAMED = expression(
    r"(?:ref|enum|lookup|lkp)_.+"
    r"|(?:.+_)?(?:types?|kinds?|reasons?|status(?:es)?|lookups?|enums?|enm|currenc(?:y|ies)|countr(?:y|ies))"
)


def has_boolean_key(table: Table | None) -> bool:
    """Whether the primary key is one boolean, so that the table has two rows at most."""
    key = table.primary_key if table is not None else None
    column = table.column(key.columns[0]) if table and key and len(key.columns) == 1 else None
    return column is not None and column.type.name == "boolean" and not column.type.array


def is_listed(name: Name, session: Session) -> bool:
    """Whether migrations have spelled out all rows of a table that they have given it, each with its key."""
    return name in session.listed and name not in session.poured


def is_lookup(name: Name, schema: Schema, session: Session) -> bool:
    """Whether no others are likely: its name says so, or nothing here gives the next of its short numbers."""
    table = schema.table(name) if is_listed(name, session) else None
    if table is None or not table.complete or _is_filled(name, schema):
        return False
    named = _NAMED.fullmatch(name.name) is not None
    return named or (_is_numbered_by_hand(table) and not _may_be_numbered(schema))


def _is_numbered_by_hand(table: Table) -> bool:
    key = table.primary_key.columns if table.primary_key else ()
    column = table.column(key[0]) if len(key) == 1 else None
    if column is None or any(c.kind == "foreign" and c.columns == key for c in table.constraints):
        return False
    numbers_itself = column.default is not None or column.identity or column.generated
    return column.type.name in _SHORT and not numbers_itself


def _may_be_numbered(schema: Schema) -> bool:
    """Whether there is a sequence of no table, which an application may ask for numbers of any."""
    relations = schema.relations.values()
    return any(isinstance(each, Sequence) and each.owner is None for each in relations)


def _is_filled(name: Name, schema: Schema) -> bool:
    """Whether a function of the database adds rows."""
    functions = (function for found in schema.functions.values() for function in found or ())
    operations = (each for function in functions for inner in function.body for each in inner.operations)
    return any(isinstance(each, Insert) and each.table == name for each in operations)
