"""One migration there and back: up, rows for what is new, down, up again, and what is not as it was."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import psycopg

from miglint.verify import rows
from miglint.verify.contents import Contents, contents, lost
from miglint.verify.sending import Refusal, Send, Sent, committing, in_one_transaction
from miglint.verify.server import Connection
from miglint.verify.snapshot import snapshot

Part = Literal["", "up", "down", "up again"]
"""Where a trip ended, "" at its end."""

_SETTLE = """
SET CONSTRAINTS ALL IMMEDIATE; RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; DISCARD TEMP
"""
_MOMENT = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3,}[^']*'")
"""What becomes of 'now' in a default or a view: the server writes down the moment."""
_EMPTY = """
SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ')
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.oid >= 16384 AND n.nspname !~ '^pg_'
"""


class How(NamedTuple):
    """How a trip is made: with tables that hold nothing, and whether catalog and rows are looked at."""

    empty: bool = False
    look: bool = True


class Trip(NamedTuple):
    """What a trip has shown; snapshots and contents are empty where it did not come so far.

    `ended`: the part in which a statement was refused, with `refusal`; what comes before it is known.
    """

    ended: Part = ""
    refusal: Refusal | None = None
    before: Mapping[str, str] = {}
    between: Mapping[str, str] = {}
    after: Mapping[str, str] = {}
    again: Mapping[str, str] = {}
    had: Contents = {}
    has: Contents = {}

    @property
    def came_back(self) -> bool:
        """Whether the way back ran."""
        return self.ended not in ("up", "down")

    @property
    def changed(self) -> tuple[str, ...]:
        """The objects that are not as before the way there."""
        return different(self.before, self.after)

    @property
    def changed_again(self) -> tuple[str, ...]:
        """The objects that are another the second time that the way there was taken."""
        return () if self.ended else different(self.between, self.again)

    @property
    def lost(self) -> tuple[str, ...]:
        """What rows and values are gone, in words."""
        return lost(self.had, self.has)


def different(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Give the objects that are another in two snapshots; blanks and the moment of creation do not count."""
    changed = (name for name in {*before, *after} if before.get(name) != after.get(name))
    return tuple(sorted(name for name in changed if _told(before.get(name)) != _told(after.get(name))))


def _told(facts: str | None) -> str | None:
    return None if facts is None else _MOMENT.sub("now", " ".join(facts.split()))


def in_transaction(
    connection: Connection, up: Sequence[Sent], down: Sequence[Sent], filled: rows.Filled, how: How
) -> Trip:
    """Make a trip in one transaction, which is rolled back; some errors are only this transaction's."""
    connection.execute("BEGIN")
    try:
        return _trip(connection, up, down, filled, in_one_transaction, how)
    finally:
        connection.rollback()


def committed(
    connection: Connection, up: Sequence[Sent], down: Sequence[Sent], filled: rows.Filled, how: How
) -> Trip:
    """Make a trip as the tool makes it, in a database that nobody needs afterwards."""
    return _trip(connection, up, down, filled, committing, how)


def _trip(
    connection: Connection,
    up: Sequence[Sent],
    down: Sequence[Sent],
    filled: rows.Filled,
    send: Send,
    how: How,
) -> Trip:
    if how.empty:
        _empty(connection)
    look, read = (snapshot, contents) if how.look else (_nothing, _nothing)
    trip = Trip(before=look(connection), had=read(connection))
    if refusal := send(connection, up) or _settled(connection, up):
        return trip._replace(ended="up", refusal=refusal)
    trip = trip._replace(between=look(connection))
    if not how.empty:
        rows.fill(connection, filled)
    if refusal := send(connection, down) or _settled(connection, down):
        return trip._replace(ended="down", refusal=refusal)
    trip = trip._replace(after=look(connection), has=read(connection))
    if refusal := send(connection, up) or _settled(connection, up):
        return trip._replace(ended="up again", refusal=refusal)
    return trip._replace(again=look(connection))


def _nothing(_connection: Connection) -> Mapping[str, Any]:
    return {}


def _settled(connection: Connection, sent: Sequence[Sent]) -> Refusal | None:
    """Begin a fresh session, as far as that goes; deferred constraints may refuse."""
    if not sent:
        return None
    try:
        connection.execute(_SETTLE)
    except psycopg.Error as error:
        return Refusal(error.sqlstate or "", error.diag.message_primary or str(error), sent[-1])
    return None


def _empty(connection: Connection) -> None:
    row = connection.execute(_EMPTY).fetchone()
    if row and row[0]:
        connection.execute("SET session_replication_role = replica")
        connection.execute(f"TRUNCATE {row[0]}")
        connection.execute("RESET session_replication_role")
