"""Read what files held, all through one process, and no more than is asked for."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import IO

from miglint.errors import GitError
from miglint.git._differences import Entry, OnDisk
from miglint.git._running import (
    SECONDS,
    Repository,
    command,
    environment,
    missing_contents,
    too_slow,
)
from miglint.model.change import Change
from miglint.text.visible import visible

# One byte more than the reader of migrations takes: what is cut here is too large there.
MAX_BYTES = 16 * 1024 * 1024 + 1


def with_contents(
    repository: Repository,
    entries: Mapping[str, Entry],
    on_disk: Iterable[OnDisk],
    where: Callable[[str], str],
    wanted: Callable[[str], bool] | None,
) -> tuple[tuple[Change, ...], dict[str, bytes]]:
    """Give the changes with contents at the base, and the contents in the index of files `on_disk`."""
    changes = [
        Change(where(path), entry.kind, old_path=where(entry.old_path) if entry.old_path else "")
        for path, entry in entries.items()
    ]
    before = {c.path: e.blob for c, e in zip(changes, entries.values(), strict=True) if e.blob}
    staged = {where(found.path): found.blob for found in on_disk if found.blob}
    if wanted is not None:
        asked = {c.path for c in changes if wanted(c.path) or (c.old_path and wanted(c.old_path))}
        before = {path: blob for path, blob in before.items() if path in asked}
        staged = {path: blob for path, blob in staged.items() if wanted(path)}
    paths = {blob: path for blobs in (before, staged) for path, blob in blobs.items()}
    contents = _read(repository, paths) if paths else {}
    changes = [c._replace(before=contents[before[c.path]]) if c.path in before else c for c in changes]
    changes.sort(key=lambda change: change.path)
    return tuple(changes), {path: contents[blob] for path, blob in staged.items()}


def _read(repository: Repository, paths: Mapping[str, str]) -> dict[str, bytes]:
    """Read blobs, each up to MAX_BYTES; `paths` names a file of each."""
    from subprocess import DEVNULL, PIPE, Popen
    from threading import Timer

    with Popen(
        command(repository, "cat-file", "--batch"),
        cwd=repository.directory,
        env=environment(),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        timer = Timer(SECONDS, process.kill)
        timer.start()
        found: dict[str, bytes] = {}
        try:
            for blob in paths:
                content = _ask(process.stdin, process.stdout, blob)
                if content is None:
                    if timer.finished.is_set():
                        raise too_slow("cat-file")
                    hint = missing_contents(repository) or "`git fsck` checks the repository"
                    raise GitError(f"{visible(paths[blob])}: git lacks the content to compare with", hint)
                found[blob] = content
        finally:
            timer.cancel()
            process.kill()
    return found


def _ask(requests: IO[bytes], answers: IO[bytes], blob: str) -> bytes | None:
    """Ask for one blob: with all requests on the way at once, both sides could wait for the other to read."""
    try:
        os.write(requests.fileno(), blob.encode() + b"\n")
    except OSError:
        return None
    header = answers.readline().split()
    if len(header) != 3:
        return None
    size = int(header[2])
    content = answers.read(min(size, MAX_BYTES))
    rest = size - len(content) + 1
    while rest and (skipped := answers.read(min(rest, MAX_BYTES))):
        rest -= len(skipped)
    return None if rest else content
