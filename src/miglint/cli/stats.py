"""`miglint stats`: how to measure the tables of a database, so that findings tell small from large."""

import argparse
from datetime import date, timedelta

from miglint.cli.output import EXIT_CLEAN, put, say
from miglint.errors import UsageError


def stats(arguments: argparse.Namespace) -> int:
    """Print the query that measures a database, or the file of sizes that exports of its catalog make."""
    if arguments.sql == bool(arguments.exports):
        hint = "--sql prints the query that measures a database; exports of its catalog are CSV files"
        raise UsageError("name either --sql or exports", hint)
    if arguments.sql:
        if arguments.date or arguments.counted_since:
            raise UsageError("--date and --counted-since are for exports")
        from miglint.dialects import load

        put(load("postgres").sizes_query.lstrip("\n"))
        return EXIT_CLEAN
    return _of_exports(arguments)


def _of_exports(arguments: argparse.Namespace) -> int:
    from miglint.config.file import read_bytes
    from miglint.config.size_exports import LARGEST_EXPORT, dated, read_exports
    from miglint.show.sizes import as_toml

    if not arguments.date:
        raise UsageError("--date is missing", "an export does not say of which day it is: --date 2026-11-03")
    day = _day("--date", arguments.date)
    seconds = None
    if arguments.counted_since:
        seconds = (day - _day("--counted-since", arguments.counted_since)).total_seconds()
        if seconds <= 0:
            raise UsageError(f"--counted-since: {arguments.counted_since} is not before --date")
    files = {path: read_bytes(".", path, LARGEST_EXPORT) for path in arguments.exports}
    export = read_exports(files, seconds)
    if export.nameless:
        count = f"{export.nameless} tables are left out"
        say(f"miglint: warning: {count}: their schemas have only numbers; export pg_namespace as well")
    put(as_toml(dated(export, day)))
    return EXIT_CLEAN


def _day(option: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is no date such as 2026-11-03") from None
    if day > date.today() + timedelta(days=1):
        raise UsageError(f"{option}: {text} is in the future")
    return day
