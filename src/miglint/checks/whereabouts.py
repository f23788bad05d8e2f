"""Where something went that a statement names and that is not there, or which later migration makes it."""

from typing import NamedTuple

from miglint.checks.bookkeeping import keeps_records, keeps_settings
from miglint.checks.context import Context
from miglint.model import (
    Call,
    CreateTable,
    CreateView,
    DoBlock,
    DropColumn,
    DropFunction,
    DropTable,
    DropType,
    DropView,
    Failure,
    MoveTable,
    Name,
    Operation,
    Related,
    RenameColumn,
    RenameFunction,
    RenameTable,
    RenameType,
    Select,
    Step,
    changed_by,
)


class Went(NamedTuple):
    """How something went away, as the end of a sentence, and the statement that took it."""

    words: str
    place: Related


def went(failure: Failure, ctx: Context) -> Went | None:
    """Find the last statement that dropped, renamed or moved what is missing."""
    here = ctx.statement
    for step in reversed(ctx.of_history.steps) if failure.missing and here is not None else ():
        own = ctx.migration is not None and step.migration == ctx.migration.id
        if here is None or (own and step.statement.span.start >= here.span.start):
            continue
        if step.effects.refused:
            continue  # What fails takes nothing away.
        for operation in step.statement.operations:
            what, how = _taken(operation)
            if what == failure.missing:
                who = "an earlier statement" if own else step.migration
                place = Related(operation.span, f"{how} here", step.statement.source)
                verb, _, rest = how.partition(" ")
                return Went(f", for {who} {verb} it{' ' if rest else ''}{rest}", place)
    return None


def _taken(operation: Operation) -> tuple[str, str]:
    """Give what an operation takes away, as `Failure.missing` names it, and how."""
    match operation:
        case DropColumn():
            return f"column {operation.table}.{operation.column}", "dropped"
        case RenameColumn():
            return f"column {operation.table}.{operation.column}", f"renamed to {operation.new_name}"
        case DropTable(table=name) | DropView(view=name):
            return f"relation {name}", "dropped"
        case RenameTable():
            return f"relation {operation.table}", f"renamed to {operation.new_name}"
        case MoveTable():
            return f"relation {operation.table}", f"moved to {operation.new_schema}"
        case DropType():
            return f"type {operation.type}", "dropped"
        case RenameType():
            return f"type {operation.type}", f"renamed to {operation.new_name}"
        case DropFunction():
            return f"function {operation.function}", "dropped"
        case RenameFunction():
            return f"function {operation.function}", f"renamed to {operation.new_name.display}"
    return "", ""


class Unmade(NamedTuple):
    """A relation that no migration makes before the first statement that needs it.

    `made` is the later statement that makes it after all, `others` are those that need it as well. `own`: the
    first one changes or drops it, and does not only refer to it. `taken`: a statement drops it or gives it
    another name, so that what is made later under its name is another one.
    """

    name: Name
    step: Step
    operation: Operation
    own: bool
    made: tuple[Step, Operation] | None = None
    others: tuple[tuple[Step, Operation], ...] = ()
    taken: bool = False

    @property
    def migrations(self) -> tuple[str, ...]:
        """Those that it is about: the one that needs the relation, and the one that makes it."""
        return self.step.migration, *((self.made[0].migration,) if self.made is not None else ())


_MOST_OTHERS = 20
_RUNS_CODE = (DoBlock, Call, Select)
_TAKING = (DropTable, DropView, MoveTable, RenameTable)


def unmade(ctx: Context) -> list[Unmade]:
    """Give the relations that statements need and no migration makes, or only a later one, if asked for it.

    A history that begins with a database of which it says nothing has too many of them to tell one that is
    misspelled: then those that no migration makes are left out.
    """
    found: dict[Name, Unmade] = {}
    made: dict[Name, Step] = {}
    for step in ctx.steps:
        operations = step.statement.operations
        for operation in operations:
            name = made_by(operation)
            if name is not None:
                made.setdefault(name, step)
                known = found.get(name)
                if known is not None and known.made is None and not known.taken:
                    found[name] = known._replace(made=(step, operation))
        if step.effects.unmade and not any(isinstance(operation, _RUNS_CODE) for operation in operations):
            _note_needs(step, found)
        for operation in operations:
            if isinstance(operation, _TAKING) and (known := found.get(changed_by(operation)[0])) is not None:
                found[known.name] = known._replace(taken=True)
    never = [each for each in found.values() if each.made is None]
    late = [each for each in found.values() if each.made is not None]
    told = late + [each for each in never if _is_ours(each, made)] if _is_told(never, made, ctx) else late
    return [each for each in told if any(map(ctx.is_selected, each.migrations))]


def _note_needs(step: Step, found: dict[Name, Unmade]) -> None:
    operations = step.statement.operations
    for name in step.effects.unmade:
        own = next((o for o in operations if name in changed_by(o)), None)
        operation = own or operations[0]
        known = found.get(name)
        if known is None:
            known = Unmade(name, step, operation, own is not None)
        elif known.made is None and len(known.others) < _MOST_OTHERS:
            known = known._replace(others=(*known.others, (step, operation)))
        found[name] = known


def made_by(operation: Operation) -> Name | None:
    """Give the table or view that an operation makes, or gives its name to."""
    match operation:
        case CreateTable(table=name) | CreateView(view=name):
            return name
        case RenameTable() | MoveTable():
            return operation.becomes
    return None


def _is_told(never: list[Unmade], made: dict[Name, Step], ctx: Context) -> bool:
    """Whether the history tells of the whole database, from its first migration on."""
    first = next(iter(made.values()), None)
    if first is None or not (never and ctx.whole.is_read and ctx.schema.is_read):
        return False
    if len(ctx.history.migrations) < _FEWEST_MIGRATIONS or len(never) > max(1, len(made) // _MANY_MADE):
        return False
    needing = {id(each.step) for each in never}
    return next(step for step in ctx.steps if step is first or id(step) in needing) is first


_FEWEST_MIGRATIONS = 2
_MANY_MADE = 10
"""For so many tables that migrations make one can be misspelled; more have been made elsewhere."""


def _is_ours(each: Unmade, made: dict[Name, Step]) -> bool:
    """Whether it would be the migrations' to make: not an extension's, a platform's or a tool's own.

    What is only referred to may be the table of another part of the program, with migrations of its own; what
    has the name of another one may be that, such as a temporary one where all migrations run at once.
    """
    name = each.name
    if not each.own or keeps_records(name) or keeps_settings(name):
        return False
    return any(other.schema == name.schema for other in made) and all(
        other.name != name.name for other in made
    )
