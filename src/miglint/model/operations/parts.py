"""What operations have in common, and the definitions inside them."""

from typing import Literal, NamedTuple, Protocol

from miglint.model.expression import Expression
from miglint.model.names import Name, quote
from miglint.model.source import Span
from miglint.model.types import Type


class Operation(Protocol):
    """What all operations have in common; each kind is a NamedTuple, the cheapest frozen value to define."""

    @property
    def span(self) -> Span:
        """Where the action itself stands."""
        ...


class IndexElement(NamedTuple):
    """One key of an index: a column or an expression; `label` is its part in an automatic name.

    `nulls` is first or last where that is not the default of its order; `operator` is that of an exclusion.
    """

    column: str | None = None
    expression: Expression | None = None
    label: str = ""
    descending: bool = False
    operator_class: str = ""
    nulls: str = ""
    collation: str = ""
    operator: str = ""


ConstraintKind = Literal["primary", "unique", "foreign", "check", "exclude", "not null"]


class ConstraintDefinition(NamedTuple):
    """A constraint as written.

    `elements` are the keys of an exclusion constraint; `set_columns` are those that ON
    DELETE sets, if not all; `options` are those of the index behind it.
    """

    span: Span
    kind: ConstraintKind
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
    initially_deferred: bool = False
    match: str = "simple"
    set_columns: tuple[str, ...] = ()
    no_inherit: bool = False
    enforced: bool = True
    using_index: str | None = None
    nulls_not_distinct: bool = False
    method: str = "btree"
    elements: tuple[IndexElement, ...] = ()
    predicate: Expression | None = None
    options: tuple[tuple[str, str], ...] = ()


class ColumnDefinition(NamedTuple):
    """A column as written.

    `serial` is true for the serial pseudo-types (`type` is then the integer behind it);
    `identity` is "", "always" or "by default"; `generated` is "", "stored" or "virtual";
    `properties` is what else is set on it, `sequence` what is set on the sequence of its identity;
    `span` is where it stands, None where nothing wrote it.
    """

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
    properties: tuple[tuple[str, str], ...] = ()
    sequence: tuple[tuple[str, str], ...] = ()
    span: Span | None = None

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


class Sought(NamedTuple):
    """A column that a query names, and the relations of which one has to have it."""

    column: str
    among: tuple[Name, ...]


class Query(NamedTuple):
    """What is known of a SELECT: the relations it reads, the functions it calls, what it gives.

    `limited`: a LIMIT, or a key, bounds its rows; `whole`: it gives a row for each of its only table;
    `copies` are the columns out of which a statement makes the values that it writes into others; `sought`
    are those that no relation had when the text was read; `casts` are types as in an expression.
    """

    reads: tuple[Name, ...] = ()
    columns_read: tuple[tuple[Name, str], ...] = ()
    functions: tuple[str, ...] = ()
    output: tuple[OutputColumn, ...] | None = None
    literal_rows: int | None = None
    locks_rows: bool = False
    limited: bool = False
    whole: bool = False
    copies: tuple[tuple[Name, str], ...] = ()
    sought: tuple[Sought, ...] = ()
    casts: tuple[str, ...] = ()


class Setting(NamedTuple):
    """One thing that a statement sets on an object, or takes back: then `value` is None.

    It is set on a relation, type or function, on a `part` of one: a column, constraint, trigger or policy,
    or on an `other` object, whose kind and name `object` has then. The key `HISTORY` gathers what nothing
    looks into. `arguments` are a function's, None where the statement names none; `word` says of which kind a
    relation is, as the statement does: table, view, index, ...
    """

    kind: str
    object: Name
    key: str
    value: str | None
    part: str = ""
    arguments: tuple[str, ...] | None = None
    word: str = ""


HISTORY = "the alterations"
"""The key of what is done to an object and not looked into: one statement after the other."""


class Deed(NamedTuple):
    """What a statement does to an object that nothing looks into, or that nobody can tell.

    `action` is make, replace, change, rename (to `text`), drop or drop with all that names it; `doubt` when
    it is not known what `text` does. `part_of` is the relation that the object falls with.
    """

    action: str
    kind: str = ""
    name: str = ""
    text: str = ""
    part_of: Name | None = None


class PolicyDefinition(NamedTuple):
    """A row-level security policy as written; ALTER POLICY leaves what it does not name."""

    name: str
    command: str = "all"
    permissive: bool = True
    roles: tuple[str, ...] = ()
    using: Expression | None = None
    check: Expression | None = None
