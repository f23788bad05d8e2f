"""How the next migration is called: the number goes on in the style of the newest, and so does the name."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from miglint.model.migration import History
from miglint.text.lazy import expression

if TYPE_CHECKING:
    from datetime import datetime, timedelta

_NUMBERED = expression(
    r"(?P<prefix>[^\d/]*)"
    r"(?P<number>\d{4}[.-]\d\d[.-]\d\d[T-]\d\d[.]?\d\d[.]?\d\d(?:-\d{4})?|\d+)"
    r"(?P<joint>[^0-9A-Za-z]*)(?P<name>.*)",
    re.DOTALL,
)
_FORMATS = {14: "%Y%m%d%H%M%S", 12: "%Y%m%d%H%M", 8: "%Y%m%d"}
_MILLISECONDS, _SECONDS = 13, 10


class Stem(NamedTuple):
    """What a new migration is called: the number, what joins it to the name, and the name.

    `at` is its place in the row of new ones, `before` what the newest is called that was there already.
    """

    at: int
    prefix: str
    number: str
    joint: str
    name: str
    before: str = ""

    @property
    def text(self) -> str:
        """The whole."""
        return f"{self.prefix}{self.number}{self.joint}{self.name}"


def following(
    history: History, names: Sequence[str], now: "datetime | None", dots: str = ""
) -> Iterator[Stem]:
    """Call new migrations in a row so that they come after all that are there.

    `now` is for tools that number by time; without it the next moment after the newest is taken.
    `dots` are the characters between the parts of a version, such as 1.10; "" where it is one number.
    """
    pattern = _versioned(dots) if dots else _NUMBERED
    ids = [
        posixpath.basename(one.id) for one in history.migrations if not one.repeatable and not one.baseline
    ]
    found = [match for id_ in ids if (match := pattern.fullmatch(id_))]
    newest = found[-1] if found else None
    number = newest["number"] if newest else ""
    for at, name in enumerate(names):
        next_ = _next(number, at, now, [match["number"] for match in found]) if number else _first(at, now)
        joint = (newest["joint"] if newest else "") or "_"
        yield Stem(
            at,
            newest["prefix"] if newest else "",
            next_,
            joint,
            _spelled(name, [match["name"] for match in found]),
            newest.group() if newest else "",
        )


def _versioned(dots: str) -> "re.Pattern[str]":
    between = re.escape(dots)
    number = rf"\d+(?:[{between}]\d+)*"
    return re.compile(
        rf"(?P<prefix>[^\d/]*)(?P<number>{number})(?P<joint>[^0-9A-Za-z]*)(?P<name>.*)", re.DOTALL
    )


def _spelled(name: str, others: Sequence[str]) -> str:
    """Join the words of a name as those of the others are joined."""
    dashes = sum("-" in other and "_" not in other for other in others)
    lines = sum("_" in other for other in others)
    return re.sub(r"\W+", "-" if dashes > lines else "_", name.strip()).strip("-_") or "migration"


def _first(at: int, now: "datetime | None") -> str:
    if now is None:
        return str(at + 1)
    from datetime import timedelta

    return (now + timedelta(seconds=at)).strftime(_FORMATS[14])


def _next(number: str, at: int, now: "datetime | None", others: Sequence[str]) -> str:
    digits = re.sub(r"\D", "", number)
    newest = _moment(digits)
    parts = re.fullmatch(r"(.*[._])(\d+)", number) if newest is None or "_" in number else None
    if parts is not None:
        return f"{parts[1]}{str(int(parts[2]) + 1 + at).zfill(len(parts[2]))}"
    if newest is not None:
        moment = max(newest + _step(digits), now or newest) + at * _step(digits)
        return _like(number, _stamp(moment, digits))
    size = len(digits)
    if size in (_MILLISECONDS, _SECONDS) and digits[0] == "1":
        unit = 1000 if size == _MILLISECONDS else 1
        clock = int(now.timestamp() * unit) if now else 0
        return str(max(int(digits) + unit, clock) + at * unit)
    step = _stride([int(re.sub(r"\D", "", other)) for other in others[-4:]])
    return str(int(digits) + step * (at + 1)).zfill(size)


def _stride(numbers: Sequence[int]) -> int:
    """Give 10 where numbers go by tens, to leave room between them."""
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    return 10 if len(numbers) > 1 and steps == {10} else 1


def _moment(number: str) -> "datetime | None":
    """Read a number that is a date and a time; only from this century they are taken for one."""
    digits = re.sub(r"\D", "", number)
    size = next((size for size in _FORMATS if len(digits) >= size), 0)
    if not size or not digits.startswith("20") or (len(digits) > size and size < max(_FORMATS)):
        return None
    from datetime import datetime, timezone

    try:
        return datetime.strptime(digits[:size], _FORMATS[size]).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def _step(digits: str) -> "timedelta":
    from datetime import timedelta

    return {12: timedelta(minutes=1), 8: timedelta(days=1)}.get(len(digits), timedelta(seconds=1))


def _stamp(moment: "datetime", digits: str) -> str:
    size = next(size for size in _FORMATS if len(digits) >= size)
    return moment.strftime(_FORMATS[size]).ljust(len(digits), "0")


def _like(number: str, digits: str) -> str:
    """Put digits where a number has its own."""
    rest = iter(digits)
    return "".join(next(rest) if char.isdigit() else char for char in number)
