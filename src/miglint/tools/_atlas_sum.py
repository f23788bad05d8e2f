"""atlas.sum: the hashes that Atlas keeps of a folder of migrations, its own or another tool's.

Facts from its source: sql/migrate/dir.go (the sum) and sql/sqltool/tool.go (which files, by format).
"""

import re
from collections.abc import Sequence

from miglint.model.irregularity import Irregularity, StaleChecksum
from miglint.model.migration import Problem
from miglint.model.source import Source, Span
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression

SUM = "atlas.sum"
_LINE = expression(r"^(.+?) h1:(\S*)[ \t\r]*$", re.MULTILINE)
_IGNORED = expression(r"\A[ -~]*atlas:sum +ignore(?:\n|\Z)")
_HELP = "`atlas migrate hash` writes it again; first look at what has changed"


def stale(folder: Folder, files: Files) -> list[Irregularity]:
    """Compare atlas.sum with the files beside it; empty where they fit, or where there is none.

    Each hash covers the names and contents of all files up to its own. Of pairs, the format for
    golang-migrate covers the up files only, the others all files.
    """
    if not folder.has(SUM):
        return []
    listing = files.read(folder.file(SUM))
    if isinstance(listing, Problem):
        return []
    only_ups = bool(folder.ending(".up.sql", ".down.sql")) and ".down.sql h1:" not in listing.text
    return _compared(listing, folder, folder.ending(".up.sql" if only_ups else ".sql"), files)


def _compared(listing: Source, folder: Folder, names: Sequence[str], files: Files) -> list[Irregularity]:
    from base64 import b64encode
    from hashlib import sha256

    lines = {line[1]: line for line in _LINE.finditer(listing.text)}
    running = sha256()
    for name in names:
        source = files.read(folder.file(name))
        if isinstance(source, Problem):
            return []
        running.update(name.encode("utf-8", "replace"))
        if _IGNORED.match(source.text):
            continue
        running.update(b"\xef\xbb\xbf" if source.marked else b"")
        running.update(source.text.encode("utf-8", "replace"))
        line = lines.pop(name, None)
        if line is None:
            message = f"{name} is not in {SUM}: Atlas refuses to run anything"
            return [StaleChecksum(listing, message, _HELP, Span(0, len(listing.line(1))))]
        if line[2] != b64encode(running.digest()).decode():
            message = f"the hash of {name} in {SUM} does not match: Atlas refuses to run anything"
            return [StaleChecksum(listing, message, _HELP, Span(*line.span()))]
    for name, line in lines.items():
        if name.endswith(".sql"):
            message = f"{SUM} lists {name}, which does not exist: Atlas refuses to run anything"
            return [StaleChecksum(listing, message, _HELP, Span(*line.span()))]
    return []
