"""All rows of a database as the server writes them, and what of them is gone."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from miglint.model import quote
from miglint.verify.server import Connection

_COLUMNS = """
SELECT format('%I.%I', n.nspname, c.relname), c.relkind = 'p',
       array_agg(a.attname::text ORDER BY a.attname) FILTER (WHERE a.attname IS NOT NULL)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.oid >= 16384 AND n.nspname !~ '^pg_'
GROUP BY 1, 2
"""
_AT_ONCE = 50
"""Tables that one query reads."""

Row = tuple[str | None, ...]


class Rows(NamedTuple):
    """The rows of a table; their values are in the order of `columns`."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def of(self, columns: tuple[str, ...]) -> "Counter[Row]":
        """Count the rows by what stands in some columns."""
        places = [self.columns.index(column) for column in columns]
        return Counter(tuple(row[place] for place in places) for row in self.rows)


Contents = Mapping[str, Rows]
"""Rows by table."""


def contents(connection: Connection) -> Contents:
    """Read all rows of all tables."""
    tables = {name: (whole, tuple(columns or ())) for name, whole, columns in connection.execute(_COLUMNS)}
    found: dict[str, list[Row]] = {name: [] for name in tables}
    names = list(tables)
    for first in range(0, len(names), _AT_ONCE):
        parts = [
            f"SELECT {at}, ARRAY[{', '.join(f'{quote(c)}::text' for c in tables[name][1])}]::text[]"
            f" FROM {'' if tables[name][0] else 'ONLY '}{name}"
            for at, name in enumerate(names[first : first + _AT_ONCE], first)
        ]
        for at, row in connection.execute(" UNION ALL ".join(parts)):
            found[names[at]].append(tuple(row))
    return {name: Rows(tables[name][1], tuple(rows)) for name, rows in found.items()}


def lost(before: Contents, after: Contents) -> tuple[str, ...]:
    """Say what was there before and is gone, in words; rows that came are no loss."""
    return tuple(_lost(before, after))


def _lost(before: Contents, after: Contents) -> Iterator[str]:
    for name, old in before.items():
        if not old.rows:
            continue
        new = after.get(name)
        if new is None:
            yield f"all rows of {name}"
            continue
        for column in old.columns:
            if column not in new.columns and any(value[0] is not None for value in old.of((column,))):
                yield f"the values of {name}.{quote(column)}"
        common = tuple(column for column in old.columns if column in new.columns)
        missing = old.of(common) - new.of(common)
        if not missing:
            continue
        others = tuple(column for column in common if old.of((column,)) - new.of((column,)))
        if len(new.rows) >= len(old.rows) and others != common:
            yield from (f"values of {name}.{quote(column)}" for column in others or common)
        else:
            yield f"{sum(missing.values())} rows of {name}"
