"""What counts as large, how fast a server works, and when a release goes back: the settings in numbers."""

from collections.abc import Mapping

from miglint.config.values import Field, WrongValue, in_words, read_if, read_table
from miglint.errors import did_you_mean
from miglint.model import Limits, Range, Rates, Thresholds

_MOST = 2**63
_UNITS = {"bytes": 1, "kB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}

read_count = read_if(lambda value: type(value) is int and 0 <= value < _MOST)
read_rate = read_if(lambda value: type(value) in (int, float) and 0 <= value < _MOST)
_seconds = read_if(lambda value: type(value) in (int, float) and 0 < value < _MOST)


def _space(value: object) -> int:
    """Read a number of bytes, or a text such as "10 MB"."""
    if type(value) is int and 0 <= value < _MOST:
        return value
    number, _, unit = value.partition(" ") if isinstance(value, str) else ("", "", "")
    if not (number.isascii() and number.isdigit()):
        raise WrongValue
    if unit not in _UNITS:
        raise WrongValue(f"expected a unit, {in_words(_UNITS)}, found {value!r}", did_you_mean(unit, _UNITS))
    return int(number) * _UNITS[unit]


def _range(value: object) -> Range:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise WrongValue
    low, high = value
    if any(type(end) not in (int, float) or not 0 < end < _MOST for end in (low, high)):
        raise WrongValue
    if low > high:
        raise WrongValue(f"the lower rate comes first, found {value!r}"[:80])
    return Range(float(low), float(high))


COUNT = "a whole number from 0"
RATE = "a number from 0"
_SECONDS = "a number above 0"
_TWO = "two numbers above 0, at worst and at best"

# fmt: off
LIMIT_FIELDS: tuple[Field, ...] = (
    Field("small", 'a number of bytes, or one with a unit as in "10 MB"', _space, '"10 MB"',
          "Up to this size no work on a table is reported, unless it is hot."),
    Field("cold", RATE, read_rate, "1",
          "Up to so many reads and writes a second a small table counts as one of `small_tables`."),
    Field("hot", RATE, read_rate, "100",
          "From so many reads and writes a second a table counts as one of `hot_tables`."),
    Field("age", COUNT, read_count, "90",
          "After so many days numbers are old: they still count, and messages and a warning say so."),
    Field("short", _SECONDS, _seconds, "1",
          "Seconds that queries can wait for: work that takes no longer at worst is a note."),
    Field("long", _SECONDS, _seconds, "30",
          "Seconds after which clients give up: work that takes longer at best is an error, and a warning if "
          "it takes less at worst."),
)
RATE_FIELDS: tuple[Field, ...] = (
    Field("scan", _TWO, _range, "[100, 3000]", "Megabytes of a table that are read in a second."),
    Field("rewrite", _TWO, _range, "[20, 150]", "Megabytes of a table that are copied in a second."),
    Field("index_build", _TWO, _range, "[100000, 3000000]", "Rows that a new index takes in in a second."),
    Field("update", _TWO, _range, "[5000, 100000]", "Rows that an UPDATE changes in a second."),
    Field("delete", _TWO, _range, "[20000, 1000000]", "Rows that a DELETE takes away in a second."),
)
PLAN_FIELDS: tuple[Field, ...] = (
    Field("error_rate", _SECONDS, _seconds, "1", "Percent of the requests that fail."),
    Field("latency", _SECONDS, _seconds, "2", "Times of the usual latency."),
    Field("minutes", _SECONDS, _seconds, "5", "Minutes for which the latency is that high."),
    Field("lock_wait", _SECONDS, _seconds, "30", "Seconds that sessions wait for a lock."),
)
# fmt: on


def read_thresholds(value: object) -> Thresholds:
    """Read the settings of when a release goes back."""
    if not isinstance(value, Mapping):
        raise WrongValue
    return Thresholds(**read_table(value, PLAN_FIELDS))


def read_limits(value: object) -> Limits:
    """Read the settings of what counts as small, hot, old, short and long."""
    if not isinstance(value, Mapping):
        raise WrongValue
    limits = Limits(**read_table(value, LIMIT_FIELDS))
    if limits.cold > limits.hot:
        raise WrongValue(f"cold ({limits.cold:g}) is more than hot ({limits.hot:g})")
    if limits.short > limits.long:
        raise WrongValue(f"short ({limits.short:g}) is longer than long ({limits.long:g})")
    return limits


def read_rates(value: object) -> Rates:
    """Read how much a server gets done in a second."""
    if not isinstance(value, Mapping):
        raise WrongValue
    return Rates(**read_table(value, RATE_FIELDS))
