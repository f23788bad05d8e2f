"""
From git's globs to one regular expression, as git's wildmatch.c and dir.c read them, byte by byte.

Globs and texts are strings of one character per byte (Latin-1), for git compares bytes: `?` is half an "é".

Python's engine backtracks, so a plain translation of `*a*a*a*b` takes polynomial time. But where a `*` is
followed by characters and another `*`, the first place where these stand is as good as any later one. The
same holds for what stands between two `**`. So neither is ever tried at a second place.
"""

import re
from itertools import count
from typing import NamedTuple

from miglint.text.lazy import expression

SPECIAL = expression(r"[*?\[\\]")
_STARS = expression(r"\*+")


class _Gap(NamedTuple):
    """A `*`, or a `**` with the slash behind it: expressions that take as much, or as little, as they can."""

    greedy: str
    lazy: str


_STAR = _Gap("[^/]*", "[^/]*?")
_ANY_FOLDERS = _Gap("(?:.*/)?", "(?:.*?/)??")
_SOME_FOLDERS = _Gap(".*/", ".*?/")
_EVERYTHING = _Gap(".*", ".*")


def regex_of(globs: dict[str, int]) -> "re.Pattern[str] | None":
    """Join globs, the last one first; a match tells by its last group, `_<place>`, which one fits."""
    numbers = count()
    branches = []
    for glob, place in sorted(globs.items(), key=lambda entry: -entry[1]):
        start = SPECIAL.search(glob)
        # What stands before the first special character is compared by itself, and the rest read as if it
        # stood alone: `foo**/bar` fits foobar and foo/x/bar.
        begin = start.start() if start else len(glob)
        tokens = _tokens(glob[begin:])
        if tokens is not None:
            branches.append(f"{re.escape(glob[:begin])}{_translated(tokens, numbers)}(?P<_{place}>)")
    return re.compile("|".join(branches), re.DOTALL) if branches else None


def _tokens(glob: str) -> "list[str | _Gap] | None":
    """Cut a glob into expressions of one character and gaps; None if it can fit nothing."""
    tokens: list[str | _Gap] = []
    at = 0
    while at < len(glob):
        character = glob[at]
        stars = _STARS.match(glob, at)
        if stars:
            end = stars.end()
            escaped = glob.startswith("\\/", end)
            is_bounded = (at == 0 or glob[at - 1] == "/") and (
                end == len(glob) or glob[end] == "/" or escaped
            )
            if end == at + 1 or not is_bounded:
                tokens.append(_STAR)
            elif end == len(glob):
                tokens.append(_EVERYTHING)
            else:
                tokens.append(_SOME_FOLDERS if escaped else _ANY_FOLDERS)
                end += 2 if escaped else 1
            at = end
        elif character == "[":
            found = _class(glob, at + 1)
            if found is None:
                return None
            token, at = found
            tokens.append(token)
        elif character == "\\" and at + 1 == len(glob):
            return None
        else:
            at += character == "\\"
            tokens.append("[^/]" if character == "?" else re.escape(glob[at]))
            at += 1
    return tokens


def _translated(tokens: "list[str | _Gap]", numbers: "count[int]") -> str:
    first, *others = _split(tokens, (_ANY_FOLDERS, _SOME_FOLDERS, _EVERYTHING))
    return _in_order(
        _folders(first[1], numbers), [(gap, _folders(block, numbers)) for gap, block in others], numbers
    )


def _folders(tokens: "list[str | _Gap]", numbers: "count[int]") -> str:
    """Give the expression for what stands between two `**`."""
    segments: list[list[str | _Gap]] = [[]]
    for token in tokens:
        if token == "/":
            segments.append([])
        else:
            segments[-1].append(token)
    return "/".join(_segment(segment, numbers) for segment in segments)


def _segment(tokens: "list[str | _Gap]", numbers: "count[int]") -> str:
    first, *others = _split(tokens, (_STAR,))
    return _in_order(_text(first[1]), [(gap, _text(block)) for gap, block in others], numbers)


