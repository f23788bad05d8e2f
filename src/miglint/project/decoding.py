"""Bytes to text: the encodings that migration files come in, and what makes one unreadable."""

import codecs

from miglint.model.migration import Problem
from miglint.model.source import Source

# The parser's tree takes 50 to 85 times the size of the text (measured on 1 MiB of INSERT and of ALTER
# TABLE), so this bounds memory at some 1.4 GiB. The largest of 15,000 public migrations has 230 KB.
MAX_BYTES = 16 * 1024 * 1024

# UTF-32 stands first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def too_large(path: str) -> Problem:
    """Say that a file is beyond MAX_BYTES."""
    return Problem(path, f"larger than {MAX_BYTES // 1024 // 1024} MiB")


def decode(data: bytes, path: str) -> Source | Problem:
    """Give the text of a file, without its byte order mark; line breaks stay as they are.

    UTF-8 unless a byte order mark says UTF-16 or UTF-32.
    A file beyond MAX_BYTES, in another encoding, or with a NUL character is a Problem.
    """
    if len(data) > MAX_BYTES:
        return too_large(path)
    mark, encoding = next((found for found in _MARKS if data.startswith(found[0])), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        before = data[len(mark) : len(mark) + error.start].decode(encoding, "replace")
        line = before.count("\n") + 1
        return Problem(path, f"not {encoding.upper()}: byte 0x{error.object[error.start]:02X}", line, line)
    # The parser's C interface ends a text at the first NUL: what follows would pass unseen.
    nul = text.find("\0")
    if nul >= 0:
        line = text.count("\n", 0, nul) + 1
        return Problem(path, "holds a NUL character (UTF-16 without a byte order mark?)", line, line)
    return Source(path, text, marked=bool(mark))
