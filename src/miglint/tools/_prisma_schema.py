"""The database that a Prisma schema is for: `datasource db { provider = "postgresql" }`."""

import re

# A `//` inside a string is text, so strings are tokens of their own. Newlines end a property.
# Blank are the characters of Unicode's class Zs, and the tab.
_TOKEN = re.compile(
    r"""(?P<space>[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff]+)
      | (?P<newline>\r\n|\n|\r)
      | (?P<comment>//[^\r\n]*|/\*(?s:.*?)(?:\*/|\Z))
      | "(?P<string>(?:\\.|[^"\\\x00-\x1f])*)"
      | (?P<word>[A-Za-z0-9][\w-]*)
      | (?P<sign>.)""",
    re.VERBOSE,
)


def datasource_provider(schema: str) -> str | None:
    """Give the provider of the schema's datasource block; None if it has none, or takes it from env().

    Source of the grammar: prisma-engines, psl/schema-ast/src/parser/datamodel.pest.
    """
    depth = 0
    line: list[str] = []
    block = ""
    for token in _TOKEN.finditer(schema):
        kind = token.lastgroup
        if kind in ("space", "comment"):
            continue
        if kind == "newline":
            line = []
            continue
        if kind == "string":
            if block == "datasource" and line == ["provider", "="]:
                return str(token["string"])
            line.append('"')
            continue
        text = token.group()
        if text == "{":
            depth += 1
            if depth == 1:
                block = line[0] if line else ""
                line = []
                continue
        elif text == "}":
            depth = max(depth - 1, 0)
            block = block if depth else ""
            line = []
            continue
        line.append(text)
    return None
