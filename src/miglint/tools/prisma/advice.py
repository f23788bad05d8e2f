"""What to tell the users of Prisma about rollbacks, timeouts and transactions, by version."""

from miglint.model.migration import Advice, Checksum, Commands, Reaction


def advice(version: tuple[int, int, int] | None, schema: str, migrations: str) -> Advice:
    """Give the advice for a version (None: unknown) and the paths of its schema and migrations.

    Commands: https://www.prisma.io/docs/orm/prisma-migrate/workflows/generating-down-migrations;
    version 7 renamed the flags of `migrate diff` and took those of `db execute` for the database away.
    """
    if version is not None and version < (7, 0, 0):
        diff = (
            f"npx prisma migrate diff --from-schema-datamodel {schema} --to-migrations {migrations} "
            '--shadow-database-url "$SHADOW_DATABASE_URL" --script > down.sql'
        )
        # Without one of `--url` and `--schema` it stops; version 7 asks the configuration instead.
        execute = f"npx prisma db execute --schema {schema} --file"
    else:
        diff = (
            f"npx prisma migrate diff --from-schema {schema} --to-migrations {migrations} --script > down.sql"
        )
        execute = "npx prisma db execute --file"
    if version is not None and version >= (7, 4, 0):
        outside = (
            "put the statement alone in its migration: from 7.4 on Prisma sends the statements one by one, "
            "but a file that its SQL parser cannot read still goes as one batch"
        )
    else:
        outside = (
            "put the statement alone in its migration: Prisma opens no transaction of its own, "
            "and only a file with several statements runs as one"
        )
    half_way = (
        "the migration is recorded as failed, and Prisma applies nothing more until that is resolved; "
        + (
            "the statements before the failing one stay, unless the file has BEGIN and COMMIT"
            if version is not None and version >= (7, 4, 0)
            else "before 7.4 nothing of its SQL stays"
        )
    )
    return Advice(
        has_downs=False,
        down_file="down.sql beside migration.sql",
        without_down=(
            "Prisma never undoes a migration; `prisma migrate resolve --rolled-back` only marks one that "
            "failed. Without a down.sql, going back means writing SQL by hand while production waits, "
            "or a new migration"
        ),
        roll_back_needs=(
            "deleting the row by hand: Prisma has no command that takes back a migration that succeeded; the "
            "documented way is a new migration that undoes it"
        ),
        half_way=half_way,
        half_way_back="`prisma db execute` sends the file as one query: nothing is undone, unless it commits",
        older_program=(
            "`prisma migrate deploy` of an older version warns about migrations that it lacks, and goes on"
        ),
        begin_downs=(
            f"after changing the schema and before `prisma migrate dev`, run `{diff}` and move the file into "
            "the new migration's folder; check it by hand, because it knows nothing about data or SQL that "
            f"you added. To go back: `{execute} <migration>/down.sql`"
        ),
        set_lock_timeout=(
            "add `options=-c%20lock_timeout%3D5s` to the connection URL that `prisma migrate deploy` uses, "
            "or run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once"
        ),
        run_outside_transaction=outside,
        edited=Reaction.WARNS,
        checksum=Checksum.CHARACTERS,
        removed=Reaction.WARNS,
        commands=Commands(
            apply="npx prisma migrate deploy",
            roll_back=f"{execute} {{folder}}/{{id}}/down.sql",
            mark_applied="npx prisma migrate resolve --applied {id}",
            unmark="DELETE FROM _prisma_migrations WHERE migration_name = '{id}';",
            check="npx prisma migrate status",
            mend="npx prisma migrate resolve --rolled-back {id}",
        ),
    )
