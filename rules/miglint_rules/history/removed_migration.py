"""
Migration that was deleted or renamed after it was merged.

Databases that have run it keep its changes, and their list of migrations names one that does not exist: some
tools refuse to continue, others never notice, and a new database is built without it. For most tools a
renamed migration is a new one, and runs again.
Keep it where it is, and undo its changes in a new migration.

Migrations that were squashed, replaced by one that makes the same tables, are one finding at the new one: a
database that has run the old ones runs it as well, and it fails because its tables are there. Mark it as
applied on each of them before the deploy. The help says in what the new one makes another schema.

Checked with `--since` or `--staged`, which determine what was merged. An error where the tool refuses it; a
note where no tool is known, and where databases take what the others were squashed into for run.
Silent about migrations that the tool reruns whenever they change, about another name for the same version
where the tool identifies migrations by their version alone, about a baseline that only new databases run, and
about another name where people run the files by hand.
"""

import json
from collections.abc import Iterator

from miglint.model import Finding, Migration, Reaction, Severity, Source, Span
from miglint.rule import Bad, Context, Good, RemovedMigration, Rule, SquashedMigrations, Together

_V1 = "db/migration/V1__users.sql"
_V2 = "db/migration/V2__orders.sql"
_GO = "migrations/0001_users.up.sql"
_GO_2 = "migrations/0002_orders.up.sql"
_USERS = "CREATE TABLE users (id bigint);\n"
_UNDO = "DROP TABLE users;\n"
_ORDERS = "CREATE TABLE orders (id bigint);\n"
_PRISMA = {"prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n'}
_PRISMA_1 = "prisma/migrations/1_users/migration.sql"
_PRISMA_2 = "prisma/migrations/2_orders/migration.sql"
_GOOSE = "-- +goose Up\n%s"
_GOOSE_1 = "migrations/00001_users.sql"
_GOOSE_2 = "migrations/00002_orders.sql"
_GOOSE_4 = "migrations/00004_carts.sql"


def _journal(*tags: str) -> dict[str, str]:
    entries = [{"idx": int(tag[:4]), "when": int(tag[:4]), "tag": tag} for tag in tags]
    return {"drizzle/meta/_journal.json": json.dumps({"dialect": "postgresql", "entries": entries})}


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
        Bad(
            "several that are gone, which are one mistake",
            before={
                _GO: _USERS,
                _GO_2: _ORDERS,
                "migrations/0003_carts.up.sql": "CREATE TABLE carts (id int);",
            },
            files={_GO: _USERS},
            expect=(f"{_GO_2}:1 removed-migration",),
        ),
        Bad(
            "several that are squashed into a new one",
            before={**_PRISMA, _PRISMA_1: _USERS, _PRISMA_2: _ORDERS},
            files={**_PRISMA, "prisma/migrations/3_all/migration.sql": f"{_USERS}{_ORDERS}"},
            expect=("prisma/migrations/3_all/migration.sql:1 removed-migration",),
        ),
        Bad(
            "several that are squashed into the last of them, which counts as run",
            before={_GO: _USERS, _GO_2: _ORDERS},
            files={_GO_2: f"{_USERS}{_ORDERS}"},
            expect=(f"{_GO_2}:1 removed-migration",),
        ),
        Bad(
            "several that are squashed into one that makes another schema",
            before={**_PRISMA, _PRISMA_1: _USERS, _PRISMA_2: _ORDERS},
            files={
                **_PRISMA,
                "prisma/migrations/3_all/migration.sql": f"{_USERS}CREATE TABLE orders (id int);\n",
            },
            expect=("prisma/migrations/3_all/migration.sql:1 removed-migration",),
        ),
        Bad(
            "several that are squashed into a new one that can run where they have",
            before={**_PRISMA, _PRISMA_1: _USERS, _PRISMA_2: _ORDERS},
            files={
                **_PRISMA,
                "prisma/migrations/3_all/migration.sql": f"{_USERS}{_ORDERS}".replace(
                    "TABLE", "TABLE IF NOT EXISTS"
                ),
            },
            expect=("prisma/migrations/3_all/migration.sql:1 removed-migration",),
        ),
        Bad(
            "several that are squashed under a tool that misses the old ones",
            before={_V1: _USERS, _V2: _ORDERS},
            files={"db/migration/V3__all.sql": f"{_USERS}{_ORDERS}"},
            expect=("db/migration/V3__all.sql:1 removed-migration",),
        ),
        Bad(
            "several that are squashed before one that stays, under a tool that refuses what comes late",
            before={_GOOSE_1: _GOOSE % _USERS, _GOOSE_2: _GOOSE % _ORDERS, _GOOSE_4: _GOOSE % "SELECT 1;"},
            files={
                "migrations/00003_all.sql": _GOOSE % f"{_USERS}{_ORDERS}",
                _GOOSE_4: _GOOSE % "SELECT 1;",
            },
            expect=("migrations/00003_all.sql:2 removed-migration",),
        ),
        Bad(
            "several that are squashed into the first of them, under a tool that knows only the last",
            before={_GO: _USERS, _GO_2: _ORDERS},
            files={_GO: f"{_USERS}{_ORDERS}"},
            expect=(f"{_GO}:1 removed-migration",),
        ),
        Bad(
            "several that are squashed under a tool whose own number for the new one is not in its name",
            before={
                **_journal("0000_users", "0001_orders"),
                "drizzle/0000_users.sql": _USERS,
                "drizzle/0001_orders.sql": _ORDERS,
            },
            files={**_journal("0002_all"), "drizzle/0002_all.sql": f"{_USERS}{_ORDERS}"},
            expect=("drizzle/0002_all.sql:1 removed-migration",),
        ),
        Good(
            "baseline in their place, which only new databases run",
            before={_V1: _USERS, _V2: _ORDERS},
            files={"db/migration/B2__all.sql": f"{_USERS}{_ORDERS}"},
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
        Good(
            "another name where no tool keeps a list of what has run",
            before={"migrations/01_users.sql": _USERS, "migrations/02_orders.sql": _ORDERS},
            files={"migrations/01_users.sql": _USERS, "migrations/03_orders.sql": _ORDERS},
        ),
        Good(
            "files that no tool runs, squashed into one",
            before={"migrations/01_users.sql": _USERS, "migrations/02_orders.sql": _ORDERS},
            files={"migrations/03_all.sql": f"{_USERS}{_ORDERS}"},
        ),
    ),
)


