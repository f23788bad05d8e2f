"""The SQL that Liquibase's modelled changes are on PostgreSQL.

Facts from its sqlgenerator/core and change/core, compared with what `liquibase update-sql` prints.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from miglint.text.lazy import expression
from miglint.text.source_map import Piece
from miglint.text.tree import Node

Parts = Iterator[Piece]


# Words that stand for a name only in quotes; Liquibase quotes those and names with capitals or signs in them.
_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
    current_catalog current_date current_role current_time current_timestamp current_user default deferrable
    desc distinct do else end except false fetch for foreign from grant group having in initially intersect
    into lateral leading limit localtime localtimestamp not null offset on only or order placing primary
    references returning select session_user some symmetric table then to trailing true union unique user
    using variadic when where window with authorization binary collation concurrently cross current_schema
    freeze full ilike inner is isnull join left like natural notnull outer overlaps right similar tablesample
    verbose
    """.split()
)
_PLAIN = expression(r"[a-z_][a-z0-9_$]*|[A-Z_][A-Z0-9_$]*")

# Liquibase's names of types, and JDBC's, that PostgreSQL calls otherwise.
_TYPES = {
    "blob": "oid", "longblob": "bytea", "binary": "bytea", "varbinary": "bytea", "longvarbinary": "bytea",
    "tinyblob": "bytea", "mediumblob": "bytea", "image": "bytea",
    "clob": "text", "longtext": "text", "mediumtext": "text", "tinytext": "text", "nclob": "text",
    "ntext": "text", "longvarchar": "text", "longnvarchar": "text", "java.sql.types.clob": "text",
    "nvarchar": "varchar", "nvarchar2": "varchar", "varchar2": "varchar", "nchar": "char",
    "datetime": "timestamp", "datetime2": "timestamp", "smalldatetime": "timestamp",
    "timestamp_with_timezone": "timestamp with time zone",
    "double": "double precision", "number": "numeric", "currency": "decimal", "money": "money",
    "tinyint": "smallint", "mediumint": "integer", "bit": "boolean", "uniqueidentifier": "uuid",
}  # fmt: skip
_SERIALS = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}
_TIMEZONE = expression(r"timezone", re.IGNORECASE)
_TYPE = expression(r"\s*([A-Za-z_.0-9]+)(?:\s*(\([^)]*\)))?(.*)", re.DOTALL)
_LENGTHLESS = frozenset(
    """
    bytea text boolean integer int bigint smallint uuid date serial bigserial json jsonb
    """.split()
) | {"double precision"}


def name(text: str) -> str:
    """Spell one name as Liquibase does for PostgreSQL."""
    text = text.strip()
    if text.startswith('"') or (_PLAIN.fullmatch(text) and text.lower() not in _RESERVED):
        return text
    return '"' + text.replace('"', '""') + '"'


def _names(text: str) -> str:
    return ", ".join(name(part) for part in text.split(",") if part.strip())


def _of(node: Node, attribute: str = "tableName", schema: str = "schemaName") -> str:
    """Give a name with its schema before it, where it has one."""
    own = name(node.get(attribute))
    return f"{name(node.get(schema))}.{own}" if node.get(schema) else own


def _type(text: str) -> str:
    found = _TYPE.fullmatch(text)
    if found is None:
        return text
    word, length, rest = found[1].lower().removeprefix("java.sql.types."), found[2] or "", found[3]
    word = _TYPES.get(word, word)
    if word == "double precision":
        rest = ""
    rest = _TIMEZONE.sub("time zone", rest)
    # Liquibase's way to say: of any length.
    is_boundless = word in _LENGTHLESS or "2147483647" in length or length.lower() == "(max)"
    return word + ("" if is_boundless else length) + rest


def _sql(node: Node, text: str) -> Piece:
    return Piece(node.span, text, made=True)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# Types of which Liquibase knows how to write a value that is given as text.
_UNQUOTED = expression(
    r"(?:boolean|bool|int|bigint|smallint|numeric|decimal|float|real|double|serial)", re.IGNORECASE
)
_LITERAL = expression(r"'(?:true|false|-?\d+(?:\.\d+)?)'", re.IGNORECASE)
# How a value begins that is the moment of the insert, on whichever database it was written for.
_NOW = ("current_timestamp", "current_datetime")
# The attributes that give a column its value or its default, and how they read.
_KINDS = ("", "Numeric", "Boolean", "Date", "Computed", "SequenceNext", "SequenceCurrent")


