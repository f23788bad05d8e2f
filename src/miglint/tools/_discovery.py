"""From the paths that a user names to histories."""

import os
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import NamedTuple

from miglint.errors import NoMigrations, UnreadableFile, UsageError, did_you_mean
from miglint.model.migration import History, Migration, Problem, Script
from miglint.tools._decoding import decode
from miglint.tools._files import Files, Folder, join, parent
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

# Other people's code, what a build made, what tests feed on. A virtual environment has a pyvenv.cfg as well.
_SKIPPED = frozenset(
    """
    node_modules bower_components vendor third_party third-party site-packages Pods
    testdata test-data test_data fixtures __fixtures__ __snapshots__ __pycache__
    dist build target venv coverage
    """.split()
)


_DEFAULTS = ToolSettings()


class _Known(NamedTuple):
    """A folder and the tool it belongs to."""

    folder: Folder
    tool: Tool
    evidence: Evidence


class _Run:
    """One discovery: the files seen, the tools asked, and each history read once."""

    __slots__ = ("_histories", "files", "settings", "tools", "traces")

    def __init__(self, files: Files, settings: ToolSettings) -> None:
        self.files = files
        self.settings = settings
        self.tools = _asked(settings.tool)
        self.traces = tuple({trace for tool in self.tools for trace in tool.traces})
        self._histories: dict[tuple[str, str], History] = {}

    def recognise(self, folder: Folder) -> _Known | None:
        """Give the tool that the folder speaks for most strongly."""
        if not self._is_traced(folder):
            return None
        found = [
            _Known(folder, tool, evidence)
            for tool in self.tools
            if (evidence := tool.recognise(folder, self.files)) is not None
        ]
        return max(found, key=lambda known: known.evidence.rank, default=None)

    def _is_traced(self, folder: Folder) -> bool:
        children = (child for _, child in self.files.children(folder))
        return bool(folder.ending(*self.traces)) or any(child.ending(*self.traces) for child in children)

    def read(self, known: _Known) -> History:
        """Read a folder's history, with what the settings override."""
        key = (known.tool.name, self.files.full(known.folder.path))
        history = self._histories.get(key)
        if history is None:
            history = known.tool.read(known.folder, self.files, self.settings)
            history = self._histories[key] = _settled(history, known.evidence.reason, self.settings)
        return history


@cache
def all_tools() -> tuple[Tool, ...]:
    """Load every tool: the modules of this package whose names do not start with an underscore."""
    from miglint import tools

    names = sorted(
        entry.name.removesuffix(".py")
        for place in tools.__path__
        for entry in os.scandir(place)
        if entry.name.endswith(".py") and not entry.name.startswith("_")
    )
    return tuple(import_module(f"{tools.__name__}.{name}").tool for name in names)


def find_histories(paths: Sequence[str], settings: ToolSettings = _DEFAULTS) -> tuple[History, ...]:
    """Find and read the migrations in and around `paths`.

    A path is a folder that holds histories at any depth, a folder of migrations, one migration's folder,
    or a file; in the last two cases the history that it belongs to is read whole, with `selected` set.

    Raises UsageError for a path that does not exist or a tool that is not known, NoMigrations for a path
    that holds none, UnreadableFile for a folder that cannot be listed. What cannot be read within a
    history is among its problems.
    """
    files = Files(named=[path for path in paths if os.path.isdir(path)])
    run = _Run(files, settings)
    histories: dict[tuple[str, str], History] = {}
    for path in paths:
        if not path:
            raise UsageError("an empty path")
        found = list(_in_path(os.path.normpath(path) if ".." not in path else path, run))
        if not found:
            raise NoMigrations(files.shown(path), _hint(path, run))
        for history in found:
            key = (history.tool, history.root)
            known = histories.get(key)
            histories[key] = history if known is None else _merged(known, history)
    return tuple(histories.values())


def history_of_text(text: str | bytes, filename: str, settings: ToolSettings = _DEFAULTS) -> History:
    """Give the history of a text that stands for the file `filename`, on the disk or not.

    Where that file belongs to a history, the text takes its place in it and is what is selected.

    Raises UnreadableFile for bytes that are not text.
    """
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    source = decode(data, filename)
    if isinstance(source, Problem):
        raise UnreadableFile(source.path, source.reason, source.line)
    run = _Run(Files(texts={filename: source.text}), settings)
    history = _holding(filename, 0, run) if filename.endswith(".sql") else None
    return history or _alone(filename, run)


def _in_path(path: str, run: _Run) -> Iterator[History]:
    files = run.files
    if os.path.isdir(path):
        # Only what holds SQL can be a migration; else the siblings of a project would be listed in vain.
        holding = _holding(path, 1, run) if files.folder(path).ending(*run.traces) else None
        if holding is not None:
            yield holding
            return
        found = False
        for history in _below(path, run):
            found = True
            yield history
        if not found:
            yield from _forced(path, run)
    elif os.path.lexists(path):
        if not path.endswith(".sql"):
            return
        yield _holding(path, 0, run) or _alone(path, run)
    else:
        siblings = files.folder(parent(path))
        near = did_you_mean(os.path.basename(path), (*siblings.folders, *siblings.files))
        raise UsageError(f"{files.shown(path)}: no such file or folder", near)


