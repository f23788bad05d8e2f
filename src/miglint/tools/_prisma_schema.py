"""The database that a Prisma schema is for: `datasource db { provider = "postgresql" }`."""

# A `//` inside a string is text, so strings are tokens of their own. Newlines end a property.
_TOKEN = r"""(?P<space>[\p{Zs}\t\ufeff]+)
      | (?P<newline>\r\n|\n|\r)
      | (?P<comment>//[^\r\n]*|/\*(?s:.*?)(?:\*/|\Z))
      | "(?P<string>(?:\\.|[^"\\\x00-\x1f])*)"
      | (?P<word>[A-Za-z0-9][\w-]*)
      | (?P<sign>.)"""


def datasource_provider(schema: str) -> str | None:
    """Give the provider of the schema's datasource block; None if it has none, or takes it from env().

    Source of the grammar: prisma-engines, psl/schema-ast/src/parser/datamodel.pest.
    """
    import regex  # 18 ms, and only a project without a lock file needs it

    depth = 0
    line: list[str] = []
    block = ""
    for token in regex.finditer(_TOKEN, schema, regex.VERBOSE):
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
