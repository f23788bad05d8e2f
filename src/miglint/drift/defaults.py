"""Defaults of columns as a schema engine sees them: which kind, and whether two are the same.

The kinds and their comparison are those of prisma-engines: sql-schema-describer/src/postgres/default.rs
reads what the server prints, sql_schema_differ/column.rs compares. What the server would print is not known
here, so two expressions differ only where no way of writing one gives the other.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from miglint.drift.types import ActualType, Family
from miglint.model import Column, Expression
from miglint.model.declared import Default, DefaultKind

_TOKEN = re.compile(
    r"""(?:\s+|--[^\n]*|/\*(?s:.*?)(?:\*/|\Z))*
        (?:(?P<string>'(?:[^']|'')*'?)
          |(?P<escaped>[eE]'(?:[^'\\]|\\.|'')*'?)
          |(?P<name>"(?:[^"]|"")*"?)
          |(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
          |(?P<word>[^\W\d][\w$]*)
          |(?P<mark>::|[-+()\[\],.])
          |(?P<end>\Z)
          |(?P<other>.))""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)|''", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_NUMBER = re.compile(r"([-+]?)(\d*)(?:\.(\d*))?\Z")
_ARRAY_ITEM = re.compile(r'(?:\s*"((?:[^"\\]|\\.)*)"\s*|([^",{}\\]*))(,|\Z)', re.DOTALL)
_TRUE = frozenset(("t", "true", "y", "yes", "on", "1"))
_FALSE = frozenset(("f", "false", "n", "no", "off", "0"))
_MAX_DEPTH = 20

# The engine compares no moments, and takes a declared one for whatever the database has.
_NOT_COMPARED_MOMENTS = {
    (DefaultKind.VALUE, DefaultKind.NOW),
    (DefaultKind.VALUE, DefaultKind.VALUE),
    (DefaultKind.VALUE, DefaultKind.LIST),
    (DefaultKind.VALUE, DefaultKind.EXPRESSION),
    (DefaultKind.LIST, DefaultKind.EXPRESSION),
    (DefaultKind.EXPRESSION, DefaultKind.LIST),
}


class _Token(NamedTuple):
    kind: str
    text: str


class _Unknown(Exception):
    """The text is no constant."""


def default_of(column: Column, actual: ActualType) -> Default:
    """Give the default that a column has in the database."""
    if column.identity:
        return Default(DefaultKind.SEQUENCE, written=f"generated {column.identity} as identity")
    if column.default is None:
        return Default()
    default = _read(column.default, actual.family, array=actual.type.array)
    if actual.values and not {default.text, *default.items} <= {"", *actual.values}:
        # A renamed value: the server's default has the new name.
        default = Default(DefaultKind.ANY)
    return default._replace(written=column.default.text)


def _read(expression: Expression, family: Family, *, array: bool) -> Default:
    text = expression.text
    other = Default(DefaultKind.EXPRESSION, text)
    tokens = _tokens(text)
    if family is Family.INTEGER and not array and _calls_nextval(tokens):
        return Default(DefaultKind.SEQUENCE)
    if not array and _calls_now(tokens):
        return Default(DefaultKind.NOW) if family is Family.TIME else other
    if family is Family.OTHER and not array:
        return other
    try:
        value, at = _constant(tokens, 0, 0)
    except _Unknown:
        return other
    if tokens[at].kind != "end":
        return other
    if not array:
        return Default(DefaultKind.VALUE, value) if isinstance(value, str) else other
    items = _array_items(value) if isinstance(value, str) else value
    return other if items is None else Default(DefaultKind.LIST, items=tuple(items))


# --- comparison -----------------------------------------------------------------------------------


