"""
Primary key whose index build blocks reads and writes.

`ADD PRIMARY KEY` builds its index, and reads the table once more for columns that are nullable, under ACCESS
EXCLUSIVE: even a SELECT waits until COMMIT, for minutes on a large table.
Make the columns NOT NULL without a scan, build a unique index CONCURRENTLY in a migration that runs outside a
transaction, and add the primary key with USING INDEX, which is then quick.
A partitioned table refuses both CONCURRENTLY and USING INDEX: create a unique index `ON ONLY` the parent,
build it concurrently on each partition, and attach those indexes.

Silent for the USING INDEX form, when this migration creates or truncates the table, when the same statement
copies the table (the copy is then the finding), and for tables listed as small.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX
"""

from collections.abc import Iterator

from miglint.model import (
    AddColumn,
    AddConstraint,
    ConstraintDefinition,
    Finding,
    Given,
    Name,
    Severity,
    do,
    key_of_index,
    unique_index,
    without_constraint,
)
from miglint.rule import Bad, Context, Good, Rule

TABLE = "CREATE TABLE members (team_id bigint NOT NULL, user_id bigint NOT NULL, code text);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "table in use",
            "ALTER TABLE members ADD PRIMARY KEY (team_id, user_id);  -- expect: primary-key-build",
            history=TABLE,
        ),
        Bad(
            "all rows were deleted in the same transaction, and the dead rows are still indexed",
            """
                DELETE FROM members;
                ALTER TABLE members ADD PRIMARY KEY (team_id, user_id);  -- expect: primary-key-build
            """,
            history=TABLE,
        ),
        Bad(
            "key is replaced",
            """
                ALTER TABLE members
                    DROP CONSTRAINT members_pkey,
                    ADD CONSTRAINT members_pkey PRIMARY KEY (code);  -- expect: primary-key-build
            """,
            history="CREATE TABLE members (team_id bigint PRIMARY KEY, code text NOT NULL);",
        ),
        Bad(
            "partitioned table with partitions",
            "ALTER TABLE events ADD PRIMARY KEY (id, at);  -- expect: primary-key-build",
            history="""
                CREATE TABLE events (id bigint NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
                CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
            """,
        ),
        Bad(
            "key was dropped by an earlier statement, and the new one has to wait for a NOT NULL",
            """
                ALTER TABLE members DROP CONSTRAINT members_pkey;
                ALTER TABLE members ADD PRIMARY KEY (code);  -- expect: primary-key-build
            """,
            history="CREATE TABLE members (team_id bigint PRIMARY KEY, code text);",
        ),
        Bad(
            "key has gone with its column",
            """
                ALTER TABLE members DROP COLUMN team_id;
                ALTER TABLE members ADD PRIMARY KEY (code);  -- expect: primary-key-build
            """,
            history="CREATE TABLE members (team_id bigint PRIMARY KEY, code text);",
        ),
        Good(
            "serial column copies the table, from which all rows were deleted before",
            "DELETE FROM orders;\nALTER TABLE orders ADD COLUMN number serial PRIMARY KEY;",
            history="CREATE TABLE orders (id bigint, code text);",
        ),
        Good(
            "index built concurrently first, then used by the constraint",
            """
                CREATE UNIQUE INDEX CONCURRENTLY members_key ON members (team_id, user_id);
                -- migration
                ALTER TABLE members ADD CONSTRAINT members_key PRIMARY KEY USING INDEX members_key;
            """,
            history=TABLE,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE carts (id bigint, code text);\nALTER TABLE carts ADD PRIMARY KEY (id);",
        ),
        Good(
            "constraint is of another kind",
            "ALTER TABLE members ADD CHECK (team_id > 0);",
            history=TABLE,
        ),
        Good(
            "new serial column, which copies the table",
            "ALTER TABLE members ADD COLUMN id bigserial PRIMARY KEY;",
            history=TABLE,
        ),
        Good(
            "statement copies the table anyway",
            "ALTER TABLE members ADD COLUMN id bigserial, ADD PRIMARY KEY (id);",
            history=TABLE,
        ),
        Good(
            "table is listed as small",
            "ALTER TABLE members ADD PRIMARY KEY (team_id, user_id);",
            history=TABLE,
            settings=(("small_tables", frozenset({Name("public", "members")})),),
        ),
    ),
)


@rule.check(AddConstraint, AddColumn)
def primary_key_build(operation: AddConstraint | AddColumn, ctx: Context) -> Iterator[Finding]:
    key = ctx.waits.constraint("primary")
    if key is None or not ctx.waits.leading_work:
        return
    table, name = operation.table, ctx.constraint_name(operation.table, key)
    yield Finding(
        operation.span,
        f"primary key {name} {ctx.waits.locks(table)} against reads and writes while its index is built",
        help=ctx.remedies.only_renamed(table, name) or _help(operation, key, name, ctx),
        tables=(table,),
        related=ctx.waits.also_blocking,
    )


def _help(operation: AddConstraint | AddColumn, key: ConstraintDefinition, name: str, ctx: Context) -> str:
    table, remedies, found = operation.table, ctx.remedies, ctx.siblings[0].table(operation.table)
    index = unique_index(table, name, key.columns)
    if found is not None and found.partition_by:
        return remedies.shown(*remedies.attached(index))
    nullable = [c.name for c in found.columns if c.name in key.columns and c.nullable] if found else []
    # An earlier statement of the migration may have dropped the key that this one replaces.
    before = ctx.records[0].schema.table(table)
    old = before.primary_key if before is not None else None
    if old is not None and not remedies.replaces(table, old.name, later=bool(nullable)):
        old = None
    # The name of the key that this one replaces is still taken while the index is built.
    built = f"{name}_new" if old is not None and old.name == name else name
    steps = remedies.shown(
        *remedies.not_null_steps(table, nullable),
        Given(remedies.concurrent_index(index._replace(name=built), table, later=bool(nullable))),
        Given(remedies.and_then(table, old.name if old is not None else name, later=bool(nullable))),
        do(
            *([without_constraint(table, old.name)] if old is not None else []),
            key_of_index(table, name, "primary", built),
        ),
    )
    return steps + (remedies.relying_on_index(name) if isinstance(operation, AddConstraint) else "")
