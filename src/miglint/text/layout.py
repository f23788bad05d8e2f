"""Text in place of other text, at equal length, so that every offset stays."""

from collections.abc import Iterable, Iterator

from miglint.model.source import Span
from miglint.text.lazy import expression

_NOT_NEWLINE = expression(r"[^\n]+")


def blank(text: str) -> str:
    """Give spaces in place of a text, with its line breaks."""
    return _NOT_NEWLINE.sub(lambda run: " " * len(run.group()), text)


def only(text: str, spans: Iterable[Span]) -> str:
    """Give a text with everything outside these spans (in order) blank."""
    return "".join(_kept(text, spans))


def _kept(text: str, spans: Iterable[Span]) -> Iterator[str]:
    at = 0
    for span in spans:
        yield blank(text[at : span.start])
        yield text[span.start : span.end]
        at = span.end
    yield blank(text[at:])
