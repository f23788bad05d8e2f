"""A declared table beside the one that is there; how a difference is worded, and where it is reported."""

from collections.abc import Hashable, Iterator, Mapping
from typing import NamedTuple

from miglint.model import Column, Name, Source, Span, Table, quote
from miglint.model.declared import Declared, DeclaredColumn, DeclaredTable, Drift, DriftKind
from miglint.model.remedy import Do, Given, Outside, RemedyStep, Say

Drifts = Iterator[Drift]

_MAX_SHOWN = 60

# How a project can make the two sides agree.
AGREE = "Write that migration now, or change the schema file to match the migrations."
WRITE_OR_UNDECLARE = "Write that migration now, or remove the declaration."
DECLARE_OR_DROP = "Declare it to keep it, or drop it in a migration of its own."
RENAME = "Rename it in a migration of its own, or declare its current name."


class Place(NamedTuple):
    """Where the differences of one object are reported, and the command that would remove them."""

    source: Source
    span: Span
    command: str
    table: Name | None = None

    def difference(
        self,
        kind: DriftKind,
        message: str,
        steps: RemedyStep | tuple[RemedyStep, ...],
        object_: str,
        *,
        agree: str,
        alike: Hashable = (),
        span: Span | None = None,
    ) -> Drift:
        """Make a difference; `steps` are what the tool would do about it, `agree` the way out.

        `alike` is what it has in common with others of its kind that one thing has caused.
        """
        return Drift(
            kind=kind,
            message=" ".join(message.split()).rstrip("."),
            steps=(steps,) if isinstance(steps, Do | Given | Say | Outside) else steps,
            command=self.command,
            agree=agree,
            source=self.source,
            span=self.span if span is None else span,
            table=self.table,
            object=object_,
            cause=f"{kind.value}: {alike}",
        )


class Pair(NamedTuple):
    """A table that is declared and there, with the columns of either side by name."""

    declared: DeclaredTable
    table: Table
    place: Place
    declared_columns: Mapping[str, DeclaredColumn]
    columns: Mapping[str, Column]

    def has(self, names: tuple[str, ...]) -> bool:
        """Whether the table has all these columns."""
        return all(name in self.columns for name in names)

    def declares(self, names: tuple[str, ...]) -> bool:
        """Whether all these columns are declared."""
        return all(name in self.declared_columns for name in names)

    def altered(self, action: str) -> Given:
        """Give an ALTER TABLE of the table in the words of the tool."""
        return Given(f"ALTER TABLE {self.table.name.sql} {action};")


def pair_of(declaration: DeclaredTable, table: Table, declared: Declared) -> Pair:
    """Put a declaration and its table side by side."""
    return Pair(
        declared=declaration,
        table=table,
        place=Place(declaration.source, declaration.span, declared.command, declaration.name),
        declared_columns={column.name: column for column in declaration.columns},
        columns={column.name: column for column in table.columns},
    )


def shown(text: str) -> str:
    """Quote a piece of code in a message: on one line, and not too long."""
    line = " ".join(text.split())
    return f"`{line if len(line) <= _MAX_SHOWN else line[: _MAX_SHOWN - 3] + '...'}`"


def listed(columns: tuple[str, ...]) -> str:
    """Write a list of columns for people."""
    return f"({', '.join(columns)})"


def quoted_list(columns: tuple[str, ...]) -> str:
    """Write a list of columns as SQL."""
    return listed(tuple(quote(column) for column in columns))
