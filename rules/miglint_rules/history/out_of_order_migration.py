"""
New migration that comes before one that was merged.

It was written on an older state of the project. A new database runs it in order; one that is up to date runs
it last, refuses it, or never runs it, depending on the tool.
Give it a number or timestamp that puts it last, so that all databases run the same migrations in the same
order.

Checked with `--since` or `--staged`, which determine what was merged. An error where the tool refuses or
skips it; a note where the tool runs it late, because that is common with two branches and matters only when
both change the same objects.
Silent about migrations that the tool reruns whenever they change, and where no tool is known: people run
such files when they are due.
"""

from collections.abc import Iterator

from miglint.model import Finding, Reaction, Severity
from miglint.rule import Bad, Context, Good, LateMigration, Rule

_LATE = "CREATE TABLE orders (id bigint);  -- expect: out-of-order-migration\n"
_USERS = "CREATE TABLE users (id bigint);\n"
_PRISMA = {
    "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
    "prisma/migrations/20240102000000_users/migration.sql": _USERS,
}

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    dialects={},
    examples=(
        Bad(
            "tool that never runs it on a database that is up to date",
            before={"migrations/2_users.up.sql": _USERS},
            files={"migrations/1_orders.up.sql": _LATE, "migrations/2_users.up.sql": _USERS},
        ),
        Bad(
            "tool that refuses it",
            before={"db/migration/V2__users.sql": _USERS},
            files={"db/migration/V1__orders.sql": _LATE, "db/migration/V2__users.sql": _USERS},
        ),
        Bad(
            "tool that runs it late",
            before=_PRISMA,
            files={**_PRISMA, "prisma/migrations/20240101000000_orders/migration.sql": _LATE},
        ),
        Good(
            "migration that comes last",
            before={"migrations/1_users.up.sql": _USERS},
            files={
                "migrations/1_users.up.sql": _USERS,
                "migrations/2_orders.up.sql": "CREATE TABLE orders (id bigint);\n",
            },
        ),
        Good(
            "files that no tool runs",
            before={
                "migrations/02_users.sql": _USERS,
                "migrations/03_carts.sql": "CREATE TABLE carts (id bigint);\n",
            },
            files={
                "migrations/01_orders.sql": "CREATE TABLE orders (id bigint);\n",
                "migrations/02_users.sql": _USERS,
                "migrations/03_carts.sql": "CREATE TABLE carts (id bigint);\n",
            },
        ),
        Good(
            "down script of a migration that is not there",
            before={"migrations/2_users.up.sql": _USERS},
            files={
                "migrations/1_orders.down.sql": "DROP TABLE orders;\n",
                "migrations/2_users.up.sql": _USERS,
            },
        ),
    ),
)

_CONSEQUENCES = {
    Reaction.STOPS: "the tool refuses it on a database that has run that one",
    Reaction.SKIPS: "a database that has run that one never runs it",
    Reaction.WARNS: "a database that has run that one runs it after it",
    Reaction.IGNORES: "a database that has run that one runs it after it",
}


@rule.check(LateMigration)
def out_of_order_migration(late: LateMigration, ctx: Context) -> Iterator[Finding]:
    reaction = ctx.history.advice.late
    script = late.migration.up
    if script is None or ctx.history.advice.by_hand:
        return
    grave = reaction in (Reaction.STOPS, Reaction.SKIPS)
    yield Finding(
        script.head,
        f"migration {late.migration.id} is new and comes before {late.newest.id}: {_CONSEQUENCES[reaction]}",
        help="give it a number or timestamp that puts it last",
        severity=Severity.ERROR if grave else None,
        source=script.source,
    )
