"""
Dropped table, whose rows are gone.

`DROP TABLE` removes the rows, the indexes and the privileges; `DROP SCHEMA ... CASCADE` drops every table in
it. After COMMIT only a backup brings them back, and code that still uses the table fails at once.
Dropping a partition loses its rows in the same way.
A table whose rows this migration has copied into new ones is a warning: what was not copied is gone. If all
of its columns were, what is left to break is the code, or what others write between the copy and the drop;
under a lock that keeps them out, a copy or a view that takes the name leaves nothing to report.
So is one out of whose columns others were filled before, and one whose name an older table takes, which may
hold the rows.
First release code that no longer uses the table, drop the table in a later release, and dump it before that.
All tables that a migration drops in the same way are one finding, at the first.

Silent when this migration created the table, when the table is temporary or a foreign table, whose rows are
stored elsewhere, when another migration tool kept its records in it, and when IF EXISTS finds no such table.

https://www.postgresql.org/docs/current/sql-droptable.html
"""

from collections.abc import Iterator
from typing import NamedTuple

from miglint.model import (
    DropSchema,
    DropTable,
    Finding,
    Listed,
    Name,
    Removed,
    Severity,
)
from miglint.rule import Bad, Context, Copied, Good, Rule, Together, copies, is_copied, lost_tables, takers

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    together=Together("migration"),
    examples=(
        Bad(
            "table from an earlier migration",
            "DROP TABLE invoices;  -- expect: dropped-table",
            history="CREATE TABLE invoices (id bigint PRIMARY KEY);",
        ),
        Bad(
            "table that the history does not create",
            "DROP TABLE invoices;  -- expect: dropped-table",
        ),
        Bad(
            "several tables in one statement",
            "DROP TABLE invoices, payments;  -- expect: dropped-table",
            history="CREATE TABLE invoices (id bigint);\nCREATE TABLE payments (id bigint);",
        ),
        Bad(
            "tables of one migration, which are one finding",
            """
                DROP TABLE IF EXISTS invoices;  -- expect: dropped-table
                DROP TABLE payments, refunds;
            """,
            history="""
                CREATE TABLE invoices (id bigint);
                CREATE TABLE payments (id bigint);
                CREATE TABLE refunds (id bigint);
            """,
        ),
        Bad(
            "in a block, after another statement",
            """
                DO $$
                BEGIN
                  ALTER TABLE payments DROP CONSTRAINT payments_invoice_fkey;
                  DROP TABLE invoices;  -- expect: dropped-table
                END $$;
            """,
            history="""
                CREATE TABLE invoices (id bigint PRIMARY KEY);
                CREATE TABLE payments (id bigint, invoice bigint REFERENCES invoices);
            """,
        ),
        Bad(
            "partition of a table in use",
            "DROP TABLE events_2024;  -- expect: dropped-table",
            history="""
                CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
                CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
            """,
        ),
        Bad(
            "schema with its tables",
            "DROP SCHEMA billing CASCADE;  -- expect: dropped-table",
            history="""
                CREATE SCHEMA billing;
                CREATE TABLE billing.invoices (id bigint);
                CREATE TABLE billing.payments (id bigint);
            """,
        ),
        Bad(
            "table whose rows were copied, once another one bears its name",
            """
                CREATE TABLE invoices_new (id bigint PRIMARY KEY, total numeric);
                INSERT INTO invoices_new (id) SELECT id FROM invoices;
                ALTER TABLE invoices RENAME TO invoices_old;
                ALTER TABLE invoices_new RENAME TO invoices;
                DROP TABLE invoices_old;  -- expect: dropped-table
            """,
            history="CREATE TABLE invoices (id bigint PRIMARY KEY);",
        ),
        Bad(
            "table whose values were copied to two tables, neither of which bears its name",
            """
                CREATE TABLE names (id bigint PRIMARY KEY, name text);
                CREATE TABLE mails (id bigint PRIMARY KEY, mail text);
                INSERT INTO names SELECT id, name FROM users;
                INSERT INTO mails SELECT id, mail FROM users;
                DROP TABLE users;  -- expect: dropped-table
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text, mail text);",
        ),
        Bad(
            "table whose values were copied, and whose name a view takes",
            """
                CREATE TABLE people AS SELECT id, name FROM users;
                DROP TABLE users;  -- expect: dropped-table
                CREATE VIEW users AS SELECT id, name FROM people;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "table that is locked while its values are copied, and whose name a view takes",
            """
                LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE;
                CREATE TABLE people AS SELECT id, name FROM users;
                DROP TABLE users;
                CREATE VIEW users AS SELECT id, name FROM people;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Bad(
            "table of which some rows were copied",
            """
                CREATE TABLE people AS SELECT id, name FROM users WHERE name IS NOT NULL;
                DROP TABLE users;  -- expect: dropped-table
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Bad(
            "table whose name another one takes that may hold its rows",
            """
                DROP TABLE invoices;  -- expect: dropped-table
                ALTER TABLE invoices_new RENAME TO invoices;
            """,
            history="CREATE TABLE invoices (id bigint);\nCREATE TABLE invoices_new (id bigint);",
        ),
        Bad(
            "table whose name a new one takes, without its rows",
            """
                CREATE TABLE invoices_new (id uuid PRIMARY KEY);
                DROP TABLE invoices;  -- expect: dropped-table
                ALTER TABLE invoices_new RENAME TO invoices;
            """,
            history="CREATE TABLE invoices (id bigint PRIMARY KEY);",
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE staging AS SELECT id FROM users;\nDROP TABLE staging;",
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Good(
            "table is temporary",
            "CREATE TEMPORARY TABLE staging (id bigint);\nDROP TABLE staging;",
        ),
        Bad(
            "table is made anew, without its rows",
            """
                DROP TABLE invoices;  -- expect: dropped-table
                CREATE TABLE invoices (id uuid PRIMARY KEY);
            """,
            history="CREATE TABLE invoices (id bigint PRIMARY KEY);",
        ),
        Good(
            "records of a migration tool that is no longer used",
            "DROP TABLE alembic_version;\nDROP TABLE _sqlx_migrations;",
        ),
        Bad(
            "records of the tool that runs this migration",
            files={
                "db/migration/V1__users.sql": "CREATE TABLE users (id bigint PRIMARY KEY);",
                "db/migration/V2__restart.sql": "DROP TABLE flyway_schema_history;  -- expect: dropped-table",
            },
        ),
        Bad(
            "table of the project that only has such a name",
            "DROP TABLE knex_migrations;  -- expect: dropped-table",
            history="CREATE TABLE knex_migrations (id bigint PRIMARY KEY);",
        ),
        Bad(
            "other tables were filled from it before",
            "DROP TABLE users;  -- expect: dropped-table",
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY, name text);
                CREATE TABLE people (id bigint PRIMARY KEY, name text);
                INSERT INTO people SELECT id, name FROM users;
            """,
        ),
        Bad(
            "view takes its name",
            "DROP TABLE users;  -- expect: dropped-table\nCREATE VIEW users AS SELECT 1 AS id;",
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "foreign table, whose rows are stored elsewhere",
            "DROP FOREIGN TABLE remote_users;",
            history="""
                CREATE FOREIGN DATA WRAPPER wrapper;
                CREATE SERVER other FOREIGN DATA WRAPPER wrapper;
                CREATE FOREIGN TABLE remote_users (id bigint) SERVER other;
            """,
        ),
        Good(
            "history has no such table, so IF EXISTS drops nothing",
            "DROP TABLE IF EXISTS users;\nCREATE TABLE users (id bigint PRIMARY KEY);",
        ),
    ),
)

_INSTEAD = "drop it in a release after the one whose code no longer uses it, and dump it first"
_ALL = "drop them in a release after the one whose code no longer uses them, and dump them first"
_BREAKS = " destroys all rows, and breaks code that still uses it"
_BREAK = " destroys all rows, and breaks code that still uses them"
_SHOWN = 3
_SINCE = ", from which other tables were filled, destroys what was written to"
_STILL = ", from which other tables were filled, breaks code that still uses"


@rule.check(DropTable, DropSchema)
def dropped_table(drop: DropTable | DropSchema, ctx: Context) -> Iterator[Finding]:
    record = ctx.record
    # One finding stands for all tables of a statement, at the first that has something to lose.
    place = (record.number if record else -1, id(ctx.block))
    first, names = ctx.once(lost_tables).get(place, (None, []))
    if first is not record:
        return
    lost = [name for name in names if not ctx.keeps_records_of_another(name) and not _is_moved(name, ctx)]
    if not lost:
        return
    dump = ctx.rows.dump_of_tables(lost, "dropped.sql")
    said = _Said(_BREAKS, None, _ALL, _BREAK) if len(lost) > 1 else _of_one(lost[0], ctx)
    called = [name.display for name in lost]
    listed = Listed("dropping ", called[0], said.several, tuple(called[1:])) if said.several else None
    message = f"dropping {_listed(called)}{said.several if len(called) > 1 else said.what}"
    if isinstance(drop, DropSchema):
        said, listed = _Said(""), None
        message = f"dropping the schema {drop.schema} destroys all rows of {_listed(called)}"
        dump = ctx.rows.dump_of_schema(drop.schema, "dropped.sql")
    yield Finding(
        drop.span,
        message,
        help=f"{said.instead}:\n{dump}",
        severity=said.severity,
        tables=tuple(lost),
        removes=tuple(Removed("table", name.name) for name in lost),
        listed=listed,
    )


class _Said(NamedTuple):
    """What dropping a table does, as the end of a sentence, and `several` if it fits more than one."""

    what: str
    severity: Severity | None = None
    instead: str = _INSTEAD
    several: str = ""


_ANEW = _Said(
    " destroys all rows, although this migration makes the table anew",
    instead="change it with ALTER TABLE, which keeps the rows, or dump them first",
    several=" destroys all rows, although this migration makes the tables anew",
)


def _of_one(table: Name, ctx: Context) -> _Said:
    assert ctx.record is not None
    drop, after = (ctx.record.number, table), ctx.records[-1].after
    copied, taker = ctx.once(copies).get(drop), ctx.once(takers).get(drop)
    if copied is not None:
        return _copied(table, copied, ctx)
    if taker is not None and taker in ctx.records[0].schema.relations:
        return _Said(
            f" destroys what {taker.display}, which takes its name, does not hold",
            Severity.WARNING,
            "compare the rows of both before, or dump it first",
        )
    if taker is not None:
        what = f" destroys all rows: {taker.display}, which takes its name, got none of them"
        return _Said(what, None, "copy them before, or dump them first")
    if after.table(table) is not None:
        return _ANEW
    if is_copied(ctx.table(table), ctx.session):
        what, end = (_SINCE, " since") if after.view(table) else (_STILL, "")
        return _Said(f"{what} it{end}", Severity.WARNING, several=f"{what} them{end}")
    if after.view(table) is not None:
        what = " destroys all rows, although"
        return _Said(f"{what} a view takes its name", several=f"{what} views take their names")
    return _Said(_BREAKS, several=_BREAK)


def _copied(table: Name, copied: Copied, ctx: Context) -> _Said:
    """Speak of a table out of which the same migration has filled others."""
    into = " and ".join(name.display for name in copied.into)
    if not (copied.whole and is_copied(ctx.table(table), ctx.session)):
        return _Said(f" destroys what was not copied from it to {into}", Severity.WARNING)
    if ctx.loses_its_name(table):
        what = f", whose values were copied to {into}, breaks code that still uses it"
        return _Said(what, Severity.WARNING)
    what = f" destroys what is written to it after its values were copied to {into}"
    return _Said(what, Severity.WARNING, "lock it against writes before they are copied, or dump it first")


def _is_moved(table: Name, ctx: Context) -> bool:
    """Whether others have all that it holds, and one of them or a view has its name."""
    copied = ctx.once(copies).get((ctx.record.number, table)) if ctx.record else None
    moved = copied is not None and copied.whole and copied.locked
    return moved and is_copied(ctx.table(table), ctx.session) and not ctx.loses_its_name(table)


def _listed(names: list[str]) -> str:
    rest = len(names) - _SHOWN
    *before, last = [*names[:_SHOWN], f"{rest} more"] if rest > 0 else names
    return f"{', '.join(before)} and {last}" if before else last
