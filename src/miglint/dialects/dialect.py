"""What the engine needs of a database: a parser, an effects model, automatic names."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

from miglint.model import Effects, Operation, Schema, Source, Span, Statement
from miglint.replay.naming import Naming
from miglint.session import Session


class Parse(Protocol):
    """A parser; `psql`: the text goes through psql, which keeps its own commands to itself."""

    def __call__(self, text: str, shift: int, /, *, psql: bool) -> Iterator[Any]:
        """Give the raw statements of a text that begins at `shift` in its source."""
        ...


class Dialect(NamedTuple):
    """A database.

    `parse` cuts a script's text (and where it begins in its source) into raw statements;
    `span` gives a raw statement's place; `lower` turns it into operations, with the names resolved on
    the schema and the search path as they are at that moment;
    `effects` says what the server of a major version does for an operation;
    `normalise` gives the parts of a text that make a difference to the server.
    """

    name: str
    parse: Parse
    span: Callable[[Any], Span]
    lower: Callable[[Any, Source, Schema, tuple[str, ...]], Statement]
    effects: Callable[[Operation, Schema, Session, int], Effects]
    naming: Naming
    normalise: Callable[[str], tuple[str, ...]]
