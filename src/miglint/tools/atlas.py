"""
Atlas: flat files `VERSION_name.sql` with their hashes in atlas.sum, in the order of their names.

Each file runs in a transaction, statement by statement; `-- atlas:txmode none` in its head turns the
transaction off. Then Atlas records each statement, and goes on where a run that failed has stopped.
A hash that does not fit stops it.

Facts from its source: sql/migrate/dir.go (names, atlas.sum, directives) and cmd/atlas (transactions).
"""

import re
from base64 import b64encode

from miglint.model.irregularity import Irregularity, StaleChecksum
from miglint.model.migration import Advice, Commands, Direction, History, Problem, Reaction, TransactionMode
from miglint.model.source import Source, Span
from miglint.tools._dialects import dialect_of
from miglint.tools._files import Files, Folder
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

SUM = "atlas.sum"
_LINE = re.compile(r"^(.+?) h1:(\S*)[ \t\r]*$", re.MULTILINE)
_NO_TRANSACTION = re.compile(r"\A(?:--[^\n]*\n)*?-- ?atlas:txmode[ \t]+none\b")
_IGNORED = re.compile(r"\A(?:--[^\n]*\n)*?-- ?atlas:sum[ \t]+ignore\b")


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by its atlas.sum; one beside another tool's files is that tool's folder."""
    if not folder.has(SUM) or not folder.ending(".sql"):
        return None
    pairs = any(name.endswith((".up.sql", ".down.sql")) for name in folder.files)
    return None if pairs else Evidence(Rank.PROJECT, f"{SUM} in {files.shown(folder.path)}")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their names, and compare their hashes."""
    names = folder.ending(".sql")
    order = [MigrationFiles(name[: -len(".sql")], folder.file(name)) for name in names]
    reading = read_migrations(files, order, _wrap)
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of(folder, files, reading.texts()),
        _ADVICE,
        _stale(folder, files),
    )


def _stale(folder: Folder, files: Files) -> list[Irregularity]:
    """Compare atlas.sum with the files: each hash covers the names and contents of all files up to it."""
    from hashlib import sha256

    listing = files.read(folder.file(SUM))
    if isinstance(listing, Problem):
        return []
    lines = {line[1]: line for line in _LINE.finditer(listing.text)}
    running = sha256()
    help_text = "`atlas migrate hash` writes it anew; look first at what has changed"
    for name in folder.ending(".sql"):
        source = files.read(folder.file(name))
        if isinstance(source, Problem):
            return []
        if _IGNORED.match(source.text):
            continue
        running.update(name.encode("utf-8", "replace"))
        running.update(source.text.encode("utf-8", "replace"))
        line = lines.pop(name, None)
        if line is None:
            message = f"{name} is not in {SUM}: Atlas refuses to run anything"
            return [StaleChecksum(listing, message, help_text, Span(0, len(listing.line(1))))]
        if line[2] != b64encode(running.digest()).decode():
            message = f"the hash of {name} in {SUM} does not fit: Atlas refuses to run anything"
            return [StaleChecksum(listing, message, help_text, Span(*line.span()))]
    for name, line in lines.items():
        if name.endswith(".sql"):
            message = f"{SUM} lists {name}, which is not there: Atlas refuses to run anything"
            return [StaleChecksum(listing, message, help_text, Span(*line.span()))]
    return []


def _wrap(_: MigrationFiles, _direction: Direction, source: Source) -> Wrapping:
    if _NO_TRANSACTION.match(source.text):
        reason = "`atlas:txmode none`: Atlas sends the statements one by one"
        return Wrapping(TransactionMode.PER_STATEMENT, reason, resumable=True)
    return Wrapping(TransactionMode.PER_MIGRATION, "Atlas runs each file in a transaction")


_ADVICE = Advice(
    has_downs=False,
    down_file="`-- down.sql --` in a txtar archive",
    without_down="`atlas migrate down` works out the way back, with an account only",
    set_lock_timeout=(
        "add `options=-c%20lock_timeout%3D5s` to the URL of the environment, "
        "or run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once"
    ),
    run_outside_transaction="begin a file of its own with `-- atlas:txmode none` and an empty line",
    edited=Reaction.STOPS,
    removed=Reaction.STOPS,
    late=Reaction.STOPS,
    reset_edited="`atlas migrate hash` takes the new one",
    commands=Commands(
        apply="atlas migrate apply --dir file://{folder} --url $DATABASE_URL",
        roll_back="atlas migrate down --dir file://{folder} --url $DATABASE_URL",
        mark_applied="atlas migrate set {version} --dir file://{folder} --url $DATABASE_URL",
        unmark="atlas migrate set {previous} --dir file://{folder} --url $DATABASE_URL",
    ),
)

tool = Tool(name="atlas", title="Atlas", recognise=recognise, read=read)
