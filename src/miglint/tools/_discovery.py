"""From the paths that a user names to histories."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

from miglint.errors import NoMigrations, UnreadableFile, UsageError
from miglint.model.change import AS_ON_DISK, Overlay
from miglint.model.migration import History, Problem
from miglint.project.decoding import decode
from miglint.project.files import Files, is_within
from miglint.tools._embedded import without_unembedded
from miglint.tools._in_code import InCode
from miglint.tools._in_code import histories as histories_in_code
from miglint.tools._known_tools import tool_named
from miglint.tools._recognition import NOTHING, Known, Run
from miglint.tools._siblings import agreed, without_schemas, without_sources
from miglint.tools._tool import Evidence, Rank, ToolSettings
from miglint.tools._walk import histories_below, histories_in, history_alone, history_around


def find_histories(
    paths: Sequence[str],
    configured: Mapping[str, ToolSettings] = NOTHING,
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
    run = Run(files, configured)
    histories: dict[tuple[str, str], History] = {}
    for path in paths:
        if not path:
            raise UsageError("an empty path")
        found = list(histories_in(os.path.normpath(path) if ".." not in path else path, run))
        found += run.failed.values()
        if required and not found and not _is_in_code(path, run):
            from miglint.tools._not_found import hint

            raise NoMigrations(files.shown(path), hint(path, run))
        for history in found:
            key = (history.tool, history.root)
            known = histories.get(key)
            histories[key] = history if known is None else _merged(known, history)
    embedded = without_unembedded(_apart(list(histories.values())), files, run.configured)
    read = agreed(without_schemas(without_sources(embedded)), files)
    return (
        *(_served(history, files) for history in read),
        *histories_in_code(_unread(histories.values(), run)),
    )


def _served(history: History, files: Files) -> History:
    """Give a history with the server that the project runs."""
    if history.dialect != "postgres" or not history.migrations:
        return history
    from miglint.project.servers import server_around

    return history._replace(server=server_around(history.root, files))


def _is_in_code(path: str, run: Run) -> bool:
    full = run.files.full(path)
    return any(is_within(folder, full) or is_within(full, folder) for folder in run.in_code)


def _unread(histories: Iterable[History], run: Run) -> Iterator[InCode]:
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
    text: str | bytes, filename: str, configured: Mapping[str, ToolSettings] = NOTHING
) -> History:
    """Give the history of a text that stands for the file `filename`, on the disk or not.

    Where that file belongs to a history, the text takes its place in it and is what is selected.

    Raises UnreadableFile for bytes that are not text.
    """
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    source = decode(data, filename)
    if isinstance(source, Problem):
        raise UnreadableFile(source.path, source.reason, source.line)
    run = Run(Files(state=Overlay({filename: data}, frozenset())), configured)
    return _served(history_around(filename, 0, run) or history_alone(filename, run), run.files)


def histories_of_texts(
    texts: Mapping[str, bytes], configured: Mapping[str, ToolSettings] = NOTHING
) -> tuple[History, ...]:
    """Give the histories in files that exist only here: contents by paths below the working directory."""
    run = Run(Files(named=["."], state=Overlay(texts, frozenset()), disk=False), configured)
    return tuple(histories_below(".", run))


def history_before(
    history: History,
    before: Overlay,
    configured: Mapping[str, ToolSettings] = NOTHING,
    *,
    disk: bool = True,
) -> History:
    """Read a history as it was before a change; with `disk` false, the overlay's texts are all there was."""
    if history.gaps and not history.migrations:
        return history  # What is left out as a whole has lost nothing.
    run = Run(Files(named=[history.root], state=before, disk=disk), configured)
    if history.root.endswith(".sql"):
        is_there = run.files.is_file(history.root)
        return history_alone(history.root, run) if is_there else history._replace(migrations=())
    tool = tool_named(history.tool)
    return run.read(Known(run.files.folder(history.root), tool, Evidence(Rank.FORCED, history.evidence)))


def _merged(one: History, other: History) -> History:
    if one.selected is None or other.selected is None:
        return one._replace(selected=None)
    return one._replace(selected=one.selected | other.selected)
