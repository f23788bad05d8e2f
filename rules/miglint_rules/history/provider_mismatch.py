"""
Files of one migration tool that name different databases.

Prisma compares the provider in migration_lock.toml with that of the schema and stops with P3019 when they
differ. It reads the first line that starts with `provider`, without parsing TOML: other quotes or spaces are
a mismatch, too.
SQL that was written for one database does not run on another; start a new history for it.

Silent when the lock file is missing, which Prisma accepts, and when the schema takes its provider from the
environment.
"""

from collections.abc import Iterator

from miglint.model import Finding, ProviderMismatch, Severity
from miglint.rule import Bad, Context, Good, Rule

_UP = {"prisma/migrations/1_users/migration.sql": "CREATE TABLE users (id bigint);"}
_SCHEMA = {"prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n}\n'}

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    dialects={},
    examples=(
        Bad(
            "lock file of another database",
            files={
                **_UP,
                **_SCHEMA,
                "prisma/migrations/migration_lock.toml": '# do not edit\nprovider = "mysql"\n',
            },
            expect=("prisma/migrations/migration_lock.toml:2 provider-mismatch",),
        ),
        Good(
            "two names for one database",
            files={
                **_UP,
                "prisma/schema.prisma": 'datasource db {\n  provider = "postgres"\n}\n',
                "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
            },
        ),
        Good("no lock file", files={**_UP, **_SCHEMA}),
    ),
)


@rule.check(ProviderMismatch)
def provider_mismatch(found: ProviderMismatch, ctx: Context) -> Iterator[Finding]:
    yield found.finding
