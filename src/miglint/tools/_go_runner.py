"""How a runner of the project's own, in Go, wraps the files that it embeds."""

import re
from collections.abc import Iterator
from itertools import pairwise

from miglint.model.migration import TransactionMode
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.tools._embedded import LEVELS, embedded_by
from miglint.tools._scripts import Wrapping

_FUNCTION = expression(r"^func\b", re.MULTILINE)
# pgx's BeginFunc commits at the end of the function that it is given.
_BEGIN = expression(r"\.Begin(?:Tx|x|Txx)?(?P<whole>Func)?\(")
_LOOP = expression(r"^[ \t]*for\b[^\n]*\{[ \t]*$", re.MULTILINE)
_MOST = 20
_READS = expression(r"\bReadFile\(")
_COMMIT = expression(r"\.Commit\(")


def wrapping_in_go(folder: Folder, files: Files) -> Wrapping | None:
    """Tell how a runner wraps the files in a folder, if the Go file that embeds them says one thing.

    A loop over files in a transaction runs them all in one; a transaction in the loop is one for each.
    """
    full = files.full(folder.path)
    for step in files.upward(folder.path)[: LEVELS + 1]:
        for name, text in _texts(step, files):
            if not any(embed.covers(full) for embed in embedded_by(step, name, text, files)):
                continue
            found = set(_modes(text))
            if len(found) != 1:
                return None
            mode = found.pop()
            how = "all in one transaction" if mode is TransactionMode.PER_RUN else "each in a transaction"
            return Wrapping(mode, f"{files.shown(f'{step}/{name}')} embeds the files and runs them {how}")
    return None


def _texts(path: str, files: Files) -> Iterator[tuple[str, str]]:
    folder = files.folder(path)
    if "go" in folder.endings:
        names = [name for name in folder.ending(".go") if not name.endswith("_test.go")]
        # Of many, those that speak of it come first.
        for name in sorted(names, key=lambda name: "migrat" not in name.lower())[:_MOST]:
            yield name, files.beginning(folder.file(name))


def _modes(text: str) -> Iterator[TransactionMode]:
    """Give what each function does that has a loop and a transaction."""
    starts = [found.start() for found in _FUNCTION.finditer(text)]
    for start, end in pairwise((*starts, len(text))):
        begin = _BEGIN.search(text, start, end)
        commit = begin and _COMMIT.search(text, begin.end(), end)
        if begin is None or (commit is None and not begin["whole"]):
            continue
        stop = commit.start() if commit else end
        loop = _LOOP.search(text, start, stop)
        # Other loops go over rows.
        if loop is not None and _READS.search(text, loop.end(), stop):
            is_within = loop.start() > begin.start()
            yield TransactionMode.PER_RUN if is_within else TransactionMode.PER_MIGRATION
