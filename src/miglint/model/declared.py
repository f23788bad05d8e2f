"""What a project declares its database to be, in the database's own names, and how the two differ."""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from miglint.model.finding import Finding
from miglint.model.names import Name
from miglint.model.remedy import RemedyStep
from miglint.model.source import Source, Span
from miglint.model.types import Type


class DefaultKind(str, Enum):
    """What kind of default a column has, as far as a comparison can tell kinds apart."""

    NONE = "none"
    ANY = "any"
    """The declaration leaves it to the database."""
    VALUE = "value"
    """One constant."""
    LIST = "list"
    """An array of constants."""
    NOW = "now"
    """The moment of the insert."""
    SEQUENCE = "sequence"
    """The next value of a sequence, or of an identity column."""
    EXPRESSION = "expression"
    """Any other SQL."""


class Default(NamedTuple):
    """A column's default.

    `text` is the constant itself, without quotes (`it's`, `42`, `true`), or the SQL of an expression;
    `items` are the constants of a list; `written` is the default as its author wrote it.
    """

    kind: DefaultKind = DefaultKind.NONE
    text: str = ""
    items: tuple[str, ...] = ()
    written: str = ""


class DeclaredColumn(NamedTuple):
    """A column; `label` names the declaration as its author knows it (`field email of model User`).

    `type` is SQL text where the declaration only passes it on, and None where it could not be read.
    """

    name: str
    type: Type | str | None
    nullable: bool
    default: Default
    label: str
    span: Span


class DeclaredKey(NamedTuple):
    """A primary key.

    `or_unique`: a unique index on the columns does as well. Older versions of the tool made that.
    """

    name: str
    columns: tuple[str, ...]
    span: Span
    or_unique: bool = False


class DeclaredIndex(NamedTuple):
    """An index or unique constraint on plain columns; `partial` when it has a predicate.

    `descending` are the columns in DESC order, `operator_classes` those for which a class is declared.
    """

    name: str
    columns: tuple[str, ...]
    span: Span
    unique: bool = False
    method: str = "btree"
    partial: bool = False
    descending: tuple[str, ...] = ()
    operator_classes: tuple[tuple[str, str], ...] = ()


class DeclaredForeignKey(NamedTuple):
    """A foreign key; the actions are spelled as in `Constraint`."""

    name: str
    columns: tuple[str, ...]
    references: Name
    referenced_columns: tuple[str, ...]
    on_delete: str
    on_update: str
    span: Span


class DeclaredTable(NamedTuple):
    """A table; `label` names the declaration as its author knows it (`model User`).

    `complete` is false when a part of it could not be read: what is missing here may be declared after all.
    `named_by_tool`: the names of the foreign keys are the tool's own affair and are not compared.
    """

    name: Name
    columns: tuple[DeclaredColumn, ...]
    label: str
    source: Source
    span: Span
    primary_key: DeclaredKey | None = None
    indexes: tuple[DeclaredIndex, ...] = ()
    foreign_keys: tuple[DeclaredForeignKey, ...] = ()
    complete: bool = True
    named_by_tool: bool = False

    def column(self, name: str) -> DeclaredColumn | None:
        """Give the column of that name."""
        return next((c for c in self.columns if c.name == name), None)


class DeclaredValue(NamedTuple):
    """One value of an enum."""

    name: str
    span: Span


class DeclaredEnum(NamedTuple):
    """An enum type; `complete` as for a table."""

    name: Name
    values: tuple[DeclaredValue, ...]
    label: str
    source: Source
    span: Span
    complete: bool = True


class Unread(NamedTuple):
    """A place in a schema file that could not be read."""

    source: Source
    span: Span
    reason: str


class Declared(NamedTuple):
    """All that a project declares about one database.

    `source` is its first file and `span` the first line there: the place of what no declaration is near to.
    `command` is what brings the database in line with the declaration (`prisma migrate dev`).
    `schemas` are the database schemas that it looks at; what lies in others is not compared.
    `ignored` are names of tables and enums, in lower case, that it neither makes nor drops.
    `partial_indexes`: whether it takes notice of indexes with a predicate.
    `complete` is false when a declaration is missing or could not be read.
    """

    source: Source
    span: Span
    command: str
    tables: tuple[DeclaredTable, ...] = ()
    enums: tuple[DeclaredEnum, ...] = ()
    schemas: tuple[str, ...] = ("public",)
    extensions: tuple[str, ...] = ()
    ignored: frozenset[str] = frozenset()
    partial_indexes: bool = False
    complete: bool = True
    unread: tuple[Unread, ...] = ()


class DriftKind(str, Enum):
    """In what the declaration and the database differ.

    `missing`: declared, and not there. `undeclared`: there, and not declared. `different`: not as declared.
    """

    MISSING_SCHEMA = "missing schema"
    MISSING_EXTENSION = "missing extension"
    MISSING_TABLE = "missing table"
    MISSING_COLUMN = "missing column"
    MISSING_ENUM = "missing enum"
    MISSING_ENUM_VALUE = "missing enum value"
    MISSING_PRIMARY_KEY = "missing primary key"
    MISSING_INDEX = "missing index"
    MISSING_FOREIGN_KEY = "missing foreign key"
    UNDECLARED_TABLE = "undeclared table"
    UNDECLARED_COLUMN = "undeclared column"
    UNDECLARED_ENUM = "undeclared enum"
    UNDECLARED_ENUM_VALUE = "undeclared enum value"
    UNDECLARED_PRIMARY_KEY = "undeclared primary key"
    UNDECLARED_INDEX = "undeclared index"
    UNDECLARED_FOREIGN_KEY = "undeclared foreign key"
    DIFFERENT_TYPE = "different type"
    DIFFERENT_NULLABILITY = "different nullability"
    DIFFERENT_DEFAULT = "different default"
    DIFFERENT_PRIMARY_KEY = "different primary key"
    DIFFERENT_INDEX = "different index"
    DIFFERENT_FOREIGN_KEY = "different foreign key"
    DIFFERENT_NAME = "different name"


class Drift(NamedTuple):
    """One thing in which the declaration and the database after the last migration differ.

    `message` is one line without a full stop that says what either side has; `steps` are what `command` would
    do next, `agree` says what to do about it. `object` is the name of the column, index, constraint, value or
    type.
    `cause` is the same for differences that one thing has caused.
    """

    kind: DriftKind
    message: str
    steps: tuple[RemedyStep, ...]
    command: str
    agree: str
    source: Source
    span: Span
    table: Name | None
    object: str
    cause: str = ""

    def help(self, shown: Callable[[RemedyStep], str]) -> str:
        """Say what would happen, and how to agree; `shown` writes a step."""
        return f"The next `{self.command}` would write:\n  {' '.join(map(shown, self.steps))}\n{self.agree}"

    def finding(self, shown: Callable[[RemedyStep], str]) -> Finding:
        """Give what a rule reports of it; `shown` writes a step."""
        tables = (self.table,) if self.table else ()
        help_text = self.help(shown)
        return Finding(
            self.span, self.message, help=help_text, source=self.source, tables=tables, cause=self.cause
        )
