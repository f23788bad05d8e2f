"""
Schema file and migrations that do not produce the same database.

The migrations are what production gets; the schema file is what the code is generated from. Where they
differ, a query names a column that does not exist, or the database refuses a value that the code considers
valid. The next `prisma migrate dev` puts every difference into its migration, whatever that migration is
about.
Write the missing migration, or fix the schema file.

Silent where the tool itself sees no difference: expressions, checks, views, functions and triggers are not
declared, names of constraints only count where they are written out, and a UNIQUE constraint counts as a
unique index. Nothing is reported about tables that are named in a statement that does not parse, or in a DO
block that does more than write rows.
With `--since` or `--staged`, only what the change at hand makes so is reported.
`dropped-column-still-mapped` and `undeclared-object` report what hand-written SQL has done.
"""

from collections.abc import Iterator

from miglint.model import DriftKind, Finding, Severity
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule, Together

_LOCK = {"prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n'}
_UP = "prisma/migrations/1_users/migration.sql"
_SQL = 'CREATE TABLE "User" ("id" INTEGER NOT NULL, "name" TEXT, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));'

_WITH_EMAIL = """
    datasource db {
      provider = "postgresql"
    }
    model User {
      id    Int     @id
      name  String?
      email String? // -- expect: schema-drift
    }
"""

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    together=Together("cause", "difference"),
    examples=(
        Bad(
            "column that no migration adds",
            files={
                **_LOCK,
                _UP: _SQL,
                "prisma/schema.prisma": _WITH_EMAIL,
            },
        ),
        Bad(
            "column that no migration adds, in a table whose rows a block changes",
            files={
                **_LOCK,
                _UP: f'{_SQL} DO $$ BEGIN IF true THEN DELETE FROM "User" WHERE id = 1; END IF; END $$;',
                "prisma/schema.prisma": _WITH_EMAIL,
            },
        ),
        Bad(
            "column that is required in the schema only",
            files={
                **_LOCK,
                _UP: _SQL,
                "prisma/schema.prisma": """
                    datasource db {
                      provider = "postgresql"
                    }
                    model User {
                      id   Int    @id
                      name String // -- expect: schema-drift
                    }
                """,
            },
        ),
        Good(
            "same on both sides",
            files={
                **_LOCK,
                _UP: _SQL,
                "prisma/schema.prisma": """
                    datasource db {
                      provider = "postgresql"
                    }
                    model User {
                      id   Int     @id
                      name String?
                    }
                """,
            },
        ),
        Good(
            "column that a function adds or not, on a condition that only the server can answer",
            files={
                **_LOCK,
                _UP: f"""{_SQL}
                    CREATE FUNCTION grow() RETURNS void LANGUAGE plpgsql AS $$
                    BEGIN
                      IF current_setting('app.big') = 'on' THEN
                        ALTER TABLE "User" ADD COLUMN nick text;
                      END IF;
                    END $$;
                    SELECT grow();
                """,
                "prisma/schema.prisma": """
                    datasource db {
                      provider = "postgresql"
                    }
                    model User {
                      id   Int     @id
                      name String?
                      nick String?
                    }
                """,
            },
        ),
        Good(
            "check and index on an expression, which the schema cannot declare",
            files={
                **_LOCK,
                _UP: f"""{_SQL}
                    ALTER TABLE "User" ADD CONSTRAINT named CHECK (name <> '');
                    CREATE INDEX users_by_name ON "User" (lower(name));
                """,
                "prisma/schema.prisma": """
                    datasource db {
                      provider = "postgresql"
                    }
                    model User {
                      id   Int     @id
                      name String?
                    }
                """,
            },
        ),
    ),
)


@rule.check(HistoryEnd)
def schema_drift(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for difference in ctx.whole.drift:
        undeclared = difference.kind.value.startswith("undeclared")
        if not undeclared and (
            difference.kind is not DriftKind.MISSING_COLUMN or not ctx.whole.dropped_by(difference)
        ):
            yield difference.finding(ctx.remedies.shown)
