"""`miglint rollback`: what becomes of a database that goes back, and the commands that take it there."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from miglint.model import NotAnalysed, Source, blocked_by
from miglint.report import DEFAULTS, RenderOptions
from miglint.rollback.commands import kept_before
from miglint.rollback.reasons import Reason, Verdict
from miglint.rollback.reversal import NoReturn, Reversal
from miglint.show.plan import effects_of
from miglint.show.ways_back import Back, Drafted, Way
from miglint.text.paint import BOLD, CYAN, DIM, Painter, painter
from miglint.text.visible import to_json, visible
from miglint.text.wrap import wrapped

VERSION = 1
_MOST = 3
_MOST_STATEMENTS = 20


MEANINGS: dict[Verdict, str] = {
    "nothing to undo": "neither schema nor data is another afterwards",
    "reversible": "the schema comes back, and all values that were there before",
    "conditional": "the schema comes back, but the way back fails once certain rows exist",
    "lossy": "the schema comes back, but not all of the data",
    "not known": "something is not analysed, or the history does not tell of it",
    "irreversible": "the way back fails, or leaves another schema",
}
_LABELS: dict[Verdict, str] = {
    "irreversible": "stays different",
    "lossy": "lost",
    "conditional": "fails on rows",
    "not known": "not known",
}
_MOMENTS = {"commit": "once its transaction commits", "statement": "as soon as it has run"}


def as_json(ways: Iterable[Way], not_analysed: Iterable[NotAnalysed] = ()) -> str:
    """Give the documented JSON."""
    places = [place._asdict() for place in not_analysed]
    return to_json({"version": VERSION, "histories": [_row(way) for way in ways], "not_analysed": places})


def _row(way: Way) -> dict[str, Any]:
    advice, commands = way.history.advice, way.history.advice.commands
    kept = kept_before(way.history, way.backs[0].migration)
    drafts = {draft.migration: draft for draft in way.drafts}
    return {
        "tool": way.history.tool,
        "folder": way.history.root,
        "back_to": kept.id if kept else None,
        "forward": way.forward,
        "later": way.later,
        "missing": list(way.missing),
        "failing": list(way.failing),
        "verdict": way.whole.verdict if way.whole else None,
        "reasons": [_reason(reason) for reason in way.whole.reasons] if way.whole else [],
        "no_return": _no_return(way.whole.no_return) if way.whole else None,
        "migrations": [
            {
                "migration": back.migration.id,
                "verdict": back.reversal.verdict,
                "has_down": back.reversal.has_down,
                "reasons": [_reason(reason) for reason in back.reversal.reasons],
                "no_return": _no_return(back.reversal.no_return),
                "drops": list(_drops(back)),
                "seconds": _seconds(way, back),
                "draft": _draft(drafts.get(back.migration.id)),
            }
            for back in way.backs
        ],
        "commands": list(way.commands),
        "needs": advice.roll_back_needs,
        "before": advice.before_back,
        "preview": way.preview,
        "check": way.filled(commands.check),
        "half_way": {"left": way.half_way, "mend": way.mend},
        "older_program": {"refuses": advice.older_refuses, "message": advice.older_program},
    }


def _seconds(way: Way, back: Back) -> list[float] | None:
    """Give how long the work of a way back takes, at least and at most; None where it is not known."""
    found = [takes[0] for step in back.steps if (takes := way.takes(step))]
    return (
        [round(sum(one.low for one in found), 1), round(sum(one.high for one in found), 1)] if found else None
    )


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "kind": reason.kind,
        "verdict": reason.verdict,
        "message": reason.words,
        "direction": reason.direction,
        "sqlstate": reason.sqlstate,
        "certain": reason.certain,
        "query": reason.query,
        **_location(*(reason.place or (None, None))),
    }


def _no_return(found: NoReturn | None) -> dict[str, Any] | None:
    return found and {"message": found.words, "moment": found.moment, **_location(*found.place)}


def _location(file: Source | None, span: Any) -> dict[str, Any]:
    if file is None:
        return {"path": "", "line": None}
    return {"path": file.path, "line": file.position(span.start).line}


def _draft(found: Drafted | None) -> dict[str, Any] | None:
    return found and {
        "files": [{"path": path, "text": text} for path, text in found.files],
        "sql": found.sql,
        "no_place": found.why,
        "note": found.note,
        "gaps": list(found.gaps),
        "kept": found.kept,
        "verdict": found.verdict,
    }


def as_text(ways: Sequence[Way], options: RenderOptions = DEFAULTS) -> str:
    """Give the verdicts for people, the newest migration first, and the commands in order."""
    paint = painter(options.color)
    lines = [line for way in ways for line in (*_lines(way, paint, options.width), "")]
    return "\n".join(lines).rstrip("\n") + "\n" if lines else ""


def _lines(way: Way, paint: Painter, width: int) -> Iterator[str]:
    kept = kept_before(way.history, way.backs[0].migration)
    count = len(way.backs)
    over = way.backs[0].migration.id if count == 1 else f"{count} migrations"
    to = kept.id if kept else "before the first one"
    head = f"{way.history.root} ({way.history.tool}): back over {over}, to {to}"
    yield paint(BOLD, visible(head))
    if way.forward:
        yield from _wrapped(
            '  `down = "off"`: this project goes forward, and undoes with a new migration', width
        )
    if way.whole is not None and count > 1:
        yield from _judged(way.whole, paint, width, "  together: ")
        # What each of them has to say is said below, and here only what decides.
        worst = [reason for reason in way.whole.reasons if reason.verdict == way.whole.verdict]
        own = {reason for back in way.backs for reason in back.reversal.reasons}
        others = [reason for reason in way.whole.reasons if reason not in own and reason not in worst]
        yield from _reasons((*worst[:_MOST], *others), width)
        if len(worst) > _MOST:
            yield f"    and {len(worst) - _MOST} more, below"
    for back in reversed(way.backs):
        yield ""
        yield paint(CYAN, visible(back.migration.id))
        yield from _judged(back.reversal, paint, width, "  ")
        if back.migration.id in way.missing and not way.forward:
            text = way.history.advice.without_down or "its tool has none"
            yield from _wrapped(f"    no way back is written: {text}", width)
        elif back.migration.reversible and not back.reversal.has_down:
            yield "    no way back is written, and the tool works one out by itself"
        told = back.reversal.no_return
        yield from _reasons((r for r in back.reversal.reasons if not (told and _is_told(r, told))), width)
        dropped = ", ".join(_drops(back))
        if dropped:
            yield from _wrapped(f"    drops, with all that was written since: {dropped}", width)
        yield from _statements(way, back, paint, width)
    yield ""
    yield from _commands(way, paint, width)


def _judged(reversal: Reversal, paint: Painter, width: int, before: str) -> Iterator[str]:
    # Of several, some can be written and fail where others are missing.
    is_told = reversal.has_down or reversal.failures or reversal.verdict == "nothing to undo"
    at_best = "" if is_told else "at best "
    meaning = _meaning(reversal)
    first, *rest = _wrapped(f"{before}{at_best}{reversal.verdict}: {meaning}", width)
    yield paint(BOLD, first)
    yield from rest
    if reversal.no_return is not None:
        file, span = reversal.no_return.place
        place = f"{file.path}:{file.position(span.start).line}"
        moment = _MOMENTS[reversal.no_return.moment]
        yield from _wrapped(f"    no return after {place}, {moment}: {reversal.no_return.words}", width)


def _meaning(reversal: Reversal) -> str:
    if reversal.verdict != "irreversible":
        return MEANINGS[reversal.verdict]
    if reversal.failures:
        return "the way back fails, whatever rows there are"
    return "the way back leaves another schema" if reversal.has_down else "no statement undoes all of it"


def _is_told(reason: Reason, no_return: NoReturn) -> bool:
    """Tell whether the point of no return has said it already."""
    return (reason.words, reason.statement) == (no_return.words, no_return.statement)


def _label(reason: Reason) -> str:
    if reason.kind in ("fails", "declared"):
        return "fails"
    return _LABELS.get(reason.verdict, reason.verdict)


def _reasons(reasons: Iterable[Reason], width: int) -> Iterator[str]:
    """Give what speaks against it; what stands at one place comes below it."""
    groups: dict[tuple[str, str], list[Reason]] = {}
    for reason in reasons:
        place = ""
        if reason.place is not None:
            file, span = reason.place
            place = f"{file.path}:{file.position(span.start).line}"
        groups.setdefault((_label(reason), place), []).append(reason)
    for (label, place), group in groups.items():
        head = f"    {label}: " + (f"{place}: " if place else "")
        if len(group) > 1:
            yield from _wrapped(head.rstrip(), width)
        for reason in group:
            state = f" ({reason.sqlstate})" if reason.sqlstate else ""
            yield from _wrapped(f"{head if len(group) == 1 else '      '}{reason.words}{state}", width)
            if reason.query:
                yield from _pasted(reason.query, 6)


def _drops(back: Back) -> Iterator[str]:
    """Give what the way back drops that the way there has made: nobody else can have written to it before."""
    known = {str(reason.table) for reason in back.reversal.reasons if reason.kind == "destroyed"}
    for step in back.steps:
        for loss in step.listed.destroys:
            if str(loss.table) not in known:
                column = f".{loss.column}" if loss.column else ""
                yield f"{loss.kind} {loss.table.display}{column}"


def _statements(way: Way, back: Back, paint: Painter, width: int) -> Iterator[str]:
    """Give whom the statements hold up, and those with more to do than to change the catalog."""
    steps = back.steps
    told = [reason.words for reason in back.reversal.reasons]
    blocking = [lock for step in steps for lock in step.effects.locks if lock.mode.blocks_writes]
    for reads in (True, False):
        modes = {lock.table: lock.mode for lock in blocking if lock.mode.blocks_reads}
        if not reads:
            modes = {lock.table: lock.mode for lock in blocking if lock.table not in modes}
        if modes:
            tables = ", ".join(table.display for table in modes)
            yield from _wrapped(f"    holds up {blocked_by(*modes.values())}: {tables}", width)
    listed = 0
    for step in steps:
        shown = (text for text in effects_of(step) if not text.startswith(("destroys", "locks")))
        work = [text for text in shown if not any(words in text for words in told)]
        if not work:
            continue
        listed += 1
        if listed > _MOST_STATEMENTS:
            continue
        source, span = step.statement.place
        text = " ".join(step.statement.text.split())
        head = f"    {source.path}:{source.position(span.start).line}  {text}"
        yield paint(DIM, visible(head if len(head) <= width else f"{head[: width - 3]}..."))
        for text in work:
            yield from _wrapped(f"      {text}", width)
        if takes := way.takes(step):
            duration, known = takes
            yield from _wrapped(f"      takes {duration.words}: {known}", width)
    if listed > _MOST_STATEMENTS:
        rest = f"{listed - _MOST_STATEMENTS} more statements with work to do"
        yield from _wrapped(f"    and {rest}: `miglint plan --direction down` lists all", width)


def _commands(way: Way, paint: Painter, width: int) -> Iterator[str]:
    advice, commands = way.history.advice, way.history.advice.commands
    if way.forward:
        yield paint(BOLD, "to go forward")
        yield from _wrapped("  1. write a new migration that undoes it (`miglint rollback --draft`)", width)
        yield from (f"  2. {visible(line)}" for line in way.commands)
        return
    yield paint(BOLD, "to go back")
    if way.later:
        first, last = way.undone[0].id, way.undone[-1].id
        others = "1 other came later and goes" if way.later == 1 else f"{way.later} others came later and go"
        words = f"  {others} back first: the commands are for {first} to {last}"
        yield from _wrapped(words, width)
    number = 0
    if way.missing:
        number += 1
        missing = ", ".join(way.missing)
        words = f"  {number}. write and try what is missing first (`miglint rollback --draft`): {missing}"
        yield from _wrapped(words, width)
    if way.failing:
        number += 1
        words = f"  {number}. mend what fails, or replace it (`miglint rollback --draft --force`): "
        yield from _wrapped(words + ", ".join(way.failing), width)
    if advice.before_back:
        number += 1
        yield from _wrapped(f"  {number}. {advice.before_back}", width)
    if way.unlimited and advice.set_lock_timeout:
        number += 1
        words = f"limit the wait for locks, behind which {blocked_by(*way.unlimited)} queue"
        yield from _wrapped(f"  {number}. {words}: {advice.set_lock_timeout}", width)
    if way.queries and not way.forward:
        number += 1
        yield from _wrapped(f"  {number}. count the rows that make it fail, which have to be none:", width)
        yield from (line for query in way.queries for line in _pasted(query, 5))
    if preview := way.preview:
        number += 1
        yield f"  {number}. {visible(preview)}   (prints what would run)"
    for line, times in _counted(way.commands):
        number += 1
        yield f"  {number}. {visible(line)}" + (f"   ({times} times)" if times > 1 else "")
    if not way.commands:
        number += 1
        count = len(way.undone)
        yield f"  {number}. the program's own command to roll back" + (
            f", {count} times" if count > 1 else ""
        )
    if check := way.filled(commands.check):
        number += 1
        yield f"  {number}. {visible(check)}   (to look)"
    if other := way.other_command:
        yield from _wrapped(f"  or `{other}`, which needs {advice.roll_back_needs}", width)
    elif advice.roll_back_needs:
        yield from _wrapped(f"  it needs {advice.roll_back_needs}", width)
    if left := way.half_way:
        mend = way.mend
        then = f"; then `{mend}`" if mend else ""
        yield from _wrapped(f"  if it stops half-way: {left}{then}", width)
    for index in way.builds_apart:
        words = (
            f"  if the build of {index} fails, it stays as an invalid index, which has to be dropped before "
        )
        yield from _wrapped(f"{words}the next try: DROP INDEX CONCURRENTLY IF EXISTS {index}", width)
    if advice.older_program:
        yield from _wrapped(f"  the older program: {advice.older_program}", width)


def _pasted(query: str, indent: int) -> Iterator[str]:
    """Give a query to paste, in its own lines."""
    yield from (" " * indent + visible(line) for line in query.splitlines())


def _counted(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Give each line once where it comes several times in a row, with how often."""
    kept: list[tuple[str, int]] = []
    for line in lines:
        if kept and kept[-1][0] == line:
            kept[-1] = (line, kept[-1][1] + 1)
        else:
            kept.append((line, 1))
    yield from kept


