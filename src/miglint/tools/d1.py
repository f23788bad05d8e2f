"""
Cloudflare D1: flat files `N_name.sql` in a project with a wrangler configuration that names a D1 database.

The order is that of the numbers. wrangler sends a file together with its own entry about it. The only way
back is the time travel of the database. For SQLite.

Facts from its source: packages/wrangler/src/d1/migrations in cloudflare/workers-sdk.
"""

import re

from miglint.model.migration import Advice, Commands, Direction, History, TransactionMode
from miglint.model.source import Source
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Written,
    each,
    in_root,
    inside,
    one_way,
    without_downs,
)
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_CONFIGURATIONS = ("wrangler.toml", "wrangler.json", "wrangler.jsonc")
_FOLDER = expression(r"""migrations_dir["']?\s*[=:]\s*["']([^"'\n]+)["']""")


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know the folder that the nearest wrangler configuration names, `migrations` where it names none."""
    if not folder.ending(".sql"):
        return None
    configuration = files.nearest(folder.path, *_CONFIGURATIONS)
    text = files.text(configuration) if configuration else ""
    if configuration is None or "d1_databases" not in text:
        return None
    home = files.full(configuration).rpartition("/")[0]
    named = [files.full(f"{home}/{name}") for name in _FOLDER.findall(text) or ["migrations"]]
    if files.full(folder.path) not in named:
        return None
    return Evidence(Rank.PROJECT, f"d1_databases in {files.shown(configuration)}")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their numbers; those without one come last."""
    names = sorted(folder.ending(".sql"), key=_order)
    order = [MigrationFiles(name[: -len(".sql")], folder.file(name)) for name in names]
    reading = read_migrations(files, order, _wrap)
    return reading.history(tool.name, files.shown(folder.path), "sqlite", _ADVICE)


def _order(name: str) -> tuple[bool, int, str]:
    found = re.match(r"\d{1,200}", name)
    return found is None, int(found[0]) if found else 0, name


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(TransactionMode.IMPLICIT_BATCH, "wrangler sends the file with its own entry about it")


_ADVICE = Advice(
    has_downs=False,
    down_file="a file in another folder, which no command runs",
    without_down="D1 can only go back with `wrangler d1 time-travel restore`, which undoes everything",
    commands=Commands(
        apply="npx wrangler d1 migrations apply <database> --remote",
        mark_applied="INSERT INTO d1_migrations (name) VALUES ('{id}.sql');",
        unmark="DELETE FROM d1_migrations WHERE name = '{id}.sql';",
        check="npx wrangler d1 migrations list <database> --remote",
    ),
)


_ALWAYS = "wrangler sends each file with its own entry about it"


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    return inside(written.ups, _ALWAYS) or one_way(
        in_root(history, f"{stem.text}.sql"), written.ups.body, written, history
    )


tool = Tool(
    name="d1",
    title="Cloudflare D1",
    recognise=recognise,
    read=read,
    place=Place(down=without_downs, new=each(_place_new)),
)
