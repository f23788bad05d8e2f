"""Whether the comments of a script say something that a person wrote."""

import re

# Strings, which `re` compiles when they are first used: most runs see no down script.
_COMMENT = r"(?s)--([^\n]*)|/\*(.*?)\*/"
# What tools write into a new down script, and what speaks to a tool.
_TEMPLATES = (
    r"(?i)should undo anything in|add down migration script here|undo the change goes here"
    r"|down migrate statements here|could not auto-generate a down migration|add ddls here"
    r"|\bput your down migration\b|write your (?:down|rollback)|replace with your sql commands"
)
_TO_A_TOOL = (
    r"(?i)^\W*(?:miglint:|atlas:|liquibase|\+goose|\+mi[cg]rate|migrate:|//\s*@"
    r"|(?:deploy|revert|verify) \S+:\S+)|^\W*(?:up|down) migration\W*$"
)


def explains(text: str) -> bool:
    """Tell whether a comment in the SQL has words of its own: no template, no directive, no SQL put aside.

    A string that holds two dashes can be taken for a comment; then nothing is said about the script.
    """
    if re.search(_TEMPLATES, text):
        return False
    return any(
        _is_prose(line)
        for comment in re.finditer(_COMMENT, text)
        for line in (comment[1] or comment[2] or "").splitlines()
    )


def has_code(text: str) -> bool:
    """Tell whether anything but comments, blanks and semicolons stands in the SQL."""
    return bool(re.sub(_COMMENT, "", text).strip("; \t\r\n"))


def _is_prose(line: str) -> bool:
    words = re.findall(r"[^\W\d_]{2,}", line)
    return bool(words) and not line.rstrip().endswith(";") and not re.search(_TO_A_TOOL, line)
