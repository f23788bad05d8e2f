"""The real schema, read from pg_catalog, in the form of `miglint schema --output-format json`."""

from collections.abc import Iterable
from typing import TypedDict

from miglint.verify.server import Connection


class Column(TypedDict):
    name: str
    type: str
    nullable: bool
    default: str | None


class Key(TypedDict):
    name: str
    columns: list[str]


class ForeignKey(TypedDict):
    name: str
    columns: list[str]
    references: str
    referenced_columns: list[str]
    valid: bool


class Check(TypedDict):
    name: str
    columns: list[str]
    valid: bool


class Index(TypedDict):
    name: str
    unique: bool
    columns: list[str]
    method: str
    valid: bool


class Table(TypedDict):
    columns: list[Column]
    primary_key: Key | None
    unique: list[Key]
    foreign_keys: list[ForeignKey]
    checks: list[Check]
    indexes: list[Index]


class Namespace(TypedDict):
    tables: dict[str, Table]
    enums: dict[str, list[str]]
    views: list[str]
    materialized_views: list[str]
    sequences: list[str]


class Dump(TypedDict):
    schemas: dict[str, Namespace]


_OWN = """
  AND n.nspname !~ '^pg_(toast|temp)' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
                  WHERE d.classid = {catalog!r}::regclass AND d.objid = {oid} AND d.deptype = 'e')
"""
_OWN_RELATION = _OWN.format(catalog="pg_class", oid="c.oid")
_SCHEMAS = f"""
SELECT n.nspname FROM pg_catalog.pg_namespace AS n
WHERE true {_OWN.format(catalog="pg_namespace", oid="n.oid")} ORDER BY n.nspname
"""
_RELATIONS = f"""
SELECT n.nspname, c.relname, c.relkind::text, c.oid::int8
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') {_OWN_RELATION}
ORDER BY n.nspname, c.relname
"""
_COLUMNS = """
SELECT a.attrelid::int8, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid)
FROM pg_catalog.pg_attribute AS a
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid = ANY(%s)
ORDER BY a.attrelid, a.attnum
"""
_CONSTRAINTS = """
SELECT k.conrelid::int8, k.conname, k.contype::text, k.convalidated,
       ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS key (number, place)
             JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = key.number
             ORDER BY key.place),
       CASE WHEN k.confrelid <> 0 THEN (
           SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class AS c
           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = k.confrelid) END,
       ARRAY(SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY AS key (number, place)
             JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = key.number
             ORDER BY key.place)
FROM pg_catalog.pg_constraint AS k
LEFT JOIN pg_catalog.pg_constraint AS parent ON parent.oid = k.conparentid
WHERE k.contype IN ('p', 'u', 'f', 'c') AND k.conrelid = ANY(%s)
  AND parent.conrelid IS DISTINCT FROM k.conrelid
ORDER BY k.conrelid, k.conname
"""
_INDEXES = """
SELECT i.indrelid::int8, c.relname, i.indisunique, m.amname, i.indisvalid,
       ARRAY(SELECT coalesce((SELECT a.attname FROM pg_catalog.pg_attribute AS a
                              WHERE a.attrelid = i.indrelid AND a.attnum = key.number AND key.number > 0),
                             pg_catalog.pg_get_indexdef(i.indexrelid, key.place::int, true))
             FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS key (number, place)
             WHERE key.place <= i.indnkeyatts ORDER BY key.place)
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
WHERE i.indrelid = ANY(%s)
ORDER BY i.indrelid, c.relname
"""
_ENUMS = f"""
SELECT n.nspname, t.typname,
       ARRAY(SELECT e.enumlabel FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid
             ORDER BY e.enumsortorder)
FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
WHERE t.typtype = 'e' {_OWN.format(catalog="pg_type", oid="t.oid")}
ORDER BY n.nspname, t.typname
"""


def dump(connection: Connection) -> Dump:
    """Read every schema that is not the server's own; what extensions brought is left out."""
    with connection.transaction():
        connection.execute("SET LOCAL search_path = public")
        schemas = {name: _empty() for (name,) in connection.execute(_SCHEMAS)}
        tables: dict[int, Table] = {}
        for schema, name, kind, oid in connection.execute(_RELATIONS).fetchall():
            space = schemas.setdefault(schema, _empty())
            if kind == "v":
                space["views"].append(name)
            elif kind == "S":
                space["sequences"].append(name)
            else:
                table = _new_table()
                tables[oid] = table
                if kind == "m":
                    space["materialized_views"].append(name)
                else:
                    space["tables"][name] = table
        _describe(connection, tables)
        for schema, name, labels in connection.execute(_ENUMS):
            schemas.setdefault(schema, _empty())["enums"][name] = list(labels)
    return {"schemas": schemas}


def _empty() -> Namespace:
    return {"tables": {}, "enums": {}, "views": [], "materialized_views": [], "sequences": []}


def _new_table() -> Table:
    return {
        "columns": [],
        "primary_key": None,
        "unique": [],
        "foreign_keys": [],
        "checks": [],
        "indexes": [],
    }


def _describe(connection: Connection, tables: dict[int, Table]) -> None:
    """Fill in columns, constraints and indexes."""
    oids = list(tables)
    for oid, name, shown, nullable, default in connection.execute(_COLUMNS, [oids]):
        tables[oid]["columns"].append({"name": name, "type": shown, "nullable": nullable, "default": default})
    for oid, name, kind, valid, columns, references, referenced in connection.execute(_CONSTRAINTS, [oids]):
        _add_constraint(tables[oid], name, kind, valid, columns, references, referenced)
    for oid, name, unique, method, valid, columns in connection.execute(_INDEXES, [oids]):
        tables[oid]["indexes"].append(
            {"name": name, "unique": unique, "columns": list(columns), "method": method, "valid": valid}
        )


def _add_constraint(
    table: Table,
    name: str,
    kind: str,
    valid: bool,
    columns: Iterable[str],
    references: str | None,
    referenced: Iterable[str],
) -> None:
    key: Key = {"name": name, "columns": list(columns)}
    if kind == "p":
        table["primary_key"] = key
    elif kind == "u":
        table["unique"].append(key)
    elif kind == "c":
        table["checks"].append({"name": name, "columns": sorted(key["columns"]), "valid": valid})
    else:
        table["foreign_keys"].append(
            {
                "name": name,
                "columns": key["columns"],
                "references": references or "",
                "referenced_columns": list(referenced),
                "valid": valid,
            }
        )