def _value(node: Node, prefix: str) -> str | None:
    """Give the value that one of the attributes `prefix`, `prefixNumeric`, ... sets; None if none does."""
    for kind in _KINDS:
        text = node.attributes.get(prefix + kind)
        if text is None:
            continue
        if kind == "":
            return "NULL" if text.upper() == "NULL" else _quoted(text)
        if kind in ("Date", "Computed") and text.lower().startswith(_NOW):
            return "NOW()"
        if kind == "Date":
            return _quoted(text) if text[:1].isdigit() else text
        if kind.startswith("Sequence"):
            return f"{'nextval' if kind == 'SequenceNext' else 'currval'}({_quoted(text)})"
        # Liquibase reads a number, and writes it in its own way.
        return text.upper() if kind == "Boolean" else re.sub(r"(?<=\d)\.0+\Z", "", text)
    return None


def _is(node: Node, attribute: str) -> bool:
    return node.get(attribute).lower() == "true"


class _Constraints(NamedTuple):
    """What the `constraints` of a column say, in one or several elements."""

    attributes: dict[str, str]

    @classmethod
    def of(cls, column: Node) -> "_Constraints":
        return cls({key: text for each in column.all("constraints") for key, text in each.attributes.items()})

    def is_true(self, key: str) -> bool:
        return self.attributes.get(key, "").lower() == "true"

    @property
    def is_required(self) -> bool:
        return self.attributes.get("nullable", "").lower() == "false"

    def foreign_key(self, column: str) -> str:
        """Give its foreign key as a constraint of the table, "" if it has none."""
        get = self.attributes.get
        target = get("references")
        if not target and (table := get("referencedTableName")):
            # Without columns it is the primary key.
            columns = get("referencedColumnNames")
            target = f"{name(table)}({_names(columns)})" if columns else name(table)
        if not target:
            return ""
        named = get("foreignKeyName")
        cascade = " ON DELETE CASCADE" if self.is_true("deleteCascade") else ""
        return (
            f"CONSTRAINT {name(named)} " if named else ""
        ) + f"FOREIGN KEY ({name(column)}) REFERENCES {target}{cascade}{_deferral(self.attributes)}"


def _deferral(attributes: dict[str, str]) -> str:
    text = ""
    if attributes.get("deferrable", "").lower() == "true":
        text += " DEFERRABLE"
    if attributes.get("initiallyDeferred", "").lower() == "true":
        text += " INITIALLY DEFERRED"
    return text


def _unique(column: Node) -> str:
    """Give its unique constraint as one of the table, "" if it has none."""
    constraints = _Constraints.of(column)
    if not constraints.is_true("unique"):
        return ""
    named = constraints.attributes.get("uniqueConstraintName")
    return (f"CONSTRAINT {name(named)} " if named else "") + f"UNIQUE ({name(column.get('name'))})"


def _column(column: Node, *, is_filled: bool = False) -> str:
    """Give a column's definition: name, type, identity or default, and NOT NULL unless it is filled first."""
    kind = _type(column.get("type"))
    if _is(column, "autoIncrement"):
        kind = _SERIALS.get(kind, kind)
    text = f"{name(column.get('name'))} {kind}"
    default = _value(column, "defaultValue")
    if default is not None and _UNQUOTED.match(kind) and _LITERAL.fullmatch(default):
        default = default.strip("'")
    is_identity = _is(column, "autoIncrement")
    if is_identity:
        text += " GENERATED BY DEFAULT AS IDENTITY"
    elif default is not None:
        text += f" DEFAULT {default}"
    constraints = _Constraints.of(column)
    is_required = is_identity or constraints.is_required or constraints.is_true("primaryKey")
    is_required = is_required and not is_filled
    return text + (" NOT NULL" if is_required else "")


