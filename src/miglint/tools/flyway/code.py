"""What a project's code in Java and Kotlin says to Flyway, as far as a look at a few of its files tells."""

import os
import re
from collections.abc import Iterator

from miglint.project.files import Files, Folder, join
from miglint.text.lazy import expression
from miglint.tools.flyway.settings import BUILDS

# `"flyway.postgresql.transactional.lock", "false"`, also with the value in a constant: true is the default,
# which nobody writes. Else the setters of PostgreSQLConfigurationExtension.
_LOCK_OFF = expression(
    r"""postgresql\.transactional\.lock(?!["'\s,:=()]{1,20}(?:to\s{1,9}["']?)?true)"""
    r"""|TransactionalLock[\s(=]{1,9}false"""
)
_REMARK = expression(r"^[ \t]*(?://|/?\*).*", re.MULTILINE)
_TELLING = expression(r"flyway|migrat", re.IGNORECASE)
# Where Flyway has no file of its own, the one that sets up the connection calls it.
_CONNECTING = expression(r"(?:data_?(?:base|source)|db|persistence|postgres).*\.(?:java|kts?)", re.IGNORECASE)
# The code of tests speaks of a database of tests.
_SKIPPED = frozenset("test tests testFixtures integrationTest node_modules build target out dist".split())
_FOLDERS, _FILES, _CHARACTERS = 2000, 64, 64 * 1024


def code_lets_go(path: str, files: Files) -> bool:
    """Tell whether code takes from Flyway its lock in a transaction, in the project around a folder."""
    built = [step for step in files.upward(path) if any(files.is_file(join(step, name)) for name in BUILDS)]
    if not built:
        return False
    found = sorted(_telling(files.folder(built[-1]), files), key=_place)
    texts = (files.text(path)[:_CHARACTERS] for path in found[:_FILES])
    return any(_LOCK_OFF.search(_REMARK.sub("", text)) for text in texts)


def _place(path: str) -> tuple[bool, bool, bool]:
    """Give what to sort the files by: the likelier to call Flyway, the sooner."""
    lower, name = path.lower(), os.path.basename(path)
    return "flyway" not in lower, not _TELLING.search(lower), "Config" not in name


def _telling(top: Folder, files: Files) -> Iterator[str]:
    """Give the files of code below the top whose paths speak of migrations, or whose names of a database."""
    folders = [top]
    for folder in folders:
        for name in folder.ending(".java", ".kt"):
            if _TELLING.search(os.path.relpath(folder.file(name), top.path)) or _CONNECTING.search(name):
                yield folder.file(name)
        for name in folder.folders:
            if (
                name[0] != "."
                and name not in _SKIPPED
                and name not in folder.links
                and len(folders) < _FOLDERS
            ):
                folders.append(files.child(folder, name))
