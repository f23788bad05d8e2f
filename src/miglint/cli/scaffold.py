"""`miglint scaffold`: the migrations that take the place of a hazardous one."""

import argparse
import os
import re
from datetime import datetime, timezone

from miglint.checks.checker import Plan
from miglint.cli.input import called, conditions, policy, read_histories, read_settings
from miglint.cli.output import EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, color, put, say, say_omitted, write_file
from miglint.cli.project_rules import all_rules
from miglint.config import Settings, selects
from miglint.dialects import SUPPORTED
from miglint.engine import machine_of
from miglint.errors import UsageError
from miglint.findings import Reporting
from miglint.findings.omitted import omitted
from miglint.model import History
from miglint.scaffold import Place, Row
from miglint.scaffold import scaffold as drafted
from miglint.scaffold.files import Placed, placed


def scaffold(arguments: argparse.Namespace) -> int:
    """Draft the row and print it; the exit code is 1 where a person has to look, or nothing is drafted."""
    from miglint.show import scaffold as show

    settings = read_settings(arguments)
    found = read_histories(arguments, settings)
    histories = [history for history in found if history.dialect in SUPPORTED]
    if not histories:
        say_omitted(omitted(found, ()))
        return EXIT_USAGE
    history, place = _placed(arguments.migration, histories)
    row = _row(arguments, settings, history, place)
    files = placed(_replaced(history, row), row.drafted, datetime.now(timezone.utc))
    if arguments.write:
        _write(files, force=arguments.force)
    if arguments.output_format == "json":
        put(show.as_json(row, files))
    else:
        put(show.as_text(row, files, color=color(arguments.color)))
    if arguments.write and files.files:
        paths = [file.path for own in files.files for file in own]
        say(f"wrote {len(paths)} file{'' if len(paths) == 1 else 's'}: {', '.join(paths)}")
    return EXIT_FINDINGS if row.problems or (row.not_done and not row.drafted) else EXIT_CLEAN


def _replaced(history: History, row: Row) -> History:
    """Give the history without the migration whose place the row takes, unless a part of it stays."""
    if row.place.line:
        return history
    kept = tuple(migration for migration in history.migrations if migration.id != row.place.migration)
    return history._replace(migrations=kept)


def _write(files: Placed, *, force: bool) -> None:
    """Write the files, all of them or none; a file that is there stays, unless `force`."""
    if files.reason:
        raise UsageError(f"--write: {files.reason}")
    wanted = [file for own in files.files for file in own]
    there = [file.path for file in wanted if os.path.lexists(file.path)]
    if there and not force:
        raise UsageError(f"--write: {there[0]} is there already", "--force overwrites it")
    for file in wanted:
        os.makedirs(os.path.dirname(file.path) or ".", exist_ok=True)
        write_file(file.path, file.text)


def _placed(wanted: str, histories: list[History]) -> tuple[History, Place]:
    """Find the migration that is named by its name, the beginning of it, or a file, perhaps with a line."""
    found = re.fullmatch(r"(.+?):(\d+)", wanted)
    name, line = (found[1], int(found[2])) if found else (wanted, 0)
    path = os.path.normpath(name)
    for history in histories:
        for migration in history.migrations:
            if migration.up is not None and path in {
                os.path.normpath(each.path) for each in migration.up.source.files
            }:
                return history, Place(migration.id, line)
    id_ = called(name, [migration.id for history in histories for migration in history.migrations])
    holding = {m.path: history for history in histories for m in history.migrations if m.id == id_}
    if len(holding) > 1:
        raise UsageError(
            f"{id_!r} can be any of {len(holding)} migrations", f"name a file: {', '.join(holding)}"
        )
    return next(iter(holding.values())), Place(id_, line)


def _row(arguments: argparse.Namespace, settings: Settings, history: History, place: Place) -> Row:
    rules = all_rules(arguments, settings)
    active = tuple(
        rule for rule in rules if selects(settings, rule.name, rule.category, taste=rule.profile != "safety")
    )
    plan = Plan(rules=active, judges=active, fixes=False, policy=policy(settings))
    machine = machine_of(history, plan, conditions(settings))
    reporting = Reporting(rules, require_reason=settings.require_reason)
    return drafted(history, place, machine, plan, reporting, _values(arguments.value or []))


def _values(given: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for text in given:
        found = re.fullmatch(r"\s*(\w+)\s*=(?!=)\s*(.+)", text, re.DOTALL)
        column, value = (found[1], found[2]) if found else ("", text)
        if not value.strip() or column in values:
            raise UsageError(f"--value: {text!r} names no value, or one twice", "--value COLUMN=EXPRESSION")
        values[column] = value.strip()
    return values
