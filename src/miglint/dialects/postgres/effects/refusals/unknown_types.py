"""What the server refuses because a type that the statement names is not there."""

from collections.abc import Iterable

from miglint.dialects.postgres.effects.situation import Situation, gone
from miglint.dialects.postgres.types import SERIALS, is_built_in
from miglint.model import Failure, FailureCause, Name, Type

_UNDEFINED_TYPE = "42704"
_OFTEN_WRITTEN = (
    "bigint bigserial boolean character decimal integer numeric smallint smallserial "
    "timestamp timestamptz varchar"
).split()
"""Types whose name is long enough that no other type is called like one of them with one letter wrong."""


def unknown_types(types: Iterable[Type], situation: Situation) -> tuple[Failure, ...]:
    """Give the failure of the first type that is not there."""
    for type_ in types:
        if type_.qualified is not None and (found := unknown_type(type_.qualified, situation)):
            return found
    return ()


def unknown_type(name: Name, situation: Situation) -> tuple[Failure, ...]:
    """Give the failure of a type that was dropped or renamed, or whose name is misspelled.

    Any other type that no migration makes may have come with an extension, or from elsewhere.
    """
    schema = situation.schema
    places = [name, *(Name(place, name.name) for place in schema.schemas)]
    if any(place in schema.types or place in schema.relations for place in places):
        return ()
    if schema.is_gone("type", name):
        return gone("type", name, _UNDEFINED_TYPE)
    meant = _meant(name.name) if schema.is_read and not schema.unsure.intersection(places) else ""
    return _no_type(f"there is no type {name.name}", f"write {meant}") if meant else ()


def unknown_casts(casts: Iterable[str], situation: Situation) -> tuple[Failure, ...]:
    """Give the failure of the first type among those that values are cast to, as written."""
    for written in casts:
        *places, word = written.split(".")
        if is_built_in(word):
            continue
        for place in places[-1:] or situation.search_path:
            if found := unknown_type(Name(place, word), situation):
                return found
    return ()


def no_type(type_: Type, situation: Situation) -> tuple[Failure, ...]:
    """Only CREATE TABLE and ADD COLUMN know the short words for an integer with a sequence."""
    if type_.name not in SERIALS or type_.qualified in situation.schema.types:
        return ()
    reason = f"{type_.name} is no type: it is short for an integer with a sequence, and only for a new column"
    return _no_type(reason, "")


def _no_type(reason: str, remedy: str) -> tuple[Failure, ...]:
    return (Failure(None, reason, True, FailureCause.MISSING, _UNDEFINED_TYPE, remedy=remedy),)


def _meant(name: str) -> str:
    """Give the type that a word is, but for one letter too many, too few or another one."""
    if is_built_in(name) or not name.isalpha():
        return ""
    return next((type_ for type_ in _OFTEN_WRITTEN if type_[0] == name[0] and _is_near(name, type_)), "")


def _is_near(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    same = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    rest = short[same:] if len(short) < len(long) else short[same + 1 :]
    return rest == long[same + 1 :]
