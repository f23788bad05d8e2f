"""
Suppression that cannot be read, so it hides nothing.

A comment that instructs miglint has one of two forms: `-- miglint: ignore[rule-name, other-rule] reason` for
a statement, after it on its line or on the line above, and `-- miglint: ignore-file[rule-name] reason` above
the first statement for the whole file. A name in the brackets is that of a rule or of a category. Any other
form is refused rather than guessed at, even if only the colon is missing, the case differs or it is a block
comment: a comment that hid more than it says would be worse than one that hides nothing.

Silent for both forms; with `require_reason = true` in the configuration only when a reason is given. Silent
for comments that only mention miglint.
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity
from miglint.rule import Bad, Context, Good, Rule, SuppressionProblem

_HISTORY = "CREATE TABLE users (id bigint PRIMARY KEY, name text);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "no rule in brackets",
            """
                -- miglint: ignore  -- expect: malformed-suppression
                ALTER TABLE users DROP COLUMN name;
            """,
            history=_HISTORY,
        ),
        Bad(
            "word that miglint does not know",
            """
                -- miglint: disable[dropped-column]  -- expect: malformed-suppression
                ALTER TABLE users DROP COLUMN name;
            """,
            history=_HISTORY,
        ),
        Bad(
            "ignore-file below the first statement",
            """
                SET lock_timeout = '5s';
                -- miglint: ignore-file[dropped-column]  -- expect: malformed-suppression
                ALTER TABLE users DROP COLUMN name;
            """,
            history=_HISTORY,
        ),
        Bad(
            "no colon",
            """
                -- miglint ignore[dropped-column] not read  -- expect: malformed-suppression
                ALTER TABLE users DROP COLUMN name;
            """,
            history=_HISTORY,
        ),
        Bad(
            "block comment",
            """
                /* miglint: ignore[dropped-column] not read */ -- expect: malformed-suppression
                ALTER TABLE users DROP COLUMN name;
            """,
            history=_HISTORY,
        ),
        Good(
            "comment about miglint",
            """
                -- miglint reads this file as the second one; see also miglint: ignore[x] in the manual
                ALTER TABLE users ADD COLUMN age int;
            """,
            history=_HISTORY,
        ),
        Good(
            "one statement",
            """
                ALTER TABLE users DROP COLUMN name;  -- miglint: ignore[dropped-column] not read since March
            """,
            history=_HISTORY,
            recommended=True,
        ),
        Good(
            "whole file",
            """
                -- miglint: ignore-file[dropped-column] not read since March
                ALTER TABLE users DROP COLUMN name;
            """,
            history=_HISTORY,
            recommended=True,
        ),
    ),
)


@rule.check(SuppressionProblem)
def malformed_suppression(problem: SuppressionProblem, ctx: Context) -> Iterator[Finding]:
    if problem.kind == "malformed":
        yield Finding(
            problem.span,
            f"this comment hides nothing: {problem.text}",
            help=problem.hint,
            source=problem.source,
        )
