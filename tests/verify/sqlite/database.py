"""A real database in a file, and the simulated one beside it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from miglint.dialects.sqlite import dialect
from miglint.model import (
    Direction,
    Effects,
    History,
    Migration,
    Schema,
    Script,
    Source,
    Span,
    Table,
    TransactionMode,
    Unparsed,
)
from miglint.simulate import Machine, Ran, migrations

VERSION = sqlite3.sqlite_version_info[:2]


class Foretold(NamedTuple):
    """What the model says of a statement behind a setup."""

    effects: Effects
    unparsed: tuple[Unparsed, ...]
    before: Schema
    schema: Schema


def simulate(*scripts: str, mode: TransactionMode = TransactionMode.PER_STATEMENT) -> list[Ran]:
    """Run scripts in the simulation, each as a migration."""
    made = []
    for number, text in enumerate(scripts):
        script = Script(Source(f"{number}.sql", text), Span(0, len(text)), Direction.UP, mode)
        made.append(Migration(str(number), script))
    ran = list(migrations(History("test", ".", "sqlite", tuple(made)), Machine(dialect, VERSION)))
    for crash in (crash for each in ran for trace in each.traces for crash in trace.crashes):
        raise crash from crash.cause
    return ran


def foretold(setup: str, statement: str) -> Foretold:
    """Give what the model says of a statement."""
    trace = simulate(setup, statement)[-1].up
    assert trace is not None
    if not trace.records:
        return Foretold(Effects(), (), trace.schema, trace.schema)
    record = trace.records[-1]
    unparsed = tuple(r.operation for r in trace.records if isinstance(r.operation, Unparsed))
    return Foretold(record.effects, unparsed, record.schema, trace.schema)


def connect(path: Path) -> sqlite3.Connection:
    """Open a database that commits each statement by itself and waits for no lock."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    connection.execute("PRAGMA foreign_keys = OFF")
    return connection


def refusal(connection: sqlite3.Connection, statement: str) -> str:
    """Run a statement; give the server's words if it refuses it, "" if not."""
    try:
        connection.execute(statement)
    except sqlite3.Error as error:
        return str(error)
    return ""


def pages(path: Path) -> list[bytes]:
    """Give the pages of a database file."""
    with closing(sqlite3.connect(path)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    data = path.read_bytes()
    return [data[at : at + size] for at in range(0, len(data), size)]


def real_schema(connection: sqlite3.Connection) -> dict[str, Any]:
    """Give the tables, views and indexes of a real database."""
    rows = connection.execute(
        "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    names = {(kind, name) for kind, name in rows if kind in ("table", "view")}
    return {
        "views": {name for kind, name in names if kind == "view"},
        "tables": {name: _real_table(connection, name) for kind, name in names if kind == "table"},
    }


def _real_table(connection: sqlite3.Connection, table: str) -> dict[str, Any]:
    quoted = '"' + table.replace('"', '""') + '"'
    columns = connection.execute(f"PRAGMA table_xinfo({quoted})").fetchall()
    indexes = connection.execute(f"PRAGMA index_list({quoted})").fetchall()
    keys = connection.execute(f"PRAGMA foreign_key_list({quoted})").fetchall()
    return {
        "columns": [
            (name, _type(type_), bool(required))
            for _, name, type_, required, _, _, hidden in columns
            if hidden != 1
        ],
        "defaults": {row[1]: row[4] for row in columns if row[4] is not None and row[4].lower() != "null"},
        "key": [row[1] for row in sorted(columns, key=lambda row: row[5]) if row[5]],
        "indexes": {row[1]: bool(row[2]) for row in indexes if row[3] == "c"},
        "foreign": sorted((row[2].lower(), row[3].lower(), row[6].lower()) for row in keys),
    }


def _type(written: str) -> str:
    return written.removesuffix(" GENERATED ALWAYS").upper()


def simulated_schema(schema: Schema) -> dict[str, Any]:
    """Give the tables, views and indexes of a simulated database in the same form."""
    relations = list(schema.relations.values())
    tables = [table for table in relations if isinstance(table, Table) and not table.temporary]
    return {
        "views": {r.name.name for r in relations if type(r).__name__ == "View"},
        "tables": {table.name.name: _simulated_table(table, schema) for table in tables},
    }


def _simulated_table(table: Table, schema: Schema) -> dict[str, Any]:
    key = table.primary_key
    return {
        # A column of the primary key may be NULL here, which the server's own word for it does not tell.
        "columns": [(c.name, str(c.type).upper(), not c.nullable) for c in table.columns],
        "defaults": {c.name: c.default.text for c in table.columns if c.default and not c.generated},
        "key": list(key.columns) if key else [],
        "indexes": {i.name.name: i.unique for i in schema.indexes_of(table) if i.constraint is None},
        "foreign": sorted(
            (key.references.name.lower(), column.lower(), key.on_delete)
            for key in table.foreign_keys
            if key.references
            for column in key.columns
        ),
    }
