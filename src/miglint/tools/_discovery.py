"""From the paths that a user names to histories."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import NamedTuple

from miglint.errors import MiglintError, NoMigrations, PackageError, UnreadableFile, UsageError, did_you_mean
from miglint.model.change import AS_ON_DISK, Overlay
from miglint.model.irregularity import MissingFile
from miglint.model.migration import History, Migration, Problem, Script
from miglint.project.decoding import decode
from miglint.project.dialects import POSTGRES, dialect_named, dialect_of_path
from miglint.project.files import Files, Folder, is_within, join, parent
from miglint.project.gitignore import is_ignored, is_within_ignored, rules_above, rules_in
from miglint.text.lazy import expression
from miglint.tools._atlas_sum import stale
from miglint.tools._embedded import without_unembedded
from miglint.tools._in_code import InCode, in_code
from miglint.tools._in_code import histories as histories_in_code
from miglint.tools._releases import with_releases
from miglint.tools._sent import unsendable
from miglint.tools._siblings import agreed, without_schemas, without_sources
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

# Other people's code, what a build made, what tests feed on, what readers learn from, data to begin with. A
# virtual environment has a pyvenv.cfg as well.
_SKIPPED = frozenset(
    """
    node_modules bower_components vendor third_party third-party site-packages Pods
    testdata test-data test_data fixtures __fixtures__ __snapshots__ stub stubs __pycache__
    test-fixtures test_fixtures testfixtures __mocks__ mocks
    example examples sample-data sample_data sampledata seed seeds seeders seed-data seed_data
    dist build target venv coverage
    """.split()
)
# The same at the top of a project; deeper, such a folder may be a part of the program.
_SKIPPED_AT_TOP = frozenset("doc docs sample samples".split())
# The same below a folder of that name.
_SKIPPED_BELOW = frozenset((("src", "test"), ("test", "data"), ("tests", "data")))
# In these, a folder with the word anywhere in its name is skipped as well, such as `migrations_fixture`.
_TESTS = frozenset(("test", "tests", "__tests__"))
# A project that nobody has renamed: `com.example` is Java's usual package for a new one.
_WALKED_BELOW = frozenset((domain, "example") for domain in ("com", "org", "net", "io", "dev"))

_DEFAULTS = ToolSettings()
_NOTHING: Mapping[str, ToolSettings] = {}
GROUP = "miglint.tools"


class _Known(NamedTuple):
    """A folder and the tool it belongs to."""

    folder: Folder
    tool: Tool
    evidence: Evidence


class _Run:
    """One discovery: the files seen, the tools asked, and each history read once.

    `configured` are the settings of the folders that the configuration names, by absolute path.
    `ignored` are the folders that were passed over because git ignores them.
    `in_code` are the frameworks' migrations seen so far, by their folders.
    `failed` are the folders, by tool, where a tool itself failed.
    """

    __slots__ = (
        "_by_ending", "_histories", "configured", "failed", "files", "ignored", "in_code", "tools", "traces",
    )  # fmt: skip

    def __init__(self, files: Files, configured: Mapping[str, ToolSettings]) -> None:
        self.files = files
        self.configured = {files.full(path): _spelled(settings) for path, settings in configured.items()}
        self.ignored: list[str] = []
        self.in_code: dict[str, InCode] = {}
        self.tools = all_tools()
        self.traces = tuple({trace for tool in self.tools for trace in tool.traces})
        self._by_ending: dict[str, list[str]] = {}
        for trace in self.traces:
            self._by_ending.setdefault(trace.rpartition(".")[2], []).append(trace)
        self._histories: dict[tuple[str, str], History] = {}
        self.failed: dict[tuple[str, str], History] = {}

    def recognise(self, folder: Folder) -> _Known | None:
        """Give the tool that the configuration names, else the one for which most speaks."""
        named = self.settings(folder.path).tool
        if named is not None:
            reason = f'tool = "{named}" in the configuration'
            return _Known(folder, tool_named(named), Evidence(Rank.FORCED, reason))
        found = []
        for tool in self._traced(folder):
            try:
                evidence = tool.recognise(folder, self.files)
            except Exception as error:  # noqa: BLE001 - one tool's mistake must not hide the others
                shown = self.files.shown(folder.path)
                reason = f"miglint failed to check whether it is {tool.title}'s: {_FAILED}"
                self.failed[tool.name, shown] = _failed("unknown", shown, reason, error)
                continue
            if evidence is not None:
                found.append(_Known(folder, tool, evidence))
        return max(found, key=lambda known: known.evidence.rank, default=None)

    def _traced(self, folder: Folder) -> tuple[Tool, ...]:
        """Give the tools with a trace in the folder or in one in it: the only ones that are worth asking."""
        traces = self._traces(folder)
        for _, child in self.files.children(folder):
            traces |= self._traces(child)
        return tuple(tool for tool in self.tools if not traces.isdisjoint(tool.traces)) if traces else ()

    def _traces(self, folder: Folder) -> frozenset[str]:
        # Most folders end here: what they cost does not grow with the number of tools.
        if folder.endings.isdisjoint(self._by_ending):
            return frozenset()
        near = (trace for ending in folder.endings for trace in self._by_ending.get(ending, ()))
        return frozenset(trace for trace in near if folder.has_trace(trace))

    def look_for_code(self, folder: Folder, *, is_read: bool) -> None:
        """Keep what is not read in a folder of migrations, if there is any; `is_read`: a tool reads it."""
        found = in_code(folder, self.files, is_read=is_read)
        if found is not None:
            self.in_code[self.files.full(folder.path)] = found

    def settings(self, path: str) -> ToolSettings:
        """Give what the configuration says of a folder."""
        return self.configured.get(self.files.full(path), _DEFAULTS) if self.configured else _DEFAULTS

    def read(self, known: _Known) -> History:
        """Read a folder's history, with what the settings override."""
        key = (known.tool.name, self.files.full(known.folder.path))
        history = self._histories.get(key)
        if history is None:
            try:
                history = self._read(known)
            except MiglintError:
                raise
            except Exception as error:  # noqa: BLE001 - one history's mistake must not hide the others
                shown = self.files.shown(known.folder.path)
                history = _failed(known.tool.name, shown, f"miglint failed to read it: {_FAILED}", error)
            self._histories[key] = history
        return history

    def _read(self, known: _Known) -> History:
        settings = self.settings(known.folder.path)
        history = known.tool.read(known.folder, self.files, settings)
        if settings.dialect:
            self.files.without_dialect.discard(self.files.full(known.folder.path))
        history = _settled(history, known.evidence.reason, settings)
        history = history._replace(migrations=with_releases(history.migrations))
        # Atlas can plan for any tool; then its checksums lie beside that tool's files.
        odd = (*stale(known.folder, self.files), *unsendable(history, known.tool))
        history = history._replace(irregularities=(*history.irregularities, *odd))
        return self._without_unlisted(history, known.folder)

    def _without_unlisted(self, history: History, folder: Folder) -> History:
        """Name the folders in a history that could not be listed; what is in them is not missing."""
        top = self.files.full(folder.path)
        # A tool may also have looked into a folder that its configuration names and nobody made.
        hidden = [
            path
            for path in self.files.unlisted
            if is_within(self.files.full(path), top) and os.path.lexists(path)
        ]
        if not hidden:
            return history
        return history._replace(
            problems=(*history.problems, *(_not_listed(path, self.files) for path in hidden)),
            irregularities=tuple(i for i in history.irregularities if not isinstance(i, MissingFile)),
        )

    def has_told(self, path: str) -> bool:
        """Tell whether a history that was read names this folder among its problems."""
        shown = self.files.shown(path)
        return any(p.path == shown for history in self._histories.values() for p in history.problems)


