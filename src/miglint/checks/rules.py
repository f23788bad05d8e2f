"""What a rule is: its name, how bad its hazard is, its examples, and its checks."""

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from miglint.checks.context import Context
from miglint.model import Confidence, Finding, Severity, TransactionMode, Version

_NO_FILES: Mapping[str, str] = {}
_POSTGRES: Mapping[str, Version] = {"postgres": ()}
Check = Callable[[Any, Context], Iterator[Finding]]


F = TypeVar("F", bound=Check)


class Bad(NamedTuple):
    """SQL that the rule reports. `-- expect: rule-name` stands on the line where the finding starts.

    A line `-- migration` separates migrations; `history` holds earlier ones.
    `fixed` is the SQL after the rule's fix. `dialect` is its database, and `mode` how the migration tool
    runs each script.
    A rule about folders has `files` instead, contents by paths, and `before`: what a change found there.
    `expect` names findings as `path:line` in files that can hold no such comment.
    """

    title: str
    sql: str = ""
    fixed: str | None = None
    history: str = ""
    mode: TransactionMode = TransactionMode.IMPLICIT_BATCH
    settings: tuple[tuple[str, Any], ...] = ()
    dialect: str = "postgres"
    down: str | None = None
    has_downs: bool = False
    files: Mapping[str, str] = _NO_FILES
    before: Mapping[str, str] | None = None
    expect: tuple[str, ...] = ()


class Good(NamedTuple):
    """SQL, or files, about which the rule is silent; the title says why.

    `recommended` forms are run against all rules: none may report them.
    """

    title: str
    sql: str = ""
    history: str = ""
    mode: TransactionMode = TransactionMode.IMPLICIT_BATCH
    settings: tuple[tuple[str, Any], ...] = ()
    dialect: str = "postgres"
    recommended: bool = False
    down: str | None = None
    has_downs: bool = False
    files: Mapping[str, str] = _NO_FILES
    before: Mapping[str, str] | None = None


Example = Bad | Good


class Together(NamedTuple):
    """Which findings of a rule are one: the first stands for all that nothing hides, and says how many.

    `by` is "table" for those of one migration with the same first table, and with the same words where those
    are `Finding.listed`; "migration" for those of one migration that are listed in the same words;
    "cause" for those of one history with the same `Finding.cause`. `noun` is counted.
    """

    by: str
    noun: str = "statement"


class Rule:
    """One hazard: its name, how bad it is, its examples, and the checks that find it.

    `profile` is "safety" for rules that are on by default, "all" for those a team asks for.
    `dialects` are the databases that have the hazard, each with the version that it came with, `()` for all
    (`{"postgres": (11,), "sqlite": ()}`); without any, it is asked whatever the database;
    `directions` which scripts it reads; `together` which of its findings are one.
    `told_by` are rules that say as much where they report the same statement. `is_severity_set`: the project
    has chosen the severity.
    """

    def __init__(
        self,
        module: str,
        *,
        severity: Severity,
        since: str,
        examples: tuple[Example, ...],
        confidence: Confidence = Confidence.HIGH,
        profile: str = "safety",
        dialects: Mapping[str, Version] = _POSTGRES,
        directions: tuple[str, ...] = ("up",),
        together: Together | None = None,
        told_by: tuple[str, ...] = (),
    ) -> None:
        package, _, name = module.rpartition(".")
        self.module = module
        self.name = name.replace("_", "-")
        self.category = package.rpartition(".")[2].replace("_", "-")
        self.severity = severity
        self.confidence = confidence
        self.since = since
        self.examples = examples
        self.profile = profile
        self.dialects = dialects
        self.directions = directions
        self.together = together
        self.told_by = told_by
        self.is_severity_set = False
        self.checks: list[tuple[type, Check]] = []

    def check(self, *kinds: type) -> Callable[[F], F]:
        """Subscribe a generator to operations or events of these kinds."""

        def subscribe(function: F) -> F:
            self.checks += [(kind, function) for kind in kinds]
            return function

        return subscribe

    @property
    def documentation(self) -> str:
        """The text of the rule's page: its module's docstring."""
        return (sys.modules[self.module].__doc__ or "").strip()

    @property
    def summary(self) -> str:
        """The hazard in one phrase: the first line of the page."""
        return self.documentation.partition("\n")[0].rstrip(".")

    def __repr__(self) -> str:
        return f"Rule({self.name})"
