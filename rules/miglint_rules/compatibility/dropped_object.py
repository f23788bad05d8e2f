"""
Dropped view, function or sequence that running code may still use.

Dropping one loses no row, but every query of the running release that names it fails from COMMIT on.
First release code that no longer uses it, and drop it in a later release.

A function that is made again with other arguments is another function: what calls it with the old ones fails
as well. Give the new argument a default, or keep a function with the old arguments for a release.

Silent when this release made the object, when the migration makes it again with the same columns or as many
arguments, about a view of tables or columns that the migration drops (`dropped-table` and `dropped-column`
speak of them), a view that a block of code may make again, a sequence that belongs to a column, and a
function that only triggers call.

https://www.postgresql.org/docs/current/sql-dropfunction.html
"""

from collections.abc import Iterator

from miglint.model import (
    Confidence,
    DropColumn,
    DropFunction,
    DropSequence,
    DropView,
    Finding,
    Function,
    Name,
    Removed,
    RenameColumn,
    Schema,
    Severity,
    View,
)
from miglint.rule import Bad, Context, Good, Record, Rule, Together

_TOTALS = (
    "CREATE TABLE sales (day date, amount int);\n"
    "CREATE VIEW totals AS SELECT day, sum(amount) AS total FROM sales GROUP BY day;"
)
_DOUBLE = "CREATE FUNCTION double(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2';"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    confidence=Confidence.MEDIUM,
    together=Together("cause", noun="object"),
    examples=(
        Bad("view", "DROP VIEW totals;  -- expect: dropped-object", history=_TOTALS),
        Bad(
            "view that is made again without a column",
            """
                DROP VIEW totals;  -- expect: dropped-object
                CREATE VIEW totals AS SELECT sum(amount) AS total FROM sales;
            """,
            history=_TOTALS,
        ),
        Bad(
            "views on views whose tables stay",
            "DROP VIEW largest;  -- expect: dropped-object\nDROP VIEW totals;",
            history=f"{_TOTALS}\nCREATE VIEW largest AS SELECT max(total) AS total FROM totals;",
        ),
        Bad("function", "DROP FUNCTION double(int);  -- expect: dropped-object", history=_DOUBLE),
        Bad(
            "function that gets one more argument",
            """
                DROP FUNCTION double(int);  -- expect: dropped-object
                CREATE FUNCTION double(n int, m int) RETURNS int LANGUAGE sql AS 'SELECT n * 2 + m';
            """,
            history=_DOUBLE,
        ),
        Bad(
            "sequence that code asks for numbers",
            "DROP SEQUENCE tickets;  -- expect: dropped-object",
            history="CREATE SEQUENCE tickets;",
        ),
        Good(
            "view is made again with one more column",
            """
                DROP VIEW totals;
                CREATE VIEW totals AS SELECT day, sum(amount) AS total, count(*) AS n FROM sales GROUP BY day;
            """,
            history=_TOTALS,
        ),
        Good(
            "function is made again with another result",
            """
                DROP FUNCTION double(int);
                CREATE FUNCTION double(n int) RETURNS bigint LANGUAGE sql AS 'SELECT n::bigint * 2';
            """,
            history=_DOUBLE,
        ),
        Good(
            "view is made again without the column that its table loses, which another rule reports",
            """
                DROP VIEW days;
                ALTER TABLE sales DROP COLUMN amount;
                CREATE VIEW days AS SELECT day FROM sales;
            """,
            history="""
                CREATE TABLE sales (day date, amount int);
                CREATE VIEW days AS SELECT day, amount FROM sales;
            """,
        ),
        Good(
            "view is made again by code, out of its own text",
            """
                DO $$
                DECLARE query text := pg_get_viewdef('totals');
                BEGIN
                    DROP VIEW totals;
                    EXECUTE format('CREATE VIEW totals AS %s', query);
                END $$;
            """,
            history=_TOTALS,
        ),
        Good("view is new in this migration", f"{_TOTALS}\nDROP VIEW totals;"),
        Good("there is none", "DROP VIEW IF EXISTS totals;\nDROP FUNCTION IF EXISTS double(int);"),
        Good("function is new in this migration", f"{_DOUBLE}\nDROP FUNCTION double(int);"),
        Good("sequence is new in this migration", "CREATE SEQUENCE tickets;\nDROP SEQUENCE tickets;"),
        Good(
            "sequence that was a column's when the migration began",
            "ALTER SEQUENCE t_id_seq OWNED BY NONE;\nALTER TABLE t DROP COLUMN id;\nDROP SEQUENCE t_id_seq;",
            history="CREATE TABLE t (id serial, n int);",
        ),
        Good(
            "function of triggers",
            "DROP FUNCTION touch();",
            history="CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
        ),
        Good(
            "the table goes as well, which another rule reports",
            "DROP VIEW totals;\nDROP TABLE sales;",
            history=_TOTALS,
        ),
    ),
)


