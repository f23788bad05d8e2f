"""Reports for the tests: SQL text with «marks» around what a finding points at."""

import re

from miglint.model import (
    Confidence,
    Diagnostic,
    Edit,
    Finding,
    Fix,
    Name,
    NotAnalysed,
    Related,
    Report,
    RuleInfo,
    Severity,
    Source,
    Span,
)

INDEX_RULE = RuleInfo(
    name="blocking-index-build",
    category="locks",
    summary="Index build that blocks writes to a live table.",
    help="Index build that blocks writes to a live table.\n\n"
    "`CREATE INDEX` holds a SHARE lock until the build ends:\nreads go on, writes wait.\n\n"
    "Build it CONCURRENTLY, in a migration that runs outside a transaction.",
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    url="https://example.org/rules/blocking-index-build",
)
UPDATE_RULE = RuleInfo(
    name="unbounded-update",
    category="backfill",
    summary="UPDATE of all rows in one statement.",
    help="",
    severity=Severity.WARNING,
    confidence=Confidence.MEDIUM,
)
HELP = """\
build it concurrently, in a migration of its own:
  CREATE INDEX CONCURRENTLY orders_status
    ON orders (status);"""


def marked(text: str, path: str = "migrations/2.sql") -> tuple[Source, list[Span]]:
    """Give the source without its marks, and the spans that they surround, in their order."""
    spans, opened = [], 0
    for earlier, mark in enumerate(re.finditer("[«»]", text)):
        at = mark.start() - earlier
        if mark[0] == "«":
            opened = at
        else:
            spans.append(Span(opened, at))
    return Source(path, re.sub("[«»]", "", text)), spans


def diagnostic(
    text: str,
    *,
    path: str = "migrations/2.sql",
    rule: str = "blocking-index-build",
    severity: Severity = Severity.ERROR,
    message: str = "index build blocks writes to orders until it ends",
    help: str = "",
    also: tuple[str, ...] = (),
    related: tuple[Related, ...] = (),
    fix: Fix | None = None,
    tables: tuple[Name, ...] = (),
    suppressed: str | None = None,
) -> Diagnostic:
    """Make a finding at the first mark; `also` are the labels of the marks that follow."""
    source, (span, *others) = marked(text, path)
    related += tuple(Related(other, label) for other, label in zip(others, also, strict=True))
    return Diagnostic(
        rule=rule,
        category="locks",
        severity=severity,
        confidence=Confidence.HIGH,
        finding=Finding(span, message, help=help, related=related, fix=fix, tables=tables),
        source=source,
        statement=span,
        migration="2",
        direction="up",
        fingerprint="f00d",
        suppressed=suppressed,
    )


def report(*diagnostics: Diagnostic, not_analysed: tuple[NotAnalysed, ...] = ()) -> Report:
    """Make a report of one history."""
    return Report(
        diagnostics,
        rules=(UPDATE_RULE, INDEX_RULE),
        not_analysed=not_analysed,
        histories=1,
        migrations=12,
        statements=80,
        version="0.1.0",
    )


INDEX = diagnostic(
    "-- a comment\n«CREATE INDEX orders_status ON orders (status)»;\n"
    "«ALTER TABLE orders ADD COLUMN note text»;\n",
    help=HELP,
    also=("the lock is still held here",),
    fix=Fix("Add CONCURRENTLY", (Edit.insert(25, " CONCURRENTLY"),)),
    tables=(Name("public", "orders"),),
)
UPDATE = diagnostic(
    "SELECT 1;\n«UPDATE orders\n   SET status = 'new'\n»;\n",
    path="migrations/3 b.sql",
    rule="unbounded-update",
    severity=Severity.WARNING,
    message="UPDATE writes every row of orders",
)
HIDDEN = diagnostic("«DROP TABLE old»", path="migrations/4.sql", suppressed="nobody reads it")
NOTE = diagnostic(
    "«SELECT 2»", path="migrations/5.sql", rule="other", severity=Severity.NOTE, message="only a note"
)
GAP = NotAnalysed("migrations/6.sql", 9, 14, 'syntax error at or near "foo"')
FULL = report(INDEX, UPDATE, HIDDEN, NOTE, not_analysed=(GAP,))