def same_default(declared: Default, actual: Default, family: Family) -> bool:
    """Say whether the two count as the same on a column of that family of types."""
    kinds = (declared.kind, actual.kind)
    if DefaultKind.ANY in kinds:
        return True
    if DefaultKind.SEQUENCE in kinds:
        return declared.kind is actual.kind
    if family is Family.TIME and kinds in _NOT_COMPARED_MOMENTS:
        return True
    if declared.kind is not actual.kind:
        return False
    if declared.kind is DefaultKind.VALUE:
        return _same_value(declared.text, actual.text, family)
    if declared.kind is DefaultKind.LIST:
        pairs = zip(declared.items, actual.items, strict=False)
        same_length = len(declared.items) == len(actual.items)
        return same_length and all(_same_value(one, other, family) for one, other in pairs)
    if declared.kind is DefaultKind.EXPRESSION:
        return same_expression(declared.text, actual.text)
    return True


def same_expression(one: str, other: str) -> bool:
    """Say whether two expressions may be the same one.

    Case, casts, parentheses and the schemas of functions are left aside: the server prints them its own
    way. Where operators or keywords come in, it may print something quite different, so nothing is known.
    """
    words, others = _essence(_tokens(one)), _essence(_tokens(other))
    return words is None or others is None or words == others


def _essence(tokens: Sequence[_Token]) -> list[str] | None:
    found: list[str] = []
    at = 0
    while tokens[at].kind != "end":
        kind, text = tokens[at]
        following = tokens[at + 1]
        if text == "::" or text.lower() == "as":
            at = _after_type(tokens, at + 1)
            continue
        if kind == "other" or text in ("+", "-"):
            return None
        if kind in ("word", "name") and following.kind == "mark" and following.text == ".":
            at += 2
            continue
        if kind == "word" and text.lower() not in ("cast", "array", "true", "false", "null"):
            if following.kind in ("word", "string", "escaped") and following.text.lower() != "as":
                return None
            found.append(text.lower())
        elif kind in ("string", "escaped"):
            found.append("'" + _unquoted(tokens[at]))
        elif kind in ("number", "name"):
            found.append(text.strip('"').lower())
        at += 1
    return found


def _same_value(declared: str, actual: str, family: Family) -> bool:
    if declared == actual or family is Family.TIME:
        return True
    if family in (Family.INTEGER, Family.NUMBER):
        return _number(declared) == _number(actual)
    if family is Family.BOOLEAN:
        return any(declared.lower() in words and actual.lower() in words for words in (_TRUE, _FALSE))
    if family is Family.JSON:
        return _same_json(declared, actual)
    if family is Family.BYTES:
        return _bytes(declared) == _bytes(actual)
    return False


def _number(text: str) -> tuple[str, str, str] | str:
    match = _NUMBER.match(text.strip()) or _NUMBER.match(_without_exponent(text))
    if match is None:
        return text
    sign, whole, fraction = match[1], match[2].lstrip("0"), (match[3] or "").rstrip("0")
    return ("-" if sign == "-" and (whole or fraction) else "", whole, fraction)


def _without_exponent(text: str) -> str:
    try:
        return format(float(text), "f")
    except ValueError:
        return text


def _same_json(one: str, other: str) -> bool:
    """Compare what two JSON texts mean; like the engine, take what is no JSON for equal."""
    import json

    try:
        return bool(json.loads(one) == json.loads(other))
    except (ValueError, RecursionError):
        return True


def _bytes(text: str) -> str:
    return text.lower() if text.startswith("\\x") else "\\x" + text.encode("utf-8", "replace").hex()


# --- reading --------------------------------------------------------------------------------------


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "end"
        found.append(_Token(kind, match[kind]))
        if kind == "end":
            break
    return found


def _calls_now(tokens: Sequence[_Token]) -> bool:
    """Whether this is `CURRENT_TIMESTAMP` or `now()`, cast or not; with a precision it is another thing."""
    first, last = 0, len(tokens) - 2
    while first < last and tokens[first].text == "(" and tokens[last].text == ")":
        first, last = first + 1, last - 1
    words = [token.text.lower() for token in tokens[first : last + 1]]
    if words[:2] == ["pg_catalog", "."]:
        words = words[2:]
    called = 1 if words[:1] == ["current_timestamp"] else 3 if words[:3] == ["now", "(", ")"] else 0
    return called > 0 and words[called : called + 1] in ([], ["::"])


