"""Histories with the change at hand in scope: as they are, beside as they were."""

import os
from collections.abc import Mapping, Sequence

from miglint import git, scope
from miglint.model import History
from miglint.model.change import ChangeSet
from miglint.tools import ToolSettings, find_histories, history_before

# What readers of migration folders look at; of other files only the names matter.
_READ = (
    ".sql", ".prisma", ".toml", ".json", ".jsonc", ".yaml", ".yml", ".xml", ".sum", ".plan", ".conf", ".ini",
    ".properties", ".hcl", ".fizz", ".postgres",
)  # fmt: skip


def changed_histories(
    paths: Sequence[str], configured: Mapping[str, ToolSettings], since: str | None
) -> tuple[History, ...]:
    """Find histories, and select what a change adds: since the merge base with a ref, else what is staged.

    Raises GitError, and what `find_histories` raises.
    """
    first = paths[0] if os.path.isdir(paths[0]) else os.path.dirname(paths[0]) or "."
    changes = git.staged(first, _is_read) if since is None else git.since(since, first, _is_read)
    found = find_histories(paths, configured, changes.after)
    return tuple(_in_scope(history, changes, configured) for history in found)


def _is_read(path: str) -> bool:
    return path.endswith(_READ)


def _in_scope(history: History, changes: ChangeSet, configured: Mapping[str, ToolSettings]) -> History:
    # A schema, a lock file or a configuration stands beside or above the folder of the migrations.
    above = history.root.rpartition("/")[0]
    near = f"{above}/" if above else ""
    if any((c.old_path or c.path).startswith(near) or c.path.startswith(near) for c in changes.changes):
        base = history_before(history, changes.before, configured)
    else:
        base = history
    with_base = history._replace(base=base)
    added = scope.added(with_base)
    return with_base._replace(selected=added if history.selected is None else added & history.selected)
