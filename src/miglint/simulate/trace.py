"""What a walk leaves behind: per operation, per script, per migration."""

from typing import NamedTuple

from miglint.dialects.sql.session import NO_SESSION, Session
from miglint.errors import Crash
from miglint.model import (
    BlockStatement,
    Effects,
    Migration,
    NotAnalysed,
    Operation,
    Schema,
    Script,
    Statement,
    Step,
)


class Record(NamedTuple):
    """One operation after it ran in the simulation.

    `schema` and `session` are as the operation found them, `after` is the next schema;
    `effects` are the operation's own; `block` is the PL/pgSQL statement that it stands in, if any.
    `number` counts the statements of the script.
    """

    operation: Operation
    statement: Statement
    number: int
    schema: Schema
    session: Session
    effects: Effects
    after: Schema
    block: BlockStatement | None = None


class Trace(NamedTuple):
    """A script after it ran, up or down alike.

    `schema` and `session` are what it leaves; `steps` are its statements. `not_analysed` leaves out what no
    parser accepts: that is in `records`. `cut_off`: a part was not looked at because a limit was reached.
    """

    script: Script
    records: tuple[Record, ...]
    steps: tuple[Step, ...]
    schema: Schema
    session: Session
    not_analysed: tuple[NotAnalysed, ...] = ()
    crashes: tuple[Crash, ...] = ()
    cut_off: bool = False


class Start(NamedTuple):
    """What a script begins with: the schema, and the session that ran before it.

    `release` is the last session that is deployed together with it; `same_day`: it was written on the day of
    what ran before it.
    """

    schema: Schema = Schema()
    session: Session = NO_SESSION
    release: Session | None = None
    same_day: bool = False


class Ran(NamedTuple):
    """A migration after its scripts ran: the way back from the schema that the way up leaves.

    `skipped`: the tool would not run it, since what it brings is there.
    """

    migration: Migration
    start: Start
    up: Trace | None = None
    down: Trace | None = None
    skipped: bool = False

    @property
    def traces(self) -> tuple[Trace, ...]:
        """Those of its scripts that ran, up before down."""
        return tuple(trace for trace in (self.up, self.down) if trace is not None)
