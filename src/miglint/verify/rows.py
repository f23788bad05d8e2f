"""A few rows in every table, so that scans read and constraints are tested.

The k-th row of every table holds the same value for the same type: foreign keys fit without looking.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import psycopg

from miglint.model import quote
from miglint.verify.server import Connection

ROWS = 3
_MOST_ATTEMPTS = 40

_TABLES = """
SELECT c.oid::int8, format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.oid >= 16384 AND n.nspname !~ '^pg_'
ORDER BY c.oid
"""
_COLUMNS = """
SELECT a.attrelid::int8, a.attname, a.attnotnull OR t.typnotnull, a.atthasdef,
       a.attgenerated <> '', pg_catalog.format_type(a.atttypid, a.atttypmod),
       base.typname, greatest(a.atttypmod, base.modifier), base.typtype::text, base.typcategory::text,
       (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder)
        FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = base.oid),
       EXISTS (SELECT FROM pg_catalog.pg_index AS i
               WHERE i.indrelid = a.attrelid AND i.indisunique AND a.attnum = ANY(i.indkey))
       OR EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                  WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND a.attnum = ANY(k.conkey))
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
CROSS JOIN LATERAL (
    WITH RECURSIVE chain AS (
        SELECT t.oid, t.typname, t.typtype, t.typcategory, t.typbasetype, t.typtypmod AS modifier
        UNION ALL
        SELECT p.oid, p.typname, p.typtype, p.typcategory, p.typbasetype,
               greatest(p.typtypmod, chain.modifier)
        FROM chain JOIN pg_catalog.pg_type AS p ON p.oid = chain.typbasetype
    )
    SELECT * FROM chain WHERE typtype <> 'd'
) AS base
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = ANY(%s)
ORDER BY a.attrelid, a.attnum
"""
_CHECK = """
SELECT pg_catalog.pg_get_constraintdef(k.oid),
       ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute AS a
             WHERE a.attrelid = k.conrelid AND a.attnum = ANY(k.conkey))
FROM pg_catalog.pg_constraint AS k WHERE k.conname = %s AND (k.conrelid = %s::regclass OR k.contypid <> 0)
"""
_PARTITION_BOUNDS = """
SELECT string_agg(pg_catalog.pg_get_expr(c.relpartbound, c.oid), ' '),
       ARRAY(SELECT a.attname FROM pg_catalog.pg_partitioned_table AS p
             JOIN pg_catalog.pg_attribute AS a ON a.attrelid = p.partrelid
             WHERE p.partrelid = %(table)s::regclass AND a.attnum = ANY(p.partattrs))