def _wrapped(text: str, width: int) -> list[str]:
    indent = len(text) - len(text.lstrip())
    lines = wrapped(visible(text.lstrip()), width - indent, "  ")
    return [" " * indent + line for line in lines]


def drafts_as_text(ways: Iterable[Way], *, written: bool, options: RenderOptions = DEFAULTS) -> str:
    """Give what was drafted: the files with their gaps, and the SQL for which there is no file."""
    paint = painter(options.color)
    return "".join(
        f"{line}\n" for way in ways for draft in way.drafts for line in _of_draft(draft, written, paint)
    )


def _of_draft(draft: Drafted, written: bool, paint: Painter) -> Iterator[str]:
    if draft.kept:
        yield f"{visible(draft.files[0][0])}: there already, and kept (--force replaces it)"
        return
    if not draft.files:
        yield paint(BOLD, visible(f"{draft.migration}: {draft.why}"))
        yield from ("", *map(visible, draft.sql.splitlines()), "")
    said = "written" if written else "would be written"
    for path, text in draft.files:
        yield paint(BOLD, visible(f"{path}: {said}"))
        if not written:
            yield from ("", *map(visible, text.splitlines()), "")
    if draft.verdict:
        yield f"  with it: {draft.verdict}: {MEANINGS[draft.verdict]}"
    # What is printed says so itself.
    yield from (f"  {visible(gap)}" for gap in (draft.gaps if written else ()))
    if draft.note:
        yield visible(f"  {draft.note}")
