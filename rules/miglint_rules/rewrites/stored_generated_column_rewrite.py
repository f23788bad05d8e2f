"""
Stored generated column, which is computed for every row under lock.

`ADD COLUMN ... GENERATED ALWAYS AS (...) STORED`, and from version 17 `SET EXPRESSION` of such a column,
rewrite the table and all of its indexes under ACCESS EXCLUSIVE: even a SELECT waits until COMMIT.
Add a plain column, keep it up to date with a trigger, and fill the old rows in batches; from version 18 a
VIRTUAL generated column is computed when it is read, and adding one copies nothing.

Silent for VIRTUAL columns, when this migration creates or truncates the table, and for tables that the
configuration lists as small.

https://www.postgresql.org/docs/current/ddl-generated-columns.html
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    TO_FILL_IN,
    AddColumn,
    Expression,
    Finding,
    Given,
    Name,
    Outside,
    Say,
    SetExpression,
    Severity,
    Type,
    column_added,
    do,
    quote,
)
from miglint.rule import Bad, Context, Good, Rule

TABLE = "CREATE TABLE lines (id bigint PRIMARY KEY, price numeric, count integer);"
TOTAL = "GENERATED ALWAYS AS (price * count)"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "stored column of a table in use",
            f"""
                ALTER TABLE lines
                    ADD COLUMN total numeric  -- expect: stored-generated-column-rewrite
                    {TOTAL} STORED;
            """,
            history=TABLE,
        ),
        Bad(
            "from version 18 a VIRTUAL column avoids it",
            f"""
                ALTER TABLE lines
                    ADD COLUMN total numeric  -- expect: stored-generated-column-rewrite
                    {TOTAL} STORED;
            """,
            history=TABLE,
            settings=(("postgres_version", 18),),
        ),
        Bad(
            "new expression of a stored column",
            """
                ALTER TABLE lines
                    ALTER COLUMN total  -- expect: stored-generated-column-rewrite
                    SET EXPRESSION AS (price * count * 2);
            """,
            history=f"CREATE TABLE lines (price numeric, count integer, total numeric {TOTAL} STORED);",
            settings=(("postgres_version", 17),),
        ),
        Good(
            "column is there since the statement before, though the table is from before the history",
            """
                ALTER TABLE lines ADD COLUMN IF NOT EXISTS price int;
                ALTER TABLE lines ADD COLUMN IF NOT EXISTS price int GENERATED ALWAYS AS (1) STORED;
            """,
        ),
        Good(
            "virtual column, from version 18",
            f"ALTER TABLE lines ADD COLUMN total numeric {TOTAL} VIRTUAL;",
            history=TABLE,
            settings=(("postgres_version", 18), ("runner_sets_lock_timeout", True)),
            recommended=True,
        ),
        Good(
            "table is new in this migration",
            f"""
                CREATE TABLE sums (price numeric, count integer);
                ALTER TABLE sums ADD COLUMN total numeric {TOTAL} STORED;
            """,
        ),
        Good(
            "table is copied for another reason",
            "ALTER TABLE lines ADD COLUMN number bigserial;",
            history=TABLE,
        ),
        Good(
            "table is listed as small",
            f"ALTER TABLE lines ADD COLUMN total numeric {TOTAL} STORED;",
            history=TABLE,
            settings=(("small_tables", frozenset({Name("public", "lines")})),),
        ),
    ),
)


@rule.check(AddColumn, SetExpression)
def stored_generated_column_rewrite(operation: AddColumn | SetExpression, ctx: Context) -> Iterator[Finding]:
    if ctx.waits.leading_cause != "generated column":
        return
    name = operation.column.name if isinstance(operation, AddColumn) else operation.column
    yield Finding(
        operation.span,
        f"generated column {name} is computed for every row of {operation.table.display}, "
        "which is rewritten under ACCESS EXCLUSIVE",
        help=_help(operation, name, ctx),
        tables=(operation.table,),
        related=ctx.waits.also_blocking,
    )


def _help(operation: AddColumn | SetExpression, name: str, ctx: Context) -> str:
    table = operation.table
    type_: Type | None
    if isinstance(operation, AddColumn):
        type_, made_by = operation.column.type, operation.column.generation
    else:
        found = ctx.table(table)
        column = found.column(operation.column) if found else None
        type_, made_by = (column.type if column else None), operation.expression
    text = made_by.text if made_by is not None else "..."
    if isinstance(operation, AddColumn) and ctx.server.has("postgres", 18):
        added = column_added(table, name, type_ or Type(TO_FILL_IN)).column
        virtual = added._replace(generated="virtual", generation=Expression(text))
        return ctx.remedies.shown(do(AddColumn(NOWHERE, table, virtual)))
    new = name if isinstance(operation, AddColumn) else f"{name}_new"
    value = f"UPDATE {table.sql} SET {quote(new)} = {text}"
    batches = ctx.rows.batch_loop(table, value, f"{quote(new)} IS DISTINCT FROM ({text})")
    return ctx.remedies.shown(
        do(column_added(table, new, type_ or Type(TO_FILL_IN))),
        Say(f"a trigger BEFORE INSERT OR UPDATE sets it to {' '.join(text.split())}"),
        Outside((Given(batches),), later=True, remark=", for the old rows"),
    )
