"""One change in a statement: `ALTER TABLE` with three actions is one statement and three operations.

Names are resolved and folded; expressions are text plus facts; every operation carries its own span.
A kind or a field is here because a rule, the replay or the effects need it.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from miglint.model.expression import Expression, Filter
from miglint.model.names import Name, quote
from miglint.model.source import Span
from miglint.model.types import Type


class Operation(Protocol):
    """What all operations have in common; each kind is a NamedTuple, the cheapest frozen value to define."""

    @property
    def span(self) -> Span:
        """Where the action itself stands."""
        ...


# --- definitions inside operations ---------------------------------------------------------------


class IndexElement(NamedTuple):
    """One key of an index: a column or an expression; `label` is its part in an automatic name."""

    column: str | None = None
    expression: Expression | None = None
    label: str = ""
    descending: bool = False
    operator_class: str = ""


class ConstraintDefinition(NamedTuple):
    """A constraint as written; `kind` is primary, unique, foreign, check, exclude or not null.

    `elements` are the keys of an exclusion constraint.
    """

    span: Span
    kind: str
    name: str | None = None
    columns: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    expression: Expression | None = None
    references: Name | None = None
    referenced_columns: tuple[str, ...] = ()
    on_delete: str = "no action"
    on_update: str = "no action"
    not_valid: bool = False
    deferrable: bool = False
    no_inherit: bool = False
    enforced: bool = True
    using_index: str | None = None
    nulls_not_distinct: bool = False
    method: str = "btree"
    elements: tuple[IndexElement, ...] = ()
    predicate: Expression | None = None


class ColumnDefinition(NamedTuple):
    """A column as written.

    `serial` is true for the serial pseudo-types (`type` is then the integer behind it);
    `identity` is "", "always" or "by default"; `generated` is "", "stored" or "virtual".
    """

    span: Span
    name: str
    type: Type
    not_null: bool = False
    default: Expression | None = None
    serial: bool = False
    identity: str = ""
    generated: str = ""
    generation: Expression | None = None
    collation: str | None = None
    constraints: tuple[ConstraintDefinition, ...] = ()

    @property
    def sql(self) -> str:
        """The column as SQL, without what makes its values (serial, identity, generation) and constraints."""
        default = f" DEFAULT {self.default.text}" if self.default is not None else ""
        collation = f" COLLATE {'.'.join(map(quote, self.collation.split('.')))}" if self.collation else ""
        return f"{quote(self.name)} {self.type}{collation}{default}{' NOT NULL' if self.not_null else ''}"


class OutputColumn(NamedTuple):
    """One column that a query gives: its name, and its type where the text tells."""

    name: str
    type: Type | None = None


class Query(NamedTuple):
    """What is known of a SELECT: the relations it reads, the functions it calls, what it gives.

    `limited` says that a LIMIT bounds its rows; `copies` are the columns out of which a statement makes
    the values that it writes into others.
    """

    reads: tuple[Name, ...] = ()
    columns_read: tuple[tuple[Name, str], ...] = ()
    functions: tuple[str, ...] = ()
    output: tuple[OutputColumn, ...] | None = None
    literal_rows: int | None = None
    locks_rows: bool = False
    limited: bool = False
    copies: tuple[tuple[Name, str], ...] = ()


# --- tables --------------------------------------------------------------------------------------


class CreateTable(NamedTuple):
    """`CREATE TABLE`, also AS, LIKE, INHERITS, PARTITION OF and PARTITION BY, and foreign tables."""

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
    partition_by: str = ""
    partition_columns: tuple[str, ...] = ()
    query: Query | None = None
    with_data: bool = True
    tablespace: str = ""
    access_method: str = ""


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


class MoveTable(NamedTuple):
    """`ALTER TABLE ... SET SCHEMA`, for every kind of relation."""

    span: Span
    table: Name
    new_schema: str
    keyword: str = "table"
    if_exists: bool = False


class TableOperation(Operation, Protocol):
    """One action of an `ALTER TABLE`."""

    @property
    def table(self) -> Name:
        """The table it changes."""
        ...

    @property
    def only(self) -> bool:
        """Whether `ONLY` keeps it from the children."""
        ...


class AddColumn(NamedTuple):
    """`ADD COLUMN`; `if_exists` says that the table itself may be missing."""

    span: Span
    table: Name
    column: ColumnDefinition
    if_not_exists: bool = False
    only: bool = False
    if_exists: bool = False


class DropColumn(NamedTuple):
    span: Span
    table: Name
    column: str
    if_exists: bool = False
    cascade: bool = False
    only: bool = False


class RenameColumn(NamedTuple):
    span: Span
    table: Name
    column: str
    new_name: str
    only: bool = False


class AlterColumnType(NamedTuple):
    span: Span
    table: Name
    column: str
    type: Type
    using: Expression | None = None
    collation: str | None = None
    only: bool = False

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


class DropNotNull(NamedTuple):
    span: Span
    table: Name
    column: str
    only: bool = False


class SetDefault(NamedTuple):
    span: Span
    table: Name
    column: str
    default: Expression
    only: bool = False


class DropDefault(NamedTuple):
    span: Span
    table: Name
    column: str
    only: bool = False


class AddIdentity(NamedTuple):
    span: Span
    table: Name
    column: str
    identity: str
    only: bool = False


class DropIdentity(NamedTuple):
    span: Span
    table: Name
    column: str
    only: bool = False


class SetIdentity(NamedTuple):
    """`ALTER COLUMN ... SET GENERATED ...` or `RESTART`; `identity` is "" when it stays."""

    span: Span
    table: Name
    column: str
    identity: str = ""
    only: bool = False


class SetExpression(NamedTuple):
    """`ALTER COLUMN ... SET EXPRESSION AS (...)` of a generated column."""

    span: Span
    table: Name
    column: str
    expression: Expression
    only: bool = False


class DropExpression(NamedTuple):
    span: Span
    table: Name
    column: str
    only: bool = False


class AddConstraint(NamedTuple):
    span: Span
    table: Name
    constraint: ConstraintDefinition
    only: bool = False


class ValidateConstraint(NamedTuple):
    span: Span
    table: Name
    name: str
    only: bool = False


class DropConstraint(NamedTuple):
    span: Span
    table: Name
    name: str
    if_exists: bool = False
    cascade: bool = False
    only: bool = False


class AlterConstraint(NamedTuple):
    span: Span
    table: Name
    name: str
    only: bool = False


class RenameConstraint(NamedTuple):
    span: Span
    table: Name
    name: str
    new_name: str
    only: bool = False


class AttachPartition(NamedTuple):
    span: Span
    table: Name
    partition: Name
    default: bool = False
    only: bool = False


class DetachPartition(NamedTuple):
    span: Span
    table: Name
    partition: Name
    concurrently: bool = False
    finalize: bool = False
    only: bool = False


class AlterInheritance(NamedTuple):
    """`INHERIT parent` and `NO INHERIT parent`."""

    span: Span
    table: Name
    parent: Name
    inherit: bool
    only: bool = False


class TableCommand(NamedTuple):
    """An action on a table of which only its effects matter.

    `action` names the form: `set logged`, `set tablespace`, `enable trigger`, `set statistics`,
    `comment`, `create policy`, `enable row level security`, `cluster`, ...; `argument` is the name of the
    tablespace or the access method, "" for the default one.
    """

    span: Span
    table: Name
    action: str
    only: bool = False
    argument: str = ""


# --- indexes -------------------------------------------------------------------------------------


class CreateIndex(NamedTuple):
    """`keyword` is where the word INDEX ends: the place for CONCURRENTLY."""

    span: Span
    name: str | None
    table: Name
    elements: tuple[IndexElement, ...]
    include: tuple[str, ...] = ()
    unique: bool = False
    method: str = "btree"
    predicate: Expression | None = None
    concurrently: bool = False
    if_not_exists: bool = False
    only: bool = False
    nulls_not_distinct: bool = False
    keyword: int | None = None


class DropIndex(NamedTuple):
    span: Span
    name: Name
    concurrently: bool = False
    if_exists: bool = False
    cascade: bool = False
    keyword: int | None = None


class AttachIndex(NamedTuple):
    """`ALTER INDEX parent ATTACH PARTITION child`."""

    span: Span
    name: Name
    partition: Name


class Reindex(NamedTuple):
    """`kind` is index, table, schema, database or system."""

    span: Span
    kind: str
    target: Name | None
    concurrently: bool = False


# --- views, sequences, types ---------------------------------------------------------------------


class CreateView(NamedTuple):
    span: Span
    view: Name
    query: Query
    materialized: bool = False
    if_not_exists: bool = False
    temporary: bool = False
    with_data: bool = True
    column_names: tuple[str, ...] = ()


class DropView(NamedTuple):
    span: Span
    view: Name
    materialized: bool = False
    if_exists: bool = False
    cascade: bool = False


class RefreshMaterializedView(NamedTuple):
    span: Span
    view: Name
    concurrently: bool = False
    with_data: bool = True


class CreateSequence(NamedTuple):
    span: Span
    sequence: Name
    owned_by: tuple[Name, str] | None = None
    if_not_exists: bool = False
    temporary: bool = False


class AlterSequence(NamedTuple):
    """`owned_by` is None when the ownership stays, () for OWNED BY NONE."""

    span: Span
    sequence: Name
    owned_by: tuple[Name, str] | tuple[()] | None = None
    if_exists: bool = False


class DropSequence(NamedTuple):
    span: Span
    sequence: Name
    if_exists: bool = False
    cascade: bool = False


class CreateEnum(NamedTuple):
    span: Span
    type: Name
    values: tuple[str, ...]


class CreateDomain(NamedTuple):
    span: Span
    domain: Name
    type: Type
    not_null: bool = False
    default: Expression | None = None
    checks: tuple[ConstraintDefinition, ...] = ()


class CreateCompositeType(NamedTuple):
    span: Span
    type: Name
    columns: tuple[ColumnDefinition, ...]


class CreateOtherType(NamedTuple):
    """A range, base or shell type."""

    span: Span
    type: Name
    kind: str


class AddEnumValue(NamedTuple):
    span: Span
    type: Name
    value: str
    before: str | None = None
    after: str | None = None
    if_not_exists: bool = False


class RenameEnumValue(NamedTuple):
    span: Span
    type: Name
    value: str
    new_value: str


class AlterDomain(NamedTuple):
    """`action` is set default, drop default, set not null, drop not null, add constraint, drop constraint,
    validate constraint.
    """

    span: Span
    domain: Name
    action: str
    constraint: ConstraintDefinition | None = None
    name: str | None = None
    default: Expression | None = None


class AlterCompositeType(NamedTuple):
    """One action on a composite type: add, drop or alter attribute."""

    span: Span
    type: Name
    action: str
    column: ColumnDefinition | None = None
    name: str | None = None
    cascade: bool = False


class RenameType(NamedTuple):
    span: Span
    type: Name
    new_name: str


class MoveType(NamedTuple):
    span: Span
    type: Name
    new_schema: str


class DropType(NamedTuple):
    span: Span
    type: Name
    if_exists: bool = False
    cascade: bool = False


# --- schemas, extensions, functions, triggers ----------------------------------------------------


class CreateSchema(NamedTuple):
    span: Span
    schema: str
    if_not_exists: bool = False


class DropSchema(NamedTuple):
    span: Span
    schema: str
    if_exists: bool = False
    cascade: bool = False


class RenameSchema(NamedTuple):
    span: Span
    schema: str
    new_name: str


class CreateExtension(NamedTuple):
    span: Span
    extension: str
    schema: str | None = None
    if_not_exists: bool = False


class DropExtension(NamedTuple):
    span: Span
    extension: str
    if_exists: bool = False
    cascade: bool = False


class CatalogTest(NamedTuple):
    """A question to the catalog: whether something is there, or `absent`.

    `kind` is relation, column, constraint, trigger, type, enum value, function, extension or schema;
    `table` holds a column, constraint or trigger, or is the type of an enum value; "" where it is not said.
    """

    kind: str
    name: str
    table: str = ""
    schema: str = ""
    absent: bool = False


class Decision(NamedTuple):
    """An IF or CASE of a PL/pgSQL body, or the handlers of a block.

    `ways` is the number of ways through it, the one of an ELSE that is not written among them;
    `tests` are what the first of them ask of the catalog, all of it to be true; None for other conditions.
    """

    number: int
    ways: int
    tests: tuple[tuple[CatalogTest, ...] | None, ...] = ()


class BlockStatement(NamedTuple):
    """One statement inside a PL/pgSQL body.

    `span` is where it stands in the source; `loop` says that a loop runs it, `branches` in which way of
    which decisions it stands, from the outside in; `dynamic` says that it came out of an EXECUTE.
    """

    operations: tuple[Operation, ...]
    span: Span
    loop: bool = False
    branches: tuple[tuple[Decision, int], ...] = ()
    dynamic: bool = False

    @property
    def conditional(self) -> bool:
        """Whether it may not run."""
        return bool(self.branches)


class CreateFunction(NamedTuple):
    """A function or procedure. `volatility` is immutable, stable or volatile."""

    span: Span
    function: Name
    arguments: tuple[str, ...] = ()
    procedure: bool = False
    language: str = "sql"
    volatility: str = "volatile"
    returns: str = ""
    body: tuple[BlockStatement, ...] = ()


class DropFunction(NamedTuple):
    """`arguments` is None when the statement gives none."""

    span: Span
    function: Name
    arguments: tuple[str, ...] | None = None
    if_exists: bool = False
    cascade: bool = False


class RenameFunction(NamedTuple):
    """Rename a function or move it to another schema."""

    span: Span
    function: Name
    new_name: Name


class CreateTrigger(NamedTuple):
    span: Span
    trigger: str
    table: Name
    function: Name | None = None
    constraint: bool = False
    events: tuple[str, ...] = ()
    row: bool = False
    from_table: Name | None = None


class DropTrigger(NamedTuple):
    span: Span
    trigger: str
    table: Name
    if_exists: bool = False


class RenameTrigger(NamedTuple):
    span: Span
    trigger: str
    table: Name
    new_name: str


# --- data ----------------------------------------------------------------------------------------


class Update(NamedTuple):
    """`columns` are the assigned ones, `constants` the text of those values that are literals.

    `reads_itself`: a value comes from a query of the updated table, so that it depends on other rows.
    `cumulative`: a value is made of one that is assigned, so that a second run changes the rows once more.
    """

    span: Span
    table: Name
    columns: tuple[str, ...]
    filter: Filter
    query: Query
    nulls_assigned: tuple[str, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()
    reads_itself: bool = False
    cumulative: bool = False


class Delete(NamedTuple):
    span: Span
    table: Name
    filter: Filter
    query: Query


class Insert(NamedTuple):
    """`INSERT`, `MERGE` and `COPY ... FROM`; `rows` is the number of literal rows, None for a query.

    `updates` says that it changes rows that are there: ON CONFLICT DO UPDATE, or MERGE.
    """

    span: Span
    table: Name
    columns: tuple[str, ...] = ()
    rows: int | None = None
    query: Query = Query()
    keyword: str = "insert"
    updates: bool = False


class Select(NamedTuple):
    """`SELECT`; `searches` are the tables that it goes through, with the conditions on their rows."""

    span: Span
    query: Query
    searches: tuple[tuple[Name, Filter], ...] = ()


class Truncate(NamedTuple):
    span: Span
    tables: tuple[Name, ...]
    cascade: bool = False


class LockTable(NamedTuple):
    """`mode` is the lock mode in the manual's words, lower case."""

    span: Span
    tables: tuple[Name, ...]
    mode: str


