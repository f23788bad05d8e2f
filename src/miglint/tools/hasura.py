"""
Hasura CLI: `migrations/<database>/<number>_<name>/up.sql` and down.sql, or `<number>_<name>.up.sql`.

Config version 2 has no folder for the database. The server runs each migration in a transaction, unless it is
applied with `--no-transaction`, or begins with `-- hasura:no-transaction` and the CLI decides per migration.
A file without a byte counts as absent. YAML, in which version 1 has `run_sql`, is read there.

Facts from cli/migrate in hasura/graphql-engine: source/parse.go, file/file.go, migrate.go.
"""

import os
import re

from miglint.model.irregularity import DuplicateVersion, Irregularity, UnreachableFile
from miglint.model.migration import Advice, Commands, Direction, History, Migration, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import POSTGRES, dialect_of_provider
from miglint.project.files import Files, Folder, join, parent
from miglint.text.lazy import expression
from miglint.text.settings import Setting, settings_of
from miglint.tools._migration_folders import UP, recognisable
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Sql,
    Written,
    alone,
    down_at,
    each,
    in_root,
    neighbour,
    pair,
    renamed,
)
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

# A folder's files count as if its name stood before theirs, with a dot.
_NAME = expression(r"([0-9]+)_(.*)\.(up|down)\.(sql|yaml)", re.DOTALL)
# Milliseconds since 1970: 13 digits until the year 2286. Other tools write 14 digits or none.
_MILLISECONDS = expression(r"1[0-9]{12}_.*", re.DOTALL)
_METADATA = ("metadata_directory",)
_ACTIONS = expression(r"\A\s*-\s+(?:args|type)\s*:")


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know the layout by Hasura's config.yaml, a folder of that name, or names in milliseconds."""
    shown = files.shown(folder.path)
    flat = next((name for name in folder.files if _NAME.fullmatch(name)), None)
    names = [f"{name}/{UP}" for name in recognisable(folder, files)] or ([flat] if flat else [])
    if not names:
        return None
    config = _config(folder, files)
    if config:
        return Evidence(Rank.MARKER, f"{names[0]} in {shown}, and {files.shown(config)}")
    if any("hasura" in step.rpartition(os.sep)[2].lower() for step in files.upward(folder.path)[:3]):
        return Evidence(Rank.PROJECT, f"{names[0]} in {shown}, a folder of Hasura's by its name")
    if not flat and any(_MILLISECONDS.fullmatch(name) for name in names):
        return Evidence(Rank.LAYOUT_AND_NAMES, f"{names[0]} in {shown}, named by milliseconds")
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their numbers."""
    config = _config(folder, files)
    is_old = not any(one.path == ("version",) for one in _settings(config, files))
    found: dict[tuple[int, str], tuple[str, str]] = {}
    odd: list[Irregularity] = []
    for stem, path in _entries(folder, files):
        match = _NAME.fullmatch(stem)
        if match is None:
            if stem.endswith((".up.sql", ".down.sql")):
                message = "the Hasura CLI ignores this file: its name does not begin with a number"
                odd.append(UnreachableFile(Source(files.shown(path), ""), message, "give it a number"))
            continue
        number, direction = int(match[1]), match[3]
        id_ = f"{match[1]}_{match[2]}"
        if match[4] == "yaml" and not is_old:
            if "run_sql" in files.text(path):
                message = "the Hasura CLI runs no YAML from config version 2 on: the SQL in it never runs"
                why = "put the SQL into a file that ends in .sql"
                odd.append(UnreachableFile(Source(files.shown(path), ""), message, why, migration=id_))
            continue
        read = files.read(path)
        if isinstance(read, Source) and not read.text:
            continue
        other = found.setdefault((number, direction), (id_, path))
        if other[1] != path and match[4] == "sql":
            message = f"version {number} is taken by {other[0]}: the Hasura CLI refuses the folder"
            source = Source(files.shown(path), "")
            odd.append(DuplicateVersion(source, message, "give it a number of its own", migration=id_))
    order = []
    for number in sorted({number for number, _ in found}):
        up, down = found.get((number, "up")), found.get((number, "down"))
        id_ = (up or down or ("", ""))[0]
        order.append(MigrationFiles(id_, up and up[1], down and down[1]))
    reading = read_migrations(files, order, _wrap, _sql)
    return reading.history(
        tool.name, files.shown(folder.path), _dialect(folder, files) or POSTGRES, _ADVICE, odd
    )


def _entries(folder: Folder, files: Files) -> list[tuple[str, str]]:
    """Give the names and paths of the files, those in a folder under the name that Hasura gives them."""
    entries = [(name, folder.file(name)) for name in folder.files]
    for name, child in files.children(folder):
        entries += [(f"{name}.{file}", child.file(file)) for file in child.files]
    return sorted(entries)


def _sql(source: Source) -> Source:
    """Give the SQL of a list of actions in YAML; other text is SQL itself."""
    if not _ACTIONS.match(source.text):
        return source
    from miglint.text.tree import Malformed
    from miglint.text.yaml import texts_of

    try:
        return texts_of(source, "sql")
    except Malformed:
        return source


def _wrap(_: MigrationFiles, _direction: Direction, source: Source) -> Wrapping:
    if source.text[:256].partition("\n")[0].strip() == "-- hasura:no-transaction":
        reason = (
            "`-- hasura:no-transaction`: the file is sent as one query, where the CLI decides per migration"
        )
        return Wrapping(TransactionMode.IMPLICIT_BATCH, reason)
    return Wrapping(TransactionMode.PER_MIGRATION, "the Hasura server runs each migration in a transaction")


def _config(folder: Folder, files: Files) -> str | None:
    """Give the path of the nearest config.yaml, if it is Hasura's."""
    path = files.nearest(folder.path, "config.yaml")
    keys = {one.path for one in _settings(path, files)}
    return None if keys.isdisjoint((_METADATA, ("migrations_directory",))) else path


