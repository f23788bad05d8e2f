"""The page on what rules are given: operations, events, the schema, the effects, and the context."""

import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from miglint.checks import events
from miglint.checks.context import Context
from miglint.checks.remedies import Remedies
from miglint.checks.remedies.rows import RowRemedies
from miglint.checks.waits import Waits
from miglint.checks.whole import Whole
from miglint.model import effects, irregularity, operations, schema, statement
from miglint.model.operations import code, indexes, objects, parts, rows, session, tables
from miglint.simulate import since_base

_INTRODUCTION = """\
# What rules are given

A check subscribes to [operations](#operations) or [other events](#events-besides-operations).
It gets one of them at a time, with a [context](#context) to ask. All are frozen values.
Import `Context` and the events from `miglint.rule`, all else from `miglint.model`.
How a rule is made is in [writing rules](writing-rules.md).
"""
_PARTS: tuple[tuple[str, ModuleType, tuple[ModuleType, ...]], ...] = (
    ("Operations", operations, (parts, tables, indexes, objects, code, rows, session)),
    ("Events besides operations", events, (events, since_base)),
    ("Irregularities of a folder", irregularity, (irregularity,)),
    ("Statement", statement, (statement,)),
    ("Effects", effects, (effects,)),
    ("Schema", schema, (schema,)),
)


_ASKED: tuple[tuple[str, type], ...] = (
    ("## Context", Context),
    ("### Context.waits", Waits),
    ("### Context.remedies", Remedies),
    ("### Context.rows", RowRemedies),
    ("### Context.whole", Whole),
)


def reference() -> str:
    pages = [_INTRODUCTION]
    for title, described, modules in _PARTS:
        pages.append(f"## {title}\n\n{_sentences(described)}\n")
        pages += (_page(kind) for module in modules for kind in _kinds(module))
    for title, asked in _ASKED:
        pages.append(f"{title}\n\n{_sentences(asked)}\n\n{_members(asked)}\n")
    return "\n".join(pages)


def _kinds(module: ModuleType) -> Iterator[type]:
    for name, value in vars(module).items():
        if inspect.isclass(value) and value.__module__ == module.__name__ and name[0] != "_":
            yield value


def _page(kind: type) -> str:
    fields: dict[str, Any] = kind.__annotations__ if hasattr(kind, "_fields") else {}
    listed = ", ".join(f"`{name}: {_type(of)}`" for name, of in fields.items() if name != "span")
    rest = _members(kind)
    return "\n\n".join(filter(None, (f"### {kind.__name__}", _sentences(kind), listed, rest))) + "\n"


def _members(kind: type) -> str:
    lines = []
    for name, value in vars(kind).items():
        member = getattr(value, "func", None) or getattr(value, "fget", None) or value
        if name[0] != "_" and inspect.isfunction(member) and member.__doc__:
            called = "" if member is not value else str(inspect.signature(member)).partition(" -> ")[0]
            arguments = _plain(re.sub(r"self(, )?", "", called, count=1))
            lines.append(f"- `{name}{arguments}`: {_sentences(member).splitlines()[0]}")
    return "\n".join(lines)


def _sentences(documented: object) -> str:
    text = inspect.getdoc(documented) or ""
    # A NamedTuple without a docstring gets one that repeats its fields.
    return "" if re.match(r"\w+\(.*\)$", text, re.DOTALL) else text


def _type(annotation: Any) -> str:
    return _plain(annotation if isinstance(annotation, str) else inspect.formatannotation(annotation))


def _plain(text: str) -> str:
    return re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Za-z])", "", text)
