"""
Down script that cannot bring the data back, and does not say so.

The migration drops or empties something, and its down script recreates only the structure: whoever runs it in
a hurry finds a table or column without its data. That is the point of no return, and the person who rolls
back has to know it beforehand.
Say so in a comment in the down script, with the location of the copy or backup, if there is one.

Silent when the down script has a comment or fills what it recreates, for materialized views, which a query
fills, when the data was created in the same migration, where a rollback has nothing to run (see
`missing-down`), where `dropped-column`, `dropped-table` or `truncated-table` reports the statement and says
itself that the data is gone, and with `down = "off"`.
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity, explains, leaves_no_trace
from miglint.rule import Bad, Context, Good, MigrationEnd, Rule

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text);"
_DROP = "ALTER TABLE users DROP COLUMN name;"
_BACK = "ALTER TABLE users ADD COLUMN name text;\n"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    told_by=("dropped-column", "dropped-table", "truncated-table"),
    examples=(
        Bad(
            "down script adds the column again, empty",
            f"{_DROP}  -- expect: irreversible-without-note",
            history=_USERS,
            down=_BACK,
            has_downs=True,
        ),
        Good(
            "comment says what is lost",
            _DROP,
            history=_USERS,
            down=f"-- the names are gone; a copy of March is in users_name_copy\n{_BACK}",
            has_downs=True,
        ),
        Good(
            "column was added in the same migration",
            "ALTER TABLE users ADD COLUMN scratch text;\nALTER TABLE users DROP COLUMN scratch;",
            history=_USERS,
            down="ALTER TABLE users ADD COLUMN scratch text;\n",
            has_downs=True,
        ),
        Good(
            "down script fills the column from the one that has taken its place",
            "ALTER TABLE users ADD COLUMN full_name text;\nUPDATE users SET full_name = name;\n" + _DROP,
            history=_USERS,
            down=_BACK + "UPDATE users SET name = full_name;\nALTER TABLE users DROP COLUMN full_name;\n",
            has_downs=True,
        ),
        Good(
            "down script makes the old values of the new ones under another name",
            """
                ALTER TABLE users ADD COLUMN names text[];
                UPDATE users SET names = string_to_array(name, ' ');
                ALTER TABLE users DROP COLUMN name;
                ALTER TABLE users RENAME COLUMN names TO name;
            """,
            history=_USERS,
            down="""
                ALTER TABLE users ADD COLUMN joined text;
                UPDATE users SET joined = array_to_string(name, ' ');
                ALTER TABLE users DROP COLUMN name;
                ALTER TABLE users RENAME COLUMN joined TO name;
            """,
            has_downs=True,
        ),
        Bad(
            "down script renames a column to the old name that it has not filled",
            """
                ALTER TABLE users ADD COLUMN names text[];
                ALTER TABLE users DROP COLUMN name;  -- expect: irreversible-without-note
                ALTER TABLE users RENAME COLUMN names TO name;
            """,
            history=_USERS,
            down="""
                ALTER TABLE users ADD COLUMN joined text;
                ALTER TABLE users DROP COLUMN name;
                ALTER TABLE users RENAME COLUMN joined TO name;
            """,
            has_downs=True,
        ),
        Good(
            "down script makes the table anew from another one, and gives it its name",
            "INSERT INTO people SELECT id, name FROM users;\nDROP TABLE users;",
            history=_USERS + "\nCREATE TABLE people (id bigint PRIMARY KEY, name text);",
            down="CREATE TABLE old AS SELECT id, name FROM people;\nALTER TABLE old RENAME TO users;\n",
            has_downs=True,
        ),
        Good(
            "down script makes the table anew in another schema, and moves it",
            "INSERT INTO people SELECT id, name FROM users;\nDROP TABLE users;",
            history=_USERS
            + "\nCREATE TABLE people (id bigint PRIMARY KEY, name text);\nCREATE SCHEMA attic;",
            down=(
                "CREATE TABLE attic.users AS SELECT id, name FROM people;\n"
                "ALTER TABLE attic.users SET SCHEMA public;\n"
            ),
            has_downs=True,
        ),
        Good(
            "down script fills the table from another one",
            "INSERT INTO people SELECT id, name FROM users;\nDROP TABLE users;",
            history=_USERS + "\nCREATE TABLE people (id bigint PRIMARY KEY, name text);",
            down=_USERS + "\nINSERT INTO users SELECT id, name FROM people;\n",
            has_downs=True,
        ),
        Good(
            "materialized view, which its query fills again",
            "DROP MATERIALIZED VIEW names;",
            history=_USERS + "\nCREATE MATERIALIZED VIEW names AS SELECT name FROM users;",
            down="CREATE MATERIALIZED VIEW names AS SELECT name FROM users;\n",
            has_downs=True,
        ),
        Good(
            "generated column, whose values the server computes again",
            "ALTER TABLE users DROP COLUMN shout;\nALTER TABLE users ADD COLUMN shout text;",
            history="CREATE TABLE users (name text, shout text GENERATED ALWAYS AS (upper(name)) STORED);",
            down="ALTER TABLE users DROP COLUMN shout;\n"
            "ALTER TABLE users ADD COLUMN shout text GENERATED ALWAYS AS (upper(name)) STORED;\n",
            has_downs=True,
        ),
        Good("no down script", _DROP, history=_USERS, has_downs=True),
        Good(
            "nothing to run on a rollback",
            _DROP,
            history=_USERS,
            down="\n",
            has_downs=True,
        ),
        Good(
            "configuration asks for no down scripts",
            _DROP,
            history=_USERS,
            down=_BACK,
            has_downs=True,
            settings=(("down", "off"),),
        ),
    ),
)


@rule.check(MigrationEnd)
def irreversible_without_note(end: MigrationEnd, ctx: Context) -> Iterator[Finding]:
    script = end.migration.down
    if script is None or ctx.policy.down == "off" or all(map(leaves_no_trace, end.down or ())):
        return
    if explains(script.source[script.span]):
        return
    for lost in end.lost:
        if lost.kind == "lost" and lost.table is not None:
            yield Finding(
                lost.span,
                f"the down script does not bring back the data of {lost.subject}, and does not say so",
                help=f"say so in a comment in {script.source.path}, and where a copy is, if there is one",
                tables=(lost.table,),
            )
            return
