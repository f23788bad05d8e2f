"""Which statements made what stands at the end of a history: its tables, columns, constraints, indexes."""

from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from miglint.model import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    Column,
    ColumnDefinition,
    Confidence,
    Constraint,
    ConstraintDefinition,
    CreateDomain,
    CreateEnum,
    CreateFunction,
    CreateIndex,
    CreateTable,
    CreateView,
    DoBlock,
    DropColumn,
    DropIndex,
    DropTable,
    Finding,
    Index,
    Listed,
    MoveTable,
    MoveType,
    Name,
    Operation,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    RenameType,
    Schema,
    Severity,
    Span,
    Step,
    Table,
    TableCommand,
)

T = TypeVar("T")


class Origin(Generic[T]):
    """Where something was made: the statement, the place in it, and what is written there."""

    __slots__ = ("span", "step", "written")

    def __init__(self, step: Step, span: Span, written: T) -> None:
        self.step = step
        self.span = span
        self.written = written

    def finding(
        self,
        message: str,
        *,
        help: str = "",
        tables: tuple[Name, ...] = (),
        listed: Listed | None = None,
        severity: Severity | None = None,
        confidence: Confidence | None = None,
    ) -> Finding:
        """Report something about it."""
        return Finding(
            self.span,
            message,
            help=help,
            tables=tables,
            listed=listed,
            severity=severity,
            confidence=confidence,
            source=self.step.statement.source,
        )


class MadeColumn(NamedTuple):
    """A column as it is at the end, and the statement that gave it its type."""

    table: Table
    column: Column
    origin: Origin[ColumnDefinition | AlterColumnType]

    @property
    def display(self) -> str:
        """Its name as a person writes it, with that of its table."""
        return f"{self.table.name.display}.{self.column.name}"

    @property
    def is_serial(self) -> bool:
        """Whether it was written as serial, bigserial or smallserial."""
        written = self.origin.written
        return isinstance(written, ColumnDefinition) and written.serial

    def finding(self, one: str, several: str, *, help: str = "", severity: Severity | None = None) -> Finding:
        """Report what is to be said of it, in the words for one column and for several of its table."""
        return self.origin.finding(
            f"{self.display} {one}",
            help=help,
            tables=(self.table.name,),
            listed=Listed(f"{self.table.name.display}.", self.column.name, f" {several}"),
            severity=severity,
        )


class MadeConstraint(NamedTuple):
    """A constraint as it is at the end, and where it was made."""

    table: Table
    constraint: Constraint
    origin: Origin[ConstraintDefinition]


class MadeIndex(NamedTuple):
    """An index as it is at the end, and where it, or the constraint that owns it, was made."""

    made: Index
    origin: Origin[CreateIndex] | Origin[ConstraintDefinition]


