"""The clauses of an UPDATE or DELETE as SQL: what batches of it have to repeat."""

from typing import NamedTuple

from miglint.model import Delete, Update, quote
from miglint.text.tokens import Token, tokens

_LONG = 200


class Clauses(NamedTuple):
    """The parts of a change as SQL on one line; `...` stands for a part that people have to fill in.

    `start` is all up to its SET or WHERE; `own` is what its table is called in it; `sources` are the other
    relations that FROM or USING names; `values` follow SET, and `where` is in brackets if it needs them.
    """

    start: str
    own: str
    target: str
    values: str
    sources: str = ""
    where: str = ""

    @property
    def head(self) -> str:
        """All of the statement that stands before its WHERE."""
        if self.start.endswith("DELETE FROM"):
            return f"{self.start} {self.target}" + (f" USING {self.sources}" if self.sources else "")
        given = f" FROM {self.sources}" if self.sources else ""
        return f"{self.start} {self.target} SET {self.values}{given}"

    @property
    def qualifier(self) -> str:
        """What stands before a column of the table where another relation may have it as well."""
        return f"{self.own}." if self.sources else ""


def clauses_of(change: Update | Delete, text: str, *, in_block: bool = False) -> Clauses:
    """Take an UPDATE or DELETE apart; its values and condition are left out where they may use variables."""
    columns = change.columns if isinstance(change, Update) else ()
    unknown = ", ".join(f"{quote(column)} = ..." for column in columns)
    verb = "update" if isinstance(change, Update) else "delete"
    start = "UPDATE" if isinstance(change, Update) else "DELETE FROM"
    condition = "" if change.filter.absent or change.filter.tautology else "..."
    found = _split(text, verb, change.table.name)
    if found is None:
        return Clauses(start, change.table.sql, change.table.sql, unknown, where=condition)
    if "with" in found:
        start = f"WITH ... {start}"
    where = found.get("where", [])
    if condition:
        condition = "..." if in_block else _line(text, where)
        condition = f"({condition})" if _has_or(where) else condition
    values = "..." if in_block else _line(text, found.get("set", []))
    alias = found["alias"]
    target = f"ONLY {change.table.sql}" if "only" in found else change.table.sql
    target = f"{target} AS {alias[0].text}" if alias else target
    return Clauses(
        start,
        alias[0].text if alias else quote(change.table.name),
        target,
        unknown if values == "..." else values,
        _line(text, found["from"]) if "from" in found else "",
        condition,
    )


def _split(text: str, verb: str, table: str) -> dict[str, list[Token]] | None:
    """Give the tokens after each keyword of the change, and its alias; None if the text is another one."""
    found: dict[str, list[Token]] = {}
    part: list[Token] | None = None
    depth, before = 0, ""
    for token in tokens(text):
        word = token.text if token.kind in ("word", "mark") else ""
        depth -= word in (")", "]")
        if depth == 0 and (key := _clause(word, verb, before, found)):
            part = found[key] = []
        elif part is not None and word != ";":
            part.append(token)
        depth += word in ("(", "[")
        before = word
    named = found.pop(verb, [])
    if named and named[0].text == "only":
        found["only"] = []
    named = [token for token in named if token.text not in ("only", "*", "as", "(", ")")]
    names: list[Token] = []
    while named and (not names or named[0].text == "." or names[-1].text == "."):
        names.append(named.pop(0))
    if not names or names[-1].text.strip('"').replace('""', '"') != table or len(named) > 1:
        return None
    return {**found, "alias": named}


def _clause(word: str, verb: str, before: str, found: dict[str, list[Token]]) -> str:
    """Give the clause that a word begins; "" if it begins none."""
    if verb not in found:
        return word if word == verb or (word == "with" and not before) else ""
    if word == "from" and verb == "delete":
        return verb if before == verb else ""
    if word == "using" or (word == "from" and before != "distinct"):
        return "from"
    return word if word in ("set", "where", "returning") else ""


def _line(text: str, found: list[Token]) -> str:
    """Write tokens on one line, `...` where that is long or would end the block around it."""
    parts: list[str] = []
    for before, token in zip([None, *found], found, strict=False):
        apart = before is not None and token.start > before.end
        parts.append((" " if apart else "") + text[token.start : token.end])
    line = "".join(parts)
    return "..." if not line or len(line) > _LONG or "\n" in line or "$$" in line else line


def _has_or(condition: list[Token]) -> bool:
    depth = 0
    for token in condition:
        if token.kind == "mark":
            depth += (token.text in "([") - (token.text in ")]")
        elif depth == 0 and token.kind == "word" and token.text == "or":
            return True
    return False
