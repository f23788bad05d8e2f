"""
Foreign key whose check of the existing rows blocks writes.

`ADD FOREIGN KEY` looks up every row of the table in the referenced table, and holds SHARE ROW EXCLUSIVE on
both tables until COMMIT: reads continue, but every INSERT, UPDATE and DELETE on either table waits.
A new table that this migration has filled is checked the same way, while the old table that it points to
stays locked.
Add the constraint NOT VALID: the server then checks new rows only, and both locks are short.
`VALIDATE CONSTRAINT` in a later migration reads the old rows under SHARE UPDATE EXCLUSIVE on the table and
ROW SHARE on the referenced one, and writes continue.
Before PostgreSQL 18 a partitioned table refuses NOT VALID: there, first give each partition its own key in
these two steps; the parent's key then takes them over without reading anything.

Where the referenced table has no rows yet, nothing can be looked up: the statement fails on the first row
with a value, and the finding is a warning that says so.

Each foreign key is checked by a query of its own, even next to a CHECK in the same statement.

A key on a column that this migration adds without a default looks up nothing, yet it reads every row: a
warning. REFERENCES in the ADD COLUMN itself reads none, unless DEFAULT NULL stands beside it: with any
default, the server reads every row.

Silent when the constraint is NOT VALID, when there are no rows to check (the table is new or emptied, or
the ADD COLUMN itself has the key and no default), when both tables are new, when the table has a constraint
of this name and a handler of the block catches the error, and for tables listed as small.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    AddColumn,
    AddConstraint,
    ColumnDefinition,
    ConstraintDefinition,
    FailureCause,
    Finding,
    Listed,
    Name,
    Say,
    Severity,
    do,
    plain_column,
    validated,
)
from miglint.rule import Bad, Context, Good, Rule, Together

TABLES = """
CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);
"""
PARTITIONED = """
CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE events (id bigint, user_id bigint, at date) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
"""

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    together=Together("table"),
    examples=(
        Bad(
            "new column gets its key after the table that it refers to",
            """
                ALTER TABLE orders ADD COLUMN region_id bigint;
                CREATE TABLE regions (id bigint PRIMARY KEY);
                ALTER TABLE orders
                    ADD CONSTRAINT orders_region  -- expect: foreign-key-scan
                    FOREIGN KEY (region_id) REFERENCES regions (id);
            """,
            history=TABLES,
            fixed="""
ALTER TABLE orders ADD COLUMN region_id bigint;
CREATE TABLE regions (id bigint PRIMARY KEY);
ALTER TABLE orders
    ADD CONSTRAINT orders_region
    FOREIGN KEY (region_id) REFERENCES regions (id) NOT VALID;
            """.strip(),
        ),
        Bad(
            "both tables are in use",
            """
                ALTER TABLE orders
                    ADD CONSTRAINT orders_user  -- expect: foreign-key-scan
                    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
            """,
            history=TABLES,
            fixed="""ALTER TABLE orders
    ADD CONSTRAINT orders_user
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE NOT VALID;""",
        ),
        Bad(
            "new column whose default is looked up for every row",
            "ALTER TABLE orders ADD agent_id int DEFAULT 1 REFERENCES users;  -- expect: foreign-key-scan",
            history=TABLES,
        ),
        Bad(
            "new column that is NULL in every row, each of which is read all the same",
            """
                ALTER TABLE orders ADD COLUMN agent_id bigint;
                ALTER TABLE orders
                    ADD FOREIGN KEY (agent_id)  -- expect: foreign-key-scan
                    REFERENCES users;
            """,
            history=TABLES,
            fixed="""ALTER TABLE orders ADD COLUMN agent_id bigint;
ALTER TABLE orders
    ADD FOREIGN KEY (agent_id)
    REFERENCES users NOT VALID;""",
        ),
        Bad(
            "new table that this migration has filled from an old one",
            """
                CREATE TABLE carts (id bigint PRIMARY KEY, user_id bigint);
                INSERT INTO carts SELECT id, user_id FROM orders;
                ALTER TABLE carts ADD FOREIGN KEY (user_id) REFERENCES users;  -- expect: foreign-key-scan
            """,
            history=TABLES,
            fixed="""CREATE TABLE carts (id bigint PRIMARY KEY, user_id bigint);
