"""
Migration file that the tool expects and does not find.

The journal, the plan or the folder is there, the SQL is not: it was not committed, deleted, or renamed
without its entry. The tool stops at it, most before they run anything.
Commit the file, or take its entry away if it is applied nowhere.

Silent about folders of data migrations in code, which a runner of the project's own runs.
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
    dialects=(),
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
