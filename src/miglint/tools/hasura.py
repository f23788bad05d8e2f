"""
Hasura CLI: `migrations/<database>/<milliseconds>_<name>/up.sql` and down.sql.

Config version 2 has no folder for the database. Facts from cli/migrate in hasura/graphql-engine.
"""

import os
import re

from miglint.model.migration import Advice, Direction, History, Problem, TransactionMode
from miglint.model.source import Source
from miglint.tools._dialects import POSTGRES, dialect_of_provider
from miglint.tools._files import Files, Folder, join, parent
from miglint.tools._migration_folders import UP, migration_files, recognisable
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = re.compile(r"([0-9]+)_.*", re.DOTALL)
# Milliseconds since 1970: 13 digits until the year 2286. Other tools write 14 digits or none.
_MILLISECONDS = re.compile(r"1[0-9]{12}_.*", re.DOTALL)
_CONFIG = re.compile(r"^metadata_directory\s*:\s*(\S*)", re.MULTILINE)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know the layout by Hasura's config.yaml, a folder of that name, or names in milliseconds."""
    names = recognisable(folder, files)
    if not names:
        return None
    shown = files.shown(folder.path)
    config = _config(folder, files)
    if config:
        return Evidence(Rank.MARKER, f"{names[0]}/{UP} in {shown}, and {files.shown(config)}")
    if any("hasura" in step.rpartition(os.sep)[2].lower() for step in files.upward(folder.path)[:3]):
        return Evidence(Rank.PROJECT, f"{names[0]}/{UP} in {shown}, a folder of Hasura's by its name")
    if any(_MILLISECONDS.fullmatch(name) for name in names):
        return Evidence(Rank.LAYOUT_AND_NAMES, f"{names[0]}/{UP} in {shown}, named by milliseconds")
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the sub-folders in the order of their numbers."""
    numbered: list[tuple[int, str]] = []
    problems: list[Problem] = []
    for name, child in files.children(folder):
        found = _NAME.fullmatch(name)
        if found is None:
            if child.has(UP):
                reason = "Hasura passes over this folder: its name is not <number>_<name>"
                problems.append(Problem(files.shown(child.path), reason))
            continue
        numbered.append((int(found[1]), name))
        problems.extend(
            Problem(files.shown(child.file(name)), "metadata in YAML, which Hasura runs too, is not read")
            for name in child.ending(".yaml")
        )
    order = [migration_files(folder, files, name) for _, name in sorted(numbered)]
    reading = read_migrations(files, order, _wrap)
    return reading.history(
        tool.name, files.shown(folder.path), _dialect(folder, files) or POSTGRES, _ADVICE, problems=problems
    )


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(TransactionMode.PER_MIGRATION, "the Hasura server runs each migration in a transaction")


def _config(folder: Folder, files: Files) -> str | None:
    """Give the path of the nearest config.yaml, if it is Hasura's."""
    path = files.nearest(folder.path, "config.yaml")
    return path if path and _CONFIG.search(files.text(path)) else None


def _dialect(folder: Folder, files: Files) -> str | None:
    """Give the kind of the database that this folder is named after."""
    config = _config(folder, files)
    if config is None:
        return None
    directory = _CONFIG.search(files.text(config))
    metadata = join(parent(config), directory[1].strip("'\"") if directory else "metadata")
    database = re.escape(files.full(folder.path).replace("\\", "/").rpartition("/")[2])
    listing = files.text(join(metadata, "databases/databases.yaml"))
    found = re.search(rf"^- name: *{database}\s*\n(?:  .*\n)*?  kind: *(\w+)", listing, re.MULTILINE)
    # Citus is an extension of PostgreSQL.
    return None if found is None or found[1] == "citus" else dialect_of_provider(found[1]) or found[1]


_ADVICE = Advice(
    has_downs=True,
    down_file="down.sql beside up.sql",
    without_down="`hasura migrate apply --down 1` stops with an error at a migration without down.sql",
    begin_downs="`hasura migrate create <name> --up-sql '...' --down-sql '...'` writes both files",
    set_lock_timeout=(
        "begin each up.sql with `SET LOCAL lock_timeout = '5s';`: the server runs migrations on the "
        "connections of its API, so a setting of the role or of the connection would reach all queries"
    ),
    run_outside_transaction=(
        "put the statement alone in its migration and apply it with `hasura migrate apply --no-transaction`"
    ),
)

tool = Tool(name="hasura", title="Hasura CLI", recognise=recognise, read=read, depth=1)
