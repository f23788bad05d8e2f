"""What a .NET project depends on and embeds, from its project file."""

import re
from collections.abc import Iterator

from miglint.project.files import Files, Folder, parent
from miglint.text.lazy import expression

PROJECT_FILES = (".csproj", ".fsproj", ".vbproj")
_EMBEDDED = expression(r"<EmbeddedResource\s[^>]*\b(?:Include|Update)\s*=\s*\"([^\"]+)\"", re.IGNORECASE)


def projects(files: Files, path: str) -> Iterator[tuple[str, str]]:
    """Give the path and text of the project files of a folder and those above it, the nearest first."""
    for step in files.upward(path):
        yield from _in(files.folder(step), files)


def solution(files: Files, path: str) -> Iterator[tuple[str, str]]:
    """Give the project files of `projects`, then those of the folders beside the first of them."""
    own = list(projects(files, path))
    yield from own
    if own:
        for _, folder in files.children(files.folder(parent(parent(own[0][0])))):
            yield from _in(folder, files)


def _in(folder: Folder, files: Files) -> Iterator[tuple[str, str]]:
    for name in folder.ending(*PROJECT_FILES):
        yield folder.file(name), files.text(folder.file(name))


def depends_on(text: str, package: str) -> bool:
    """Tell whether a project file refers to a package whose name begins so."""
    pattern = rf"<PackageReference\s[^>]*\bInclude\s*=\s*\"{package}"
    return bool(re.search(pattern, text, re.IGNORECASE))


def embedded(text: str) -> list[str]:
    r"""Give the globs of the files that become part of the program, with `/` in them: `Scripts/**/*.sql`."""
    return [
        part.strip().replace("\\", "/").removeprefix("./")
        for globs in _EMBEDDED.findall(text)
        for part in globs.split(";")
    ]