def _below(root: str, run: _Run) -> Iterator[History]:
    """Read all histories at or below a folder, each folder once whatever symbolic links there are."""
    files = run.files
    real_root = os.path.realpath(root)
    boundary = os.path.realpath(files.repository(root) or root)
    seen: set[str] = set()
    stack = [(root, real_root, 0)]
    links: list[str] = []
    while stack or links:
        if not stack:
            # Links come last: a folder is known by its own name where it has one below the root.
            # One that leads out of the repository, or up, would have no end.
            link = links.pop(0)
            try:
                real = os.path.realpath(link)
            except OSError:  # it went away meanwhile
                continue
            if _is_within(real, boundary) and not _is_within(real_root, real):
                stack.append((link, real, 0))
            continue
        path, real, claimed = stack.pop()
        if real in seen:
            continue
        seen.add(real)
        folder = files.folder(path)
        if path in files.unlisted:
            if path == root:
                raise UnreadableFile(files.shown(path), f"cannot be listed: {files.unlisted[path]}")
            if "migrat" in os.path.basename(path).lower():
                yield _unlisted(path, run)
            continue
        if folder.has("pyvenv.cfg"):
            continue
        known = None if claimed else run.recognise(folder)
        if known is not None:
            history = run.read(known)
            if history.migrations or history.problems:
                yield history
        claimed = known.tool.depth if known else max(claimed - 1, 0)
        for name in reversed(folder.folders):
            if _is_skipped(name):
                continue
            below = join(path, name)
            if name not in folder.links:
                stack.append((below, join(real, name), claimed))
            elif not claimed:
                links.append(below)


def _is_skipped(name: str) -> bool:
    return name in _SKIPPED or name[0] == "." or name.startswith("bazel-") or "clickhouse" in name.lower()


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _holding(path: str, depth: int, run: _Run) -> History | None:
    """Read the history that a file (depth 0) or a migration's folder (depth 1) belongs to."""
    shown = run.files.shown(path)
    best: tuple[Rank, History] | None = None
    repository = run.files.repository(path)
    at = path
    for level in range(depth, max(tool.depth for tool in run.tools) + 1):
        if run.files.full(at) == repository:
            break
        at = parent(at)
        known = run.recognise(run.files.folder(at))
        if known is None or known.tool.depth < level:
            continue
        history = run.read(known)
        selected = frozenset(one.id for one in history.migrations if _stands_in(one, shown))
        is_problem = any(_is_at(problem.path, shown) for problem in history.problems)
        if (selected or is_problem) and (best is None or known.evidence.rank > best[0]):
            best = (known.evidence.rank, history._replace(selected=selected))
    return best and best[1]


def _stands_in(migration: Migration, shown: str) -> bool:
    return any(script and _is_at(script.source.path, shown) for script in (migration.up, migration.down))


def _is_at(path: str, shown: str) -> bool:
    return path == shown or path.startswith(shown + "/")


def _alone(path: str, run: _Run) -> History:
    """Read a file that belongs to no history as one of its own, whose root is the file."""
    from miglint.tools import plain_sql

    folder = run.files.folder(parent(path))
    history = plain_sql.read_one(folder, run.files, os.path.basename(path), run.settings)
    return _settled(history._replace(root=run.files.shown(path)), "a file by itself", run.settings)


def _forced(path: str, run: _Run) -> Iterator[History]:
    """Read a folder that nothing was recognised in, because the user named it and it holds SQL files."""
    folder = run.files.folder(path)
    if run.settings.tool is not None:
        reason = f'tool = "{run.settings.tool}" in the configuration'
        history = run.read(_Known(folder, run.tools[0], Evidence(Rank.FORCED, reason)))
        if history.migrations or history.problems:
            yield history
    elif folder.ending(".sql"):
        from miglint.tools import plain_sql

        reason = f"SQL files in {run.files.shown(path)}"
        history = run.read(_Known(folder, plain_sql.tool, Evidence(Rank.FALLBACK, reason)))
        if history.migrations or history.problems:
            yield history


def _unlisted(path: str, run: _Run) -> History:
    shown = run.files.shown(path)
    problem = Problem(shown, f"cannot be listed: {run.files.unlisted[path]}")
    return _settled(History("unknown", shown, "unknown", (), problems=(problem,)), "its name", run.settings)


def _asked(name: str | None) -> tuple[Tool, ...]:
    known = all_tools()
    if name is None:
        return known
    chosen = tuple(tool for tool in known if tool.name == name)
    if not chosen:
        names = tuple(tool.name for tool in known)
        hint = did_you_mean(name, names) or f"known tools: {', '.join(names)}"
        raise UsageError(f"unknown migration tool {name!r}", hint)
    return chosen


def _settled(history: History, evidence: str, settings: ToolSettings) -> History:
    """Add the evidence, and put the settings in place of what was found."""
    migrations = history.migrations
    mode = settings.transaction_mode
    if mode is not None:

        def changed(script: Script | None) -> Script | None:
            return script and script._replace(mode=mode, mode_reason="set in the configuration")

        migrations = tuple(
            one._replace(up=changed(one.up), down=changed(one.down)) for one in history.migrations
        )
    dialect = settings.dialect or history.dialect
    return history._replace(evidence=evidence, migrations=migrations, dialect=dialect)


def _merged(one: History, other: History) -> History:
    if one.selected is None or other.selected is None:
        return one._replace(selected=None)
    return one._replace(selected=one.selected | other.selected)


def _hint(path: str, run: _Run) -> str:
    """Say where SQL files were seen, or what was passed over."""
    if not os.path.isdir(path):
        return "name a folder or a .sql file"
    near: list[tuple[int, str]] = []
    passed: set[str] = set()
    for folder in run.files.listed():
        if not _is_within(run.files.full(folder.path), run.files.full(path)):
            continue
        passed.update(name for name in folder.folders if name in _SKIPPED)
        count = len(folder.ending(".sql"))
        if count:
            near.append((-count, run.files.shown(folder.path)))
    if near:
        places = ", ".join(f"{shown} ({-count})" for count, shown in sorted(near)[:3])
        return f"SQL files are in {places}; name a folder or a file to check it"
    if passed:
        return f"passed over by name: {', '.join(sorted(passed))}; name one to check it"
    return "name the folder that holds the migrations"
