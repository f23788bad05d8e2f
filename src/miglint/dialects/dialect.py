"""The whole contract of a database: all that the engine asks one for.

A database is a folder here whose `__init__` defines `dialect = Dialect(...)`. No rule, no report and neither
the walk nor the session knows which databases there are.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

from miglint.dialects.sql.session import Session, SessionWays
from miglint.model import (
    BodyNames,
    Effects,
    Failure,
    Function,
    Operation,
    Schema,
    Server,
    Source,
    Span,
    Statement,
    Version,
)
from miglint.text.sql import Lexis


class Parse(Protocol):
    """A parser; `psql`: the text goes through psql, which keeps its own commands to itself."""

    def __call__(self, text: str, shift: int, /, *, psql: bool) -> Iterator[Any]:
        """Give the raw statements of a text that begins at `shift` in its source."""
        ...


class Write(Protocol):
    """A writer; `qualified`: names stand with their schema, whatever the search path is then."""

    def __call__(self, *operations: Operation, qualified: bool = False) -> str:
        """Write a statement, without a semicolon; raise NotSpelled for what does not hold all of it."""
        ...


class Dialect(NamedTuple):
    """A database.

    `parse` cuts a script's text (and where it begins in its source) into raw statements, which only the
    dialect looks into: `span` gives the place of one, and `lower` turns it into operations, with names
    folded, and resolved on the schema and the search path as they are at that moment. Text that the server
    refuses becomes `Unparsed`, what nobody asks about `Opaque`; nothing is passed over.
    `effects` says what the server of a version does for an operation on a schema, in a session: which locks
    it takes, what it reads, rewrites, loses and refuses. Lock modes are the dialect's own values. The last
    argument are all operations of the statement: what one DROP names goes together.
    `newer` gives why a server, whose version somebody has said, does not know a raw statement at all.
    `apply` gives the schema after an operation, with the names that the server makes up: what databases share
    of it is in `miglint.dialects.sql.replay`.
    `lexis` says what are comments, strings and quoted names: suppressions are looked for by it.
    `normalise` gives the parts of a text that make a difference to the server: fingerprints are made of it.
    `write` spells operations as SQL: several are the actions of one ALTER TABLE. What it writes means the
    same when it is read again. `quote` writes an identifier, `literal` a string constant.
    `alike` says whether the server keeps two expressions, views or functions alike, None where that cannot be
    told.
    `session` says which settings a connection begins with, what SET makes of them, and whose tables no other
    session waits for.
    `schema` is what a new database holds. Its `home` is the schema that statements need not name: `""` where
    it has no name that they could write.
    `names_in` gives what the body of a function, which the server keeps as text, names for certain in a
    schema, by a search path; None where that cannot be told.
    `assumed_version` is the oldest that a project may run on, where it does not say which it has.
    `sizes_query` asks a server how large its tables are, and gives one text: a file of sizes.
    """

    name: str
    parse: Parse
    span: Callable[[Any], Span]
    lower: Callable[[Any, Source, Schema, tuple[str, ...]], Statement]
    effects: Callable[[Operation, Schema, Session, Version, tuple[Operation, ...]], Effects]
    apply: Callable[[Operation, Schema], Schema]
    lexis: Lexis
    normalise: Callable[[str], tuple[str, ...]]
    write: Write
    quote: Callable[[str], str]
    literal: Callable[[str], str]
    alike: Callable[[object, object], bool | None]
    session: SessionWays
    schema: Schema
    assumed_version: Version
    newer: Callable[[Any, Source, Schema, Server], tuple[Failure, ...]] = lambda *_: ()
    names_in: Callable[[Function, Schema, tuple[str, ...]], BodyNames | None] = lambda *_: None
    sizes_query: str = ""

    def begun_in(self, home: str) -> "Dialect":
        """Give the dialect for sessions that begin in a schema that is there; "" for the usual one."""
        if not home:
            return self
        settings, schema = self.session.settings, self.schema
        path = (home, *(name for name in settings.search_path if name != home))
        return self._replace(
            session=self.session._replace(settings=settings._replace(search_path=path)),
            schema=schema._replace(home=home, schemas=schema.schemas | {home}),
        )
