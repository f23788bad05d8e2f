"""ANSI colours, where they are asked for."""

from collections.abc import Callable

Painter = Callable[[str, str], str]

BOLD = "1"
CYAN = "1;36"


def painter(color: bool) -> Painter:
    """Give the function that puts a text in a style: ANSI codes, or nothing at all."""
    return _ansi if color else _plain


def _ansi(style: str, text: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if style and text else text


def _plain(_: str, text: str) -> str:
    return text
