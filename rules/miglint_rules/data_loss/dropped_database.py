"""
Dropped database.

`DROP DATABASE` removes all tables of a database with their files; only a backup brings them back. A migration
runs in the database that it migrates, so it can only drop another one, which other services may use.
Drop a database by hand, after a last dump.

https://www.postgresql.org/docs/current/sql-dropdatabase.html
"""

from collections.abc import Iterator

from miglint.model import Finding, ServerCommand, Severity
from miglint.rule import Bad, Context, Good, Rule

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad("another database", "DROP DATABASE reports;  -- expect: dropped-database"),
        Good("new database", "CREATE DATABASE reports;"),
    ),
)


@rule.check(ServerCommand)
def dropped_database(command: ServerCommand, ctx: Context) -> Iterator[Finding]:
    if command.command == "DROP DATABASE":
        yield Finding(
            command.span,
            "dropping a database destroys all that is in it",
            help="drop it by hand, after a last dump: pg_dump --format=custom --file=last.dump NAME",
        )
