"""What the commands print and write."""

import os
import sys
import time
from io import TextIOWrapper

from miglint.errors import UsageError
from miglint.text.visible import visible

PROGRESS_AFTER_SECONDS = 1.0
EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE = 0, 1, 2


def put(text: str, *, for_people: bool = True) -> None:
    """Print a text as it is; one for programs in UTF-8, whatever the terminal speaks. Raises UsageError."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding=None if for_people else "utf-8", errors="replace")
    try:
        # None where the shell has closed it.
        if sys.stdout is not None:
            sys.stdout.write(text)
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"standard output: {error.strerror}") from None


def say(line: str) -> None:
    """Print a line to standard error; what a terminal would take for a command is written out."""
    print(visible(line), file=sys.stderr)


def write_file(path: str, text: str) -> None:
    """Write a file that the user named; raises UsageError."""
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def color(choice: str) -> bool:
    """Tell whether to colour: `always`, `never`, or `auto` by the terminal and the environment."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout is not None and sys.stdout.isatty())


class Progress:
    """A line on a terminal's standard error, once a run takes longer than a second."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.started = time.monotonic()
        self.shown = False
        self.visible = sys.stderr is not None and sys.stderr.isatty()

    def at(self, number: int) -> None:
        """Say that the next migration is reached."""
        self.done += 1
        if self.visible and self.done % 20 == 0 and time.monotonic() - self.started > PROGRESS_AFTER_SECONDS:
            self.shown = True
            print(f"\r{self.done} of {self.total} migrations", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
