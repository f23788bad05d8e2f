"""
Type change that copies the whole table under lock.

`ALTER COLUMN ... TYPE` rewrites the table and all of its indexes when the new type stores values differently
or may not accept old ones (`integer` to `bigint`, `text` to `varchar(20)`, `json` to `jsonb`), or when USING
computes something.
It does so under ACCESS EXCLUSIVE: even a SELECT waits until COMMIT, for hours on a large table.
Add a column of the new type, write both from the application or with a trigger, fill the old rows in batches,
switch the readers, and drop the old column when no code uses it any longer.
The message says what happens to values that the new type cannot hold. Some are changed silently: a `numeric`
is rounded when it becomes an `integer`, a `timestamptz` loses its time of day when it becomes a `date`, and
an explicit cast truncates strings. On others the statement fails, and with it the deploy: integers out of
range, strings too long.
It also says what running code does with a column of another type, of which `retyped-column` speaks where
nothing is copied.
`timestamp` and `timestamptz` are the same bytes when the session's TimeZone is UTC: set it first, and nothing
is copied, unless the new type limits the digits of the seconds: `timestamptz(3)` is always a copy. The same
holds for a USING that says `AT TIME ZONE 'UTC'`: leave it out. Indexes of the column are built anew.
Most servers have UTC for a default: where neither the script nor the configuration says, the finding is of
medium confidence.

Silent for changes that copy nothing, such as raising or removing the limit of a `varchar`, more digits of a
`numeric` with the same scale, or `varchar` to `text`; when this migration creates, empties or truncates the
table; and for tables that the configuration lists as small.
If the history does not show the old type, the finding is a warning of low confidence.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

import re
from collections.abc import Iterator

from miglint.model import (
    AlterColumnType,
    Confidence,
    Finding,
    Name,
    Severity,
    Type,
    quote,
)
from miglint.rule import Bad, Context, Good, Rule, also_breaks_code

TABLE = "CREATE TABLE orders (id integer PRIMARY KEY, note varchar(50), at timestamp, total numeric(8, 2));"
_STAMPS = {"timestamp without time zone", "timestamp with time zone"}
_BY_ZONE = "; values are converted by the session's TimeZone"
_UNLESS_UTC = ", unless the session's TimeZone is UTC: values are converted by it"
STATES = """
CREATE TYPE state AS ENUM ('new', 'paid', 'lost');
CREATE TABLE orders (id bigint PRIMARY KEY, state state);
"""

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "integer key becomes bigint",
            "ALTER TABLE orders ALTER COLUMN id TYPE bigint;  -- expect: type-change-rewrite",
            history=TABLE,
        ),
        Bad(
            "shorter limit",
            "ALTER TABLE orders ALTER COLUMN note TYPE varchar(20);  -- expect: type-change-rewrite",
            history=TABLE,
        ),
        Bad(
            "USING computes the new value",
            """
                ALTER TABLE orders
                    ALTER COLUMN note TYPE text USING upper(note);  -- expect: type-change-rewrite
            """,
            history=TABLE,
        ),
        Bad(
            "time zone of the session is not known to be UTC",
            "ALTER TABLE orders ALTER COLUMN at TYPE timestamptz;  -- expect: type-change-rewrite",
            history=TABLE,
        ),
        Bad(
            "new type limits the digits of the seconds, although the session is in UTC",
            """
                SET LOCAL timezone = 'UTC';
                ALTER TABLE orders ALTER COLUMN at TYPE timestamptz(3);  -- expect: type-change-rewrite
            """,
            history=TABLE,
        ),
        Bad(
            "enum is replaced by one with other values",
            """
                CREATE TYPE state_new AS ENUM ('new', 'paid', 'sent');
                ALTER TABLE orders
                    ALTER COLUMN state TYPE state_new  -- expect: type-change-rewrite
                    USING state::text::state_new;
            """,
            history=STATES,
        ),
        Bad(
            "enum is renamed to make room for the new one",
            """
                ALTER TYPE state RENAME TO state_old;
                CREATE TYPE state AS ENUM ('new', 'paid', 'lost', 'sent');
                ALTER TABLE orders
                    ALTER COLUMN state TYPE state  -- expect: type-change-rewrite
                    USING state::text::state;
            """,
            history=STATES,
        ),
        Bad(
            "two columns are one copy and one finding",
            """
                ALTER TABLE orders
                    ALTER COLUMN id TYPE bigint,  -- expect: type-change-rewrite
                    ALTER COLUMN total TYPE numeric(10, 3);
            """,
            history=TABLE,
        ),
        Bad(
            "old type is not in the history",
            "ALTER TABLE orders ALTER COLUMN id TYPE bigint;  -- expect: type-change-rewrite",
        ),
        Bad(
            "change of a type with another action that reads the table",
            "ALTER TABLE orders ALTER id TYPE bigint, ADD CHECK (id > 0);  -- expect: type-change-rewrite",
            history=TABLE,
        ),
        Good(
            "new column beside the old one",
            "ALTER TABLE orders ADD COLUMN id_new bigint;",
            history=TABLE,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "limit is removed, which copies nothing",
            "ALTER TABLE orders ALTER COLUMN note TYPE text, ALTER COLUMN total TYPE numeric(12, 2);",
            history=TABLE,
            settings=(("runner_sets_lock_timeout", True),),
        ),
        Good(
            "session is in UTC, where both timestamps are the same bytes",
            "SET LOCAL timezone = 'UTC';\nALTER TABLE orders ALTER COLUMN at TYPE timestamptz;",
            history=TABLE,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE carts AS SELECT * FROM orders;\nALTER TABLE carts ALTER COLUMN id TYPE bigint;",
            history=TABLE,
        ),
        Good(
            "table was truncated earlier",
            "TRUNCATE orders;\nALTER TABLE orders ALTER COLUMN id TYPE bigint;",
            history=TABLE,
        ),
        Good(
            "all rows were deleted in the same transaction, so there is none to copy",
            "DELETE FROM orders;\nALTER TABLE orders ALTER COLUMN id TYPE bigint;",
            history=TABLE,
        ),
        Bad(
            "only some rows were deleted",
            """
                DELETE FROM orders WHERE total > 0;
                ALTER TABLE orders ALTER COLUMN id TYPE bigint;  -- expect: type-change-rewrite
            """,
            history=TABLE,
        ),
        Bad(
            "session is in another time zone",
            """
                SET LOCAL timezone = 'Europe/Rome';
                ALTER TABLE orders ALTER COLUMN at TYPE timestamptz;  -- expect: type-change-rewrite
            """,
            history=TABLE,
        ),
        Good(
            "table is listed as small",
            "ALTER TABLE orders ALTER COLUMN id TYPE bigint;",
            history=TABLE,
            settings=(("small_tables", frozenset({Name("public", "orders")})),),
        ),
    ),
)


@rule.check(AlterColumnType)
def type_change_rewrite(change: AlterColumnType, ctx: Context) -> Iterator[Finding]:
    if ctx.waits.leading_work != "rewrite":
        return
    table = ctx.table(change.table)
    column = table.column(change.column) if table else None
    where = f"{change.table.display}.{change.column}"
    if column is None:
        yield Finding(
            change.span,
            f"change of {where} to {change.type_sql} may rewrite {change.table.display} "
            "under ACCESS EXCLUSIVE, if the old type stores its values in another way",
            help=_new_column(change, ctx),
            severity=Severity.WARNING,
            confidence=Confidence.LOW,
            tables=(change.table,),
            related=ctx.waits.also_blocking,
        )
        return
    way = f"from {column.type} to {change.type}" if column.type != change.type else "by USING"
    # Of the values of an enum `recreated-enum` speaks.
    outcome = f"; {ctx.effects.outcome}" if ctx.effects.outcome and not column.type.qualified else ""
    sure = any(work.sure for action in ctx.waits.blocking for work in action.effects.rewrites)
    zone = (
        _UNLESS_UTC if not sure else _BY_ZONE if not change.using and _moves_zone(change, column.type) else ""
    )
    yield Finding(
        change.span,
        f"change of {where} {way} rewrites {change.table.display} under ACCESS EXCLUSIVE{zone}{outcome}"
        f"{also_breaks_code(ctx)}",
        help=ctx.remedies.of_statement(_help_of_action),
        confidence=None if sure else Confidence.MEDIUM,
        tables=(change.table,),
        related=ctx.waits.also_blocking,
    )


def _help_of_action(action: Context) -> str:
    change = action.record.operation if action.record else None
    if not isinstance(change, AlterColumnType):
        return ""
    table = action.table(change.table)
    column = table.column(change.column) if table else None
    return _help(change, column.type, action) if column else _new_column(change, action)


def _help(change: AlterColumnType, old: Type, ctx: Context) -> str:
    table, column = change.table, quote(change.column)
    if _moves_zone(change, old):
        local = "LOCAL " if ctx.session.in_transaction else ""
        limit = f" (another type than {change.type})" if change.type.modifiers not in ((), (6,)) else ""
        meant = "if the values without time zone are meant as UTC, this" if change.using is None else "this"
        return (
            f"-- {meant} copies no row, and builds only the indexes of the column anew{limit}:\n"
            f"SET {local}timezone = 'UTC';\n"
            "-- then, without USING:\n"
            f"ALTER TABLE {table.sql} ALTER COLUMN {column} TYPE {change.type._replace(modifiers=())};"
        )
    if old.name in ("text", "character varying") and change.type.name == "character varying":
        name = quote(f"{table.name}_{change.column}_length")
        test = f"CHECK (char_length({column}) <= {', '.join(map(str, change.type.modifiers)) or '...'})"
        return (
            "-- a CHECK limits the length without a copy:\n"
            f"ALTER TABLE {table.sql} ADD CONSTRAINT {name} {test} NOT VALID;\n"
            "-- in a later migration:\n"
            f"ALTER TABLE {table.sql} VALIDATE CONSTRAINT {name};"
        )
    return ctx.rows.kept_enum(change) or _new_column(change, ctx)


def _moves_zone(change: AlterColumnType, old: Type) -> bool:
    """Whether the server would keep the rows as they are, if the time zone of the session were UTC."""
    own = rf'"?{re.escape(change.column)}"?\s+at\s+time\s+zone\s+\'(?:utc|etc/utc)\''
    as_utc = change.using is None or re.fullmatch(rf"\(?\s*{own}\s*\)?", change.using.text, re.IGNORECASE)
    return bool(as_utc) and {old.name, change.type.name} == _STAMPS and not change.type.array


def _new_column(change: AlterColumnType, ctx: Context) -> str:
    new, given = quote(f"{change.column}_new"), ctx.rows.like(change.table, change.column)
    return (
        f"ALTER TABLE {change.table.sql} ADD COLUMN {new} {change.type_sql};\n{given}"
        f"-- write {quote(change.column)} and {new} from now on, and fill the old rows in batches;\n"
        f"-- then read {new} only, and drop {quote(change.column)} when no code uses it any more"
    )
