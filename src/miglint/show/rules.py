"""`miglint rules` and `miglint explain`, and the pages of docs/rules: one source for all three."""

import textwrap
from collections.abc import Collection, Iterable

from miglint.model import Name, TransactionMode
from miglint.rule import Bad, Example, Rule
from miglint.text.visible import to_json

_SEPARATOR = "-- migration"
_EXPECTATION = "  -- expect: "


def list_text(rules: Iterable[Rule]) -> str:
    """Give one line per rule, grouped by category."""
    ordered = sorted(rules, key=lambda rule: (rule.category, rule.name))
    width = max((len(rule.name) for rule in ordered), default=0)
    lines: list[str] = []
    category = ""
    for rule in ordered:
        if rule.category != category:
            category = rule.category
            lines += ["", category] if lines else [category]
        off = "" if rule.profile == "safety" else " (off by default)"
        lines.append(f"  {rule.name:<{width}}  {rule.severity!s:<7}  {rule.summary}{off}")
    return "\n".join(lines) + "\n"


def list_json(rules: Iterable[Rule]) -> str:
    """Give the rules as JSON."""
    rows = [
        {
            "name": rule.name,
            "category": rule.category,
            "severity": str(rule.severity),
            "confidence": str(rule.confidence),
            "profile": rule.profile,
            "summary": rule.summary,
            "since": rule.since,
        }
        for rule in sorted(rules, key=lambda rule: rule.name)
    ]
    return to_json({"version": 1, "rules": rows})


def page(rule: Rule, dialects: Collection[str]) -> str:
    """Give a rule's page in Markdown: its documentation, then its examples for some databases."""
    _, _, rest = rule.documentation.partition("\n")
    switch = f'`select = ["safety", "{rule.name}"]`, or `["all"]`, switches it on'
    off = "" if rule.profile == "safety" else f" Off by default: {switch}."
    shown = [example for example in rule.examples if example.dialect in dialects]
    bad = [example for example in shown if isinstance(example, Bad)]
    good = [example for example in shown if not isinstance(example, Bad)]
    parts = [
        f"# {rule.name}",
        f"{rule.summary}.",
        f"Category `{rule.category}`, severity `{rule.severity}`, since {rule.since}.{off}",
        rest.strip(),
        "## Reported",
        _USUAL if any(example.mode in _MODES for example in rule.examples) else "",
        *(_example(example) for example in bad),
        *(["## Not reported", *(_example(example) for example in good)] if good else []),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _example(example: Example) -> str:
    blocks = [f"### {_capital(example.title)}"]
    for files, when in ((example.before, " before"), (example.files, "")):
        for path, text in (files or {}).items():
            blocks += [f"`{path}`{when}:", _code(text, path.rpartition(".")[2])]
    if example.files:
        return "\n\n".join(blocks)
    if example.history:
        blocks += ["Earlier migrations:", _sql(example.history)]
    several = _SEPARATOR in example.sql
    blocks += _conditions(example)
    if several:
        blocks.append(f"These migrations, separated by lines `{_SEPARATOR}`:")
    elif example.history:
        blocks.append("This migration:")
    blocks.append(_sql(example.sql))
    if example.down is not None:
        blocks += ["Its down script:", _sql(example.down)]
    if isinstance(example, Bad) and example.fixed:
        blocks += ["Instead:", _sql(example.fixed)]
    return "\n\n".join(blocks)


def _conditions(example: Example) -> list[str]:
    """Say what holds for an example besides its SQL, where that is not the usual."""
    said = [_MODES[example.mode]] if example.mode in _MODES else []
    for key, value in example.settings:
        said.append(f"with `{key} = {_as_toml(value)}`")
    if example.has_downs and example.down is None:
        said.append("other migrations have down scripts, this one has none")
    return [f"{_capital('; '.join(said))}."] if said else []


_USUAL = (
    "Where an example does not say otherwise, the tool sends all statements of a file in one transaction."
)
_MODES = {
    TransactionMode.PER_MIGRATION: "the tool runs each migration between BEGIN and COMMIT",
    TransactionMode.PER_RUN: "the tool runs all pending migrations in one transaction",
    TransactionMode.PER_STATEMENT: "the tool sends each statement by itself, which commits it",
    TransactionMode.SCRIPT: "psql runs the file: each statement outside a BEGIN commits by itself",
}


def _as_toml(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Name):
        return f'"{value.display}"'
    if isinstance(value, tuple | list | frozenset | set):
        return f"[{', '.join(sorted(map(_as_toml, value)))}]"
    return str(value)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sql(text: str) -> str:
    return _code(_aligned(text), "sql")


def _aligned(text: str) -> str:
    """Begin each statement at the margin: examples share some of them, which stand deeper in their module."""
    lines: list[str] = []
    margin, begins, in_body = 0, True, False
    for line in text.splitlines():
        if begins and line.strip():
            margin = len(line) - len(line.lstrip())
        lines.append(line[margin:] if not line[:margin].strip() else line.lstrip())
        in_body ^= line.count("$$") % 2 == 1
        code = line.partition(_EXPECTATION)[0].strip()
        begins = not in_body and ((begins and not code) or code.endswith(";") or code.startswith("--"))
    return "\n".join(lines)


def _code(text: str, language: str) -> str:
    lines = textwrap.dedent(text.removeprefix("\n")).strip().splitlines()
    shown = [line.partition(_EXPECTATION)[0].rstrip() for line in lines]
    return f"```{language}\n" + "\n".join(shown) + "\n```"
