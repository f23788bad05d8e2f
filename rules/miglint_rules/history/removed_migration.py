"""
Migration that was deleted or renamed after it was merged.

Databases that have run it keep its changes, and their list of migrations names one that does not exist: some
tools refuse to continue, others never notice, and a new database is built without it. For most tools a
renamed migration is a new one, and runs again.
Keep it where it is, and undo its changes in a new migration.

Checked with `--since` or `--staged`, which determine what was merged. An error where the tool refuses it.
Silent about migrations that the tool reruns whenever they change, and about another name for the same version
where the tool identifies migrations by their version alone.
"""

from collections.abc import Iterator

from miglint.model import Finding, Reaction, Severity, Source, Span
from miglint.rule import Bad, Context, Good, RemovedMigration, Rule, Together

_V1 = "db/migration/V1__users.sql"
_V2 = "db/migration/V2__orders.sql"
_USERS = "CREATE TABLE users (id bigint);\n"
_UNDO = "DROP TABLE users;\n"
_ORDERS = "CREATE TABLE orders (id bigint);\n"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    dialects={},
    together=Together("cause", "migration"),
    examples=(
        Bad(
            "migration that is gone",
            before={_V1: _USERS, _V2: _ORDERS},
            files={_V1: _USERS},
            expect=(f"{_V2}:1 removed-migration",),
        ),
        Bad(
            "migration under another name",
            before={_V1: _USERS, _V2: _ORDERS},
            files={_V1: _USERS, "db/migration/V3__orders.sql": _ORDERS},
            expect=("db/migration/V3__orders.sql:1 removed-migration",),
        ),
        Good(
            "another name for a version that the tool identifies by its number",
            before={"migrations/0001_users.up.sql": _USERS, "migrations/0001_users.down.sql": _UNDO},
            files={"migrations/0001_people.up.sql": _USERS, "migrations/0001_people.down.sql": _UNDO},
        ),
        Good(
            "migration that is only moved within its change",
            before={_V1: _USERS},
            files={_V1: _USERS, "db/migration/V3__orders.sql": _ORDERS},
        ),
    ),
)


@rule.check(RemovedMigration)
def removed_migration(removed: RemovedMigration, ctx: Context) -> Iterator[Finding]:
    was, to, advice = removed.before, removed.renamed_to, ctx.history.advice
    stops = advice.removed is Reaction.STOPS
    consequence = (
        "the tool refuses to run anything on a database that has run it"
        if stops
        else "databases that have run it keep its changes, new ones are built without it"
    )
    if to is None:
        message = f"migration {was.id} was deleted after it was merged: {consequence}"
    else:
        message = f"migration {was.id} was renamed to {to.id} after it was merged"
        message += f": {consequence}" if stops else ": databases that have run it may run it again"
    script = to.up if to is not None else None
    yield Finding(
        script.head if script else Span(0, 0),
        message,
        help="restore its name" if to else "restore it, and undo its changes in a new migration",
        severity=Severity.ERROR if stops else None,
        source=script.source if script else Source(was.path, ""),
        # All of a history that is gone were taken away at once.
        cause="" if ctx.history.migrations else "gone",
    )
