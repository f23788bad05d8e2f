"""Operations as SQL: what lowering takes out of a statement, put together again.

A statement that is written and lowered gives equal operations, and leaves the same in a database.
"""

from collections.abc import Callable
from typing import Any

from miglint.dialects.postgres.writing import objects, properties, session, tables
from miglint.dialects.postgres.writing.words import Pen
from miglint.dialects.sql.words import NotSpelled
from miglint.model import (
    AddEnumValue,
    AlterCompositeType,
    AlterDomain,
    AlterSequence,
    AttachIndex,
    Begin,
    Call,
    Commit,
    CreateCompositeType,
    CreateDomain,
    CreateEnum,
    CreateExtension,
    CreateFunction,
    CreateIndex,
    CreateOtherType,
    CreateSchema,
    CreateSequence,
    CreateTable,
    CreateTrigger,
    CreateView,
    Delete,
    DoBlock,
    DropExtension,
    DropFunction,
    DropIndex,
    DropSchema,
    DropSequence,
    DropTable,
    DropTrigger,
    DropType,
    DropView,
    Insert,
    LockTable,
    Maintenance,
    MoveTable,
    MoveType,
    Opaque,
    Operation,
    RaiseError,
    RefreshMaterializedView,
    Reindex,
    RenameColumn,
    RenameConstraint,
    RenameEnumValue,
    RenameFunction,
    RenameSchema,
    RenameTable,
    RenameTrigger,
    RenameType,
    Rollback,
    Savepoint,
    Select,
    ServerCommand,
    SetForTransaction,
    SetVariable,
    TableCommand,
    Truncate,
    Unparsed,
    Update,
)

__all__ = ["NOT_SPELLED", "SPELLED", "NotSpelled", "write"]

_Spelling = Callable[[Any, Pen], str]

_STATEMENTS: dict[type[Any], _Spelling] = {
    CreateTable: tables.create_table,
    DropTable: tables.drop_table,
    RenameTable: tables.rename_table,
    MoveTable: tables.move_table,
    RenameColumn: tables.rename_column,
    RenameConstraint: tables.rename_constraint,
    CreateIndex: objects.create_index,
    DropIndex: objects.drop_index,
    AttachIndex: objects.attach_index,
    Reindex: objects.reindex,
    CreateView: objects.create_view,
    DropView: objects.drop_view,
    RefreshMaterializedView: objects.refresh,
    CreateSequence: objects.create_sequence,
    AlterSequence: objects.alter_sequence,
    DropSequence: objects.drop_sequence,
    CreateEnum: objects.create_enum,
    AddEnumValue: objects.add_enum_value,
    RenameEnumValue: objects.rename_enum_value,
    CreateDomain: objects.create_domain,
    AlterDomain: objects.alter_domain,
    CreateCompositeType: objects.create_composite_type,
    CreateOtherType: objects.create_other_type,
    AlterCompositeType: objects.alter_composite_type,
    RenameType: objects.rename_type,
    MoveType: objects.move_type,
    DropType: objects.drop_type,
    CreateFunction: objects.create_function,
    DropFunction: objects.drop_function,
    RenameFunction: objects.rename_function,
    CreateTrigger: objects.create_trigger,
    DropTrigger: objects.drop_trigger,
    RenameTrigger: objects.rename_trigger,
    CreateSchema: objects.create_schema,
    DropSchema: objects.drop_schema,
    RenameSchema: objects.rename_schema,
    CreateExtension: objects.create_extension,
    DropExtension: objects.drop_extension,
    TableCommand: properties.table_command,
    Opaque: properties.opaque,
    SetVariable: session.set_variable,
    Begin: session.begin,
    Commit: session.commit,
    Rollback: session.rollback,
    Savepoint: session.savepoint,
    Maintenance: session.maintenance,
    Truncate: session.truncate,
    LockTable: session.lock_table,
}
SPELLED = frozenset({*_STATEMENTS, *tables.ACTIONS})
"""The kinds of operations that can be written, if they hold all that their statements say."""
NOT_SPELLED: dict[type[Any], str] = {
    Insert: "its rows are in the statement's text",
    Update: "its values and conditions are in the statement's text",
    Delete: "its conditions are in the statement's text",
    Select: "its query is in the statement's text",
    DoBlock: "its code is in the statement's text",
    RaiseError: "it stands in a body",
    Call: "its arguments are in the statement's text",
    ServerCommand: "what it asks of the server is not kept",
    SetForTransaction: "what it sets is not kept",
    Unparsed: "it was not understood",
}
"""The kinds that cannot, and why."""


def write(*operations: Operation, qualified: bool = False) -> str:
    """Write a statement, without a semicolon; several operations are the actions of one ALTER TABLE.

    Names stand without the default schema, or with it if `qualified`. Raises NotSpelled where an operation
    does not hold all that its statement said; what is written is never a guess.
    """
    pen = Pen(qualified)
    first = operations[0]
    if type(first) in tables.ACTIONS:
        heads = {tables.altering(each, pen) for each in operations if type(each) in tables.ACTIONS}
        if len(heads) != 1 or not all(type(each) in tables.ACTIONS for each in operations):
            raise NotSpelled(type(first).__name__, "one statement has the actions on one table")
        return f"{heads.pop()} {', '.join(tables.ACTIONS[type(each)](each, pen) for each in operations)}"
    if len(operations) > 1:
        raise NotSpelled(type(first).__name__, "it is a statement of its own")
    spelling = _STATEMENTS.get(type(first))
    if spelling is None:
        raise NotSpelled(type(first).__name__, NOT_SPELLED.get(type(first), "it is not known"))
    return spelling(first, pen)