# --- session and transactions --------------------------------------------------------------------


class SetVariable(NamedTuple):
    """`SET`, `RESET`, `set_config()`; `value` is None for a reset, and `name` is "all" for RESET ALL."""

    span: Span
    name: str
    value: str | None
    local: bool = False


class SetForTransaction(NamedTuple):
    """What holds until the transaction ends: `command` is SET CONSTRAINTS or SET TRANSACTION."""

    span: Span
    command: str


class Begin(NamedTuple):
    span: Span


class Commit(NamedTuple):
    """`COMMIT` and `END`; `chain` says that the next transaction begins at once (AND CHAIN)."""

    span: Span
    chain: bool = False


class Rollback(NamedTuple):
    """`ROLLBACK` and `ABORT`."""

    span: Span
    chain: bool = False


class Savepoint(NamedTuple):
    """A part of a transaction: `action` is savepoint, release or rollback_to.

    Also prepare, commit_prepared and rollback_prepared, of two-phase commit.
    """

    span: Span
    action: str
    name: str = ""


class DoBlock(NamedTuple):
    """An anonymous block; `parsed` is false when its language is not PL/pgSQL or its body does not parse."""

    span: Span
    body: tuple[BlockStatement, ...] = ()
    parsed: bool = True
    reason: str = ""


