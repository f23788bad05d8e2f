"""Changesets in formatted SQL: `--liquibase formatted sql`, then `--changeset author:id` before each."""

import re

from miglint.model.source import Source, Span
from miglint.text.layout import only
from miglint.text.lazy import expression
from miglint.tools.liquibase.changesets import Changeset, Headline, Text

_CHANGESET = expression(
    r"^[ \t]*--[ \t]*changeset[ \t]+(?P<author>\"[^\"\n]+\"|[^:\n]+):"
    r"[ \t]*(?P<id>\"[^\"\n]+\"|\S+)(?P<rest>[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_ROLLBACK = expression(r"^[ \t]*--[ \t]*rollback[ \t]+(?P<sql>[^\n]*)$", re.IGNORECASE | re.MULTILINE)
_ROLLBACK_BLOCK = expression(
    r"^[ \t]*/\*[ \t]*liquibase[ \t]+rollback[ \t]*\r?\n(?P<sql>.*?)\*/",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_NOTHING = expression(r"(?:not required|empty)\s*;?\s*\Z|changesetId:", re.IGNORECASE)
_ATTRIBUTE = expression(r"(?<!\S)(\w+):(\"[^\"\n]*\"|[^\s\"]+)")


def changesets(source: Source) -> list[Changeset]:
    """Cut a file at its changesets; each has the SQL up to the next one."""
    text = source.text
    heads = list(_CHANGESET.finditer(text))
    found = []
    for at, head in enumerate(heads):
        span = Span(head.end(), heads[at + 1].start() if at + 1 < len(heads) else len(text))
        attributes = {key.lower(): value.strip('"') for key, value in _ATTRIBUTE.findall(head["rest"])}
        line = Headline.of(head["author"].strip().strip('"'), head["id"].strip('"'), attributes)
        body = source[span]
        backs = [
            Span(*line.span("sql")) for line in (*_ROLLBACK.finditer(body), *_ROLLBACK_BLOCK.finditer(body))
        ]
        told = [back for back in backs if not _NOTHING.match(body[slice(*back)])]
        down = Text(source, span, only(body, sorted(told))) if backs else None
        found.append(Changeset(line, Span(*head.span()), (Text(source, span, body),), down))
    return found