FROM pg_catalog.pg_inherits AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = %(table)s::regclass
"""
_GENERATED = """
SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_catalog.format_type(a.atttypid, a.atttypmod),
       (SELECT min(e.enumlabel) FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = a.atttypid)
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attgenerated <> '' AND a.attrelid = %s::regclass
"""
_JSON_PATH = re.compile(r"->>? '(\w+)'|#>>? '(\{[\w,]+\})'")
_LITERAL = re.compile(r"'(?:[^']|'')*'|(?<![\w.])\d+(?:\.\d+)?(?![\w.])")

_TEXTS = {
    "text", "varchar", "bpchar", "name", "citext", "char", "ltree", "hstore", "geometry", "geography",
}  # fmt: skip
_WHOLE_NUMBERS = {"int2", "int4", "int8", "oid", "numeric", "float4", "float8", "money"}
_FORMATS = {
    "bool": "true",
    "uuid": "00000000-0000-4000-8000-0000000{k:05d}",
    "json": "{{}}",
    "jsonb": "{{}}",
    "bytea": "\\x{k:06d}",
    "date": "2020-01-{d:02d}",
    "timestamp": "2020-01-{d:02d} 00:00:00",
    "timestamptz": "2020-01-{d:02d} 00:00:00+00",
    "time": "0{d}:00:00",
    "timetz": "0{d}:00:00+00",
    "interval": "{d} days",
    "inet": "10.0.0.{d}",
    "cidr": "10.0.0.{d}/32",
    "macaddr": "08:00:2b:00:00:0{d}",
    "point": "({d},{d})",
    "box": "((0,0),({d},{d}))",
    "tsvector": "r{d}",
    "tsquery": "r{d}",
    "xml": "<r/>",
    "pg_lsn": "0/{d}",
    "jsonpath": "$",
    "regclass": "pg_class",
    "regtype": "int4",
}


class Column(NamedTuple):
    """`base` is the type below all domains, `modifier` its typmod.

    `key`: it is part of a unique index or a foreign key.
    """

    name: str
    required: bool
    has_default: bool
    type: str
    base: str
    modifier: int
    base_kind: str
    category: str
    labels: tuple[str, ...]
    key: bool


class Filled(NamedTuple):
    """Tables by oid: those that were given rows, and why others stayed empty."""

    with_rows: frozenset[int] = frozenset()
    left_empty: Mapping[int, str] = {}

    def without(self, oids: Iterable[int]) -> "Filled":
        """Forget tables, so that the next `fill` tries them again."""
        return self._replace(with_rows=self.with_rows - frozenset(oids))


def fill(connection: Connection, known: Filled, rows: int = ROWS) -> Filled:
    """Put rows into every table not in `known`; in a transaction or in autocommit mode."""
    tables = {
        oid: name
        for oid, name in connection.execute(_TABLES)
        if oid not in known.with_rows and oid not in known.left_empty
    }
    if not tables:
        return known
    connection.execute("SET session_replication_role = replica; SET search_path = public")
    with_rows, left_empty = set(known.with_rows), dict(known.left_empty)
    described = _columns(connection, list(tables))
    for oid, name in tables.items():
        if problem := _fill_table(connection, name, described[oid], rows):
            left_empty[oid] = f"{name}: {problem}"
        else:
            with_rows.add(oid)
    connection.execute("RESET session_replication_role; RESET search_path")
    return Filled(frozenset(with_rows), left_empty)


def tables(connection: Connection) -> list[str]:
    """Give all tables by their quoted names."""
    return [name for _, name in connection.execute(_TABLES)]


def without_rows(connection: Connection, oids: Iterable[int]) -> list[int]:
    """Give those of the tables that hold no row."""
    known: dict[int, str] = dict(connection.execute(_TABLES).fetchall())
    wanted = [oid for oid in oids if oid in known]
    if not wanted:
        return []
    parts = (f"SELECT {oid} WHERE NOT EXISTS (SELECT FROM {known[oid]})" for oid in wanted)
    return [oid for (oid,) in connection.execute(" UNION ALL ".join(parts))]


def make_null(connection: Connection, oids: Iterable[int]) -> None:
    """Set all columns of the last row to NULL that may be, no key among them; who refuses it, keeps it."""
    known: dict[int, str] = dict(connection.execute(_TABLES).fetchall())
    wanted = [oid for oid in oids if oid in known]
    connection.execute("SET session_replication_role = replica")
    for oid, columns in _columns(connection, wanted).items():
        names = [quote(c.name) for c in columns if not (c.required or c.key)]
        if not names:
            continue
        row = f"SELECT tableoid, ctid FROM {known[oid]} ORDER BY tableoid, ctid DESC LIMIT 1"
        nulls = ", ".join(f"{name} = NULL" for name in names)
        try:
            with connection.transaction():
                connection.execute(f"UPDATE {known[oid]} SET {nulls} WHERE (tableoid, ctid) = ({row})")
        except psycopg.Error:
            continue
    connection.execute("RESET session_replication_role")


def fill_nulls(connection: Connection, table: str, column: str) -> None:
    """Put a value in place of each NULL of a column, if the table is there."""
    row = connection.execute("SELECT to_regclass(%s)::oid::int8", [table]).fetchone()
    columns = _columns(connection, [row[0]])[row[0]] if row and row[0] is not None else []
    for each in columns:
        if each.name == column:
            name = quote(column)
            try:
                with connection.transaction():
                    connection.execute(f"UPDATE {table} SET {name} = {value(each, 1)} WHERE {name} IS NULL")
            except psycopg.Error:
                return


def value(column: Column, k: int) -> str:
    """Give an SQL literal for row k, counted from 1; NULL when the type is unknown and NULL allowed."""
    text = _text(column, k)
    if text is None:
        return f"'{k}'::{column.type}" if column.required else "NULL"
    return "'" + text.replace("'", "''") + f"'::{column.type}"


def _text(column: Column, k: int) -> str | None:
    base, modifier = column.base, column.modifier
    if column.base_kind == "e":
        return column.labels[(k - 1) % len(column.labels)] if column.labels else None
    if column.category == "A":
        return "{}"
    if column.base_kind in "rm":
        return "empty" if column.base_kind == "r" else "{}"
    if base in _TEXTS:
        digits = str(30000 + k)
        width = 1 if base == "char" else modifier - 4 if modifier > 4 else len(digits)
        return digits[-width:]
    if base in _WHOLE_NUMBERS:
        return str(k if base == "numeric" and _integer_digits(modifier) < 5 else 30000 + k)
    if base in ("bit", "varbit"):
        return ("1" * k).rjust(modifier if modifier > 0 else 1, "0")[-max(modifier, 1) :]
    if base in ("vector", "halfvec"):
        return "[" + ",".join([str(k)] * max(modifier, 1)) + "]"
    return _FORMATS[base].format(k=30000 + k, d=k) if base in _FORMATS else None


def _integer_digits(modifier: int) -> int:
    """Digits before the point of numeric(precision, scale), from its typmod."""
    if modifier < 4:
        return 99
    precision, scale = (modifier - 4) >> 16, (modifier - 4) & 0x7FF
    return precision - scale


def _columns(connection: Connection, tables: Sequence[int]) -> dict[int, list[Column]]:
    found: dict[int, list[Column]] = {oid: [] for oid in tables}
    for oid, name, required, default, generated, *rest in connection.execute(_COLUMNS, [tables]):
        if not generated:
            shown, base, modifier, base_kind, category, labels, key = rest
            column = Column(
                name, required, default, shown, base, modifier, base_kind, category, tuple(labels or ()), key
            )
            found[oid].append(column)
    return found


def _fill_table(connection: Connection, table: str, columns: list[Column], rows: int) -> str:
    """Insert rows; give "" or the last error. Refused values are replaced by what the refusal suggests."""
    chosen = {
        column.name: [value(column, k) for k in range(1, rows + 1)]
        for column in columns
        if not column.has_default or column.key
    }
    attempts: list[dict[str, list[str]]] = [chosen]
    seen_constraints: set[str] = set()
    problem = ""
    for attempt in range(_MOST_ATTEMPTS):
        if attempt >= len(attempts):
            break
        try:
            with connection.transaction():
                connection.execute(_insert(table, attempts[attempt], rows))
        except psycopg.Error as error:
            problem = str(error).splitlines()[0]
            reason = error.diag.constraint_name or error.sqlstate or ""
            if reason not in seen_constraints:
                seen_constraints.add(reason)
                variants = list(_variants(connection, error, table, columns, attempts[attempt], rows))
                attempts[attempt + 1 : attempt + 1] = variants
        else:
            return ""
    return problem


def _insert(table: str, chosen: Mapping[str, Sequence[str]], rows: int) -> str:
    if not chosen:
        return f"INSERT INTO {table} DEFAULT VALUES"
    names = ", ".join(map(quote, chosen))
    lines = ", ".join("(" + ", ".join(values[k] for values in chosen.values()) + ")" for k in range(rows))
    return f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE VALUES {lines} ON CONFLICT DO NOTHING"


def _variants(
    connection: Connection,
    error: psycopg.Error,
    table: str,
    columns: list[Column],
    chosen: Mapping[str, list[str]],
    rows: int,
) -> Iterator[dict[str, list[str]]]:
    """Give other values to try after an error, likeliest first."""
    by_name = {column.name: column for column in columns}
    if error.sqlstate == "23514":
        definition, tested = _suggested(connection, error, table)
        domain = error.diag.datatype_name
        suspects = [by_name[name] for name in tested if name in by_name]
        suspects = suspects or [c for c in columns if domain is None or _bare(c.type) == domain] or columns
        yield from _passing(definition, suspects, chosen, rows)
    if documents := _documents(connection, table, columns):
        yield {**chosen, **{name: [text] * rows for name, text in documents.items()}}
    optional = {c.name: ["NULL"] * rows for c in columns if not c.required and not c.key}
    if optional:
        yield {**chosen, **{name: nulls for name, nulls in optional.items() if name in chosen}}
    yield {name: ["NULL"] * rows if not by_name[name].required else chosen[name] for name in chosen}
    texts = {name: [f"'{k}.0.0'" for k in range(1, rows + 1)] for name in chosen if _is_text(by_name[name])}
    yield {**chosen, **texts}


def _bare(shown: str) -> str:
    return shown.rpartition(".")[2].strip('"')


def _is_text(column: Column) -> bool:
    return column.category == "S" and column.required


def _passing(
    definition: str, suspects: Sequence[Column], chosen: Mapping[str, list[str]], rows: int
) -> Iterator[dict[str, list[str]]]:
    """Give values that may pass a CHECK: its own literals, texts of its lengths, one column of many."""
    literals = list(dict.fromkeys(_LITERAL.findall(definition)))[:6]
    for column in suspects:
        for values in _candidates(column, definition, literals, rows):
            alike = (each.name for each in suspects if each.type == column.type)
            yield {**chosen, column.name: values}
            yield {**chosen, **dict.fromkeys(alike, values)}
    optional = [column.name for column in suspects if not column.required]
    for kept in (*optional, None) if len(optional) > 1 else ():
        yield {**chosen, **{name: ["NULL"] * rows for name in optional if name != kept}}
    for name in optional:
        yield {**chosen, name: ["NULL"] * rows}
    for number in ("1", "0", "100"):
        numeric = {c.name: [number] * rows for c in suspects if c.category == "N"}
        if numeric:
            yield {**chosen, **numeric}


def _candidates(column: Column, definition: str, literals: Sequence[str], rows: int) -> Iterator[list[str]]:
    """Give values of one column: texts of the lengths in a CHECK, then the literals in it."""
    lengths = [int(text) for text in literals if text.isdecimal() and int(text) < 1000]
    if "length" in definition and (column.base in _TEXTS or column.base == "bytea"):
        shown = "bytea" if column.base == "bytea" else column.type
        for length in (*lengths, *(each + 1 for each in lengths)):
            yield [f"repeat('{k}', {length})::{shown}" for k in range(1, rows + 1)]
    for literal in literals:
        quoted = literal if literal.startswith("'") else f"'{literal}'"
        yield [f"{quoted}::{column.type}"] * rows


def _documents(connection: Connection, table: str, columns: Sequence[Column]) -> dict[str, str]:
    """Give JSON with the keys that generated columns take out of a JSON column."""
    generated = connection.execute(_GENERATED, [table]).fetchall()
    found: dict[str, str] = {}
    for column in columns:
        if column.base not in ("json", "jsonb"):
            continue
        document: dict[str, object] = {}
        for expression, shown, label in generated:
            for path in _JSON_PATH.findall(expression):
                _put(document, next(filter(None, path)).strip("{}").split(","), _sample(shown, label))
        if document:
            found[column.name] = "'" + json.dumps(document).replace("'", "''") + "'"
    return found


def _put(document: dict[str, object], path: Sequence[str], leaf: object) -> None:
    for key in path[:-1]:
        inner = document.setdefault(key, {})
        if not isinstance(inner, dict):
            return
        document = inner
    document[path[-1]] = leaf


def _sample(shown: str, label: str | None) -> object:
    """Give a JSON value that can become a column of that type."""
    if label is not None:
        return label
    if shown == "boolean":
        return True
    if shown.startswith(("timestamp", "date")):
        return "2020-01-01T00:00:00Z"
    return 1


def _suggested(connection: Connection, error: psycopg.Error, table: str) -> tuple[str, list[str]]:
    """Give the text of the refusing CHECK or of the partition bounds, and the columns they test."""
    if error.diag.constraint_name:
        row = connection.execute(_CHECK, [error.diag.constraint_name, table]).fetchone()
    else:
        row = connection.execute(_PARTITION_BOUNDS, {"table": table}).fetchone()
    return (row[0] or "", list(row[1])) if row else ("", [])
