"""Prose broken into lines."""

import re
import textwrap

from miglint.text.visible import width as cells

NARROW = 20
"""No text is broken into lines shorter than this."""

# No text for a terminal holds this character: it is written as an escape.
_NO_BREAK = "\x00"


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Break prose at its blanks where it is wider than a line; code in it stays whole, to be pasted.

    `indent` stands before every line but the first.
    """
    if cells(text) <= width:
        return [text]
    whole = re.sub("`[^`]+`", lambda code: code[0].replace(" ", _NO_BREAK), text)
    lines = textwrap.wrap(
        whole, max(width, NARROW), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(_NO_BREAK, " ") for line in lines]
