"""
Suppression that hides nothing.

The comment names a rule that reports nothing there: the statement was fixed or moved, or the comment is in
the wrong place. It would hide the next finding of that rule before anybody has looked at it.
Remove the rule's name, or the whole comment. A comment after code applies to its line and its statement; one
on a line of its own applies to the statement that begins on the next line.

Silent when it hides a finding, and about rules that are switched off in this run.
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity
from miglint.rule import Bad, Context, Good, Rule, SuppressionProblem

_HISTORY = "CREATE TABLE users (id bigint PRIMARY KEY, name text);"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    examples=(
        Bad(
            "rule that reports nothing here",
            """
                -- miglint: ignore[dropped-table] nobody uses it  -- expect: unused-suppression
                ALTER TABLE users DROP COLUMN name;
            """,
            history=_HISTORY,
        ),
        Bad(
            "second name in the list",
            """
                -- miglint: ignore[dropped-column, drop-cascade] not read  -- expect: unused-suppression
                ALTER TABLE users DROP COLUMN name;
            """,
            history=_HISTORY,
        ),
        Bad(
            "category none of whose rules reports anything here",
            """
                -- miglint: ignore[locks] the table is small  -- expect: unused-suppression
                ALTER TABLE users ADD COLUMN age int;
            """,
            history=_HISTORY,
        ),
        Good(
            "category with a rule that reports something",
            """
                -- miglint: ignore[data-loss] no release since March reads it
                ALTER TABLE users DROP COLUMN name;
            """,
            history=_HISTORY,
        ),
        Good(
            "comment that hides a finding",
            """
                -- miglint: ignore[dropped-column] no release since March reads it
                ALTER TABLE users DROP COLUMN name;
            """,
            history=_HISTORY,
            recommended=True,
        ),
    ),
)


@rule.check(SuppressionProblem)
def unused_suppression(problem: SuppressionProblem, ctx: Context) -> Iterator[Finding]:
    if problem.kind == "unused":
        yield Finding(
            problem.span,
            f"{problem.text} reports nothing here that this comment could hide",
            help="remove the name",
            source=problem.source,
        )