@cache
def all_tools() -> tuple[Tool, ...]:
    """Load every tool: the modules of this package without an underscore, and those that packages register.

    Raises PackageError for a module that does not load or defines no tool.
    """
    from miglint import tools
    from miglint.entry_points import registered

    names = sorted(
        entry.name.removesuffix(".py")
        for place in tools.__path__
        for entry in os.scandir(place)
        if not entry.name.startswith("_") and (entry.is_dir() or entry.name.endswith(".py"))
    )
    own = tuple(import_module(f"{tools.__name__}.{name}").tool for name in names)
    return (*own, *(_foreign(module) for module in registered(GROUP)))


def _foreign(module: str) -> Tool:
    try:
        found = import_module(module).tool
    except Exception as error:
        raise PackageError(f"the tool package {module} does not load: {error}") from error
    if not isinstance(found, Tool):
        raise PackageError(f"{module}.tool is not a Tool")
    return found


def find_histories(
    paths: Sequence[str],
    configured: Mapping[str, ToolSettings] = _NOTHING,
    state: Overlay = AS_ON_DISK,
    *,
    required: bool = True,
) -> tuple[History, ...]:
    """Find and read the migrations in and around `paths`.

    `configured` are the settings of folders by their paths; a folder with a tool in them is read as that
    tool's wherever it is. `state` says how the project is other than on the disk.
    A path is a folder that holds histories at any depth, a folder of migrations, one migration's folder,
    or a file; in the last two cases the history that it belongs to is read whole, with `selected` set.

    Raises UsageError for a path that does not exist or a tool that is not known, NoMigrations for a path
    that holds none unless they are not `required`, UnreadableFile for a folder that cannot be listed. What
    cannot be read within a history is among its problems.
    """
    files = Files(named=filter(None, paths), state=state)
    run = _Run(files, configured)
    histories: dict[tuple[str, str], History] = {}
    for path in paths:
        if not path:
            raise UsageError("an empty path")
        found = list(_in_path(os.path.normpath(path) if ".." not in path else path, run))
        found += run.failed.values()
        if required and not found and not _is_in_code(path, run):
            raise NoMigrations(files.shown(path), _hint(path, run))
        for history in found:
            key = (history.tool, history.root)
            known = histories.get(key)
            histories[key] = history if known is None else _merged(known, history)
    embedded = without_unembedded(_apart(list(histories.values())), files, run.configured)
    read = agreed(without_schemas(without_sources(embedded)), files)
    return (*read, *histories_in_code(_unread(histories.values(), run)))


