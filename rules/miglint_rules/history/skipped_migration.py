"""
Migration that up-to-date databases will never run.

Some tools remember only the newest migration that ran, and consider every older one applied. A branch that
was merged late brings a migration that is older than one that is deployed: a new database gets it, production
does not, and nothing says so.
Give it a new timestamp or number, so that it comes last.

Silent where the tool records each migration separately.
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity, SkippedMigration
from miglint.rule import Bad, Context, Good, Rule

_ENTRY = '{"idx": %d, "version": "7", "when": %d, "tag": "%s", "breakpoints": true}'
_JOURNAL = '{"version": "7", "dialect": "postgresql", "entries": [\n%s,\n%s\n]}\n'
_SQL = {
    "drizzle/0000_users.sql": "CREATE TABLE users (id bigint);",
    "drizzle/0001_orders.sql": "CREATE TABLE orders (id bigint);",
}

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    dialects={},
    examples=(
        Bad(
            "entry of a journal that is older than the one before it",
            files={
                **_SQL,
                "drizzle/meta/_journal.json": _JOURNAL
                % (_ENTRY % (0, 1700000000000, "0000_users"), _ENTRY % (1, 1600000000000, "0001_orders")),
            },
            expect=("drizzle/meta/_journal.json:3 skipped-migration",),
        ),
        Good(
            "entries in the order of their times",
            files={
                **_SQL,
                "drizzle/meta/_journal.json": _JOURNAL
                % (_ENTRY % (0, 1600000000000, "0000_users"), _ENTRY % (1, 1700000000000, "0001_orders")),
            },
        ),
    ),
)


@rule.check(SkippedMigration)
def skipped_migration(found: SkippedMigration, ctx: Context) -> Iterator[Finding]:
    yield found.finding
