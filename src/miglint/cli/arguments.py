"""The command line's grammar; the commands themselves are imported when they are called."""

import argparse
from collections.abc import Callable
from importlib import import_module

from miglint import __version__
from miglint.model import Severity
from miglint.report import FORMATS


def _function(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    def call(arguments: argparse.Namespace) -> int:
        code: int = getattr(import_module(f"miglint.cli.{module}"), name)(arguments)
        return code

    return call


def parser() -> argparse.ArgumentParser:
    """Give the parser of the command line; `command` in its result is the function to call."""
    top = argparse.ArgumentParser(
        prog="miglint",
        description="Lints database migrations: replays the history, models what the server does, "
        "and says what would hurt in production.",
    )
    top.add_argument("--version", action="version", version=f"miglint {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    check = _command(commands, "check", "find what would hurt in production", _function("check", "check"))
    _add_input(check)
    _add_scope(check)
    _add_rules(check)
    check.add_argument(
        "--fail-on",
        choices=[str(severity) for severity in Severity],
        help="the lowest severity that makes the exit code 1 (default: warning)",
    )
    check.add_argument(
        "--output-format",
        action="append",
        choices=FORMATS,
        help="how findings are written; may be given several times (default: text)",
    )
    check.add_argument(
        "--output-file",
        action="append",
        metavar="FILE",
        help="where to write; the first file gets the first format, and so on",
    )
    check.add_argument(
        "--sarif-suppressed",
        choices=["include", "omit"],
        default="include",
        help="whether SARIF lists findings that are hidden; GitHub opens alerts for them (default: include)",
    )
    check.add_argument(
        "--baseline", metavar="FILE", help="the file of known findings (default: the configured one)"
    )
    check.add_argument("--color", choices=["auto", "always", "never"], default="auto", help="colour of text")

    plan = _command(
        commands, "plan", "show what the server does for each statement", _function("listings", "plan")
    )
    _add_input(plan)
    _add_scope(plan)
    _add_format(plan)

    schema = _command(
        commands, "schema", "print the schema after the migrations", _function("listings", "schema")
    )
    _add_input(schema)
    schema.add_argument("--after", metavar="MIGRATION", help="stop after this migration")
    _add_format(schema)

    tools = _command(commands, "tools", "list the histories found, and why", _function("listings", "tools"))
    _add_input(tools)
    _add_format(tools)

    rules = _command(commands, "rules", "list the rules", _function("listings", "rules"))
    _add_format(rules)

    explain = _command(commands, "explain", "explain a rule, with examples", _function("listings", "explain"))
    explain.add_argument("rule", metavar="RULE", help="the name of a rule")

    baseline = _command(
        commands, "baseline", "put the findings of this moment aside", _function("check", "write_baseline")
    )
    _add_input(baseline)
    _add_rules(baseline)
    baseline.add_argument(
        "--output-file", metavar="FILE", help="where to write (default: the configured baseline)"
    )

    init = _command(commands, "init", "write a configuration for this project", _function("init", "init"))
    init.add_argument("path", nargs="?", default=".", metavar="PATH", help="where to look for migrations")
    return top


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    summary: str,
    function: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    parser.set_defaults(command=function)
    return parser


def _add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a repository, a folder of migrations, a .sql file, or - for standard input "
        "(default: the configured paths, else the working directory)",
    )
    parser.add_argument(
        "--stdin-filename", default=None, metavar="NAME", help="the path to report for standard input"
    )
    parser.add_argument("--config", metavar="FILE", help="the configuration file to read")
    parser.add_argument(
        "--postgres-version",
        type=int,
        metavar="MAJOR",
        help="the oldest server that runs the migrations, 12 to 18 (default: 14)",
    )


def _add_scope(parser: argparse.ArgumentParser) -> None:
    scope = parser.add_argument_group("scope", "The whole history is replayed; these say what to report.")
    one = scope.add_mutually_exclusive_group()
    one.add_argument(
        "--since",
        metavar="REF",
        help="only what is new since the merge base with REF, uncommitted and untracked files included",
    )
    one.add_argument("--staged", action="store_true", help="only what is staged for the next commit")
    scope.add_argument(
        "--after", dest="start_after", metavar="MIGRATION", help="only what comes after this migration"
    )


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--select", action="append", metavar="RULE", help="run these rules or categories only"
    )
    parser.add_argument(
        "--ignore", action="append", metavar="RULE", help="do not run these rules or categories"
    )


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output-format", choices=["text", "json"], default="text", help="text for people, json for programs"
    )
