"""What a new column needs of the old one whose place it takes, and how to keep the old one instead."""

from collections.abc import Iterable

from miglint.model import Column, ColumnDefinition, Index, Name, Table, Type, quote

_TEXT = frozenset({"text", "character varying", "character"})
_CASTS = (
    frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"}),
    frozenset({"integer", "boolean"}),
    frozenset({"date", "timestamp without time zone", "timestamp with time zone"}),
    frozenset({"json", "jsonb"}),
)


def like(table: Table, column: Column, indexes: Iterable[Index], new: str) -> str:
    """Say in a comment what a new column needs of what an old one has; "" if that is nothing."""
    kinds = {"foreign": "foreign key", "primary": "primary key", "unique": "unique constraint"}
    constraints = (c for c in table.constraints if column.name in c.columns and c.kind != "not null")
    own = (i for i in indexes if column.name in i.columns and not i.constraint)
    has = [
        *(["its default"] if column.default is not None and not column.default.is_null else []),
        *(["NOT NULL"] if not column.nullable else []),
        *(f"the {kinds.get(each.kind, each.kind.upper())} {each.name}" for each in constraints),
        *(f"the index {index.name.name}" for index in own),
    ]
    return f"-- give {quote(new)} what {quote(column.name)} has: {', '.join(has)}\n" if has else ""


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
