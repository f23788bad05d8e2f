"""Go templates whose conditions ask for the database: one branch stays, at equal length."""

from miglint.text.layout import blank
from miglint.text.lazy import expression
from miglint.text.placeholders import GO_TEMPLATE, filler

_ACTION = expression(r"\{\{-?\s*(?P<word>if|else\s+if|else|end|range|with)?\b\s*(?P<of>[^{}\n]*?)\s*-?\}\}")
_FILL = filler(GO_TEMPLATE)


def rendered(text: str, holds: str) -> str:
    """Give the text with the branches of `{{ if .IsX }}` that do not hold blank, and other actions as words.

    `holds` is the one condition of this kind that holds (`.IsPostgreSQL`). A condition that asks for
    something else counts as true, so its `else` as false.
    """
    if "{{" not in text:
        return text
    parts: list[str] = []
    # Of each open block: whether its present branch stays, and whether one has stayed before.
    open_: list[tuple[bool, bool]] = []
    at = 0
    for action in _ACTION.finditer(text):
        word = " ".join((action["word"] or "").split())
        if not word:
            continue
        before = text[at : action.start()]
        parts.append(before if all(stays for stays, _ in open_) else blank(before))
        parts.append(blank(action.group()))
        at = action.end()
        if word in ("if", "range", "with"):
            stays = _is_true(action["of"], holds)
            open_.append((stays, stays))
        elif open_ and word == "end":
            open_.pop()
        elif open_:
            _, has_stayed = open_.pop()
            stays = not has_stayed and (word == "else" or _is_true(action["of"], holds))
            open_.append((stays, has_stayed or stays))
    rest = text[at:]
    parts.append(rest if all(stays for stays, _ in open_) else blank(rest))
    return _FILL("".join(parts))


def _is_true(condition: str, holds: str) -> bool:
    """Evaluate `.IsX`, `not .IsX`, `or .IsX .IsY` and `and`."""
    words = condition.replace("(", " ").replace(")", " ").split()
    asked = [word for word in words if word.startswith(".Is")]
    if not asked:
        return True
    if words[0] == "not":
        return asked[0] != holds
    return all(word == holds for word in asked) if words[0] == "and" else holds in asked
