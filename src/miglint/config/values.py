"""Readers of the values of a settings file: each gives a typed value, or says what is wrong with one."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from miglint.errors import did_you_mean
from miglint.model import DEFAULT_SCHEMA, Name


class WrongValue(Exception):
    """A value is not what its key takes; `path` leads from the outermost key to the wrong part.

    It never leaves this package: `ConfigError` and `UsageError` say where the value came from.
    """

    def __init__(self, message: str = "", hint: str = "", path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the path, without the numbers that count tables."""
        return tuple(part for part in self.path if isinstance(part, str))


def read_if(accepts: Callable[[Any], bool]) -> Callable[[object], object]:
    """Give a reader of what is accepted."""

    def read(value: object) -> object:
        if not accepts(value):
            raise WrongValue
        return value

    return read


def read_texts(value: object) -> tuple[str, ...]:
    """Read a list of strings that are not empty."""
    if isinstance(value, str):
        raise WrongValue(hint=f'write ["{value}"]')
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
        raise WrongValue
    return tuple(value)


def in_words(choices: Iterable[str]) -> str:
    """List what there is to choose from."""
    *first, last = (f'"{choice}"' for choice in choices)
    return f"{', '.join(first)} or {last}"


def read_one_of(*choices: str) -> Callable[[object], str]:
    """Give a reader of one of these words."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            near = did_you_mean(value, choices) if isinstance(value, str) else ""
            raise WrongValue(f"expected {in_words(choices)}, found {shown(value)}", near)
        return value

    return read


_PART = r'("(?:[^"]|"")+"|[^".]+)'
_TABLE_NAME = rf"(?:{_PART}\.)?{_PART}"


def read_name(text: str) -> Name:
    """Read the name of a table, as `table` or `schema.table`, spelled as the server stores it."""
    match = re.fullmatch(_TABLE_NAME, text)
    if match is None:
        raise WrongValue(hint=f"{text!r} is not the name of a table")
    schema, table = (
        part[1:-1].replace('""', '"') if part and part.startswith('"') else part for part in match.groups()
    )
    return Name(schema or DEFAULT_SCHEMA, table)


def shown(value: object) -> str:
    """Show a value that is wrong."""
    return str(value).lower() if isinstance(value, bool) else repr(value)[:60]


class Field(NamedTuple):
    """A key of the configuration: what it takes, its default in TOML ("" for none), what it does."""

    key: str
    type: str
    read: Callable[[object], object]
    default: str
    sentence: str


def read_table(table: Mapping[str, object], fields: Iterable[Field]) -> dict[str, Any]:
    """Give the typed values of a table; raises `WrongValue`."""
    known = {field.key: field for field in fields}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise WrongValue("unknown key", did_you_mean(key, tuple(known)), (key,))
        try:
            values[key] = known[key].read(value)
        except WrongValue as wrong:
            message = wrong.message or f"expected {known[key].type}, found {shown(value)}"
            raise WrongValue(message, wrong.hint, (key, *wrong.path)) from None
    return values
