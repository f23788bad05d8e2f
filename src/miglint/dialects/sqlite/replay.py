"""What differs in SQLite when a schema changes: foreign keys and views outlive the table that they name."""

from miglint.dialects.sql.replay import apply as apply_common
from miglint.dialects.sql.replay.constraints import link_reference
from miglint.dialects.sql.replay.naming import Naming
from miglint.model import (
    CreateIndex,
    CreateTable,
    CreateView,
    DropTable,
    Name,
    Operation,
    RenameTable,
    Schema,
    Table,
    View,
)


def _automatic(schema: Schema, table: Name) -> str:
    number = 1
    while Name(table.schema, f"sqlite_autoindex_{table.name}_{number}") in schema.relations:
        number += 1
    return f"sqlite_autoindex_{table.name}_{number}"


def _unnamed(table: Table, kind: str) -> str:
    """Give a name of our own: the server has none for a constraint that is written without."""
    number = 1
    while table.constraint(f"{kind} {number}") is not None:
        number += 1
    return f"{kind} {number}"


naming = Naming(
    primary_key=_automatic,
    unique=lambda schema, table, _columns: _automatic(schema, table),
    exclusion=lambda schema, table, _columns: _automatic(schema, table),
    plain_index=lambda schema, table, _columns: _automatic(schema, table),
    foreign_key=lambda _schema, table, _columns: _unnamed(table, "foreign key"),
    check=lambda _schema, table, _columns: _unnamed(table, "check"),
    sequence=lambda _schema, table, column: f"{table.name}_{column}",
)


def apply(operation: Operation, schema: Schema) -> Schema:
    """Give the schema after an operation."""
    if isinstance(operation, DropTable):
        return _drop_table(operation, schema)
    after = apply_common(operation, schema, naming)
    if isinstance(operation, CreateTable):
        after = _as_written(operation, after) if operation.table not in schema.relations else after
        return _arrived(operation.table, _spelled(operation.table, after))
    if isinstance(operation, RenameTable):
        name = operation.becomes
        return _arrived(name, _spelled(name, after))
    if isinstance(operation, CreateView):
        return _spelled(operation.view, after)
    if isinstance(operation, CreateIndex) and operation.name:
        return _spelled(Name(operation.table.schema, operation.name), after)
    return after


def _as_written(operation: CreateTable, schema: Schema) -> Schema:
    """A primary key does not make its columns NOT NULL here."""
    required = {column.name: column.not_null for column in operation.columns}
    table = schema.table(operation.table)
    if table is None or not required:
        return schema
    columns = (c._replace(nullable=not required.get(c.name, not c.nullable)) for c in table.columns)
    return schema.with_relation(table._replace(columns=tuple(columns)))


def _spelled(name: Name, schema: Schema) -> Schema:
    folded = Name(name.schema, name.name.lower())
    return schema._replace(spelled=schema.spelled.with_item(folded, name)) if folded != name else schema


def _drop_table(operation: DropTable, schema: Schema) -> Schema:
    table = schema.table(operation.table)
    if table is None:
        return schema
    holders = [h for name in table.referenced_by if name != table.name and (h := schema.table(name))]
    views = [v for name in schema.views_on(table.name) if (v := schema.view(name))]
    after = apply_common(operation, schema, naming)
    for holder in holders:
        now = after.table(holder.name)
        if now is not None:
            after = after.with_relation(now._replace(constraints=holder.constraints))
    for view in views:
        after = after.with_relation(view)
    left = (*(holder.name for holder in holders), *(view.name for view in views))
    return after._replace(awaited=after.awaited.with_item(table.name, left)) if left else after


def _arrived(name: Name, schema: Schema) -> Schema:
    """Link what named a table before it was there; and take note of what names one that is not there yet."""
    table = schema.table(name)
    if table is None:
        return schema
    for waiting in schema.awaited.get(name) or ():
        found = schema.relations.get(waiting)
        if isinstance(found, Table) and any(key.references == name for key in found.foreign_keys):
            schema = link_reference(name, waiting, schema)
        elif isinstance(found, View) and name in found.reads:
            now = schema.table(name)
            if now is not None and waiting not in now.dependents:
                schema = schema.with_relation(now._replace(dependents=(*now.dependents, waiting)))
    awaited = schema.awaited.without(name)
    for key in table.foreign_keys:
        if key.references is not None and key.references not in schema.relations:
            others = awaited.get(key.references) or ()
            awaited = awaited.with_item(key.references, (*others, name))
    return schema._replace(awaited=awaited)