def _create_table(node: Node) -> Parts:
    exists = "IF NOT EXISTS " if _is(node, "ifNotExists") else ""
    yield _sql(node, f"CREATE TABLE {exists}{_of(node)} (")
    tail: list[str] = []
    primary: list[str] = []
    primary_name = ""
    comma = ""
    for column in node.all("column"):
        yield _sql(column, comma + _column(column))
        comma = ", "
        constraints = _Constraints.of(column)
        own = column.get("name")
        if constraints.is_true("primaryKey"):
            primary.append(own)
            primary_name = primary_name or constraints.attributes.get("primaryKeyName", "")
        tail += (_unique(column), constraints.foreign_key(own))
    if primary:
        named = name(primary_name or f"{node.get('tableName')}_pkey")
        tail.insert(0, f"CONSTRAINT {named} PRIMARY KEY ({', '.join(map(name, primary))})")
    yield _sql(node, "".join(f", {part}" for part in tail if part) + ");")


def _add_column(node: Node) -> Parts:
    table = _of(node)
    for column in node.all("column"):
        constraints = _Constraints.of(column)
        text = f"ALTER TABLE {table} ADD {_column(column, is_filled=_value(column, 'value') is not None)}"
        if constraints.is_true("primaryKey"):
            text += " PRIMARY KEY"
        yield _sql(column, text + ";")
    for column in node.all("column"):
        value = _value(column, "value")
        if value is not None:
            own = name(column.get("name"))
            yield _sql(node, f"UPDATE {table} SET {own} = {value};")
            if _Constraints.of(column).is_required:
                yield _sql(node, f"ALTER TABLE {table} ALTER COLUMN {own} SET NOT NULL;")
        for key in (_unique(column), _Constraints.of(column).foreign_key(column.get("name"))):
            if not key:
                continue
            yield _sql(node, f"ALTER TABLE {table} ADD {key};")


def _drop_column(node: Node) -> Parts:
    columns = [column.get("name") for column in node.all("column")] or [node.get("columnName")]
    drops = ", ".join(f"DROP COLUMN {name(column)}" for column in columns)
    yield _sql(node, f"ALTER TABLE {_of(node)} {drops};")


def _create_index(node: Node) -> Parts:
    if "foreignKey" in node.get("associatedWith"):
        return  # for databases that make it with the key
    unique = "UNIQUE " if _is(node, "unique") else ""
    index = name(node.get("indexName")) + " " if node.get("indexName") else ""
    columns = ", ".join(_indexed(column) for column in node.all("column"))
    yield _sql(node, f"CREATE {unique}INDEX {index}ON {_of(node)}({columns});")


def _indexed(column: Node) -> str:
    text = column.get("name")
    if not _is(column, "computed") and re.fullmatch(r"\w+", text):
        text = name(text)
    return text + (" DESC" if _is(column, "descending") else "")


def _drop_index(node: Node) -> Parts:
    yield _sql(node, f"DROP INDEX {_of(node, 'indexName')};")


def _foreign_key(node: Node) -> Parts:
    text = (
        f"ALTER TABLE {_of(node, 'baseTableName', 'baseTableSchemaName')} "
        f"ADD CONSTRAINT {name(node.get('constraintName'))} "
        f"FOREIGN KEY ({_names(node.get('baseColumnNames'))}) "
        f"REFERENCES {_of(node, 'referencedTableName', 'referencedTableSchemaName')}"
    )
    # Without columns it is the primary key.
    if columns := node.get("referencedColumnNames"):
        text += f" ({_names(columns)})"
    cascade = "CASCADE" if _is(node, "deleteCascade") else node.get("onDelete")
    if node.get("onUpdate"):
        text += f" ON UPDATE {node.get('onUpdate')}"
    if cascade:
        text += f" ON DELETE {cascade}"
    text += _deferral(node.attributes)
    yield _sql(node, text + (" NOT VALID;" if node.get("validate").lower() == "false" else ";"))


def _add_key(node: Node, kind: str) -> Parts:
    text = f"ALTER TABLE {_of(node)} ADD "
    if node.get("constraintName"):
        text += f"CONSTRAINT {name(node.get('constraintName'))} "
    if node.get("forIndexName"):
        text += f"{kind} USING INDEX {name(node.get('forIndexName'))}"
    else:
        text += f"{kind} ({_names(node.get('columnNames'))})"
    yield _sql(node, text + _deferral(node.attributes) + ";")


def _drop_constraint(node: Node, table: str = "tableName", schema: str = "schemaName") -> Parts:
    constraint = node.get("constraintName") or f"{node.get(table)}_pkey"
    yield _sql(node, f"ALTER TABLE {_of(node, table, schema)} DROP CONSTRAINT {name(constraint)};")


