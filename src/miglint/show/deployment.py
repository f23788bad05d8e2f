"""`miglint plan`: deployment plans as text for people, as Markdown for a pull request, and as JSON."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from miglint.plan import Answer, DeploymentPlan, Item
from miglint.report import DEFAULTS, RenderOptions
from miglint.text.paint import BOLD, CYAN, painter
from miglint.text.visible import visible, visible_lines
from miglint.text.wrap import wrapped

_Style = Literal["steps", "points", "boxes"]
_Lines = Iterator[str]
# An underscore inside a word is one.
_SPECIAL = re.compile(r"[*<\[\]]|(?<!\w)_|_(?!\w)")


class _Section(NamedTuple):
    title: str
    items: tuple[Item, ...]
    style: _Style


def _sections(plan: DeploymentPlan) -> Iterator[_Section]:
    found = (
        _Section("Better", plan.instead, "points"),
        _Section("Order", plan.order, "points"),
        _Section("Point of no return", plan.no_return, "points"),
        _Section("Before", plan.before, "points"),
        _Section(_way_there(plan), plan.up, "steps"),
        _Section("Then each of these is true", plan.after_up, "points"),
        _Section("Watch", plan.watch, "points"),
        _Section("Go forward again when" if plan.is_forward else "Go back when", plan.triggers, "points"),
        _Section("The way forward from trouble" if plan.is_forward else "The way back", plan.back, "steps"),
        _Section("Then each of these is true again", plan.after_back, "points"),
        _Section("Checklist", plan.checklist, "boxes"),
    )
    return (section for section in found if section.items)


def _way_there(plan: DeploymentPlan) -> str:
    """Name the section; what no order suits is said to be done only if it has to be."""
    return "The way there, if it has to be one release" if plan.in_two_releases else "The way there"


def as_markdown(plans: Iterable[DeploymentPlan]) -> str:
    """Give plans as Markdown, each under a heading of its own."""
    return "\n".join("\n".join(_markdown(plan)) + "\n" for plan in plans)


def _markdown(plan: DeploymentPlan) -> _Lines:
    yield f"## Deployment plan: {_title(plan, '`')}"
    yield ""
    yield f"**Risk: {plan.risk}.** {_marked(_sentence(plan.risk_reason))}"
    yield ""
    for label, word, because in _head(plan):
        yield f"- **{label}: {word}.**{' ' if because else ''}{_marked(because)}"
    for section in _sections(plan):
        yield ""
        yield f"### {section.title}"
        yield ""
        if _is_script(section):
            yield from ("```sql", *_script(section.items), "```")
        else:
            for number, item in enumerate(section.items, 1):
                yield from _markdown_item(item, section.style, number)


def _markdown_item(item: Item, style: _Style, number: int, depth: str = "") -> _Lines:
    mark = {"steps": f"{number}. ", "points": "- ", "boxes": "- [ ] "}[style]
    indent = depth + " " * (len(mark) if style == "steps" else 2)
    yield f"{depth}{mark}{_marked(_wanted(item))}"
    if item.code:
        yield f"{indent}```{item.language}"
        yield from (f"{indent}{line}" for line in visible_lines(item.code))
        yield f"{indent}```"
    for place, note in enumerate(item.notes, 1):
        yield from _markdown_item(note, "points", place, indent)


def _marked(text: str) -> str:
    """Keep what is a name or an error message from being taken for Markdown; code in it stays."""
    parts = re.split(r"(`[^`]*`)", visible(text))
    return "".join(part if part.startswith("`") else _SPECIAL.sub(r"\\\g<0>", part) for part in parts)


def as_text(plans: Iterable[DeploymentPlan], options: RenderOptions = DEFAULTS) -> str:
    """Give plans for people at a terminal."""
    return "\n".join("\n".join(_text(plan, options)) + "\n" for plan in plans)


def _text(plan: DeploymentPlan, options: RenderOptions) -> _Lines:
    paint, width = painter(options.color), options.width
    yield paint(BOLD, visible(_title(plan, "")))
    yield from _paragraph(f"risk {plan.risk}: {plan.risk_reason}", width, "  ")
    for label, word, because in _head(plan):
        yield from _paragraph(
            f"{label[:1].lower()}{label[1:]}: {word}{'. ' if because else ''}{because}", width, "  "
        )
    for section in _sections(plan):
        yield ""
        yield paint(CYAN, section.title)
        if _is_script(section):
            yield from (f"    {line}" for line in _script(section.items))
            continue
        for number, item in enumerate(section.items, 1):
            yield from _text_item(item, section.style, number, width, "  ")


def _text_item(item: Item, style: _Style, number: int, width: int, depth: str) -> _Lines:
    mark = {"steps": f"{number}. ", "points": "- ", "boxes": "[ ] "}[style]
    yield from _paragraph(_wanted(item), width, depth, mark)
    indent = depth + " " * len(mark)
    yield from (f"{indent}    {line}" for line in visible_lines(item.code) if item.code)
    for place, note in enumerate(item.notes, 1):
        yield from _text_item(note, "points", place, width, indent)


def _paragraph(text: str, width: int, indent: str, mark: str = "") -> _Lines:
    hanging = " " * len(mark)
    first, *rest = wrapped(visible(text), width - len(indent) - len(mark), "")
    yield f"{indent}{mark}{first}"
    yield from (f"{indent}{hanging}{line}" for line in rest)


def _title(plan: DeploymentPlan, mark: str) -> str:
    first, last = plan.migrations[0], plan.migrations[-1]
    if len(plan.migrations) == 1:
        return f"{mark}{first}{mark}"
    return f"{len(plan.migrations)} migrations, {mark}{first}{mark} to {mark}{last}{mark}"


def _head(plan: DeploymentPlan) -> Iterator[tuple[str, str, str]]:
    """Give the lines of the head: what is asked, the answer, and why."""
    number = f"{plan.statements} statement{'' if plan.statements == 1 else 's'}"
    files = ", ".join(f"`{path}`" for path in plan.files[:5])
    more = f" and {len(plan.files) - 5} more files" if len(plan.files) > 5 else ""
    yield (
        "Runs",
        f"{number} with {plan.tool}",
        _sentence(f"{files}{more}: {plan.transaction}" if files else ""),
    )
    yield "Way back", plan.verdict, " ".join(_way_back(plan))
    yield "Old code on the new schema", *_answer(plan.old_code)
    yield "New code on the old schema", *_answer(plan.new_code)


def _way_back(plan: DeploymentPlan) -> Iterator[str]:
    if plan.is_forward:
        yield 'This project writes none (`down = "off"`): this is what a new migration would reach.'
    elif not plan.has_down and plan.verdict != "nothing to undo":
        yield "None is written; this is what the draft below reaches."
    yield from (_sentence(reason) for reason in plan.verdict_reasons[:8])
    if len(plan.verdict_reasons) > 8:
        yield f"{len(plan.verdict_reasons) - 8} more reasons."


def _answer(answer: Answer) -> tuple[str, str]:
    because = list(answer.because)
    more = f"; {len(because) - 6} more" if len(because) > 6 else ""
    text = "; ".join(because[:6]) + more
    if answer.word == "yes, unless":
        return f"yes, unless {' or '.join(because[:6])}{more}", ""
    return answer.word, _sentence(text)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _wanted(item: Item) -> str:
    return f"{item.text} It must give {item.wants}:" if item.wants else item.text


def _is_script(section: _Section) -> bool:
    """Whether a section is nothing but queries that are true, which are run at once."""
    return any(item.wants == "true" for item in section.items) and section.title.startswith("Then")


def _script(items: Iterable[Item]) -> _Lines:
    for item in items:
        yield f"-- {visible(item.text)}"
        yield from (visible(line) for line in item.code.splitlines())


def as_values(plan: DeploymentPlan) -> dict[str, Any]:
    """Give the documented JSON of a plan."""
    values = plan._asdict()
    for name, value in values.items():
        if isinstance(value, Answer):
            values[name] = {"answer": value.word, "because": list(value.because)}
        elif isinstance(value, tuple) and value and isinstance(value[0], Item):
            values[name] = list(map(_item_values, value))
        elif isinstance(value, tuple):
            values[name] = list(value)
    return values


def _item_values(item: Item) -> dict[str, Any]:
    return {**item._asdict(), "notes": list(map(_item_values, item.notes))}
