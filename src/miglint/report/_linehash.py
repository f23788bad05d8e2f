"""GitHub's own fingerprint of a line, so that its uploader agrees with the one in the log.

The algorithm is that of github/codeql-action, `src/fingerprints.ts`: spaces and tabs are dropped, every
line break is a line feed, the end of the file counts as one more unit, and a line's hash covers the
100 UTF-16 units from its start on, padded with zeros.
"""

import sys
from itertools import accumulate

_WINDOW = 100
_BASE = 37
_MASK = 2**64 - 1
_SHIFT = pow(_BASE, _WINDOW, 2**64)
_END_OF_FILE = 0xFFFF
_LINE_FEED = 0x0A


def line_hashes(text: str) -> list[str]:
    """Give `hash:occurrence` for each line of a file, the first line first."""
    units = _units(text)
    # prefix[i] is the hash of the units before i; the hash of a window is a difference of two of them.
    prefix = list(accumulate(units, lambda h, unit: (h * _BASE + unit) & _MASK, initial=0))
    starts = [0, *(at + 1 for at, unit in enumerate(units) if unit == _LINE_FEED)]
    seen: dict[str, int] = {}
    hashes = []
    for start in starts:
        missing = max(0, start + _WINDOW - len(units))
        whole = prefix[min(start + _WINDOW, len(units))] * pow(_BASE, missing, 2**64)
        value = f"{(whole - prefix[start] * _SHIFT) & _MASK:x}"
        seen[value] = seen.get(value, 0) + 1
        hashes.append(f"{value}:{seen[value]}")
    return hashes


def _units(text: str) -> list[int]:
    kept = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "")
    encoding = f"utf-16-{sys.byteorder[0]}e"
    return [*memoryview(kept.encode(encoding, "surrogatepass")).cast("H"), _END_OF_FILE]
