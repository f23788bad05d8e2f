"""Changesets in formatted SQL: `--liquibase formatted sql`, then `--changeset author:id` before each."""

import re
from typing import NamedTuple

from miglint.model.source import Segment, Source, Span
from miglint.text.layout import only
from miglint.text.lazy import expression
from miglint.text.possessive import possessive
from miglint.tools.liquibase.changesets import Changeset, Headline

_CHANGESET = possessive(
    r"(?im)^[ \t]*+--[ \t]*+changeset[ \t]++(?P<author>\"[^\"\n]++\"|[^:\n]++):"
    r"[ \t]*+(?P<id>\"[^\"\n]++\"|\S++)(?P<rest>[^\n]*+)$",
    "changeset",
)
_ROLLBACK = expression(r"^[ \t]*--[ \t]*rollback[ \t]+(?P<sql>[^\n]*)$", re.IGNORECASE | re.MULTILINE)
_ROLLBACK_BLOCK = expression(
    r"^[ \t]*/\*[ \t]*liquibase[ \t]+rollback[ \t]*\r?\n(?P<sql>.*?)\*/",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_NOTHING = expression(r"(?:not required|empty)\s*;?\s*\Z|changesetId:", re.IGNORECASE)
_IGNORE = expression(r"^--[ \t]*ignoreLines:(?P<what>\w+)[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_QUOTE = '"'
_ATTRIBUTE = expression(r"(?<!\S)(\w+):(\"[^\"\n]*\"|[^\s\"]+)")


class Head(NamedTuple):
    """The line of a changeset: where it stands, and `author:id`."""

    start: int
    end: int
    name: str


def heads_of(text: str) -> list[Head]:
    """Give the lines of the changesets in a file."""
    return [
        Head(*head.span(), f"{head['author'].strip().strip(_QUOTE)}:{head['id'].strip(_QUOTE)}")
        for head in _CHANGESET.finditer(_without_ignored(text))
    ]


def rollbacks_of(body: str) -> list[Span]:
    """Give where the SQL of a changeset says how it is rolled back, or that it is not."""
    blocks = _ROLLBACK_BLOCK.finditer(body, 0, body.rfind("*/") + 2)
    return sorted(Span(*found.span()) for found in (*_ROLLBACK.finditer(body), *blocks))


def changesets(source: Source) -> list[Changeset]:
    """Cut a file at its changesets; each has the SQL up to the next one."""
    text = _without_ignored(source.text)
    heads = list(_CHANGESET.finditer(text))
    found = []
    for at, head in enumerate(heads):
        span = Span(head.end(), heads[at + 1].start() if at + 1 < len(heads) else len(text))
        attributes = {key.lower(): value.strip('"') for key, value in _ATTRIBUTE.findall(head["rest"])}
        line = Headline.of(head["author"].strip().strip('"'), head["id"].strip('"'), attributes)
        body = text[span.start : span.end]
        # Each block that has no end would be looked for up to the end of the text.
        blocks = _ROLLBACK_BLOCK.finditer(body, 0, body.rfind("*/") + 2)
        backs = [Span(*line.span("sql")) for line in (*_ROLLBACK.finditer(body), *blocks)]
        told = [back for back in backs if not _NOTHING.match(body[slice(*back)])]
        down = _part(only(body, sorted(told)), source, span) if backs else None
        found.append(Changeset(line, Span(*head.span()), (_part(body, source, span),), down))
    return found


def _part(sql: str, file: Source, span: Span) -> Source:
    return Source.mapped((Segment(sql, file, span),))


def _without_ignored(text: str) -> str:
    """Blank what `--ignoreLines:start` and `:end` enclose, or the lines that `--ignoreLines:3` counts."""
    kept: list[Span] = []
    at = 0
    while found := _IGNORE.search(text, at):
        kept.append(Span(at, found.start()))
        word = found["what"].lower()
        if word == "start":
            end = next(
                (one for one in _IGNORE.finditer(text, found.end()) if one["what"].lower() == "end"), None
            )
            at = end.end() if end else len(text)
        else:
            at = found.end()
            for _ in range(int(word[:6]) if word.isdecimal() else 0):
                at = text.find("\n", at) + 1 or len(text)
            at = text.find("\n", at) if at < len(text) and word.isdecimal() else at
            at = len(text) if at < 0 else at
    return only(text, [*kept, Span(at, len(text))]) if kept else text
