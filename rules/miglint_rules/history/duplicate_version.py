"""
Version number that two migrations share.

Two branches have each taken the next number. Most tools then refuse the whole folder, so nothing can be
deployed; a tool that only stores numbers considers the second migration applied once the first has run.
Give the migration that has not been applied anywhere yet a number of its own.

Silent where a tool identifies migrations by their full names.
"""

from collections.abc import Iterator

from miglint.model import DuplicateVersion, Finding, Severity
from miglint.rule import Bad, Context, Good, Rule

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    dialects={},
    examples=(
        Bad(
            "two branches that took the same number",
            files={
                "migrations/1_users.up.sql": "CREATE TABLE users (id bigint PRIMARY KEY);",
                "migrations/2_names.up.sql": "ALTER TABLE users ADD COLUMN name text;",
                "migrations/2_orders.up.sql": (
                    "CREATE TABLE orders (id bigint PRIMARY KEY);  -- expect: duplicate-version"
                ),
                "migrations/3_status.up.sql": "ALTER TABLE orders ADD COLUMN status text;",
            },
        ),
        Good(
            "names that differ, for a tool that goes by names",
            files={
                "prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
                "prisma/migrations/20240101000000_users/migration.sql": "CREATE TABLE users (id bigint);",
                "prisma/migrations/20240101000000_orders/migration.sql": "CREATE TABLE orders (id bigint);",
            },
        ),
    ),
)


@rule.check(DuplicateVersion)
def duplicate_version(found: DuplicateVersion, ctx: Context) -> Iterator[Finding]:
    yield found.finding
