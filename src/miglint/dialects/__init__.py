"""One package per database: parser, types, effects. Only these may import a parser library."""

from miglint.dialects.dialect import Dialect
from miglint.errors import UsageError

SUPPORTED = ("postgres",)
UNKNOWN = "unknown"
"""The dialect of what was seen and not read."""
_TITLES = {
    "postgres": "PostgreSQL",
    "mysql": "MySQL",
    "sqlite": "SQLite",
    "mssql": "SQL Server",
    "cockroach": "CockroachDB",
    "clickhouse": "ClickHouse",
    "cassandra": "Cassandra",
    "spanner": "Spanner",
    "derby": "Derby",
    "oracle": "Oracle",
    "snowflake": "Snowflake",
}


def title(name: str) -> str:
    """Give what sentences call a database, whether it is supported or not."""
    return _TITLES.get(name, name.upper())


def load(name: str) -> Dialect:
    """Give a dialect by name; its parser is imported only now.

    Raises UsageError for a database that miglint cannot analyse.
    """
    if name not in SUPPORTED:
        raise UsageError(f"the dialect {name!r} is not supported", f"supported: {', '.join(SUPPORTED)}")
    from importlib import import_module

    dialect: Dialect = import_module(f"miglint.dialects.{name}").dialect
    return dialect
