"""A whole history on a scratch server: applied up to what was chosen, and that taken there and back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg

from miglint.model import (
    Direction,
    History,
    Migration,
    NotAnalysed,
    Script,
    Severity,
    Source,
    Span,
    TransactionMode,
)
from miglint.simulate import Machine, Ran, Start, Trace, migrations, run
from miglint.verify.judgement import Found, judged
from miglint.verify.scratch import Scratch, Tried
from miglint.verify.sending import Sent, statements
from miglint.verify.server import Server, ServerError
from miglint.verify.standins import extension_statement

_DATABASE = "miglint_verify"


class Verified(NamedTuple):
    """A chosen migration on the server; `tried` is None where it could not be run at all.

    `has_way_back`: it has a script down that does something. `not_run` is what was left out of it.
    """

    migration: Migration
    tried: Tried | None
    has_way_back: bool = False
    found: tuple[Found, ...] = ()
    not_run: tuple[NotAnalysed, ...] = ()


class Passed(NamedTuple):
    """A migration before the chosen ones, applied; `not_run` is what of it was left out, or refused."""

    migration: Migration
    not_run: tuple[NotAnalysed, ...] = ()


@contextmanager
def scratch(server: Server) -> Iterator[Scratch]:
    """Give a database of our own on a server, and drop it afterwards, with the roles that were made."""
    template = "template0" if server.home == "postgres" else server.home
    try:
        server.create_database(_DATABASE, template)
    except psycopg.Error as error:
        raise ServerError(f"no scratch database can be made: {str(error).strip()}") from None
    database = Scratch(server, _DATABASE)
    try:
        yield database
    finally:
        database.leave()


def course(
    history: History,
    machine: Machine,
    database: Scratch,
    *,
    dump: Source | None = None,
    at: Callable[[int], None] = lambda _number: None,
) -> Iterator[Verified | Passed]:
    """Apply a history, and take what is asked for there and back; a dump stands for what was before."""
    chosen = [migration.id for migration in history.asked]
    if not chosen:
        return
    before_chosen = True
    if dump is not None:
        yield from _loaded(dump, machine, database)
    for number, ran in enumerate(migrations(history, machine, chosen[-1], lambda m: history.asks_for(m.id))):
        at(number)
        asked = history.asks_for(ran.migration.id)
        before_chosen = before_chosen and not asked
        if dump is not None and before_chosen:
            continue
        up, down = statements(ran.up), statements(ran.down)
        if asked:
            yield _verified(ran, up, down, database)
        refused = () if ran.skipped else database.advance(up)
        if not asked:
            places = (NotAnalysed(r.sent.path, r.sent.line, r.sent.line, f"refused: {r}") for r in refused)
            yield Passed(ran.migration, (*places, *_left_out(ran, up, database)))


def _verified(ran: Ran, up: tuple[Sent, ...], down: tuple[Sent, ...], database: Scratch) -> Verified:
    not_run = tuple(_left_out(ran, (*up, *down), database))
    if not up or ran.skipped:
        return Verified(ran.migration, None, not_run=not_run)
    tried = database.attempt(up, down, empty=True)
    found = list(judged(tried, up, down))
    script = ran.migration.down
    if script is not None and not down and tried.full.changed and not found:
        words = "the way back does nothing, and the way there has changed the schema"
        file, place = script.source.place(script.head)
        found.append(Found(Severity.WARNING, file.path, file.position(place.start).line, words))
    return Verified(ran.migration, tried, bool(down), tuple(found), not_run)


def _left_out(ran: Ran, sent: tuple[Sent, ...], database: Scratch) -> Iterator[NotAnalysed]:
    """Give what is not run of a migration."""
    if ran.migration.opaque is not None:
        yield ran.migration.opaque.not_analysed
    for trace in ran.traces:
        if trace.cut_off or trace.crashes:
            yield from trace.not_analysed
    for each in sent:
        extension = extension_statement(each.text)
        if each.is_refused:
            yield NotAnalysed(
                each.path, each.line, each.line, "it reaches out of the database, or needs psql"
            )
        elif extension is not None and extension.name and extension.name not in database.shipped:
            reason = f"the extension {extension.name} is not on this server: a light stand-in takes its place"
            yield NotAnalysed(each.path, each.line, each.line, reason)


def _loaded(dump: Source, machine: Machine, database: Scratch) -> Iterator[Passed]:
    script = Script(dump, Span(0, len(dump.sql)), Direction.UP, TransactionMode.SCRIPT)
    trace: Trace = run(script, Start(machine.dialect.schema), machine, dump.path)
    refused = database.advance(statements(trace))
    places = tuple(NotAnalysed(r.sent.path, r.sent.line, r.sent.line, f"refused: {r}") for r in refused)
    yield Passed(Migration(dump.path, script), places)
