"""Where the users of Prisma keep the way back, and how `prisma migrate` lays out a new migration."""

from miglint.model.migration import History, Migration
from miglint.tools._numbering import Stem
from miglint.tools._places import FileText, NoPlace, Sql, Written, alone, down_at, in_root, neighbour, pair

_BATCH = "`prisma db execute`"
_TITLE = "Prisma before 7.4, or for a file that it cannot split,"


def place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    """Give the down.sql, or what is there under one of the other usual names."""
    return alone(back, _BATCH) or down_at(migration, neighbour(migration, "down.sql"), back.body)


def place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    """Give the folder of a migration."""
    folder = in_root(history, stem.text)
    refused = alone(written.ups, _TITLE) or alone(written.downs, _BATCH)
    return refused or pair(f"{folder}/migration.sql", f"{folder}/down.sql", written)
