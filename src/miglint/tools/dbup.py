"""
DbUp, for .NET: SQL files that a project embeds, in the order of the names that embedding gives them.

That name is the path with dots for slashes, compared byte by byte. Without embedded SQL, all of the project's
SQL files are taken, as from a folder. There is no transaction, unless the program calls `WithTransaction` or
`WithTransactionPerScript`; statements are sent one by one. `$name$` is a variable. There are no
down migrations, and an edit of a script that has run goes unnoticed.

Facts from its source: dbup-core/Builder (transactions, variables), Engine/Sorters (order) and
dbup-postgresql (how statements are split).
"""

import re
from collections import Counter

from miglint.model.migration import Advice, Commands, Direction, History, Reaction, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import dialect_of
from miglint.project.dotnet import PROJECT_FILES, depends_on, embedded, projects
from miglint.project.files import Files, Folder, below, parent
from miglint.project.globs import fits
from miglint.text.lazy import expression
from miglint.tools._numbering import Stem
from miglint.tools._places import FileText, Place, Written, beside_newest, each, one_way, without_downs
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations, words
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_VARIABLE = expression(r"(?<![\w$])\$[\w-]{1,100}\$")
_SQL = expression(r".*\.sql", re.IGNORECASE | re.DOTALL)
_CALL = expression(r"\.(WithTransactionPerScript|WithTransaction|WithoutTransaction)\s*\(\s*\)")
_PACKAGE = expression(r"Include\s*=\s*\"dbup-(\w+)", re.IGNORECASE)
_DEEPEST = 6
_BUILT = ("bin/", "obj/", "node_modules/")


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a project's folder by its reference to DbUp, and by SQL files below it."""
    project = next(iter(projects(files, folder.path)), None)
    if project is None or files.full(parent(project[0])) != files.full(folder.path):
        return None
    if not depends_on(project[1], "dbup") or not _scripts(folder, files, project[1]):
        return None
    return Evidence(Rank.PROJECT, f"SQL files below {files.shown(folder.path)}, and dbup in its project file")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the scripts in the order of their embedded names."""
    text = next((text for _, text in projects(files, folder.path)), "")
    order = [
        MigrationFiles(path[: -len(".sql")], folder.file(path)) for path in _scripts(folder, files, text)
    ]
    calls = (
        found[1]
        for path in below(folder, files, 2)
        if path.endswith(".cs") and not path.startswith(_BUILT)
        for found in _CALL.finditer(files.beginning(folder.file(path)))
    )
    wrapping = _WRAPPINGS[next(calls, "WithoutTransaction")]

    def wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
        return wrapping

    reading = read_migrations(files, order, wrap, words(_filled))
    package = _PACKAGE.search(text)
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of(folder, files, reading.texts(), package and package[1]),
        _ADVICE,
    )


def _filled(text: str) -> str:
    """Neutralise variables; a dollar quote looks alike, and stands there twice."""
    names = Counter(_VARIABLE.findall(text))
    if 1 not in names.values():
        return text

    def word(found: "re.Match[str]") -> str:
        name = found.group()
        return f"_{re.sub(r'[^0-9A-Za-z_]', '_', name[1:-1])}_" if names[name] == 1 else name

    return _VARIABLE.sub(word, text)


def _scripts(folder: Folder, files: Files, project: str) -> list[str]:
    """Give the relative paths of the scripts, in order."""
    globs = [glob.lower() for glob in embedded(project) if _SQL.fullmatch(glob)]
    found = [
        path
        for path in below(folder, files, _DEEPEST)
        if _SQL.fullmatch(path) and not path.lower().startswith(_BUILT)
    ]
    if globs:
        found = [path for path in found if any(fits(glob, path.lower()) for glob in globs)]
    return sorted(found, key=_embedded_name)


def _embedded_name(path: str) -> str:
    """Give the name of a resource: in folders, what no identifier may hold becomes `_`."""
    *folders, name = path.split("/")
    words = [re.sub(r"\W", "_", part) for folder in folders for part in folder.split(".")]
    return ".".join((*(f"_{word}" if word[:1].isdigit() else word for word in words), name))


_WRAPPINGS = {
    "WithoutTransaction": Wrapping(
        TransactionMode.PER_STATEMENT, "DbUp uses no transaction, and sends the statements one by one"
    ),
    "WithTransaction": Wrapping(
        TransactionMode.PER_RUN, "`WithTransaction()`: DbUp runs all scripts in one transaction"
    ),
    "WithTransactionPerScript": Wrapping(
        TransactionMode.PER_MIGRATION, "`WithTransactionPerScript()`: DbUp runs each script in a transaction"
    ),
}

_ADVICE = Advice(
    has_downs=False,
    down_file="a file that is not embedded, which DbUp does not run",
    without_down="DbUp has no down migrations: only SQL by hand, or a new script, undoes one",
    set_lock_timeout="add `Options=-c lock_timeout=5s` to the connection string",
    run_outside_transaction="leave out `WithTransaction()`, or run the statement in an upgrader of its own",
    removed=Reaction.IGNORES,
    commands=Commands(
        mark_applied="INSERT INTO schemaversions (scriptname, applied) VALUES ('<its name>', now());",
        unmark="DELETE FROM schemaversions WHERE scriptname = '<its name>';",
    ),
)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...]:
    return one_way(beside_newest(history, f"{stem.text}.sql"), written.ups.body, written, history)


tool = Tool(
    name="dbup",
    title="DbUp",
    recognise=recognise,
    read=read,
    traces=PROJECT_FILES,
    depth=_DEEPEST,
    copy_fails=True,
    place=Place(down=without_downs, new=each(_place_new, as_text=True)),
)
