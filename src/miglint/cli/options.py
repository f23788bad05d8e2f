"""The options of the commands, in groups that several of them share."""

import argparse

from miglint.model import Direction, Severity
from miglint.report import FORMATS


def _word(text: str) -> str:
    """Read a word; an empty one is a variable of the shell that is not set."""
    if not text:
        raise argparse.ArgumentTypeError("names nothing")
    return text


def _number(text: str) -> int | str:
    """Read a number; what is none is left for the settings to refuse, which know the numbers that fit."""
    return int(text) if text.isdecimal() else text


def add_input(parser: argparse.ArgumentParser) -> None:
    """Take where the migrations are, and how they are read."""
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


def add_scope(parser: argparse.ArgumentParser) -> None:
    """Take which of them to report."""
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


def add_rules(parser: argparse.ArgumentParser) -> None:
    """Take which rules run."""
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
    add_project_rules(parser)


def add_project_rules(parser: argparse.ArgumentParser) -> None:
    """Take whether the project's own rules run."""
    parser.add_argument(
        "--allow-project-rules",
        action="store_true",
        help="run the rules in the folder that the configuration names, which is code of the project "
        "(or set MIGLINT_ALLOW_PROJECT_RULES=1)",
    )


def add_color(parser: argparse.ArgumentParser) -> None:
    """Take colour."""
    parser.add_argument(
        "--color",
        choices=["auto", "always", "never"],
        default="auto",
        help="colour of text (default: auto, which heeds NO_COLOR and FORCE_COLOR)",
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    """Take for whom to write."""
    parser.add_argument(
        "--output-format", choices=["text", "json"], default="text", help="text for people, json for programs"
    )


def add_plan(parser: argparse.ArgumentParser) -> None:
    """Take for whom to write a plan, and whether to list statements instead."""
    parser.add_argument(
        "--output-format",
        choices=["text", "markdown", "json"],
        default="text",
        help="text for people, markdown for a pull request or a ticket, json for programs",
    )
    parser.add_argument(
        "--statements",
        action="store_true",
        help="list the statements instead, with locks, work and findings",
    )


def add_report(parser: argparse.ArgumentParser) -> None:
    """Take how findings are written, and the exit code."""
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


def add_direction(parser: argparse.ArgumentParser) -> None:
    """Take the way there or back."""
    parser.add_argument(
        "--direction",
        choices=[direction.value for direction in Direction],
        default=Direction.UP.value,
        help="down: list the statements of the ways back, each down script on the schema that its migration "
        "leaves, the last migration's first (default: up)",
    )


def add_end(parser: argparse.ArgumentParser) -> None:
    """Take where to stop."""
    parser.add_argument("--after", type=_word, metavar="MIGRATION", help="stop after this migration")


def add_name(parser: argparse.ArgumentParser) -> None:
    """Take a rule."""
    parser.add_argument("rule", metavar="RULE", help="the name of a rule, or of a category")


def add_file(parser: argparse.ArgumentParser) -> None:
    """Take a file to write."""
    parser.add_argument(
        "--output-file", metavar="FILE", help="where to write (default: the configured baseline)"
    )


def add_place(parser: argparse.ArgumentParser) -> None:
    """Take a place to look."""
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="where to look for migrations")


def add_stats(parser: argparse.ArgumentParser) -> None:
    """Take what to measure."""
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


def add_verify(parser: argparse.ArgumentParser) -> None:
    """Take what to run, and where."""
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


def add_rollback(parser: argparse.ArgumentParser) -> None:
    """Take what goes back, and whether to draft it."""
    scope = parser.add_argument_group(
        "scope",
        "What goes back. Among the PATHs can stand names of migrations. By default it is the last release: "
        "what was deployed together last, or the newest migration.",
    )
    one = scope.add_mutually_exclusive_group()
    one.add_argument("--since", metavar="REF", help="what is new since the merge base with REF")
    one.add_argument("--staged", action="store_true", help="what is staged for the next commit")
    one.add_argument(
        "--to",
        dest="start_after",
        type=_word,
        metavar="MIGRATION",
        help="everything after this migration, which stays",
    )
    draft = parser.add_argument_group("draft")
    draft.add_argument(
        "--draft",
        action="store_true",
        help="write the ways back that are missing, in the place and format of the migration tool",
    )
    draft.add_argument("--dry-run", action="store_true", help="print what --draft would write")
    draft.add_argument("--force", action="store_true", help="replace ways back that are there")


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of migrations")
    return int(text)


def add_draft(parser: argparse.ArgumentParser) -> None:
    """Take what to draft."""
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
    parser.add_argument(
        "--write",
        action="store_true",
        help="write the files as well; the migration that they replace is left for you to delete",
    )
    parser.add_argument("--force", action="store_true", help="overwrite files that are there already")
