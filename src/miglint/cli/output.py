"""What the commands print and write."""

import errno
import os
import stat
import sys
import time
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from typing import TextIO

from miglint.errors import UsageError
from miglint.model import NotAnalysed
from miglint.report import RenderOptions
from miglint.text.visible import visible

PROGRESS_AFTER_SECONDS = 1.0
_COLUMNS = 80
EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE = 0, 1, 2


def put(text: str, *, for_people: bool = True) -> None:
    """Print a text as it is; one for programs in UTF-8, whatever the terminal speaks. Raises UsageError."""
    if sys.stdout is None:  # the shell has closed it
        return
    try:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding=None if for_people else "utf-8", errors="replace")
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        discard(sys.stdout)
        raise
    except OSError as error:
        discard(sys.stdout)
        raise UsageError(f"standard output: {error.strerror}") from None


def say(line: str) -> None:
    """Print a line to standard error; what a terminal would take for a command is written out."""
    murmur(visible(line) + "\n")


def murmur(text: str) -> None:
    """Write to standard error as it is; where nobody can read it, the exit code has to do."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Send what a stream still holds nowhere: Python writes it at its end, complains, and exits with 120."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def write_file(path: str, text: str) -> None:
    """Write a file that the user named: all of it, or the file stays as it was. Raises UsageError.

    Bytes of names that are not UTF-8 become escapes, those of JSON.
    """
    data = text.encode("utf-8", "backslashreplace")
    target = os.path.realpath(path)
    try:
        if os.path.lexists(target) and not os.path.isfile(target):  # a device or a pipe
            _overwrite(target, data)
        else:
            _replace(target, data)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None


def _overwrite(target: str, data: bytes) -> None:
    with open(target, "wb") as stream:
        stream.write(data)


def _replace(target: str, data: bytes) -> None:
    """Write a new file and give it the name of the old one, so that neither is ever there in part."""
    from tempfile import NamedTemporaryFile

    folder, name = os.path.split(target)
    temporary = ""
    try:
        with NamedTemporaryFile(dir=folder, prefix=f".{name}.", delete=False) as stream:
            temporary = stream.name
            stream.write(data)
        os.chmod(temporary, _mode(target))
        os.replace(temporary, target)
    except BaseException as error:
        if temporary:
            os.unlink(temporary)
        # A folder that takes no new file, or a file that is a mount point, as in containers.
        if isinstance(error, PermissionError) or getattr(error, "errno", 0) == errno.EBUSY:
            _overwrite(target, data)
        else:
            raise


def _mode(target: str) -> int:
    """Give the permissions of the file to replace, else those of a new one."""
    if os.path.exists(target):
        return stat.S_IMODE(os.stat(target).st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def color(choice: str) -> bool:
    """Tell whether to colour: `always`, `never`, or `auto` by the terminal and the environment."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("FORCE_COLOR") in ("0", "false"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return is_terminal() and os.environ.get("TERM") != "dumb"


def for_terminal(options: RenderOptions, choice: str) -> RenderOptions:
    """Give the options for a text on standard output: colour and links, and the width of a terminal."""
    colored, width = color(choice), terminal_width()
    if width is None:
        return options._replace(color=colored)
    links = colored and _knows_links(os.environ)
    return options._replace(color=colored, width=width, links=links, folder=os.getcwd() if links else "")


_LINKING_PROGRAMS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "WarpTerminal", "rio")
_LINKING_TERMINALS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm")
_FIRST_LINKING_VTE = 5000


def _knows_links(environment: Mapping[str, str]) -> bool:
    """Tell whether the terminal is one of those that are known for OSC 8; others print rubbish, or ignore it.

    https://github.com/Alhadis/OSC8-Adoption lists them; no terminal can be asked.
    """
    if "FORCE_HYPERLINK" in environment:
        return environment["FORCE_HYPERLINK"] != "0"
    if environment.get("CI") or environment.get("TERM", "").startswith(("screen", "tmux")):
        return False
    vte = environment.get("VTE_VERSION", "")
    return (
        environment.get("TERM_PROGRAM") in _LINKING_PROGRAMS
        or environment.get("TERM", "").startswith(_LINKING_TERMINALS)
        or (vte.isdigit() and int(vte) >= _FIRST_LINKING_VTE)
        or "WT_SESSION" in environment
        or "KONSOLE_VERSION" in environment
    )


def terminal_width() -> int | None:
    """Give the columns of the terminal that standard output is, None where it is none."""
    return columns() if is_terminal() else None


def columns() -> int:
    """Give what `shutil.get_terminal_size` does; that module brings five for archives, which take 2 ms."""
    number = os.environ.get("COLUMNS", "")
    if number.isdecimal() and int(number):
        return int(number)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or _COLUMNS  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return _COLUMNS


def is_terminal() -> bool:
    """Tell whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


class Progress:
    """A line on a terminal's standard error, once a run takes longer than a second."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self.total = total
        self.done = 0
        self.started = time.monotonic()
        self.shown = False
        self.visible = not quiet and sys.stderr is not None and sys.stderr.isatty()

    def at(self, number: int) -> None:
        """Say that the next migration is reached."""
        self.done += 1
        if self.visible and self.done % 20 == 0 and time.monotonic() - self.started > PROGRESS_AFTER_SECONDS:
            self.shown = True
            murmur(f"\r{self.done} of {self.total} migrations")

    def clear(self) -> None:
        """Take the line away."""
        if self.shown:
            murmur("\r\x1b[K")


def say_omitted(places: Sequence[NotAnalysed]) -> None:
    """Name what was not analysed on standard error, and count it."""
    for place in places:
        say(f"not analysed: {place.path}:{place.line}: {place.reason}")
    if places:
        say(f"{len(places)} place{'' if len(places) == 1 else 's'} not analysed")
