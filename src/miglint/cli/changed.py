"""Histories with the change at hand in scope: as they are, beside as they were."""

import os
from collections.abc import Mapping, Sequence

from miglint import git
from miglint.cli.output import say
from miglint.errors import NoMigrations
from miglint.model import History, Problem
from miglint.model.change import ChangeKind, ChangeSet
from miglint.simulate import since_base
from miglint.tools import ToolSettings, find_histories, history_before, is_trace, narrowed


def changed_histories(
    paths: Sequence[str], configured: Mapping[str, ToolSettings], since: str | None, *, required: bool
) -> tuple[History, ...]:
    """Find histories, and select what a change adds: since the merge base with a ref, else what is staged.

    Where pre-commit compares two commits, nothing is staged, and its first one is that ref.
    Raises GitError, and what `find_histories` raises.
    """
    found: list[History] = []
    for folder, inside in _by_repository(paths).items():
        base = since if since is not None else _base_of_pre_commit(folder)
        changes = git.staged(folder) if base is None else git.since(base, folder)
        if base is None and not changes.changes:
            say("miglint: nothing is staged; without --staged, everything is reported")
        gone: list[History] = []
        try:
            histories = find_histories(inside, configured, changes.after, required=required)
        except NoMigrations:
            gone = _gone((), inside, changes, configured)
            if not gone:
                raise
            histories = ()
        histories, gone = _moved(histories, gone or _gone(histories, inside, changes, configured))
        found += gone
        repository = _repository(folder)
        for history in histories:
            is_inside = _repository(history.root) == repository
            found.append(_in_scope(history, changes, configured) if is_inside else _not_compared(history))
    return tuple(found)


def _gone(
    histories: Sequence[History],
    paths: Sequence[str],
    changes: ChangeSet,
    configured: Mapping[str, ToolSettings],
) -> list[History]:
    """Give the histories that a change takes away as a whole: empty, beside what they were."""
    roots = {history.root for history in histories}
    lost = {
        path
        for change in changes.changes
        for path in (change.path if change.kind is ChangeKind.DELETED else change.old_path,)
        if path and not any(path.startswith(f"{root}/") for root in roots)
    }
    if not any(map(is_trace, lost)):
        return []
    gone = []
    for was in find_histories(paths, configured, changes.before, required=False):
        removed = tuple(migration for migration in was.migrations if migration.path in lost)
        if removed and was.root not in roots:
            base = was._replace(migrations=removed)
            gone.append(
                was._replace(
                    migrations=(), problems=(), gaps=(), irregularities=(), base=base, selected=frozenset()
                )
            )
    return gone


def _moved(histories: tuple[History, ...], gone: list[History]) -> tuple[tuple[History, ...], list[History]]:
    """Compare a history that is gone from one folder and stands in another with what it was; say so."""
    left = []
    for was in gone:
        ids = {migration.id for migration in was.base.migrations} if was.base else set()
        same = [h for h in histories if h.tool == was.tool and h.base is None and _is_mostly(ids, h)]
        if not same:
            left.append(was)
            continue
        say(f"miglint: {was.root} is gone: {same[0].root} is compared with what it was")
        histories = tuple(h._replace(base=was.base) if h is same[0] else h for h in histories)
    return histories, left


def _is_mostly(ids: set[str], history: History) -> bool:
    return 2 * len(ids & {migration.id for migration in history.migrations}) > len(ids)


def _base_of_pre_commit(folder: str) -> str | None:
    """Give the commit that `pre-commit run --from-ref`, or its hook for pushes, compares with."""
    base, to = (os.environ.get(f"PRE_COMMIT_{name}_REF") for name in ("FROM", "TO"))
    if not base or not to:
        return None
    say(f"miglint: reporting what is new since {base[:12]}, as pre-commit asks")
    if not git.is_head(to, folder):
        say(f"miglint: {to[:12]} is not checked out: what is checked is the working directory")
    return base


def _by_repository(paths: Sequence[str]) -> dict[str, list[str]]:
    """Put paths of one repository together, under the folder of the first of them."""
    folders: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
    for path in paths:
        folder = path if os.path.isdir(path) else os.path.dirname(path) or "."
        groups.setdefault(folders.setdefault(_repository(folder), folder), []).append(path)
    return groups


def _repository(path: str) -> str:
    """Give the real path of the repository that holds a path; the file system's root if none does."""
    at = os.path.realpath(path)
    while not os.path.exists(os.path.join(at, ".git")) and os.path.dirname(at) != at:
        at = os.path.dirname(at)
    return at


def _not_compared(history: History) -> History:
    reason = "in a git repository of its own, such as a submodule: run miglint there to compare it"
    gap = Problem(history.root, reason)
    return history._replace(selected=frozenset(), gaps=(*history.gaps, gap))


def _in_scope(history: History, changes: ChangeSet, configured: Mapping[str, ToolSettings]) -> History:
    if history.in_code:
        touched = (change.path for change in changes.changes)
        return narrowed(history, touched)._replace(selected=frozenset())
    if history.tool == "unknown":
        is_changed = any(change.path.startswith(f"{history.root}/") for change in changes.changes)
        return history if is_changed else history._replace(selected=frozenset(), gaps=())
    paths = {path for change in changes.changes for path in (change.path, change.old_path) if path}
    if history.base is not None:
        base = history.base
    elif any(_concerns(path, history.root) for path in paths):
        base = history_before(history, changes.before, configured)
    else:
        base = history
    with_base = history._replace(base=base)
    added = since_base.added(with_base)
    return with_base._replace(selected=added if history.selected is None else added & history.selected)


def _concerns(path: str, root: str) -> bool:
    """Tell whether a changed file can say something about a history.

    It is in its folder or beside it, or in a folder above, as a schema, a lock file or a configuration is.
    """
    full, folder = os.path.abspath(path), os.path.dirname(os.path.abspath(root))
    return _is_in(full, folder) or _is_in(folder, os.path.dirname(full))


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
