"""`miglint rollback`: judge the way back of a release, say how to take it, and draft what is not written."""

import argparse
import os
from collections.abc import Sequence
from typing import NamedTuple

from miglint.checks.checker import Plan
from miglint.cli.deployed import as_git_knows
from miglint.cli.drafts import Drafting, draft_all, write_all
from miglint.cli.input import (
    STANDARD_INPUT,
    called,
    conditions,
    policy,
    raise_crashes,
    read_histories,
    read_settings,
)
from miglint.cli.output import EXIT_CLEAN, EXIT_USAGE, for_terminal, put, say, say_omitted
from miglint.config import Settings
from miglint.dialects import SUPPORTED
from miglint.engine import machine_of
from miglint.errors import Crash, UsageError
from miglint.findings.omitted import is_failed, omitted
from miglint.model import History, Migration, NotAnalysed
from miglint.report import RenderOptions
from miglint.rollback.release import of_release
from miglint.rollback.reversal import reversal
from miglint.show import rollback as show
from miglint.show.ways_back import Back, Way
from miglint.simulate import Machine, Ran, migrations


def rollback(arguments: argparse.Namespace) -> int:
    """Say what becomes of a database that goes back, and print or write what takes it there."""
    if (arguments.force or arguments.dry_run) and not arguments.draft:
        raise UsageError(f"{'--force' if arguments.force else '--dry-run'} is for --draft")
    if arguments.draft and not arguments.dry_run and STANDARD_INPUT in arguments.paths:
        raise UsageError("a draft for standard input has no file", "print it with --dry-run")
    settings = read_settings(arguments)
    names = [path for path in arguments.paths if not os.path.exists(path) and path != STANDARD_INPUT]
    arguments.paths = [path for path in arguments.paths if path not in names]
    histories = read_histories(arguments, settings)
    known = [migration.id for history in histories for migration in history.migrations]
    names = [called(name, known) for name in names]
    judged = [
        _judged(history, asked, settings, arguments)
        for history in histories
        if history.dialect in SUPPORTED and (asked := _asked(history, names))
    ]
    ways = [one.way for one in judged]
    if arguments.draft and not arguments.dry_run:
        write_all([draft for way in ways for draft in way.drafts])
    places = omitted(histories, (place for one in judged for place in one.not_analysed))
    options = for_terminal(RenderOptions(), arguments.color)
    if arguments.output_format == "json":
        put(show.as_json(ways, places), for_people=False)
    elif arguments.draft:
        put(show.drafts_as_text(ways, written=not arguments.dry_run, options=options))
    else:
        put(show.as_text(ways, options))
    say_omitted(places)
    if arguments.draft and ways and not any(way.drafts for way in ways):
        say("miglint: there is nothing to draft")
    if not ways and any(history.migrations for history in histories):
        say("miglint: nothing that is asked for has a way back")
    analysed = any(back.reversal.verdict != "not known" for way in ways for back in way.backs)
    raise_crashes([crash for one in judged for crash in one.crashes])
    failed = is_failed(histories, places, analysed=analysed, allow_none=arguments.allow_none)
    return EXIT_USAGE if failed else EXIT_CLEAN


def _asked(history: History, names: Sequence[str]) -> tuple[Migration, ...]:
    """Give the migrations to go back over: those of these names, those of the scope, or the last release."""
    if names:
        return tuple(one for one in history.migrations if one.id in names)
    if history.selected is not None:
        return tuple(one for one in history.asked if not one.repeatable)
    (known,) = as_git_knows([history])
    deployed = [one for one in known.deployed.migrations if not one.repeatable]
    last = deployed[-1:]
    while last and last[0].release and len(last) < len(deployed):
        before = deployed[-len(last) - 1]
        if before.release != last[0].release:
            break
        last.insert(0, before)
    ids = {one.id for one in last}
    return tuple(one for one in history.migrations if one.id in ids)


class _Judged(NamedTuple):
    """A way back, with what was not looked at, and what went wrong in miglint itself."""

    way: Way
    not_analysed: tuple[NotAnalysed, ...]
    crashes: tuple[Crash, ...]


def _judged(
    history: History, asked: Sequence[Migration], settings: Settings, arguments: argparse.Namespace
) -> _Judged:
    machine = machine_of(history, Plan(policy=policy(settings)), conditions(settings))
    rans = _ran(history, asked, machine)
    backs = tuple(
        Back(ran.migration, reversal(ran, machine.dialect), ran.down.steps if ran.down else ())
        for ran in rans
    )
    forward = settings.down == "off"
    whole = of_release(rans, machine) if _is_row(history, asked) else None
    way = Way(history, backs, whole, forward=forward, sizes=policy(settings).sizes_of(history.root))
    if arguments.draft:
        how = Drafting(machine, forward=forward, force=arguments.force)
        way = way._replace(drafts=draft_all(history, rans, settings, how))
    traces = [trace for ran in rans for trace in ran.traces]
    code = (ran.migration.opaque.not_analysed for ran in rans if ran.migration.opaque)
    return _Judged(
        way,
        (*code, *(place for trace in traces for place in trace.not_analysed)),
        tuple(crash for trace in traces for crash in trace.crashes),
    )


def _ran(history: History, asked: Sequence[Migration], machine: Machine) -> list[Ran]:
    ids = {one.id for one in asked}
    last = asked[-1].id
    every = migrations(history, machine, until=last, downs=lambda one: one.id in ids)
    return [ran for ran in every if ran.migration.id in ids]


def _is_row(history: History, asked: Sequence[Migration]) -> bool:
    """Tell whether nothing else stands between migrations."""
    ids = [one.id for one in history.migrations if not one.repeatable]
    places = [ids.index(one.id) for one in asked if one.id in ids]
    return places == list(range(places[0], places[0] + len(asked))) if places else False
