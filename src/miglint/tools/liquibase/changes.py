"""The SQL that Liquibase's modelled changes are on PostgreSQL.

Facts from its sqlgenerator/core and change/core, compared with what `liquibase update-sql` prints.
"""

import re
from collections.abc import Callable, Iterator

from miglint.text.source_map import Piece
from miglint.text.tree import Node
from miglint.tools.liquibase.columns import Constraints, deferral, definition, unique_constraint
from miglint.tools.liquibase.spelling import is_true, name, names, qualified, quoted, type_of, value_of

Parts = Iterator[Piece]


def _sql(node: Node, text: str) -> Piece:
    return Piece(node.span, text, made=True)


def _create_table(node: Node) -> Parts:
    exists = "IF NOT EXISTS " if is_true(node, "ifNotExists") else ""
    yield _sql(node, f"CREATE TABLE {exists}{qualified(node)} (")
    tail: list[str] = []
    primary: list[str] = []
    primary_name = ""
    comma = ""
    for column in node.all("column"):
        yield _sql(column, comma + definition(column))
        comma = ", "
        constraints = Constraints.of(column)
        own = column.get("name")
        if constraints.is_true("primaryKey"):
            primary.append(own)
            primary_name = primary_name or constraints.attributes.get("primaryKeyName", "")
        tail += (unique_constraint(column), constraints.foreign_key(own))
    if primary:
        named = name(primary_name or f"{node.get('tableName')}_pkey")
        tail.insert(0, f"CONSTRAINT {named} PRIMARY KEY ({', '.join(map(name, primary))})")
    yield _sql(node, "".join(f", {part}" for part in tail if part) + ");")


def _add_column(node: Node) -> Parts:
    table = qualified(node)
    for column in node.all("column"):
        constraints = Constraints.of(column)
        text = (
            f"ALTER TABLE {table} ADD {definition(column, is_filled=value_of(column, 'value') is not None)}"
        )
        if constraints.is_true("primaryKey"):
            text += " PRIMARY KEY"
        yield _sql(column, text + ";")
    for column in node.all("column"):
        value = value_of(column, "value")
        if value is not None:
            own = name(column.get("name"))
            yield _sql(column, f"UPDATE {table} SET {own} = {value};")
            if Constraints.of(column).is_required:
                yield _sql(column, f"ALTER TABLE {table} ALTER COLUMN {own} SET NOT NULL;")
        for key in (unique_constraint(column), Constraints.of(column).foreign_key(column.get("name"))):
            if not key:
                continue
            yield _sql(column, f"ALTER TABLE {table} ADD {key};")


def _drop_column(node: Node) -> Parts:
    columns = [column.get("name") for column in node.all("column")] or [node.get("columnName")]
    drops = ", ".join(f"DROP COLUMN {name(column)}" for column in columns)
    yield _sql(node, f"ALTER TABLE {qualified(node)} {drops};")


def _create_index(node: Node) -> Parts:
    if "foreignKey" in node.get("associatedWith"):
        return  # for databases that make it with the key
    unique = "UNIQUE " if is_true(node, "unique") else ""
    index = name(node.get("indexName")) + " " if node.get("indexName") else ""
    columns = ", ".join(_indexed(column) for column in node.all("column"))
    yield _sql(node, f"CREATE {unique}INDEX {index}ON {qualified(node)}({columns});")


def _indexed(column: Node) -> str:
    text = column.get("name")
    if not is_true(column, "computed") and re.fullmatch(r"\w+", text):
        text = name(text)
    return text + (" DESC" if is_true(column, "descending") else "")


def _drop_index(node: Node) -> Parts:
    yield _sql(node, f"DROP INDEX {qualified(node, 'indexName')};")


