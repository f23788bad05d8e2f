"""What two values of one object differ in, in words."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from miglint.model import HISTORY, Other

Weight = Literal["difference", "note", "information"]


_LONGEST = 60


class Difference(NamedTuple):
    """One thing that is not as it was: `before` and `after` in words, "" for what is not there.

    `weight`: a `note` makes no difference to queries, `information` (the order of columns) cannot be helped.
    """

    object: str
    aspect: str
    before: str
    after: str
    weight: Weight = "difference"

    @property
    def brief(self) -> str:
        """Say it without long texts, such as the bodies of functions."""
        if max(len(self.before), len(self.after)) <= _LONGEST or not (self.before and self.after):
            return str(self)
        return f"{self.aspect} of {self.object} is not what it was"

    def __str__(self) -> str:
        if not self.before:
            return f"{self.object} is there, and was not before"
        if not self.after:
            return f"{self.object} is gone"
        return f"{self.aspect} of {self.object} is {self.after}, and was {self.before}"


Found = Iterator[Difference | str]
"""Differences, and the objects of which nothing can be told."""


def presence(before: str, after: str) -> Found:
    """Give what is there on one side only."""
    if before:
        yield Difference(before, "existence", before, "")
    if after:
        yield Difference(after, "existence", "", after)


def sets(kind: str, before: frozenset[str], after: frozenset[str]) -> Found:
    """Compare the names of a kind of objects."""
    for name in sorted(before - after):
        yield from presence(f"{kind} {name}", "")
    for name in sorted(after - before):
        yield from presence("", f"{kind} {name}")


def of_aspect(label: str, aspect: str, shown: Iterable[str], weight: Weight = "difference") -> Found:
    """Compare one aspect in words."""
    before, after = shown
    if before != after:
        yield Difference(label, aspect, before or "none", after or "none", weight)


Properties = tuple[tuple[str, str], ...]
_NOTES = (
    "the comment",
    "the parameter",
    "the statistics target",
    "the storage",
    "the compression",
    "the clus",
)
"""Beginnings of the properties that make no difference to queries."""
_UNTOLD = (HISTORY, "the query", "the privilege MAINTAIN ")
"""What tells that something is another, but not how. Older servers have no MAINTAIN: ALL is without it."""


_OFF = frozenset(("", "false", "off", "0"))
"""An option of views that is off, or not said."""


def properties(label: str, one: Properties, other: Properties) -> Found:
    """Compare what is set on an object."""
    if one == other:
        return
    before, after = dict(one), dict(other)
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key) and key.startswith(_UNTOLD):
            yield label
            continue
        security = "security" in key or "check_option" in key
        if security and {before.get(key, ""), after.get(key, "")} <= _OFF:
            continue
        weight: Weight = "note" if key.startswith(_NOTES) and not security else "difference"
        yield from of_aspect(label, key, (before.get(key, ""), after.get(key, "")), weight)


def others(one: Other | None, other: Other | None) -> Found:
    """Compare what nothing looks into: what the same statements made is the same."""
    was, now = (
        f"{each.kind} {each.name}" if each is not None and each.statements else "" for each in (one, other)
    )
    if bool(was) != bool(now):
        yield from presence(was, now)
    elif one is not None and other is not None and one.statements != other.statements:
        yield was
    if bool(was) == bool(now):
        label = " ".join(next(each[:2] for each in (one, other) if each is not None))
        yield from properties(label, one.properties if one else (), other.properties if other else ())
