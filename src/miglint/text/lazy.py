"""Regular expressions that are compiled when they are first used: most runs meet one tool of forty."""

import re
from typing import Any, cast


def expression(source: str, flags: "int | re.RegexFlag" = 0) -> "re.Pattern[str]":
    """Give what `re.compile` gives, later; only a match's `re` tells the two apart."""
    return cast("re.Pattern[str]", _Lazy(source, flags))


class _Lazy:
    def __init__(self, source: str, flags: "int | re.RegexFlag") -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._source, self._flags), name)
        self.__dict__[name] = found
        return found
