"""
New column that a view made with `SELECT *` does not show.

The server writes out the star when the view is made: a column that its table gets later is not in it, though
the text says "all". Code that reads the view, and expects there what the table has, does not find it.
Replace the view in the same migration: CREATE OR REPLACE VIEW takes new columns last.

Off by default: often nobody misses the column.
Silent when the migration makes the view again, or drops it, and when the table is new.

https://www.postgresql.org/docs/current/sql-createview.html
"""

import re
from collections.abc import Iterator

from miglint.model import AddColumn, Finding, Severity, View
from miglint.rule import Bad, Context, Good, Rule, Together

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY);\nCREATE VIEW members AS SELECT * FROM users;"
_ADD = "ALTER TABLE users ADD COLUMN name text;"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    together=Together("table"),
    examples=(
        Bad("view of all columns", f"{_ADD}  -- expect: column-not-in-star-view", history=_USERS),
        Bad(
            "all columns of one of its tables",
            f"{_ADD}  -- expect: column-not-in-star-view",
            history=_USERS.replace("SELECT *", "SELECT 1 AS one, users.*"),
        ),
        Good(
            "view is made again",
            f"{_ADD}\nCREATE OR REPLACE VIEW members AS SELECT * FROM users;",
            history=_USERS,
        ),
        Good("view is dropped", f"{_ADD}\nDROP VIEW members;", history=_USERS),
        Good("view of some columns", _ADD, history=_USERS.replace("*", "id")),
        Good("count of rows", _ADD, history=_USERS.replace("*", "count(*) AS n")),
        Good("table is new in this migration", f"{_USERS}\n{_ADD}"),
    ),
)
_STAR = re.compile(r"(?:\bselect|,)\s+(?:distinct\s+)?(?:[\w\"]+\.)?\*", re.IGNORECASE)


@rule.check(AddColumn)
def column_not_in_star_view(add: AddColumn, ctx: Context) -> Iterator[Finding]:
    table, last = ctx.table(add.table), ctx.records[-1].after
    for name in table.dependents if table and not ctx.is_new(add.table) else ():
        view, now = ctx.schema.view(name), last.view(name)
        if view is None or now is None or now.column(add.column.name) is not None:
            continue
        if _text(view) == _text(now) and _STAR.search(_text(view)):
            yield Finding(
                add.span,
                f"the view {name.display} was made with a star and does not show {add.column.name}",
                help="replace the view in the same migration: CREATE OR REPLACE VIEW takes new columns last",
                tables=(add.table,),
            )


def _text(view: View) -> str:
    return view.definition.text if view.definition else ""