def _is_in_code(path: str, run: _Run) -> bool:
    full = run.files.full(path)
    return any(is_within(folder, full) or is_within(full, folder) for folder in run.in_code)


def _unread(histories: Iterable[History], run: _Run) -> Iterator[InCode]:
    """Give what is not read but for what stands in a tool's sequence: it is read, or listed there."""
    listed = set()
    for history in histories:
        for migration in history.migrations:
            listed.add(migration.path)
            if migration.down is not None:
                listed.add(migration.down.source.path)
            if migration.path.count("/") > history.root.count("/") + 1:
                # Code in the history's own folder only names the SQL below it.
                listed.add(f"{history.root}/{migration.id}")
    for found in run.in_code.values():
        paths = tuple(p for p in found.paths if p not in listed and p.rpartition(".")[0] not in listed)
        if paths:
            yield found._replace(paths=paths)


def _apart(histories: list[History]) -> Iterator[History]:
    """Leave out each history that is a part of another one of the same tool, by the files that it runs."""
    tools = [history.tool for history in histories]
    if len(set(tools)) == len(tools):
        yield from histories
        return
    paths = [{migration.path for migration in history.migrations} for history in histories]
    for at, (tool, history, own) in enumerate(zip(tools, histories, paths, strict=True)):
        others = [(place, other) for place, other in enumerate(paths) if place != at and tools[place] == tool]
        if not own or not any(own < other or (own == other and place < at) for place, other in others):
            yield history