def _text(tokens: "list[str | _Gap]") -> str:
    return "".join(token for token in tokens if isinstance(token, str))


def _split(tokens: "list[str | _Gap]", gaps: tuple[_Gap, ...]) -> "list[tuple[_Gap, list[str | _Gap]]]":
    """Give each of these gaps with what follows it; the first one is no gap at all."""
    parts: list[tuple[_Gap, list[str | _Gap]]] = [(_Gap("", ""), [])]
    for token in tokens:
        if isinstance(token, _Gap) and token in gaps:
            parts.append((token, []))
        else:
            parts[-1][1].append(token)
    return parts


def _in_order(first: str, others: list[tuple[_Gap, str]], numbers: "count[int]") -> str:
    """Give the expression for blocks with gaps before them, all but the last at the first place possible.

    The engine does not go back into a lookahead: with a backreference to it, that is the atomic group
    that Python has since 3.11 only.
    """
    expression = first
    for gap, block in others[:-1]:
        name = f"g{next(numbers)}"
        expression += f"(?=(?P<{name}>{gap.lazy}{block}))(?P={name})"
    for gap, block in others[-1:]:
        expression += gap.greedy + block
    return expression


# --- character classes -------------------------------------------------------------------------------

# Of ASCII only, and as git's own ctype has them: its isspace knows no \v and no \f.
_CLASSES = {
    "alnum": r"[0-9A-Za-z]",
    "alpha": r"[A-Za-z]",
    "blank": r"[ \t]",
    "cntrl": r"[\x00-\x1f\x7f]",
    "digit": r"[0-9]",
    "graph": r"[!-~]",
    "lower": r"[a-z]",
    "print": r"[ -~]",
    "punct": r"[!-/:-@\[-`{-~]",
    "space": r"[ \t\n\r]",
    "upper": r"[A-Z]",
    "xdigit": r"[0-9A-Fa-f]",
}


def _class(glob: str, at: int) -> tuple[str, int] | None:
    """Translate a bracket expression; `at` stands behind the `[`. None: git lets it fit nothing.

    Gives the expression and the place behind the `]`.
    """
    is_negated = glob[at : at + 1] in ("!", "^")
    at += is_negated
    chosen: set[str] = set()
    previous = ""
    is_first = True
    while is_first or glob[at : at + 1] != "]":
        is_first = False
        character = glob[at : at + 1]
        if character == "-" and previous and glob[at + 1 : at + 2] not in ("", "]"):
            at += 1
            at += glob[at] == "\\"
            upper = glob[at : at + 1]
            if not upper:
                return None
            chosen.update(map(chr, range(ord(previous), ord(upper) + 1)))
            previous = ""
        elif glob.startswith("[:", at):
            end = glob.find("]", at + 2)
            if end < 0:
                return None
            if end >= at + 3 and glob[end - 1] == ":":
                known = _CLASSES.get(glob[at + 2 : end - 1])
                if known is None:
                    return None
                chosen.update(re.findall(known, _ALL))
                previous = ""
                at = end
            else:
                chosen.add("[")
                previous = "["
        else:
            at += character == "\\"
            previous = glob[at : at + 1]
            if not previous:
                return None
            chosen.add(previous)
        at += 1
    characters = (set(_ALL) - chosen if is_negated else chosen) - {"/"}
    return _one_of(characters), at + 1


_ALL = "".join(map(chr, range(1, 256)))


def _one_of(characters: set[str]) -> str:
    """Give an expression for one of these characters, in ranges: it is quicker to compile."""
    codes = sorted(map(ord, characters))
    starts = [code for code in codes if chr(code - 1) not in characters]
    ends = [code for code in codes if chr(code + 1) not in characters]
    ranges = (rf"\x{start:02x}-\x{end:02x}" for start, end in zip(starts, ends, strict=True))
    return f"[{''.join(ranges)}]" if codes else "(?!)"
