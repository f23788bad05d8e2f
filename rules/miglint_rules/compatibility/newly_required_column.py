"""
New column that is required before running code can know it.

A column that is added, filled and then set NOT NULL, in one migration or in several of one release, keeps old
rows whole, and breaks code that still runs: from COMMIT on, each INSERT by the version before, which does not
know the column, leaves it NULL and fails. A CHECK that says as much does it also where it is NOT VALID.
Set NOT NULL in a release after the one whose code writes the column, or give it a default.

Silent when the table is new, when the column has a default, an identity or a formula at the end of the
migration, where a trigger BEFORE INSERT can give it a value, when it takes the place of a column with its
name, and when an earlier release has added it. `required-column` speaks of columns that are NOT NULL at once.

https://www.postgresql.org/docs/current/ddl-constraints.html
"""

from collections.abc import Iterator

from miglint.model import (
    AddConstraint,
    Confidence,
    ConstraintDefinition,
    Finding,
    Listed,
    Name,
    SetNotNull,
    Severity,
)
from miglint.rule import Bad, Context, Good, Rule, Together, gives_itself, needs_a_value

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY);"
_TRIGGER = f"""{_USERS}
    CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN NEW.role := coalesce(NEW.role, ''member''); RETURN NEW; END';
    CREATE TRIGGER filled BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION fill();
"""

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    confidence=Confidence.MEDIUM,
    together=Together("table"),
    examples=(
        Bad(
            "column that is added, filled and required at once",
            """
                ALTER TABLE users ADD COLUMN role text;
                UPDATE users SET role = 'member';
                ALTER TABLE users ALTER COLUMN role SET NOT NULL;  -- expect: newly-required-column
            """,
            history=_USERS,
        ),
        Bad(
            "column that a CHECK requires, which new rows have to meet though it is not valid",
            """
                ALTER TABLE users ADD COLUMN role text;
                ALTER TABLE users ADD CHECK (role IS NOT NULL) NOT VALID;  -- expect: newly-required-column
            """,
            history=_USERS,
        ),
        Good(
            "column that is required when code writes it",
            """
                ALTER TABLE users ADD COLUMN role text;
                -- migration
                ALTER TABLE users ALTER COLUMN role SET NOT NULL;
            """,
            history=_USERS,
        ),
        Good(
            "column that takes the place of another, which code writes",
            """
                ALTER TABLE users ADD COLUMN role_new text;
                UPDATE users SET role_new = role;
                ALTER TABLE users DROP COLUMN role;
                ALTER TABLE users RENAME COLUMN role_new TO role;
                ALTER TABLE users ALTER COLUMN role SET NOT NULL;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, role int NOT NULL);",
        ),
        Good(
            "column that gets a default and is required",
            """
                ALTER TABLE users ADD COLUMN role text;
                ALTER TABLE users ALTER COLUMN role SET NOT NULL;
                ALTER TABLE users ALTER COLUMN role SET DEFAULT 'member';
            """,
            history=_USERS,
        ),
        Bad(
            "column of a new key",
            """
                ALTER TABLE members ADD COLUMN role text;
                UPDATE members SET role = 'member';
                ALTER TABLE members ADD PRIMARY KEY (role);  -- expect: newly-required-column
            """,
            history="CREATE TABLE members (id bigint);",
        ),
        Good(
            "trigger that can give a value",
            "ALTER TABLE users ADD COLUMN role text;\nALTER TABLE users ALTER COLUMN role SET NOT NULL;",
            history=_TRIGGER,
        ),
        Good(
            "column that goes as well",
            """
                ALTER TABLE users ADD COLUMN role text;
                ALTER TABLE users ALTER COLUMN role SET NOT NULL;
                ALTER TABLE users DROP COLUMN role;
            """,
            history=_USERS,
        ),
        Good(
            "column that comes with a default",
            "ALTER TABLE users ADD COLUMN a int DEFAULT 0;\nALTER TABLE users ALTER COLUMN a SET NOT NULL;",
            history=_USERS,
        ),
        Good(
            "unique key, which NULL does not break",
            "ALTER TABLE users ADD COLUMN role text;\nALTER TABLE users ADD UNIQUE (role);",
            history=_USERS,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE a (n int);\nALTER TABLE a ADD COLUMN b int;\nALTER TABLE a ALTER b SET NOT NULL;",
        ),
    ),
)


@rule.check(AddConstraint, SetNotNull)
def newly_required_column(change: AddConstraint | SetNotNull, ctx: Context) -> Iterator[Finding]:
    table = ctx.table(change.table)
    if table is None or ctx.is_new(change.table):
        return
    for name in (change.column,) if isinstance(change, SetNotNull) else _required(change.constraint):
        column = table.column(name)
        if column is None or not column.nullable or gives_itself(column):
            continue
        if not _is_unknown(change.table, name, ctx) or not needs_a_value(change.table, name, ctx):
            continue
        fails = "from COMMIT on, INSERTs by code of the version before, which does not know"
        yield Finding(
            change.span,
            f"{change.table.display}.{name} is new and required, and has no default: {fails} it, fail",
            help="require it in a later release, when all running code writes it, or give it a default",
            tables=(change.table,),
            listed=Listed(
                f"{change.table.display}.",
                name,
                f" are new and required, and have no default: {fails} them, fail",
            ),
        )


def _is_unknown(table: Name, column: str, ctx: Context) -> bool:
    """Whether this release brings a column, and none stood under its name before: code cannot know it."""
    start = ctx.records[0].schema.table(ctx.old_name(table))
    here = (table, column) in ctx.session.columns_added
    had = here and start is not None and start.column(column) is not None
    return ctx.session.is_new_column(table, column) and not had


def _required(constraint: ConstraintDefinition) -> tuple[str, ...]:
    """Give the columns that cannot be NULL where a constraint is met."""
    if constraint.kind in ("primary", "not null"):
        return constraint.columns
    found = constraint.expression if constraint.kind == "check" and constraint.enforced else None
    return found.proves_not_null if found is not None else ()
