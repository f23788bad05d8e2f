"""What a tool fills in before the server sees it, as findings name it.

A message names tables without a schema that is filled in. SQL for a migration holds the placeholder as the
files do, for there the tool fills it in. What people run by hand holds a plain word, and says what for.
"""

import re
from collections.abc import Iterator, Mapping

from miglint.model import DEFAULT_SCHEMA
from miglint.text.lazy import expression

_WORD = expression(r"\w+")
_SCHEMA = expression(r"\b(\w+)\.(?=[\w\"])")
_WHOLE = expression(r"\$\{[^{}]*\}|\{\{[^{}]*\}\}|[:$]\w+|:\"\w+\"")
_IDENTIFIER = expression(r"[A-Za-z]\w*")
_HOME = expression(rf"\b{DEFAULT_SCHEMA}(?=\.[\w\"])")
_STEP = expression(r"-- (?:and |each )?(?:by hand|in|only|then)\b")
_BY_HAND = ("-- by hand", "pg_dump")


def message_as_written(message: str, placeholders: Mapping[str, str]) -> str:
    """Name what a message is about as the files do, without a schema that is filled in."""

    def schema(found: "re.Match[str]") -> str:
        return "" if _WHOLE.fullmatch(placeholders.get(found[1], "")) else found.group()

    return _written(_SCHEMA.sub(schema, message), placeholders)


def help_as_written(text: str, placeholders: Mapping[str, str], home: str = "") -> str:
    """Write a help as the files would have it, and what runs by hand so that it can run there.

    `home` is what the files have for the schema that names without one are in.
    """
    if home:
        text = _HOME.sub(lambda _: home, text)
    lines: list[str] = []
    for head, rest in _steps(_written(text, placeholders)):
        step = "\n".join((*head, *rest))
        by_hand = step.startswith(_BY_HAND)
        filled = (each for each in (*placeholders.values(), home) if each and each in step)
        used = {each: _plain(each) for each in filled} if by_hand else {}
        lines += head
        lines += [f"-- put the value of {written} in place of {word}" for written, word in used.items()]
        lines += [_with(line, used) for line in rest]
    return "\n".join(lines)


def _steps(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Cut a help into steps: the line that says where each runs, and the others."""
    head: list[str] = []
    rest: list[str] = []
    for line in text.split("\n"):
        is_step = _STEP.match(line) is not None
        if is_step or line.startswith(_BY_HAND):
            yield head, rest
            head, rest = ([line], []) if is_step else ([], [line])
        else:
            rest.append(line)
    yield head, rest


def _written(text: str, placeholders: Mapping[str, str]) -> str:
    return _WORD.sub(lambda word: placeholders.get(word.group(), word.group()), text)


def _plain(written: str) -> str:
    """Make a word of a placeholder: "namespace" of `{{ index .Options "Namespace" }}`."""
    words = [word.lower() for word in _IDENTIFIER.findall(written)] or ["name"]
    return words[-1] if _WHOLE.fullmatch(written) else "_".join(words)


def _with(line: str, used: Mapping[str, str]) -> str:
    for written, word in used.items():
        line = line.replace(written, word)
    return line
