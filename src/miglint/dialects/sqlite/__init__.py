"""SQLite, and what speaks its SQL (libSQL, Cloudflare's D1), through a reader of its own."""

from miglint.dialects.dialect import Dialect
from miglint.dialects.sql.session import Session
from miglint.dialects.sqlite.effects import Situation, effects_of
from miglint.dialects.sqlite.lowering import lower_statement
from miglint.dialects.sqlite.parser import LEXIS, RawStatement, statements
from miglint.dialects.sqlite.reader import HOME
from miglint.dialects.sqlite.replay import apply
from miglint.dialects.sqlite.settings import session_ways
from miglint.dialects.sqlite.writing import literal, quote, write
from miglint.model import Effects, Expression, Operation, Schema, Span, Version
from miglint.text.tokens import tokens


def _effects(
    operation: Operation, schema: Schema, session: Session, version: Version, _: tuple[Operation, ...]
) -> Effects:
    return effects_of(operation, Situation(schema, session, version))


def _span(raw: RawStatement) -> Span:
    return raw.span


def _normalise(text: str) -> tuple[str, ...]:
    return tuple(token.text for token in tokens(text, lexis=LEXIS))


def _alike(one: object, other: object) -> bool | None:
    """Compare expressions by their tokens: the server keeps the text of a definition as it is written."""
    if isinstance(one, Expression) and isinstance(other, Expression):
        return _normalise(one.text) == _normalise(other.text)
    return None


dialect = Dialect(
    name="sqlite",
    parse=statements,
    span=_span,
    lower=lower_statement,
    effects=_effects,
    apply=apply,
    lexis=LEXIS,
    normalise=_normalise,
    write=write,
    quote=quote,
    literal=literal,
    alike=_alike,
    session=session_ways,
    schema=Schema(home=HOME, schemas=frozenset({HOME})),
    # Of 2021, with DROP COLUMN: what systems and drivers in use bring is newer.
    assumed_version=(3, 35),
)
