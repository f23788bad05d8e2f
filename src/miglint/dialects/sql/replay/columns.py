"""Columns of tables: adding them, and what is set on one."""

from collections.abc import Callable, Iterable

from miglint.dialects.sql.replay.constraints import add_constraint
from miglint.dialects.sql.replay.naming import Naming
from miglint.dialects.sql.replay.properties import with_setting
from miglint.model import (
    AddColumn,
    AddIdentity,
    AlterColumnType,
    Column,
    ColumnDefinition,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropNotNull,
    Expression,
    Name,
    Schema,
    Sequence,
    SetDefault,
    SetExpression,
    SetIdentity,
    SetNotNull,
    Setting,
    Table,
    reached,
)

Change = Callable[[Column], Column]


def put_columns(
    owner: Table, definitions: Iterable[ColumnDefinition], schema: Schema, naming: Naming
) -> Schema:
    """Put a table with more columns into the schema, and the sequences that some of them have."""
    columns = {column.name: column for column in owner.columns}
    numbered = []
    for definition in definitions:
        columns[definition.name] = _merged(definition, columns.get(definition.name))
        if definition.serial or definition.identity:
            numbered.append(definition)
    schema = schema.with_relation(owner._replace(columns=tuple(columns.values())))
    for definition in numbered:
        schema = own_sequence(
            owner.name,
            definition.name,
            schema,
            naming,
            identity=bool(definition.identity),
            options=definition.sequence,
        )
    return schema


def _merged(definition: ColumnDefinition, inherited: Column | None) -> Column:
    """Give the column that a definition makes, merged with the inherited one of the same name."""
    column = Column(
        name=definition.name,
        type=definition.type,
        nullable=not definition.not_null,
        default=definition.generation if definition.generated else _stored(definition.default),
        identity=definition.identity,
        generated=definition.generated,
        collation=definition.collation,
        properties=definition.properties,
    )
    if inherited is None:
        return column
    return inherited._replace(
        nullable=inherited.nullable and column.nullable, default=column.default or inherited.default
    )


def _stored(default: Expression | None) -> Expression | None:
    """A default of NULL is none."""
    return None if default is not None and default.is_null else default


def own_sequence(
    table: Name,
    column: str,
    schema: Schema,
    naming: Naming,
    *,
    identity: bool,
    options: tuple[tuple[str, str], ...] = (),
) -> Schema:
    """Make the sequence of a serial or identity column."""
    name = Name(table.schema, naming.sequence(schema, table, column))
    options = tuple(
        sorted({**dict(_options_of_sequence(schema.table(table), column)), **dict(options)}.items())
    )
    sequence = Sequence(name, owner=(table, column), identity=identity, properties=options)
    schema = schema.with_relation(sequence)
    default = None if identity else Expression(text=f"nextval('{name}')", functions=("nextval",))
    return change_column(
        table, column, schema, lambda c: c._replace(sequence=name, default=default or c.default)
    )


def _options_of_sequence(table: Table | None, column: str) -> tuple[tuple[str, str], ...]:
    """A sequence of a column counts in its type; bigint is the default."""
    found = table.column(column) if table is not None else None
    type_ = found.type.name if found is not None else "bigint"
    return (("the option as", type_),) if type_ in ("integer", "smallint") else ()


def change_column(table: Name, column: str, schema: Schema, change: Change) -> Schema:
    """Change one column of a table, and of its partitions and children."""
    for member in schema.family(table):
        owner = schema.table(member)
        found = owner.column(column) if owner is not None else None
        if owner is not None and found is not None:
            schema = schema.with_relation(owner.with_column(change(found)))
    return schema


_MOST_COLUMNS = 1600
"""Of a table: https://www.postgresql.org/docs/current/limits.html."""


def add_column(operation: AddColumn, schema: Schema, naming: Naming) -> Schema:
    """`ADD COLUMN` with its constraints, also on children."""
    column = operation.column
    inherited = column._replace(constraints=(), serial=False, identity="")

    def heirs(name: Name) -> tuple[Name, ...]:
        return schema.heirs(name) if _takes_column(name, operation, schema) else ()

    taking = [m for m in reached(operation.table, heirs) if _takes_column(m, operation, schema)]
    for member in taking:
        schema = put_columns(schema.table(member) or Table(member), (column,), schema, naming)
        column = inherited
    for constraint in operation.column.constraints if taking else ():
        schema = add_constraint(taking[0], constraint, schema, naming)
    return schema


