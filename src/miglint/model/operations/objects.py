"""Views, sequences, types, schemas and extensions."""

from typing import NamedTuple

from miglint.model.expression import Expression
from miglint.model.names import Name
from miglint.model.operations.parts import ColumnDefinition, ConstraintDefinition, Query
from miglint.model.source import Span
from miglint.model.types import Type


class CreateView(NamedTuple):
    """`CREATE VIEW`, with `replace` also in place of one; `definition` is its text."""

    span: Span
    view: Name
    query: Query
    materialized: bool = False
    if_not_exists: bool = False
    temporary: bool = False
    with_data: bool = True
    column_names: tuple[str, ...] = ()
    definition: str = ""
    options: tuple[tuple[str, str], ...] = ()
    replace: bool = False


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
    options: tuple[tuple[str, str], ...] = ()


class AlterSequence(NamedTuple):
    """`owned_by` is None when the ownership stays, () for OWNED BY NONE."""

    span: Span
    sequence: Name
    owned_by: tuple[Name, str] | tuple[()] | None = None
    if_exists: bool = False
    options: tuple[tuple[str, str | None], ...] = ()


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
    collation: str = ""


class CreateCompositeType(NamedTuple):
    span: Span
    type: Name
    columns: tuple[ColumnDefinition, ...]


class CreateOtherType(NamedTuple):
    """A range, base or shell type; `definition` is its text."""

    span: Span
    type: Name
    kind: str
    definition: str = ""


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
    validate constraint or rename constraint, to `new_name`.
    """

    span: Span
    domain: Name
    action: str
    constraint: ConstraintDefinition | None = None
    name: str | None = None
    default: Expression | None = None
    new_name: str = ""


class AlterCompositeType(NamedTuple):
    """One action on a composite type: add, drop, alter or rename attribute, to `new_name`."""

    span: Span
    type: Name
    action: str
    column: ColumnDefinition | None = None
    name: str | None = None
    cascade: bool = False
    new_name: str = ""


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


class CreateSchema(NamedTuple):
    span: Span
    schema: str
    if_not_exists: bool = False
    owner: str = ""


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
