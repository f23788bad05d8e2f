"""
Gap in the versions, which the migration tool refuses.

Some tools require the numbers 1, 2, 3 and so on without a gap, and stop before they run anything when one is
missing: a file that was not committed, a branch that was merged out of order, a number that was mistyped.
Renumber the migrations after the gap.

Silent for tools that only compare numbers.
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity, VersionGap
from miglint.rule import Bad, Context, Good, Rule

_DOWN = "\n---- create above / drop below ----\n"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    dialects={},
    examples=(
        Bad(
            "number that is missing",
            files={
                "migrations/001_users.sql": f"CREATE TABLE users (id bigint);{_DOWN}DROP TABLE users;",
                "migrations/003_orders.sql": (
                    f"CREATE TABLE orders (id bigint);  -- expect: version-gap{_DOWN}DROP TABLE orders;"
                ),
            },
        ),
        Good(
            "tool that accepts gaps",
            files={
                "migrations/001_users.up.sql": "CREATE TABLE users (id bigint);",
                "migrations/003_orders.up.sql": "CREATE TABLE orders (id bigint);",
            },
        ),
    ),
)


@rule.check(VersionGap)
def version_gap(found: VersionGap, ctx: Context) -> Iterator[Finding]:
    yield found.finding
