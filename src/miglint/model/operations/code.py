"""Functions, triggers, and the code that runs at once: blocks and calls."""

from typing import NamedTuple

from miglint.model.expression import Expression
from miglint.model.names import Name
from miglint.model.operations.parts import Deed, Operation
from miglint.model.source import Span


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


class Handled(NamedTuple):
    """A block with handlers, within `depth` decisions; `sqlstates` are what they catch, "" for everything.

    One that ends in 000 stands for its whole class.
    """

    number: int
    depth: int
    sqlstates: frozenset[str]

    def catches(self, sqlstate: str) -> bool:
        """Whether an error goes to a handler, and not to the caller."""
        return not self.sqlstates.isdisjoint(("", sqlstate, f"{sqlstate[:2]}000"))


class BlockStatement(NamedTuple):
    """One statement inside a PL/pgSQL body.

    `span` is where it stands in the source; `loop` says that a loop runs it, `branches` in which way of
    which decisions it stands, and `handled` in which blocks with handlers, from the outside in;
    `dynamic` says that it came out of an EXECUTE.
    """

    operations: tuple[Operation, ...]
    span: Span
    loop: bool = False
    branches: tuple[tuple[Decision, int], ...] = ()
    dynamic: bool = False
    handled: tuple[Handled, ...] = ()

    @property
    def conditional(self) -> bool:
        """Whether it may not run."""
        return bool(self.branches)


class Signature(NamedTuple):
    """What calls of a function depend on: the names of what they give, "" for none, how many of these have a
    default, and what they get, with the `columns` of a row.
    """

    inputs: tuple[str, ...]
    defaults: int
    result: str
    columns: tuple[str, ...] = ()


class CreateFunction(NamedTuple):
    """A function or procedure. `volatility` is immutable, stable or volatile; `definition` is its text.

    `definer`: it runs with the rights of its owner (SECURITY DEFINER); `settings` are those that it sets.
    """

    span: Span
    function: Name
    arguments: tuple[str, ...] = ()
    procedure: bool = False
    language: str = "sql"
    volatility: str = "volatile"
    returns: str = ""
    body: tuple[BlockStatement, ...] = ()
    definition: str = ""
    replace: bool = False
    definer: bool = False
    settings: tuple[str, ...] = ()
    signature: Signature | None = None


class DropFunction(NamedTuple):
    """`arguments` is None when the statement gives none."""

    span: Span
    function: Name
    arguments: tuple[str, ...] | None = None
    if_exists: bool = False
    cascade: bool = False


class RenameFunction(NamedTuple):
    """Rename a function or move it to another schema; `arguments` is None when the statement gives none."""

    span: Span
    function: Name
    new_name: Name
    arguments: tuple[str, ...] | None = None


class CreateTrigger(NamedTuple):
    span: Span
    trigger: str
    table: Name
    function: Name | None = None
    constraint: bool = False
    events: tuple[str, ...] = ()
    row: bool = False
    from_table: Name | None = None
    timing: str = "after"
    columns: tuple[str, ...] = ()
    condition: Expression | None = None
    arguments: tuple[str, ...] = ()
    transitions: tuple[tuple[str, str], ...] = ()
    deferrable: bool = False
    initially_deferred: bool = False
    replace: bool = False


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


class DoBlock(NamedTuple):
    """An anonymous block; `parsed` is false when its language is not PL/pgSQL or its body does not parse."""

    span: Span
    body: tuple[BlockStatement, ...] = ()
    parsed: bool = True
    reason: str = ""


class RaiseError(NamedTuple):
    """`RAISE EXCEPTION` in a body: the script ends with an error of its own; `message` is the literal text.

    `sqlstate` is "" where the text says another one than the usual.
    """

    span: Span
    message: str = ""
    sqlstate: str = "P0001"


class Call(NamedTuple):
    """`CALL procedure(...)`."""

    span: Span
    procedure: Name
    deeds: tuple[Deed, ...] = ()
