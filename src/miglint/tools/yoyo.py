"""
yoyo: flat files `name.sql` with `name.rollback.sql` beside them, after those that `-- depends:` names.

Otherwise the order is that of the names. Each migration runs in a transaction; `-- transactional: false` at
the top turns it off, and the statements run one by one. Migrations in Python stand in the sequence, after
what their `__depends__` names, and are not read.

Facts from its source: yoyo/migrations.py (names, directives), topologicalsort.py and backends/base.py.
"""

import re
from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from miglint.model.irregularity import Irregularity, RefusedFile
from miglint.model.migration import Advice, Commands, Direction, History, Migration, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.tools._numbering import Stem
from miglint.tools._places import FileText, Place, Sql, Written, down_at, each, in_root, pair, renamed
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

if TYPE_CHECKING:
    import ast

_ROLLBACK = ".rollback.sql"
_DIRECTIVE = expression(r"\s*--\s*(transactional|depends)\s*:\s*(.*)", re.DOTALL)
_COMMENT = expression(r"\s*(?:--.*)?", re.DOTALL)
_DATABASE = expression(r"^[ \t]*database\s*=\s*(\w+)", re.MULTILINE)


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
    for name in folder.sample(".sql"):
        if "depends" in _directives(files.beginning(folder.file(name))):
            return Evidence(Rank.MARKER, f"`-- depends:` in {name} in {shown}")
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their names, each after all that it depends on."""
    names = [
        name
        for name in folder.ending(".sql", ".py")
        if not name.endswith(_ROLLBACK) and not name.startswith(("post-apply", "_tmp_yoyonew"))
    ]
    places = {name.rpartition(".")[0]: name for name in names}
    known = {name.rpartition(".")[0] for name in folder.ending(".sql", ".py")}
    needs: dict[str, list[str]] = {}
    odd: list[Irregularity] = []
    for stem, name in places.items():
        path = folder.file(name)
        text = files.text(path)
        needs[stem] = _imported(text) if name.endswith(".py") else _directives(text).get("depends", [])
        for missing in (other for other in needs[stem] if other not in known):
            message = f"it depends on {missing}, which does not exist: yoyo refuses to run anything"
            line = Span(0, len(text.partition("\n")[0]))
            odd.append(RefusedFile(Source(files.shown(path), text), message, "", line, stem))
    order = []
    for stem in _sorted(needs):
        path, back = folder.file(places[stem]), folder.file(f"{stem}{_ROLLBACK}")
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
        odd,
    )


def _directives(text: str) -> dict[str, list[str]]:
    """Give the words of each directive before the first line that is neither blank nor a comment."""
    found: dict[str, list[str]] = {}
    for line in text.strip().splitlines():
        directive = _DIRECTIVE.fullmatch(line)
        if directive:
            found.setdefault(directive[1], []).extend(directive[2].split())
        elif not _COMMENT.fullmatch(line):
            break
    return found


def _imported(text: str) -> list[str]:
    """Give what a migration in Python depends on, as far as it is written out."""
    import ast

    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    needs: list[str] = []
    for statement in body:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value:
            targets, value = [statement.target], statement.value
        else:
            continue
        if any(isinstance(target, ast.Name) and target.id == "__depends__" for target in targets):
            elements = value.keys if isinstance(value, ast.Dict) else getattr(value, "elts", [value])
            needs = [named for element in elements if (named := _text(element)) is not None]
    return needs


def _text(node: "ast.expr | None") -> str | None:
    """Give the text that an expression is, if it is one written out, or several added up."""
    import ast

    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return None if left is None or right is None else left + right
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _sorted(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Give, again and again, the first in the given order that needs nothing more.

    What a circle holds up comes last: yoyo refuses it.
    """
    place = {name: at for at, name in enumerate(needs)}
    waiting = {name: {other for other in others if other in place} for name, others in needs.items()}
    held: dict[str, list[str]] = {}
    for name, others in waiting.items():
        for other in others:
            held.setdefault(other, []).append(name)
    names = list(place)
    ready = [place[name] for name, others in waiting.items() if not others]
    heapify(ready)
    order: dict[str, None] = {}
    while ready:
        name = names[heappop(ready)]
        order[name] = None
        for freed in held.get(name, ()):
            waiting[freed].discard(name)
            if not waiting[freed]:
                heappush(ready, place[freed])
    return [*order, *(name for name in names if name not in order)]


def _wrap(_: MigrationFiles, _direction: Direction, source: Source) -> Wrapping:
    # A mark at the start of the file hides what stands in its first line.
    text = "" if source.marked else source.text
    if "false" in (word.lower() for word in _directives(text).get("transactional", ())):
        reason = "`transactional: false`: yoyo sends the statements one by one"
        return Wrapping(TransactionMode.PER_STATEMENT, reason)
    return Wrapping(TransactionMode.PER_MIGRATION, "yoyo runs each migration in a transaction")


_ADVICE = Advice(
    has_downs=True,
    down_file="name.rollback.sql beside name.sql",
    without_down="`yoyo rollback` of a migration without one removes its row but undoes nothing",
    half_way="nothing of it stays",
    half_way_back="nothing is undone, and it stays recorded as applied",
    begin_downs="write name.rollback.sql beside each new name.sql",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="begin a file of its own with `-- transactional: false`",
    commands=Commands(
        apply="yoyo apply",
        roll_back="yoyo rollback --revision {id}",
        mark_applied="yoyo mark --revision {id}",
        unmark="yoyo unmark --revision {id}",
        check="yoyo list",
    ),
)

_OUTSIDE = "-- transactional: false\n"


def _place_down(_: History, migration: Migration, back: Sql) -> FileText:
    text = (_OUTSIDE if back.outside else "") + back.body
    return down_at(migration, renamed(migration, ".sql", _ROLLBACK), text)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...]:
    newest = history.migrations[-1].id if history.migrations else ""
    opening = _OUTSIDE if written.outside else ""
    depends = f"-- depends: {newest}\n" if newest else ""
    path = in_root(history, stem.text)
    up, *down = pair(f"{path}.sql", f"{path}{_ROLLBACK}", written, opening)
    return (up._replace(text=depends + up.text), *down)


tool = Tool(
    name="yoyo",
    title="yoyo",
    recognise=recognise,
    read=read,
    copy_fails=True,
    place=Place(down=_place_down, new=each(_place_new)),
)
