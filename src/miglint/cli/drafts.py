"""Ways back that are drafted from the history, put where the migration tool looks for them, and written."""

import os
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from miglint.cli.input import tool_settings
from miglint.cli.output import write_file
from miglint.config import Settings
from miglint.errors import UsageError
from miglint.model import CreateIndex, DropIndex, History
from miglint.model.change import Overlay
from miglint.model.remedy import Do
from miglint.rollback.draft import REFUSED, Draft, draft, text_of
from miglint.rollback.reasons import Verdict
from miglint.rollback.reversal import reversal
from miglint.show.ways_back import Drafted
from miglint.simulate import Machine, Ran, migrations
from miglint.tools import FileText, NoPlace, Written, history_before, place_down, place_new

_APART = re.compile(r"\b(?:CONCURRENTLY|VACUUM)\b")
_LONGEST = 300
_NOTHING = "-- nothing to undo\n"
_MOST = 12
_GAPS = {
    "fill": "to be filled in before it runs on a table with rows",
    "rows": "not brought back",
    "schema": "not restored",
}


class Drafting(NamedTuple):
    """How to draft: `forward` as a new migration, `force` in place of what is there."""

    machine: Machine
    forward: bool = False
    force: bool = False


def draft_all(
    history: History, rans: Sequence[Ran], settings: Settings, how: Drafting
) -> tuple[Drafted, ...]:
    """Draft the ways back of these migrations, the newest first, and judge them as the tool reads them."""
    configured = {entry.path: tool_settings(entry) for entry in settings.histories}
    pending: dict[str, bytes] = {}
    found: list[Drafted] = []
    state = history

    def again() -> History:
        return history_before(history, Overlay(pending, frozenset()), configured)

    for ran in reversed(rans):
        # Several migrations can stand in one file, and new ones follow each other.
        if pending and (how.forward or not _files(ran).isdisjoint(pending)):
            state = again()
        made = _drafted(state, ran, how)
        if made is None:
            continue
        found.append(made)
        if made.files and not made.kept:
            pending.update((path, text.encode("utf-8", "surrogatepass")) for path, text in made.files)
    if how.forward or not pending:
        return tuple(found)
    verdicts = _verdicts(again(), {one.migration for one in found}, how.machine)
    return tuple(one._replace(verdict=verdicts.get(one.migration)) for one in found)


def _files(ran: Ran) -> set[str]:
    return {file.path for script in ran.migration.scripts for file in script.source.files}


def _verdicts(history: History, ids: set[str], machine: Machine) -> dict[str, Verdict]:
    every = migrations(history, machine, downs=lambda one: one.id in ids)
    return {
        ran.migration.id: reversal(ran, machine.dialect).verdict for ran in every if ran.migration.id in ids
    }


def _drafted(history: History, ran: Ran, how: Drafting) -> Drafted | None:
    migration = ran.migration
    if ran.up is None:
        return None
    if reversal(ran._replace(down=None), how.machine.dialect).verdict == "nothing to undo":
        # Many tools stop at a migration without a way back, also at one that needs none.
        if migration.down is not None or how.forward or not history.advice.has_downs:
            return None
        made, sql = Draft(), _NOTHING
        placed = _put(history, ran, sql, how, outside=False)
    else:
        made, placed, sql = _placed(history, ran, how)
    gaps = _remarks(made)
    refused = next((gap.why for gap in made.gaps if gap.what == REFUSED), "")
    if refused and not isinstance(placed, NoPlace):
        placed = NoPlace(f"not written, since {refused}; it is no more than a beginning")
    if isinstance(placed, NoPlace):
        return Drafted(migration.id, sql, why=placed.reason, gaps=gaps)
    files = tuple((file.path, file.text) for file in placed)
    is_there = any(not file.is_new or _holds_something(file.path, history) for file in placed)
    if is_there and not how.force:
        return Drafted(migration.id, sql, files, kept=True)
    note = "; ".join(file.note for file in placed if file.note)
    return Drafted(migration.id, sql, files, note=note, gaps=gaps)


def _holds_something(path: str, history: History) -> bool:
    """Tell whether a file is there that was read as no migration's, and so holds something unknown."""
    read = {file.path for one in history.migrations for script in one.scripts for file in script.source.files}
    return path not in read and os.path.exists(path) and os.path.getsize(path) > 0


def _placed(history: History, ran: Ran, how: Drafting) -> tuple[Draft, tuple[FileText, ...] | NoPlace, str]:
    """
    Draft outside a transaction where the tool lets that stand, else inside.

    A way back that does more than build and drop indexes stays inside: it should happen whole or not at all.
    """
    made, sql = _text(ran, how, outside=True)
    if _APART.search(text_of(made.steps, how.machine.dialect.write)):
        placed = _put(history, ran, sql, how, outside=True) if _is_of_indexes(made) else NoPlace("")
        if not isinstance(placed, NoPlace):
            return made, placed, sql
        made, sql = _text(ran, how, outside=False)
    return made, _put(history, ran, sql, how, outside=False), sql


def _is_of_indexes(made: Draft) -> bool:
    operations = [operation for step in made.steps if isinstance(step, Do) for operation in step.operations]
    return all(isinstance(operation, (CreateIndex, DropIndex)) for operation in operations)


def _text(ran: Ran, how: Drafting, *, outside: bool) -> tuple[Draft, str]:
    if ran.up is None:
        return Draft(), ""
    dialect = how.machine.dialect
    made = draft(ran.up, ran.start.schema, dialect, outside=outside, version=how.machine.version)
    remarks = "".join(f"-- {remark}\n" for remark in _remarks(made))
    return made, f"{remarks}{text_of(made.steps, dialect.write)}".strip("\n") + "\n"


def _remarks(made: Draft) -> tuple[str, ...]:
    """Say what a draft does not bring back, each on one line, which a definition would make a long one."""
    told = [gap for kind in _GAPS for gap in made.gaps if gap.kind == kind]
    told.sort(key=lambda gap: gap.what != REFUSED)
    lines = [f"{_GAPS[gap.kind]}: {' '.join(str(gap).split())}" for gap in told]
    kept = [line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..." for line in lines[:_MOST]]
    return (*kept, f"and {len(lines) - _MOST} more like these") if len(lines) > _MOST else tuple(kept)


def _put(
    history: History, ran: Ran, sql: str, how: Drafting, *, outside: bool
) -> tuple[FileText, ...] | NoPlace:
    if not how.forward:
        placed = place_down(history, ran.migration.id, sql, outside=outside)
        return placed if isinstance(placed, NoPlace) else (placed,)
    from datetime import datetime, timezone

    name = re.sub(r"^[^A-Za-z]*", "", ran.migration.id.rpartition("/")[2])
    return place_new(history, [Written(f"undo_{name}", sql, outside=outside)], datetime.now(timezone.utc))


def write_all(drafts: Iterable[Drafted]) -> None:
    """Write the files, each whole or not at all."""
    for draft_ in drafts:
        for path, text in () if draft_.kept else draft_.files:
            if os.path.islink(path):
                raise UsageError(f"{path} is a symbolic link: nothing is written through it")
            folder = os.path.dirname(path)
            if folder:
                os.makedirs(folder, exist_ok=True)
            write_file(path, text)
