"""The steps of a deployment and of the way back, in order, with the tool's own commands."""

from collections.abc import Iterator, Sequence

from miglint.model import AddColumn, CreateIndex, Name, SetNotNull, TransactionMode
from miglint.plan.before import NO_ROW, sqlstate_of
from miglint.plan.code import Need
from miglint.plan.copies import Copy
from miglint.plan.unit import Unit, listed, named
from miglint.plan.value import Answer, Item, Language
from miglint.plan.work import Done, blocking, done, said
from miglint.rollback.commands import NO_FILE, steps_back, steps_up

_STAYS = ("stays", "of which nothing", "is undone")


def up(unit: Unit, statements: Sequence[Done], old: Answer, new: Answer) -> Iterator[Item]:
    """Give the steps of the way there."""
    breaks = old.word == "no"
    if breaks and unit.before.relations:
        yield Item("Stop the old version, or accept its errors until the new one runs.")
    unset = any(blocking(each) and not each.step.lock_timeout for each in statements)
    advice = unit.history.advice
    if unset and not unit.policy.runner_sets_lock_timeout and advice.set_lock_timeout:
        yield Item(f"Set lock_timeout: {advice.set_lock_timeout}.")
    notes = (*(Item(_upper(sentence)) for sentence in said(unit, statements)), *_half_way(unit))
    commands = steps_up(unit.history, unit.migrations)
    if not commands:
        yield Item("Migrate.", notes=notes)
    for number, command in enumerate(commands):
        yield Item("Migrate.", command, _language(command), notes=notes if number == 0 else ())
    if new.word != "yes" or breaks:
        yield Item("Deploy the new version.")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _language(command: str) -> Language:
    return "sql" if command.startswith(("DELETE ", "UPDATE ", "INSERT ")) else "sh"


def _half_way(unit: Unit) -> Iterator[Item]:
    for record in unit.records:
        operation = record.operation
        is_refused = record.session.in_transaction or record.session.in_code
        if (
            isinstance(operation, CreateIndex)
            and operation.concurrently
            and operation.name
            and not is_refused
        ):
            index = Name(operation.table.schema, operation.name)
            drop = f"DROP INDEX CONCURRENTLY IF EXISTS {index.sql};"
            place = named(unit.line_of(record))
            yield Item(f"If {place} stops, an invalid index stays: drop it before the next try.", drop, "sql")
    advice, migrations = unit.history.advice, unit.migrations
    if not advice.half_way or not migrations:
        return
    clauses = advice.half_way.split("; ")
    if all(up.script.mode is not TransactionMode.PER_STATEMENT for up in unit.ups):
        clauses = [each for each in clauses if not each.startswith("with ")]
    if len(migrations) == 1 and len(unit.steps) == 1:
        clauses = [each for each in clauses if not each.startswith("the statements before the failing one")]
        if not any(word in each for each in clauses for word in _STAYS):
            clauses = ["its one statement is undone", *clauses]
    text = f"If it stops half-way: {'; '.join(clauses)}."
    mend = [unit.history.command(advice.commands.mend, one) for one in migrations]
    if not all(mend):
        yield Item(text)
    elif len(mend) == 1:
        yield Item(f"{text} Before the next try:", mend[0], _language(mend[0]))
    else:
        yield Item(
            f"{text} Before the next try, if it was {named(migrations[0].id)}:", mend[0], _language(mend[0])
        )


def back(
    unit: Unit, old: Answer, missed: Sequence[Need], copies: Sequence[Copy], *, forward: bool
) -> Iterator[Item]:
    """Give the steps of the way back, or those of the way forward where the team writes no ways back."""
    yield Item("Stop the rollout.")
    if unit.reversal.verdict == "nothing to undo":
        yield Item("Deploy the version before. The database stays as it is.")
        return
    runs = old.word in ("yes", "yes, unless")
    if runs:
        yield from _left_as_it_is(unit, old, forward=forward)
    else:
        gone = [named(need.subject) for need in missed if need.subject and need.certain]
        if gone:
            words = f"from the next step on it misses {listed(gone[:4])}"
            yield Item(f"Stop the new version, or turn off what uses the change: {words}.")
    only = "Only if the schema itself has to go back: " if runs else ""
    yield from _forward(unit, only) if forward else _backward(unit, only)
    filled = {column for each in unit.backs for column in each.filled}
    for copy in copies:
        if not copy.columns or not filled.issuperset(copy.subject.split(", ")):
            yield _restored(copy)
    if not runs:
        yield Item("Deploy the version before.")


def _left_as_it_is(unit: Unit, old: Answer, *, forward: bool) -> Iterator[Item]:
    unless = f", unless {' or '.join(old.because[:3])}" if old.word == "yes, unless" else ""
    notes: tuple[Item, ...] = ()
    advice = unit.history.advice
    if advice.older_refuses and not forward:
        notes = (Item(f"{_upper(advice.older_program)}."),)
        unmark = unit.history.command(advice.commands.unmark, unit.migrations[0])
        if unmark:
            text = "To keep the schema and let the old program start, mark the migration as not run:"
            notes += (Item(text, unmark, _language(unmark)),)
    yield Item(
        f"Deploy the version before, and leave the schema as it is: old code runs on it{unless}.", notes=notes
    )


