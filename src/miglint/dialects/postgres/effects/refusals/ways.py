"""What to do instead: the statement with what is in its way dropped before, and made again after it."""

import re
from collections.abc import Iterable, Sequence

from miglint.model import (
    AlterColumnType,
    Column,
    Constraint,
    DropColumn,
    Name,
    Schema,
    Table,
    View,
    quote,
)

_LONGEST = 12
"""Lines of a view that the help shows; a longer one is named."""

Keys = Sequence[tuple[Name, Constraint]]


def without_keys(keys: Keys) -> str:
    """Write the statements that drop foreign keys."""
    return "\n".join(
        f"ALTER TABLE {holder.sql} DROP CONSTRAINT {quote(key.name)};" for holder, key in dict.fromkeys(keys)
    )


def before_drop(views: Iterable[View], keys: Keys, statement: str, schema: Schema) -> str:
    """Write the drops that have to come before one; "" where nothing of it can be written."""
    dropped = [_dropped(view) for view in reversed(_with_readers(views, schema))]
    lines = [*dropped, *filter(None, [without_keys(keys)])]
    holders = dict.fromkeys(holder.display for holder, _ in keys)
    if holders and not views:
        lines.insert(0, f"-- or drop {' and '.join(holders)} before it, or in the same DROP TABLE")
    return "\n".join([*lines, statement]) if lines else ""


def around_type_change(
    operation: AlterColumnType,
    table: Table,
    views: Iterable[View],
    generated: Sequence[str],
    rules: Sequence[str],
    schema: Schema,
) -> str:
    """Write a change of type with what names the column dropped before, and made again."""
    columns = [column for column in map(table.column, generated) if column is not None]
    using = f" USING {operation.using.text}" if operation.using is not None else ""
    actions = [
        *(f"DROP COLUMN {quote(column.name)}" for column in columns),
        f"ALTER COLUMN {quote(operation.column)} TYPE {operation.type_sql}{using}",
        *(f"ADD COLUMN {_generated(column)}" for column in columns),
    ]
    statement = _altered(operation.table, actions)
    indexed = {name for index in schema.indexes_of(table) for name in index.columns}
    again = [f"-- then its indexes on {name} again" for name in generated if name in indexed]
    return _around(statement, views, rules, [*again, *_made(views, schema)], schema)


def around_drop_column(
    operation: DropColumn,
    views: Iterable[View],
    generated: Sequence[str],
    rules: Sequence[str],
    keys: Keys,
    schema: Schema,
) -> str:
    """Write a DROP COLUMN with what names the column dropped before, and made again without it."""
    going = [*generated, operation.column]
    statement = _altered(operation.table, [f"DROP COLUMN {quote(column)}" for column in going])
    if keys:
        statement = f"{without_keys(keys)}\n{statement}"
    return _around(statement, views, rules, list(_made(views, schema, going)), schema)


def _around(
    statement: str, views: Iterable[View], rules: Sequence[str], again: Sequence[str], schema: Schema
) -> str:
    dropped = [_dropped(view) for view in reversed(_with_readers(views, schema))]
    before = [f"-- drop {rule} first, and create it again at the end" for rule in rules]
    return "\n".join([*before, *dropped, statement, *again])


def _altered(table: Name, actions: Sequence[str]) -> str:
    if len(actions) == 1:
        return f"ALTER TABLE {table.sql} {actions[0]};"
    return f"ALTER TABLE {table.sql}\n    " + ",\n    ".join(actions) + ";"


def _generated(column: Column) -> str:
    expression = column.default.text if column.default is not None else ""
    whole = expression if re.fullmatch(r"\([^()]*\)", expression) else f"({expression})"
    rest = "" if column.nullable else " NOT NULL"
    return f"{quote(column.name)} {column.type} GENERATED ALWAYS AS {whole} {column.generated.upper()}{rest}"


def _dropped(view: View) -> str:
    return f"DROP {'MATERIALIZED VIEW' if view.materialized else 'VIEW'} {view.name.sql};"


def _made(views: Iterable[View], schema: Schema, without: Sequence[str] = ()) -> Iterable[str]:
    """Write the views again, in words where their text is not known, too long, or names what is gone."""
    for view in _with_readers(views, schema):
        made = view.definition
        text = made.text.strip().rstrip(";") if made is not None else ""
        known = made is not None and (made.reads, made.columns_read) == (view.reads, view.columns_read)
        named = [column for column in without if re.search(rf"(?<![\w$]){re.escape(column)}(?![\w$])", text)]
        if not text or not known or named or text.count("\n") >= _LONGEST:
            left_out = f", without {' and '.join(without)}" if named else ""
            yield f"-- then create {view.name.sql} again{left_out}"
            continue
        yield f"{text};"
        if view.indexes:
            yield f"-- then the indexes of {view.name.sql} again"


def _with_readers(views: Iterable[View], schema: Schema) -> list[View]:
    """Give views with those that read them, each after what it reads."""
    names = dict.fromkeys(name for view in views for name in (view.name, *schema.views_on(view.name)))
    left = {name: view for name in names if (view := schema.view(name)) is not None}
    ordered: list[View] = []
    while left:
        ready = [view for view in left.values() if left.keys().isdisjoint({*view.reads} - {view.name})]
        for view in ready or list(left.values()):
            ordered.append(view)
            del left[view.name]
    return ordered
