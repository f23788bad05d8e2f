"""
Diesel: `migrations/<version>_<name>/up.sql`, perhaps with down.sql and metadata.toml.

Facts from its source: diesel_migrations/src/file_based_migrations.rs (names, order, metadata.toml) and
diesel/src/migration/mod.rs (transactions).
"""

import re

from miglint.model.irregularity import IgnoredDirective, Irregularity, MissingFile, RefusedFile
from miglint.model.migration import Advice, Commands, Direction, History, Migration, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.cargo import dialect_of_crate, manifests, requirement
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.tools._migration_folders import DOWN, UP, migration_files, recognisable
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
    inside,
    neighbour,
    pair,
)
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

METADATA = "metadata.toml"
_KEY = "run_in_transaction"
_CRATES = ("diesel", "diesel_migrations", "diesel-async")
_BEFORE_METADATA = expression(r"[ ^~=]*[01](?:\.|$)")
# What `diesel migration generate` and `diesel setup` write.
_NAME = expression(r"\d{4}-\d\d-\d\d-\d{6}(?:-\d{4})?_.*|00000000000000_diesel_initial_setup", re.DOTALL)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know the layout by a metadata.toml, a project that depends on Diesel, or the form of the names."""
    names = recognisable(folder, files)
    if not names:
        return None
    shown = files.shown(folder.path)
    if any(files.child(folder, name).has(METADATA) for name in names):
        return Evidence(Rank.MARKER, f"{METADATA} in a migration in {shown}")
    if files.nearest(folder.path, "diesel.toml"):
        return Evidence(Rank.PROJECT, f"{names[0]}/{UP} in {shown}, and a diesel.toml")
    if any(manifests(files, folder.path, crate) for crate in _CRATES):
        return Evidence(Rank.PROJECT, f"{names[0]}/{UP} in {shown}, and diesel in Cargo.toml")
    own = next((name for name in names if _NAME.fullmatch(name)), None)
    return Evidence(Rank.LAYOUT_AND_NAMES, f"{own}/{UP} in {shown}, named as Diesel does") if own else None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the sub-folders in the order of their versions, compared as strings.

    A version is the text before the first `_`, without dashes.
    """
    order: list[MigrationFiles] = []
    odd: list[Irregularity] = []
    for name, child in sorted(files.children(folder), key=lambda entry: (_version(entry[0]), entry[0])):
        if name.startswith(".") or not (child.files or child.folders):
            continue
        if child.has(UP):
            order.append(migration_files(folder, files, name))
        else:
            message = f"no {UP} in {name}: Diesel refuses the whole folder of migrations"
            odd.append(MissingFile(Source(files.shown(child.file(UP)), ""), message, migration=name))

    wrappings = {unit.id: _wrapping(files.child(folder, unit.id), unit.id, files, odd) for unit in order}

    def wrap(unit: MigrationFiles, _: Direction, _source: Source) -> Wrapping:
        return wrappings[unit.id]

    reading = read_migrations(files, order, wrap)
    odd += [
        RefusedFile(migration.up.source, "an empty file: Diesel refuses to run it", migration=migration.id)
        for migration in reading.migrations
        if migration.up and not migration.up.source.text
    ]
    before_metadata = _BEFORE_METADATA.match(requirement(files, folder.path, "diesel"))
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of_crate(folder, files, "diesel", reading.texts()),
        _FIRST_VERSION if before_metadata else _ADVICE,
        odd,
    )


def _version(name: str) -> str:
    return name.partition("_")[0].replace("-", "")


def _wrapping(child: Folder, name: str, files: Files, odd: list[Irregularity]) -> Wrapping:
    inside = Wrapping(TransactionMode.PER_MIGRATION, "Diesel runs each migration in a transaction")
    if not child.has(METADATA):
        return inside
    from tomli import TOMLDecodeError, loads

    path = child.file(METADATA)
    shown = files.shown(path)
    text = files.text(path)
    line = Span(0, len(text.partition("\n")[0]))
    try:
        found = loads(text)
    except TOMLDecodeError as error:
        message = f"{METADATA} is not TOML ({error}): Diesel passes over it, and uses a transaction"
        odd.append(IgnoredDirective(Source(shown, text), message, "correct it", line, name))
        return inside
    if _KEY not in found:
        # The field of the struct that it is read into has no default but that of its type.
        message = f"{METADATA} does not say `{_KEY}`: Diesel then runs the migration without a transaction"
        why = f"say `{_KEY} = false` if that is meant, else delete the file"
        odd.append(IgnoredDirective(Source(shown, text), message, why, line, name))
    # A value of another type fails to parse, and a file that fails to parse counts as missing.
    if found.get(_KEY, False) is not False:
        return inside
    return Wrapping(
        TransactionMode.IMPLICIT_BATCH,
        f"{shown} turns Diesel's transaction off; the file is sent as one batch",
    )


_ADVICE = Advice(
    has_downs=True,
    down_file="down.sql beside up.sql",
    without_down="`diesel migration revert` stops with an error at a migration without down.sql",
    half_way="nothing of it stays",
    half_way_back="nothing is undone, and it stays recorded as applied",
    older_program="a program without the newest migration starts: it looks only for those that have not run",
    begin_downs="`diesel migration generate <name>` writes both files; fill in down.sql",
    set_lock_timeout=(
        "set `PGOPTIONS='-c lock_timeout=5s'` where the migrations run, "
        "or run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once"
    ),
    run_outside_transaction=(
        "put the statement alone in its migration, with a metadata.toml that says "
        "`run_in_transaction = false`"
    ),
    commands=Commands(
        apply="diesel migration run --migration-dir {folder}",
        roll_back="diesel migration revert --migration-dir {folder}",
        mark_applied="INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}');",
        unmark="DELETE FROM __diesel_schema_migrations WHERE version = '{version}';",
        roll_back_some="diesel migration revert -n {count} --migration-dir {folder}",
        check="diesel migration list --migration-dir {folder}",
    ),
    version=r"[\d-]*\d",
)
_FIRST_VERSION = _ADVICE._replace(
    run_outside_transaction="",
    always_in_transaction="before version 2 Diesel runs every migration in a transaction",
)

_COVERS_BOTH = "metadata.toml holds for both directions, and the way there runs in a transaction"


def _place_down(history: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    if migration.up is not None and migration.up.mode is TransactionMode.PER_MIGRATION:
        refused = inside(back, history.advice.always_in_transaction or _COVERS_BOTH)
    else:
        refused = alone(back, tool.title)
    return refused or down_at(migration, neighbour(migration, DOWN), back.body)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    folder = in_root(history, stem.text)
    always = history.advice.always_in_transaction
    refused = inside(written.ups, always) if always else alone(written.ups, tool.title)
    metadata = (FileText(f"{folder}/{METADATA}", f"{_KEY} = false\n"),) if written.outside else ()
    made = (*pair(f"{folder}/{UP}", f"{folder}/{DOWN}", written), *metadata)
    return refused or alone(written.downs, tool.title) or made


tool = Tool(
    name="diesel",
    title="Diesel",
    recognise=recognise,
    read=read,
    depth=1,
    copy_fails=True,
    mark_fails=True,
    place=Place(down=_place_down, new=each(_place_new, as_text=True)),
)