class Call(NamedTuple):
    """`CALL procedure(...)`."""

    span: Span
    procedure: Name


class Maintenance(NamedTuple):
    """`VACUUM`, `ANALYZE`, `CLUSTER`; `full` for VACUUM FULL."""

    span: Span
    command: str
    tables: tuple[Name, ...] = ()
    full: bool = False


class ServerCommand(NamedTuple):
    """A command on the server that refuses to run in a transaction: CREATE DATABASE, ALTER SYSTEM, ..."""

    span: Span
    command: str


class Opaque(NamedTuple):
    """Parsed, and nothing needs its shape; `kind` is the parser's name of the statement."""

    span: Span
    kind: str


class Unparsed(NamedTuple):
    """The parser refused it; `reason` in its words. `at` is where it stopped, if it told.

    `refused` is false for what the server may well accept, and what only cannot be analysed here;
    `lost`: it should have been a part of some statement, and is of none;
    `creates` are the tables that it seems to make.
    """

    span: Span
    reason: str
    at: int | None = None
    refused: bool = True
    lost: bool = False
    creates: tuple[Name, ...] = ()


_NO_TRACE = ("comment", "set", "explain", "discard", "VariableShowStmt")


def leaves_no_trace(operation: Operation) -> bool:
    """Tell whether there is nothing to undo after an operation: it only comments, sets or selects."""
    if isinstance(operation, Opaque):
        return operation.kind in _NO_TRACE
    if isinstance(operation, TableCommand):
        return operation.action.startswith("comment")
    if isinstance(operation, DoBlock):
        return operation.parsed and all(map(leaves_no_trace, _inner(operation)))
    return isinstance(
        operation, (Begin, Commit, Rollback, Maintenance, Select, SetForTransaction, SetVariable)
    )


def repairs_rows(operation: Operation) -> bool:
    """Tell whether an operation leaves no more than other values in rows, or rows made out of others.

    What the rows were before stands nowhere, so that no SQL brings it back.
    """
    if isinstance(operation, DoBlock):
        return operation.parsed and all(map(_repairs_or_no_trace, _inner(operation)))
    if isinstance(operation, Insert):
        return operation.rows is None and operation.keyword != "copy"
    return isinstance(operation, (Update, Delete))


def _repairs_or_no_trace(operation: Operation) -> bool:
    return leaves_no_trace(operation) or repairs_rows(operation)


def _inner(block: DoBlock) -> Iterator[Operation]:
    return (operation for statement in block.body for operation in statement.operations)
