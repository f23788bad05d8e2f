"""What is known of an expression: its text, and the facts that rules and effects need."""

import re
from typing import NamedTuple

from miglint.model.names import quote


class ColumnPlace(NamedTuple):
    """Where an expression's text names a column: the last part of the name, quotes included."""

    column: str
    start: int
    end: int


class Expression(NamedTuple):
    """An SQL expression.

    `columns` it reads, and the `places` in its text where they stand;
    `functions` it calls, as written, lower case, schema first if given;
    `proves_not_null` are the columns that cannot be null where the expression is true;
    `casts` are the user-defined or built-in type names it casts to, as written.
    """

    text: str
    columns: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    is_null: bool = False
    proves_not_null: tuple[str, ...] = ()
    casts: tuple[str, ...] = ()
    has_subquery: bool = False
    places: tuple[ColumnPlace, ...] = ()

    @property
    def decides(self) -> bool:
        """Whether it makes a new value out of the old one, by a function or by CASE."""
        return self.has_subquery or bool(self.functions or re.search(r"(?i)\bcase\b", self.text))

    def with_column_renamed(self, old: str, new: str) -> "Expression":
        """Give the expression as it reads after a column that it names was renamed."""
        if old not in self.columns:
            return self
        written, at, shift = quote(new), 0, 0
        parts: list[str] = []
        places: list[ColumnPlace] = []
        for column, start, end in self.places:
            if column == old:
                parts += [self.text[at:start], written]
                at = end
                places.append(ColumnPlace(new, start + shift, start + shift + len(written)))
                shift += len(written) - (end - start)
            else:
                places.append(ColumnPlace(column, start + shift, end + shift))
        return self._replace(
            text="".join((*parts, self.text[at:])),
            columns=tuple(new if column == old else column for column in self.columns),
            proves_not_null=tuple(new if column == old else column for column in self.proves_not_null),
            places=tuple(places),
        )

    def of_column(self, column: str) -> str:
        """Give a domain's condition as one of a table: the column, as SQL, in the place of VALUE."""
        parts = self.text.split("'")
        outside = (
            part if i % 2 else re.sub(r"(?i)\bvalue\b", lambda _: column, part)
            for i, part in enumerate(parts)
        )
        return "'".join(outside)


class Filter(NamedTuple):
    """The rows that an UPDATE or DELETE touches, as far as its text tells.

    `equals` are columns compared with one value or a list of values; `ranges` are columns
    bounded on both sides; `limited` says that a subquery with LIMIT picks the rows;
    `nulls` are columns tested with IS NULL; `joins` says that other relations decide (FROM, a subquery).
    `alternatives` are the branches of each OR that the other conditions are joined to by AND.
    """

    absent: bool = False
    tautology: bool = False
    contradiction: bool = False
    equals: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    limited: bool = False
    joins: bool = False
    columns: tuple[str, ...] = ()
    alternatives: "tuple[tuple[Filter, ...], ...]" = ()

    @property
    def only_of_nulls(self) -> bool:
        """Whether it tests nothing but that columns are NULL, all of them."""
        return (
            bool(self.nulls)
            and set(self.nulls) == set(self.columns)
            and not (self.alternatives or self.joins)
        )
