"""Changes of real projects, each checked out as the pull request that brought it."""

import random
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

_MIGRATION = re.compile(
    r"(?:migrat|changelog|flyway|drizzle|sqitch|liquibase|deploy/|db/).*\.(?:sql|xml|ya?ml)$", re.IGNORECASE
)
# What no reader of migrations looks at, and what makes checkouts large.
_LARGE = re.compile(
    r"\.(?:png|jpe?g|gif|svg|ico|webp|woff2?|ttf|otf|mp[34]|zip|gz|jar|pdf|snap|parquet|csv)$", re.IGNORECASE
)


class Change(NamedTuple):
    """A commit of the main line that brings migrations, and the commit before it."""

    commit: str
    parent: str


def changes(project: Path, count: int, seed: int) -> tuple[Change, ...]:
    """Draw commits of the main line, along first parents, that add a file of a migration."""
    command = ["log", "--first-parent", "--diff-filter=A", "--name-only", "--format=%x00%H %P", "-m"]
    found = []
    for entry in _git(project, *command).split("\0")[1:]:
        head, _, names = entry.partition("\n")
        commit, *parents = head.split()
        if parents and any(map(_MIGRATION.search, names.splitlines())):
            found.append(Change(commit, parents[0]))
    random.Random(seed).shuffle(found)
    return tuple(dict.fromkeys(found))[:count]


@contextmanager
def checked_out(project: Path, change: Change) -> Iterator[Path]:
    """Give a folder with the project as of a change, in which git knows the commits."""
    with TemporaryDirectory(prefix="change-") as folder:
        root = Path(folder) / project.name
        _git(project, "worktree", "add", "--quiet", "--no-checkout", "--detach", str(root), change.commit)
        try:
            _git(root, "read-tree", "HEAD")
            names = [n for n in _git(root, "ls-files", "-z").split("\0") if n and not _LARGE.search(n)]
            wanted = "\0".join(names).encode()
            subprocess.run(
                ["git", "-C", str(root), "checkout-index", "-z", "--stdin", "--quiet"],
                input=wanted,
                capture_output=True,
                check=False,  # what is too large for a partial clone is not there
            )
            yield root
        finally:
            _git(project, "worktree", "remove", "--force", str(root))


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "core.quotePath=false", "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.stdout.decode(errors="replace")
