"""What a new column needs of the old one whose place it takes, and how to keep the old one instead."""

from collections.abc import Iterator

from miglint.model import (
    Column,
    ColumnDefinition,
    Constraint,
    Expression,
    Name,
    Schema,
    Table,
    Type,
    quote,
)

_TEXT = frozenset({"text", "character varying", "character"})
_CASTS = (
    frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"}),
    frozenset({"integer", "boolean"}),
    frozenset({"date", "timestamp without time zone", "timestamp with time zone"}),
    frozenset({"json", "jsonb"}),
)

_KINDS = {"foreign": "foreign key", "unique": "unique constraint"}
_STEADY = frozenset({"current_date", "current_timestamp", "date_trunc", "localtimestamp", "now", "timezone"})
_SHOWN = 5


def like(table: Name, column: Column, new: str, first: Schema, last: Schema) -> str:
    """Say in comments what a new column needs of what an old one has; "" if that is nothing.

    The migration goes from the `first` schema to the `last`: what it drops for good, the new column is not
    to have, but what it drops and makes again.
    """
    old, found, after = quote(column.name), first.table(table), last.table(table)
    left = after.column(column.name) if after is not None else None
    default = column.default if left is None else left.default
    # A column that has another name then has it in its constraints as well.
    end = after if left is not None else None
    keys = [c for c in found.constraints if column.name in c.columns] if found is not None else []
    indexes = first.indexes_of(found) if found is not None else ()
    has = [
        *(["its default"] if default and not default.is_null and not _is_own_value(default) else []),
        *(["NOT NULL"] if not column.nullable else []),
        *(_named(c, old) for c in keys if c.kind != "not null" and not (end and _goes(c, end))),
        *(
            f"the index {index.name.name}"
            for index in indexes
            if column.name in index.columns
            and not index.constraint
            and not (end and last.index_named(index.name) is None)
        ),
    ]
    lines = [f"give {quote(new)} what {old} has: {', '.join(has)}"] if has else []
    if column.identity or any(_is_own_value(each) for each in (column.default, default) if each is not None):
        what = "identity" if column.identity else "default"
        until = f" while {old} is there" if default or column.identity else ""
        lines.append(
            f"give it no {what}{until}: it needs the value that {old} gets, which a trigger can copy"
        )
    if referring := list(_referring(table, column.name, first)):
        more = f" and {len(referring) - _SHOWN} more" if referring[_SHOWN:] else ""
        shown = ", ".join(referring[:_SHOWN]) + more
        lines.append(f"do the same with what refers to {old}, with new foreign keys: {shown}")
    return "".join(f"-- {line}\n" for line in lines)


def _is_own_value(default: Expression) -> bool:
    """Whether a default gives a value that it gives to nothing else, such as the next of a sequence."""
    return any(function.rpartition(".")[2] not in _STEADY for function in default.functions)


def _named(constraint: Constraint, old: str) -> str:
    if constraint.kind == "primary":
        return f"a unique index, which becomes the primary key {quote(constraint.name)} when {old} goes"
    return f"the {_KINDS.get(constraint.kind, constraint.kind.upper())} {constraint.name}"


def _goes(constraint: Constraint, after: Table) -> bool:
    return after.constraint(constraint.name) is None and all(
        (each.kind, each.columns) != (constraint.kind, constraint.columns) for each in after.constraints
    )


def _referring(table: Name, column: str, schema: Schema) -> Iterator[str]:
    """The columns of foreign keys to a column, as SQL."""
    found = schema.table(table)
    for holder in schema.tables_among(found.referenced_by) if found is not None else ():
        for key in holder.foreign_keys:
            if key.references == table and column in key.referenced_columns:
                yield f"{holder.name.sql}.{quote(key.columns[key.referenced_columns.index(column)])}"


def kept_with_type(table: Name, old: Column, new: ColumnDefinition) -> str:
    """Write the change of type that keeps the values of a column, which is dropped and added again."""
    name, head = quote(old.name), f"ALTER TABLE {table.sql} ALTER COLUMN {quote(old.name)}"
    if old.type == new.type:
        return f"keep the column and its values: {name} has the type {new.type} already"
    to = _cast(name, old.type, new.type)
    drop = f"{head} DROP DEFAULT;\n" if old.default is not None else ""
    again = f"\n{head} SET DEFAULT {new.default.text};" if new.default is not None else ""
    return (
        "change its type instead, which copies the table under ACCESS EXCLUSIVE but keeps the values:\n"
        f"{drop}{head} TYPE {new.type} USING {to};{again}"
    )


def _cast(name: str, old: Type, new: Type) -> str:
    """Give a column as another type, `...` where the server may know no cast."""
    kinds = {old.name, new.name}
    if old.array == new.array and (kinds & _TEXT or any(kinds <= family for family in _CASTS)):
        return f"{name}::{new}"
    if old.array == new.array and old.qualified and new.qualified:
        # From one enum to another there is a way over their text alone.
        return f"{name}::text{'[]' if new.array else ''}::{new}"
    return f"ARRAY[{name}]::{new}" if new.array and not old.array and kinds & _TEXT else "..."
