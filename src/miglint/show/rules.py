"""`miglint rules` and `miglint explain`, and the pages of docs/rules: one source for all three."""

import textwrap
from collections.abc import Iterable

from miglint.rule import Bad, Example, Rule
from miglint.text.visible import to_json

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


def page(rule: Rule) -> str:
    """Give a rule's page in Markdown: its documentation, then its examples."""
    _, _, rest = rule.documentation.partition("\n")
    profile = "" if rule.profile == "safety" else " Off by default: select the profile `all`, or the rule."
    bad = [example for example in rule.examples if isinstance(example, Bad)]
    good = [example for example in rule.examples if not isinstance(example, Bad)]
    parts = [
        f"# {rule.name}",
        f"{rule.summary}.",
        f"Category `{rule.category}`, severity `{rule.severity}`, since {rule.since}.{profile}",
        rest.strip(),
        "## Reported",
        *(_example(example) for example in bad),
        *(["## Not reported", *(_example(example) for example in good)] if good else []),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _example(example: Example) -> str:
    blocks = [f"### {example.title[0].upper()}{example.title[1:]}"]
    for files, when in ((example.before, " before"), (example.files, "")):
        for path, text in (files or {}).items():
            blocks += [f"`{path}`{when}:", _code(text, path.rpartition(".")[2])]
    if example.files:
        return "\n\n".join(blocks)
    if example.history:
        blocks += ["Earlier migrations:", _sql(example.history)]
    if example.history or "-- migration" in example.sql:
        blocks.append("This migration:" if "-- migration" not in example.sql else "These migrations:")
    blocks.append(_sql(example.sql))
    if isinstance(example, Bad) and example.fixed:
        blocks += ["Instead:", _sql(example.fixed)]
    return "\n\n".join(blocks)


def _sql(text: str) -> str:
    return _code(text, "sql")


def _code(text: str, language: str) -> str:
    lines = textwrap.dedent(text.removeprefix("\n")).strip().splitlines()
    shown = [line.partition(_EXPECTATION)[0].rstrip() for line in lines]
    return f"```{language}\n" + "\n".join(shown) + "\n```"
