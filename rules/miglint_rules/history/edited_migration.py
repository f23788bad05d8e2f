"""
Migration that was edited after it was merged.

Databases that have run it stay as they are: only new ones get the edited form, and from then on they differ.
Tools that keep a checksum refuse to run anything until somebody repairs it by hand; the others do not notice.
Restore the migration, and make the change in a new one.

Checked with `--since` or `--staged`, which determine what was merged. An error where the tool refuses it.
Where only comments, whitespace, line ends or the case of keywords differ, the server gets the same
statements, and it depends on what the tool's checksum covers: every byte of the file for sqlx, refinery,
postgrator, postgres-migrations and Atlas; every character, but not the kind of line ends, for Prisma and
Evolve; all but the whitespace at both ends for Graphile Migrate; the text of the lines, without line ends and
empty lines, for Flyway; the words, however much whitespace is between them, for Liquibase. Quoted text never
counts as whitespace or a keyword.
Other rules report of it only what the edit brings.
Silent where only such things differ and no checksum covers them, and about migrations that the tool reruns
whenever they change.
"""

from collections.abc import Iterator

from miglint.model import Finding, Reaction, Severity
from miglint.rule import Bad, Context, EditedMigration, Good, Rule

_V1 = "db/migration/V1__users.sql"
_GO = "migrations/1_users.up.sql"
_SQLX = "migrations/1_users.sql"
_CARGO = {"Cargo.toml": '[dependencies]\nsqlx = { version = "0.8", features = ["postgres"] }\n'}
_USERS = "CREATE TABLE users (id bigint);\n"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    dialects={},
    examples=(
        Bad(
            "tool that keeps a checksum",
            before={_V1: _USERS},
            files={_V1: "CREATE TABLE users (id bigint, name text);  -- expect: edited-migration\n"},
        ),
        Bad(
            "tool that does not notice",
            before={_GO: _USERS},
            files={_GO: "CREATE TABLE users (id bigint, name text);  -- expect: edited-migration\n"},
        ),
        Bad(
            "comment that a checksum covers",
            before={_V1: _USERS},
            files={_V1: f"-- people who log in  -- expect: edited-migration\n{_USERS}"},
        ),
        Bad(
            "whitespace at the end, where every byte counts",
            before={**_CARGO, _SQLX: "CREATE TABLE users (id bigint);"},
            files={**_CARGO, _SQLX: "CREATE TABLE users (id bigint);\n"},
            expect=(f"{_SQLX}:1 edited-migration",),
        ),
        Bad(
            "whitespace and case in a string, where there is no checksum",
            before={_GO: "INSERT INTO roles VALUES ('Site Admin');\n"},
            files={_GO: "INSERT INTO roles VALUES ('siteadmin');  -- expect: edited-migration\n"},
        ),
        Good(
            "line ends, which the checksum leaves out",
            before={_V1: _USERS},
            files={_V1: _USERS.replace("\n", "\r\n\r\n")},
        ),
        Good(
            "whitespace and case of keywords, where there is no checksum",
            before={_GO: _USERS},
            files={_GO: "create table users (\n  id bigint\n);\n"},
        ),
        Good(
            "comment, where there is no checksum",
            before={_GO: _USERS},
            files={_GO: f"-- people who log in\n{_USERS}"},
        ),
        Good(
            "migration that is new",
            before={},
            files={_V1: _USERS},
        ),
        Good(
            "migration that the tool reruns when it changes",
            before={_V1: _USERS, "db/migration/R__names.sql": "CREATE VIEW names AS SELECT 1;"},
            files={_V1: _USERS, "db/migration/R__names.sql": "CREATE VIEW names AS SELECT 2;"},
        ),
    ),
)

_CONSEQUENCES = {
    Reaction.STOPS: "its checksum no longer matches, and the tool refuses to run anything",
    Reaction.WARNS: "its checksum no longer matches, and databases that have run it stay as they are",
    Reaction.IGNORES: "databases that have run it stay as they are",
    Reaction.SKIPS: "databases that have run it stay as they are",
}
_COVERED = {
    Reaction.STOPS: "the tool's checksum covers {}, and it refuses to run anything",
    Reaction.WARNS: "the tool's checksum covers {}, and it asks what to do",
}


@rule.check(EditedMigration)
def edited_migration(edited: EditedMigration, ctx: Context) -> Iterator[Finding]:
    advice = ctx.history.advice
    script = edited.migration.up
    reaction = advice.edited if edited.noticed else Reaction.IGNORES
    consequence = (_COVERED if edited.comments_only else _CONSEQUENCES).get(reaction)
    if script is None or consequence is None:
        return
    what = f"migration {edited.migration.id} was edited after it was merged"
    if edited.comments_only:
        what = f"comments or layout of migration {edited.migration.id} were edited after it was merged"
        consequence = consequence.format(advice.checksum.value)
    stops = reaction is Reaction.STOPS
    help_text = "restore it, and make the change in a new migration"
    if advice.reset_edited:
        help_text += f"; if the edit is intended: {advice.reset_edited}"
    severity = Severity.ERROR if stops else Severity.NOTE if edited.comments_only else None
    yield Finding(
        script.head,
        f"{what}: {consequence}",
        help=help_text,
        severity=severity,
        source=script.source,
    )
