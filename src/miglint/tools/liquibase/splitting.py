"""Where Liquibase cuts SQL into statements: at each semicolon that is not between BEGIN and END.

It knows no dollar quotes, so a body is cut as well. Each word `END` counts, also that of `END IF`, `END LOOP`
and CASE; a word can hold dollar signs, so `$$BEGIN` is none. Quotes and comments are passed over.

Facts from its source: StringUtil.processMultiLineSQL and SimpleSqlGrammar.jj.
"""

import re

from miglint.text.lazy import expression
from miglint.text.sql import parts

_WORD = r"[A-Za-z_$\u00c0-\uffef][\w$#@]*"
_TOKEN = expression(
    rf"""--[^\r\n]* | /\*[\s\S]*?\*/ | '(?:''|[^'])*' | "(?:""|[^"])*" | `[^`\r\n]+` | \[[^0-9\]][^\]\r\n]*\]
    | (?P<word>{_WORD}(?:[\r\n\ ]*\.[\r\n\ ]*{_WORD})*) | [0-9]+ | (?P<cut>;)""",
    re.VERBOSE,
)
# Behind BEGIN and END, these make a command of it.
_COMMAND = expression(r"\s*(?:tran|trans|transaction)\b", re.IGNORECASE)


def cut_in_body(sql: str) -> int | None:
    """Give the place of the first semicolon in dollar quotes at which Liquibase cuts; None if there is none.

    How it reads a backslash depends on what follows, far away: of such SQL nothing is said.
    """
    bodies = [part for part in parts(sql) if part.kind == "body"] if "$" in sql else []
    if not bodies or "\\" in sql:
        return None
    depth = 0
    for token in _TOKEN.finditer(sql, 0, bodies[-1].end):
        word = (token["word"] or "").upper()
        if word in ("BEGIN", "END") and not _COMMAND.match(sql, token.end()):
            depth = depth + 1 if word == "BEGIN" else max(depth - 1, 0)
        elif token["cut"] and not depth:
            at = token.start()
            if any(body.start < at < body.end for body in bodies):
                return at
    return None
