"""How a file runs that its tool cuts at a directive, and sends part by part outside a transaction."""

import re

from miglint.model.migration import TransactionMode
from miglint.text.lazy import expression
from miglint.text.sql import blanked
from miglint.tools._scripts import Wrapping

_ALONE = expression(r"\b(?:CONCURRENTLY|VACUUM|(?:CREATE|DROP)\s+DATABASE)\b", re.IGNORECASE)


def wrapping_of_parts(text: str, split: "re.Pattern[str]", directive: str, title: str) -> Wrapping:
    """Say how the parts of a text run, each being one query.

    One mode holds for a file: of parts with several statements, none must be what needs a part of its own.
    """
    parts = [blanked(part) for part in split.split(text)]
    several = [part for part in parts if sum(map(bool, map(str.strip, part.split(";")))) > 1]
    apart = any(map(_ALONE.search, parts)) and not any(map(_ALONE.search, several))
    if len(parts) > 1 and (apart or not several):
        return Wrapping(TransactionMode.PER_STATEMENT, f"`{directive}`: {title} sends each part on its own")
    return Wrapping(
        TransactionMode.IMPLICIT_BATCH, f"{title} sends the file, up to `{directive}`, as one query"
    )
