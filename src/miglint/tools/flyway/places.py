"""How Flyway's undo scripts and new versions are called."""

import posixpath
import re

from miglint.model.migration import History, Migration
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Sql,
    Written,
    beside_newest,
    down_at,
    neighbour,
    statements,
)

_PREFIX = re.compile(r"\D*")
_IN_TRANSACTION = "executeInTransaction=false\n"
_CONF_ONLY = (
    "only a `.conf` beside it, or SQL that all needs it, keeps Flyway from running a script in a transaction"
)


def place_down(history: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    """Give the undo script, with the prefix that others have."""
    name = posixpath.basename(migration.path)
    made = down_at(
        migration, neighbour(migration, _undo(history) + _PREFIX.sub("", name, count=1)), back.body
    )
    return _refused(history, back) or made


def place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...]:
    """Give the next version in the folder of the newest."""
    name = f"{stem.prefix or 'V'}{stem.number}{stem.joint if stem.before else '__'}{stem.name}.sql"
    path = beside_newest(history, name)
    made = [FileText(path, written.ups.body)]
    if written.outside and _refused(history, written.ups):
        made.append(FileText(f"{path}.conf", _IN_TRANSACTION))
    if written.down.strip() and any(one.down for one in history.migrations):
        undo = _undo(history) + _PREFIX.sub("", name, count=1)
        made.append(FileText(beside_newest(history, undo), written.downs.body))
    return tuple(made)


def _undo(history: History) -> str:
    others = (posixpath.basename(one.down.source.path) for one in history.migrations if one.down)
    return next((_PREFIX.match(name)[0] for name in others), "U")  # type: ignore[index]


def _refused(history: History, sql: Sql) -> NoPlace | None:
    """Refuse what Flyway does not take out of its transaction by itself."""
    alone = [way.statements for way in history.advice.run_alone]
    each = statements(sql.text)
    by_itself = all(any(re.match(rf"\s*(?:{one})", text, re.IGNORECASE) for one in alone) for text in each)
    return NoPlace(_CONF_ONLY) if sql.outside and not by_itself else None
