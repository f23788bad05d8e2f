"""What concerns the session, its transaction, or the server as a whole."""

from typing import NamedTuple

from miglint.model.names import Name
from miglint.model.operations.parts import Deed, Setting
from miglint.model.source import Span


class SetVariable(NamedTuple):
    """`SET`, `RESET`, `set_config()`; `value` is None for a reset, and `name` is "all" for RESET ALL."""

    span: Span
    name: str
    value: str | None
    local: bool = False


class SetForTransaction(NamedTuple):
    """What holds until the transaction ends: `command` is SET CONSTRAINTS or SET TRANSACTION."""

    span: Span
    command: str


class Begin(NamedTuple):
    span: Span


class Commit(NamedTuple):
    """`COMMIT` and `END`; `chain` says that the next transaction begins at once (AND CHAIN)."""

    span: Span
    chain: bool = False


class Rollback(NamedTuple):
    """`ROLLBACK` and `ABORT`."""

    span: Span
    chain: bool = False


class Savepoint(NamedTuple):
    """A part of a transaction: `action` is savepoint, release or rollback_to.

    Also prepare, commit_prepared and rollback_prepared, of two-phase commit.
    """

    span: Span
    action: str
    name: str = ""


class Maintenance(NamedTuple):
    """`VACUUM`, `ANALYZE`, `CLUSTER`; `full` for VACUUM FULL, `ordered_by` is the index of CLUSTER."""

    span: Span
    command: str
    tables: tuple[Name, ...] = ()
    full: bool = False
    ordered_by: str = ""


class ServerCommand(NamedTuple):
    """A command on the server that refuses to run in a transaction: CREATE DATABASE, ALTER SYSTEM, ..."""

    span: Span
    command: str


class Opaque(NamedTuple):
    """Parsed, and nothing needs its shape; `kind` is the parser's name of the statement."""

    span: Span
    kind: str
    sets: tuple[Setting, ...] = ()
    deeds: tuple[Deed, ...] = ()


class Unparsed(NamedTuple):
    """The parser refused it; `reason` in its words. `at` is where it stopped, if it told.

    `refused` is false for what the server may well accept, and what only cannot be analysed here;
    `lost`: it should have been a part of some statement, and is of none;
    `creates` are the tables that it seems to make, `drops` the words among which are the names of what it may
    drop or rename.
    """

    span: Span
    reason: str
    at: int | None = None
    refused: bool = True
    lost: bool = False
    creates: tuple[Name, ...] = ()
    drops: frozenset[str] = frozenset()
