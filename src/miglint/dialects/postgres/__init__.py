"""PostgreSQL, through its own parser."""

from miglint.dialects.dialect import Dialect
from miglint.dialects.postgres.effects import effects_of
from miglint.dialects.postgres.effects.situation import Situation
from miglint.dialects.postgres.literals import literal
from miglint.dialects.postgres.lowering import lower_statement
from miglint.dialects.postgres.parser import RawStatement, statements
from miglint.dialects.postgres.settings import session_ways
from miglint.dialects.postgres.sizes import SIZES_QUERY
from miglint.dialects.sql.replay import apply
from miglint.dialects.sql.replay.naming import postgres_naming
from miglint.dialects.sql.session import Session
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
    Version,
    quote,
)
from miglint.text.sql import POSTGRES
from miglint.text.tokens import words


def _effects(
    operation: Operation,
    schema: Schema,
    session: Session,
    version: Version,
    together: tuple[Operation, ...],
) -> Effects:
    return effects_of(operation, Situation(schema, session, version[0], together))


def _newer(raw: RawStatement, source: Source, schema: Schema, server: Server) -> tuple[Failure, ...]:
    from miglint.dialects.postgres.newer import newer

    return newer(raw, source, schema, server)


def _apply(operation: Operation, schema: Schema) -> Schema:
    return apply(operation, schema, postgres_naming)


def _span(raw: RawStatement) -> Span:
    return raw.span


def _normalise(text: str) -> tuple[str, ...]:
    """Give the parts of a text that the server tells apart: not comments, blanks and the case of words.

    What is quoted stays as it is written.
    """
    return words(text)


def _alike(one: object, other: object) -> bool | None:
    from miglint.dialects.postgres.spelling import alike

    return alike(one, other)


def _names_in(function: Function, schema: Schema, search_path: tuple[str, ...]) -> BodyNames | None:
    from miglint.dialects.postgres.bodies import names_in

    return names_in(function, schema, search_path)


def _write(*operations: Operation, qualified: bool = False) -> str:
    from miglint.dialects.postgres.writing import write

    return write(*operations, qualified=qualified)


dialect = Dialect(
    name="postgres",
    parse=statements,
    span=_span,
    lower=lower_statement,
    effects=_effects,
    session=session_ways,
    schema=Schema(home="public", schemas=frozenset({"public"})),
    # The oldest that its makers still support.
    assumed_version=(14,),
    newer=_newer,
    apply=_apply,
    lexis=POSTGRES,
    normalise=_normalise,
    write=_write,
    quote=quote,
    literal=literal,
    alike=_alike,
    names_in=_names_in,
    sizes_query=SIZES_QUERY,
)