def _forward(unit: Unit, only: str) -> Iterator[Item]:
    sql = "\n".join(each.sql for each in unit.backs if each.sql)
    notes = tuple(_what_back_does(unit))
    words = (
        "put this into a new migration, and run it" if sql else "write a new migration that undoes this one"
    )
    yield Item(f"{_after(only, words)}.", sql, "sql" if sql else "", notes=notes)


def _after(only: str, words: str) -> str:
    return f"{only}{words}" if only else _upper(words)


def _backward(unit: Unit, only: str) -> Iterator[Item]:
    history = unit.history
    notes = list(_what_back_does(unit))
    if history.advice.roll_back_needs:
        notes.append(Item(f"It takes {history.advice.roll_back_needs}."))
    if history.advice.before_back:
        yield Item(f"{_after(only, history.advice.before_back)}.")
        only = ""
    commands = [_with_file(unit, command) for command in steps_back(history, unit.migrations)]
    if not commands:
        yield Item(f"{_after(only, 'run the way back')}.", notes=tuple(notes))
    for number, command in enumerate(commands):
        text = f"{_after(only, 'undo the migration')}." if number == 0 else "Then:"
        yield Item(text, command, _language(command), notes=tuple(notes) if number == 0 else ())


def _with_file(unit: Unit, command: str) -> str:
    """Name the file that the plan says to put a draft into."""
    for each in unit.backs:
        if each.sql and each.path:
            command = command.replace(NO_FILE.format(id=each.migration.id), each.path)
    return command


def _in_the_way(unit: Unit) -> Iterator[Item]:
    """Say on which rows the way back fails, with the query that counts those that are there already."""
    filled = {column for each in unit.backs for column in each.filled}
    for reason in unit.reversal.in_the_way:
        told = reason.statement.operations if reason.statement is not None else ()
        about = [each for each in told if each.span == reason.span]
        column = next((each.column for each in about if isinstance(each, SetNotNull)), "")
        table = unit.after.table(reason.table) if reason.table is not None else None
        if reason.table is not None and f"{reason.table.display}.{column}" in filled:
            continue
        code = reason.sqlstate or next(filter(None, map(sqlstate_of, about)), "")
        text = f"It fails{f' with {named(code)}' if code else ''} on {reason.words}."
        is_there = table is not None and (not column or table.column(column) is not None)
        yield Item(text, reason.query, "sql", NO_ROW) if reason.query and is_there else Item(text)


def _what_back_does(unit: Unit) -> Iterator[Item]:
    """Say what the way back locks, loses and stumbles over."""
    is_replaced = any(each.written for each in unit.backs)
    for failed in () if is_replaced else unit.reversal.failures:
        yield Item(f"As it is written it fails: {failed.words}. Mend it before the deploy.")
    yield from () if is_replaced else _in_the_way(unit)
    for each in unit.backs:
        if each.trace is not None:
            for sentence in said(unit, done(unit, each.trace.steps)):
                yield Item(_upper(sentence))
    if gone := _new_values(unit):
        yield Item(f"What the new version has written to {listed(gone[:5])} is lost with it.")
    for each in unit.backs:
        for column in each.filled:
            words = f"Rows that came since have no {named(column)}: give them one first"
            yield Item(f"{words}, or the way back fails on them with `23502`.")
        for gap in each.draft.gaps if each.sql and each.draft is not None else ():
            is_filled = gap.what.removeprefix("values of ") in each.filled
            if gap.kind in ("schema", "fill") and not is_filled:
                yield Item(f"The draft leaves {gap.what}: {gap.why}.")


def _new_values(unit: Unit) -> list[str]:
    """Give what is new and holds values: tables, and columns of tables that were there before."""
    made = [
        named(name.display)
        for name in unit.after.relations.changed(unit.before.relations)
        if unit.after.table(name) is not None and not unit.was_there(name)
    ]
    columns = [
        named(f"{record.operation.table.display}.{record.operation.column.name}")
        for record in unit.records
        if isinstance(record.operation, AddColumn) and unit.was_there(record.operation.table)
    ]
    return [*made, *columns]


def _restored(copy: Copy) -> Item:
    what = listed([named(name) for name in copy.subject.split(", ")])
    if not copy.restored:
        words = f"Fill in {what} by hand from {named(copy.name)}: no primary key says which row is which."
        return Item(words)
    over = " This also takes back what was written since." if copy.overwrites else ""
    notes = [
        Item("It writes all these rows in one transaction: if they are many, do it by ranges of the key.")
    ]
    if copy.numbers:
        notes.append(Item("Then let the numbers go on after the highest one:", copy.numbers, "sql"))
    return Item(f"Fill in {what} from the copy.{over}", copy.restored, "sql", notes=tuple(notes))
