"""Tables: made, dropped, renamed, and the actions of ALTER TABLE."""

from collections.abc import Callable
from itertools import starmap
from typing import Any

from miglint.dialects.postgres.writing.definitions import column, constraint
from miglint.dialects.postgres.writing.words import (
    Pen,
    collated,
    enclosed,
    is_word,
    parameters,
    sequence_option,
    text_of,
)
from miglint.dialects.sql.words import NotSpelled, listed, spaced
from miglint.model import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    AlterConstraint,
    AlterInheritance,
    AttachPartition,
    CreateTable,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropNotNull,
    DropTable,
    MoveTable,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    SetDefault,
    SetExpression,
    SetIdentity,
    SetNotNull,
    ValidateConstraint,
    quote,
)

_LIKE_OPTIONS = 9
"""How many there are: with all of them INCLUDING ALL was said."""


def create_table(made: CreateTable, pen: Pen) -> str:
    """Write a CREATE TABLE that does not take its rows from a query."""
    if made.query is not None:
        raise NotSpelled("CreateTable", "the text of its query is not kept")
    if made.foreign:
        raise NotSpelled("CreateTable", "the server of a foreign table is not kept")
    return spaced(
        "CREATE",
        "TEMPORARY" if made.temporary else "UNLOGGED" if made.unlogged else "",
        "TABLE",
        "IF NOT EXISTS" if made.if_not_exists else "",
        quote(made.table.name) if made.temporary else pen.name(made.table),
        _body(made, pen),
        _bound(made.partition_bound) if made.partition_of else "",
        f"INHERITS ({listed(map(pen.name, made.inherits))})" if made.inherits else "",
        _partitioned(made),
        f"USING {quote(made.access_method)}" if made.access_method else "",
        f"WITH {parameters(made.options)}" if made.options else "",
        f"TABLESPACE {quote(made.tablespace)}" if made.tablespace else "",
    )


def _body(made: CreateTable, pen: Pen) -> str:
    typed = made.partition_of is None and made.of_type is None
    parts = [
        *(column(each, pen, typed=typed) for each in made.columns),
        *(constraint(each, pen) for each in made.constraints),
        *(_like(pen.name(name), options) for name, options in made.like),
    ]
    of = f"PARTITION OF {pen.name(made.partition_of)}" if made.partition_of else ""
    of = f"OF {pen.name(made.of_type)}" if made.of_type else of
    return spaced(of, f"({listed(parts)})" if parts or typed else "")


def _like(name: str, options: frozenset[str]) -> str:
    words = ["all"] if len(options) == _LIKE_OPTIONS else sorted(options)
    return spaced(f"LIKE {name}", *(f"INCLUDING {word.upper()}" for word in words))


def _partitioned(made: CreateTable) -> str:
    if not made.partition_by:
        return ""
    own = {each.name for each in made.columns}
    keys = (quote(k) if k in own or is_word(k) else f"({k})" for k in made.partition_columns)
    return f"PARTITION BY {made.partition_by.upper()} ({listed(keys)})"


def _bound(bound: str) -> str:
    return bound if bound == "DEFAULT" else f"FOR VALUES {bound}"


def drop_table(made: DropTable, pen: Pen) -> str:
    """Write a DROP TABLE."""
    kind = "FOREIGN TABLE" if made.foreign else "TABLE"
    return dropped(kind, pen.name(made.table), made)


def dropped(kind: str, name: str, made: Any) -> str:
    """Write the DROP of an object."""
    return spaced(
        f"DROP {kind}",
        "IF EXISTS" if made.if_exists else "",
        name,
        "CASCADE" if getattr(made, "cascade", False) else "",
    )


def rename_table(made: RenameTable, pen: Pen) -> str:
    """Write the renaming of a table, view, index or sequence."""
    return f"{_alter(made, pen)} RENAME TO {quote(made.new_name)}"


def move_table(made: MoveTable, pen: Pen) -> str:
    """Write how a table, view or sequence goes to another schema."""
    return f"{_alter(made, pen)} SET SCHEMA {quote(made.new_schema)}"


def _alter(made: RenameTable | MoveTable, pen: Pen) -> str:
    exists = "IF EXISTS" if made.if_exists else ""
    return spaced("ALTER", made.keyword.upper(), exists, pen.name(made.table))


def rename_column(made: RenameColumn, pen: Pen) -> str:
    """Write the renaming of a column, which is a statement of its own."""
    return f"{altering(made, pen)} RENAME COLUMN {quote(made.column)} TO {quote(made.new_name)}"


def rename_constraint(made: RenameConstraint, pen: Pen) -> str:
    """Write the renaming of a constraint, which is a statement of its own."""
    return f"{altering(made, pen)} RENAME CONSTRAINT {quote(made.name)} TO {quote(made.new_name)}"


