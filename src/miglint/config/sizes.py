"""The file of how large tables are, which `miglint stats` writes."""

import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from json import JSONDecodeError, dumps, loads

from miglint.config.file import read_bytes, toml
from miglint.config.limits import COUNT, RATE, read_count, read_rate
from miglint.config.values import Field, WrongValue, read_if, read_name, read_table, read_texts
from miglint.errors import ConfigError
from miglint.model import Name, Size, Sizes

LARGEST_FILE = 20_000_000
_flag = read_if(lambda value: isinstance(value, bool))

# fmt: off
_TABLE_FIELDS: tuple[Field, ...] = (
    Field("rows", COUNT, read_count, "", "The rows of the table."),
    Field("bytes", COUNT, read_count, "", "The bytes of the table, with what is stored out of line."),
    Field("index_bytes", COUNT, read_count, "", "The bytes of its indexes."),
    Field("indexes", COUNT, read_count, "", "The number of its indexes."),
    Field("reads", RATE, read_rate, "", "The scans that begin in a second."),
    Field("writes", RATE, read_rate, "", "The rows that are written in a second."),
    Field("hot", "true or false", _flag, "", "Whether the table is hot, whatever the numbers say."),
)
# fmt: on


def _tables(value: object) -> dict[Name, Size]:
    if not isinstance(value, Mapping):
        raise WrongValue
    sizes = read_table(value, [Field(key, "numbers in a table", _size, "", "") for key in value])
    found: dict[Name, Size] = {}
    for key, size in sizes.items():
        name = _name(key)
        if name in found:
            raise WrongValue(f"{name.display} is there twice", path=(key,))
        found[name] = size
    return found


def _name(key: str) -> Name:
    try:
        return read_name(key)
    except WrongValue as wrong:
        raise WrongValue("not the name of a table", wrong.hint, (key,)) from None


def _size(value: object) -> Size:
    if not isinstance(value, Mapping):
        raise WrongValue
    return Size(**read_table(value, _TABLE_FIELDS))


def sizes_in(path: str, today: date) -> Sizes:
    """Read a file of sizes. Raises `ConfigError`."""
    if not os.path.isfile(path):
        raise ConfigError(path, "not a file")
    return read_sizes(path, read_bytes(".", path, LARGEST_FILE), today)


def read_sizes(path: str, data: bytes, today: date) -> Sizes:
    """Read the text of a file of sizes, JSON where its name says so, else TOML. Raises `ConfigError`."""
    content = _content(path, data)
    if not isinstance(content, Mapping):
        raise ConfigError(path, "expected a table with date and tables", "`miglint stats --sql` writes one")

    def read_date(value: object) -> date:
        return _date(value, today)

    fields = (
        Field("date", "a date such as 2026-11-03", read_date, "", "The day of the numbers."),
        Field("server", "a string", read_if(lambda value: isinstance(value, str)), "", "What was measured."),
        Field("search_path", "a list of strings", read_texts, "", "Where names without a schema are found."),
        Field("tables", "a table from names to sizes", _tables, "", "The sizes."),
    )
    try:
        values = read_table(content, fields)
        for key in ("date", "tables"):
            if key not in values:
                raise WrongValue(f"no {key}", "`miglint stats --sql` writes it", (key,))
    except WrongValue as wrong:
        keys = ".".join(key if key.isidentifier() else dumps(key) for key in wrong.keys)
        raise ConfigError(path, f"{keys}: {wrong.message}", wrong.hint) from None
    day: date = values.pop("date")
    return Sizes(**values, date=day.isoformat(), age=max((today - day).days, 0), file=path)


def _date(value: object, today: date) -> date:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise WrongValue from None
    if isinstance(value, datetime):
        value = value.date()
    if not isinstance(value, date):
        raise WrongValue
    if value > today + timedelta(days=1):  # It is tomorrow elsewhere.
        raise WrongValue(f"{value.isoformat()} is in the future", f"today is {today.isoformat()}")
    return value


def _content(path: str, data: bytes) -> object:
    if not path.lower().endswith(".json"):
        return toml(path, data)[1]
    try:
        return loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}", "not UTF-8") from None
    except JSONDecodeError as error:
        raise ConfigError(f"{path}:{error.lineno}", f"not JSON: {error.msg}") from None
    except RecursionError:
        raise ConfigError(path, "nested too deeply") from None
    except ValueError:
        raise ConfigError(path, "not JSON: a number is too long") from None