def history_of_text(
    text: str | bytes, filename: str, configured: Mapping[str, ToolSettings] = _NOTHING
) -> History:
    """Give the history of a text that stands for the file `filename`, on the disk or not.

    Where that file belongs to a history, the text takes its place in it and is what is selected.

    Raises UnreadableFile for bytes that are not text.
    """
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    source = decode(data, filename)
    if isinstance(source, Problem):
        raise UnreadableFile(source.path, source.reason, source.line)
    run = _Run(Files(state=Overlay({filename: data}, frozenset())), configured)
    return _holding(filename, 0, run) or _alone(filename, run)


_FAILED = "this is a bug"
# A folder for each release, such as `1.4.0`: people know the one that holds them all.
_RELEASE = expression(r"v?\d+(?:[._]\d+)+")
_LEADS_OUT = "a link that leads out of the project: not followed"


def _failed(tool: str, root: str, reason: str, cause: Exception) -> History:
    return History(tool, root, "unknown", (), problems=(Problem(root, reason, cause=cause),))


def histories_of_texts(
    texts: Mapping[str, bytes], configured: Mapping[str, ToolSettings] = _NOTHING
) -> tuple[History, ...]:
    """Give the histories in files that exist only here: contents by paths below the working directory."""
    run = _Run(Files(named=["."], state=Overlay(texts, frozenset()), disk=False), configured)
    return tuple(_below(".", run))


def history_before(
    history: History,
    before: Overlay,
    configured: Mapping[str, ToolSettings] = _NOTHING,
    *,
    disk: bool = True,
) -> History:
    """Read a history as it was before a change; with `disk` false, the overlay's texts are all there was."""
    if history.gaps and not history.migrations:
        return history  # What is left out as a whole has lost nothing.
    run = _Run(Files(named=[history.root], state=before, disk=disk), configured)
    if history.root.endswith(".sql"):
        is_there = run.files.is_file(history.root)
        return _alone(history.root, run) if is_there else history._replace(migrations=())
    tool = tool_named(history.tool)
    return run.read(_Known(run.files.folder(history.root), tool, Evidence(Rank.FORCED, history.evidence)))


def _in_path(path: str, run: _Run) -> Iterator[History]:
    files = run.files
    if os.path.isdir(path):
        # Only what holds SQL can be a migration; else the siblings of a project would be listed in vain.
        holding = _holding(path, 1, run) if any(map(files.folder(path).has_trace, run.traces)) else None
        if holding is not None:
            yield holding
            return
        roots = set()
        for history in _below(path, run):
            roots.add(history.root)
            yield history
        for folder in run.configured:
            if is_within(folder, files.full(path)) and files.shown(folder) not in roots:
                roots.add(files.shown(folder))
                yield from _named(folder, run)
        if not roots:
            yield from _named(path, run)
    elif os.path.lexists(path):
        holding = _holding(path, 0, run)
        if holding is not None or path.endswith(".sql"):
            yield holding or _alone(path, run)
        else:
            run.look_for_code(files.folder(parent(path)), is_read=False)
    else:
        siblings = files.folder(parent(path))
        near = did_you_mean(os.path.basename(path), (*siblings.folders, *siblings.files))
        raise UsageError(f"{files.shown(path)}: no such file or folder", near)


