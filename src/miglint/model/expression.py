"""What is known of an expression: its text, and the facts that rules and effects need."""

import re
from typing import NamedTuple

_VALUE = re.compile(r"\bvalue\b", re.IGNORECASE)


class Expression(NamedTuple):
    """An SQL expression.

    `columns` it reads; `functions` it calls, as written, lower case, schema first if given;
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

    def of_column(self, column: str) -> str:
        """Give a domain's condition as one of a table: the column, as SQL, in the place of VALUE."""
        parts = self.text.split("'")
        outside = (_VALUE.sub(lambda _: column, part) if i % 2 == 0 else part for i, part in enumerate(parts))
        return "'".join(outside)


class Filter(NamedTuple):
    """The rows that an UPDATE or DELETE touches, as far as its text tells.

    `equals` are columns compared with one value or a list of values; `ranges` are columns
    bounded on both sides; `limited` says that a subquery with LIMIT picks the rows;
    `nulls` are columns tested with IS NULL; `joins` says that other relations decide (FROM, a subquery).
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
    reads: tuple[str, ...] = ()