@rule.check(DropView)
def dropped_object(drop: DropView, ctx: Context) -> Iterator[Finding]:
    view = ctx.schema.view(drop.view)
    if view is None or view.materialized or ctx.session.is_new_object("view", drop.view):
        return
    last = ctx.records[-1].after
    tables, first = _tables_under(view, ctx.schema), ctx.records[0].schema
    remade = len(last.doubts) > len(first.doubts) and ctx.block is not None
    if remade or (tables and not any(name in last.relations for name in tables)):
        return
    after = last.relations.get(drop.view)
    if after is None:
        yield _finding(drop, ctx, "view", drop.view)
    elif isinstance(after, View) and view.columns is not None and after.columns is not None:
        known = ctx.once(_columns_that_go)
        gone = [c.name for c in view.columns if after.column(c.name) is None and c.name not in known]
        if gone:
            yield _finding(drop, ctx, "view", drop.view, f" and making it again without {', '.join(gone)}")


@rule.check(DropFunction)
def dropped_function(drop: DropFunction, ctx: Context) -> Iterator[Finding]:
    name, after = drop.function, ctx.records[-1].after.functions.get(drop.function) or ()
    before = [each for each in ctx.schema.functions.get(name) or () if _is_meant(drop, each)]
    called = [each for each in before if not each.returns.endswith("trigger")]
    if not called or ctx.session.is_new_object("function", name):
        return
    if any(len(one.arguments) == len(other.arguments) for one in called for other in after):
        return
    kind = "procedure" if called[0].procedure else "function"
    again = " and making it again with other arguments" if after else ""
    yield _finding(drop, ctx, kind, name, again)


@rule.check(DropSequence)
def dropped_sequence(drop: DropSequence, ctx: Context) -> Iterator[Finding]:
    name = drop.sequence
    sequence = ctx.schema.sequence(name)
    start = ctx.records[0].schema.sequence(name)
    owned = any(each is not None and each.owner for each in (sequence, start))
    if sequence is None or owned or ctx.session.is_new_object("sequence", name):
        return
    if name not in ctx.records[-1].after.relations:
        yield _finding(drop, ctx, "sequence", name)


def _tables_under(view: View, schema: Schema) -> list[Name]:
    """Give the tables that a view reads, also through other views."""
    found: dict[Name, None] = {}
    waiting = [*view.reads]
    for name in waiting:
        under = schema.view(name)
        if under is not None:
            waiting += [each for each in under.reads if each not in waiting]
        elif schema.table(name) is not None:
            found[name] = None
    return [*found]


def _is_meant(drop: DropFunction, function: Function) -> bool:
    return drop.arguments is None or len(drop.arguments) == len(function.arguments)


def _columns_that_go(records: tuple[Record, ...]) -> set[str]:
    """The columns that this migration drops or renames, of which other rules speak."""
    operations = (record.operation for record in records)
    return {each.column for each in operations if isinstance(each, (DropColumn, RenameColumn))}


def _finding(
    drop: DropView | DropFunction | DropSequence, ctx: Context, kind: str, name: Name, again: str = ""
) -> Finding:
    return Finding(
        drop.span,
        f"dropping the {kind} {name.display}{again} breaks code that still uses it",
        help="drop it in a release after the one whose code no longer uses it",
        cause=ctx.migration.id if ctx.migration else "",
        removes=() if again else (Removed(kind, name.name),),
    )
