"""
Down script that cannot bring the data back, and does not say so.

The migration drops or empties something, and its down script recreates only the structure: whoever runs it in
a hurry finds a table or column without its data. That is the point of no return, and the person who rolls
back has to know it beforehand.
Say so in a comment in the down script, with the location of the copy or backup, if there is one.

Silent when the down script has a comment or fills what it recreates, when the data was created in the same
migration, where a rollback has nothing to run (see `missing-down`), and with `down = "off"`.
"""

from collections.abc import Iterator

from miglint.model import Finding, Insert, Loss, Operation, Severity, Update, explains, leaves_no_trace
from miglint.rule import Bad, Context, Good, MigrationEnd, Rule

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text);"
_DROP = "ALTER TABLE users DROP COLUMN name;"
_BACK = "ALTER TABLE users ADD COLUMN name text;\n"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
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
            "down script fills the table from another one",
            "INSERT INTO people SELECT id, name FROM users;\nDROP TABLE users;",
            history=_USERS + "\nCREATE TABLE people (id bigint PRIMARY KEY, name text);",
            down=_USERS + "\nINSERT INTO users SELECT id, name FROM people;\n",
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
    for at, record in enumerate(ctx.records):
        here = ctx.at(at)
        added = record.session.columns_added
        lost = next(
            (
                loss
                for loss in record.effects.destroys
                if not here.is_new(loss.table)
                and (loss.table, loss.column) not in added
                and not any(_fills(operation, loss) for operation in end.down or ())
            ),
            None,
        )
        if lost is None:
            continue
        what = f"{lost.table.display}.{lost.column}" if lost.column else lost.table.display
        yield Finding(
            record.operation.span,
            f"the down script does not bring back the data of {what}, and does not say so",
            help=f"say so in a comment in {script.source.path}, with the location of a copy if there is one",
            tables=(lost.table,),
        )
        return


def _fills(operation: Operation, loss: Loss) -> bool:
    """Whether an operation of the down script puts values into what was lost."""
    if isinstance(operation, Update):
        return operation.table == loss.table and loss.column in operation.columns
    if not isinstance(operation, Insert) or operation.table != loss.table or operation.rows is not None:
        return False
    return loss.column in (None, *operation.columns)
