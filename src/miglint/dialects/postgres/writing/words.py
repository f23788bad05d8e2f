"""The smallest parts of SQL: identifiers, literals, types, expressions, and lists of them."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from miglint.dialects.postgres.literals import literal
from miglint.dialects.sql.words import NotSpelled, listed
from miglint.model import DEFAULT_SCHEMA, Expression, Name, Type, quote
from miglint.text.tokens import tokens

_UNSAID = (DEFAULT_SCHEMA, "")
_ONLY_IN_PARENTHESES = frozenset(
    "and at between collate ilike in is isnull like not notnull or overlaps similar".split()
)
"""What the grammar takes in an expression, and not in a DEFAULT without parentheses (`b_expr`)."""
_WORD = re.compile(r"[A-Za-z_][\w$]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_BLANK_PADDED = {"character": "bpchar", "bit": '"bit"'}
"""Types without a limit: under its usual name each has the limit 1."""


class Pen(NamedTuple):
    """How names are written; `qualified`: with their schema, whatever the search path is then."""

    qualified: bool = False

    def name(self, name: Name) -> str:
        """Write the name of an object."""
        if not name.schema or (name.schema in _UNSAID and not self.qualified):
            return quote(name.name)
        return f"{quote(name.schema)}.{quote(name.name)}"

    def type(self, type_: Type) -> str:
        """Write a type as the server prints it."""
        if type_.schema is None and not type_.modifiers and not type_.fields and type_.name in _BLANK_PADDED:
            return f"{_BLANK_PADDED[type_.name]}{'[]' if type_.array else ''}"
        if not self.qualified or type_.schema is None or type_.schema != DEFAULT_SCHEMA:
            return str(type_)
        return f"{quote(type_.schema)}.{type_}"


def columns(names: Iterable[str]) -> str:
    """Write columns in parentheses."""
    return f"({listed(map(quote, names))})"


def text_of(expression: Expression) -> str:
    """Give the text of an expression, which has to have one."""
    if not expression.text:
        raise NotSpelled("Expression", "its text is not known")
    return expression.text


def enclosed(expression: Expression) -> str:
    """Write an expression in parentheses."""
    return f"({text_of(expression)})"


def default(expression: Expression) -> str:
    """Write what stands after DEFAULT, in parentheses where the grammar wants them."""
    text = text_of(expression)
    depth = cases = 0
    for token in tokens(text):
        if token.kind == "mark":
            depth += (token.text in "([") - (token.text in ")]")
        elif depth == 0 and token.kind == "word":
            if not cases and token.text in _ONLY_IN_PARENTHESES:
                return f"({text})"
            cases += (token.text == "case") - (token.text == "end")
    return text


def key(expression: Expression) -> str:
    """Write an expression as the key of an index: only a call of a function needs no parentheses."""
    text = text_of(expression)
    found = list(tokens(text))
    depth = 0
    for place, token in enumerate(found):
        if token.kind == "mark":
            depth += (token.text == "(") - (token.text == ")")
        if token.text == ")" and depth == 0 and place < len(found) - 1:
            return f"({text})"
    begins = [token.text for token in found[1:4]]
    called = found[-1:] and found[-1].text == ")" and (begins[:1] == ["("] or begins[::2] == [".", "("])
    return text if called and found[0].kind in ("word", "quoted") else f"({text})"


def value(text: str) -> str:
    """Write the value of a parameter."""
    return text if _NUMBER.fullmatch(text) or text in ("true", "false") else literal(text)


def parameters(given: Iterable[tuple[str, str | None]]) -> str:
    """Write storage parameters in parentheses; one without a value by its name alone."""
    return f"({listed(_parameter(name, said) for name, said in given)})"


def _parameter(name: str, said: str | None) -> str:
    if not name.startswith("the parameter "):
        raise NotSpelled("Setting", f"{name} is not written")
    words = name.removeprefix("the parameter ").split(".")
    written = ".".join(map(quote, words))
    return written if said is None else f"{written} = {value(said)}"


_SEQUENCE = {
    "as": ("AS {}", "AS bigint"),
    "start": ("START WITH {}", "START WITH 1"),
    "increment": ("INCREMENT BY {}", "INCREMENT BY 1"),
    "minvalue": ("MINVALUE {}", "NO MINVALUE"),
    "maxvalue": ("MAXVALUE {}", "NO MAXVALUE"),
    "cache": ("CACHE {}", "CACHE 1"),
}


def sequence_option(option: str, said: str | None) -> str:
    """Write an option of a sequence; None is its usual value."""
    name = option.removeprefix("the option ")
    if name == "cycle":
        return "NO CYCLE" if said is None else "CYCLE"
    if name not in _SEQUENCE:
        raise NotSpelled("Sequence", f"its option {name}")
    given, usual = _SEQUENCE[name]
    return usual if said is None else given.format(said)


def collated(collation: str | None) -> str:
    """Write COLLATE with a name that may carry its schema."""
    return f"COLLATE {'.'.join(map(quote, collation.split('.')))}" if collation else ""


def role(name: str) -> str:
    """Write the name of a role, or the word that stands for one."""
    return name if name in ("public", "current_user", "session_user") else quote(name)


def is_word(text: str) -> bool:
    """Whether a text is one name that needs no quotes."""
    return _WORD.fullmatch(text) is not None
