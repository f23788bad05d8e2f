"""What a change of a column's type does to values that the new type cannot hold: lost in silence, or refused.

The outcomes are those of the casts in pg_cast; `tests/verify` runs each of them.
"""

from typing import NamedTuple

from miglint.model import EnumType, Schema, Type

_WHOLE = {"smallint": 2, "integer": 4, "bigint": 8}
_WHOLE_DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
_ANY_NUMBER = 131072
_DIGITS = {"real": 6, "double precision": 15}
_TEXTS = ("text", "character varying", "character")
_STAMPS = ("timestamp without time zone", "timestamp with time zone")
_MICROSECONDS = 6


class Narrowing(NamedTuple):
    """What happens to values; `kind` and `loses` of what is gone, `refuses` those on which it fails."""

    kind: str = ""
    loses: str = ""
    refuses: str = ""


def narrowing(old: Type, new: Type, schema: Schema, *, explicit: bool) -> Narrowing:
    """Compare two types; `explicit`: USING casts the values, which cuts strings off in silence."""
    if old.array or new.array:
        return Narrowing()
    if new.name in _WHOLE and new.schema is None:
        return _to_whole(old, new)
    if new.name in ("numeric", *_DIGITS):
        return _to_fraction(old, new)
    if new.name in ("character varying", "character") and old.name in _TEXTS:
        return _to_text(old, new, explicit)
    if new.name == "jsonb" and old.name == "json":
        return Narrowing(
            "formatting", "the order of keys is lost, and so are all but the last of duplicate keys"
        )
    if old.qualified and new.qualified:
        return _to_enum(schema.types.get(old.qualified), schema.types.get(new.qualified))
    return _to_moment(old, new)


def _to_whole(old: Type, new: Type) -> Narrowing:
    refuses = f"values outside the range of {new.name}"
    if old.name in _WHOLE:
        return Narrowing(refuses=refuses) if _WHOLE[old.name] > _WHOLE[new.name] else Narrowing()
    if old.name in _DIGITS or (old.name == "numeric" and (not old.modifiers or _scale(old) > 0)):
        return Narrowing("decimals", "values are rounded to whole numbers", refuses)
    return Narrowing(refuses=refuses) if old.name == "numeric" else Narrowing()


def _to_fraction(old: Type, new: Type) -> Narrowing:
    if new.name in _DIGITS:
        digits = _DIGITS[new.name]
        exact = _WHOLE.get(old.name, 0)
        if old.name == "numeric" or _DIGITS.get(old.name, 0) > digits or exact > (2 if digits == 6 else 4):
            return Narrowing("digits", f"only about {digits} digits of each value are kept")
        return Narrowing()
    if not new.modifiers or old.name not in ("numeric", *_WHOLE, *_DIGITS):
        return Narrowing()
    room = int(new.modifiers[0]) - _scale(new)
    fits = _before_the_point(old) <= room
    refuses = "" if fits else f"values with more than {room} digits before the decimal point"
    if old.name in _WHOLE or (old.modifiers and _scale(old) <= _scale(new)):
        return Narrowing(refuses=refuses)
    return Narrowing(
        "decimals", f"values are rounded to {_scale(new)} digits after the decimal point", refuses
    )


def _before_the_point(number: Type) -> int:
    """How many digits a value has at most; 10 for an integer of up to 2147483647."""
    if number.name in _WHOLE_DIGITS:
        return _WHOLE_DIGITS[number.name]
    return int(number.modifiers[0]) - _scale(number) if number.modifiers else _ANY_NUMBER


def _scale(numeric: Type) -> int:
    return int(numeric.modifiers[1]) if len(numeric.modifiers) > 1 else 0


def _to_text(old: Type, new: Type, explicit: bool) -> Narrowing:
    if not new.modifiers or (old.modifiers and int(old.modifiers[0]) <= int(new.modifiers[0])):
        return Narrowing()
    limit = new.modifiers[0]
    if explicit:
        return Narrowing("end", f"the explicit cast truncates longer values to {limit} characters")
    return Narrowing(refuses=f"values longer than {limit} characters")


def _to_enum(old: object, new: object) -> Narrowing:
    if not isinstance(old, EnumType) or not isinstance(new, EnumType):
        return Narrowing()
    gone = ["'" + value.replace("'", "''") + "'" for value in old.values if value not in new.values]
    return Narrowing(refuses=f"rows that hold {', '.join(gone)}" if gone else "")


def _to_moment(old: Type, new: Type) -> Narrowing:
    if old.name in _STAMPS and new.name == "date":
        return Narrowing("time of day", "the time of day is lost")
    if old.name in _STAMPS and new.name.startswith("time "):
        return Narrowing("date", "the date is lost")
    if old.name not in _STAMPS or new.name not in _STAMPS:
        return Narrowing()
    if new.modifiers and int(new.modifiers[0]) < int((old.modifiers or (_MICROSECONDS,))[0]):
        digits = new.modifiers[0]
        return Narrowing(
            "fractions of seconds", f"seconds are rounded to {digits} digits after the decimal point"
        )
    return Narrowing()
