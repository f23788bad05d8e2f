"""From a history to what came of it: its migrations run in the simulation, and the rules are asked."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from miglint.checks.checker import Plan, placed
from miglint.checks.traces import Checks, Unread
from miglint.dialects import load
from miglint.dialects.dialect import Dialect
from miglint.errors import Crash
from miglint.model import (
    Diagnostic,
    DoBlock,
    History,
    Migration,
    NotAnalysed,
    Operation,
    Schema,
    Server,
    Source,
    Step,
    Unparsed,
)
from miglint.simulate import CRASHED, Conditions, Machine, Ran, migrations

_ANY_TIME = Conditions()


class Run(NamedTuple):
    """What came of one history.

    `steps` are the statements as `miglint plan` prints them, `back` those of the ways back, the last
    migration's first; `schema` is the last one.
    `cut_off`: a part of it was not looked at because a limit was reached, or something went wrong.
    `deployed` is the same with what else is known to be deployed together, `perhaps` with what may be, by the
    rules that have found something; None where there is nothing else.
    """

    history: History
    diagnostics: tuple[Diagnostic, ...] = ()
    steps: tuple[Step, ...] = ()
    back: tuple[Step, ...] = ()
    schema: Schema = Schema()
    not_analysed: tuple[NotAnalysed, ...] = ()
    crashes: tuple[Crash, ...] = ()
    sources: tuple[Source, ...] = ()
    cut_off: bool = False
    deployed: "Run | None" = None
    perhaps: "Run | None" = None

    @property
    def has_analysed(self) -> bool:
        """Whether it has looked at a statement, and not only at texts that it cannot read."""
        return any(
            map(_is_read, (operation for step in self.steps for operation in step.statement.operations))
        )


def _is_read(operation: Operation) -> bool:
    return operation.parsed if isinstance(operation, DoBlock) else not isinstance(operation, Unparsed)


def run(history: History, plan: Plan, until: str | None = None, conditions: Conditions = _ANY_TIME) -> Run:
    """Replay a history and check it; `until` names the migration after which to stop.

    Of a database that is not supported only the folder is checked: the order of its files, their names,
    what a change did.
    """
    if history.dialect not in plan.dialects:
        checks = Checks(history, plan, None, _squeeze)
        checks.of_folder()
        return Run(
            history,
            diagnostics=tuple(map(placed, checks.checker.diagnostics)),
            crashes=tuple(checks.checker.crashes),
        )
    machine = machine_of(history, plan, conditions)
    dialect = machine.dialect
    checks, found = Checks(history, plan, machine, dialect.normalise), _Found(dialect.schema)
    try:
        has_way_back = (
            (lambda m: history.asks_for(m.id)) if plan.downs or checks.wants_downs else (lambda _: False)
        )
        for number, ran in enumerate(migrations(history, machine, until, has_way_back)):
            plan.progress(number)
            checks.replayed(number, ran)
            for source in found.new_sources(ran.migration):
                checks.checker.knows(source)
            found.take(ran)
            if history.asks_for(ran.migration.id):
                found.leave_out(ran, checks.of_migration(ran))
        checks.of_end(tuple(found.steps), found.schema)
        checks.of_folder()
    except Exception as error:  # noqa: BLE001 - one history's mistake must not hide what the others have
        found.not_analysed.append(NotAnalysed(history.root, 1, 1, CRASHED))
        found.crashes.append(Crash("the replay", history.root, error))
    return Run(
        history=history,
        diagnostics=tuple(map(placed, checks.checker.diagnostics)),
        steps=tuple(found.steps),
        back=found.way_back(),
        schema=found.schema,
        not_analysed=tuple(found.not_analysed),
        crashes=(*found.crashes, *checks.checker.crashes),
        sources=tuple(found.files.values()),
        cut_off=found.cut_off,
    )


class _Found:
    """What the migrations of a history have left so far."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.steps: list[Step] = []
        self.back: list[tuple[Step, ...]] = []
        self.not_analysed: list[NotAnalysed] = []
        self.crashes: list[Crash] = []
        self.known: set[Source] = set()
        self.files: dict[str, Source] = {}
        self.cut_off = False

    def new_sources(self, migration: Migration) -> Iterator[Source]:
        """Give the sources that were not known, and know their files."""
        for script in migration.scripts:
            if script.source not in self.known:
                yield script.source
                self.known.add(script.source)
            self.files.update((file.path, file) for file in script.source.files)

    def take(self, ran: Ran) -> None:
        """Take what the replay left."""
        for trace in ran.traces:
            self.crashes += trace.crashes
            self.cut_off = self.cut_off or trace.cut_off
        if ran.up is not None:
            self.schema = ran.up.schema
            self.steps += ran.up.steps
        if ran.down is not None:
            self.back.append(ran.down.steps)

    def way_back(self) -> tuple[Step, ...]:
        """Give the steps of the ways back, as they would run, with transactions counted through."""
        numbers: dict[tuple[int, int], int] = {}
        return tuple(
            step._replace(transaction=numbers.setdefault((way, step.transaction), len(numbers) + 1))
            if step.transaction is not None
            else step
            for way, steps in enumerate(reversed(self.back))
            for step in steps
        )

    def leave_out(self, ran: Ran, unread: Unread) -> None:
        """List what was not analysed of a migration that is asked for."""
        step = ran.migration.opaque
        if step is not None and not ran.skipped:
            self.not_analysed.append(step.not_analysed)
        for trace in ran.traces:
            self.not_analysed += trace.not_analysed
        self.not_analysed += unread.places
        self.cut_off = self.cut_off or unread.lost


def machine_of(history: History, plan: Plan, conditions: Conditions) -> Machine:
    """Give where the scripts of a history run."""
    dialect = load(history.dialect).begun_in(history.home)
    server = server_of(dialect, plan, history)
    return Machine(dialect, server.version, conditions, server.said_by, server.is_found)


def server_of(dialect: Dialect, plan: Plan, history: History) -> Server:
    """Give the server that the settings say the project has, else its other files, or else an assumed one."""
    said = next((server for server in plan.policy.servers if server.dialect == dialect.name), None)
    found = history.server
    if found is not None and found.dialect == dialect.name and not (said is not None and said.said_by):
        return found
    return said if said is not None and said.version else Server(dialect.name, dialect.assumed_version)


# Strings and quoted names, in which blanks count, and all between them that is no blank.
_PARTS = r"""'(?:[^'\\]|\\.)*'?|"(?:[^"\\]|\\.)*"?|`[^`]*`?|[^\s'"`]+"""


def _squeeze(text: str) -> tuple[str, ...]:
    """Give the parts of a text in a dialect that is not analysed, so that blanks make no difference."""
    return tuple(re.findall(_PARTS, text, re.DOTALL))