def _below(root: str, run: _Run) -> Iterator[History]:
    """Read all histories at or below a folder, each folder once whatever symbolic links there are.

    What the repository's .gitignore files leave out is not walked, unless the folder itself is in there.
    What is not walked makes nobody recognise the folder above it; a history, once known, is read whole.
    """
    files = run.files
    real_root = os.path.realpath(root)
    boundary = os.path.realpath(files.repository(root) or root)
    rules = rules_above(real_root, files)
    is_ruled = not is_within_ignored(real_root, rules)
    seen: set[str] = set()
    stack = [(root, real_root, 0, rules if is_ruled else None)]
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
            if is_within(real, boundary) and not is_within(real_root, real):
                rules = rules_above(real, files) if is_ruled else None
                if not is_within_ignored(real, rules):
                    stack.append((link, real, 0, rules))
            continue
        path, real, claimed, rules = stack.pop()
        if real in seen:
            continue
        seen.add(real)
        folder = files.folder(path)
        if path in files.unlisted:
            if path == root:
                raise UnreadableFile(files.shown(path), f"cannot be listed: {files.unlisted[path]}")
            if not run.has_told(path):
                yield _unlisted(path, run, claimed > 0)
            continue
        if folder.has("pyvenv.cfg"):
            continue
        rules = rules_in(folder, real, rules)
        walked = []
        for name in folder.folders:
            if _is_skipped(name, real[len(boundary) :]):
                continue
            if is_ignored(join(real, name), rules, is_link=name in folder.links):
                run.ignored.append(join(path, name))
            else:
                walked.append(name)
        known = None if claimed else run.recognise(folder._replace(folders=tuple(walked)))
        if known is not None:
            history = run.read(known._replace(folder=folder))
            if _says_something(history):
                yield history
        if folder.files:
            run.look_for_code(folder, is_read=claimed > 0 or known is not None)
        if known is None:
            claimed = max(claimed - 1, 0)
        else:
            depth = known.evidence.depth
            claimed = known.tool.depth if depth is None else depth
        for name in reversed(walked):
            below = join(path, name)
            if name not in folder.links:
                stack.append((below, join(real, name), claimed, rules))
            elif claimed and files.is_out(below):
                yield _left_out(below, run)
            elif not claimed:
                links.append(below)


def _is_skipped(name: str, above: str) -> bool:
    return _is_passed_over(name, above) or name[0] == "." or name.startswith("bazel-")


def _is_passed_over(name: str, above: str) -> bool:
    """Tell whether a folder is skipped by its name and by the path above it in the project, "" at the top."""
    if name in _SKIPPED:
        return (os.path.basename(above), name) not in _WALKED_BELOW
    if not above:
        return name in _SKIPPED_AT_TOP
    if "fixture" in name and any(step in _TESTS for step in above.split(os.sep)):
        return True
    return (os.path.basename(above), name) in _SKIPPED_BELOW


def _holding(path: str, depth: int, run: _Run) -> History | None:
    """Read the history that a file (depth 0) or a migration's folder (depth 1) belongs to."""
    shown = run.files.shown(path)
    best: tuple[Rank, History] | None = None
    repository = run.files.repository(path)
    at = path
    for level in range(depth, max(tool.depth for tool in run.tools) + 1):
        # Without a repository, what stands around the working directory is nobody's project.
        if run.files.full(at) == (repository or run.files.full(".")):
            break
        at = parent(at)
        known = run.recognise(run.files.folder(at))
        if known is None or known.tool.depth < level:
            continue
        history = run.read(known)
        selected = frozenset(one.id for one in history.migrations if _stands_in(one, shown))
        places = (*history.problems, *history.gaps)
        is_problem = any(_is_at(problem.path, shown) for problem in places)
        if (selected or is_problem) and (best is None or known.evidence.rank > best[0]):
            best = (known.evidence.rank, history._replace(selected=selected))
    return best and best[1]


def _stands_in(migration: Migration, shown: str) -> bool:
    places = (
        migration.opaque.path if migration.opaque else "",
        *(s.source.path for s in migration.scripts),
    )
    return any(_is_at(place, shown) for place in places)


def _is_at(path: str, shown: str) -> bool:
    return path == shown or path.startswith(shown + "/")


def _alone(path: str, run: _Run) -> History:
    """Read a file that belongs to no history as one of its own, whose root is the file."""
    from miglint.tools import plain_sql

    folder = run.files.folder(parent(path))
    history = plain_sql.read_one(folder, run.files, os.path.basename(path), _DEFAULTS)
    return _settled(history._replace(root=run.files.shown(path)), "a file by itself", _DEFAULTS)


