"""
SQL file in the folder that the migration tool never runs.

Its name does not have the form that the tool looks for, or the journal or plan does not list it. Nothing
fails: the change is just never made, which shows when code needs it.
Rename it as the tool expects, list it, or move it out of the folder.

Silent about files whose names show that they are something else: dumps, seeds, the whole schema.
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity, UnreachableFile
from miglint.rule import Bad, Context, Good, Rule

_USERS = {"migrations/1_users.up.sql": "CREATE TABLE users (id bigint PRIMARY KEY);"}

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    dialects={},
    examples=(
        Bad(
            "name without its direction",
            files={
                **_USERS,
                "migrations/2_names.sql": (
                    "ALTER TABLE users ADD COLUMN name text;  -- expect: unreachable-migration"
                ),
            },
        ),
        Good(
            "dump of the schema next to the migrations",
            files={**_USERS, "migrations/schema.sql": "CREATE TABLE users (id bigint PRIMARY KEY);"},
        ),
    ),
)


@rule.check(UnreachableFile)
def unreachable_migration(found: UnreachableFile, ctx: Context) -> Iterator[Finding]:
    yield found.finding