def _settings(path: str | None, files: Files) -> tuple[Setting, ...]:
    return settings_of(path, files.text(path)) if path else ()


def _dialect(folder: Folder, files: Files) -> str | None:
    """Give the kind of the database that this folder is named after."""
    config = _config(folder, files)
    if config is None:
        return None
    said = (one.values[:1] for one in _settings(config, files) if one.path == _METADATA)
    metadata = join(parent(config), "".join(next(said, ())) or "metadata")
    database = files.full(folder.path).replace("\\", "/").rpartition("/")[2]
    name = kind = ""
    listing = join(metadata, "databases/databases.yaml")
    for path, values in _settings(listing, files):
        if path == ("name",):
            name = "".join(values)
        elif path == ("kind",) and name == database:
            kind = "".join(values)
    # Citus is an extension of PostgreSQL.
    return None if kind in ("", "citus") else dialect_of_provider(kind) or kind


_ADVICE = Advice(
    has_downs=True,
    down_file="down.sql beside up.sql",
    without_down="`hasura migrate apply --down 1` stops with an error at a migration without down.sql",
    before_back=(
        "roll the metadata back as well, and first: on a schema that it does not know it is inconsistent"
    ),
    half_way="nothing of it stays",
    half_way_back="nothing is undone, and it stays recorded as applied",
    begin_downs="`hasura migrate create <name> --up-sql '...' --down-sql '...'` writes both files",
    set_lock_timeout=(
        "begin each up.sql with `SET LOCAL lock_timeout = '5s';`: the server runs migrations on the "
        "connections of its API, so a setting of the role or of the connection would reach all queries"
    ),
    run_outside_transaction=(
        "put the statement alone in its migration and apply it with `hasura migrate apply --no-transaction`"
    ),
    version=r"\d+",
    commands=Commands(
        apply="hasura migrate apply --database-name {database}",
        roll_back="hasura migrate apply --database-name {database} --down 1",
        mark_applied="hasura migrate apply --database-name {database} --skip-execution --version {version}",
        apply_some="hasura migrate apply --database-name {database} --up {count}",
        apply_to="hasura migrate apply --database-name {database} --goto {version}",
        roll_back_some="hasura migrate apply --database-name {database} --down {count}",
        roll_back_to="hasura migrate apply --database-name {database} --goto {version}",
        check="hasura migrate status --database-name {database}",
    ),
)

_OUTSIDE = "-- hasura:no-transaction\n"
_OUTSIDE_NOTE = "an older CLI needs `hasura migrate apply --no-transaction` for it"


def _place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    if migration.path.endswith(f"/{UP}"):
        path = neighbour(migration, "down.sql")
    elif migration.path.endswith(".sql"):
        path = renamed(migration, ".up.", ".down.")
    else:
        return NoPlace("its way there is in YAML, and so would be the way back")
    made = down_at(migration, path, (_OUTSIDE if back.outside else "") + back.body)
    return alone(back, tool.title) or made._replace(note=_OUTSIDE_NOTE if back.outside else "")


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    folder = in_root(history, stem.text)
    flat = any(one.path.endswith(".up.sql") for one in history.migrations[-1:])
    up, down = (
        (f"{folder}.up.sql", f"{folder}.down.sql") if flat else (f"{folder}/{UP}", f"{folder}/down.sql")
    )
    made = pair(up, down, written, _OUTSIDE if written.outside else "")
    note = _OUTSIDE_NOTE if written.outside else ""
    refused = alone(written.ups, tool.title) or alone(written.downs, tool.title)
    return refused or (made[0]._replace(note=note), *made[1:])


tool = Tool(
    name="hasura",
    title="Hasura CLI",
    recognise=recognise,
    read=read,
    traces=(".sql", ".up.yaml"),
    depth=1,
    copy_fails=True,
    place=Place(down=_place_down, new=each(_place_new)),
)
