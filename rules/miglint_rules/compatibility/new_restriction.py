"""
New constraint that writes of running code may not meet.

A CHECK, a unique constraint or index, a foreign key, an exclusion or NOT NULL holds for each write from
COMMIT on, also where it is NOT VALID, which spares only the rows that are there: code of the version before
that writes something else fails then. A foreign key also refuses to delete rows that others refer to.
First release code whose writes meet it.

Off by default: constraints are everyday work, and what code writes is not seen.
Silent when the table or all columns of the constraint are new in this release, when it is gone at the end of
the migration, and when one like it is there already, or a CHECK on the same columns
makes way for it. `newly-required-column` speaks of columns that code
cannot know.

https://www.postgresql.org/docs/current/ddl-constraints.html
"""

from collections.abc import Iterator

from miglint.model import (
    AddConstraint,
    Confidence,
    Constraint,
    ConstraintDefinition,
    CreateIndex,
    Finding,
    Name,
    SetNotNull,
    Severity,
    Table,
    quote,
)
from miglint.rule import Bad, Context, Good, Rule, Together

_USERS = """
    CREATE TABLE teams (id bigint PRIMARY KEY);
    CREATE TABLE users (id bigint PRIMARY KEY, team_id bigint, email text, age int, during tstzrange);
"""
_ADD = "ALTER TABLE users ADD CONSTRAINT c"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    confidence=Confidence.MEDIUM,
    profile="all",
    together=Together("table"),
    examples=(
        Bad("CHECK", f"{_ADD} CHECK (age > 0) NOT VALID;  -- expect: new-restriction", history=_USERS),
        Bad(
            "CHECK beside another one on the same column",
            f"{_ADD} CHECK (age > 17) NOT VALID;  -- expect: new-restriction",
            history=f"{_USERS}ALTER TABLE users ADD CONSTRAINT a CHECK (age > 0);",
        ),
        Bad("unique constraint", f"{_ADD} UNIQUE (email);  -- expect: new-restriction", history=_USERS),
        Bad(
            "foreign key",
            f"{_ADD} FOREIGN KEY (team_id) REFERENCES teams;  -- expect: new-restriction",
            history=_USERS,
        ),
        Bad(
            "exclusion",
            f"{_ADD} EXCLUDE USING gist (during WITH &&);  -- expect: new-restriction",
            history=_USERS,
        ),
        Bad(
            "unique index",
            "CREATE UNIQUE INDEX CONCURRENTLY one ON users (email);  -- expect: new-restriction",
            history=_USERS,
        ),
        Bad(
            "NOT NULL",
            "ALTER TABLE users ALTER COLUMN email SET NOT NULL;  -- expect: new-restriction",
            history=_USERS,
        ),
        Good("index that is not unique", "CREATE INDEX ON users (email);", history=_USERS),
        Good(
            "constraint out of a unique index that is there",
            f"{_ADD} UNIQUE USING INDEX one;",
            history=f"{_USERS}CREATE UNIQUE INDEX one ON users (email);",
        ),
        Good(
            "constraint in the place of another",
            f"ALTER TABLE users DROP CONSTRAINT a;\n{_ADD} CHECK (age > 0);",
            history=f"{_USERS}ALTER TABLE users ADD CONSTRAINT a CHECK (age > 0);",
        ),
        Good(
            "CHECK that allows more than the one that it replaces",
            f"ALTER TABLE users DROP CONSTRAINT c;\n{_ADD} CHECK (email IN ('a', 'b'));",
            history=f"{_USERS}{_ADD} CHECK (email IN ('a'));",
        ),
        Good(
            "foreign key in the place of another",
            f"ALTER TABLE users DROP CONSTRAINT a;\n{_ADD} FOREIGN KEY (team_id) REFERENCES teams;",
            history=f"{_USERS}ALTER TABLE users ADD CONSTRAINT a FOREIGN KEY (team_id) REFERENCES teams;",
        ),
        Good(
            "unique index in the place of another",
            "DROP INDEX one;\nCREATE UNIQUE INDEX other ON users (email);",
            history=f"{_USERS}CREATE UNIQUE INDEX one ON users (email);",
        ),
        Good(
            "NOT NULL that a CHECK has held before",
            "ALTER TABLE users ALTER COLUMN email SET NOT NULL;",
            history=f"{_USERS}{_ADD} CHECK (email IS NOT NULL);",
        ),
        Good(
            "column is new in this migration",
            "ALTER TABLE users ADD COLUMN nick text;\nALTER TABLE users ADD UNIQUE (nick);",
            history=_USERS,
        ),
        Good(
            "NOT NULL of a column that is new in this migration",
            "ALTER TABLE users ADD COLUMN nick text;\nALTER TABLE users ALTER COLUMN nick SET NOT NULL;",
            history=_USERS,
        ),
        Good("table is new in this migration", f"{_USERS}{_ADD} CHECK (age > 0);"),
        Good(
            "gone at the end",
            f"{_ADD} CHECK (age > 0);\nALTER TABLE users DROP CONSTRAINT c;",
            history=_USERS,
        ),
    ),
)

