"""Why a way back is what it is: one reason with its place, and how bad it is."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from miglint.model import Name, Source, Span, Statement

Verdict = Literal["nothing to undo", "reversible", "conditional", "lossy", "not known", "irreversible"]
"""What becomes of schema and data after a migration and its way back.

nothing to undo: the migration leaves none of both another.
reversible: the schema is equal, and so are all values that were there before.
conditional: the same, but the way back fails once certain rows exist.
lossy: the schema is equal, and some of the data is gone for good.
not known: something is not analysed, or the history does not tell of it.
irreversible: the way back fails, or leaves another schema.
"""

_ORDER: tuple[Verdict, ...] = (
    "nothing to undo",
    "reversible",
    "conditional",
    "lossy",
    "not known",
    "irreversible",
)

Kind = Literal[
    "fails",
    "declared",
    "stays",
    "no inverse",
    "lost",
    "converted",
    "overwritten",
    "destroyed",
    "rows",
    "unread",
    "unknown",
]
"""What a reason is about: the way back fails, or says itself that there is none; a difference stays; nothing
undoes a statement; the way up drops data, or what is filled again need not be the same; a statement of either
way overwrites or deletes some; the way back drops what the way up had left alone; rows are in the way;
something is not read, or not known."""


class Reason(NamedTuple):
    """One reason, in words that make a clause.

    `statement` and `span` are where it stands, in the script of that `direction`; no statement where nothing
    stands for it. `query` counts the rows that are in the way, `sqlstate` is what the server says;
    `certain` is false for what depends on the rows, `table` is what it is about, `remedy` what to do instead,
    `subject` what has been lost, as SQL names it.
    """

    verdict: Verdict
    kind: Kind
    words: str
    statement: Statement | None = None
    span: Span = Span(0, 0)
    direction: str = "down"
    query: str = ""
    sqlstate: str = ""
    certain: bool = True
    table: Name | None = None
    remedy: str = ""
    subject: str = ""

    @property
    def weight(self) -> int:
        """How bad it is; the greatest decides the verdict."""
        return _ORDER.index(self.verdict)

    @property
    def place(self) -> tuple[Source, Span] | None:
        """The file that people edit, and the place in it."""
        if self.statement is None:
            return None
        file, span = self.statement.source.place(self.span)
        return file, span


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Give the verdict that counts: the worst; reversible if nothing speaks against it."""
    return max(verdicts, key=_ORDER.index, default="reversible")