@rule.check(RemovedMigration)
def removed_migration(removed: RemovedMigration, ctx: Context) -> Iterator[Finding]:
    was, to, advice = removed.before, removed.renamed_to, ctx.history.advice
    stops = advice.removed is Reaction.STOPS
    if to is not None and advice.by_hand:
        return
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
        severity=Severity.ERROR if stops else Severity.NOTE if advice.by_hand else None,
        source=script.source if script else Source(was.path, ""),
        # What one change takes away, or renames, it does for one reason.
        cause="renamed" if to else "deleted",
    )


@rule.check(SquashedMigrations)
def squashed_migrations(squashed: SquashedMigrations, ctx: Context) -> Iterator[Finding]:
    old, new, advice = squashed.before, squashed.into, ctx.history.advice
    script = new[0].up
    if script is None or advice.by_hand or all(migration.baseline for migration in new):
        return
    names = old[0].id if len(old) == 1 else f"{len(old)} migrations, {old[0].id} to {old[-1].id},"
    what = f"{names} {'was' if len(old) == 1 else 'were'} replaced by {_listed(new)} after the merge"
    consequence, severity = _consequence(squashed, ctx)
    help_text = "keep the old ones until every database has run them"
    if severity is not Severity.NOTE and advice.removed is not Reaction.STOPS and (mark := _mark(new, ctx)):
        help_text = f"on each of these databases, before the deploy, mark it as applied:\n{mark}"
    if squashed.differences:
        shown = "; ".join(squashed.differences[:_SHOWN])
        more = len(squashed.differences) - _SHOWN
        help_text += f"\nthe schema is not the same: {shown}{f'; and {more} more' if more > 0 else ''}"
    yield Finding(
        script.head, f"{what}: {consequence}", help=help_text, severity=severity, source=script.source
    )


def _consequence(squashed: SquashedMigrations, ctx: Context) -> tuple[str, Severity]:
    """Say what becomes of databases that have run the old migrations."""
    advice, base, newest = ctx.history.advice, ctx.history.base, squashed.newest
    if advice.removed is Reaction.STOPS:
        return "the tool refuses to run anything on a database that has run them", Severity.ERROR
    if newest is not None and advice.late is Reaction.STOPS:
        consequence = f"the tool refuses it on a database that has run {newest.id}, which comes after it"
        return consequence, Severity.ERROR
    skips = advice.late is Reaction.SKIPS
    if squashed.known and skips and base is not None and base.migrations[-1] in squashed.before:
        return "databases that have run them are at a version that does not exist", Severity.WARNING
    if squashed.known or (skips and newest is not None):
        consequence = "databases count it as run, even those that have run only some of the old ones"
        return consequence, Severity.NOTE
    consequence = "a database that has run them runs this as well"
    if squashed.fails:
        return f"{consequence}, and it fails because its tables are there", Severity.WARNING
    return consequence, Severity.NOTE


_SHOWN = 3


def _listed(new: tuple[Migration, ...]) -> str:
    return new[0].id if len(new) == 1 else f"{len(new)} others, {new[0].id} to {new[-1].id}"


def _mark(new: tuple[Migration, ...], ctx: Context) -> str:
    """Give the tool's commands that make it take migrations for run; "" where it has none for a name."""
    history = ctx.history
    commands = [history.command(history.advice.commands.mark_applied, migration) for migration in new]
    return "\n".join(commands) if all(commands) else ""
