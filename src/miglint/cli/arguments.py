"""The command line's grammar; the commands themselves are imported when they are called."""

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NamedTuple

from miglint import __version__
from miglint.cli.options import (
    add_color,
    add_direction,
    add_draft,
    add_end,
    add_file,
    add_format,
    add_input,
    add_name,
    add_place,
    add_plan,
    add_project_rules,
    add_report,
    add_rollback,
    add_rules,
    add_scope,
    add_stats,
    add_verify,
)
from miglint.cli.output import murmur
from miglint.cli.words import Parser


def _function(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    def call(arguments: argparse.Namespace) -> int:
        code: int = getattr(import_module(f"miglint.cli.{module}"), name)(arguments)
        return code

    return call


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Give the arguments; `command` is the function to call. Exits where they are wrong, or ask for help."""
    top = parser(argv)
    if not argv:
        murmur(top.format_help())
        top.exit(2)
    arguments, left = top.parse_known_args(argv)
    chosen = getattr(arguments, "parser", top)
    if left:
        chosen.refuse(left)
    if chosen is top:
        top.error("no command")
    return arguments


def parser(words: Sequence[str]) -> Parser:
    """Give the parser of the command line; `command` in its result is the function to call.

    Of the commands, only those among the words know their options.
    """
    top = Parser(
        prog="miglint",
        description="Lints database migrations for PostgreSQL: replays the history, models what the server "
        "does, and says what would hurt in production. Other databases, and migrations in code, are "
        "reported as not analysed.",
    )
    top.add_argument("-V", "--version", action="version", version=f"miglint {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", prog="miglint")

    for name, summary, function, parts in _COMMANDS:
        command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        command.set_defaults(command=function, parser=command)
        for add in parts if name in words else ():
            add(command)
    return top


class _Command(NamedTuple):
    """A command: its name, what it does, the function to call, and what adds its options."""

    name: str
    summary: str
    function: Callable[[argparse.Namespace], int]
    parts: tuple[Callable[[argparse.ArgumentParser], None], ...]


_COMMANDS = (
    _Command(
        "check",
        "find what would hurt in production",
        _function("check", "check"),
        (add_input, add_scope, add_rules, add_report, add_color),
    ),
    _Command(
        "plan",
        "plan a deployment and its way back: risk, order, steps, what to look at",
        _function("plan", "plan"),
        (add_input, add_scope, add_project_rules, add_plan, add_color, add_direction),
    ),
    _Command(
        "scaffold",
        "write a hazardous migration as several, with their ways back",
        _function("scaffold", "scaffold"),
        (add_draft, add_input, add_project_rules, add_format, add_color),
    ),
    _Command(
        "schema",
        "print the schema after the migrations",
        _function("listings", "schema"),
        (add_input, add_end, add_format),
    ),
    _Command(
        "debt",
        "list what migrations have begun and not finished",
        _function("listings", "debt"),
        (add_input, add_format),
    ),
    _Command(
        "tools",
        "list the histories found, and why",
        _function("listings", "tools"),
        (add_input, add_format),
    ),
    _Command(
        "rollback",
        "say what a way back does and takes, and draft it",
        _function("rollback", "rollback"),
        (add_input, add_rollback, add_format, add_color),
    ),
    _Command(
        "verify",
        "run migrations there and back on a scratch server",
        _function("verify", "verify"),
        (add_input, add_scope, add_verify, add_format, add_color),
    ),
    _Command("rules", "list the rules", _function("listings", "rules"), (add_project_rules, add_format)),
    _Command(
        "explain",
        "explain a rule, with examples",
        _function("listings", "explain"),
        (add_project_rules, add_name),
    ),
    _Command(
        "baseline",
        "set the current findings aside",
        _function("check", "write_baseline"),
        (add_input, add_rules, add_file),
    ),
    _Command("stats", "measure how large tables are", _function("stats", "stats"), (add_stats,)),
    _Command("init", "write a configuration for this project", _function("init", "init"), (add_place,)),
)