def _calls_nextval(tokens: Sequence[_Token]) -> bool:
    """Whether this is nothing but the next value of a sequence."""
    words = [token.text.lower() for token in tokens]
    plain = all(t.kind != "other" and t.text not in ("+", "-") for t in tokens)
    return plain and words[:2] in (["nextval", "("], ["pg_catalog", "."])


def _constant(tokens: Sequence[_Token], at: int, depth: int) -> tuple["str | list[str]", int]:
    """Read a constant, with the casts that follow it; give it and the place after it."""
    if depth > _MAX_DEPTH:
        raise _Unknown
    kind, text = tokens[at]
    word = text.lower()
    value: str | list[str]
    if text == "(":
        value, at = _constant(tokens, at + 1, depth + 1)
        at = _after(tokens, at, ")")
    elif text in ("-", "+"):
        if tokens[at + 1].kind != "number":
            raise _Unknown
        value, at = ("-" if text == "-" else "") + tokens[at + 1].text, at + 2
    elif kind == "number":
        value, at = text, at + 1
    elif kind in ("string", "escaped"):
        value, at = _unquoted(tokens[at]), at + 1
    elif kind != "word":
        raise _Unknown
    elif word == "cast":
        value, at = _constant(tokens, _after(tokens, at + 1, "("), depth + 1)
        if tokens[at].text.lower() != "as":
            raise _Unknown
        at = _after(tokens, _after_type(tokens, at + 1), ")")
    elif word == "array":
        value, at = _array(tokens, _after(tokens, at + 1, "["), depth + 1)
    elif tokens[at + 1].kind == "string":
        value, at = _unquoted(tokens[at + 1]), at + 2
    elif word in ("true", "false"):
        value, at = word, at + 1
    else:
        raise _Unknown
    while tokens[at].text == "::":
        at = _after_type(tokens, at + 1)
    return value, at


def _array(tokens: Sequence[_Token], at: int, depth: int) -> tuple[list[str], int]:
    found: list[str] = []
    while tokens[at].text != "]":
        value, at = _constant(tokens, at, depth)
        if not isinstance(value, str):
            raise _Unknown
        found.append(value)
        if tokens[at].text == ",":
            at += 1
        elif tokens[at].text != "]":
            raise _Unknown
    return found, at + 1


def _after(tokens: Sequence[_Token], at: int, text: str) -> int:
    if tokens[at].text != text:
        raise _Unknown
    return at + 1


def _after_type(tokens: Sequence[_Token], at: int) -> int:
    """Give the place after a type's name: `character varying(10)[]`, `timestamp(3) with time zone`."""
    while tokens[at].kind in ("word", "name") or tokens[at].text in (".", "[", "]"):
        at += 1
    if tokens[at].text == "(":
        while tokens[at].kind != "end" and tokens[at].text != ")":
            at += 1
        if tokens[at].kind == "end":
            return at
        return _after_type(tokens, at + 1)
    return at


def _unquoted(token: _Token) -> str:
    if token.kind == "string":
        return token.text[1:].removesuffix("'").replace("''", "'")
    content = token.text[2:].removesuffix("'")
    return _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]) if m[1] else "'", content)


def _array_items(literal: str) -> list[str] | None:
    """Read a one-dimensional array literal, `{a,"b c"}`."""
    text = literal.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return None
    content = text[1:-1]
    if not content.strip():
        return []
    found: list[str] = []
    at = 0
    while True:
        match = _ARRAY_ITEM.match(content, at)
        if match is None:
            return None
        quoted, plain, separator = match.groups()
        found.append(plain.strip() if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL))
        if not separator:
            return found
        at = match.end()
