"""The names that a server gives to objects without one."""

from collections.abc import Callable
from itertools import count, filterfalse
from operator import attrgetter
from typing import NamedTuple

from miglint.model import Name, Schema, Table

SYSTEM_COLUMNS = frozenset(("ctid", "cmax", "cmin", "tableoid", "xmax", "xmin"))
"""Those that every table of PostgreSQL has."""

_LIMIT_BYTES = 63


class Naming(NamedTuple):
    """A dialect's automatic names, each a function of the schema, the table and the columns."""

    primary_key: Callable[[Schema, Name], str]
    unique: Callable[[Schema, Name, tuple[str, ...]], str]
    exclusion: Callable[[Schema, Name, tuple[str, ...]], str]
    plain_index: Callable[[Schema, Name, tuple[str, ...]], str]
    foreign_key: Callable[[Schema, Table, tuple[str, ...]], str]
    check: Callable[[Schema, Table, tuple[str, ...]], str]
    sequence: Callable[[Schema, Name, str], str]
    system_columns: frozenset[str] = frozenset()
    """Those that every table has, which may be in a check too."""


def object_name(first: str, second: str, label: str) -> str:
    """Join `first_second_label` within 63 bytes, cutting the longer part (makeObjectName)."""
    one, two = first.encode("utf-8", "surrogatepass"), second.encode("utf-8", "surrogatepass")
    room = _LIMIT_BYTES - (1 if two else 0) - (len(label) + 1 if label else 0)
    size_one, size_two = len(one), len(two)
    while size_one + size_two > room:
        if size_one > size_two:
            size_one -= 1
        else:
            size_two -= 1
    parts = [_clip(one, size_one), _clip(two, size_two), label]
    return "_".join(part for part in parts if part)


def _clip(text: bytes, size: int) -> str:
    return text[:size].decode("utf-8", "ignore")


def _free_relation(schema: Schema, table: Name, second: str, label: str) -> str:
    """Give the first of `..._label`, `..._label1`, ... that no relation of the table's schema has."""
    number = 0
    while True:
        name = object_name(table.name, second, f"{label}{number or ''}")
        if Name(table.schema, name) not in schema.relations:
            return name
        number = max(number + 1, schema.free_number(Name(table.schema, name)))


def _free_constraint(schema: Schema, table: Table, second: str, label: str) -> str:
    """Give the first of `..._label`, `..._label1`, ... that no constraint in the table's schema has."""
    own = set(map(attrgetter("name"), table.constraints))
    others = _alike(schema, table.name, second)

    def is_taken(name: str) -> bool:
        return name in own or schema.has_long_constraint(Name(table.name.schema, name)) or name in others

    first = object_name(table.name.name, second, label)
    if not is_taken(first):
        return first
    # The server counts from 1, and shortens the parts for each digit more.
    for digits in count(1):
        stem = object_name(table.name.name, second, label + "0" * digits)[:-digits]
        numbers = map(str, range(10 ** (digits - 1), 10**digits))
        found = next(filterfalse(is_taken, map(stem.__add__, numbers)), None)
        if found is not None:
            return found
    raise AssertionError  # There is always a number more.


def _alike(schema: Schema, table: Name, second: str) -> frozenset[str]:
    """The constraints of tables whose names end elsewhere: `a_b` and `c` make the same as `a` and `b_c`."""
    words = f"{table.name}_{second}".split("_")
    names = ("_".join(words[:end]) for end in range(1, len(words)))
    others = schema.tables_among(Name(table.schema, name) for name in names if name != table.name)
    return frozenset(constraint.name for other in others for constraint in other.constraints)


def _joined(columns: tuple[str, ...]) -> str:
    """Join the columns' names as far as the server reads them; equal names get numbers."""
    seen: list[str] = []
    for column in columns:
        name, number = column, 0
        while name in seen:
            number += 1
            suffix = str(number)
            name = _clip(column.encode("utf-8", "surrogatepass"), _LIMIT_BYTES - len(suffix)) + suffix
        seen.append(name)
    text = ""
    for name in seen:
        text = f"{text}_{name}" if text else name
        if len(text.encode("utf-8", "surrogatepass")) >= _LIMIT_BYTES + 1:
            break
    return text


postgres_naming = Naming(
    primary_key=lambda schema, table: _free_relation(schema, table, "", "pkey"),
    unique=lambda schema, table, columns: _free_relation(schema, table, _joined(columns), "key"),
    exclusion=lambda schema, table, columns: _free_relation(schema, table, _joined(columns), "excl"),
    plain_index=lambda schema, table, columns: _free_relation(schema, table, _joined(columns), "idx"),
    foreign_key=lambda schema, table, columns: _free_constraint(schema, table, _joined(columns), "fkey"),
    check=lambda schema, table, columns: _free_constraint(
        schema, table, columns[0] if len(columns) == 1 else "", "check"
    ),
    sequence=lambda schema, table, column: _free_relation(schema, table, column, "seq"),
    system_columns=SYSTEM_COLUMNS,
)


def part_words(part: str, of: Name) -> str:
    """Name a part of a relation."""
    return f"{part} of {of.display}"


def routine_words(name: Name, arguments: tuple[str, ...] | None) -> str:
    """Name a function, aggregate or procedure."""
    return f"{name}({', '.join(arguments or ())})"
