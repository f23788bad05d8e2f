"""What a Go module depends on, from the nearest go.mod."""

import re

from miglint.project.files import Files


def go_requires(files: Files, path: str, module: str) -> bool:
    """Tell whether the module around a path names another one whose path begins so."""
    manifest = files.nearest(path, "go.mod")
    pattern = rf"^[ \t]*(?:require\s+)?{re.escape(module)}(?:/\S*)?\s+v"
    return manifest is not None and bool(re.search(pattern, files.text(manifest), re.MULTILINE))
