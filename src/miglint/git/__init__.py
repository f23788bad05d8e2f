"""
What a change adds, and which files came together, from git: the only package that runs it.

It needs git 2.18 or newer. Nothing that a repository brings is run: no hook, filter, file system monitor
or external diff. Nothing is fetched and nothing is written, not even the index is refreshed.
"""

from collections.abc import Iterable, Sequence

from miglint.errors import GitError
from miglint.git._arrivals import read_arrivals
from miglint.git._contents import with_contents
from miglint.git._differences import differences, lay_over
from miglint.git._lines import read_lines, without_files
from miglint.git._repository import (
    WHOLE_HISTORY,
    empty_tree,
    executable,
    open_repository,
    paths_from,
    unknown,
)
from miglint.git._running import Repository
from miglint.model.change import AS_ON_DISK, Arrivals, ChangeKind, ChangeSet, Code, CodeLines, Overlay
from miglint.text.visible import visible

__all__ = ["WHOLE_HISTORY", "arrivals", "is_head", "lines_with", "paths_without_files", "since", "staged"]


def arrivals(root: str, endings: Iterable[str]) -> Arrivals:
    """Give which files came together, of those whose names end so, from the root of a working tree.

    One process follows the first parents of HEAD, and one lists tags. Raises GitError.
    """
    return read_arrivals(Repository(executable(), root), endings)


def lines_with(
    words: Sequence[str], paths: Iterable[str], directory: str = ".", *, since: str | None = None
) -> Code:
    """Give the lines of a project's files that hold one of some words, from a folder of a working tree.

    `since` is a ref: then also of the files at its merge base with HEAD. Raises GitError.
    """
    repository, commits = open_repository(directory, since or "HEAD")
    now = read_lines(repository, words, paths, "")
    if since is None:
        return Code(now)
    base = next((commit[1:] for commit in commits if commit.startswith("^")), "")
    return Code(now, read_lines(repository, words, paths, base) if base else CodeLines(cut=True))


def paths_without_files(paths: Iterable[str], directory: str = ".") -> tuple[str, ...]:
    """Give the paths in which `lines_with` finds no file to look into. Raises GitError."""
    repository, _ = open_repository(directory, "HEAD")
    return without_files(repository, paths)


def since(ref: str, directory: str = ".") -> ChangeSet:
    """Give what differs between the working tree and the merge base of `ref` and HEAD.

    That is what was committed since, and what is staged, not staged, or untracked and not ignored.
    What files held there is read when it is asked for.
    A file that was moved without `git add` counts as deleted and added, as in `git status`.
    Raises GitError.
    """
    repository, commits = open_repository(directory, ref)
    if not commits:
        raise unknown(ref, repository)
    base = next((commit[1:] for commit in commits if commit.startswith("^")), "")
    if not base:
        hint = "name a commit that this branch comes from"
        if repository.shallow:
            hint = f"the clone is shallow, and their merge base may be missing: {WHOLE_HISTORY}"
        raise GitError(f"{ref!r} and HEAD have no commit in common", hint)
    entries, on_disk = differences(repository, base)
    lay_over(entries, on_disk)
    changes, _ = with_contents(repository, entries, (), paths_from(repository))
    return ChangeSet(changes)


def staged(directory: str = ".") -> ChangeSet:
    """Give what differs between the index and HEAD, which may have no commit yet.

    `after` is the index: the staged texts of files that the disk holds otherwise, without untracked files.
    Such texts, and the earlier ones, are read when they are asked for.
    Raises GitError.
    """
    repository, commits = open_repository(directory, "HEAD")
    base = commits[0] if commits else empty_tree(repository)
    entries, on_disk = differences(repository, base)
    where = paths_from(repository)
    conflict = next((where(found.path) for found in on_disk if found.conflict), None)
    if conflict is not None:
        raise GitError(f"{visible(conflict)}: has merge conflicts", "resolve them, then `git add` the file")
    changes, texts = with_contents(repository, entries, on_disk, where)
    hidden = frozenset(where(found.path) for found in on_disk if found.kind is ChangeKind.ADDED)
    after = Overlay(texts, hidden) if texts or hidden else AS_ON_DISK
    return ChangeSet(changes, after)


def is_head(ref: str, directory: str = ".") -> bool:
    """Tell whether a ref names the commit that is checked out. Raises GitError."""
    repository, commits = open_repository(directory, ref)
    if not commits:
        raise unknown(ref, repository)
    return len({commit for commit in commits if not commit.startswith("^")}) == 1