class _Called:
    """The name of a column, a constraint or an index, which all that knows it sees change."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def _renamed(names: dict[str, _Called], old: str, new: str) -> None:
    called = names.pop(old, None)
    if called is not None:
        called.name = new
        names[new] = called


class _Parts:
    """A table while its statements are gone through; after them, its parts are found by what they are."""

    __slots__ = (
        "called", "columns", "constraint_names", "constraints", "indexes", "keys", "made", "named",
        "policies", "unnamed", "with_keys",
    )  # fmt: skip

    def __init__(self, made: Origin[CreateTable] | None = None) -> None:
        self.made = made
        self.called: dict[str, _Called] = {}
        self.columns: dict[str, Origin[ColumnDefinition | AlterColumnType]] = {}
        self.constraint_names: dict[str, _Called] = {}
        self.constraints: list[tuple[Origin[ConstraintDefinition], _Called | None, list[_Called]]] = []
        self.indexes: list[tuple[Origin[CreateIndex], _Called | None]] = []
        self.policies: dict[str, Origin[TableCommand]] = {}
        self.named: dict[tuple[str, str], Origin[ConstraintDefinition]] = {}
        self.unnamed: dict[tuple[str, tuple[str, ...]], Origin[ConstraintDefinition]] = {}
        self.keys: dict[tuple[str, ...], Origin[ConstraintDefinition]] = {}
        self.with_keys: dict[str | tuple[str, ...], Origin[CreateIndex]] = {}

    def column(self, name: str) -> _Called:
        """Give the name of a column, to be seen changing."""
        return self.called.setdefault(name, _Called(name))

    def add(self, origin: Origin[ConstraintDefinition]) -> None:
        """Take a constraint."""
        written = origin.written
        called = None
        if written.name is not None:
            called = self.constraint_names[written.name] = _Called(written.name)
        self.constraints.append((origin, called, [self.column(name) for name in written.columns]))

    def close(self) -> None:
        """Note by what names and columns the parts are known at the end."""
        for made, called in self.indexes:
            elements = made.written.elements
            texts = (e.column or (e.expression.text if e.expression else "") for e in elements)
            self.with_keys[called.name if called else tuple(texts)] = made
        for origin, called, columns in self.constraints:
            kind, names = origin.written.kind, tuple(column.name for column in columns)
            if called is not None:
                self.named[kind, called.name] = origin
            else:
                self.unnamed[kind, names] = origin
            if kind in ("primary", "unique", "exclude"):
                self.keys[names] = origin


class Origins:
    """The origins of all that statements have made, by the names that it has at the end.

    `steps` come in the order in which they run. What a branch or a loop of a block makes counts as well.
    """

    def __init__(self, steps: Iterable[Step]) -> None:
        self._tables: dict[Name, _Parts] = {}
        self._types: dict[Name, Origin[CreateEnum | CreateDomain]] = {}
        self._views: dict[Name, Origin[CreateView]] = {}
        self._functions: dict[tuple[Name, tuple[str, ...]], Origin[CreateFunction]] = {}
        self._index_names: dict[str, _Called] = {}
        for step in steps:
            for operation in _flat(step.statement.operations):
                self._take(operation, step)
        for parts in self._tables.values():
            parts.close()

    def table(self, name: Name) -> Origin[CreateTable] | None:
        """Give where a table was made."""
        parts = self._tables.get(name)
        return parts.made if parts else None

    def type(self, name: Name) -> Origin[CreateEnum | CreateDomain] | None:
        """Give where an enum or a domain was made."""
        return self._types.get(name)

    def view(self, name: Name) -> Origin[CreateView] | None:
        """Give where a view was made, or last replaced."""
        return self._views.get(name)

    def function(self, name: Name, arguments: tuple[str, ...]) -> Origin[CreateFunction] | None:
        """Give where a function was made, or last replaced."""
        return self._functions.get((name, arguments))

    def policy(self, table: Name, name: str) -> Origin[TableCommand] | None:
        """Give where a policy was made."""
        parts = self._tables.get(table)
        return parts.policies.get(name) if parts else None

    def column(self, table: Name, name: str) -> "Origin[ColumnDefinition | AlterColumnType] | None":
        """Give where a column got its type."""
        parts = self._tables.get(table)
        return parts.columns.get(name) if parts else None

    def columns(self, schema: Schema) -> Iterator[MadeColumn]:
        """Give the columns of tables of this database whose types stand in the migrations."""
        for table, parts in self._parts(schema):
            for column in table.columns:
                origin = parts.columns.get(column.name)
                if origin is not None:
                    yield MadeColumn(table, column, origin)

    def constraints(self, schema: Schema) -> Iterator[MadeConstraint]:
        """Give the constraints whose making stands in the migrations; what a partition inherits is not."""
        for table, parts in self._parts(schema):
            for constraint in table.constraints:
                origin = None if constraint.inherited else _origin_of(constraint, parts)
                if origin is not None:
                    yield MadeConstraint(table, constraint, origin)

    def index(self, index: Index) -> MadeIndex | None:
        """Give where an index was made, or the constraint that owns it."""
        parts = self._tables.get(index.table)
        if parts is None:
            return None
        made = parts.with_keys.get(index.name.name) or parts.with_keys.get(index.elements)
        if made is not None:
            return MadeIndex(index, made)
        key = parts.keys.get(index.elements)
        return MadeIndex(index, key) if key is not None else None

    def _parts(self, schema: Schema) -> Iterator[tuple[Table, _Parts]]:
        for name, parts in self._tables.items():
            table = schema.table(name)
            if table is not None and not (table.temporary or table.foreign):
                yield table, parts

    def _of(self, table: Name) -> _Parts:
        return self._tables.setdefault(table, _Parts())

    def _take(self, operation: Operation, step: Step) -> None:
        if isinstance(operation, CreateTable):
            if not (operation.if_not_exists and operation.table in self._tables):
                self._tables[operation.table] = _made(operation, step)
        elif isinstance(operation, AddColumn):
            self._add_column(operation, step)
        elif isinstance(operation, AlterColumnType):
            columns = self._of(operation.table).columns
            columns[operation.column] = Origin(step, operation.span, operation)
        elif isinstance(operation, DropColumn):
            self._of(operation.table).columns.pop(operation.column, None)
        elif isinstance(operation, DropTable):
            self._tables.pop(operation.table, None)
        elif isinstance(operation, DropIndex):
            self._index_names.pop(operation.name.name, None)
        elif isinstance(operation, AddConstraint):
            added = Origin(step, operation.span, operation.constraint)
            self._of(operation.table).add(added)
        elif isinstance(operation, CreateIndex):
            self._add_index(operation, step)
        elif isinstance(operation, (RenameColumn, RenameConstraint, RenameTable, MoveTable)):
            self._rename(operation)
        elif isinstance(operation, TableCommand) and operation.action == "create policy" and operation.policy:
            policies = self._of(operation.table).policies
            policies[operation.policy.name] = Origin(step, operation.span, operation)
        elif isinstance(operation, (CreateEnum, CreateDomain)):
            made = operation.type if isinstance(operation, CreateEnum) else operation.domain
            self._types[made] = Origin(step, operation.span, operation)
        elif isinstance(operation, (RenameType, MoveType)):
            self._rename_type(operation)
        elif isinstance(operation, CreateView):
            self._views[operation.view] = Origin(step, operation.span, operation)
        elif isinstance(operation, CreateFunction):
            called = (operation.function, operation.arguments)
            self._functions[called] = Origin(step, operation.span, operation)

    def _add_column(self, add: AddColumn, step: Step) -> None:
        parts, column = self._of(add.table), add.column
        if not (add.if_not_exists and column.name in parts.columns):
            parts.columns[column.name] = Origin(step, add.span, column)
            for each in column.constraints:
                parts.add(Origin(step, add.span, each))

    def _add_index(self, create: CreateIndex, step: Step) -> None:
        if create.if_not_exists and create.name in self._index_names:
            return
        called = None
        if create.name is not None:
            called = self._index_names[create.name] = _Called(create.name)
        self._of(create.table).indexes.append((Origin(step, create.span, create), called))

    def _rename(self, rename: RenameColumn | RenameConstraint | RenameTable | MoveTable) -> None:
        if isinstance(rename, RenameColumn):
            parts = self._of(rename.table)
            if rename.column in parts.columns:
                parts.columns[rename.new_name] = parts.columns.pop(rename.column)
            _renamed(parts.called, rename.column, rename.new_name)
        elif isinstance(rename, RenameConstraint):
            _renamed(self._of(rename.table).constraint_names, rename.name, rename.new_name)
        elif rename.table in self._tables:
            self._tables[rename.becomes] = self._tables.pop(rename.table)
        elif rename.table in self._views:
            self._views[rename.becomes] = self._views.pop(rename.table)
        elif isinstance(rename, RenameTable):
            _renamed(self._index_names, rename.table.name, rename.new_name)

    def _rename_type(self, rename: RenameType | MoveType) -> None:
        made = self._types.pop(rename.type, None)
        if made is not None:
            old = rename.type
            if isinstance(rename, MoveType):
                new = Name(rename.new_schema, old.name)
            else:
                new = Name(old.schema, rename.new_name)
            self._types[new] = made


def _flat(operations: Iterable[Operation]) -> Iterator[Operation]:
    for operation in operations:
        yield operation
        if isinstance(operation, DoBlock):
            for inner in operation.body:
                yield from _flat(inner.operations)


def _made(create: CreateTable, step: Step) -> _Parts:
    parts = _Parts(Origin(step, create.span, create))
    parts.columns = {c.name: Origin(step, c.span or create.span, c) for c in create.columns}
    for each in create.all_constraints:
        parts.add(Origin(step, each.span, each))
    return parts


def _origin_of(constraint: Constraint, parts: _Parts) -> Origin[ConstraintDefinition] | None:
    named = parts.named.get((constraint.kind, constraint.name))
    return named or parts.unnamed.get((constraint.kind, constraint.columns))
