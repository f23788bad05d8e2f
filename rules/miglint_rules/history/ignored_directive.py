"""
Directive in a form that the migration tool does not see.

It reads like an instruction but is only a comment: a space where none is allowed, a byte order mark before
it, a setting without a key. The migration does not run as it says; most often it runs inside the transaction
that it meant to turn off.

Silent about comments that only mention a directive.
"""

from collections.abc import Iterator

from miglint.model import Finding, IgnoredDirective, Severity
from miglint.rule import Bad, Context, Good, Rule

_USERS = "CREATE TABLE users (id bigint, name text);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    dialects={},
    examples=(
        Bad(
            "space before the value",
            files={
                "db/migrations/1_users.sql": f"-- migrate:up\n{_USERS}\n-- migrate:down\nDROP TABLE users;\n",
                "db/migrations/2_index.sql": """
                    -- migrate:up transaction: false  -- expect: ignored-directive
                    CREATE INDEX CONCURRENTLY users_name ON users (name);
                    -- migrate:down
                    DROP INDEX users_name;
                """,
            },
        ),
        Good(
            "form that the tool reads",
            files={
                "db/migrations/1_users.sql": f"-- migrate:up transaction:false\n{_USERS}\n-- migrate:down\n",
            },
        ),
    ),
)


@rule.check(IgnoredDirective)
def ignored_directive(found: IgnoredDirective, ctx: Context) -> Iterator[Finding]:
    yield found.finding
