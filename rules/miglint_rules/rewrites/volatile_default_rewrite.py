"""
New column whose volatile default is computed for every row.

`ADD COLUMN ... DEFAULT` stores a constant once, and the old rows are not touched: `DEFAULT 0` and `DEFAULT
now()` copy nothing.
A default that calls a volatile function, such as `gen_random_uuid()`, `random()` or `clock_timestamp()`,
returns another value for each row, so the server rewrites the table and all of its indexes under ACCESS
EXCLUSIVE: even a SELECT waits until COMMIT.
A function that neither the history nor the server defines may be volatile, which is what the
server assumes unless it is declared otherwise: then the finding is a warning of low confidence.
Add the column without a default, then set the default, which applies to new rows, and fill the old rows in
batches. NOT NULL and a key of the column follow when all rows have a value.

Silent for constants and for functions that are stable or immutable, when this migration creates or truncates
the table, and for tables that the configuration lists as small.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    AddColumn,
    Confidence,
    DomainType,
    Expression,
    Finding,
    Given,
    Name,
    Outside,
    SetDefault,
    Severity,
    column_added,
    do,
)
from miglint.rule import Bad, Context, Good, Rule

TABLE = "CREATE TABLE users (id bigint PRIMARY KEY);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "another uuid for each row",
            """
                ALTER TABLE users
                    ADD COLUMN token uuid DEFAULT gen_random_uuid();  -- expect: volatile-default-rewrite
            """,
            history=TABLE,
        ),
        Bad(
            "volatile function deep in the expression",
            """
                ALTER TABLE users
                    ADD COLUMN code text DEFAULT md5(random()::text);  -- expect: volatile-default-rewrite
            """,
            history=TABLE,
        ),
        Bad(
            "function of the project that is not declared otherwise",
            "ALTER TABLE users ADD COLUMN code text DEFAULT new_code();  -- expect: volatile-default-rewrite",
            history=f"""
                {TABLE}
                CREATE FUNCTION new_code() RETURNS text LANGUAGE sql AS 'SELECT md5(random()::text)';
            """,
        ),
        Bad(
            "default that comes from the domain",
            "ALTER TABLE users ADD COLUMN token token;  -- expect: volatile-default-rewrite",
            history=f"{TABLE}\nCREATE DOMAIN token AS uuid DEFAULT gen_random_uuid();",
        ),
        Bad(
            "function that the history does not define",
            "ALTER TABLE users ADD COLUMN code text DEFAULT new_code();  -- expect: volatile-default-rewrite",
            history=TABLE,
        ),
        Bad(
            "array of a domain, whose constraints are not tested in it",
            """
                ALTER TABLE users
                    ADD COLUMN codes code[]  -- expect: volatile-default-rewrite
                    DEFAULT ARRAY[gen_random_uuid()::text];
            """,
            history=f"{TABLE}\nCREATE DOMAIN code AS text CHECK (value <> '');",
        ),
        Good(
            "array of a domain with a default, which an array does not have",
            "ALTER TABLE users ADD COLUMN tokens token[];",
            history=f"{TABLE}\nCREATE DOMAIN token AS uuid DEFAULT gen_random_uuid();",
        ),
        Good(
            "default set after the column, for new rows",
            """
                ALTER TABLE users ADD COLUMN token uuid;
                ALTER TABLE users ALTER COLUMN token SET DEFAULT gen_random_uuid();
            """,
            history=TABLE,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "constant",
            "ALTER TABLE users ADD COLUMN active boolean NOT NULL DEFAULT true;",
            history=TABLE,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "now() is the same for the whole statement",
            "ALTER TABLE users ADD COLUMN at timestamptz NOT NULL DEFAULT now() + interval '1 day';",
            history=TABLE,
        ),
        Good(
            "who has signed in, which Supabase asks the session for",
            "ALTER TABLE users ADD COLUMN made_by uuid DEFAULT auth.uid();",
            history=TABLE,
        ),
        Bad(
            "function of that name which the project has made itself",
            "ALTER TABLE users ADD COLUMN made_by uuid DEFAULT auth.uid();  "
            "-- expect: volatile-default-rewrite",
            history=f"""
                {TABLE}
                CREATE SCHEMA auth;
                CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';
            """,
        ),
        Good(
            "numbers of a sequence, which another rule reports",
            "ALTER TABLE users ADD COLUMN number bigserial;",
            history=TABLE,
        ),
        Good(
            "stored generated column, which another rule reports",
            "ALTER TABLE users ADD COLUMN twice bigint GENERATED ALWAYS AS (id * 2) STORED;",
            history=TABLE,
        ),
        Good(
            "domain with constraints, which another rule reports",
            "ALTER TABLE users ADD COLUMN rank rank;",
            history=f"{TABLE}\nCREATE DOMAIN rank AS int CHECK (value > 0);",
        ),
        Good(
            "table is new in this migration",
            """
                CREATE TABLE carts AS SELECT * FROM users;
                ALTER TABLE carts ADD COLUMN token uuid DEFAULT gen_random_uuid();
            """,
            history=TABLE,
        ),
        Good(
            "table is listed as small",
            "ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid();",
            history=TABLE,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
    ),
)


@rule.check(AddColumn)
def volatile_default_rewrite(add: AddColumn, ctx: Context) -> Iterator[Finding]:
    column = add.column
    if ctx.waits.leading_cause != "default":
        return
    found = ctx.schema.types.get(column.type.qualified) if column.type.qualified else None
    domain = found if isinstance(found, DomainType) else None
    default = column.default or (domain.default if domain is not None else None)
    text = default.text if default is not None else "..."
    # What is not known may be NULL in a migration: the user of a request, say.
    batches = ctx.rows.fill_loop(
        add.table, column.name, text, default.functions if default is not None else ("",)
    )
    kind = column.type if domain is None or column.default is not None else domain.type
    sure = all(work.sure for work in ctx.effects.rewrites)
    how = "is" if sure else "calls a function that the history does not define: if that is volatile, it is"
    yield Finding(
        add.span,
        f"default {' '.join(text.split())} {how} computed for every row of {add.table.display}, "
        "which is rewritten under ACCESS EXCLUSIVE",
        help=ctx.remedies.shown(
            do(column_added(add.table, column.name, kind)),
            do(SetDefault(NOWHERE, add.table, column.name, Expression(text))),
            Outside((Given(batches),), later=True, remark=", for the old rows"),
            *ctx.rows.when_filled(add),
        ),
        severity=None if sure else Severity.WARNING,
        confidence=None if sure else Confidence.LOW,
        tables=(add.table,),
        related=ctx.waits.also_blocking,
    )
