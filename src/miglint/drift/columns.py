"""The columns of a table that is declared and there."""

from miglint.drift.defaults import default_of, same_default
from miglint.drift.place import AGREE, WRITE_OR_UNDECLARE, Drifts, Pair, shown
from miglint.drift.types import ActualType, actual_type, same_type
from miglint.model import (
    Column,
    DropColumn,
    DropDefault,
    DropNotNull,
    Expression,
    Schema,
    SetDefault,
    SetNotNull,
    Type,
    quote,
)
from miglint.model.declared import DeclaredColumn, Default, DefaultKind, DriftKind
from miglint.model.remedy import NOWHERE, do


def column_differences(pair: Pair, schema: Schema) -> Drifts:
    """Compare the columns; what the history does not tell of a table is not asked."""
    for column in pair.declared.columns:
        actual = pair.columns.get(column.name)
        if actual is not None:
            yield from _changes(column, actual, pair, schema)
        elif pair.table.complete:
            yield pair.place.difference(
                DriftKind.MISSING_COLUMN,
                f"{column.label} declares the column {_path(pair, column.name)}, "
                "which does not exist after the last migration",
                pair.altered(f"ADD COLUMN {_definition(column)}"),
                column.name,
                agree=WRITE_OR_UNDECLARE,
                span=column.span,
            )
    for actual in pair.table.columns if pair.declared.complete else ():
        if actual.name not in pair.declared_columns:
            yield pair.place.difference(
                DriftKind.UNDECLARED_COLUMN,
                f"the migrations create the column {_path(pair, actual.name)}, "
                f"which {pair.declared.label} does not declare",
                do(DropColumn(NOWHERE, pair.table.name, actual.name)),
                actual.name,
                agree="Its data would be lost. Declare the column, or drop it in a migration of its own.",
            )


def _changes(column: DeclaredColumn, actual: Column, pair: Pair, schema: Schema) -> Drifts:
    path = _path(pair, column.name)
    found = actual_type(actual.type, schema)
    if not same_type(column.type, found):
        yield pair.place.difference(
            DriftKind.DIFFERENT_TYPE,
            f"{column.label} declares the type {column.type}, "
            f"but the migrations give {path} the type {actual.type}",
            pair.altered(f"ALTER COLUMN {quote(column.name)} SET DATA TYPE {column.type}"),
            column.name,
            agree=AGREE,
            alike=(str(column.type), str(actual.type)),
            span=column.span,
        )
        if found.type.array != _is_list(column):
            return
    # A list is never declared NOT NULL, and may be so in the database.
    if column.nullable != actual.nullable and not found.type.array:
        yield pair.place.difference(
            DriftKind.DIFFERENT_NULLABILITY,
            f"{column.label} is {'optional' if column.nullable else 'required'}, "
            f"but the migrations make {path} {'nullable' if actual.nullable else 'NOT NULL'}",
            do((DropNotNull if column.nullable else SetNotNull)(NOWHERE, pair.table.name, column.name)),
            column.name,
            agree=AGREE,
            alike=actual.nullable,
            span=column.span,
        )
    yield from _default_changes(column, actual, found, pair)


def _default_changes(column: DeclaredColumn, actual: Column, found: ActualType, pair: Pair) -> Drifts:
    declared, default = column.default, default_of(actual, found)
    if same_default(declared, default, found.family):
        return
    path = _path(pair, column.name)
    declares = f"the default {shown(declared.written)}" if declared.written else "no default"
    if actual.generated:
        gives = f"generate {path} from {shown(default.written)}"
    elif default.kind is DefaultKind.NONE:
        gives = f"give {path} none"
    else:
        gives = f"give {path} the default {shown(default.written)}"
    sql, name = _default_sql(column), pair.table.name
    change = SetDefault(NOWHERE, name, column.name, Expression(sql))
    yield pair.place.difference(
        DriftKind.DIFFERENT_DEFAULT,
        f"{column.label} declares {declares}, but the migrations {gives}",
        do(change if sql else DropDefault(NOWHERE, name, column.name)),
        column.name,
        agree=_agree_on_default(declared, default, generated=bool(actual.generated)),
        alike=(shown(declared.written), shown(default.written), actual.generated),
        span=column.span,
    )


def _agree_on_default(declared: Default, actual: Default, *, generated: bool) -> str:
    if generated:
        return "It would write that every time: a generated column cannot be declared."
    if declared.kind is DefaultKind.EXPRESSION and actual.kind in (DefaultKind.VALUE, DefaultKind.NOW):
        return "It would write that every time: declare a constant or now() as such, not with dbgenerated()."
    return AGREE


def _definition(column: DeclaredColumn) -> str:
    default = _default_sql(column)
    not_null = "" if column.nullable or _is_list(column) else " NOT NULL"
    return f"{quote(column.name)} {column.type or '...'}{not_null}{f' DEFAULT {default}' if default else ''}"


def _default_sql(column: DeclaredColumn) -> str:
    default = column.default
    if default.kind is DefaultKind.NOW:
        return "CURRENT_TIMESTAMP"
    if default.kind is DefaultKind.EXPRESSION:
        return default.text
    if default.kind is DefaultKind.SEQUENCE:
        return "nextval(...)"
    if default.kind is DefaultKind.LIST:
        return f"ARRAY[{', '.join(_literal(item) for item in default.items)}]::{column.type}"
    return _literal(default.text) if default.kind is DefaultKind.VALUE else ""


def _literal(value: str) -> str:
    return value if value in ("true", "false") or value.isdecimal() else "'" + value.replace("'", "''") + "'"


def _is_list(column: DeclaredColumn) -> bool:
    return column.type.array if isinstance(column.type, Type) else str(column.type).endswith("[]")


def _path(pair: Pair, column: str) -> str:
    return f"{pair.table.name.display}.{column}"
