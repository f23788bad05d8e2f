"""Which commit brought each file into the branch that is checked out."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
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
# From the main branch of a fork: its owner's own work, or what another main branch had long ago.
_FROM_MAIN = expression(r"Merge pull request #\d+ from [^/]+/(?:main|master|trunk)")
_MAIN = ("main", "master", "trunk")
# Nobody's live database runs a version that its name calls unfinished, behind its number: some teams release
# as `alpha_release-12`.
_UNFINISHED = expression(
    r"(?i)\d[._-]?(?:alpha|beta|rc|pre)(?![a-z])|(?<![a-z])(?:preview|dev|snapshot|nightly|canary)(?![a-z])"
)
_TAGS = "refs/tags/"
# What numbers or times a name; behind it are the words that say what the migration does.
_VERSION = expression(r"[vVuU]?\d[\d_.T-]*?(?:__|[_-])(?=[A-Za-z])")
# In seconds. In 51 public repositories, 268 files were edited as they were renumbered: a quarter within a day
# of their first commit, before there was a deployment to speak of, and a half more than a month after it.
_SOON = 86_400


class _Commit(NamedTuple):
    name: str
    parents: tuple[str, ...]
    cut: bool
    at: int
    subject: str
    added: list[str]
    removed: list[str]
    moved: dict[str, str]


def read_arrivals(repository: Repository, endings: Iterable[str]) -> Arrivals:
    """Read the whole first-parent history, for files whose names end so; raises GitError.

    Only names and ids of contents are compared, which a partial clone has. So a file that was moved as it is
    counts as the same; one that was edited meanwhile is a new one, and the old one is gone, unless it kept
    its name, or got another number within a day.
    """
    done = run(
        repository._replace(options=_OPTIONS),
        *("log", "--first-parent", "-m", "--name-status", "-z", "-M100%", "--diff-filter=ADR"),
        *("--no-follow", "--no-show-signature", "--no-color", "--no-ext-diff", "--no-textconv"),
        *("--ignore-submodules=all", "--decorate-refs=refs/none", "--format=>%H>%P>%D>%ct>%s"),
        *("HEAD", "--"),
        *(f"*{ending}" for ending in sorted(endings)),
        ok=(0, 128),
    )
    if done.returncode and b"'HEAD'" not in done.stderr:  # Else there is no commit yet.
        raise GitError(f"`git log` failed: {reason(done)}")
    commits = list(_commits(os.fsdecode(done.stdout)))
    releases = _releases(repository) if commits else {}
    return Arrivals(
        tuple(_arrivals(commits, repository, frozenset(releases))),
        any(one.cut for one in commits),
        tuple(sorted(releases.values())),
    )


def _releases(repository: Repository) -> dict[str, int]:
    """Give the tags of finished versions with their times, or all tags of a project that has finished none.

    A tag of something else than a commit may have no time.
    """
    done = run(repository, "for-each-ref", "--format=%(creatordate:raw)>%(refname)", _TAGS)
    lines = (line.partition(">") for line in os.fsdecode(done.stdout).splitlines())
    tags = {name[len(_TAGS) :]: int(at.split()[0]) for at, _, name in lines if at}
    return {name: at for name, at in tags.items() if not _UNFINISHED.search(name)} or tags


def _commits(raw: str) -> Iterator[_Commit]:
    fields = iter(raw.split("\0"))
    commit: _Commit | None = None
    for field in (each.lstrip("\n") for each in fields):
        if field.startswith(">"):
            if commit is not None:
                yield commit
            _, name, parents, marks, at, subject = field.split(">", 5)
            commit = _Commit(name, tuple(parents.split()), "grafted" in marks, int(at), subject, [], [], {})
        elif field and commit is not None:
            path = next(fields)
            if field[0] == "R":
                commit.moved[path] = next(fields)
            else:
                (commit.removed if field[0] == "D" else commit.added).append(path)
    if commit is not None:
        yield commit


def _arrivals(
    commits: Sequence[_Commit], repository: Repository, releases: frozenset[str]
) -> Iterator[Arrival]:
    """Give what each commit brought, the latest first; a file that came twice counts for nothing."""
    root = repository.directory
    now: dict[str, str] = {}
    brought: list[list[str]] = []
    again: dict[str, _Again] = {}
    for commit in map(_with_edited_moves, commits):
        paths = [now.pop(path, path) for path in commit.added]
        for at, path in enumerate(commit.added):
            if (later := again.pop(path, None)) is not None and later.at - commit.at <= _SOON:
                later.paths.remove(later.path)
                paths[at] = later.path
        brought.append(paths)
        moved = commit.moved.items()
        again |= {old: again.pop(new) for old, new in moved if new in again}
        now |= {old: now.pop(new, new) for old, new in moved}
        today = dict(zip(commit.added, paths, strict=True))
        again |= {old: _Again(today[new], paths, commit.at) for old, new in _renumbered(commit)}
    times = Counter(path for paths in brought for path in paths)
    for commit, paths in zip(commits, brought, strict=True):
        files = () if _is_pull(commit) else (path for path in paths if times[path] == 1)
        yield Arrival(
            tuple(os.path.join(root, path) for path in files),
            tuple(os.path.join(root, path) for path in commit.removed),
            commit.at,
            partial(_is_unreleased, commit, repository, releases),
        )


class _Again(NamedTuple):
    """Where a file is today that got another number, and was edited, and what its commit brought."""

    path: str
    paths: list[str]
    at: int


def _renumbered(commit: _Commit) -> Iterator[tuple[str, str]]:
    """Give the files that went as another with the same words in its name came, each with that one."""
    came, went = _by_words(commit.added, _words), _by_words(commit.removed, _words)
    return ((old, came[words]) for words, old in went.items() if words in came)


def _with_edited_moves(commit: _Commit) -> _Commit:
    """Take for moved what was edited as it was moved and kept its name, like what was edited in its place."""
    came, went = _by_words(commit.added, _name), _by_words(commit.removed, _name)
    moved = {old: came[name] for name, old in went.items() if name in came}
    if not moved:
        return commit
    new = frozenset(moved.values())
    added = [path for path in commit.added if path not in new]
    return commit._replace(added=added, moved={**commit.moved, **moved})


def _by_words(paths: Iterable[str], words_of: Callable[[str], str]) -> dict[str, str]:
    """Give the files by what their names say, each that no other says."""
    found: dict[str, str] = {}
    times: Counter[str] = Counter()
    for path in paths:
        if words := words_of(path):
            found[words] = path
            times[words] += 1
    return {words: path for words, path in found.items() if times[words] == 1}


def _name(path: str) -> str:
    """Give the name of a migration, which can be that of its folder."""
    above, name = os.path.split(path)
    return name if any(map(str.isdigit, name)) else f"{os.path.basename(above)}/{name}"


def _words(path: str) -> str:
    """Give what the name of a migration says behind its version."""
    name = _name(path)
    version = _VERSION.match(name)
    return name[version.end() :] if version else ""


def _is_unreleased(commit: _Commit, repository: Repository, releases: frozenset[str]) -> bool:
    """Tell whether a merge brought a branch that has no release of its own, as far as tags tell."""
    if not releases or len(commit.parents) != 2 or _FROM_MAIN.fullmatch(commit.subject):
        return False
    before, tip = commit.parents
    done = run(
        repository,
        *("log", "--no-show-signature", "--no-color", f"--decorate-refs={_TAGS}", "--simplify-by-decoration"),
        *("--format=%H>%D", f"^{before}", tip, "--"),
    )
    lines = (line.partition(">") for line in os.fsdecode(done.stdout).splitlines())
    # A tag at its end holds all that the merge brings.
    inside = (mark for name, _, marks in lines if name != tip for mark in marks.split(", "))
    return releases.isdisjoint(mark.removeprefix("tag: ") for mark in inside)


def _is_pull(commit: _Commit) -> bool:
    """Tell whether a merge brought what others had merged one by one, and not what was made on a branch."""
    found = _PULLED.fullmatch(commit.subject) if len(commit.parents) > 1 else None
    return found is not None and found["name"] in (*_MAIN, found["into"])
