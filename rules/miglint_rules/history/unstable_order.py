"""
Migrations whose order depends on how names are compared.

The tool sorts names by the rules of a language, where `_` comes before digits and the case of a letter hardly
counts; folders, other tools and reviewers see them in byte order. Where the two orders differ, migrations run
in a different order than everybody reads them in.
Give them numbers that decide the order.

Silent where both orders are the same.
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity, UnstableOrder
from miglint.rule import Bad, Context, Good, Rule

_LOCK = {"prisma/migrations/migration_lock.toml": 'provider = "postgresql"'}

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    dialects={},
    examples=(
        Bad(
            "upper case after lower case",
            files={
                **_LOCK,
                "prisma/migrations/1_a/migration.sql": "CREATE TABLE a (id bigint);",
                "prisma/migrations/1_B/migration.sql": (
                    "CREATE TABLE b (id bigint);  -- expect: unstable-order"
                ),
            },
        ),
        Good(
            "numbers that decide",
            files={
                **_LOCK,
                "prisma/migrations/1_a/migration.sql": "CREATE TABLE a (id bigint);",
                "prisma/migrations/2_B/migration.sql": "CREATE TABLE b (id bigint);",
            },
        ),
    ),
)


@rule.check(UnstableOrder)
def unstable_order(found: UnstableOrder, ctx: Context) -> Iterator[Finding]:
    yield found.finding
