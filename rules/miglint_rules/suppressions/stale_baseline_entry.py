"""
Known finding that no longer exists.

The baseline lists findings that a project knows and has put aside. An entry that matches nothing, because the
statement or the migration is gone, would hide the same mistake if somebody made it again.
`miglint baseline` writes the file again.

Silent when only some migrations are checked, and about rules that did not run.
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity
from miglint.rule import Bad, Context, Good, Rule, SuppressionProblem

_KNOWN = '{"version": 1, "findings": [\n%s\n]}\n'
_ENTRY = '{"migration": "%s", "rule": "dropped-table", "fingerprint": "%s"}'

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    dialects={},
    examples=(
        Bad(
            "migration that is gone",
            files={
                "migrations/1_users.sql": "CREATE TABLE users (id bigint);",
                "miglint-baseline.json": _KNOWN % (_ENTRY % ("2_drop", "0" * 32)),
            },
            expect=("miglint-baseline.json:2 stale-baseline-entry",),
        ),
        Good(
            "finding that is still there",
            files={
                "migrations/1_users.sql": "CREATE TABLE users (id bigint);",
                "migrations/2_drop.sql": "DROP TABLE users;",
                "miglint-baseline.json": _KNOWN % (_ENTRY % ("2_drop", "eb24e7d952ba3752bba2b79ebd8d9365")),
            },
        ),
    ),
)


@rule.check(SuppressionProblem)
def stale_baseline_entry(problem: SuppressionProblem, ctx: Context) -> Iterator[Finding]:
    if problem.kind == "stale":
        message = f"the baseline lists a finding that no longer exists: {problem.text}"
        yield Finding(problem.span, message, help=problem.hint, source=problem.source)
