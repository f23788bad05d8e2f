"""Find the repository and the commits that are compared, or say why that is not possible."""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from miglint.errors import GitError, did_you_mean
from miglint.git._running import Repository, reason, run
from miglint.text.visible import visible

if TYPE_CHECKING:
    from subprocess import CompletedProcess

WHOLE_HISTORY = (
    "get the whole history (`fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` in GitLab CI, "
    "else `git fetch --unshallow`)"
)
# Similar names are looked for among so many: that takes some 20 ms.
_MOST_NAMES = 1000
# The characters that every shell takes as they are.
_PLAIN = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/._-"


def open_repository(directory: str, ref: str) -> tuple[Repository, list[str]]:
    """Find the repository; give the ids of two commits and, after a `^` each, of their merge bases.

    The commits are HEAD and `ref`; nothing is given if one of them is none.
    """
    if not os.path.isdir(directory):
        raise GitError(f"{visible(directory)}: no such folder")
    if not ref:
        raise GitError("the commit to compare with has no name", "give a branch, a tag or a commit's id")
    # No name of a commit begins so, or holds a NUL; `..` would name a range.
    if ref.startswith(("-", "^")) or ".." in ref or "\0" in ref:
        raise GitError(
            f"{ref!r} is not a valid commit name",
            "give one commit; its merge base with HEAD is found automatically",
        )
    repository = Repository(executable(), directory)
    facts = ("--show-prefix", "--is-inside-work-tree", "--is-shallow-repository")
    found = run(repository, "rev-parse", *facts, "--revs-only", f"{ref}...HEAD", "--", ok=(0, 128))
    lines = os.fsdecode(found.stdout).split("\n")[:-1]
    # Read from the end: the prefix, which stands first, may hold line breaks.
    end = len(lines)
    while end and lines[end - 1] not in ("true", "false"):
        end -= 1
    if end < len(facts):
        raise _no_repository(directory, found)
    if lines[end - 2] != "true":
        raise _no_working_tree(directory)
    config = run(repository, "config", "-z", "--name-only", "--get-regexp", r"^(filter|remote)\.", ok=(0, 1))
    names = [name.rpartition(".") for name in os.fsdecode(config.stdout).split("\0")]
    return (
        repository._replace(
            options=tuple(_without_filters(section for section, _, _ in names)),
            prefix="\n".join(lines[: end - 2]),
            shallow=lines[end - 1] == "true",
            partial=any(key == "promisor" for _, _, key in names),
            remotes=tuple(section.removeprefix("remote.") for section, _, key in names if key == "url"),
        ),
        lines[end:] if found.returncode == 0 else [],
    )


def executable() -> str:
    """Give the path of git. Only absolute folders count: in another, a `git` could be the project's."""
    name = "git.exe" if os.name == "nt" else "git"
    for folder in os.get_exec_path():
        path = os.path.join(folder, name)
        if os.path.isabs(folder) and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise GitError("git is not installed, or not on the PATH", "only git knows what a change adds")


def _without_filters(sections: Iterable[str]) -> Iterator[str]:
    """Give options that switch off the programs which the configuration has for contents of files.

    To compare a file with the index, git would run them.
    """
    for section in sorted({section for section in sections if section.startswith("filter.")}):
        if "=" in section:
            raise GitError(f"{visible(section)!r} in git's configuration has a `=` in its name", "rename it")
        for setting in ("clean=", "process=", "required=false"):
            yield "-c"
            yield f"{section}.{setting}"


def empty_tree(repository: Repository) -> str:
    """Give the id of the tree without files, which every repository knows."""
    found = run(repository, "rev-parse", "--show-object-format", ok=(0, 128))
    if found.stdout.strip() == b"sha256":
        return "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
    return "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


# --- paths --------------------------------------------------------------------------------------------


