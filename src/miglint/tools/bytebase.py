"""
Bytebase GitOps: files that fit the `--file-pattern` of bytebase-action, in the order of their versions.

A version is what a name begins with, `1.2.10` or `v2`; its parts are compared as numbers. Statements are sent
in one transaction, except CREATE and DROP INDEX CONCURRENTLY, VACUUM and DROP DATABASE, which follow after
it; `-- txn-mode = off` in the first line turns it off. Down migrations are not kept in files.

Facts from its source: plugin/db/pg/pg.go (transactions) and action/README.md (names).
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from miglint.model.irregularity import DuplicateVersion, Irregularity
from miglint.model.migration import Advice, Direction, History, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder, join
from miglint.project.globs import fits
from miglint.text.lazy import expression
from miglint.text.sql import blanked
from miglint.tools._numbering import Stem
from miglint.tools._places import FileText, Place, Written, each, in_root, one_way, without_downs
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_VERSION = expression(r"[vV]?(\d+(?:\.\d+)*)")
_PATTERN = expression(
    r"(?:--file-pattern[= ]+|FILE_PATTERN\s*[:=]\s*|file-pattern\s*:\s*)[\"']?([^\s\"'\\$]+)"
)
_PIPELINES = (".gitlab-ci.yml", "bitbucket-pipelines.yml", "azure-pipelines.yml", "Jenkinsfile")
_OFF = expression(r"\A\s*--\s*txn-mode\s*=\s*off\s*$", re.IGNORECASE | re.MULTILINE)
_ALONE = expression(
    r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\b|DROP\s+INDEX\s+CONCURRENTLY\b|DROP DATABASE\b"
    r"|(?:\A|;)\s*VACUUM\b",
    re.IGNORECASE,
)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a pipeline that gives its files to bytebase-action."""
    own = next((name for name in folder.ending(".sql") if _VERSION.match(name)), None)
    if own is None:
        return None
    for root in files.upward(folder.path)[1:]:
        path = files.full(folder.file(own))[len(root) + 1 :].replace("\\", "/")
        for pipeline in _pipelines(files.folder(root), files):
            text = files.beginning(pipeline)
            if "bytebase" not in text.lower():
                continue
            for pattern in _PATTERN.findall(text):
                if fits(pattern, path):
                    return Evidence(Rank.PROJECT, f"`{pattern}` for Bytebase in {files.shown(pipeline)}")
    return None


def _pipelines(root: Folder, files: Files) -> Iterator[str]:
    if ".github" in root.folders:
        workflows = files.folder(join(root.file(".github"), "workflows"))
        yield from map(workflows.file, workflows.ending(".yml", ".yaml"))
    yield from (root.file(name) for name in _PIPELINES if root.has(name))


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their versions."""
    found = sorted(
        (tuple(int(part[:200]) for part in match[1].split(".")), name)
        for name in folder.ending(".sql")
        if (match := _VERSION.match(name))
    )
    odd: list[Irregularity] = []
    for (version, other), (number, name) in pairwise(found):
        if version == number:
            message = (
                f"version {'.'.join(map(str, number))} is taken by {other}: Bytebase refuses the release"
            )
            source = Source(files.shown(folder.file(name)), "")
            why = "give it a version of its own"
            odd.append(DuplicateVersion(source, message, why, migration=name[: -len(".sql")]))
    order = [MigrationFiles(name[: -len(".sql")], folder.file(name)) for _, name in found]
    reading = read_migrations(files, order, _wrap)
    return reading.history(
        tool.name, files.shown(folder.path), dialect_of(folder, files, reading.texts()), _ADVICE, odd
    )


def _wrap(_: MigrationFiles, _direction: Direction, source: Source) -> Wrapping:
    each = TransactionMode.PER_STATEMENT
    if _OFF.match(source.line(1)):
        return Wrapping(each, "`txn-mode = off`: Bytebase sends the statements one by one")
    if _ALONE.search(blanked(source.text)):
        return Wrapping(
            each, "Bytebase runs such statements on their own, after the transaction with the rest"
        )
    return Wrapping(TransactionMode.PER_MIGRATION, "Bytebase runs each file in a transaction")


_ADVICE = Advice(
    has_downs=False,
    down_file="a file that does not fit the pattern, which Bytebase does not run",
    without_down="Bytebase has no down migrations in files: only SQL by hand, or a new file, undoes one",
    set_lock_timeout="begin each file with `SET lock_timeout = '5s';`",
    run_outside_transaction="begin the file with `-- txn-mode = off`",
)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...]:
    text = ("-- txn-mode = off\n" if written.outside else "") + written.ups.body
    return one_way(in_root(history, f"{stem.text}.sql"), text, written, history)


tool = Tool(
    name="bytebase",
    title="Bytebase",
    recognise=recognise,
    read=read,
    place=Place(down=without_downs, new=each(_place_new, dots=".")),
)
