"""The database that a project's migrations run on, by its name and version."""

from typing import NamedTuple

Version = tuple[int, ...]
"""As much of a version as matters: `(14,)` for PostgreSQL 14, `(3, 35)` for SQLite 3.35."""


class Server(NamedTuple):
    """A database and the oldest version of it that runs the migrations; `()` where nobody says it."""

    dialect: str
    version: Version = ()

    def has(self, dialect: str, *since: int) -> bool:
        """Whether it is this database, in this version or a later one."""
        return self.dialect == dialect and self.version >= since
