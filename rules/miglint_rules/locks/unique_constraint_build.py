"""
Unique constraint whose index build blocks reads and writes.

`ADD CONSTRAINT ... UNIQUE` builds its index under ACCESS EXCLUSIVE: even a SELECT waits until COMMIT, for
minutes on a large table.
UNIQUE in the definition of a new column does the same, even where every new value is NULL.
Build a unique index CONCURRENTLY in a migration that runs outside a transaction, and add the constraint with
USING INDEX, which is quick.
A partitioned table refuses both CONCURRENTLY and USING INDEX: create the unique index `ON ONLY` the parent,
build it concurrently on each partition, and attach those indexes; a unique index is all that ON CONFLICT and
a foreign key need.

Silent for the USING INDEX form, when this migration creates or truncates the table, and for tables that the
configuration lists as small.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX
"""

from collections.abc import Iterator

from miglint.model import (
    AddColumn,
    AddConstraint,
    ConstraintDefinition,
    Finding,
    Given,
    Listed,
    Name,
    Severity,
    do,
    key_of_index,
    plain_column,
    unique_index,
    without_constraint,
)
from miglint.rule import Bad, Context, Good, Rule, Together

TABLE = "CREATE TABLE users (id bigint PRIMARY KEY, email text);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    together=Together("table"),
    examples=(
        Bad(
            "table in use",
            "ALTER TABLE users ADD CONSTRAINT one_email UNIQUE (email);  -- expect: unique-constraint-build",
            history=TABLE,
        ),
        Bad(
            "new column that is UNIQUE",
            "ALTER TABLE users ADD COLUMN handle text UNIQUE;  -- expect: unique-constraint-build",
            history=TABLE,
        ),
        Bad(
            "partitioned table with partitions",
            "ALTER TABLE events ADD UNIQUE (id, at);  -- expect: unique-constraint-build",
            history="""
                CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
                CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
            """,
        ),
        Good(
            "index built concurrently first, then used by the constraint",
            """
                CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);
                -- migration
                ALTER TABLE users ADD CONSTRAINT users_email UNIQUE USING INDEX users_email;
            """,
            history=TABLE,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE carts (id bigint, code text);\nALTER TABLE carts ADD UNIQUE (code);",
        ),
        Good(
            "constraint is of another kind",
            "ALTER TABLE users ADD CHECK (id > 0);",
            history=TABLE,
        ),
        Good(
            "another action of the statement copies the table",
            "ALTER TABLE users ALTER COLUMN id TYPE numeric, ADD UNIQUE (email);",
            history=TABLE,
        ),
        Good(
            "new column that copies the table anyway",
            "ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid() UNIQUE;",
            history=TABLE,
        ),
        Good(
            "table is listed as small",
            "ALTER TABLE users ADD UNIQUE (email);",
            history=TABLE,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
    ),
)


@rule.check(AddConstraint, AddColumn)
def unique_constraint_build(operation: AddConstraint | AddColumn, ctx: Context) -> Iterator[Finding]:
    unique = ctx.waits.constraint("unique")
    if unique is None or not ctx.waits.leading_work:
        return
    table, name = operation.table, ctx.constraint_name(operation.table, unique)
    yield Finding(
        operation.span,
        f"unique constraint {name} {ctx.waits.locks(table)} against reads and writes "
        "while its index is built",
        help=ctx.remedies.of_constraints("unique", _help),
        tables=(table,),
        related=ctx.waits.also_blocking,
        listed=Listed(
            "unique constraints ",
            name,
            f" lock {table.display} against reads and writes while their indexes are built",
        ),
    )


def _help(operation: AddConstraint | AddColumn, unique: ConstraintDefinition, name: str, ctx: Context) -> str:
    table, remedies, found = operation.table, ctx.remedies, ctx.table(operation.table)
    index = unique_index(table, name, unique.columns)._replace(
        include=unique.include, nulls_not_distinct=unique.nulls_not_distinct
    )
    add = (do(plain_column(table, operation.column)),) if isinstance(operation, AddColumn) else ()
    if found is not None and found.partition_by:
        return remedies.shown(*add, *remedies.attached(index, later=bool(add)))
    # The name of a constraint that this one replaces is still taken while the index is built.
    replaced = remedies.replaces(table, name, later=bool(add))
    built = f"{name}_new" if replaced else name
    waiting = remedies.dropped_before(table, later=bool(add))
    dropped = dict.fromkeys((*([name] if replaced else []), *waiting))
    steps = remedies.shown(
        *add,
        Given(remedies.concurrent_index(index._replace(name=built), table, later=bool(add))),
        Given(remedies.and_then(table, name, later=bool(add))),
        do(
            *(without_constraint(table, old) for old in dropped),
            key_of_index(table, name, "unique", built),
        ),
    )
    return steps + ("" if add else remedies.relying_on_index(name))
