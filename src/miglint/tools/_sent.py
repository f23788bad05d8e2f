"""What psql takes out of a script before the server sees it, and a tool that sends the text does not."""

import re
from collections.abc import Iterator

from miglint.model.irregularity import RefusedFile
from miglint.model.migration import History, Script, TransactionMode
from miglint.model.source import Span
from miglint.project.dialects import POSTGRES
from miglint.text.sql import blanked
from miglint.tools._tool import Tool

# A string, compiled at first use: few scripts hold the word.
_COPY = r"(?i)(?:\A|;)\s*(?P<copy>COPY\b[^;]*?\bFROM\s+STDIN\b)"


def unsendable(history: History, tool: Tool) -> Iterator[RefusedFile]:
    """Give what the server refuses because the tool sends it: rows below a COPY, a byte order mark."""
    if history.dialect != POSTGRES or not (tool.copy_fails or tool.mark_fails):
        return
    seen: set[str] = set()
    for migration in history.migrations:
        for script in migration.scripts:
            source = script.source
            if tool.mark_fails and source.marked and source.path not in seen:
                seen.add(source.path)
                message = (
                    f"a byte order mark begins the file: {tool.title} sends it, and the server refuses it"
                )
                help_text = "save the file without a byte order mark"
                yield RefusedFile(source.files[0], message, help_text, Span(0, 0), migration.id)
            span = _copy(script) if tool.copy_fails else None
            if span is not None:
                file, place = source.place(span)
                message = f"{tool.title} cannot send rows to COPY: the rows below it go to the server as SQL"
                help_text = "write the rows as INSERT, or load them with psql outside the migrations"
                yield RefusedFile(file, message, help_text, place, migration.id)


def _copy(script: Script) -> Span | None:
    """Give the place of the first COPY that waits for rows, unless the script is left to psql."""
    sql = script.sql
    if script.mode is TransactionMode.SCRIPT or not ("STDIN" in sql or "stdin" in sql):
        return None
    found = re.search(_COPY, blanked(sql))
    return found and Span(script.span.start + found.start("copy"), script.span.start + found.end())
