"""
Column of another type, which running code still takes for the old one.

Code and database never change at the same moment: from COMMIT on, code of the version before compares, writes
and reads the column as the type that it had. An enum is not compared with a text, a uuid not with a string
parameter; a `timestamp` that becomes a `timestamptz` is read and written by the TimeZone of each session;
what running code still writes into a column of smaller numbers is rounded or refused, and a value that an
enum no longer has is refused.
Where the new type only holds more, such as `bigint` after `integer`, no statement fails, and some drivers
make a difference: in JavaScript a `bigint` comes as a string, and in Rust an `i32` cannot read one. That is a
note.
First release code that works with both types, or add a column of the new type, let code write both, and drop
the old one when no running code uses it.

Silent where code does not notice: among texts (`varchar` to `text`), for other limits of length and digits,
for a domain over the same type, and where an enum with all of its values takes the place of another.
Silent as well when this release added the column or the table, when the column has the old type again at the
end of the migration, and when it then is gone or has another name, of which `dropped-column` and
`renamed-column` speak.
Silent where `type-change-rewrite`, which speaks of the copy and of what becomes of rows that are there, or
`recreated-enum` reports the same statement: their message says as well what running code does.

https://www.postgresql.org/docs/current/typeconv-oper.html
"""

from collections.abc import Iterator

from miglint.model import (
    AlterColumnType,
    Confidence,
    Finding,
    Listed,
    RenameColumn,
    Severity,
    Type,
    column_added,
    do,
)
from miglint.rule import Bad, Context, Good, Rule, Together, retyped

_ORDERS = """
    CREATE TYPE state AS ENUM ('new', 'paid');
    CREATE DOMAIN label AS text;
    CREATE TABLE orders (
        id integer PRIMARY KEY, key uuid, note varchar(50), at timestamp, total numeric(8, 2), big bigint,
        extra json, more jsonb, state state, word text, paid boolean, tags text[]
    );
"""

_ALTER = "ALTER TABLE orders ALTER COLUMN"


def _bad(title: str, column: str, new: str) -> Bad:
    sql = f"{_ALTER} {column} TYPE {new};  -- expect: retyped-column"
    return Bad(title, sql, history=_ORDERS)


rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    confidence=Confidence.MEDIUM,
    together=Together("migration"),
    told_by=("type-change-rewrite", "recreated-enum"),
    examples=(
        _bad("text becomes an enum", "word", "state USING word::state"),
        _bad("enum becomes text", "state", "text"),
        _bad("uuid becomes text", "key", "text"),
        _bad("boolean becomes a number", "paid", "integer USING paid::int"),
        _bad("numbers are rounded", "total", "integer"),
        _bad("numbers are kept to fewer digits", "total", "double precision"),
        _bad("numbers have a smaller range", "big", "integer"),
        _bad("numbers have a larger range, which some drivers notice", "id", "bigint"),
        _bad("json is kept in another form", "extra", "jsonb"),
        _bad("operators of jsonb are gone", "more", "json"),
        _bad("one value becomes an array", "word", "text[] USING ARRAY[word]"),
        _bad("elements of an array become numbers", "tags", "integer[] USING tags::integer[]"),
        Bad(
            "time zone, also where the server copies nothing",
            """
                SET LOCAL timezone = 'UTC';
                ALTER TABLE orders ALTER COLUMN at TYPE timestamptz;  -- expect: retyped-column
            """,
            history=_ORDERS,
        ),
        Bad(
            "another column takes the name, with another type",
            """
                ALTER TABLE orders RENAME COLUMN id TO id_old;
                ALTER TABLE orders RENAME COLUMN id_new TO id;  -- expect: retyped-column
            """,
            history=f"{_ORDERS}ALTER TABLE orders ADD COLUMN id_new bigint;",
        ),
        Good(
            "another column takes the name, with the same type",
            "ALTER TABLE orders RENAME note TO old;\nALTER TABLE orders RENAME word TO note;",
            history=_ORDERS,
        ),
        Good(
            "column gets a name that no other had",
            "ALTER TABLE orders RENAME note TO remark;",
            history=_ORDERS,
        ),
        Bad(
            "the same in several tables is one finding",
            """
                ALTER TABLE orders ALTER COLUMN at TYPE timestamptz;  -- expect: retyped-column
                ALTER TABLE sales ALTER COLUMN at TYPE timestamptz;
            """,
            history=f"{_ORDERS}CREATE TABLE sales (at timestamp);",
        ),
        Good(
            "text without a limit",
            """
                SET LOCAL lock_timeout = '5s';
                ALTER TABLE orders ALTER COLUMN note TYPE text;
            """,
            history=_ORDERS,
            recommended=True,
        ),
        Good("other limits", "ALTER TABLE orders ALTER COLUMN total TYPE numeric(12, 4);", history=_ORDERS),
        Good(
            "domain over the same type", "ALTER TABLE orders ALTER COLUMN word TYPE label;", history=_ORDERS
        ),
        Good(
            "enum in the place of another with fewer values",
            """
                CREATE TYPE state_new AS ENUM ('new', 'paid', 'sent');
                ALTER TABLE orders ALTER COLUMN state TYPE state_new USING state::text::state_new;
            """,
            history=_ORDERS,
        ),
        Bad(
            "enum in the place of another with more values",
            """
                CREATE TYPE state_new AS ENUM ('new');
                ALTER TABLE orders ALTER COLUMN state TYPE state_new  -- expect: retyped-column
                    USING replace(state::text, 'paid', 'new')::state_new;
                ALTER TYPE state RENAME TO state_old;
                ALTER TYPE state_new RENAME TO state;
            """,
            history=_ORDERS,
        ),
        Good(
            "old type again at the end",
            """
                ALTER TABLE orders ALTER COLUMN state TYPE text;
                ALTER TABLE orders ALTER COLUMN state TYPE state USING state::state;
            """,
            history=_ORDERS,
        ),
        Good(
            "column is gone at the end, of which another rule speaks",
            "ALTER TABLE orders ALTER COLUMN word TYPE int USING 1;\nALTER TABLE orders DROP COLUMN word;",
            history=_ORDERS,
        ),
        Good(
            "table has another name at the end, of which another rule speaks",
            "ALTER TABLE orders ALTER COLUMN word TYPE int USING 1;\nALTER TABLE orders RENAME TO sales;",
            history=_ORDERS,
        ),
        Good("table is not in the history", "ALTER TABLE orders ALTER COLUMN id TYPE bigint;"),
        Good(
            "table is new in this migration",
            "CREATE TABLE carts (id integer);\nALTER TABLE carts ALTER COLUMN id TYPE bigint;",
        ),
        Good(
            "column is new in this migration",
            "ALTER TABLE orders ADD COLUMN n integer;\nALTER TABLE orders ALTER COLUMN n TYPE text;",
            history=_ORDERS,
        ),
    ),
)


@rule.check(AlterColumnType, RenameColumn)
def retyped_column(change: AlterColumnType | RenameColumn, ctx: Context) -> Iterator[Finding]:
    found = retyped(change, ctx)
    if found is None:
        return
    name, column = change.table, change.column if isinstance(change, AlterColumnType) else change.new_name
    where, another = f"{name.display}.{column}", "another " if found.old == found.new else ""
    known = "" if another else f", which takes it for {found.old},"
    outcome = f"from COMMIT on, code of the version before{known} {found.outcome.reason}"
    yield Finding(
        change.span,
        f"{where} becomes {another}{found.new}: {outcome}",
        help=_help(change, column, found.new, ctx),
        severity=Severity.NOTE if found.outcome.only_drivers else None,
        tables=(name,),
        listed=Listed("", where, f" become {another}{found.new}: {outcome}"),
    )


def _help(change: AlterColumnType | RenameColumn, column: str, new: Type, ctx: Context) -> str:
    kept = ctx.rows.kept_enum(change) if isinstance(change, AlterColumnType) else ""
    if kept:
        return f"-- release code that no longer writes the values first;\n{kept}"
    added = ctx.remedies.shown(do(column_added(change.table, f"{column}_new", new)))
    return (
        "release code that works with both types first, or add a column of the new type, let code\n"
        f"write both, and drop the old one in a later release:\n{added}"
    )
