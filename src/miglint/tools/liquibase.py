"""
Liquibase: changesets in formatted SQL, in the order of the files and of what stands in them.

A file begins with `--liquibase formatted sql`, a changeset with `--changeset author:id`. Each runs in a
transaction; `runInTransaction:false` turns it off. What `--rollback` lines say is the way back. `dbms:`
leaves out changesets for other databases. `${name}` stands for a property.
Changelogs in XML, YAML and JSON are not read: where they give the order, that of the names is taken instead.

Facts from its source: FormattedSqlChangeLogParser.java.
"""

import re

from miglint.model.migration import Advice, Commands, History, Problem, Reaction, TransactionMode
from miglint.model.source import Source, Span
from miglint.tools._dialects import dialect_of, dialect_of_provider
from miglint.tools._files import Files, Folder
from miglint.tools._placeholders import DOLLAR_BRACES, filler
from miglint.tools._scripts import Cut, MigrationFiles, Section, Wrapping, only, read_sections
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_HEADER = re.compile(r"\A\s*--\s*liquibase\s*formatted", re.IGNORECASE)
_CHANGESET = re.compile(
    r"^[ \t]*--[ \t]*changeset[ \t]+(?P<author>\"[^\"\n]+\"|[^:\n]+):"
    r"[ \t]*(?P<id>\"[^\"\n]+\"|\S+)(?P<rest>[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_ROLLBACK = re.compile(r"^[ \t]*--[ \t]*rollback[ \t]+(?P<sql>[^\n]*)$", re.IGNORECASE | re.MULTILINE)
_NOTHING = re.compile(r"(?:not required|empty)\s*;?\s*\Z|changesetId:", re.IGNORECASE)
_CHANGELOG = re.compile(r"(?:master|changelog)[^/]*\.(?:xml|ya?ml|json)", re.IGNORECASE)
_FILL = filler(DOLLAR_BRACES)
_URL = re.compile(r"^\s*url\s*[:=]\s*jdbc:(\w+)", re.MULTILINE)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by the header of one of its SQL files."""
    for name in folder.sample(".sql"):
        if _HEADER.match(files.beginning(folder.file(name))):
            return Evidence(Rank.MARKER, f"`liquibase formatted` in {name} in {files.shown(folder.path)}")
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their names, each changeset being a migration `file#author:id`."""
    names = [n for n in folder.ending(".sql") if _HEADER.match(files.beginning(folder.file(n)))]
    order = [MigrationFiles(name[: -len(".sql")], folder.file(name)) for name in names]
    reading = read_sections(files, order, _cut)
    configuration = files.nearest(folder.path, "liquibase.properties")
    url = _URL.search(files.text(configuration)) if configuration else None
    logs = [name for name in folder.files if _CHANGELOG.search(name)]
    gaps = tuple(
        Problem(files.shown(folder.file(name)), "a changelog that is not SQL is not read") for name in logs
    )
    return History(
        tool=tool.name,
        root=files.shown(folder.path),
        dialect=dialect_of(folder, files, reading.texts(), url and url[1]),
        migrations=reading.migrations,
        advice=_ADVICE,
        problems=reading.problems,
        gaps=gaps,
        irregularities=reading.irregularities,
    )


def _cut(unit: MigrationFiles, source: Source) -> list[Cut]:
    text = source.text
    heads = list(_CHANGESET.finditer(text))
    cuts: list[Cut] = []
    seen: dict[str, int] = {}
    for at, head in enumerate(heads):
        end = heads[at + 1].start() if at + 1 < len(heads) else len(text)
        rest = head["rest"]
        if not _is_for_postgres(_attribute(rest, "dbms")) or _attribute(rest, "ignore") == "true":
            continue
        name = f"{head['author'].strip().strip(chr(34))}:{head['id'].strip(chr(34))}"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name += f"({seen[name]})"
        span = Span(head.end(), end)
        body = source[span]
        backs = [Span(*line.span("sql")) for line in _ROLLBACK.finditer(body)]
        told = [back for back in backs if not _NOTHING.match(body[slice(*back)])]
        wrapping = _wrapping(rest)
        down = Section(span, wrapping, _FILL(only(body, told))) if backs else None
        repeatable = "true" in (_attribute(rest, "runOnChange"), _attribute(rest, "runAlways"))
        cuts.append(Cut(Section(span, wrapping, _FILL(body)), down, name, repeatable=repeatable))
    return cuts


def _attribute(rest: str, name: str) -> str:
    found = re.search(rf"\b{name}:\"?([^\s\"]+)", rest, re.IGNORECASE)
    return found[1].lower() if found else ""


def _is_for_postgres(dbms: str) -> bool:
    names = [name.strip() for name in dbms.split(",") if name.strip()]
    if any(name.startswith("!") for name in names):
        return "!postgresql" not in names
    return not names or any(dialect_of_provider(name) == "postgres" for name in names)


def _wrapping(rest: str) -> Wrapping:
    if _attribute(rest, "runInTransaction") != "false":
        return Wrapping(TransactionMode.PER_MIGRATION, "Liquibase runs each changeset in a transaction")
    if _attribute(rest, "splitStatements") == "false":
        reason = "`splitStatements:false`: Liquibase sends the changeset as one query"
        return Wrapping(TransactionMode.IMPLICIT_BATCH, reason)
    return Wrapping(
        TransactionMode.PER_STATEMENT, "`runInTransaction:false`: Liquibase sends the statements one by one"
    )


_ADVICE = Advice(
    has_downs=True,
    down_file="`--rollback` lines in the changeset",
    without_down="`liquibase rollback` stops with an error at a changeset of SQL without rollback",
    begin_downs="end each changeset with `--rollback` and the SQL that undoes it",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="put the statement alone in a changeset with `runInTransaction:false`",
    edited=Reaction.STOPS,
    reset_edited="`validCheckSum` in the changeset accepts the new one",
    commands=Commands(
        apply="liquibase update",
        roll_back="liquibase rollback-count 1",
        mark_applied="liquibase mark-next-changeset-ran",
        unmark="DELETE FROM databasechangelog WHERE id = '{id}';",
    ),
)

tool = Tool(name="liquibase", title="Liquibase", recognise=recognise, read=read)
