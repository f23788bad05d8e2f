"""Files that are for one database by their names: `x.sql.postgres`, `x.postgres.sql`."""

from collections.abc import Iterable
from typing import NamedTuple

from miglint.project.dialects import POSTGRES, dialect_of_provider
from miglint.text.lazy import expression

SUFFIXED = (".sql.postgres", ".sql.postgresql", ".sql.pgsql", ".sql.psql", ".sql.pg")
"""How the names of files for PostgreSQL end that do not end in .sql."""

_SUFFIX = expression(r"\.([a-z0-9]+)(?=\.sql$|$)")


class Chosen(NamedTuple):
    """Files for PostgreSQL by their names without a database, and how many are for each other one only."""

    files: dict[str, str]
    others: dict[str, int]


def plain(path: str) -> str:
    """Give a path without the name of a database in it."""
    return _split(path)[0]


def for_postgres(names: Iterable[str], among: Iterable[str] = ()) -> Chosen:
    """Choose the files for PostgreSQL: one of its own takes the place of the one for all.

    Where all of them, and of the others `among` which they are, are for other databases, none is left out.
    """
    split = {name: _split(name) for name in names}
    dialects = {dialect for _, dialect in (*split.values(), *map(_split, among))}
    if None not in dialects and POSTGRES not in dialects:
        return Chosen({name: name for name in split}, {})
    files = {own: name for name, (own, dialect) in split.items() if dialect is None}
    files |= {own: name for name, (own, dialect) in split.items() if dialect == POSTGRES}
    others: dict[str, int] = {}
    for own, dialect in split.values():
        if dialect not in (None, POSTGRES) and own not in files:
            others[dialect or ""] = others.get(dialect or "", 0) + 1
    return Chosen(files, others)


def _split(path: str) -> tuple[str, str | None]:
    mark = _SUFFIX.search(path)
    dialect = dialect_of_provider(mark[1]) if mark else None
    if mark is None or dialect is None:
        return path, None
    return path[: mark.start()] + path[mark.end() :], dialect
