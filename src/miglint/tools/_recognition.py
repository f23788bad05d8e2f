"""Which tool a folder belongs to, and its history, read once."""

import os
from collections.abc import Mapping
from typing import NamedTuple

from miglint.errors import MiglintError
from miglint.model.irregularity import MissingFile
from miglint.model.migration import History, Problem, Script
from miglint.project.dialects import dialect_named
from miglint.project.files import Files, Folder, is_within
from miglint.tools._atlas_sum import stale
from miglint.tools._in_code import InCode, in_code
from miglint.tools._known_tools import all_tools, tool_named
from miglint.tools._releases import with_releases
from miglint.tools._sent import unsendable
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

DEFAULTS = ToolSettings()
"""What holds for a folder that the configuration does not name."""

NOTHING: Mapping[str, ToolSettings] = {}


class Known(NamedTuple):
    """A folder and the tool it belongs to."""

    folder: Folder
    tool: Tool
    evidence: Evidence


class Run:
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

    def recognise(self, folder: Folder) -> Known | None:
        """Give the tool that the configuration names, else the one for which most speaks."""
        named = self.settings(folder.path).tool
        if named is not None:
            reason = f'tool = "{named}" in the configuration'
            return Known(folder, tool_named(named), Evidence(Rank.FORCED, reason))
        found = []
        for tool in self._traced(folder):
            try:
                evidence = tool.recognise(folder, self.files)
            except MiglintError:
                raise
            except Exception as error:  # noqa: BLE001 - one tool's mistake must not hide the others
                shown = self.files.shown(folder.path)
                reason = f"miglint failed to check whether it is {tool.title}'s: {_FAILED}"
                self.failed[tool.name, shown] = _failed("unknown", shown, reason, error)
                continue
            if evidence is not None:
                found.append(Known(folder, tool, evidence))
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
        return self.configured.get(self.files.full(path), DEFAULTS) if self.configured else DEFAULTS

    def read(self, known: Known) -> History:
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

    def _read(self, known: Known) -> History:
        settings = self.settings(known.folder.path)
        history = known.tool.read(known.folder, self.files, settings)
        if settings.dialect:
            self.files.without_dialect.discard(self.files.full(known.folder.path))
        history = settled(history, known.evidence.reason, settings)
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
            problems=(*history.problems, *(not_listed(path, self.files) for path in hidden)),
            irregularities=tuple(i for i in history.irregularities if not isinstance(i, MissingFile)),
        )

    def has_told(self, path: str) -> bool:
        """Tell whether a history that was read names this folder among its problems."""
        shown = self.files.shown(path)
        return any(p.path == shown for history in self._histories.values() for p in history.problems)


_FAILED = "this is a bug"


def _failed(tool: str, root: str, reason: str, cause: Exception) -> History:
    return History(tool, root, "unknown", (), problems=(Problem(root, reason, cause=cause),))


def not_listed(path: str, files: Files) -> Problem:
    """Say that a folder could not be listed."""
    return Problem(files.shown(path), f"cannot be listed: {files.unlisted[path]}")


def _spelled(settings: ToolSettings) -> ToolSettings:
    """Give settings with the dialect as histories name it."""
    return settings._replace(dialect=dialect_named(settings.dialect)) if settings.dialect else settings


def settled(history: History, evidence: str, settings: ToolSettings) -> History:
    """Add the evidence, and put the settings in place of what was found."""
    migrations = history.migrations
    mode = settings.transaction_mode
    if mode is not None:

        def changed(script: Script | None) -> Script | None:
            return script and script._replace(
                mode=mode, mode_reason="set in the configuration", guessed=False
            )

        migrations = tuple(
            one._replace(up=changed(one.up), down=changed(one.down)) for one in history.migrations
        )
    dialect = settings.dialect or history.dialect
    return history._replace(evidence=evidence, migrations=migrations, dialect=dialect)