def altering(made: Any, pen: Pen) -> str:
    """Write the head of an ALTER TABLE."""
    exists = "IF EXISTS" if made.if_table_exists else ""
    return spaced("ALTER TABLE", exists, "ONLY" if made.only else "", pen.name(made.table))


def _add_column(made: AddColumn, pen: Pen) -> str:
    return spaced("ADD COLUMN", "IF NOT EXISTS" if made.if_not_exists else "", column(made.column, pen))


def _drop_column(made: DropColumn, _pen: Pen) -> str:
    return dropped("COLUMN", quote(made.column), made)


def _alter_type(made: AlterColumnType, pen: Pen) -> str:
    using = f"USING {text_of(made.using)}" if made.using is not None else ""
    return spaced(
        f"ALTER COLUMN {quote(made.column)} TYPE {pen.type(made.type)}", collated(made.collation), using
    )


def _set_default(made: SetDefault, _pen: Pen) -> str:
    return f"ALTER COLUMN {quote(made.column)} SET DEFAULT {text_of(made.default)}"


def _add_identity(made: AddIdentity, _pen: Pen) -> str:
    options = f"({spaced(*starmap(sequence_option, made.options))})" if made.options else ""
    generated = f"ADD GENERATED {made.identity.upper()} AS IDENTITY"
    return spaced(f"ALTER COLUMN {quote(made.column)}", generated, options)


def _set_identity(made: SetIdentity, _pen: Pen) -> str:
    if not made.identity or made.options:
        raise NotSpelled("SetIdentity", "the options of its sequence are not kept")
    return f"ALTER COLUMN {quote(made.column)} SET GENERATED {made.identity.upper()}"


def _set_expression(made: SetExpression, _pen: Pen) -> str:
    return f"ALTER COLUMN {quote(made.column)} SET EXPRESSION AS {enclosed(made.expression)}"


def _of_column(words: str) -> Callable[[Any, Pen], str]:
    def spell(made: Any, _pen: Pen) -> str:
        exists = "IF EXISTS" if getattr(made, "if_exists", False) else ""
        return spaced(f"ALTER COLUMN {quote(made.column)} {words}", exists)

    return spell


def _add_constraint(made: AddConstraint, pen: Pen) -> str:
    return f"ADD {constraint(made.constraint, pen)}"


def _validate(made: ValidateConstraint, _pen: Pen) -> str:
    return f"VALIDATE CONSTRAINT {quote(made.name)}"


def _drop_constraint(made: DropConstraint, _pen: Pen) -> str:
    return dropped("CONSTRAINT", quote(made.name), made)


def _alter_constraint(made: AlterConstraint, _pen: Pen) -> str:
    said = (
        {True: "DEFERRABLE", False: "NOT DEFERRABLE"}.get(made.deferrable, "")
        if made.deferrable is not None
        else ""
    )
    enforced = "" if made.enforced is None else "ENFORCED" if made.enforced else "NOT ENFORCED"
    return spaced(
        f"ALTER CONSTRAINT {quote(made.name)}",
        said,
        "INITIALLY DEFERRED" if made.initially_deferred else "",
        enforced,
    )


def _attach(made: AttachPartition, pen: Pen) -> str:
    return f"ATTACH PARTITION {pen.name(made.partition)} {_bound('DEFAULT' if made.default else made.bound)}"


def _detach(made: DetachPartition, pen: Pen) -> str:
    how = "CONCURRENTLY" if made.concurrently else "FINALIZE" if made.finalize else ""
    return spaced(f"DETACH PARTITION {pen.name(made.partition)}", how)


def _inheritance(made: AlterInheritance, pen: Pen) -> str:
    return f"{'INHERIT' if made.inherit else 'NO INHERIT'} {pen.name(made.parent)}"


ACTIONS: dict[type[Any], Callable[[Any, Pen], str]] = {
    AddColumn: _add_column,
    DropColumn: _drop_column,
    AlterColumnType: _alter_type,
    SetNotNull: _of_column("SET NOT NULL"),
    DropNotNull: _of_column("DROP NOT NULL"),
    SetDefault: _set_default,
    DropDefault: _of_column("DROP DEFAULT"),
    AddIdentity: _add_identity,
    DropIdentity: _of_column("DROP IDENTITY"),
    SetIdentity: _set_identity,
    SetExpression: _set_expression,
    DropExpression: _of_column("DROP EXPRESSION"),
    AddConstraint: _add_constraint,
    ValidateConstraint: _validate,
    DropConstraint: _drop_constraint,
    AlterConstraint: _alter_constraint,
    AttachPartition: _attach,
    DetachPartition: _detach,
    AlterInheritance: _inheritance,
}
"""What can stand behind ALTER TABLE, several of them in one statement."""
