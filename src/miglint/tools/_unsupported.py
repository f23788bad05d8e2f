"""Tools that miglint recognises so as not to misread them, and cannot read yet."""

import re

from miglint.model.migration import History, Problem
from miglint.tools._dialects import POSTGRES
from miglint.tools._files import Files, Folder

# Only tools that keep the way back in the same file, or the order in another one: read as plain SQL,
# their histories would undo themselves. The regular expressions follow each tool's own parser.
# Strings, compiled at first use: most runs need none of them. Blanks are [ \t]: a \s that runs over line
# ends would make the search quadratic in the number of lines.
_MARKS = (
    ("micrate", r"(?m)^-- \+micrate (?:Up|Down)\b"),
    ("sqitch", r"(?i)\A-- (?:Deploy|Revert|Verify) \S+:\S+ (?:to|from|on) "),
)
# What every mark contains: one search tells the many files that have none.
_ANY_MARK = r"(?i)\+micrate|\A-- [drv]e"


def marked_by(text: str) -> str | None:
    """Give the tool whose mark stands in the text of a migration, within its first 256 KiB."""
    beginning = text[: 256 * 1024]
    if not re.search(_ANY_MARK, beginning):
        return None
    return next((name for name, mark in _MARKS if re.search(mark, beginning)), None)


def not_yet(tool: str, title: str, folder: Folder, files: Files, count: int) -> History:
    """Give a history that says of `count` migrations that they were not analysed."""
    shown = files.shown(folder.path)
    reason = f"{title} is not supported yet: {count} migrations not analysed"
    return History(tool, shown, POSTGRES, (), gaps=(Problem(shown, reason),))