def _foreign_key(node: Node) -> Parts:
    text = (
        f"ALTER TABLE {qualified(node, 'baseTableName', 'baseTableSchemaName')} "
        f"ADD CONSTRAINT {name(node.get('constraintName'))} "
        f"FOREIGN KEY ({names(node.get('baseColumnNames'))}) "
        f"REFERENCES {qualified(node, 'referencedTableName', 'referencedTableSchemaName')}"
    )
    # Without columns it is the primary key.
    if columns := node.get("referencedColumnNames"):
        text += f" ({names(columns)})"
    cascade = "CASCADE" if is_true(node, "deleteCascade") else node.get("onDelete")
    if node.get("onUpdate"):
        text += f" ON UPDATE {node.get('onUpdate')}"
    if cascade:
        text += f" ON DELETE {cascade}"
    text += deferral(node.attributes)
    yield _sql(node, text + (" NOT VALID;" if node.get("validate").lower() == "false" else ";"))


def _add_key(node: Node, kind: str) -> Parts:
    text = f"ALTER TABLE {qualified(node)} ADD "
    if node.get("constraintName"):
        text += f"CONSTRAINT {name(node.get('constraintName'))} "
    if node.get("forIndexName"):
        text += f"{kind} USING INDEX {name(node.get('forIndexName'))}"
    else:
        text += f"{kind} ({names(node.get('columnNames'))})"
    yield _sql(node, text + deferral(node.attributes) + ";")


def _drop_constraint(node: Node, table: str = "tableName", schema: str = "schemaName") -> Parts:
    constraint = node.get("constraintName") or f"{node.get(table)}_pkey"
    yield _sql(node, f"ALTER TABLE {qualified(node, table, schema)} DROP CONSTRAINT {name(constraint)};")


def _alter(node: Node, *actions: str) -> Parts:
    column = name(node.get("columnName"))
    for action in actions:
        yield _sql(node, f"ALTER TABLE {qualified(node)} ALTER COLUMN {column} {action};")


def _not_null(node: Node) -> Parts:
    column, value = name(node.get("columnName")), node.get("defaultNullValue")
    if value:
        yield _sql(node, f"UPDATE {qualified(node)} SET {column} = {quoted(value)} WHERE {column} IS NULL;")
    yield from _alter(node, "SET NOT NULL")


def _default(node: Node) -> Parts:
    return _alter(node, f"SET DEFAULT {value_of(node, 'defaultValue') or 'NULL'}")


def _auto_increment(node: Node) -> Parts:
    column = node.get("columnName")
    sequence = name(f"{node.get('tableName')}_{column}_seq")
    yield _sql(node, f"CREATE SEQUENCE IF NOT EXISTS {sequence};")
    yield from _alter(node, "SET NOT NULL", f"SET DEFAULT nextval('{sequence}')")
    yield _sql(node, f"ALTER SEQUENCE {sequence} OWNED BY {qualified(node)}.{name(column)};")


def _modify_type(node: Node) -> Parts:
    kind = type_of(node.get("newDataType"))
    return _alter(node, f"TYPE {kind} USING ({name(node.get('columnName'))}::{kind})")


def _rename(node: Node, kind: str, old: str, new: str) -> Parts:
    yield _sql(node, f"ALTER {kind} {qualified(node, old)} RENAME TO {name(node.get(new))};")


def _rename_column(node: Node) -> Parts:
    old, new = name(node.get("oldColumnName")), name(node.get("newColumnName"))
    yield _sql(node, f"ALTER TABLE {qualified(node)} RENAME COLUMN {old} TO {new};")


def _sequence(node: Node, verb: str = "CREATE") -> Parts:
    text = f"{verb} SEQUENCE "
    text += ("" if verb == "ALTER" else "IF NOT EXISTS ") + qualified(node, "sequenceName")
    for attribute, words in (
        ("dataType", "AS"), ("startValue", "START WITH"), ("incrementBy", "INCREMENT BY"),
        ("minValue", "MINVALUE"), ("maxValue", "MAXVALUE"), ("cacheSize", "CACHE"),
    ):  # fmt: skip
        if node.get(attribute):
            text += f" {words} {node.get(attribute)}"
    yield _sql(node, text + (" CYCLE;" if is_true(node, "cycle") else ";"))


def _simple(template: str, attribute: str) -> Callable[[Node], Parts]:
    """Give the change that is one statement about one thing."""

    def there(node: Node) -> Parts:
        cascade = " CASCADE" if is_true(node, "cascadeConstraints") else ""
        yield _sql(node, template.format(qualified(node, attribute)) + cascade + ";")

    return there


