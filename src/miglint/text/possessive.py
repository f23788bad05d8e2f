"""Patterns for text by anybody: repetitions that give nothing back, and an end to each search.

`re` has possessive repetitions from Python 3.11 on, and no limit of time. `regex` has both; its import takes
longer than a look at a small project. So a word that stands in every match is looked for first, and only
text that has it is worth the import.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

SECONDS = 30.0
"""The largest file takes a fraction of it: a search ends here only if its pattern is not linear after all."""


def possessive(source: str, word: str = "") -> "re.Pattern[str]":
    """Give a pattern in the syntax of `regex`, with `search` and `finditer`.

    `word`, in small letters, stands in each match in small or capital letters.
    A search that takes longer than `SECONDS` raises TimeoutError.
    """
    return cast("re.Pattern[str]", _Possessive(source, word))


class _Possessive:
    __slots__ = ("_compiled", "_source", "_word")

    def __init__(self, source: str, word: str) -> None:
        self._source = source
        self._word = word
        self._compiled: Any = None

    def search(self, text: str) -> Any:
        return self._pattern().search(text, timeout=SECONDS) if self._may_match(text) else None

    def finditer(self, text: str) -> Iterator[Any]:
        return self._pattern().finditer(text, timeout=SECONDS) if self._may_match(text) else iter(())

    def _may_match(self, text: str) -> bool:
        return self._word in text or self._word in text.lower()

    def _pattern(self) -> Any:
        if self._compiled is None:
            import regex

            self._compiled = regex.compile(self._source)
        return self._compiled
