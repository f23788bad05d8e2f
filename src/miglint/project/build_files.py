"""What the files say that build and run a project: of compose, Docker, make and their kind."""

import re

from miglint.project.files import Files
from miglint.text.lazy import expression

_NAMES = expression(
    r"(?:docker-)?compose[\w.-]*\.ya?ml|Dockerfile[\w.-]*|[\w.-]+\.[dD]ockerfile|(?:GNU)?[mM]akefile"
    r"|\.?[jJ]ustfile|[tT]askfile\.ya?ml"
)
_COMMENT = expression(r"^[ \t]*#[^\n]*", re.MULTILINE)


def build_file_with(files: Files, path: str, mark: "re.Pattern[str]") -> str | None:
    """Give the nearest of these files, from the folder at `path` upward, that has a mark."""
    for step in files.upward(path):
        folder = files.folder(step)
        for name in filter(_NAMES.fullmatch, folder.files):
            if mark.search(_COMMENT.sub("", files.beginning(folder.file(name)))):
                return folder.file(name)
    return None