def _view(node: Node) -> Parts:
    if not is_true(node, "fullDefinition"):
        replace = "OR REPLACE " if is_true(node, "replaceIfExists") else ""
        yield _sql(node, f"CREATE {replace}VIEW {qualified(node, 'viewName')} AS ")
    yield from node.pieces


def _where(node: Node) -> str:
    found = next((child.text or child.get("") for child in node.all("where")), "") or node.get("where")
    return f" WHERE {found.strip()}" if found.strip() else ""


def _insert(node: Node) -> Parts:
    columns = list(node.all("column"))
    listed = ", ".join(name(column.get("name")) for column in columns)
    values = ", ".join(value_of(column, "value") or "NULL" for column in columns)
    yield _sql(node, f"INSERT INTO {qualified(node)} ({listed}) VALUES ({values});")


def _update(node: Node) -> Parts:
    sets = ", ".join(
        f"{name(column.get('name'))} = {value_of(column, 'value') or 'NULL'}" for column in node.all("column")
    )
    yield _sql(node, f"UPDATE {qualified(node)} SET {sets}{_where(node)};")


def _delete(node: Node) -> Parts:
    yield _sql(node, f"DELETE FROM {qualified(node)}{_where(node)};")


def _remarks(node: Node) -> Parts:
    column = node.get("columnName")
    target = f"COLUMN {qualified(node)}.{name(column)}" if column else f"TABLE {qualified(node)}"
    yield _sql(node, f"COMMENT ON {target} IS {quoted(node.get('remarks'))};")


def _nothing(_: Node) -> Parts:
    return iter(())


CHANGES: dict[str, Callable[[Node], Parts]] = {
    "createTable": _create_table,
    "addColumn": _add_column,
    "dropColumn": _drop_column,
    "dropTable": _simple("DROP TABLE {}", "tableName"),
    "renameTable": lambda node: _rename(node, "TABLE", "oldTableName", "newTableName"),
    "renameColumn": _rename_column,
    "createIndex": _create_index,
    "dropIndex": _drop_index,
    "addPrimaryKey": lambda node: _add_key(node, "PRIMARY KEY"),
    "addUniqueConstraint": lambda node: _add_key(node, "UNIQUE"),
    "addForeignKeyConstraint": _foreign_key,
    "dropPrimaryKey": _drop_constraint,
    "dropUniqueConstraint": _drop_constraint,
    "dropForeignKeyConstraint": lambda node: _drop_constraint(node, "baseTableName", "baseTableSchemaName"),
    "addNotNullConstraint": _not_null,
    "dropNotNullConstraint": lambda node: _alter(node, "DROP NOT NULL"),
    "addDefaultValue": _default,
    "dropDefaultValue": lambda node: _alter(node, "DROP DEFAULT"),
    "addAutoIncrement": _auto_increment,
    "modifyDataType": _modify_type,
    "createSequence": _sequence,
    "alterSequence": lambda node: _sequence(node, "ALTER"),
    "dropSequence": _simple("DROP SEQUENCE {} CASCADE", "sequenceName"),
    "renameSequence": lambda node: _rename(node, "SEQUENCE", "oldSequenceName", "newSequenceName"),
    "createView": _view,
    "dropView": _simple("DROP VIEW {}", "viewName"),
    "renameView": lambda node: _rename(node, "VIEW", "oldViewName", "newViewName"),
    "insert": _insert,
    "update": _update,
    "delete": _delete,
    "setTableRemarks": _remarks,
    "setColumnRemarks": _remarks,
    "createProcedure": lambda node: iter(node.pieces),
    "sql": lambda node: iter(node.pieces),
    "tagDatabase": _nothing,
    "output": _nothing,
    "empty": _nothing,
}
"""How each change reads in SQL, in pieces at their places."""

REVERSIBLE = frozenset(
    """
    createTable addColumn renameTable renameColumn createIndex addPrimaryKey addUniqueConstraint
    addForeignKeyConstraint addNotNullConstraint dropNotNullConstraint addDefaultValue createSequence
    renameSequence createView renameView tagDatabase output empty
    """.split()
)
"""The changes of which Liquibase works out the rollback by itself."""
