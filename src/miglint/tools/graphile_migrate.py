"""
Graphile Migrate: `committed/N-name.sql` in the order of the numbers, and current.sql as the last.

Each migration runs in a transaction; `--! no-transaction` in the first line of its body turns it off, and the
file is sent as one query. Each names the hash of the one before, and its own; if they do not match, the tool
stops. `:NAME` is a placeholder. What current.sql includes is not read. There are no down migrations.
For PostgreSQL only.

Facts from its source: src/migration.ts (headers, chain, placeholders), hash.ts and commands/migrate.ts.
"""

import re

from miglint.model.irregularity import Irregularity, RefusedFile, SeveralHeads, StaleChecksum
from miglint.model.migration import (
    Advice,
    Checksum,
    Commands,
    Direction,
    History,
    Problem,
    Reaction,
    TransactionMode,
)
from miglint.model.source import Source, Span
from miglint.project.dialects import POSTGRES
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.text.placeholders import filler
from miglint.tools._places import Place, nowhere, without_downs
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations, words
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"([0-9]+)(?:-[-_a-zA-Z0-9]*)?\.sql")
_HEADER = expression(r"^--! (?:Previous|Hash): ", re.MULTILINE)
_UNWRAPPED = expression(r"\A(?:--! (?!no-transaction)[^\n]*\n|[ \t\r]*\n)*--! no-transaction\b")
_HEADERS = expression(r"(?:--! [A-Z]\w*(?::[^\n]*)?\n)*")
_ENTRY = expression(r"^--! (\w+)(?:: *([^\n]*))?$", re.MULTILINE)
_INCLUDE = expression(r"^--![ \t]*include[ \t]+(.*\.sql)[ \t\r]*$", re.MULTILINE)
# What trim() takes away in JavaScript.
_BLANK = "\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_FILL = filler(r"(?<![:\w]):[A-Z][A-Z0-9_]+\b")


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a committed/ with headers in its files."""
    if "committed" not in folder.folders:
        return None
    committed = files.child(folder, "committed")
    name = next(
        (n for n in committed.sample(".sql") if _HEADER.search(files.beginning(committed.file(n)))), None
    )
    return (
        Evidence(Rank.MARKER, f"`--! Hash` in committed/{name} in {files.shown(folder.path)}")
        if name
        else None
    )


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read what is committed in the order of the numbers, then the current migration."""
    committed = files.child(folder, "committed")
    found = sorted((int(match[1]), name) for name in committed.files if (match := _NAME.fullmatch(name)))
    order = [MigrationFiles(name[: -len(".sql")], committed.file(name)) for _, name in found]
    if folder.has("current.sql"):
        order.append(MigrationFiles("current", folder.file("current.sql"), repeatable=True))
    elif "current" in folder.folders:
        current = files.child(folder, "current")
        order += [
            MigrationFiles(f"current/{name[: -len('.sql')]}", current.file(name), repeatable=True)
            for name in current.ending(".sql")
        ]
    reading = read_migrations(files, order, _wrap, words(_FILL))
    ups = [(migration.id, migration.up.source) for migration in reading.migrations if migration.up]
    gaps = tuple(
        Problem(
            source.path, f"{found[1]}, which it includes, is not read", source.position(found.start()).line
        )
        for id_, source in ups
        if id_.startswith("current")
        for found in _INCLUDE.finditer(source.text)
    )
    odd = _chain([(id_, source) for id_, source in ups if not id_.startswith("current")])
    history = reading.history(tool.name, files.shown(folder.path), POSTGRES, _ADVICE, odd)
    return history._replace(gaps=gaps)


def _chain(committed: list[tuple[str, Source]]) -> list[Irregularity]:
    """Follow the hashes: each migration names that of the one before, and its own."""
    odd: list[Irregularity] = []
    expected, before = "-", ""
    seen: dict[str, str] = {}
    for id_, source in committed:
        head = Span(0, len(source.line(1)))
        text = source.text
        headers = _HEADERS.match(text)
        entries = dict(_ENTRY.findall(headers.group() if headers else ""))
        previous, own = entries.get("Previous", "").strip(), entries.get("Hash", "").strip()
        if not previous or not own or source.marked or text[headers.end() if headers else 0 :][:1] != "\n":
            message = (
                "Graphile Migrate refuses a file without its headers, or without an empty line after them"
            )
            odd.append(RefusedFile(source, message, "", head, id_))
            return odd
        if previous in seen:
            message = f"{id_} and {seen[previous]} both follow one migration: Graphile Migrate refuses to run"
            why = "`graphile-migrate uncommit` one of them, and commit it again after the other"
            odd.append(SeveralHeads(source, message, why, head, id_))
        elif previous != expected:
            message = f"it does not follow {before or 'nothing'}: Graphile Migrate refuses to run"
            odd.append(StaleChecksum(source, message, "", head, id_))
        seen.setdefault(previous, id_)
        fits = own == _hash(previous, text[headers.end() if headers else 0 :])
        if fits == ("AllowInvalidHash" in entries):
            message = (
                "its hash matches, although `AllowInvalidHash` says that it does not"
                if fits
                else "its hash does not match: a database that has not run it yet refuses it"
            )
            why = "" if fits else "undo the edit, or add the header `--! AllowInvalidHash`"
            odd.append(StaleChecksum(source, message, why, head, id_))
        expected, before = own, id_
    return odd


def _hash(previous: str, body: str) -> str:
    from hashlib import sha1

    before = "" if previous == "-" else previous
    text = f"{before}\n{body.strip(_BLANK)}".strip(_BLANK) + "\n"
    return "sha1:" + sha1(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _wrap(_: MigrationFiles, _direction: Direction, source: Source) -> Wrapping:
    if _UNWRAPPED.match(source.text):
        reason = "`--! no-transaction` turns the transaction off; the file is sent as one query"
        return Wrapping(TransactionMode.IMPLICIT_BATCH, reason)
    return Wrapping(TransactionMode.PER_MIGRATION, "Graphile Migrate runs each migration in a transaction")


_ADVICE = Advice(
    has_downs=False,
    down_file="a file in another folder, which no command runs",
    without_down="Graphile Migrate has no down migrations: only SQL by hand, or a new migration, undoes one",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="put the statement alone in a migration that begins `--! no-transaction`",
    edited=Reaction.STOPS,
    checksum=Checksum.TRIMMED,
    removed=Reaction.STOPS,
    late=Reaction.STOPS,
    commands=Commands(
        apply="graphile-migrate migrate",
        unmark="DELETE FROM graphile_migrate.migrations WHERE filename = '{id}.sql';",
        check="graphile-migrate status",
    ),
)

tool = Tool(
    name="graphile-migrate",
    title="Graphile Migrate",
    recognise=recognise,
    read=read,
    depth=1,
    copy_fails=True,
    place=Place(
        down=without_downs,
        new=nowhere("the SQL goes into current.sql, and `graphile-migrate commit` writes the file"),
    ),
)
