"""
Column that a migration drops although the schema file still maps it.

The client that Prisma generates names every column it knows in every query, so from the moment the migration
runs, every read of the model fails, even in code that never uses the column.
Remove the field from the schema file in the same change or, better, in the release before.

Silent when the field is marked @ignore and when the column is added again later.
"""

from collections.abc import Iterator

from miglint.model import DriftKind, Finding, Related, Severity
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

_LOCK = {"prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n'}
_FIRST = "prisma/migrations/1_users/migration.sql"
_SECOND = "prisma/migrations/2_names/migration.sql"
_SQL = 'CREATE TABLE "User" ("id" INTEGER NOT NULL, "name" TEXT, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));'

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "field that is still there",
            files={
                **_LOCK,
                _FIRST: _SQL,
                _SECOND: 'ALTER TABLE "User" DROP COLUMN "name";',
                "prisma/schema.prisma": """
                    datasource db {
                      provider = "postgresql"
                    }
                    model User {
                      id   Int     @id
                      name String? // -- expect: dropped-column-still-mapped
                    }
                """,
            },
        ),
        Good(
            "column of another type, which is drift",
            files={
                **_LOCK,
                _FIRST: _SQL,
                "prisma/schema.prisma": """
                    datasource db {
                      provider = "postgresql"
                    }
                    model User {
                      id   Int  @id
                      name Int?
                    }
                """,
            },
        ),
        Good(
            "field is removed as well",
            files={
                **_LOCK,
                _FIRST: _SQL,
                _SECOND: 'ALTER TABLE "User" DROP COLUMN "name";',
                "prisma/schema.prisma": """
                    datasource db {
                      provider = "postgresql"
                    }
                    model User {
                      id Int @id
                    }
                """,
            },
        ),
        Good(
            "column that never existed, which is drift",
            files={
                **_LOCK,
                _FIRST: _SQL,
                "prisma/schema.prisma": """
                    datasource db {
                      provider = "postgresql"
                    }
                    model User {
                      id    Int     @id
                      name  String?
                      email String?
                    }
                """,
            },
        ),
    ),
)


@rule.check(HistoryEnd)
def dropped_column_still_mapped(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for difference in ctx.whole.drift:
        if difference.kind is not DriftKind.MISSING_COLUMN or difference.table is None:
            continue
        step = ctx.whole.dropped_by(difference)
        if step is not None:
            shown = f"{difference.table.display}.{difference.object}"
            yield difference.finding(ctx.remedies.shown)._replace(
                message=f"migration {step.migration} drops {shown}, which this field still maps",
                related=(Related(step.statement.span, "the column is dropped here", step.statement.source),),
            )
