"""
Migrations that do not form one line: several ends or beginnings.

Where each migration names the one before it, two branches that were merged leave two migrations at the end.
The next one has to name both; until then nobody has decided their order.
Several beginnings mean that a migration names a parent that does not exist.

Silent where numbers give the order.
"""

from collections.abc import Iterator

from miglint.model import Finding, SeveralHeads, Severity
from miglint.rule import Bad, Context, Good, Rule

_UP = "CREATE TABLE users (id bigint);"
_NEXT = {
    "migrations/app/1_users/up.sql": _UP,
    "migrations/app/1_users/down.sql": "DROP TABLE users;",
    "migrations/app/1_users/metadata.yaml": "name: users\n",
    "migrations/app/2_names/up.sql": "ALTER TABLE users ADD COLUMN name text;",
    "migrations/app/2_names/down.sql": "ALTER TABLE users DROP COLUMN name;",
    "migrations/app/2_names/metadata.yaml": "name: names\nparents: [1]\n",
    "migrations/app/3_mails/up.sql": "ALTER TABLE users ADD COLUMN mail text;",
    "migrations/app/3_mails/down.sql": "ALTER TABLE users DROP COLUMN mail;",
}

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    dialects={},
    examples=(
        Bad(
            "migration whose parent does not exist",
            files={**_NEXT, "migrations/app/3_mails/metadata.yaml": "name: mails\nparents: [9]\n"},
            expect=("migrations/app/3_mails/metadata.yaml:1 several-heads",),
        ),
        Good(
            "each names the one before",
            files={**_NEXT, "migrations/app/3_mails/metadata.yaml": "name: mails\nparents: [2]\n"},
        ),
    ),
)


@rule.check(SeveralHeads)
def several_heads(found: SeveralHeads, ctx: Context) -> Iterator[Finding]:
    yield found.finding
