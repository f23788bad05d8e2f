"""
Suppression of a rule that does not exist, so it hides nothing.

The name is misspelt, or the rule no longer exists: `miglint rules` lists all names. The finding that the
comment was meant to hide is still reported.

Silent for the names of all installed rules, even those that are switched off, and for categories.
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
            "misspelt name",
            """
                -- miglint: ignore[droped-column] not read since March  -- expect: unknown-suppression
                ALTER TABLE users DROP COLUMN name;
            """,
            history=_HISTORY,
        ),
        Good(
            "name of a category",
            """
                -- miglint: ignore[data-loss, compatibility] not read since March
                ALTER TABLE users DROP COLUMN name;
            """,
            history=_HISTORY,
        ),
        Good(
            "name of a rule",
            """
                -- miglint: ignore[dropped-column] not read since March
                ALTER TABLE users DROP COLUMN name;
            """,
            history=_HISTORY,
            recommended=True,
        ),
    ),
)


@rule.check(SuppressionProblem)
def unknown_suppression(problem: SuppressionProblem, ctx: Context) -> Iterator[Finding]:
    if problem.kind == "unknown":
        help_text = problem.hint or "`miglint rules` lists the names"
        yield Finding(
            problem.span,
            f"no rule or category is called {problem.text}",
            help=help_text,
            source=problem.source,
        )
