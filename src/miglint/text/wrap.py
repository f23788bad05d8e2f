"""Prose broken into lines."""

import re

from miglint.text.lazy import expression
from miglint.text.visible import width as cells

NARROW = 20
"""No text is broken into lines shorter than this."""

# No text for a terminal holds this character: it is written as an escape.
_NO_BREAK = "\x00"
_CODE = expression("`[^`]+`")
_WORDS = expression("( *)([^ ]+)")


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Break prose at its blanks where it is wider than a line; code in it stays whole, to be pasted.

    `indent` stands before every line but the first.
    """
    if cells(text) <= width:
        return [text]
    whole = _CODE.sub(lambda code: code[0].replace(" ", _NO_BREAK), text)
    return [line.replace(_NO_BREAK, " ") for line in _broken(whole, max(width, NARROW), indent)]


def _broken(text: str, width: int, indent: str) -> list[str]:
    """Do what `textwrap.wrap` does to a text of one line, in a quarter of its time: helps are full of it."""
    lines: list[str] = []
    line = ""
    for blanks, word in _WORDS.findall(text.expandtabs()):
        longer = line + blanks + word
        if len(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        line = indent + word if lines else word
    return [*lines, line] if line else lines


def in_columns(text: str, width: int) -> str:
    """Break the lines of a listing; what is left of a line goes below the last of its columns."""
    return "".join(
        f"{line}\n" for row in text.splitlines() for line in wrapped(row, width, _below(row, width))
    )


def _below(row: str, width: int) -> str:
    columns = [found.end() for found in re.finditer(r"(?:^| ) +(?=\S)", row) if found.end() <= width // 2]
    return " " * max(columns, default=2)


def paragraphs(markdown: str, width: int) -> str:
    """Break the paragraphs of a Markdown text anew; code, headings and lists stay as they are."""
    blocks: list[str] = []
    is_code = False
    for block in markdown.rstrip("\n").split("\n\n"):
        fences = block.count("```")
        is_prose = not (is_code or fences or block.startswith(("#", "-", "|", "https://")))
        blocks.append("\n".join(wrapped(" ".join(block.split()), width)) if is_prose else block)
        is_code ^= fences % 2 == 1
    return "\n\n".join(blocks) + "\n"
