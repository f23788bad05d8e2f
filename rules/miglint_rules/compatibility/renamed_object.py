"""
Renamed view, type, function or schema that running code still uses.

Queries name views, schemas, functions and sequences, casts name types, and rows are written with the values
of an enum. Renaming one is quick and loses nothing, but code and database never change at the same moment:
after COMMIT, what the old release sends fails until its last process has stopped, and the new release fails
if it starts before COMMIT.
Keep the old name beside the new one for a release, as a view or a function can, or rename when no running
code uses the old name any longer.

Silent when this release made the object, when something has the old name again at the end of the migration,
about a sequence that belongs to a column, about a function that only triggers call, and about a type that
the same migration replaces by another one.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from collections.abc import Iterator

from miglint.model import (
    Confidence,
    Finding,
    MoveTable,
    MoveType,
    Name,
    Removed,
    RenameEnumValue,
    RenameFunction,
    RenameSchema,
    RenameTable,
    RenameType,
    Sequence,
    Severity,
    View,
    quote,
)
from miglint.rule import Bad, Context, Good, Rule, Together

_TOTALS = "CREATE TABLE sales (amount int);\nCREATE VIEW totals AS SELECT sum(amount) AS total FROM sales;"
_MOOD = "CREATE TYPE mood AS ENUM ('sad', 'glad');\nCREATE TABLE people (id bigint, mood mood);"
_DOUBLE = "CREATE FUNCTION double(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2';"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    confidence=Confidence.MEDIUM,
    together=Together("cause", noun="object"),
    examples=(
        Bad(
            "view",
            "ALTER VIEW totals RENAME TO sums;  -- expect: renamed-object",
            history=_TOTALS,
        ),
        Bad(
            "value of an enum, which old code writes and new rows have no more",
            "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';  -- expect: renamed-object",
            history=_MOOD,
        ),
        Bad(
            "type that casts name",
            "ALTER TYPE mood RENAME TO feeling;  -- expect: renamed-object",
            history=_MOOD,
        ),
        Bad(
            "view that moves to another schema",
            "ALTER VIEW totals SET SCHEMA reports;  -- expect: renamed-object",
            history=f"{_TOTALS}\nCREATE SCHEMA reports;",
        ),
        Bad(
            "type that moves to another schema",
            "ALTER TYPE mood SET SCHEMA app;  -- expect: renamed-object",
            history=f"{_MOOD}\nCREATE SCHEMA app;",
        ),
        Bad(
            "function",
            "ALTER FUNCTION double(int) RENAME TO twice;  -- expect: renamed-object",
            history=_DOUBLE,
        ),
        Bad(
            "schema with tables",
            "ALTER SCHEMA app RENAME TO service;  -- expect: renamed-object",
            history="CREATE SCHEMA app;\nCREATE TABLE app.users (id bigint);",
        ),
        Bad(
            "sequence that code asks for numbers",
            "ALTER SEQUENCE tickets RENAME TO ticket_numbers;  -- expect: renamed-object",
            history="CREATE SEQUENCE tickets;",
        ),
        Good(
            "another view has the old name",
            "ALTER VIEW totals RENAME TO sums;\nCREATE VIEW totals AS SELECT * FROM sums;",
            history=_TOTALS,
            recommended=True,
        ),
        Good(
            "type that another one replaces",
            """
                CREATE TYPE mood_new AS ENUM ('sad', 'glad', 'calm');
                ALTER TABLE people ALTER COLUMN mood TYPE mood_new USING mood::text::mood_new;
                ALTER TYPE mood RENAME TO mood_old;
                ALTER TYPE mood_new RENAME TO mood;
                DROP TYPE mood_old;
            """,
            history=_MOOD,
        ),
        Good(
            "value that is new in this release",
            "CREATE TYPE mood AS ENUM ('sad');\nALTER TYPE mood RENAME VALUE 'sad' TO 'blue';",
        ),
        Good("schema that is new", "CREATE SCHEMA app;\nALTER SCHEMA app RENAME TO service;"),
        Good(
            "sequence of a column, which the server finds by itself",
            "ALTER SEQUENCE users_id_seq RENAME TO members_id_seq;",
            history="CREATE TABLE users (id bigserial);",
        ),
        Good(
            "function of triggers",
            "ALTER FUNCTION touch() RENAME TO set_changed;",
            history="CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
        ),
    ),
)


@rule.check(RenameTable, MoveTable)
def renamed_object(rename: RenameTable | MoveTable, ctx: Context) -> Iterator[Finding]:
    old = rename.table
    if isinstance(rename, MoveTable):
        new = Name(rename.new_schema, old.name)
    else:
        new = Name(old.schema, rename.new_name)
    found = ctx.schema.relations.get(old)
    if isinstance(found, View):
        kind = "materialized view" if found.materialized else "view"
        keep = f"keep the old name for a release:\nCREATE VIEW {old.sql} AS SELECT * FROM {new.sql};"
    elif isinstance(found, Sequence) and found.owner is None:
        kind, keep = "sequence", _LATER
    else:
        return
    new_here = ctx.session.is_new_object("view" if isinstance(found, View) else kind, old)
    if not (new_here or old in ctx.records[-1].after.relations or new in ctx.records[0].schema.relations):
        yield _finding(rename, ctx, Removed(kind, old.name), old.display, new.display, keep)


@rule.check(RenameType, MoveType)
def renamed_type(rename: RenameType | MoveType, ctx: Context) -> Iterator[Finding]:
    old = rename.type
    if isinstance(rename, MoveType):
        new = Name(rename.new_schema, old.name)
    else:
        new = Name(old.schema, rename.new_name)
    made = old not in ctx.schema.types or ctx.session.is_new_object("type", old)
    if not (made or old in ctx.records[-1].after.types or new not in ctx.records[-1].after.types):
        yield _finding(rename, ctx, Removed("type", old.name), old.display, new.display, _LATER)


@rule.check(RenameEnumValue)
def renamed_enum_value(rename: RenameEnumValue, ctx: Context) -> Iterator[Finding]:
    if ctx.session.is_new_object("type", rename.type):
        return
    keep = (
        "add the new value, let code read both and write the new one, change the rows in batches, "
        "and leave the old value unused"
    )
    old, new = f"'{rename.value}' of the enum {rename.type.display}", f"'{rename.new_value}'"
    yield _finding(rename, ctx, Removed("value", rename.value, rename.type.name), old, new, keep)


@rule.check(RenameFunction)
def renamed_function(rename: RenameFunction, ctx: Context) -> Iterator[Finding]:
    old = rename.function
    found = ctx.schema.functions.get(old) or ()
    of_triggers = all(function.returns.endswith("trigger") for function in found)
    if of_triggers or ctx.session.is_new_object("function", old) or old in ctx.records[-1].after.functions:
        return
    kind = "procedure" if found[0].procedure else "function"
    keep = f"keep a {kind} of the old name that calls the new one, and drop it in a later release"
    yield _finding(rename, ctx, Removed(kind, old.name), old.display, rename.new_name.display, keep)


@rule.check(RenameSchema)
def renamed_schema(rename: RenameSchema, ctx: Context) -> Iterator[Finding]:
    inside = ctx.schema.relations_in(rename.schema)
    if all(map(ctx.is_new, inside)) or rename.schema in ctx.records[-1].after.schemas:
        return
    removed = Removed("schema", rename.schema)
    yield _finding(rename, ctx, removed, quote(rename.schema), quote(rename.new_name), _LATER)


_LATER = "rename it in a release after the one whose code no longer uses the old name"

_Rename = RenameTable | MoveTable | RenameType | MoveType | RenameEnumValue | RenameFunction | RenameSchema


def _finding(rename: _Rename, ctx: Context, removed: Removed, old: str, new: str, keep: str) -> Finding:
    return Finding(
        rename.span,
        f"renaming the {removed.kind} {old} to {new} breaks code that uses the old name",
        help=keep,
        cause=ctx.migration.id if ctx.migration else "",
        removes=(removed,),
    )
