"""What a rule reports. A finding that cannot be rendered cannot be built."""

from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

from miglint.model.names import Name
from miglint.model.sizes import Size
from miglint.model.source import Source, Span


class Severity(IntEnum):
    """How bad it is on a live table.

    ERROR: an outage, a failed deploy or lost data is the normal outcome.
    WARNING: it needs care. NOTE: good to know.
    """

    NOTE = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


class Confidence(IntEnum):
    """How sure the rule is.

    HIGH: certain from the history and what the server does; a table in use is taken to have rows.
    MEDIUM: it depends on the rows, or on code and settings that are not seen.
    LOW: the history does not tell what the statement is about: the table, the old type, a function.
    """

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    def __str__(self) -> str:
        return self.name.lower()


class Edit(NamedTuple):
    """Replace the characters `start` to `end` of the finding's source with `text`."""

    start: int
    end: int
    text: str

    @staticmethod
    def insert(at: int, text: str) -> "Edit":
        """Make an edit that only inserts."""
        return Edit(at, at, text)


class Fix(NamedTuple):
    """The edits that mend a finding; `safe` when they cannot change what the migration means."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False


class Related(NamedTuple):
    """Another place that explains the finding."""

    span: Span
    message: str
    source: Source | None = None


class Listed(NamedTuple):
    """The message of several findings as one: `before`, the `item` of each, `after`.

    `others` are further items of one finding, such as the tables that one statement drops.
    """

    before: str
    item: str
    after: str
    others: tuple[str, ...] = ()


class Removed(NamedTuple):
    """What queries can no longer name after a statement.

    `kind` is column, table, view, type, value, function, sequence or schema; `inside` is the table of a
    column or the type of a value.
    """

    kind: str
    name: str
    inside: str = ""


class _Fields(NamedTuple):
    span: Span
    message: str
    help: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None
    tables: tuple[Name, ...] = ()
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    source: Source | None = None
    cause: str = ""
    listed: Listed | None = None
    removes: tuple[Removed, ...] = ()
    rows_query: str = ""


class Finding(_Fields):
    """What a rule yields: where, what, and what to do instead.

    `message` is one line without a full stop: a line break, such as a quoted name can have, is written out.
    `help` may have several lines and shows the form to use with the user's own names.
    `severity` and `confidence` override the rule's when given.
    `source` overrides the statement's, for findings about a whole history.
    `cause` is the same for findings that one thing has caused, where the rule puts those together.
    `listed` is what they say as one; without it the first speaks, and says how many there are.
    `removes` are names that code may still use, to be looked for there; `rows_query` finds the rows on which
    the statement would fail.
    """

    __slots__ = ()

    def __new__(
        cls,
        span: Span,
        message: str,
        *,
        help: str = "",
        severity: Severity | None = None,
        confidence: Confidence | None = None,
        tables: tuple[Name, ...] = (),
        related: tuple[Related, ...] = (),
        fix: Fix | None = None,
        source: Source | None = None,
        cause: str = "",
        listed: Listed | None = None,
        removes: tuple[Removed, ...] = (),
        rows_query: str = "",
    ) -> "Finding":
        """Refuse a finding that cannot be rendered."""
        if not message:
            raise ValueError("a finding has to say something")
        message = message.replace("\n", "\\n")
        if span.start < 0 or span.end < span.start:
            raise ValueError(f"impossible span {span}")
        edits = sorted(fix.edits) if fix else []
        if any(a.end > b.start for a, b in pairwise(edits)):
            raise ValueError("the edits of a fix overlap")
        return super().__new__(
            cls,
            span,
            message,
            help,
            severity,
            confidence,
            tables,
            related,
            fix,
            source,
            cause,
            listed,
            removes,
            rows_query,
        )

    @property
    def advice(self) -> str:
        """The help, with the query to be run before the deploy."""
        if not self.rows_query:
            return self.help
        # Of the statement and not of the help above, which may be a CHECK that is NOT VALID.
        found = "-- before the deploy, find the rows on which the statement as it stands fails:"
        counted = f"{found}\n{self.rows_query}"
        return f"{self.help}\n{counted}" if self.help else counted


class Diagnostic(NamedTuple):
    """A finding in its place: what reports print.

    `suppressed` holds the reason that the hiding comment gives ("" if none); None when nothing hides it.
    `in_baseline`: the file of known findings hides it, not a comment.
    `told`: no report has it, because another finding about the statement says it, or because the migration
    gave it before the change at hand as well.
    `group` is the same for findings of one cause, () for a finding by itself, and begins with what is
    counted; `more` are those that it stands for. `untold` are its tables that no migration makes, `sizes` how
    much its tables held, and on which day.
    """

    rule: str
    category: str
    severity: Severity
    confidence: Confidence
    finding: Finding
    source: Source
    statement: Span
    migration: str
    direction: str
    fingerprint: str
    suppressed: str | None = None
    in_baseline: bool = False
    told: bool = False
    group: tuple[str, ...] = ()
    more: "tuple[Diagnostic, ...]" = ()
    untold: tuple[str, ...] = ()
    sizes: tuple[tuple[Name, Size, str], ...] = ()


class NotAnalysed(NamedTuple):
    """Something that was not looked at, so that silence about it is not a pass."""

    path: str
    line: int
    end_line: int
    reason: str


class RuleInfo(NamedTuple):
    """What reports need to know of a rule."""

    name: str
    category: str
    summary: str
    help: str
    severity: Severity
    confidence: Confidence
    url: str = ""


class Report(NamedTuple):
    """Everything that a run found, in the order in which it is printed.

    `in_scope` counts the migrations that findings were asked for; None: all. `url` is miglint's page.
    """

    diagnostics: tuple[Diagnostic, ...]
    rules: tuple[RuleInfo, ...]
    not_analysed: tuple[NotAnalysed, ...] = ()
    histories: int = 0
    migrations: int = 0
    in_scope: int | None = None
    statements: int = 0
    version: str = ""
    url: str = ""

    @property
    def shown(self) -> tuple[Diagnostic, ...]:
        """The findings that nothing suppresses."""
        return tuple(d for d in self.diagnostics if d.suppressed is None)
