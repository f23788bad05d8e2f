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
_SCHEMA = expression(r"^[ \t]*schema\s*:\s*([^\n]{1,300})", re.MULTILINE)
_MIGRATIONS = expression(r"\bmigrations\s*:\s*\{[^{}]{0,500}?\bpath\s*:\s*([^\n]{1,300})")
_LITERAL = expression(r"""["'`]([^"'`\n]{1,200})["'`]""")
_EXTERNAL = expression(r"\b(?:tables|enums)\s*:\s*\{[^{}]{0,500}?\bexternal\s*:\s*\[([^\]]{0,5000})\]")
_IN_PACKAGE = expression(r'"prisma"\s*:\s*\{[^{}]{0,500}?"schema"\s*:\s*"([^"\n]{1,200})"')
_DEEPEST = 6
LOCK_FILE = "migration_lock.toml"


def schema_sources(folder: Folder, files: Files, provider: str) -> tuple[Source, ...]:
    """Read the schema's files: where the configuration says, else beside the migrations, else the usual.

    A schema may be a folder, of which every `*.prisma` at any depth is a part. Of several schemas in one
    place, each for a database of its own, the one for the `provider` of the migrations is read.
    """
    found = (files.read(path) for path in _paths(folder, files))
    sources = tuple(source for source in found if not isinstance(source, Problem))
    whole = [source for source in sources if "datasource " in source.text]
    if len(whole) < 2:
        return sources
    from miglint.tools.prisma.schema import datasource_provider

    fitting = [source for source in whole if datasource_provider(source.text) == provider]
    words = _words(folder.path)
    return (max(fitting, key=lambda source: len(words & _words(source.path))),) if fitting else sources


def _words(path: str) -> set[str]:
    return set(re.findall(r"[a-z]+", path.replace("\\", "/").rpartition("/")[2].lower()))


def is_of_schema(folder: Folder, files: Files) -> bool:
    """Tell whether Prisma runs this folder for the schema, not another one that lies beside it."""
    config = files.nearest(folder.path, *_CONFIGURATIONS)
    named = _MIGRATIONS.search(files.text(config)) if config else None
    parts = _LITERAL.findall(named[1]) if named else []
    if config and parts:
        home = parent(config)
        place = join(parent(home) if home.endswith(".config") else home, "/".join(parts))
        # One that is not there is made from this one when it is needed.
        if files.folder(place).folders:
            return files.full(place) == files.full(folder.path)
    siblings = files.children(files.folder(parent(folder.path)))
    return folder.has(LOCK_FILE) or not any(sibling.has(LOCK_FILE) for _, sibling in siblings)


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
        home = parent(home) if home.endswith(".config") else home
        if (place := files.resolve(home, "/".join(parts), folder.path)) is not None:
            yield place
    for step in files.upward(folder.path):
        package = _IN_PACKAGE.search(files.text(join(step, "package.json")))
        if package:
            if (place := files.resolve(step, package[1], folder.path)) is not None:
                yield place
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
