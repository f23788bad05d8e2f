"""
File that the migration tool refuses to read.

A directive it does not know, a marker that is missing, a name it cannot order, statements that it does not
allow together: the tool stops there, and most stop before they run anything, so the deploy fails. It also
fails with rows below `COPY ... FROM STDIN`, which only psql and a few tools send, and with a byte order mark
in a file that the tool sends to the server unchanged.

Silent about everything that the tool accepts, however odd it looks.
"""

from collections.abc import Iterator

from miglint.model import Finding, RefusedFile, Severity
from miglint.rule import Bad, Context, Good, Rule

_USERS = "CREATE TABLE users (id bigint);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    dialects={},
    examples=(
        Bad(
            "directive that the tool does not know",
            files={
                "migrations/001_users.sql": f"-- +goose Up\n{_USERS}\n-- +goose Down\nDROP TABLE users;\n",
                "migrations/002_orders.sql": """
                    -- +goose Up
                    -- +goose NoTransaction  -- expect: refused-migration
                    CREATE TABLE orders (id bigint);
                """,
            },
        ),
        Bad(
            "rows below COPY, for a tool that sends the file to the server",
            files={
                "migrations/001_users.up.sql": f"""
                    {_USERS}
                    COPY users FROM STDIN;  -- expect: refused-migration
                    1
                    \\.
                """,
            },
        ),
        Good(
            "the same rows in files that psql runs",
            files={
                "migrations/001_users.sql": f"""
                    {_USERS}
                    COPY users FROM STDIN;
                    1
                    \\.
                """,
            },
        ),
        Good(
            "directives that it knows",
            files={
                "migrations/001_users.sql": f"-- +goose NO TRANSACTION\n-- +goose Up\n{_USERS}\n",
            },
        ),
    ),
)


@rule.check(RefusedFile)
def refused_migration(found: RefusedFile, ctx: Context) -> Iterator[Finding]:
    yield found.finding
