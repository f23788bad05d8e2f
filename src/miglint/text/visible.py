"""Text from input made safe and measurable: control characters become visible, cells are counted."""

import re

from miglint.text.lazy import expression

TAB = "    "

# Control characters drive a terminal; bidirectional and invisible ones show a text that is not there
# (https://trojansource.codes); line separators break lines; lone surrogates cannot be encoded.
_BEYOND_C0 = (
    r"\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f"
)
_HIDDEN = expression(rf"[\x00-\x1f{_BEYOND_C0}]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str) -> str:
    r"""Write each control or invisible character as an escape such as `\x1b`; the result is one line."""
    return text if text.isascii() and text.isprintable() else _HIDDEN.sub(_escape, text)


def visible_lines(text: str) -> list[str]:
    """Give the lines of a text with tabs as spaces and nothing invisible in them."""
    if text.isascii() and text.replace("\n", " ").isprintable():
        return text.split("\n")
    return [visible(line.rstrip("\r").replace("\t", TAB)) for line in text.split("\n")]


def cell(char: str) -> str:
    """Give what stands for one character of a source line."""
    return TAB if char == "\t" else visible(char)


def width(text: str) -> int:
    """Count the terminal cells of a visible text: East Asian wide characters take two, marks none."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(
        0 if category(c) in ("Mn", "Me", "Cf") else 2 if east_asian_width(c) in "WF" else 1 for c in text
    )


def to_json(value: object) -> str:
    """Write a value as JSON that is readable, keeps its order, and hides nothing from a terminal."""
    import json

    def escape(match: re.Match[str]) -> str:
        return json.dumps(match.group())[1:-1].replace("\x7f", "\\u007f")

    # JSON itself escapes the control characters below U+0020.
    return re.sub(f"[{_BEYOND_C0}]", escape, json.dumps(value, indent=2, ensure_ascii=False)) + "\n"


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    if code < 0x100:
        return _SHORT.get(char) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