def _takes_column(table: Name, operation: AddColumn, schema: Schema) -> bool:
    owner = schema.table(table)
    if owner is None or (operation.if_not_exists and owner.column(operation.column.name) is not None):
        return False
    return len(owner.columns) < _MOST_COLUMNS  # Beyond it the server refuses.


def alter_type(operation: AlterColumnType, schema: Schema) -> Schema:
    """`ALTER COLUMN TYPE`; the sequence of an identity column counts in the new type."""
    schema = _column_retyped(operation, schema)
    table = schema.table(operation.table)
    column = table.column(operation.column) if table is not None else None
    sequence = schema.sequence(column.sequence) if column is not None and column.sequence else None
    if sequence is None or not sequence.identity:
        return schema
    others = tuple(each for each in sequence.properties if each[0] != "the option as")
    options = (*_options_of_sequence(table, operation.column), *others)
    return schema.with_relation(sequence._replace(properties=tuple(sorted(options))))


def _column_retyped(operation: AlterColumnType, schema: Schema) -> Schema:
    return change_column(
        operation.table,
        operation.column,
        schema,
        lambda c: c._replace(
            type=operation.type,
            collation=operation.collation,
            default=_recast(c),
            # Storage and compression are the new type's.
            properties=tuple(p for p in c.properties if p[0] not in ("the storage", "the compression")),
        ),
    )


def _recast(column: Column) -> Expression | None:
    """The default is still written in the old type, and cast to the new one."""
    old = column.type.qualified
    if column.default is None or old is None:
        return column.default
    return column.default._replace(casts=(*column.default.casts, str(old)))


def set_not_null(operation: SetNotNull, schema: Schema) -> Schema:
    return change_column(operation.table, operation.column, schema, lambda c: c._replace(nullable=False))


def drop_not_null(operation: DropNotNull, schema: Schema) -> Schema:
    return change_column(operation.table, operation.column, schema, lambda c: c._replace(nullable=True))


def set_default(operation: SetDefault, schema: Schema) -> Schema:
    """`SET DEFAULT`; a default of NULL is none."""
    default = _stored(operation.default)
    return change_column(operation.table, operation.column, schema, lambda c: c._replace(default=default))


def drop_default(operation: DropDefault, schema: Schema) -> Schema:
    return change_column(operation.table, operation.column, schema, lambda c: c._replace(default=None))


def add_identity(operation: AddIdentity, schema: Schema, naming: Naming) -> Schema:
    schema = own_sequence(
        operation.table, operation.column, schema, naming, identity=True, options=operation.options
    )
    return change_column(
        operation.table, operation.column, schema, lambda c: c._replace(identity=operation.identity)
    )


def set_identity(operation: SetIdentity, schema: Schema) -> Schema:
    """`SET GENERATED`, and what is set on the sequence."""
    table = schema.table(operation.table)
    column = table.column(operation.column) if table is not None else None
    sequence = schema.sequence(column.sequence) if column is not None and column.sequence else None
    if sequence is not None:
        for key, value in operation.options:
            sequence = with_setting(sequence, Setting("relation", sequence.name, key, value))
        schema = schema.with_relation(sequence)
    return change_column(
        operation.table,
        operation.column,
        schema,
        lambda c: c._replace(identity=operation.identity or c.identity),
    )


def drop_identity(operation: DropIdentity, schema: Schema) -> Schema:
    table = schema.table(operation.table)
    column = table.column(operation.column) if table else None
    if column is None or not column.identity:
        return schema
    if column.sequence is not None:
        schema = schema.without_relation(column.sequence)
    return change_column(
        operation.table, operation.column, schema, lambda c: c._replace(identity="", sequence=None)
    )


def set_expression(operation: SetExpression, schema: Schema) -> Schema:
    return change_column(
        operation.table, operation.column, schema, lambda c: c._replace(default=operation.expression)
    )


def drop_expression(operation: DropExpression, schema: Schema) -> Schema:
    return change_column(
        operation.table, operation.column, schema, lambda c: c._replace(generated="", default=None)
    )
