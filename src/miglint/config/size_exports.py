"""Exports of `pg_class`, `pg_namespace` and `pg_stat_user_tables` as CSV, which tell how large tables are.

For those who may not run a query of ours on the server, but have what others run.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from io import StringIO
from typing import NamedTuple

from miglint.errors import ConfigError
from miglint.model import Name, Size, Sizes

LARGEST_EXPORT = 200_000_000
_PAGE = 8192
_FIXED = {"11": "pg_catalog", "99": "pg_toast", "2200": "public"}
"""The schemas that have the same number on every server."""
_SYSTEM = ("pg_catalog", "pg_toast", "information_schema")
_TABLES = ("r", "m", "p")


class Export(NamedTuple):
    """The tables of some exports, and how many more there are in schemas whose names are not known."""

    tables: dict[Name, Size]
    nameless: int = 0


class _Row(NamedTuple):
    """A row of an export; `place` is its file and line."""

    place: str
    values: Mapping[str, str]

    def number(self, *keys: str) -> float | None:
        """Give the sum of columns; None where one is not there, or below 0, which means "unknown"."""
        total = 0.0
        for key in keys:
            text = self.values.get(key, "")
            if not text:
                return None
            try:
                value = float(text)
            except ValueError:
                raise ConfigError(self.place, f"{key}: expected a number, found {text[:60]!r}") from None
            if not -1 <= value < 2**63:
                raise ConfigError(self.place, f"{key}: expected a number from 0, found {text[:60]}")
            if value < 0:
                return None
            total += value
        return total

    @property
    def oid(self) -> str:
        return self.values.get("relid") or self.values.get("oid") or ""


def read_exports(files: Mapping[str, bytes], seconds: float | None) -> Export:
    """Put exports together; `seconds` is how long uses have been counted. Raises `ConfigError`."""
    rows = [row for path, data in files.items() for row in _rows(path, data)]
    schemas = dict(_FIXED)
    schemas.update((r.oid, r.values["nspname"]) for r in rows if "nspname" in r.values and r.oid)
    counted = {
        row.oid or (row.values["schemaname"], row.values["relname"]): row for row in rows if _is_stat(row)
    }
    known = {row.oid: row.values["schemaname"] for row in counted.values() if row.oid}
    classes = [row for row in rows if "reltuples" in row.values and row.values.get("relname")]
    stored = {row.oid: row for row in classes if row.oid}
    tables: dict[Name, Size] = {}
    nameless = 0
    for row in classes:
        if row.values.get("relkind", "r") not in _TABLES or row.values.get("relpersistence") == "t":
            continue
        namespace = row.values.get("relnamespace", "")
        schema = schemas.get(namespace) or known.get(row.oid) or ("" if namespace.isdigit() else namespace)
        if not schema:
            nameless += 1
        elif not _is_system(schema):
            name = Name(schema.strip('"'), row.values["relname"])
            stat = counted.pop(row.oid, None) or counted.pop((name.schema, name.name), None)
            tables[name] = _size(row, stat, stored.get(row.values.get("reltoastrelid", "")), seconds)
    for row in counted.values():
        if not _is_system(row.values["schemaname"]):
            tables[Name(row.values["schemaname"], row.values["relname"])] = _size(None, row, None, seconds)
    return Export(tables, nameless)


def _is_system(schema: str) -> bool:
    return schema in _SYSTEM or schema.startswith(("pg_temp_", "pg_toast_"))


def _is_stat(row: _Row) -> bool:
    return "n_live_tup" in row.values and bool(row.values.get("schemaname") and row.values.get("relname"))


def _size(row: _Row | None, stat: _Row | None, aside: _Row | None, seconds: float | None) -> Size:
    """Give a size by the rows in pg_class and pg_stat_user_tables, and by that of what is stored `aside`."""
    estimates = (row and row.number("reltuples"), stat and stat.number("n_live_tup"))
    rows = max(filter(None, estimates), default=None)
    pages = row.number("relpages") if row is not None and row.values.get("relkind") != "p" else None
    more = aside.number("relpages") or 0 if aside is not None else 0
    space = (pages + more) * _PAGE if pages else None  # Before the first VACUUM or ANALYZE it is 0.
    reads = stat.number("seq_scan") if stat is not None else None
    if stat is not None and reads is not None:
        reads += stat.number("idx_scan") or 0  # NULL without an index.
    writes = stat.number("n_tup_ins", "n_tup_upd", "n_tup_del") if stat is not None else None
    return Size(
        rows=None if rows is None else int(rows),
        bytes=None if space is None else int(space),
        reads=None if reads is None or seconds is None else round(reads / seconds, 2),
        writes=None if writes is None or seconds is None else round(writes / seconds, 2),
    )


def _rows(path: str, data: bytes) -> Iterator[_Row]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}", "not UTF-8") from None
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    header: list[str] = []
    try:
        for values in reader:
            if not header:
                header = [column.strip().lower() for column in values]
                _check(path, header)
            elif len(values) != len(header):
                found = f"{len(values)} values for {len(header)} columns"
                raise ConfigError(f"{path}:{reader.line_num}", found)
            else:
                yield _Row(f"{path}:{reader.line_num}", dict(zip(header, values, strict=True)))
    except csv.Error as error:
        raise ConfigError(f"{path}:{reader.line_num}", f"not CSV: {error}") from None
    if not header:
        raise ConfigError(path, "empty")


def _check(path: str, header: list[str]) -> None:
    wanted = ({"relname", "reltuples"}, {"nspname", "oid"}, {"schemaname", "relname", "n_live_tup"})
    if not any(columns <= set(header) for columns in wanted):
        hint = "the first line names the columns: COPY (SELECT ...) TO STDOUT (FORMAT csv, HEADER)"
        names = ", ".join(header)[:80]
        raise ConfigError(
            path, f"no export of pg_class, pg_namespace or pg_stat_user_tables, with columns {names}", hint
        )


def dated(export: Export, day: date) -> Sizes:
    """Give the sizes of an export that was made on a day."""
    return Sizes(export.tables, date=day.isoformat(), server="exports of the catalog")
