"""From one path to the histories at, below or around it."""

import os
from collections.abc import Iterator

from miglint.errors import UnreadableFile, UsageError, did_you_mean
from miglint.model.migration import History, Migration, Problem
from miglint.project.files import is_within, join, parent
from miglint.project.gitignore import is_ignored, is_within_ignored, rules_above, rules_in
from miglint.tools._recognition import DEFAULTS, Known, Run, not_listed, settled
from miglint.tools._skipped import is_skipped
from miglint.tools._tool import Evidence, Rank

_LEADS_OUT = "a link that leads out of the project: not followed"


def histories_in(path: str, run: Run) -> Iterator[History]:
    """Read the histories at a path: a folder that holds some, or is in one, or a file.

    Raises UsageError where nothing is.
    """
    files = run.files
    if os.path.isdir(path):
        # Only what holds SQL can be a migration; else the siblings of a project would be listed in vain.
        holding = history_around(path, 1, run) if any(map(files.folder(path).has_trace, run.traces)) else None
        if holding is not None:
            yield holding
            return
        roots = set()
        for history in histories_below(path, run):
            roots.add(history.root)
            yield history
        for folder in run.configured:
            if is_within(folder, files.full(path)) and files.shown(folder) not in roots:
                roots.add(files.shown(folder))
                yield from _named(folder, run)
        if not roots:
            yield from _named(path, run)
    elif os.path.lexists(path):
        holding = history_around(path, 0, run)
        if holding is not None or path.endswith(".sql"):
            yield holding or history_alone(path, run)
        else:
            run.look_for_code(files.folder(parent(path)), is_read=False)
    else:
        siblings = files.folder(parent(path))
        near = did_you_mean(os.path.basename(path), (*siblings.folders, *siblings.files))
        raise UsageError(f"{files.shown(path)}: no such file or folder", near)


def histories_below(root: str, run: Run) -> Iterator[History]:
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
            if is_skipped(name, real[len(boundary) :]):
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


def history_around(path: str, depth: int, run: Run) -> History | None:
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
        known = run.recognise(run.files.folder(at)) or (_row_around(path, at, run) if level == 0 else None)
        if known is None or known.tool.depth < level:
            continue
        history = run.read(known)
        selected = frozenset(one.id for one in history.migrations if _stands_in(one, shown))
        places = (*history.problems, *history.gaps)
        is_problem = any(_is_at(problem.path, shown) for problem in places)
        if (selected or is_problem) and (best is None or known.evidence.rank > best[0]):
            best = (known.evidence.rank, history._replace(selected=selected))
    return best and best[1]


def _row_around(path: str, at: str, run: Run) -> Known | None:
    """Give the folder of a file as it is read when it is named, if there is no doubt that it is a history."""
    from miglint.tools import plain_sql

    folder = run.files.folder(at)
    if not plain_sql.is_row_around(folder, run.files, os.path.basename(path)):
        return None
    reason = f"numbered SQL files in {run.files.shown(at)}"
    return Known(folder, plain_sql.tool, Evidence(Rank.FALLBACK, reason))


def _stands_in(migration: Migration, shown: str) -> bool:
    places = (
        migration.opaque.path if migration.opaque else "",
        *(s.source.path for s in migration.scripts),
    )
    return any(_is_at(place, shown) for place in places)


def _is_at(path: str, shown: str) -> bool:
    return path == shown or path.startswith(shown + "/")


def history_alone(path: str, run: Run) -> History:
    """Read a file that belongs to no history as one of its own, whose root is the file."""
    from miglint.tools import plain_sql

    folder = run.files.folder(parent(path))
    history = plain_sql.read_one(folder, run.files, os.path.basename(path), DEFAULTS)
    return settled(history._replace(root=run.files.shown(path)), "a file by itself", DEFAULTS)


def _named(path: str, run: Run) -> Iterator[History]:
    """Read a folder that nothing was recognised in, because it was named and holds SQL files."""
    folder = run.files.folder(path)
    known = run.recognise(folder) if run.settings(path).tool is not None else None
    if known is None and folder.ending(".sql"):
        from miglint.tools import plain_sql

        reason = f"SQL files in {run.files.shown(path)}"
        known = Known(folder, plain_sql.tool, Evidence(Rank.FALLBACK, reason))
    if known is not None:
        history = run.read(known)
        if _says_something(history):
            yield history


def _says_something(history: History) -> bool:
    return bool(history.migrations or history.problems or history.gaps)


def _unlisted(path: str, run: Run, is_claimed: bool) -> History:
    """Say that a folder could not be listed: a problem where it is one of migrations or lies in one."""
    problem = not_listed(path, run.files)
    shown = problem.path
    if is_claimed or "migrat" in shown.lower():
        return History("unknown", shown, "unknown", (), "its name", problems=(problem,))
    # Such as what a database server in a container has written.
    return History("unknown", shown, "unknown", (), gaps=(problem,))


def _left_out(path: str, run: Run) -> History:
    shown = run.files.shown(path)
    return History("unknown", shown, "unknown", (), gaps=(Problem(shown, _LEADS_OUT),))
