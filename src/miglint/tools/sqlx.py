"""
sqlx: flat files `N_name.sql`, or pairs of `N_name.up.sql` and `N_name.down.sql`, in a Rust project.

Facts from its source: sqlx-core/src/migrate/source.rs (names, no-transaction) and
sqlx-postgres/src/migrate.rs (transactions).
"""

import re

from miglint.model.irregularity import DuplicateVersion, IgnoredDirective, Irregularity, RefusedFile
from miglint.model.migration import (
    Advice,
    Checksum,
    Commands,
    Direction,
    History,
    Migration,
    Reaction,
    TransactionMode,
)
from miglint.model.source import Source, Span
from miglint.project.cargo import dialect_of_crate, manifests
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
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
    pair,
    renamed,
)
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"(\d+)_(.+?)(\.up|\.down)?\.sql", re.DOTALL)
# The first bytes of the file, exactly; anything may follow in the line.
_NO_TRANSACTION = "-- no-transaction"
_MEANT = expression(r"\s*--[ \t]*no[-_ ]transaction\b", re.IGNORECASE)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know numbered files in a project that depends on sqlx."""
    name = next((name for name in folder.ending(".sql") if _NAME.fullmatch(name)), None)
    if name is None:
        return None
    shown = files.shown(folder.path)
    if files.nearest(folder.path, "sqlx.toml"):
        return Evidence(Rank.PROJECT, f"{name} in {shown}, and a sqlx.toml")
    if manifests(files, folder.path, "sqlx"):
        return Evidence(Rank.PROJECT, f"{name} in {shown}, and sqlx in Cargo.toml")
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their numbers."""
    ups: dict[int, str] = {}
    downs: dict[int, str] = {}
    odd: list[Irregularity] = []
    for name in folder.ending(".sql"):
        found = _NAME.fullmatch(name)
        if found is None:
            if "_" in name:
                message = "the name does not start with a number: sqlx refuses the whole folder"
                odd.append(RefusedFile(Source(files.shown(folder.file(name)), ""), message))
            continue
        chosen = downs if found[3] == ".down" else ups
        taken = chosen.setdefault(int(found[1]), name)
        if taken != name:
            message = f"version {int(found[1])} is taken by {taken}: sqlx runs only one of them"
            odd.append(
                DuplicateVersion(Source(files.shown(folder.file(name)), ""), message, migration=_id(name))
            )
    order = [
        MigrationFiles(
            _id(ups.get(version) or downs[version]),
            folder.file(ups[version]) if version in ups else None,
            folder.file(downs[version]) if version in downs else None,
        )
        for version in sorted({*ups, *downs})
    ]
    reading = read_migrations(files, order, _wrap)
    odd += _unseen(reading.migrations)
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of_crate(folder, files, "sqlx", reading.texts()),
        _ADVICE,
        odd,
    )


def _id(name: str) -> str:
    return name.removesuffix(".sql").removesuffix(".up").removesuffix(".down")


def _unseen(migrations: tuple[Migration, ...]) -> list[Irregularity]:
    """See a no-transaction that is not the very first text of its file."""
    found: list[Irregularity] = []
    for migration in migrations:
        source = migration.up.source if migration.up else None
        meant = source and _MEANT.match(source.text)
        # Behind a byte order mark nothing runs at all.
        if source is None or not meant or source.marked or _is_unwrapped(source):
            continue
        why = "it is not the very first text, to the letter"
        message = f"sqlx does not see `{_NO_TRANSACTION}` here, and opens a transaction: {why}"
        help_text = f"begin the file with `{_NO_TRANSACTION}`"
        found.append(IgnoredDirective(source, message, help_text, Span(*meant.span()), migration.id))
    return found


def _is_unwrapped(source: Source) -> bool:
    return source.text.startswith(_NO_TRANSACTION) and not source.marked


def _wrap(_: MigrationFiles, _direction: Direction, source: Source) -> Wrapping:
    if _is_unwrapped(source):
        reason = f"`{_NO_TRANSACTION}` turns sqlx's transaction off; the file is sent as one batch"
        return Wrapping(TransactionMode.IMPLICIT_BATCH, reason)
    return Wrapping(TransactionMode.PER_MIGRATION, "sqlx runs each migration in a transaction")


_ADVICE = Advice(
    has_downs=True,
    down_file="N_name.down.sql beside N_name.up.sql",
    without_down="`sqlx migrate revert` cannot revert a migration without a down file",
    half_way="nothing of it stays",
    half_way_back="nothing is undone, and it stays recorded as applied",
    older_program=(
        "a program without the newest migration refuses to start with `VersionMissing`, unless it calls "
        "`set_ignore_missing(true)`"
    ),
    older_refuses=True,
    begin_downs="`sqlx migrate add -r <name>` writes both files; fill in the second",
    set_lock_timeout=(
        "add `options=-c%20lock_timeout%3D5s` to the DATABASE_URL that the migrations run with, "
        "or run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once"
    ),
    run_outside_transaction=(
        f"put the statement alone in its file, and make `{_NO_TRANSACTION}` the very first text of the file"
    ),
    edited=Reaction.STOPS,
    checksum=Checksum.BYTES,
    removed=Reaction.STOPS,
    commands=Commands(
        apply="sqlx migrate run --source {folder}",
        roll_back="sqlx migrate revert --source {folder}",
        unmark="DELETE FROM _sqlx_migrations WHERE version = {version};",
        apply_to="sqlx migrate run --source {folder} --target-version {version}",
        roll_back_to="sqlx migrate revert --source {folder} --target-version {version}",
        check="sqlx migrate info --source {folder}",
    ),
    version=r"\d+",
)


def _place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    path = renamed(migration, ".up.sql" if migration.path.endswith(".up.sql") else ".sql", ".down.sql")
    opening = f"{_NO_TRANSACTION}\n" if back.outside else ""
    return alone(back, tool.title) or down_at(migration, path, opening + back.body)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    """Lay out a pair where the history has pairs, or there is a way back."""
    path = in_root(history, stem.text)
    opening = f"{_NO_TRANSACTION}\n" if written.outside else ""
    pairs = bool(written.down.strip()) or any(one.path.endswith(".up.sql") for one in history.migrations)
    refused = alone(written.ups, tool.title) or alone(written.downs, tool.title)
    return refused or pair(f"{path}.up.sql" if pairs else f"{path}.sql", f"{path}.down.sql", written, opening)


tool = Tool(
    name="sqlx",
    title="sqlx",
    recognise=recognise,
    read=read,
    copy_fails=True,
    mark_fails=True,
    place=Place(down=_place_down, new=each(_place_new)),
)
