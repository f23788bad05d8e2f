"""Tools that miglint recognises so as not to misread them, and cannot read yet."""

import re

from miglint.model.migration import History, Problem
from miglint.project.dialects import POSTGRES
from miglint.project.files import Files, Folder

# The order of these files is in another one, and each stands in one of three folders: read as plain SQL,
# their history would undo itself. A string, compiled at first use: most runs do not need it.
_MARK = r"(?i)\A-- (?:Deploy|Revert|Verify) \S+:\S+ (?:to|from|on) "


def marked_by(text: str) -> str | None:
    """Give the tool whose mark stands in the text of a migration."""
    return "sqitch" if text.startswith("-- ") and re.search(_MARK, text) else None


def not_yet(tool: str, title: str, folder: Folder, files: Files, count: int) -> History:
    """Give a history that says of `count` migrations that they were not analysed."""
    shown = files.shown(folder.path)
    reason = f"{title} is not supported yet: {count} migrations not analysed"
    return History(tool, shown, POSTGRES, (), gaps=(Problem(shown, reason),))
