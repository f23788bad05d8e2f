"""argv to exit code."""

import os
import sys
from collections.abc import Sequence

from miglint import __version__
from miglint.cli.arguments import parse
from miglint.cli.output import murmur, say
from miglint.errors import Crash, MiglintError, UsageError

EXIT_INTERNAL = 3


def main(argv: Sequence[str]) -> int:
    """Run the program; give its exit code."""
    try:
        arguments = parse(argv)
        try:
            os.getcwd()
        except OSError:
            raise UsageError("the working directory no longer exists") from None
        code: int = arguments.command(arguments)
        return code
    except MiglintError as error:
        say(f"miglint: {error.message}")
        if error.hint:
            say(f"  hint: {error.hint}")
        return error.exit_code
    except Crash as crash:
        _print_bug_report(str(crash), crash.cause)
        return EXIT_INTERNAL
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001 - the last stop: a bug is told apart from findings
        _print_bug_report(f"{type(error).__name__}: {error}", error)
        return EXIT_INTERNAL


def _print_bug_report(message: str, error: BaseException) -> None:
    import traceback

    lines = [
        f"miglint: internal error: {message}",
        "This is a bug in miglint or in a rule package. Please report it with these lines:",
        f"  miglint {__version__}, Python {sys.version.split()[0]}, {sys.platform}",
        *("  " + line.rstrip().replace("\n", "\n  ") for line in traceback.format_exception(error)),
    ]
    murmur("\n".join(lines) + "\n")