def _named(path: str, run: _Run) -> Iterator[History]:
    """Read a folder that nothing was recognised in, because it was named and holds SQL files."""
    folder = run.files.folder(path)
    known = run.recognise(folder) if run.settings(path).tool is not None else None
    if known is None and folder.ending(".sql"):
        from miglint.tools import plain_sql

        reason = f"SQL files in {run.files.shown(path)}"
        known = _Known(folder, plain_sql.tool, Evidence(Rank.FALLBACK, reason))
    if known is not None:
        history = run.read(known)
        if _says_something(history):
            yield history


def _says_something(history: History) -> bool:
    return bool(history.migrations or history.problems or history.gaps)


def _not_listed(path: str, files: Files) -> Problem:
    return Problem(files.shown(path), f"cannot be listed: {files.unlisted[path]}")


def _unlisted(path: str, run: _Run, is_claimed: bool) -> History:
    """Say that a folder could not be listed: a problem where it is one of migrations or lies in one."""
    problem = _not_listed(path, run.files)
    shown = problem.path
    if is_claimed or "migrat" in shown.lower():
        return History("unknown", shown, "unknown", (), "its name", problems=(problem,))
    # Such as what a database server in a container has written.
    return History("unknown", shown, "unknown", (), gaps=(problem,))


def _spelled(settings: ToolSettings) -> ToolSettings:
    """Give settings with the dialect as histories name it."""
    return settings._replace(dialect=dialect_named(settings.dialect)) if settings.dialect else settings


def _left_out(path: str, run: _Run) -> History:
    shown = run.files.shown(path)
    return History("unknown", shown, "unknown", (), gaps=(Problem(shown, _LEADS_OUT),))


def tool_named(name: str) -> Tool:
    """Give the tool of that name; raises UsageError."""
    found = next((tool for tool in all_tools() if tool.name == name), None)
    if found is None:
        names = tuple(tool.name for tool in all_tools())
        hint = did_you_mean(name, names) or f"known tools: {', '.join(names)}"
        raise UsageError(f"unknown migration tool {name!r}", hint)
    return found


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
    for place, settings in run.configured.items():
        if settings.tool is not None and is_within(place, run.files.full(path)):
            shown = run.files.shown(place)
            return f"the configuration has {shown} read as {settings.tool}: no file in it matches"
    near: dict[str, int] = {}
    passed: set[str] = set()
    for folder in run.files.listed():
        if not is_within(run.files.full(folder.path), run.files.full(path)):
            continue
        full = run.files.full(folder.path)
        above, name = os.path.split(full)
        inside = full[len(run.files.repository(path) or run.files.full(path)) :]
        passed.update(below for below in folder.folders if _is_passed_over(below, inside))
        count = len(folder.ending(".sql"))
        if count:
            place = run.files.shown(above if _RELEASE.fullmatch(name) else folder.path)
            near[place] = near.get(place, 0) + count
    if near:

        def rank(place: str) -> tuple[int, int, str]:
            dialect = dialect_of_path(place, run.files)
            return (dialect is not None) - 2 * (dialect == POSTGRES), -near[place], place

        places = ", ".join(f"{place} ({near[place]})" for place in sorted(near, key=rank)[:3])
        return f"SQL files are in {places}; name a folder or a file to check it"
    ignored = [at for at in run.ignored if is_within(run.files.full(at), run.files.full(path))]
    by_git = f"by .gitignore: {', '.join(map(run.files.shown, ignored[:3]))}" if ignored else ""
    by_name = f"by name: {', '.join(sorted(passed))}" if passed else ""
    if by_name or by_git:
        return f"skipped {', and '.join(filter(None, (by_name, by_git)))}; name one to check it"
    return "name the folder that holds the migrations"
