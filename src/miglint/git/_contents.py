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
from miglint.model.change import Change, Content
from miglint.text.visible import visible

# One byte more than the reader of migrations takes: what is cut here is too large there.
MAX_BYTES = 16 * 1024 * 1024 + 1


def with_contents(
    repository: Repository,
    entries: Mapping[str, Entry],
    on_disk: Iterable[OnDisk],
    where: Callable[[str], str],
) -> tuple[tuple[Change, ...], dict[str, Content]]:
    """Give the changes with contents at the base, and the contents in the index of files `on_disk`."""
    staged = {where(found.path): found.blob for found in on_disk if found.blob}
    before = {where(path): entry.blob for path, entry in entries.items() if entry.blob}
    contents = _Contents(repository, (*before.items(), *staged.items()))
    changes = [
        Change(
            where(path),
            entry.kind,
            contents.of(where(path), entry.blob) if entry.blob else None,
            where(entry.old_path) if entry.old_path else "",
        )
        for path, entry in entries.items()
    ]
    changes.sort(key=lambda change: change.path)
    return tuple(changes), {path: contents.of(path, blob) for path, blob in staged.items()}


class _Contents:
    """The contents of files, read together by the endings of names: who reads one migration reads all.

    In a partial clone each is read alone: git ends where it lacks one.
    """

    def __init__(self, repository: Repository, blobs: Iterable[tuple[str, str]]) -> None:
        self._repository = repository
        self._left: dict[str, dict[str, None]] = {}
        self._found: dict[str, bytes] = {}
        for path, blob in () if repository.partial else blobs:
            self._left.setdefault(_ending(path), {})[blob] = None

    def of(self, path: str, blob: str) -> Callable[[], bytes]:
        """Give the function that gets a file's content; it raises GitError."""

        def content() -> bytes:
            for together in (self._left.pop(_ending(path), {}), (blob,)):
                if together and blob not in self._found:
                    self._found.update(_read(self._repository, together))
            if blob not in self._found:
                hint = missing_contents(self._repository) or "`git fsck` checks the repository"
                raise GitError(f"{visible(path)}: git lacks the content to compare with", hint)
            return self._found[blob]

        return content


def _ending(path: str) -> str:
    return path[path.rfind(".") + 1 :]


def _read(repository: Repository, blobs: Iterable[str]) -> dict[str, bytes]:
    """Read blobs, each up to MAX_BYTES; what the repository lacks is left out."""
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
            for blob in blobs:
                content = _ask(process.stdin, process.stdout, blob)
                if content is None and timer.finished.is_set():
                    raise too_slow("cat-file")
                if content is not None:
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
