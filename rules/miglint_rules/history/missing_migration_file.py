"""
Migration file that the tool expects but does not find.

The journal, the plan or the folder exists, but the SQL does not: it was never committed, or it was deleted,
or renamed without its entry. The tool stops there; most tools stop before they run anything.
Commit the file, or remove its entry if it has not been applied anywhere.

Silent about folders of data migrations in code, which the project runs with a runner of its own.
"""

from collections.abc import Iterator

from miglint.model import Finding, MissingFile, Severity
from miglint.rule import Bad, Context, Good, Rule

_LOCK = {"prisma/migrations/migration_lock.toml": 'provider = "postgresql"'}
_UP = "prisma/migrations/1_users/migration.sql"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    dialects={},
    examples=(
        Bad(
            "folder without its migration.sql",
            files={
                **_LOCK,
                _UP: "CREATE TABLE users (id bigint);",
                "prisma/migrations/2_orders/down.sql": "DROP TABLE orders;",
            },
            expect=("prisma/migrations/2_orders/migration.sql:1 missing-migration-file",),
        ),
        Good(
            "data migration in code",
            files={
                **_LOCK,
                _UP: "CREATE TABLE users (id bigint);",
                "prisma/migrations/2_fill/migration.ts": "export {}",
            },
        ),
    ),
)


@rule.check(MissingFile)
def missing_migration_file(found: MissingFile, ctx: Context) -> Iterator[Finding]:
    yield found.finding
