"""Where a Prisma project keeps its schema: its configuration, read as text, else Prisma's own places."""

import re
from collections.abc import Iterator

from miglint.model.migration import Problem
from miglint.model.source import Source
from miglint.project.files import Files, Folder, join, parent
from miglint.text.lazy import expression

_CONFIGURATIONS = tuple(
    f"{name}.{ending}"
    for name in ("prisma7.config", ".config/prisma7", "prisma.config", ".config/prisma")
    for ending in ("ts", "mts", "cts", "js", "mjs", "cjs")
)
# `schema: "db/schema.prisma"`, `schema: path.join("db", "schema")`: the literals are the parts of a path.
_SCHEMA = expression(r"^\s*schema\s*:\s*([^\n]{1,300})", re.MULTILINE)
_LITERAL = expression(r"""["'`]([^"'`\n]{1,200})["'`]""")
_EXTERNAL = expression(r"\b(?:tables|enums)\s*:\s*\{[^{}]{0,500}?\bexternal\s*:\s*\[([^\]]{0,5000})\]")
_IN_PACKAGE = expression(r'"prisma"\s*:\s*\{[^{}]{0,500}?"schema"\s*:\s*"([^"\n]{1,200})"')
_DEEPEST = 6


def schema_sources(folder: Folder, files: Files) -> tuple[Source, ...]:
    """Read the schema's files: where the configuration says, else beside the migrations, else the usual.

    A schema may be a folder, of which every `*.prisma` at any depth is a part.
    """
    found = (files.read(path) for path in _paths(folder, files))
    return tuple(source for source in found if not isinstance(source, Problem))


def _paths(folder: Folder, files: Files) -> list[str]:
    for place in _configured(folder, files):
        if place.endswith(".prisma") and files.is_file(place):
            return [place]
        inside = list(_below(files.folder(place), files, _DEEPEST))
        if inside:
            return inside
    home = files.folder(parent(folder.path))
    if home.has("schema.prisma"):
        schema = home.file("schema.prisma")
        inside = list(_below(home, files, _DEEPEST)) if "generator" in files.text(schema) else []
        return inside if len(inside) > 1 and _is_split(inside, files) else [schema]
    inside = list(_below(home, files, 2))
    if inside:
        return inside
    nearest = files.nearest(folder.path, "prisma/schema.prisma", "schema.prisma")
    return [nearest] if nearest else []


def _configured(folder: Folder, files: Files) -> Iterator[str]:
    config = files.nearest(folder.path, *_CONFIGURATIONS)
    named = _SCHEMA.search(files.text(config)) if config else None
    parts = _LITERAL.findall(named[1]) if named else []
    if config and parts:
        home = parent(config)
        yield join(parent(home) if home.endswith(".config") else home, "/".join(parts))
    for step in files.upward(folder.path):
        package = _IN_PACKAGE.search(files.text(join(step, "package.json")))
        if package:
            yield join(step, package[1])
            return


def external(folder: Folder, files: Files) -> frozenset[str]:
    """Give the tables and enums that the configuration leaves to others, in lower case, without schemas."""
    config = files.nearest(folder.path, *_CONFIGURATIONS)
    lists = _EXTERNAL.findall(files.text(config)) if config else ()
    return frozenset(name.rpartition(".")[2].lower() for text in lists for name in _LITERAL.findall(text))


def _is_split(paths: list[str], files: Files) -> bool:
    """Tell whether several files are one schema: then only one of them names the database."""
    return sum("datasource " in files.text(path) for path in paths) == 1


def _below(folder: Folder, files: Files, depth: int) -> Iterator[str]:
    yield from (folder.file(name) for name in folder.ending(".prisma"))
    for name in folder.folders if depth else ():
        if name not in ("migrations", "node_modules") and name not in folder.links:
            yield from _below(files.child(folder, name), files, depth - 1)
