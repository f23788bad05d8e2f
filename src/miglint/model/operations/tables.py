"""Tables: made, dropped, and changed by `ALTER TABLE`."""

from typing import NamedTuple, Protocol

from miglint.model.expression import Expression
from miglint.model.names import Name, quote
from miglint.model.operations.parts import (
    ColumnDefinition,
    ConstraintDefinition,
    Deed,
    Operation,
    PolicyDefinition,
    Query,
    Setting,
)
from miglint.model.source import Span
from miglint.model.types import Type


class CreateTable(NamedTuple):
    """`CREATE TABLE`, also AS, LIKE, INHERITS, PARTITION OF and PARTITION BY, and foreign tables.

    `made_by` is the text of a query whose columns are not all known.
    """

    span: Span
    table: Name
    columns: tuple[ColumnDefinition, ...] = ()
    constraints: tuple[ConstraintDefinition, ...] = ()
    if_not_exists: bool = False
    temporary: bool = False
    unlogged: bool = False
    foreign: bool = False
    like: tuple[tuple[Name, frozenset[str]], ...] = ()
    inherits: tuple[Name, ...] = ()
    of_type: Name | None = None
    partition_of: Name | None = None
    partition_default: bool = False
    partition_bound: str = ""
    partition_by: str = ""
    partition_columns: tuple[str, ...] = ()
    query: Query | None = None
    with_data: bool = True
    tablespace: str = ""
    access_method: str = ""
    options: tuple[tuple[str, str], ...] = ()
    made_by: str = ""

    @property
    def all_constraints(self) -> tuple[ConstraintDefinition, ...]:
        """The constraints of its columns, and its own."""
        return (*(c for column in self.columns for c in column.constraints), *self.constraints)


class DropTable(NamedTuple):
    span: Span
    table: Name
    if_exists: bool = False
    cascade: bool = False
    foreign: bool = False


class RenameTable(NamedTuple):
    """Rename a table, view, materialized view, sequence or index: they share one name space.

    `keyword` is the word of the statement (`table`, `view`, `index`, ...).
    """

    span: Span
    table: Name
    new_name: str
    keyword: str = "table"
    if_exists: bool = False

    @property
    def becomes(self) -> Name:
        """The name afterwards."""
        return Name(self.table.schema, self.new_name)


class MoveTable(NamedTuple):
    """`ALTER TABLE ... SET SCHEMA`, for every kind of relation."""

    span: Span
    table: Name
    new_schema: str
    keyword: str = "table"
    if_exists: bool = False

    @property
    def becomes(self) -> Name:
        """The name afterwards."""
        return Name(self.new_schema, self.table.name)


class TableOperation(Operation, Protocol):
    """One action of an `ALTER TABLE`; `if_table_exists` is that of `ALTER TABLE IF EXISTS`."""

    @property
    def table(self) -> Name:
        """The table it changes."""
        ...

    @property
    def only(self) -> bool:
        """Whether `ONLY` keeps it from the children."""
        ...

    @property
    def if_table_exists(self) -> bool:
        """Whether the statement does nothing where there is no such table."""
        ...


class AddColumn(NamedTuple):
    span: Span
    table: Name
    column: ColumnDefinition
    if_not_exists: bool = False
    only: bool = False
    if_table_exists: bool = False


class DropColumn(NamedTuple):
    span: Span
    table: Name
    column: str
    if_exists: bool = False
    cascade: bool = False
    only: bool = False
    if_table_exists: bool = False


class RenameColumn(NamedTuple):
    span: Span
    table: Name
    column: str
    new_name: str
    only: bool = False
    if_table_exists: bool = False


class AlterColumnType(NamedTuple):
    span: Span
    table: Name
    column: str
    type: Type
    using: Expression | None = None
    collation: str | None = None
    only: bool = False
    if_table_exists: bool = False

    @property
    def type_sql(self) -> str:
        """The new type as SQL, with its collation."""
        collation = f" COLLATE {'.'.join(map(quote, self.collation.split('.')))}" if self.collation else ""
        return f"{self.type}{collation}"


