"""
A runner of your own, described in the configuration: `tool = "custom"` in `[[histories]]`.

`up` and `down` are globs below the folder; what their `*` match pairs the scripts. `order = "number"` goes by
the numbers in each part of a path, `"name"` by the text. With `dialect_suffix = ".postgres"` a file
`x.sql.postgres` or `x.postgres.sql` replaces `x.sql`, and files for other databases are left out.
Each script runs in a transaction, unless `transaction` says something else.
"""

import re
from collections.abc import Iterator

from miglint.model.migration import Advice, Direction, History, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import dialect_of, dialect_of_provider
from miglint.project.files import Files, Folder, below
from miglint.project.globs import wildcards
from miglint.text.lazy import expression
from miglint.tools._by_database import plain
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Tool, ToolSettings

_DEEPEST = 6
_SUFFIX = expression(r"\.([a-z0-9]+)(?=\.sql$|$)")


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know nothing: only the configuration can name a layout of a project's own."""
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files that fit `up`, each with the one that fits `down` in the same way."""
    found = {plain(path): path for path in _chosen(below(folder, files, _DEEPEST), settings.dialect_suffix)}
    downs = {
        parts: path
        for name, path in (found.items() if settings.down else ())
        if (parts := wildcards(settings.down or "", name)) is not None
    }
    backwards = set(downs.values())
    order = [
        MigrationFiles(
            re.sub(r"\.sql$", "", name),
            folder.file(path),
            folder.file(downs[parts]) if parts in downs else None,
        )
        for name, path in sorted(found.items(), key=lambda entry: _order(entry[0], settings.order))
        if (parts := wildcards(settings.up or "*.sql", name)) is not None and path not in backwards
    ]
    reading = read_migrations(files, order, _wrap)
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of(folder, files, reading.texts(), settings.dialect_suffix.strip(".")),
        _ADVICE,
    )


def _chosen(paths: Iterator[str], suffix: str) -> list[str]:
    """Leave out what is for other databases, and what a file for this one takes the place of."""
    if not suffix:
        return list(paths)
    kept: dict[str, str] = {}
    for path in paths:
        mark = _SUFFIX.search(path)
        other = mark is not None and dialect_of_provider(mark[1]) is not None
        own = other and mark is not None and f".{mark[1]}" == suffix
        if own or (not other and plain(path) not in kept):
            kept[plain(path)] = path
    return list(kept.values())


def _order(path: str, order: str) -> list[tuple[bool, int, str]]:
    if order == "name":
        return [(False, 0, path)]
    numbers = ((part, re.match(r"\D?(\d{1,200})", part)) for part in path.split("/"))
    return [(found is None, int(found[1]) if found else 0, part) for part, found in numbers]


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(
        TransactionMode.PER_MIGRATION, "a runner of your own, about which the configuration says nothing else"
    )


_ADVICE = Advice(
    has_downs=False,
    down_file="a file that fits `down` in the configuration",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="set `transaction` for it in the configuration, if your runner supports it",
)

tool = Tool(name="custom", title="A runner of your own", recognise=recognise, read=read, depth=_DEEPEST)
