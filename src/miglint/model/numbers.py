"""The numbers that names made by the server end with, so that a free one is found at once."""

from typing import Any, NamedTuple

from miglint.model.frozen_map import FrozenMap
from miglint.model.names import Name


class Numbers(NamedTuple):
    """A row of numbers without a gap, `end` not among them."""

    start: int
    end: int


_MADE_BY_SERVER = ("_idx", "_key", "_pkey", "_excl", "_seq")


def numbered(name: Name) -> tuple[Name, int]:
    """Take a name apart that the server may have made, 0 for one without a number."""
    stem = name.name.rstrip("0123456789")
    digits = name.name[len(stem) :]
    if not digits or digits[0] == "0" or not stem.endswith(_MADE_BY_SERVER):
        return name, 0
    return Name(name.schema, stem), int(digits)


_Relations = FrozenMap[Name, Any]
_Taken = FrozenMap[Name, Numbers]


def taken(numbers: _Taken, stem: Name, number: int, relations: _Relations) -> _Taken:
    """Note that a name is taken, if that makes the row of numbers longer."""
    start, end = numbers.get(stem) or (number, number)
    if start <= number < end or number > end:
        return numbers
    if number < start - 1:
        start = end = number  # The lowest row is what counts.
    start, end = min(start, number), max(end, number + 1)
    while Name(stem.schema, f"{stem.name}{end}") in relations:
        end += 1
    return numbers.with_item(stem, Numbers(start, end))


def freed(numbers: _Taken, stem: Name, number: int) -> _Taken:
    """Note that a name is free."""
    start, end = numbers[stem]
    if not start <= number < end:
        return numbers
    start, end = (start, number) if number > start else (number + 1, end)
    return numbers.with_item(stem, Numbers(start, end)) if start < end else numbers.without(stem)