def paths_from(repository: Repository) -> Callable[[str], str]:
    """Give the function that turns git's paths, from the root of the working tree, into the user's."""
    here = os.getcwd()
    root = _root(repository)
    if root == here:
        return str
    folders: dict[str, str] = {}

    def where(path: str) -> str:
        folder, _, name = path.rpartition("/")
        if folder not in folders:
            folders[folder] = _relative(os.path.join(root, folder), here)
        return folders[folder] + name

    return where


def _relative(folder: str, here: str) -> str:
    """Give "", or the path of a folder from here with a `/` after it."""
    try:
        path = os.path.relpath(folder, here)
    except ValueError:
        path = folder  # It is on another drive of Windows.
    return "" if path == os.curdir else path.replace(os.sep, "/") + "/"


def _root(repository: Repository) -> str:
    """Give the root of the working tree: if it can be, through the symbolic links that the user named."""
    real, named = os.path.realpath(repository.directory), os.path.abspath(repository.directory)
    for _ in range(repository.prefix.count("/")):
        real, named = os.path.dirname(real), os.path.dirname(named)
    return named if os.path.realpath(named) == real else real


# --- what can go wrong --------------------------------------------------------------------------------


def _no_repository(directory: str, found: "CompletedProcess[bytes]") -> GitError:
    """Say why git sees no repository, or will not look into it."""
    why, place = reason(found), visible(directory)
    if "not a git repository" in why:
        hint = "name a folder of a repository that is checked out"
        if os.environ.get("GIT_DIR"):
            hint = (
                f"GIT_DIR is set to {os.environ['GIT_DIR']!r}: unset it, or run in the root of the repository"
            )
        return GitError(f"{place}: not in a git repository", hint)
    if "safe.bareRepository" in why:
        return _no_working_tree(directory)
    # What git proposes for the repository of another user is a command on a line of its own.
    lines = (line.strip() for line in os.fsdecode(found.stderr).splitlines())
    proposal = next(
        (line for line in lines if line.startswith("git config --global --add safe.directory")), ""
    )
    return GitError(f"{place}: git refuses it: {why}", proposal and f"if you trust it: `{visible(proposal)}`")


def _no_working_tree(directory: str) -> GitError:
    hint = "a bare repository and the folder .git have none: run this in a checkout"
    return GitError(f"{visible(directory)}: not in the working tree of a git repository", hint)


def unknown(ref: str, repository: Repository) -> GitError:
    """Say what could be meant by a name that git does not know, or how to get it."""
    if run(repository, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", ok=(0, 1, 128)).returncode:
        return GitError("there is no commit yet to compare with", "--staged compares with nothing")
    message = f"git knows no commit {ref!r}"
    if is_id(ref) and not ref.strip("0"):
        return GitError(message, "zeros mean a new branch: name the branch it comes from")
    listing = run(repository, "for-each-ref", "--format=%(refname:short)")
    names = os.fsdecode(listing.stdout).split("\n")[:-1]
    elsewhere = [name for name in names if name.rpartition("/")[2] == ref.rpartition("/")[2]]
    if elsewhere:
        return GitError(message, f"did you mean {elsewhere[0]!r}?")
    # Names that share `origin/` would all be similar.
    similar = did_you_mean(ref, tuple(names[:_MOST_NAMES])) if "/" not in ref else ""
    return GitError(message, similar or ", then ".join(_ways_to(ref, repository)))


def _ways_to(ref: str, repository: Repository) -> Iterator[str]:
    if repository.shallow:
        yield f"the clone is shallow: {WHOLE_HISTORY}"
    if not repository.remotes or ref.strip(_PLAIN):
        return
    remote = "origin" if "origin" in repository.remotes else repository.remotes[0]
    branch = ref.removeprefix(f"{remote}/")
    # In a clone of a single branch, nothing else tells git where to keep another one.
    yield f"`git fetch {remote} {ref if is_id(ref) else f'{branch}:refs/remotes/{remote}/{branch}'}`"


def is_id(ref: str) -> bool:
    """Tell whether this is the full id of a commit."""
    return len(ref) in (40, 64) and not ref.strip("0123456789abcdefABCDEF")
