"""The database that a project's migrations run on, by its name and version."""

from typing import NamedTuple

Version = tuple[int, ...]
"""As much of a version as matters: `(14,)` for PostgreSQL 14, `(3, 35)` for SQLite 3.35."""


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


class Server(NamedTuple):
    """A database and the oldest version of it that runs the migrations; `()` where nobody says it.

    `said_by` is where the project says so, "" where the version is only assumed; `is_found`: it is no setting
    of miglint, but what the project runs elsewhere.
    """

    dialect: str
    version: Version = ()
    said_by: str = ""
    is_found: bool = False

    @property
    def title(self) -> str:
        """What sentences call the database."""
        return title(self.dialect)

    def has(self, dialect: str, *since: int) -> bool:
        """Whether it is this database, in this version or a later one."""
        return self.dialect == dialect and self.version >= since
