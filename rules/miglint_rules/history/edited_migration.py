"""
Migration that was edited after it was merged.

Databases that have run it stay as they are: only new ones get the edited form, and from then on they
differ. Tools that keep a checksum refuse to run anything until it is put right by hand; the others do not
notice.
Leave the migration as it was, and make the change in a new one.

Asked for with `--since` or `--staged`, which say what was merged. An error where the tool refuses it.
Where only comments or blanks differ, it is a note for tools that keep a checksum, and nothing for others.
Silent about migrations that the tool runs again whenever they change.
"""

from collections.abc import Iterator

from miglint.model import Finding, Reaction, Severity
from miglint.rule import Bad, Context, EditedMigration, Good, Rule

_V1 = "db/migration/V1__users.sql"
_GO = "migrations/1_users.up.sql"
_USERS = "CREATE TABLE users (id bigint);\n"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    dialects=(),
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
            "migration that the tool runs again when it changes",
            before={_V1: _USERS, "db/migration/R__names.sql": "CREATE VIEW names AS SELECT 1;"},
            files={_V1: _USERS, "db/migration/R__names.sql": "CREATE VIEW names AS SELECT 2;"},
        ),
    ),
)

_CONSEQUENCES = {
    Reaction.STOPS: "its checksum no longer fits, and the tool refuses to run anything",
    Reaction.WARNS: "its checksum no longer fits, and databases that have run it stay as they are",
    Reaction.IGNORES: "databases that have run it stay as they are",
    Reaction.SKIPS: "databases that have run it stay as they are",
}


@rule.check(EditedMigration)
def edited_migration(edited: EditedMigration, ctx: Context) -> Iterator[Finding]:
    advice = ctx.history.advice
    script = edited.migration.up
    noticed = advice.edited in (Reaction.STOPS, Reaction.WARNS)
    if script is None or (edited.comments_only and not noticed):
        return
    what = f"migration {edited.migration.id} was edited after it was merged"
    if edited.comments_only:
        what = f"comments or blanks of migration {edited.migration.id} were edited after it was merged"
    stops = advice.edited is Reaction.STOPS
    help_text = "leave it as it was, and make the change in a new migration"
    if advice.reset_edited:
        help_text += f"; if the edit is meant: {advice.reset_edited}"
    severity = Severity.ERROR if stops else Severity.NOTE if edited.comments_only else None
    yield Finding(
        script.head,
        f"{what}: {_CONSEQUENCES[advice.edited]}",
        help=help_text,
        severity=severity,
        source=script.source,
    )
