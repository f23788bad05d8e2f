"""Where changesets in formatted SQL keep their rollback, and how a new one is added."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from miglint.model.migration import History, Migration, TransactionMode
from miglint.tools._places import FileText, NoPlace, Sql, Written, file_of, has_inner, in_style, statements

if TYPE_CHECKING:
    from datetime import datetime

_NOT_SQL = (
    "its changeset is not in formatted SQL: the SQL goes into the changeset's `rollback`, in the changelog's "
    "own language"
)
_CUTS = (
    "Liquibase cuts SQL at each semicolon, also within a body: write it into the changeset by hand, with "
    "{attribute}:false in the line of the changeset"
)
_IN_TRANSACTION = "the changeset runs in a transaction, and so does its rollback"


def place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    """Give the file with the rollback below the changeset."""
    from miglint.tools.liquibase.formatted import heads_of, rollbacks_of

    file = file_of(migration)
    heads = heads_of(file.text)
    own = _name(migration.id)
    at = next((place for place, head in enumerate(heads) if head.name == own), None)
    if at is None:
        return NoPlace(_NOT_SQL)
    if back.outside and migration.up and migration.up.mode is TransactionMode.PER_MIGRATION:
        return NoPlace(_IN_TRANSACTION)
    lines = _rollback(back.text)
    if isinstance(lines, NoPlace):
        return lines
    start = heads[at].end
    end = heads[at + 1].start if at + 1 < len(heads) else len(file.text)
    body = file.text[start:end]
    found = rollbacks_of(body)
    for span in reversed(found):
        body = body[: span.start] + body[span.end :].removeprefix("\r").removeprefix("\n")
    made = in_style(f"{body.rstrip()}\n{lines}", file.text)
    after = file.text[end:]
    gap = in_style("\n", file.text) if after else ""
    mark = "\ufeff" if file.marked else ""
    return FileText(file.path, f"{mark}{file.text[:start]}{made}{gap}{after}", not found)


def place_new(
    history: History, row: Sequence[Written], _: "datetime | None"
) -> tuple[FileText, ...] | NoPlace:
    """Give the newest file with new changesets at its end, which is where Liquibase surely finds them."""
    from miglint.tools.liquibase.formatted import heads_of

    newest = next((one for one in reversed(history.migrations) if one.up is not None), None)
    heads = heads_of(file_of(newest).text) if newest else []
    if newest is None or not heads:
        return NoPlace("the newest changeset is not in formatted SQL, and neither would be a new one")
    file = file_of(newest)
    author, id_ = heads[-1].name.split(":", 1)
    text = file.text.rstrip()
    for nth, written in enumerate(row, 1):
        lines = _rollback(written.down) if written.down.strip() else ""
        if isinstance(lines, NoPlace):
            return lines
        if any(map(has_inner, statements(written.up))):
            return NoPlace(_CUTS.format(attribute="splitStatements"))
        attribute = " runInTransaction:false" if written.outside else ""
        name = re.sub(r"[^\w.-]+", "-", written.name.strip())
        called = f"{int(id_) + nth:0{len(id_)}}" if id_.isdecimal() else name
        text += f"\n\n--changeset {author}:{called}{attribute}\n{written.ups.body}{lines}"
        text = text.rstrip()
    mark = "\ufeff" if file.marked else ""
    return (FileText(file.path, mark + in_style(text + "\n", file.text)),)


def _name(id_: str) -> str:
    """Give `author:id` of a migration's id."""
    return re.sub(r"\(\d+\)\Z", "", id_.partition("#")[2])


def _rollback(sql: str) -> str | NoPlace:
    found = statements(sql)
    if any(map(has_inner, found)):
        return NoPlace(_CUTS.format(attribute="rollbackSplitStatements"))
    lines = [line for line in "\n".join(found).splitlines() if line.strip()]
    return "".join(f"--rollback {line}\n" for line in lines)
