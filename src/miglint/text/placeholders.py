"""Placeholders that a tool fills in before the server sees the SQL, neutralised at equal length.

Each becomes a word of the same length, so that the statement parses and every offset stays:
`${schema}.users` reads as `__schema_.users`. It is in lower case, for with quotes around it the placeholder
stands for the same name.
"""

import re
from collections.abc import Callable

from miglint.text.lazy import expression

# Bounded and within one line, so that a lone `${` costs no walk to the end of the text.
DOLLAR_BRACES = r"\$\{[^{}\n]{1,200}\}"
GO_TEMPLATE = r"\{\{[^{}\n]{0,500}\}\}"

_NOT_WORD = expression(r"[^\w\n]", re.ASCII)


def filler(*patterns: str) -> Callable[[str], str]:
    """Give the function that turns what fits any of these patterns into words of the same length."""
    found = expression("|".join(patterns))
    return lambda text: found.sub(_as_word, text)


def _as_word(found: "re.Match[str]") -> str:
    word = _NOT_WORD.sub("_", found.group()).lower()
    return "_" + word[1:] if word[:1].isdigit() else word
