"""The command line's grammar; the commands themselves are imported when they are called."""

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NamedTuple

from miglint import __version__
from miglint.cli.output import murmur
from miglint.cli.words import Parser
from miglint.model import Direction, Severity
from miglint.report import FORMATS


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


def _word(text: str) -> str:
    """Read a word; an empty one is a variable of the shell that is not set."""
    if not text:
        raise argparse.ArgumentTypeError("names nothing")
    return text


def _number(text: str) -> int | str:
    """Read a number; what is none is left for the settings to refuse, which know the numbers that fit."""
    return int(text) if text.isdecimal() else text


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
    parser.add_argument("--config", type=_word, metavar="FILE", help="the configuration file to read")
    parser.add_argument(
        "--allow-none",
        action="store_true",
        help="succeed even if there are no migrations, or none that can be analysed",
    )
    parser.add_argument(
        "--postgres-version",
        type=_number,
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
        "--after",
        dest="start_after",
        type=_word,
        metavar="MIGRATION",
        help="only what comes after this migration",
    )


def _add_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--select",
        action="append",
        metavar="RULE",
        help="run only these: rules and categories, as `miglint rules` lists them, safety (what is on by "
        "default) or all; several with commas",
    )
    parser.add_argument(
        "--ignore", action="append", metavar="RULE", help="do not run these rules or categories"
    )
    _add_project_rules(parser)


def _add_project_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-project-rules",
        action="store_true",
        help="run the rules in the folder that the configuration names, which is code of the project "
        "(or set MIGLINT_ALLOW_PROJECT_RULES=1)",
    )


def _add_color(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--color",
        choices=["auto", "always", "never"],
        default="auto",
        help="colour of text (default: auto, which heeds NO_COLOR and FORCE_COLOR)",
    )


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output-format", choices=["text", "json"], default="text", help="text for people, json for programs"
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fail-on",
        choices=[str(severity) for severity in Severity],
        help="the lowest severity that makes the exit code 1 (default: warning)",
    )
    parser.add_argument(
        "--output-format",
        action="append",
        choices=FORMATS,
        help="how findings are written; may be given several times (default: text)",
    )
    parser.add_argument(
        "--output-file",
        action="append",
        metavar="FILE",
        help="where to write; the first file gets the first format, and so on",
    )
    parser.add_argument(
        "--sarif-suppressed",
        choices=["include", "omit"],
        default="include",
        help="whether SARIF lists findings that are hidden; GitHub opens alerts for them (default: include)",
    )
    parser.add_argument(
        "--baseline", metavar="FILE", help="the file of known findings (default: the configured one)"
    )
    parser.add_argument(
        "--statistics",
        action="store_true",
        help="print how many findings each rule has, instead of the findings",
    )
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="print findings only: no table, no advice, no count"
    )
    parser.add_argument(
        "-e", "--exit-zero", action="store_true", help="exit with 0 even if there are findings"
    )


def _add_direction(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--direction",
        choices=[direction.value for direction in Direction],
        default=Direction.UP.value,
        help="the way back instead: each down script on the schema that its migration leaves,\n"
        "the last migration's first (default: up)",
    )


def _add_end(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--after", type=_word, metavar="MIGRATION", help="stop after this migration")


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="RULE", help="the name of a rule, or of a category")


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output-file", metavar="FILE", help="where to write (default: the configured baseline)"
    )


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="where to look for migrations")


def _add_stats(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "exports",
        nargs="*",
        metavar="CSV",
        help="exports of pg_class, pg_namespace and pg_stat_user_tables with a line of column names; prints "
        "the file of sizes that they make",
    )
    parser.add_argument(
        "--sql",
        action="store_true",
        help="print the query that measures the tables of a database; its answer is the file of sizes: "
        "miglint stats --sql | psql -XAtq DATABASE > miglint-sizes.toml",
    )
    parser.add_argument("--date", metavar="DAY", help="the day of the exports, such as 2026-11-03")
    parser.add_argument(
        "--counted-since",
        metavar="DAY",
        help="the day on which pg_stat_user_tables was last reset; without it, how often tables are used is "
        "not known, so that none counts as small",
    )


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--last", type=_count, metavar="N", help="only the last N migrations of what is named otherwise"
    )
    server = parser.add_argument_group(
        "server",
        "SQL of the project is run, as superuser of a scratch server that is started for it and removed "
        "afterwards.",
    )
    server.add_argument(
        "--url",
        type=_word,
        metavar="URL",
        help="a scratch server of your own: the URL of an empty database on it, copies of which are used "
        "and dropped",
    )
    server.add_argument(
        "--dump",
        type=_word,
        metavar="FILE",
        help="a dump in SQL of the schema before the migrations, instead of those that come before them",
    )
    parser.add_argument(
        "--fail-on",
        choices=[str(severity) for severity in Severity],
        help="the lowest severity that makes the exit code 1 (default: warning)",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of migrations")
    return int(text)


def _add_draft(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "migration",
        type=_word,
        metavar="MIGRATION[:LINE]",
        help="a migration that is not applied yet, by its name or file; with a line, the statement there",
    )
    parser.add_argument(
        "--value",
        action="append",
        metavar="COLUMN=EXPRESSION",
        help="what old rows get in a new column that must have a value; without a column, in any",
    )


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
        (_add_input, _add_scope, _add_rules, _add_report, _add_color),
    ),
    _Command(
        "plan",
        "show what the server does for each statement",
        _function("listings", "plan"),
        (_add_input, _add_scope, _add_project_rules, _add_format, _add_color, _add_direction),
    ),
    _Command(
        "scaffold",
        "write a hazardous migration as several, with their ways back",
        _function("scaffold", "scaffold"),
        (_add_draft, _add_input, _add_project_rules, _add_format, _add_color),
    ),
    _Command(
        "schema",
        "print the schema after the migrations",
        _function("listings", "schema"),
        (_add_input, _add_end, _add_format),
    ),
    _Command(
        "debt",
        "list what migrations have begun and not finished",
        _function("listings", "debt"),
        (_add_input, _add_format),
    ),
    _Command(
        "tools",
        "list the histories found, and why",
        _function("listings", "tools"),
        (_add_input, _add_format),
    ),
    _Command(
        "verify",
        "run migrations there and back on a scratch server",
        _function("verify", "verify"),
        (_add_input, _add_scope, _add_verify, _add_format, _add_color),
    ),
    _Command("rules", "list the rules", _function("listings", "rules"), (_add_project_rules, _add_format)),
    _Command(
        "explain",
        "explain a rule, with examples",
        _function("listings", "explain"),
        (_add_project_rules, _add_name),
    ),
    _Command(
        "baseline",
        "set the current findings aside",
        _function("check", "write_baseline"),
        (_add_input, _add_rules, _add_file),
    ),
    _Command("stats", "measure how large tables are", _function("stats", "stats"), (_add_stats,)),
    _Command("init", "write a configuration for this project", _function("init", "init"), (_add_place,)),
)
