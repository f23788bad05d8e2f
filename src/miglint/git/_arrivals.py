"""Which commit brought each file into the branch that is checked out."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from miglint.errors import GitError
from miglint.git._running import Repository, reason, run
from miglint.model.change import Arrival, Arrivals
from miglint.text.lazy import expression

# Users can have a merge compared with nothing, and a first commit too.
_OPTIONS = ("-c", "log.diffMerges=first-parent", "-c", "log.showRoot=true")

# What `git pull` and `git merge` write when they bring the main branch into another one, or its newer state.
_PULLED = expression(
    r"Merge (?:remote-tracking )?branch '(?:origin/|upstream/)?(?P<name>[^']+)'(?: of \S+)?"
    r"(?: into '?(?P<into>[^']+?)'?)?"
)
_MAIN = ("main", "master", "trunk")


class _Commit(NamedTuple):
    parents: int
    cut: bool
    subject: str
    added: list[str]
    removed: list[str]
    moved: dict[str, str]


def read_arrivals(repository: Repository, endings: Iterable[str]) -> Arrivals:
    """Read the whole first-parent history, for files whose names end so; raises GitError.

    Only names and ids of contents are compared, which a partial clone has. So a file that was moved as it is
    counts as the same; one that was edited meanwhile is a new one, and the old one is gone.
    """
    done = run(
        repository._replace(options=_OPTIONS),
        *("log", "--first-parent", "-m", "--name-status", "-z", "-M100%", "--diff-filter=ADR"),
        *("--no-follow", "--no-show-signature", "--no-color", "--no-ext-diff", "--no-textconv"),
        *("--ignore-submodules=all", "--decorate-refs=refs/none", "--format=>%p>%D>%s", "HEAD", "--"),
        *(f"*{ending}" for ending in sorted(endings)),
        ok=(0, 128),
    )
    if done.returncode and b"'HEAD'" not in done.stderr:  # Else there is no commit yet.
        raise GitError(f"`git log` failed: {reason(done)}")
    commits = list(_commits(os.fsdecode(done.stdout)))
    return Arrivals(tuple(_arrivals(commits, repository.directory)), any(one.cut for one in commits))


def _commits(raw: str) -> Iterator[_Commit]:
    fields = iter(raw.split("\0"))
    commit: _Commit | None = None
    for field in (each.lstrip("\n") for each in fields):
        if field.startswith(">"):
            if commit is not None:
                yield commit
            _, parents, marks, subject = field.split(">", 3)
            commit = _Commit(len(parents.split()), "grafted" in marks, subject, [], [], {})
        elif field and commit is not None:
            path = next(fields)
            if field[0] == "R":
                commit.moved[path] = next(fields)
            else:
                (commit.removed if field[0] == "D" else commit.added).append(path)
    if commit is not None:
        yield commit


def _arrivals(commits: Sequence[_Commit], root: str) -> Iterator[Arrival]:
    """Give what each commit brought, the latest first; a file that came twice counts for nothing."""
    now: dict[str, str] = {}
    brought: list[list[str]] = []
    for commit in commits:
        brought.append([now.pop(path, path) for path in commit.added])
        now |= {old: now.pop(new, new) for old, new in commit.moved.items()}
    times = Counter(path for paths in brought for path in paths)
    for commit, paths in zip(commits, brought, strict=True):
        files = () if _is_pull(commit) else (path for path in paths if times[path] == 1)
        yield Arrival(
            tuple(os.path.join(root, path) for path in files),
            tuple(os.path.join(root, path) for path in commit.removed),
        )


def _is_pull(commit: _Commit) -> bool:
    """Tell whether a merge brought what others had merged one by one, and not what was made on a branch."""
    found = _PULLED.fullmatch(commit.subject) if commit.parents > 1 else None
    return found is not None and found["name"] in (*_MAIN, found["into"])
