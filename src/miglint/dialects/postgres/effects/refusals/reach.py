"""What rows the bound of a partition lets in, where its text tells: of one column of numbers or days."""

from functools import lru_cache
from typing import NamedTuple

from miglint.text.lazy import expression

_RANGE = expression(r"FROM \(([^(),]+)\) TO \(([^(),]+)\)")
_LIST = expression(r"IN \(([^()]+)\)")
_VALUE = expression(r"'?(-?\d+)'?|'(\d{4}-\d\d-\d\d)(?:[ T]00:00(?::00)?)?'")
_PLAIN = expression(r"'[^']*'|-?\d+")

_End = tuple[int, str]
"""An end of a range: whether it is MINVALUE (-1), a value (0) or MAXVALUE (1), and what sorts as it does."""


class Reach(NamedTuple):
    """The values of a list, or a range from its first value up to another one."""

    kind: str
    values: frozenset[str] = frozenset()
    lower: _End = (-1, "")
    upper: _End = (1, "")

    @property
    def is_empty(self) -> bool:
        """Whether it is a range that lets nothing in."""
        return self.kind != "list" and self.lower >= self.upper

    def overlaps(self, other: "Reach") -> bool:
        """Whether a row can be in both, which are of one table."""
        if self.kind == "list":
            return not self.values.isdisjoint(other.values)
        return self.lower < other.upper and other.lower < self.upper


@lru_cache(maxsize=4096)  # Each new partition is compared with those before it.
def reach_of(bound: str) -> Reach | None:
    """Give it for a bound as `partition_bound` writes it; None where the text does not tell."""
    listed = _LIST.fullmatch(bound)
    if listed is not None:
        values = [value.strip() for value in listed[1].split(",")]
        plain = all(_PLAIN.fullmatch(value) for value in values)
        return Reach("list", frozenset(value.strip("'") for value in values)) if plain else None
    found = _RANGE.fullmatch(bound)
    ends = [_end(text.strip()) for text in found.groups()] if found is not None else []
    if not ends or any(end is None for end in ends):
        return None
    (lower_kind, lower), (upper_kind, upper) = (end for end in ends if end is not None)
    kinds = {lower_kind, upper_kind} - {""}
    return Reach(kinds.pop(), lower=lower, upper=upper) if len(kinds) == 1 else None


def _end(text: str) -> tuple[str, _End] | None:
    if text in ("MINVALUE", "MAXVALUE"):
        return "", (-1 if text == "MINVALUE" else 1, "")
    value = _VALUE.fullmatch(text)
    if value is None:
        return None
    if value[2]:
        return "day", (0, value[2])
    number = int(value[1])
    return "number", (0, f"{number + _SHIFT:030d}")


_SHIFT = 10**28
"""Added to a number, negative ones too, so that its digits sort as it does."""
