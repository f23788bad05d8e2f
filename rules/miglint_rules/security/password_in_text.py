"""
Password that stands in the migration.

Whoever can read the repository, its history or a copy of it has the password, also after the line is gone;
the server writes the statement to its log; and all environments have the same one.
Make the role without a password, and set it where secrets are kept: with psql, or by a
statement of the deployment that takes it from there.

Silent about SCRAM verifiers, from which no password can be read, about what the migration tool or psql fills
in, and about empty passwords and NULL.

https://www.postgresql.org/docs/current/sql-createrole.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Opaque, ServerCommand, Severity
from miglint.rule import Bad, Context, Good, Rule, passwords

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    examples=(
        Bad("new role", "CREATE ROLE app LOGIN PASSWORD 'swordfish';  -- expect: password-in-text"),
        Bad(
            "role that gets another one",
            "ALTER USER app WITH ENCRYPTED PASSWORD 'swordfish';  -- expect: password-in-text",
        ),
        Bad(
            "role made in a block",
            """
                DO $$ BEGIN
                  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN
                    CREATE ROLE app LOGIN PASSWORD 'swordfish';  -- expect: password-in-text
                  END IF;
                END $$;
            """,
        ),
        Bad(
            "statement that a block executes",
            """
                DO $$ BEGIN
                  EXECUTE 'ALTER ROLE app PASSWORD ''swordfish''';  -- expect: password-in-text
                END $$;
            """,
        ),
        Bad(
            "user of another server",
            """
                CREATE USER MAPPING FOR app SERVER shop
                    OPTIONS (user 'app', password 'swordfish');  -- expect: password-in-text
            """,
        ),
        Bad(
            "connection string",
            """
                CREATE SUBSCRIPTION shop
                    CONNECTION 'host=shop password=swordfish'  -- expect: password-in-text
                    PUBLICATION orders;
            """,
        ),
        Good("no password", "CREATE ROLE app LOGIN;\nALTER ROLE app PASSWORD NULL;"),
        Good("verifier", "CREATE ROLE app PASSWORD 'SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy';"),
        Good("filled in by the tool", "CREATE ROLE app LOGIN PASSWORD '${app_password}';"),
        Good(
            "filled in, or verified, where a block executes it",
            """
                DO $$ BEGIN
                  EXECUTE 'ALTER ROLE app PASSWORD ''${app_password}''';
                  EXECUTE 'ALTER ROLE app PASSWORD ''SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy''';
                  EXECUTE 'ALTER ROLE app PASSWORD ' || quote_literal(current_setting('app.password'));
                END $$;
            """,
        ),
        Good("another statement", "SELECT 'password', 'password=none';\nALTER SYSTEM SET work_mem = '1GB';"),
    ),
)

_STATEMENTS = (
    "CreateRoleStmt", "AlterRoleStmt", "CreateUserMappingStmt", "AlterUserMappingStmt",
    "AlterSubscriptionStmt", "create subscription",
)  # fmt: skip


@rule.check(Opaque, ServerCommand)
def password_in_text(operation: Opaque | ServerCommand, ctx: Context) -> Iterator[Finding]:
    kind = operation.kind if isinstance(operation, Opaque) else operation.command.lower()
    if kind in _STATEMENTS and ctx.source is not None:
        for span in passwords(ctx.source, operation.span):
            yield Finding(
                span,
                "everybody who can read this repository has this password",
                help="take the password out, set it where secrets are kept, and change it: it is known",
            )
