"""Sending the statements of a script to a server: in one transaction, or committed as the tool does it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import psycopg

from miglint.model import Begin, Commit, Rollback, Savepoint
from miglint.simulate import Trace
from miglint.verify.server import Connection

Place = tuple[str, int]
"""A file and a line in it."""


class Sent(NamedTuple):
    """A statement as it is sent; `transaction` is shared by those that commit together, None where alone.

    `is_frame`: it is a BEGIN or a COMMIT, for which `transaction` speaks; `is_partial`: it rolls back, or
    sets a savepoint.
    """

    text: str
    path: str
    line: int
    transaction: int | None
    is_frame: bool = False
    is_partial: bool = False

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.path, self.line

    @property
    def is_refused(self) -> bool:
        """Whether it is not run: it reaches out of the database, or needs data that only psql has."""
        return bool(_OUTSIDE.match(_without_comments(self.text)))


class Refusal(NamedTuple):
    """What the server said to a statement, or to the COMMIT after it, and of which table and column."""

    sqlstate: str
    message: str
    sent: Sent
    table: str = ""
    column: str = ""

    @property
    def is_about_rows(self) -> bool:
        """Whether other rows could make it succeed."""
        return self.sqlstate.startswith(("22", "23", "P0", "21000"))

    def __str__(self) -> str:
        return f"{self.sent.path}:{self.sent.line}: {self.sqlstate} {self.message}"


_OUTSIDE = re.compile(
    r"(?:CREATE|ALTER|DROP)\s+(?:DATABASE|SYSTEM|TABLESPACE|SUBSCRIPTION)\b|LOAD\b"
    r"|COPY\b.*\b(?:FROM|TO)\s+(?:PROGRAM\b|STDIN\b|STDOUT\b|'|E')",
    re.I | re.S,
)
_COMMENTS = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.S)

Send = Callable[[Connection, Sequence[Sent]], Refusal | None]
"""Sends statements until one is refused."""


def statements(trace: Trace | None) -> tuple[Sent, ...]:
    """Give the statements of a script as the simulation has cut it."""
    return tuple(_statements(trace)) if trace is not None else ()


def _statements(trace: Trace) -> Iterator[Sent]:
    for step in trace.steps:
        statement = step.statement
        file, span = statement.place
        kinds = {type(operation) for operation in statement.operations}
        yield Sent(
            statement.source.sql[statement.span.start : statement.span.end],
            file.path,
            file.position(span.start).line,
            step.transaction,
            bool(kinds & {Begin, Commit}),
            bool(kinds & {Rollback, Savepoint}),
        )


def in_one_transaction(connection: Connection, sent: Sequence[Sent]) -> Refusal | None:
    """Send statements in the transaction that is open."""
    return next(filter(None, (_refusal(connection, each) for each in sent if not each.is_frame)), None)


def committing(connection: Connection, sent: Sequence[Sent]) -> Refusal | None:
    """Send statements and commit them as the tool does."""
    for transaction, group in groupby(sent, key=lambda each: each.transaction):
        members = [each for each in group if not each.is_frame]
        if transaction is None or not members:
            refusal = in_one_transaction(connection, members)
        else:
            connection.execute("BEGIN")
            refusal = in_one_transaction(connection, members) or _refusal(
                connection, members[-1]._replace(text="COMMIT")
            )
            connection.rollback()
        if refusal is not None:
            return refusal
    return None


def one_by_one(connection: Connection, sent: Sequence[Sent]) -> Iterator[Refusal]:
    """Send and commit all statements, and pass over those that are refused."""
    for transaction, group in groupby(sent, key=lambda each: each.transaction):
        members = [each for each in group if not each.is_frame]
        refusals = []
        if transaction is not None:
            connection.execute("BEGIN")
        for each in members:
            if transaction is not None and not each.is_partial:
                connection.execute("SAVEPOINT miglint_verify")
            if refusal := _refusal(connection, each):
                refusals.append(refusal)
                if transaction is not None and not each.is_partial:
                    connection.execute("ROLLBACK TO SAVEPOINT miglint_verify")
        end = members[-1]._replace(text="COMMIT") if transaction is not None and members else None
        if end is not None and (refusal := _refusal(connection, end)):
            refusals.append(refusal)
        connection.rollback()
        yield from refusals


def changed(sent: Sequence[Sent], texts: Mapping[Place, str], alone: frozenset[Place]) -> tuple[Sent, ...]:
    """Give statements with other texts at some places, and without a transaction at some."""
    return tuple(
        each._replace(
            text=texts.get(each.place, each.text),
            transaction=None if each.place in alone else each.transaction,
        )
        for each in sent
    )


def _refusal(connection: Connection, sent: Sent) -> Refusal | None:
    try:
        connection.execute(sent.text, prepare=False)
    except psycopg.Error as error:
        said = error.diag
        table = f'"{said.schema_name}"."{said.table_name}"' if said.table_name and said.schema_name else ""
        message = said.message_primary or str(error)
        return Refusal(error.sqlstate or "", message, sent, table, said.column_name or "")
    return None


def _without_comments(text: str) -> str:
    begin = _COMMENTS.match(text)
    return text[begin.end() :] if begin else text