_WORDS = {
    "primary": "primary key",
    "unique": "unique constraint",
    "foreign": "foreign key",
    "check": "CHECK",
    "exclude": "exclusion",
    "not null": "NOT NULL",
}


@rule.check(AddConstraint)
def new_restriction(add: AddConstraint, ctx: Context) -> Iterator[Finding]:
    made, table = add.constraint, _old_table(add.table, ctx)
    if table is None or made.using_index or _is_known(made, add.table, table, ctx):
        return
    name = ctx.constraint_name(add.table, made)
    end = ctx.records[-1].after.table(add.table)
    now = end.constraint(name) if end else None
    if now is not None and not _are_new(add.table, now.columns, ctx):
        yield _finding(add, f"the {_WORDS[made.kind]} {quote(name)}")


@rule.check(CreateIndex)
def new_unique_index(create: CreateIndex, ctx: Context) -> Iterator[Finding]:
    table = _old_table(create.table, ctx) if create.unique else None
    columns = tuple(element.column or "" for element in create.elements)
    if table is None or _are_new(create.table, columns, ctx):
        return
    before = ctx.records[0].schema.indexes_of(table)
    if not any(each.unique and set(each.elements) <= set(columns) for each in before):
        yield _finding(create, f"the unique index on {', '.join(filter(None, columns)) or 'an expression'}")


@rule.check(SetNotNull)
def new_not_null(change: SetNotNull, ctx: Context) -> Iterator[Finding]:
    table, name = _old_table(change.table, ctx), change.column
    column = table.column(name) if table else None
    if table is None or column is None or not column.nullable or _are_new(change.table, (name,), ctx):
        return
    checks = (each.expression for each in table.constraints if each.kind == "check")
    if not any(check is not None and name in check.proves_not_null for check in checks):
        yield _finding(change, f"NOT NULL of {name}")


def _old_table(name: Name, ctx: Context) -> Table | None:
    """Give a table as it was when the migration began; None for one that is new."""
    return None if ctx.is_new(name) else ctx.records[0].schema.table(ctx.old_name(name))


def _are_new(table: Name, columns: tuple[str, ...], ctx: Context) -> bool:
    return bool(columns) and all(ctx.session.is_new_column(table, column) for column in columns)


def _is_known(made: ConstraintDefinition, made_on: Name, table: Table, ctx: Context) -> bool:
    end = ctx.records[-1].after.table(made_on)

    def is_alike(other: Constraint) -> bool:
        if other.kind != made.kind:
            return False
        if made.kind != "check":
            return other.columns == made.columns
        # What takes the place of another may allow more, as a longer list of values does.
        kept = end.constraint(other.name) if end else None
        is_replaced = kept is None or kept.expression != other.expression
        return other.expression == made.expression or (is_replaced and other.columns == made.columns)

    return any(map(is_alike, table.constraints))


def _finding(change: AddConstraint | CreateIndex | SetNotNull, what: str) -> Finding:
    return Finding(
        change.span,
        f"{what} of {change.table.display} holds for all writes from COMMIT on: code of the version before "
        "fails where it writes something else",
        help="add it in a release after the one whose code meets it",
        tables=(change.table,),
    )
