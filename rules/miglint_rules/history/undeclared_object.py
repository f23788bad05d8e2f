"""
Undeclared object that the next migration will drop.

An index created by hand-written SQL, a table of another tool, a value of an enum: Prisma compares the
database with its schema and puts a DROP for everything else into the next migration that it writes, among the
changes that somebody asked for. Nobody looks for it there.
Declare it in the schema file, or drop it on purpose.

Checked with `--since` or `--staged`, only what the change at hand makes so is reported.
Silent about what Prisma leaves alone: indexes on expressions, partial indexes while the preview feature
`partialIndexes` is off, checks, views, functions, triggers, sequences, and tables of other schemas.
"""

from collections.abc import Iterator

from miglint.model import (
    CreateEnum,
    CreateTable,
    Drift,
    DriftKind,
    Finding,
    RenameTable,
    Severity,
    Step,
)
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule, Together

_LOCK = {"prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n'}
_UP = "prisma/migrations/1_users/migration.sql"
_SQL = 'CREATE TABLE "User" ("id" INTEGER NOT NULL, "name" TEXT, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));'
_SCHEMA = """
    datasource db {
      provider = "postgresql"
    }
    model User { // -- expect: undeclared-object
      id   Int     @id
      name String?
    }
"""

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    together=Together("cause", "difference"),
    examples=(
        Bad(
            "index created by hand",
            files={
                **_LOCK,
                _UP: f'{_SQL}\nCREATE INDEX users_by_name ON "User" (name);',
                "prisma/schema.prisma": _SCHEMA,
            },
        ),
        Bad(
            "table that the schema does not know",
            files={
                **_LOCK,
                _UP: f"{_SQL}\nCREATE TABLE jobs (id int PRIMARY KEY);  -- expect: undeclared-object",
                "prisma/schema.prisma": _SCHEMA.replace(" // -- expect: undeclared-object", ""),
            },
        ),
        Bad(
            "enum that the schema does not know",
            files={
                **_LOCK,
                _UP: f"CREATE TYPE mood AS ENUM ('glad');  -- expect: undeclared-object\n{_SQL}",
                "prisma/schema.prisma": _SCHEMA.replace(" // -- expect: undeclared-object", ""),
            },
        ),
        Good(
            "index that another change has made",
            before={
                **_LOCK,
                _UP: f'{_SQL}\nCREATE INDEX users_by_name ON "User" (name);',
                "prisma/schema.prisma": _SCHEMA.replace(" // -- expect: undeclared-object", ""),
            },
            files={
                **_LOCK,
                _UP: f'{_SQL}\nCREATE INDEX users_by_name ON "User" (name);',
                "prisma/migrations/2_nick/migration.sql": 'ALTER TABLE "User" ADD COLUMN nick text;',
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
            "index that the schema declares",
            files={
                **_LOCK,
                _UP: f'{_SQL}\nCREATE INDEX users_by_name ON "User" (name);',
                "prisma/schema.prisma": """
                    datasource db {
                      provider = "postgresql"
                    }
                    model User {
                      id   Int     @id
                      name String?
                      @@index([name], map: "users_by_name")
                    }
                """,
            },
        ),
        Good(
            "partial index, which Prisma leaves alone",
            files={
                **_LOCK,
                _UP: f'{_SQL}\nCREATE INDEX users_by_name ON "User" (name) WHERE name IS NOT NULL;',
                "prisma/schema.prisma": _SCHEMA.replace(" // -- expect: undeclared-object", ""),
            },
        ),
    ),
)


@rule.check(HistoryEnd)
def undeclared_object(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for difference in ctx.whole.drift:
        if difference.kind.value.startswith("undeclared"):
            # The schema file has no place for what it does not know.
            maker = next((step for step in reversed(ctx.steps) if _makes(step, difference)), None)
            finding = difference.finding(ctx.remedies.shown)
            yield (
                finding
                if maker is None
                else finding._replace(span=maker.statement.span, source=maker.statement.source)
            )


def _makes(step: Step, difference: Drift) -> bool:
    """Whether a statement makes a table or an enum that nothing declares, or gives it its name."""
    kind, table = difference.kind, difference.table
    for operation in step.statement.operations:
        if kind is DriftKind.UNDECLARED_ENUM:
            found = isinstance(operation, CreateEnum) and operation.type.name == difference.object
        elif kind is DriftKind.UNDECLARED_TABLE and table is not None:
            renamed = isinstance(operation, RenameTable) and operation.new_name == table.name
            found = renamed or (isinstance(operation, CreateTable) and operation.table == table)
        else:
            return False
        if found:
            return True
    return False
