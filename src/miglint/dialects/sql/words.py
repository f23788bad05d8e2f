"""How words become SQL in every database."""

from collections.abc import Iterable


class NotSpelled(Exception):
    """An operation that cannot be written as SQL: it does not hold all that its statement said."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason


def spaced(*words: str) -> str:
    """Join words with blanks, empty ones left out."""
    return " ".join(filter(None, words))


def listed(parts: Iterable[str]) -> str:
    """Join parts with commas."""
    return ", ".join(parts)