class SetNotNull(NamedTuple):
    span: Span
    table: Name
    column: str
    only: bool = False
    if_table_exists: bool = False


class DropNotNull(NamedTuple):
    span: Span
    table: Name
    column: str
    only: bool = False
    if_table_exists: bool = False


class SetDefault(NamedTuple):
    span: Span
    table: Name
    column: str
    default: Expression
    only: bool = False
    if_table_exists: bool = False


class DropDefault(NamedTuple):
    span: Span
    table: Name
    column: str
    only: bool = False
    if_table_exists: bool = False


class AddIdentity(NamedTuple):
    span: Span
    table: Name
    column: str
    identity: str
    only: bool = False
    options: tuple[tuple[str, str], ...] = ()
    if_table_exists: bool = False


class DropIdentity(NamedTuple):
    span: Span
    table: Name
    column: str
    only: bool = False
    if_exists: bool = False
    if_table_exists: bool = False


class SetIdentity(NamedTuple):
    """`ALTER COLUMN ... SET GENERATED ...` or `RESTART`; `identity` is "" when it stays."""

    span: Span
    table: Name
    column: str
    identity: str = ""
    only: bool = False
    options: tuple[tuple[str, str | None], ...] = ()
    if_table_exists: bool = False


class SetExpression(NamedTuple):
    """`ALTER COLUMN ... SET EXPRESSION AS (...)` of a generated column."""

    span: Span
    table: Name
    column: str
    expression: Expression
    only: bool = False
    if_table_exists: bool = False


class DropExpression(NamedTuple):
    span: Span
    table: Name
    column: str
    only: bool = False
    if_exists: bool = False
    if_table_exists: bool = False


class AddConstraint(NamedTuple):
    span: Span
    table: Name
    constraint: ConstraintDefinition
    only: bool = False
    if_table_exists: bool = False


class ValidateConstraint(NamedTuple):
    span: Span
    table: Name
    name: str
    only: bool = False
    if_table_exists: bool = False


class DropConstraint(NamedTuple):
    span: Span
    table: Name
    name: str
    if_exists: bool = False
    cascade: bool = False
    only: bool = False
    if_table_exists: bool = False


class AlterConstraint(NamedTuple):
    """`ALTER CONSTRAINT`; None is what stays as it is."""

    span: Span
    table: Name
    name: str
    only: bool = False
    deferrable: bool | None = None
    initially_deferred: bool = False
    enforced: bool | None = None
    if_table_exists: bool = False


class RenameConstraint(NamedTuple):
    span: Span
    table: Name
    name: str
    new_name: str
    only: bool = False
    if_table_exists: bool = False


class AttachPartition(NamedTuple):
    span: Span
    table: Name
    partition: Name
    default: bool = False
    only: bool = False
    bound: str = ""
    if_table_exists: bool = False


class DetachPartition(NamedTuple):
    span: Span
    table: Name
    partition: Name
    concurrently: bool = False
    finalize: bool = False
    only: bool = False
    if_table_exists: bool = False


class AlterInheritance(NamedTuple):
    """`INHERIT parent` and `NO INHERIT parent`."""

    span: Span
    table: Name
    parent: Name
    inherit: bool
    only: bool = False
    if_table_exists: bool = False


class TableCommand(NamedTuple):
    """An action on a table of which only its effects matter.

    `action` names the form: `set logged`, `set tablespace`, `enable trigger`, `set statistics`,
    `comment`, `create policy`, `enable row level security`, `cluster`, ...; `argument` is the name of the
    tablespace or the access method, "" for the default one, the new name of the policy that `part` names, or
    which triggers (all, user).
    """

    span: Span
    table: Name
    action: str
    only: bool = False
    argument: str = ""
    part: str = ""
    policy: PolicyDefinition | None = None
    sets: tuple[Setting, ...] = ()
    deeds: tuple[Deed, ...] = ()
    if_table_exists: bool = False
    if_exists: bool = False
