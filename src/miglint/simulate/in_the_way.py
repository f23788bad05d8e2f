"""The query that counts the rows on which a statement would fail, to be run before the deploy."""

from miglint.model import (
    AddConstraint,
    AlterColumnType,
    ConstraintDefinition,
    CreateIndex,
    EnumType,
    FailureCause,
    Name,
    Schema,
    SetNotNull,
    Type,
    quote,
)
from miglint.simulate.trace import Record

_RANGES = {
    "smallint": "-32768 AND 32767",
    "integer": "-2147483648 AND 2147483647",
    "bigint": "-9223372036854775808 AND 9223372036854775807",
}


def in_the_way(record: Record) -> str:
    """Give the query for an operation; "" where no rows are in the way, or no query tells them.

    What fails whatever the rows has none.
    """
    failures = record.effects.failures
    if record.effects.refused or not any(f.cause is FailureCause.ROWS and not f.certain for f in failures):
        return ""
    operation, schema = record.operation, record.schema
    if isinstance(operation, SetNotNull):
        return _count(operation.table, f"{quote(operation.column)} IS NULL")
    if isinstance(operation, CreateIndex):
        names = [element.column for element in operation.elements]
        if None in names or operation.predicate is not None:
            return ""
        return _duplicates(operation.table, [n for n in names if n], nulls=not operation.nulls_not_distinct)
    if isinstance(operation, AddConstraint):
        return _constraint(operation.table, operation.constraint, schema)
    if isinstance(operation, AlterColumnType) and operation.using is None:
        table = schema.table(operation.table)
        column = table.column(operation.column) if table else None
        condition = _narrowed(operation.column, operation.type) if column else ""
        return _count(operation.table, condition) if condition else ""
    if isinstance(operation, AlterColumnType):
        return _values_gone(operation, schema)
    return ""


def _constraint(table: Name, new: ConstraintDefinition, schema: Schema) -> str:
    if new.kind in ("unique", "primary") and new.using_index is None:
        return _duplicates(table, new.columns, nulls=new.kind == "unique" and not new.nulls_not_distinct)
    if new.kind == "check" and new.expression is not None:
        return _count(table, f"NOT ({new.expression.text})")
    if new.kind == "not null":
        return _count(table, " OR ".join(f"{quote(name)} IS NULL" for name in new.columns))
    parent = schema.table(new.references) if new.kind == "foreign" and new.references else None
    if parent is None:
        return ""
    key = new.referenced_columns or (parent.primary_key.columns if parent.primary_key else ())
    if len(key) != len(new.columns):
        return ""
    given = " AND ".join(f"c.{quote(name)} IS NOT NULL" for name in new.columns)
    same = " AND ".join(f"p.{quote(of)} = c.{quote(name)}" for name, of in zip(new.columns, key, strict=True))
    return (
        f"SELECT count(*) FROM {table.sql} AS c\n"
        f"WHERE {given}\n"
        f"  AND NOT EXISTS (SELECT FROM {parent.name.sql} AS p WHERE {same});"
    )


def _count(table: Name, condition: str) -> str:
    return f"SELECT count(*) FROM {table.sql} WHERE {condition};"


def _duplicates(table: Name, columns: tuple[str, ...] | list[str], *, nulls: bool) -> str:
    """With `nulls`, rows that have one differ from all others."""
    names = ", ".join(map(quote, columns))
    given = " AND ".join(f"{quote(name)} IS NOT NULL" for name in columns)
    where = f" WHERE {given}" if nulls else ""
    return f"SELECT {names}, count(*) FROM {table.sql}{where}\nGROUP BY {names} HAVING count(*) > 1;"


def _narrowed(column: str, new: Type) -> str:
    name = quote(column)
    if new.name in _RANGES:
        return f"{name} NOT BETWEEN {_RANGES[new.name]}"
    if new.name in ("character varying", "character") and new.modifiers:
        return f"length({name}) > {new.modifiers[0]}"
    if new.name == "numeric" and new.modifiers:
        digits = int(new.modifiers[1]) if len(new.modifiers) > 1 else 0
        return f"abs(round({name}, {digits})) >= 1e{int(new.modifiers[0]) - digits}"
    return ""


def _values_gone(change: AlterColumnType, schema: Schema) -> str:
    table = schema.table(change.table)
    column = table.column(change.column) if table else None
    old = schema.types.get(column.type.qualified) if column and column.type.qualified else None
    new = schema.types.get(change.type.qualified) if change.type.qualified else None
    if not isinstance(old, EnumType) or not isinstance(new, EnumType):
        return ""
    gone = ", ".join("'" + value.replace("'", "''") + "'" for value in old.values if value not in new.values)
    return _count(change.table, f"{quote(change.column)} IN ({gone})") if gone else ""
