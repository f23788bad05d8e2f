"""Source lines with marks under them.

A mark on one line is underlined. Where the first mark covers several lines, a bar at their left
ties them together, and the middle of a tall one is left out:

    3 | / UPDATE orders
    4 | |    SET status = 'new'
      | |______________________^
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from miglint.model import Source
from miglint.report._place import Place
from miglint.text.paint import CYAN, Painter
from miglint.text.visible import cell, visible
from miglint.text.visible import width as cells
from miglint.text.wrap import NARROW, wrapped

PRIMARY = "^"
RELATED = "-"

_CUT = "..."
_MARGIN = 2
# A label with less room than this beside its mark stands below it.
_SHORT_LABEL = 30
# A mark over more lines than _TALLEST shows its first lines and its last.
_TALLEST = 6
_FIRST = 3


class Mark(NamedTuple):
    """How to point at a place: with what character, in what colour, and what to say about it."""

    label: str
    sign: str
    color: str


class _Note(NamedTuple):
    """What to draw under the characters `start` to `end` of a line; no mark: the bar's start or end."""

    start: int
    end: int
    margin: str
    mark: Mark | None = None


class _Row(NamedTuple):
    """A row of a frame; only rows of code carry their line's number."""

    text: str
    margin: str
    color: str = ""
    code: bool = False


class _View(NamedTuple):
    """The part of a line that is shown, and where in it the marked part is, in cells."""

    text: str
    start: int
    length: int
    whole: bool


def gutter(places: Iterable[Place]) -> str:
    """Give the blanks that are as wide as the largest line number of the frames."""
    return " " * len(str(max(at.end_line for at in places)))


def frame(
    source: Source, placed: list[tuple[Place, Mark]], pad: str, width: int, paint: Painter
) -> list[str]:
    """Give the lines of one source that the marks stand on, from the empty line above them on.

    None is wider than `width` cells: a mark that the terminal breaks points at nothing.
    """
    first, main = placed[0]
    tall = first if main.sign == PRIMARY and first.end_line > first.line else None
    rows = [f"{pad} {paint(CYAN, '|')}"]
    room = max(width - len(pad) - len(" | ") - (_MARGIN if tall else 0), NARROW)
    previous = 0
    for number in _numbers(placed, tall):
        if 0 < previous < number - 1:
            bar = tall is not None and tall.line < number <= tall.end_line
            rows.append(paint(CYAN, f"{_CUT:<{len(pad) + 3}}") + (paint(main.color, "|") if bar else ""))
        previous = number
        for row in _rows(source.line(number), number, placed, tall, room):
            edge = f"{number if row.code else '':>{len(pad)}} |"
            rows.append(f"{paint(CYAN, edge)} {paint(main.color, row.margin)}{paint(row.color, row.text)}")
    return rows


def _numbers(placed: list[tuple[Place, Mark]], tall: Place | None) -> list[int]:
    """Give the lines to show, in order; a gap of a single line is not worth its dots."""
    numbers = {at.line for at, _ in placed}
    if tall is not None:
        height = tall.end_line - tall.line + 1
        first = height if height <= _TALLEST else _FIRST
        numbers |= {*range(tall.line, tall.line + first), tall.end_line}
    return sorted(numbers | {n + 1 for n in numbers if n + 2 in numbers})


def _rows(
    line: str, number: int, placed: list[tuple[Place, Mark]], tall: Place | None, width: int
) -> Iterator[_Row]:
    """Give a line's code and what stands under it; a line too wide is shown again around each mark."""
    notes = list(_notes(line, number, placed, tall))
    margin = _margin(line, number, tall)
    if not notes:
        yield _Row(_view(line, 0, 0, width).text, margin, code=True)
    for order, note in enumerate(notes):
        view = _view(line, note.start, note.end, width)
        if order == 0 or not view.whole:
            yield _Row(view.text, margin, code=True)
        if note.mark is None:
            yield _Row("", f"{note.margin}{'_' * (view.start + 1)}{PRIMARY}")
        else:
            yield from _labelled(view, note.mark, note.margin, width)


def _labelled(view: _View, mark: Mark, margin: str, width: int) -> Iterator[_Row]:
    """Give a mark, and its label beside it, or below it where there is no room."""
    signs, label = " " * view.start + mark.sign * view.length, visible(mark.label)
    if len(signs) + 1 + cells(label) <= width:
        yield _Row(f"{signs} {label}".rstrip(), margin, mark.color)
        return
    yield _Row(signs, margin, mark.color)
    indent = " " * min(view.start, max(width - max(_SHORT_LABEL, cells(label)), 0))
    for line in wrapped(label, width - len(indent)):
        yield _Row(indent + line, margin, mark.color)


def _margin(line: str, number: int, tall: Place | None) -> str:
    if tall is None:
        return ""
    if tall.line < number <= tall.end_line:
        return "| "
    return "/ " if number == tall.line and _opens_line(line, tall) else "  "


def _opens_line(line: str, tall: Place) -> bool:
    return not line[: tall.column - 1].strip()


def _notes(line: str, number: int, placed: list[tuple[Place, Mark]], tall: Place | None) -> Iterator[_Note]:
    """Give what to draw under a line: the bar's start, the marks, the bar's end."""
    inside = tall is not None and tall.line <= number <= tall.end_line
    if tall is not None and number == tall.line and not _opens_line(line, tall):
        yield _Note(tall.column - 1, len(line), " ")
    for at, mark in placed:
        if at.line == number and at is not tall:
            end = at.end_column - 1 if at.end_line == at.line else len(line.rstrip())
            yield _Note(at.column - 1, end, "| " if inside else "" if tall is None else "  ", mark)
    if tall is not None and number == tall.end_line:
        yield _Note(tall.end_column - 2, tall.end_column - 1, "|")


def _view(line: str, start: int, end: int, width: int) -> _View:
    """Show a line, or what is around its marked part where it is wider than `width` cells."""
    if len(line) <= width:
        if line.isascii() and line.isprintable():
            return _View(line, start, max(1, min(end, len(line)) - start), whole=True)
        pieces = [cell(char) for char in line]
        text = "".join(pieces)
        if cells(text) <= width:
            before = cells("".join(pieces[:start]))
            return _View(text, before, max(1, cells("".join(pieces[start:end]))), whole=True)
    # A quarter of the width goes to what stands before the mark, unless the mark is near the line's start.
    left = start
    room = width // 4
    if end < width and cells("".join(map(cell, line[:end]))) < width - len(_CUT):
        left = 0
    while left > 0 and (used := cells(cell(line[left - 1]))) <= room:
        left, room = left - 1, room - used
    head = _CUT if left > 0 else ""
    right, room = left, width - len(head) - len(_CUT)
    while right < len(line) and (used := cells(cell(line[right]))) <= room:
        right, room = right + 1, room - used
    if len(line) - right <= len(_CUT) and cells("".join(map(cell, line[right:]))) <= room + len(_CUT):
        right = len(line)
    text = head + "".join(map(cell, line[left:right])) + (_CUT if right < len(line) else "")
    before = len(head) + cells("".join(map(cell, line[left:start])))
    marked = cells("".join(map(cell, line[start : min(end, right)])))
    return _View(text, before, max(1, marked), whole=False)
