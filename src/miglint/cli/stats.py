"""`miglint stats`: how to measure the tables of a database, so that findings tell small from large."""

import argparse

from miglint.cli.output import EXIT_CLEAN, put
from miglint.errors import UsageError


def stats(arguments: argparse.Namespace) -> int:
    """Print the query that measures a database; nothing is connected to."""
    if not arguments.sql:
        raise UsageError("nothing to do", "--sql prints the query that measures a database")
    from miglint.dialects import load

    put(load("postgres").sizes_query.lstrip("\n"))
    return EXIT_CLEAN
