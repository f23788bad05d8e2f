"""
IF NOT EXISTS that keeps something else than the text asks for.

The index, column or table is there already, from an earlier migration, and is another: the statement does
nothing, with no more than a notice. Code that is written for the new definition meets the old one: a unique
index that is none, a column that takes NULL, a column that is missing.
Change what is there, or take another name.

Silent where what is there is what the text asks for, also after the rest of the migration, where the history
does not tell what is there, and for what stands in a branch.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from collections.abc import Iterator

from miglint.model import AddColumn, CreateIndex, CreateTable, Finding, Severity
from miglint.rule import Bad, Context, Good, Rule, kept

_SESSIONS = """
    CREATE TABLE sessions (id bigint PRIMARY KEY, device text, state text);
    CREATE INDEX sessions_device ON sessions (device);
"""

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    examples=(
        Bad(
            "unique index, where another one has the name",
            """
                CREATE UNIQUE INDEX IF NOT EXISTS  -- expect: if-not-exists-keeps-another
                    sessions_device ON sessions (device, state);
            """,
            history=_SESSIONS,
        ),
        Bad(
            "column that takes NULL",
            """
                ALTER TABLE sessions
                    ADD COLUMN IF NOT EXISTS state text NOT NULL;  -- expect: if-not-exists-keeps-another
            """,
            history=_SESSIONS,
        ),
        Bad(
            "table that lacks a column",
            """
                CREATE TABLE IF NOT EXISTS  -- expect: if-not-exists-keeps-another
                    sessions (id bigint PRIMARY KEY, device text, state text, closed boolean);
            """,
            history=_SESSIONS,
        ),
        Good(
            "the same",
            """
                CREATE INDEX IF NOT EXISTS sessions_device ON sessions USING btree (device);
                ALTER TABLE sessions ADD COLUMN IF NOT EXISTS state text;
                CREATE TABLE IF NOT EXISTS sessions (id bigint PRIMARY KEY, device text);
            """,
            history=_SESSIONS,
        ),
        Good(
            "changed in the same migration",
            """
                ALTER TABLE sessions ADD COLUMN IF NOT EXISTS state text NOT NULL;
                ALTER TABLE sessions ALTER COLUMN state SET NOT NULL;
            """,
            history=_SESSIONS,
        ),
        Good(
            "table that the history does not make",
            "ALTER TABLE devices ADD COLUMN IF NOT EXISTS state text NOT NULL;",
        ),
        Good(
            "column that a branch may have made",
            "ALTER TABLE sessions ADD COLUMN IF NOT EXISTS closed text NOT NULL DEFAULT '';",
            history=_SESSIONS
            + """
                DO $$ BEGIN
                  IF random() > 0.5 THEN ALTER TABLE sessions ADD COLUMN closed text; END IF;
                END $$;
            """,
        ),
    ),
)


@rule.check(AddColumn, CreateIndex, CreateTable)
def if_not_exists_keeps_another(
    operation: AddColumn | CreateIndex | CreateTable, ctx: Context
) -> Iterator[Finding]:
    differences = kept(ctx, operation)
    if differences:
        yield Finding(
            operation.span,
            f"IF NOT EXISTS keeps {_what(operation)} that is there: {', and '.join(differences)}",
            help="change what is there, or take another name",
            tables=(operation.table,),
        )


def _what(operation: AddColumn | CreateIndex | CreateTable) -> str:
    if isinstance(operation, CreateIndex):
        return f"the index {operation.name}"
    if isinstance(operation, CreateTable):
        return f"the table {operation.table.display}"
    return f"the column {operation.table.display}.{operation.column.name}"