def _alter(node: Node, *actions: str) -> Parts:
    column = name(node.get("columnName"))
    for action in actions:
        yield _sql(node, f"ALTER TABLE {_of(node)} ALTER COLUMN {column} {action};")


def _not_null(node: Node) -> Parts:
    column, value = name(node.get("columnName")), node.get("defaultNullValue")
    if value:
        yield _sql(node, f"UPDATE {_of(node)} SET {column} = {_quoted(value)} WHERE {column} IS NULL;")
    yield from _alter(node, "SET NOT NULL")


def _default(node: Node) -> Parts:
    return _alter(node, f"SET DEFAULT {_value(node, 'defaultValue') or 'NULL'}")


def _auto_increment(node: Node) -> Parts:
    column = node.get("columnName")
    sequence = name(f"{node.get('tableName')}_{column}_seq")
    yield _sql(node, f"CREATE SEQUENCE IF NOT EXISTS {sequence};")
    yield from _alter(node, "SET NOT NULL", f"SET DEFAULT nextval('{sequence}')")
    yield _sql(node, f"ALTER SEQUENCE {sequence} OWNED BY {_of(node)}.{name(column)};")


def _modify_type(node: Node) -> Parts:
    kind = _type(node.get("newDataType"))
    return _alter(node, f"TYPE {kind} USING ({name(node.get('columnName'))}::{kind})")


def _rename(node: Node, kind: str, old: str, new: str) -> Parts:
    yield _sql(node, f"ALTER {kind} {_of(node, old)} RENAME TO {name(node.get(new))};")


def _rename_column(node: Node) -> Parts:
    old, new = name(node.get("oldColumnName")), name(node.get("newColumnName"))
    yield _sql(node, f"ALTER TABLE {_of(node)} RENAME COLUMN {old} TO {new};")


def _sequence(node: Node, verb: str = "CREATE") -> Parts:
    text = f"{verb} SEQUENCE "
    text += ("" if verb == "ALTER" else "IF NOT EXISTS ") + _of(node, "sequenceName")
    for attribute, words in (
        ("dataType", "AS"), ("startValue", "START WITH"), ("incrementBy", "INCREMENT BY"),
        ("minValue", "MINVALUE"), ("maxValue", "MAXVALUE"), ("cacheSize", "CACHE"),
    ):  # fmt: skip
        if node.get(attribute):
            text += f" {words} {node.get(attribute)}"
    yield _sql(node, text + (" CYCLE;" if _is(node, "cycle") else ";"))


def _simple(template: str, attribute: str) -> Callable[[Node], Parts]:
    """Give the change that is one statement about one thing."""

    def there(node: Node) -> Parts:
        cascade = " CASCADE" if _is(node, "cascadeConstraints") else ""
        yield _sql(node, template.format(_of(node, attribute)) + cascade + ";")

    return there


def _view(node: Node) -> Parts:
    if not _is(node, "fullDefinition"):
        replace = "OR REPLACE " if _is(node, "replaceIfExists") else ""
        yield _sql(node, f"CREATE {replace}VIEW {_of(node, 'viewName')} AS ")
    yield from node.pieces


def _where(node: Node) -> str:
    found = next((child.text or child.get("") for child in node.all("where")), "") or node.get("where")
    return f" WHERE {found.strip()}" if found.strip() else ""


def _insert(node: Node) -> Parts:
    columns = list(node.all("column"))
    names = ", ".join(name(column.get("name")) for column in columns)
    values = ", ".join(_value(column, "value") or "NULL" for column in columns)
    yield _sql(node, f"INSERT INTO {_of(node)} ({names}) VALUES ({values});")


def _update(node: Node) -> Parts:
    sets = ", ".join(
        f"{name(column.get('name'))} = {_value(column, 'value') or 'NULL'}" for column in node.all("column")
    )
    yield _sql(node, f"UPDATE {_of(node)} SET {sets}{_where(node)};")


def _delete(node: Node) -> Parts:
    yield _sql(node, f"DELETE FROM {_of(node)}{_where(node)};")


def _remarks(node: Node) -> Parts:
    column = node.get("columnName")
    target = f"COLUMN {_of(node)}.{name(column)}" if column else f"TABLE {_of(node)}"
    yield _sql(node, f"COMMENT ON {target} IS {_quoted(node.get('remarks'))};")


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
