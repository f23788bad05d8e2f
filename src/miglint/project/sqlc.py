"""What sqlc generates code from: SQL that describes a database, and does not change one."""

import re

from miglint.project.files import Files, Folder, parent
from miglint.text.sql import blanked

_NAMES = ("sqlc.yaml", "sqlc.yml", "sqlc.json")
# A key with a path, or with a list of them below it or in brackets.
_ENTRY = r"""["']?\b(schema|queries)["']?\s*:[ \t]*(\[[^\]]*\]|[^\n\[]*(?:\n[ \t]*-[ \t][^\n:]*)*)"""
_CHANGES = r"(?i)\b(?:ALTER|DROP|INSERT|UPDATE|DELETE)\b"


def is_for_sqlc(folder: Folder, files: Files) -> bool:
    """Tell whether sqlc reads a folder as queries, or as a schema in which nothing is ever altered."""
    config = files.nearest(folder.path, *_NAMES)
    if config is None:
        return False
    full = files.full(folder.path)
    for key, value in re.findall(_ENTRY, files.text(config)):
        paths = re.findall(r"[\w./\\-]+", re.sub(r"(?m)^\s*-\s", " ", value))
        if not any(files.resolve(parent(config), path, folder.path) in (full, folder.path) for path in paths):
            continue
        texts = (files.beginning(folder.file(name)) for name in folder.ending(".sql"))
        if key == "queries" or not any(re.search(_CHANGES, blanked(text)) for text in texts):
            return True
    return False
