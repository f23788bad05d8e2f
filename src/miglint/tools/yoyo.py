"""
yoyo: flat files `name.sql` with `name.rollback.sql` beside them, after those that `-- depends:` names.

Else the order is that of the names. Each migration runs in a transaction; `-- transactional: false` in its
head turns it off, and the statements run one by one. Migrations in Python are not read.

Facts from its source: yoyo/migrations.py (names, directives, order) and yoyo/backends (transactions).
"""

import re

from miglint.model.migration import Advice, Commands, Direction, History, TransactionMode
from miglint.model.source import Source
from miglint.tools._dialects import dialect_of
from miglint.tools._files import Files, Folder
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_ROLLBACK = ".rollback.sql"
_HEAD = re.compile(r"\A(?:[ \t]*(?:--[^\n]*)?\r?\n)*(?:[ \t]*--[^\n]*)?")
_DEPENDS = re.compile(r"^\s*--\s*depends:([^\n]*)", re.MULTILINE)
_UNWRAPPED = re.compile(r"^\s*--\s*transactional:\s*false\b", re.MULTILINE | re.IGNORECASE)
_DATABASE = re.compile(r"^\s*database\s*=\s*(\w+)", re.MULTILINE)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a rollback script beside its migration, or by yoyo.ini and files that name others."""
    shown = files.shown(folder.path)
    name = next(
        (n for n in folder.files if n.endswith(_ROLLBACK) and folder.has(n.replace(_ROLLBACK, ".sql"))), None
    )
    if name:
        return Evidence(Rank.LAYOUT_AND_NAMES, f"{name} in {shown}")
    if folder.ending(".sql") and files.nearest(folder.path, "yoyo.ini"):
        return Evidence(Rank.PROJECT, f"SQL files in {shown}, and a yoyo.ini")
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their dependencies, and of their names where those leave it open."""
    names = [
        name
        for name in folder.ending(".sql", ".py")
        if not name.endswith(_ROLLBACK) and not name.startswith(("post-apply", "__"))
    ]
    stems = {name.rpartition(".")[0]: name for name in names}
    needs = {stem: _needs(files.text(folder.file(name)), stems) for stem, name in stems.items()}
    order = []
    for stem in _sorted(needs):
        path, back = folder.file(stems[stem]), folder.file(f"{stem}{_ROLLBACK}")
        if path.endswith(".py"):
            order.append(MigrationFiles(stem, None, opaque=path))
        else:
            order.append(MigrationFiles(stem, path, back if folder.has(f"{stem}{_ROLLBACK}") else None))
    reading = read_migrations(files, order, _wrap)
    configuration = files.nearest(folder.path, "yoyo.ini")
    url = _DATABASE.search(files.text(configuration)) if configuration else None
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of(folder, files, reading.texts(), url and url[1]),
        _ADVICE,
    )


def _head(text: str) -> str:
    found = _HEAD.match(text)
    return found.group() if found else ""


def _needs(text: str, known: dict[str, str]) -> set[str]:
    return {name for line in _DEPENDS.findall(_head(text)) for name in line.split() if name in known}


def _sorted(needs: dict[str, set[str]]) -> list[str]:
    """Put each after what it needs, by name otherwise; what a circle holds up comes last."""
    done: dict[str, None] = {}
    waiting = sorted(needs)
    while waiting:
        ready = [name for name in waiting if needs[name] <= done.keys()]
        if not ready:
            break
        done.update(dict.fromkeys(ready))
        waiting = [name for name in waiting if name not in done]
    return [*done, *waiting]


def _wrap(_: MigrationFiles, _direction: Direction, source: Source) -> Wrapping:
    if _UNWRAPPED.search(_head(source.text)):
        reason = "`transactional: false`: yoyo sends the statements one by one"
        return Wrapping(TransactionMode.PER_STATEMENT, reason)
    return Wrapping(TransactionMode.PER_MIGRATION, "yoyo runs each migration in a transaction")


_ADVICE = Advice(
    has_downs=True,
    down_file="name.rollback.sql beside name.sql",
    without_down="`yoyo rollback` of a migration without one removes its row and undoes nothing",
    begin_downs="write name.rollback.sql beside each new name.sql",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="begin a file of its own with `-- transactional: false`",
    commands=Commands(
        apply="yoyo apply",
        roll_back="yoyo rollback --revision {id}",
        mark_applied="yoyo mark --revision {id}",
        unmark="yoyo unmark --revision {id}",
    ),
)

tool = Tool(name="yoyo", title="yoyo", recognise=recognise, read=read)
