"""The type that a default has before it is cast to its column's, and the strings that a type cannot read."""

import re

from miglint.dialects.postgres.casts import plain
from miglint.dialects.postgres.effects.situation import Situation
from miglint.dialects.postgres.types import type_written
from miglint.model import EnumType, Expression, Type
from miglint.text.lazy import expression

_UNTYPED = expression(r"'(?:[^']|'')*'")
_CAST = expression(r"(?is)'(?:[^']|'')*'\s*::\s*[\w\s.\"]+(?:\(\s*\d+(?:\s*,\s*\d+)?\s*\))?(\[\])?")
_WHOLE = expression(r"[-+]?\s*\d+")
_FRACTION = expression(r"(?i)[-+]?\s*(?:\d+\.\d*|\.\d+|\d+(?:\.\d*)?e[-+]?\d+)")
_INTEGER_END, _BIGINT_END = 2**31, 2**63
_CALLS = {
    **dict.fromkeys(
        (
            "now()",
            "current_timestamp",
            "transaction_timestamp()",
            "statement_timestamp()",
            "clock_timestamp()",
        ),
        "timestamp with time zone",
    ),
    "current_date": "date",
    "localtimestamp": "timestamp without time zone",
    "gen_random_uuid()": "uuid",
    "true": "boolean",
    "false": "boolean",
}


def is_untyped(default: Expression) -> bool:
    """Whether it is a bare string, which the column's type reads."""
    return _UNTYPED.fullmatch(default.text.strip()) is not None


def natural_type(default: Expression, column: Type, situation: Situation) -> Type | None:
    """Give the type of a default's own expression; None where the text does not tell."""
    text = default.text.strip()
    schema, path = situation.schema, situation.search_path
    if is_untyped(default):
        # It was read by the type of that time, which a change of type has noted.
        return type_written(default.casts[0], schema, path) if default.casts else column
    if match := _CAST.fullmatch(text):
        found = type_written(default.casts[0], schema, path) if default.casts else None
        return found._replace(array=bool(match[1])) if found is not None else None
    if _WHOLE.fullmatch(text):
        size = abs(int(text.replace(" ", "")))
        return Type("integer" if size < _INTEGER_END else "bigint" if size < _BIGINT_END else "numeric")
    if _FRACTION.fullmatch(text):
        return Type("numeric")
    known = _CALLS.get(text.lower())
    return Type(known) if known else None


_READ = {
    **dict.fromkeys(
        ("smallint", "integer", "bigint", "numeric", "real", "double precision"), r"(?i).*(?:\d|nan|inf).*"
    ),
    "boolean": r"(?i)\s*(?:t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|of|off|1|0)\s*",
    "uuid": r"(?i)\{?[0-9a-f-]{32,39}\}?",
}
"""What a string has to look like for a type to read it, at least."""


def unreadable(default: Expression, column: Type, situation: Situation) -> str:
    """Say what a bare string is not, for the column's type to read it; "" where it may be read."""
    type_ = plain(column, situation.schema)
    if type_ is None or type_.array:
        return ""
    value = default.text.strip()[1:-1].replace("''", "'")
    enum = situation.schema.types.get(type_.qualified) if type_.qualified else None
    if isinstance(enum, EnumType):
        known = value in enum.values or bool(situation.schema.doubts)
        return "" if known else f"no value of the enum {enum.name.display}"
    pattern = _READ.get(type_.name)
    return f"no {type_.name}" if pattern and re.fullmatch(pattern, value, re.DOTALL) is None else ""
