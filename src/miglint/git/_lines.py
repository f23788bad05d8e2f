"""Lines of the files of a project that hold one of some words."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence

from miglint.errors import GitError
from miglint.git._running import Repository, command, environment, run, too_slow
from miglint.model.change import CodeLine, CodeLines

_MOST_BYTES = 8 << 20
_SECONDS = 10
_LINE = re.compile(rb"(?P<path>[^\0]+)\0(?P<number>\d+)[\0:](?P<text>[^\n]*)\n")


def read_lines(repository: Repository, words: Sequence[str], paths: Iterable[str], commit: str) -> CodeLines:
    """Give the lines with one of the words, of tracked files at a commit, or of all in the working tree that
    git does not ignore; raises GitError.

    `paths` are folders, files and globs, from the repository's directory.
    """
    from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

    where = [commit] if commit else ["--untracked"]
    arguments = (
        *("grep", "-I", "-n", "-w", "-F", "-z", "--no-color", "--no-textconv"),
        *(argument for word in words for argument in ("-e", word)),
        *where,
        "--",
        # A colon at the beginning would be magic.
        *(f"./{path}" for path in paths),
    )
    options = ("-c", "grep.column=false", "-c", "grep.fullName=false", *repository.options)
    line = command(repository._replace(options=options), *arguments)
    with Popen(
        line, cwd=repository.directory, env=environment(), stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    ) as process:
        assert process.stdout is not None
        raw = process.stdout.read(_MOST_BYTES)
        cut = len(raw) == _MOST_BYTES
        if cut:
            process.kill()
        try:
            _, errors = process.communicate(timeout=_SECONDS)
        except TimeoutExpired:
            process.kill()
            raise too_slow("grep") from None
        if not cut and process.returncode not in (0, 1):
            raise GitError(f"`git grep` failed: {os.fsdecode(errors).strip()}")
    return CodeLines(tuple(_lines(raw, f"{commit}:" if commit else "", frozenset(words))), cut)


def without_files(repository: Repository, paths: Iterable[str]) -> tuple[str, ...]:
    """Give those of the paths that match no file in the working tree that git does not ignore."""
    listing = ("ls-files", "--cached", "--others", "--exclude-standard", "-z", "--")
    return tuple(path for path in paths if not run(repository, *listing, f"./{path}").stdout)


_WORD = re.compile(r"\w+")


def _lines(raw: bytes, prefix: str, words: frozenset[str]) -> Iterator[CodeLine]:
    for found in _LINE.finditer(raw):
        path = os.fsdecode(found["path"]).removeprefix(prefix).removeprefix("./")
        text = found["text"].decode("utf-8", "replace")
        yield CodeLine(path, int(found["number"]), words.intersection(_WORD.findall(text)))
