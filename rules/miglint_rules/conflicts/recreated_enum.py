"""
Enum recreated without some of its values, which rows may still hold.

PostgreSQL cannot remove a value from an enum, so a new type replaces the old one and the columns are cast to
it. One row that holds a removed value makes the cast fail, and the migration with it.
Move the rows to another value first, in an earlier migration and in batches; then the cast cannot fail.
To rename a value, `ALTER TYPE ... RENAME VALUE` does not change any row.

Silent when the new type has all values of the old one, when this migration changes the rows first or an
earlier one has changed the column, and when USING is more than a cast: it may replace each removed value with
another one.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from collections.abc import Iterator

from miglint.model import (
    AlterColumnType,
    Column,
    Confidence,
    Delete,
    EnumType,
    Finding,
    Name,
    Severity,
    Update,
    quote,
)
from miglint.rule import Bad, Context, Good, Record, Rule, also_breaks_code

_HISTORY = """
    CREATE TYPE status AS ENUM ('new', 'paid', 'lost');
    CREATE TABLE orders (id bigint PRIMARY KEY, status status NOT NULL);
"""
_CAST = "ALTER TABLE orders ALTER COLUMN status TYPE status_new USING status::text::status_new;"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    confidence=Confidence.MEDIUM,
    examples=(
        Bad(
            "value that is left out",
            f"""
                CREATE TYPE status_new AS ENUM ('new', 'paid');
                {_CAST}  -- expect: recreated-enum
            """,
            history=_HISTORY,
        ),
        Bad(
            "column of arrays",
            """
                CREATE TYPE status_new AS ENUM ('new', 'paid');
                ALTER TABLE orders
                    ALTER COLUMN status TYPE status_new[]  -- expect: recreated-enum
                    USING status::text[]::status_new[];
            """,
            history=_HISTORY.replace("status status NOT NULL", "status status[] NOT NULL"),
        ),
        Good(
            "all values are still there",
            f"CREATE TYPE status_new AS ENUM ('new', 'paid', 'lost', 'sent');\n{_CAST}",
            history=_HISTORY,
        ),
        Good(
            "rows are changed first",
            f"""
                UPDATE orders SET status = 'new' WHERE status = 'lost';
                CREATE TYPE status_new AS ENUM ('new', 'paid');
                {_CAST}
            """,
            history=_HISTORY,
        ),
        Good(
            "rows are changed in an earlier migration",
            f"CREATE TYPE status_new AS ENUM ('new', 'paid');\n{_CAST}",
            history=f"""
                {_HISTORY}
                -- migration
                UPDATE orders SET status = 'new' WHERE status = 'lost';
            """,
        ),
        Good(
            "rows are deleted first",
            f"""
                DELETE FROM orders WHERE status = 'lost';
                CREATE TYPE status_new AS ENUM ('new', 'paid');
                {_CAST}
            """,
            history=_HISTORY,
        ),
        Good(
            "USING replaces the removed value",
            """
                CREATE TYPE status_new AS ENUM ('new', 'paid');
                ALTER TABLE orders ALTER COLUMN status TYPE status_new
                    USING (CASE status::text WHEN 'lost' THEN 'new' ELSE status::text END)::status_new;
            """,
            history=_HISTORY,
        ),
        Good(
            "table has no rows",
            f"""
                CREATE TYPE status AS ENUM ('new', 'paid', 'lost');
                CREATE TYPE status_new AS ENUM ('new', 'paid');
                CREATE TABLE orders (id bigint PRIMARY KEY, status status NOT NULL);
                {_CAST}
            """,
        ),
        Good(
            "text becomes an enum",
            f"CREATE TYPE status_new AS ENUM ('new', 'paid');\n{_CAST}",
            history="CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL);",
        ),
    ),
)


@rule.check(AlterColumnType)
def recreated_enum(change: AlterColumnType, ctx: Context) -> Iterator[Finding]:
    table = ctx.table(change.table)
    column = table.column(change.column) if table else None
    gone = _removed(change, column, ctx)
    if column is None or not gone or not ctx.has_rows(change.table):
        return
    if change.using is not None and change.using.decides:
        return
    written = ctx.once(_written).get(change.table, len(ctx.records)) < len(ctx.earlier)
    if written or (change.table, change.column) in ctx.session.backfilled:
        return
    literals = [ctx.remedies.literal(value) for value in gone]
    values, name = ", ".join(literals), quote(change.column)
    # Of a statement that copies the table `type-change-rewrite` says it.
    breaks = also_breaks_code(ctx) if ctx.waits.leading_work != "rewrite" else ""
    moves = [f"SET {name} = ... WHERE {name} IN ({values})"]
    if column.type.array:
        moves = [f"SET {name} = array_remove({name}, {one}) WHERE {one} = ANY ({name})" for one in literals]
    yield Finding(
        change.span,
        f"the cast of {change.table.display}.{change.column} fails if a row holds {values}{breaks}",
        help="\n".join(
            [
                "move the rows first, in an earlier migration and in batches:",
                *(f"UPDATE {change.table.sql} {move};" for move in moves),
            ]
        ),
        tables=(change.table,),
    )


def _written(records: tuple[Record, ...]) -> dict[Name, int]:
    """The places at which rows of tables are first changed or deleted."""
    found: dict[Name, int] = {}
    for place, record in enumerate(records):
        if isinstance(record.operation, (Delete, Update)):
            found.setdefault(record.operation.table, place)
    return found


def _removed(change: AlterColumnType, column: Column | None, ctx: Context) -> tuple[str, ...]:
    names = (column.type.qualified if column else None, change.type.qualified)
    old, new = (ctx.schema.types.get(name) if name else None for name in names)
    if not isinstance(old, EnumType) or not isinstance(new, EnumType):
        return ()
    return tuple(value for value in old.values if value not in new.values)