INSERT INTO carts SELECT id, user_id FROM orders;
ALTER TABLE carts ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID;""",
        ),
        Bad(
            "partitioned table before version 18, which refuses NOT VALID",
            "ALTER TABLE events ADD FOREIGN KEY (user_id) REFERENCES users;  -- expect: foreign-key-scan",
            history=PARTITIONED,
        ),
        Bad(
            "two keys in one statement are one wait and one finding",
            """
                ALTER TABLE orders
                    ADD FOREIGN KEY (user_id) REFERENCES users,  -- expect: foreign-key-scan
                    ADD FOREIGN KEY (id) REFERENCES users;
            """,
            history=TABLES,
            fixed="""ALTER TABLE orders
    ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID,
    ADD FOREIGN KEY (id) REFERENCES users NOT VALID;""",
        ),
        Bad(
            "next to a CHECK, whose scan does not replace this one",
            """
                ALTER TABLE orders
                    ADD CHECK (id > 0),
                    ADD FOREIGN KEY (user_id) REFERENCES users,  -- expect: foreign-key-scan
                    ADD FOREIGN KEY (id) REFERENCES users;
            """,
            history=TABLES,
        ),
        Bad(
            "table that the key points to is new and empty, so any value fails",
            """
                CREATE TABLE regions (id bigint PRIMARY KEY);
                ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES regions;  -- expect: foreign-key-scan
            """,
            history=TABLES,
        ),
        Bad(
            "DEFAULT NULL, with which the server reads the table although no default stands there",
            "ALTER TABLE orders ADD agent_id int REFERENCES users DEFAULT NULL;  -- expect: foreign-key-scan",
            history=TABLES,
        ),
        Good(
            "NOT VALID, and validated in a later migration",
            """
                ALTER TABLE orders
                    ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users NOT VALID;
                -- migration
                ALTER TABLE orders VALIDATE CONSTRAINT orders_user;
            """,
            history=TABLES,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "partitions have the key already, so the parent takes it over",
            """
                ALTER TABLE events_2025
                    ADD CONSTRAINT events_user FOREIGN KEY (user_id) REFERENCES users NOT VALID;
                -- migration
                ALTER TABLE events_2025 VALIDATE CONSTRAINT events_user;
                -- migration
                ALTER TABLE events ADD CONSTRAINT events_user FOREIGN KEY (user_id) REFERENCES users;
            """,
            history=PARTITIONED,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "table is new and empty",
            """
                CREATE TABLE carts (id bigint PRIMARY KEY, user_id bigint);
                ALTER TABLE carts ADD FOREIGN KEY (user_id) REFERENCES users;
            """,
            history=TABLES,
        ),
        Good(
            "new column is NULL in every row, so the server checks nothing",
            "ALTER TABLE orders ADD COLUMN agent_id bigint REFERENCES users;",
            history=TABLES,
        ),
        Good(
            "new table holds only the rows that the migration spells out",
            """
                CREATE TABLE roles (id bigint PRIMARY KEY, owner_id bigint);
                INSERT INTO roles VALUES (1, 1), (2, 1);
                ALTER TABLE roles ADD FOREIGN KEY (owner_id) REFERENCES users;
            """,
            history=TABLES,
        ),
        Good(
            "scan is the CHECK's",
            "ALTER TABLE orders ADD COLUMN agent_id bigint DEFAULT 1 REFERENCES users CHECK (agent_id > 0);",
            history=TABLES,
        ),
        Good(
            "another action of the statement copies the table",
            """
                ALTER TABLE orders
                    ALTER COLUMN id TYPE numeric,
                    ADD FOREIGN KEY (user_id) REFERENCES users;
            """,
            history=TABLES,
        ),
        Good(
            "key is there already, and the block swallows the error before a row is read",
            """
                DO $$ BEGIN
                  ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users;
                EXCEPTION
                  WHEN duplicate_object THEN NULL;
                END $$;
            """,
            history=f"{TABLES}ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) "
            "REFERENCES users;",
        ),
        Bad(
            "history does not show a key of this name, whatever errors the block swallows",
            """
                DO $$ BEGIN
                  ALTER TABLE orders
                    ADD CONSTRAINT orders_user  -- expect: foreign-key-scan
                    FOREIGN KEY (user_id) REFERENCES users;
                EXCEPTION
                  WHEN duplicate_object THEN NULL;
                END $$;
            """,
            history=TABLES,
        ),
        Good(
            "table is listed as small",
            "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;",
            history=TABLES,
            settings=(("small_tables", frozenset({Name("public", "orders")})),),
        ),
    ),
)


@rule.check(AddConstraint, AddColumn)
def foreign_key_scan(operation: AddConstraint | AddColumn, ctx: Context) -> Iterator[Finding]:
    key = ctx.waits.constraint("foreign")
    leads = bool(ctx.waits.leading_work)
    if key is None or not (leads or ctx.waits.leads_own_scan):
        return
    table, name = operation.table, ctx.constraint_name(operation.table, key)
    sides = (table, *((key.references,) if key.references else ()))
    has_rows = key.references and any(map(ctx.has_rows, ctx.schema.family(key.references)))
    fails = any(failure.cause is FailureCause.ROWS for failure in ctx.effects.failures)
    if key.references and fails and not has_rows:
        value = f"a row of {table.display} has a value in {' and '.join(key.columns)}"
        when = f"{table.display} has any row" if isinstance(operation, AddColumn) else value
        yield Finding(
            operation.span,
            f"foreign key {name} fails if {when}: {key.references.display} has no rows",
            help=f"-- after {key.references.display} is filled:\n{_help(operation, key, name, ctx)}",
            severity=Severity.WARNING,
            tables=sides,
            related=ctx.waits.also_blocking if leads else (),
        )
        return
    own = f"{ctx.waits.blocked_uses(table)}, and " if ctx.is_live(table) else ""
    nulls = _has_only_nulls(operation, key, ctx)
    read = f"every row of {table.display} is read, although its new {key.columns[0]} is NULL"
    work = read if nulls else f"the rows of {table.display} are looked up"
    yield Finding(
        operation.span,
        f"foreign key {name} blocks {ctx.waits.blocked_uses(*sides)} while {work}",
        severity=Severity.WARNING if nulls else None,
        help=ctx.remedies.of_constraints("foreign", _help),
        tables=sides,
        related=(*(ctx.waits.also_blocking if leads else ()), *ctx.waits.locked_before(*sides)),
        listed=Listed(
            "foreign keys ",
            name,
            f" block {own}writes to the tables that they reference while the rows of {table.display} "
            "are looked up",
        ),
        fix=ctx.remedies.not_valid_fix if leads else None,
    )


def _has_only_nulls(operation: AddConstraint | AddColumn, key: ConstraintDefinition, ctx: Context) -> bool:
    if isinstance(operation, AddColumn):
        return operation.column.default is not None and operation.column.default.is_null
    return len(key.columns) == 1 and ctx.session.has_only_nulls(ctx.table(operation.table), key.columns)


def _help(operation: AddConstraint | AddColumn, key: ConstraintDefinition, name: str, ctx: Context) -> str:
    table = operation.table
    found = ctx.table(table)
    remedies, own = ctx.remedies, key._replace(name=name, not_valid=False)
    later = own._replace(not_valid=True)
    new = operation.column if isinstance(operation, AddColumn) else None
    column = new or (found.column(key.columns[0]) if found is not None else None)
    if column is not None and _has_only_nulls(operation, key, ctx):
        when = "without DEFAULT NULL," if new else "when the column is added, which"
        if new is None and key.references and remedies.key_is_newer(table, column.name, own):
            when = f"with the ADD COLUMN moved here, behind the key of {key.references.display}, which"
        added = ColumnDefinition(column.name, column.type, constraints=(own,))
        return remedies.shown(Say(f"{when} reads no row:"), do(AddColumn(NOWHERE, table, added)))
    if found is not None and remedies.refuses_not_valid(table, key):
        parts = found.partitions[:1]
        return remedies.shown(
            *(remedies.added(AddConstraint(NOWHERE, part, later), table=table) for part in parts),
            Say("the same for each other partition; in a later migration:"),
            *(do(validated(part, name)) for part in parts),
            Say("when all of them are valid, without a scan:"),
            remedies.added(AddConstraint(NOWHERE, table, own)),
        )
    return remedies.shown(
        *((do(plain_column(table, new)),) if new else ()),
        remedies.added(AddConstraint(NOWHERE, table, later)),
        Say("in a later migration:"),
        do(validated(table, name)),
    )
