"""ANSI colours and links, where they are asked for."""

from collections.abc import Callable

from miglint.model import Severity

Painter = Callable[[str, str], str]

BOLD = "1"
DIM = "2"
CYAN = "1;36"
CODE = "36"
SEVERITIES = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;32"}


def painter(color: bool) -> Painter:
    """Give the function that puts a text in a style: ANSI codes, or nothing at all."""
    return _ansi if color else _plain


def link(text: str, address: str) -> str:
    """Make a text a link, as terminals know them (OSC 8); without an address it stays as it is."""
    return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\" if address else text


def _ansi(style: str, text: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if style and text else text


def _plain(_: str, text: str) -> str:
    return text
