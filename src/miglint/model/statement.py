"""One SQL statement with what it does."""

from typing import NamedTuple

from miglint.model.effects import Effects
from miglint.model.operations.parts import Operation
from miglint.model.source import InFile, Source, Span


class Statement(NamedTuple):
    """One statement of a script; `span` covers its text without the semicolon."""

    source: Source
    span: Span
    operations: tuple[Operation, ...]

    @property
    def text(self) -> str:
        """The statement's own text, as people know it."""
        return self.source.shown(self.span)

    @property
    def place(self) -> InFile:
        """Where it stands in a file."""
        return self.source.place(self.span)


class Step(NamedTuple):
    """A statement after it ran in the simulation: what `miglint plan` prints.

    `transaction` is shared by the statements that commit together, None where each commits alone;
    `effects` covers only relations that existed before the migration, and were not made by one that is
    deployed with it; `listed` covers the latter as well.
    """

    statement: Statement
    migration: str
    direction: str
    transaction: int | None
    effects: Effects
    listed: Effects
    risk: str
    lock_timeout: bool
