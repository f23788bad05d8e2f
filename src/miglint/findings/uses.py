"""Where code still names what a migration drops or renames."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from miglint.model import Confidence, Diagnostic, Removed
from miglint.model.change import Code, CodeLines

_MOST_SHOWN = 3
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[^\W_a-zA-Z0-9]+")


LookUp = Callable[[Sequence[str], Sequence[str]], Code]
"""Gives the lines with some words: of some files, or of all code where none are named."""


def spellings(name: str) -> tuple[str, ...]:
    """Give a name as it is, in snake_case, in camelCase and in PascalCase."""
    parts = [part.lower() for part in _PARTS.findall(name)]
    if not parts:
        return (name,)
    pascal = "".join(part.capitalize() for part in parts)
    return tuple(dict.fromkeys((name, "_".join(parts), pascal[0].lower() + pascal[1:], pascal)))


def with_uses(
    found: Iterable[Diagnostic], look_up: LookUp, is_there: Callable[[Diagnostic, Removed], bool]
) -> tuple[Diagnostic, ...]:
    """Say of each finding where code still names what it removes.

    `is_there`: something has that name again after the last migration, so that code means another one.
    """
    found = tuple(found)
    removed = {
        at: gone
        for at, diagnostic in enumerate(found)
        if diagnostic.suppressed is None
        and (gone := [r for r in _removed(diagnostic) if not is_there(diagnostic, r)])
    }
    names = [each for gone in removed.values() for each in gone]
    if not names:
        return found
    code = look_up(sorted({word for each in names for word in _own(each)}), ())
    # Tables have common names: only the files that name a column are asked for them.
    files = sorted({line.path for lines in (code.now, code.before or code.now) for line in lines.lines})
    if files and (tables := sorted({word for each in names for word in _inside(each)})):
        around = look_up(tables, files)
        code = Code(
            _both(code.now, around.now), code.before and _both(code.before, around.before or _NO_LINES)
        )
    now, ran = _Index(code.now), _Index(code.before) if code.before is not None else None
    return tuple(
        _told(diagnostic, removed[at], now, ran) if at in removed else diagnostic
        for at, diagnostic in enumerate(found)
    )


_NO_LINES = CodeLines()


def _both(some: CodeLines, others: CodeLines) -> CodeLines:
    return CodeLines(some.lines + others.lines, some.cut or others.cut)


def _removed(diagnostic: Diagnostic) -> Iterator[Removed]:
    for each in (diagnostic, *diagnostic.more):
        yield from each.finding.removes


def _own(removed: Removed) -> tuple[str, ...]:
    return (removed.name,) if removed.kind == "value" else spellings(removed.name)


def _inside(removed: Removed) -> tuple[str, ...]:
    """The spellings of the table or type: object mappers name their classes in the singular."""
    name = removed.inside
    one = re.sub(r"ies$", "y", name) if name.endswith("ies") else name.removesuffix("s")
    return (*spellings(name), *spellings(one)) if name else ()


class _Index:
    """The words of each file, with the numbers of their lines."""

    def __init__(self, code: CodeLines) -> None:
        self.cut = code.cut
        self._files: dict[str, dict[str, list[int]]] = {}
        for line in code.lines:
            words = self._files.setdefault(line.path, {})
            for word in line.words:
                words.setdefault(word, []).append(line.number)

    def places(self, removed: Removed) -> list[str]:
        """Give where it is named: a column only where its table is named in the same file."""
        own, inside = _own(removed), _inside(removed)
        return [
            f"{path}:{number}"
            for path, words in self._files.items()
            if not inside or not words.keys().isdisjoint(inside)
            for number in sorted({number for word in own for number in words.get(word, ())})
        ]


def _told(diagnostic: Diagnostic, gone: list[Removed], now: _Index, before: _Index | None) -> Diagnostic:
    finding = diagnostic.finding
    still = {each: now.places(each) for each in gone}
    ran = {each: before.places(each) for each in gone} if before is not None else {}
    notes = []
    if any(still.values()):
        notes.append("code still names " + _listed(still))
    if gone_with_it := {each: places for each, places in ran.items() if places and not still[each]}:
        which = _listed(gone_with_it)
        notes.append(f"the code before this change, which runs until the deploy has ended, names {which}")
    if not notes:
        if before is None or before.cut or now.cut:
            return diagnostic
        notes.append("no code under `code_paths` names it, neither with this change nor before it")
        if diagnostic.confidence is Confidence.HIGH:
            diagnostic = diagnostic._replace(confidence=Confidence.MEDIUM)
    text = "\n".join((*notes, finding.help)).rstrip()
    return diagnostic._replace(finding=finding._replace(help=text))


def _listed(places: Mapping[Removed, Sequence[str]]) -> str:
    parts = []
    for removed, found in places.items():
        if found:
            more = f" and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
            parts.append(f"{removed.name} in {', '.join(found[:_MOST_SHOWN])}{more}")
    return "; ".join(parts)
