"""How the index differs from a commit, and the files on the disk from the index."""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from miglint.git._running import Repository, run
from miglint.model.change import ChangeKind

_ADDED, _MODIFIED = ChangeKind.ADDED, ChangeKind.MODIFIED
_DELETED, _RENAMED = ChangeKind.DELETED, ChangeKind.RENAMED
# The id of an empty file, by SHA-1 and by SHA-256.
_EMPTY_BLOBS = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)


class Entry(NamedTuple):
    """How a path differs from the base. `blob` is its content there, "" if there is none to read."""

    kind: ChangeKind
    blob: str = ""
    old_path: str = ""


class OnDisk(NamedTuple):
    """How a path on the disk differs from the index. `blob` is its content in the index."""

    path: str
    kind: ChangeKind
    blob: str = ""
    conflict: bool = False


def differences(repository: Repository, base: str) -> tuple[dict[str, Entry], tuple[OnDisk, ...]]:
    """Compare the index with `base`, by paths, and the disk with the index.

    `git diff BASE` would do both at once, but it writes the index when a file was only touched.
    """
    # Renames of equal files need no contents, of which a partial clone has not all.
    renames = "-M100%" if repository.partial else "-M50%"
    index = run(
        repository,
        *("diff-index", "--cached", "--raw", "-z", "--no-abbrev", renames, "-l1000", "--no-ext-diff"),
        *("--no-textconv", "--ignore-submodules=all", "--ita-invisible-in-index", base, "--"),
    )
    disk = run(
        repository,
        *("status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all"),
        "--ignore-submodules=all",
    )
    entries = dict(_index_entries(os.fsdecode(index.stdout)))
    on_disk = tuple(_disk_entries(os.fsdecode(disk.stdout)))
    never_there = _never_there(repository, base, entries, on_disk)
    return entries, tuple(found for found in on_disk if found.path not in never_there)


def _never_there(
    repository: Repository, base: str, entries: Mapping[str, Entry], on_disk: Iterable[OnDisk]
) -> set[str]:
    """Give the files that were announced (`git add --intent-to-add`) and are gone.

    `git status` lists them like empty files that were deleted.
    """
    empty = {f.path for f in on_disk if f.kind is _DELETED and f.blob in _EMPTY_BLOBS} - entries.keys()
    if not empty:
        return empty
    # Without --ita-invisible-in-index, what is announced counts as added.
    added = run(
        repository,
        *("diff-index", "--cached", "-z", "--name-only", "--no-renames", "--diff-filter=A"),
        *("--ignore-submodules=all", base, "--"),
    )
    return empty.intersection(os.fsdecode(added.stdout).split("\0"))


def lay_over(entries: dict[str, Entry], on_disk: Iterable[OnDisk]) -> None:
    """Turn how the index differs from the base into how the disk does, in place."""
    renamed = {entry.old_path: path for path, entry in entries.items() if entry.kind is _RENAMED}
    for path, kind, blob, _ in on_disk:
        staged = entries.get(path)
        if kind is _DELETED:
            if staged is not None and staged.kind is _ADDED:
                del entries[path]
            elif staged is not None and staged.kind is _RENAMED:
                del entries[path]
                entries[staged.old_path] = Entry(_DELETED, staged.blob)
            else:
                entries[path] = Entry(_DELETED, staged.blob if staged else blob)
        elif kind is _ADDED and staged is not None:
            entries[path] = Entry(_MODIFIED, staged.blob)
        elif kind is _ADDED and path in renamed:
            entries[path] = Entry(_MODIFIED, entries[renamed[path]].blob)
            entries[renamed[path]] = Entry(_ADDED)
        elif staged is None:
            entries[path] = Entry(kind, blob)


def _index_entries(raw: str) -> Iterator[tuple[str, Entry]]:
    """Parse the raw format of diffs: `:mode mode blob blob status`, then one path, or two."""
    fields = iter(raw.split("\0"))
    for meta in fields:
        if not meta:
            return
        old_mode, new_mode, blob, _, status = meta[1:].split(" ")
        path, old_path = next(fields), ""
        if status[0] in "RC":
            old_path, path = path, next(fields)
        # A path with conflicts has no mode.
        was, is_there = _is_file(old_mode), _is_file(new_mode) or status == "U"
        blob = blob if _has_text(old_mode) else ""
        if status[0] == "R":
            yield path, Entry(_RENAMED, blob, old_path)
        elif is_there and (not was or status[0] == "C"):
            yield path, Entry(_ADDED)
        elif was:
            yield path, Entry(_MODIFIED if is_there else _DELETED, blob)


def _disk_entries(raw: str) -> Iterator[OnDisk]:
    """Parse version 2 of `git status --porcelain`: the second letter tells the disk from the index."""
    for line in raw.split("\0"):
        if line.startswith("? ") and not line.endswith("/"):  # A folder is a repository of its own.
            yield OnDisk(line[2:], _ADDED)
        elif line.startswith("1 "):
            _, letters, _, _, mode, _, _, blob, path = line.split(" ", 8)
            if letters[1] == "A":
                yield OnDisk(path, _ADDED)
            # DD: deleted in the index, announced again, and gone.
            elif letters[1] != "." and letters != "DD":
                kind = _DELETED if letters[1] == "D" else _MODIFIED
                yield OnDisk(path, kind, blob if _has_text(mode) else "")
        elif line.startswith("u "):
            fields = line.split(" ", 10)
            kind = _MODIFIED if _is_file(fields[6]) else _DELETED
            yield OnDisk(fields[10], kind, conflict=True)


def _is_file(mode: str) -> bool:
    """Tell whether there is a file or a symbolic link, not nothing and no submodule."""
    return mode.startswith(("100", "120"))


def _has_text(mode: str) -> bool:
    return mode.startswith("100")
