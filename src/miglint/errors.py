"""
Everything that can go wrong, as types.

MiglintError                 something the user can mend; exit 2
├── UsageError               the command line asks for something impossible
├── ConfigError              the configuration is wrong; names the file and the key
├── UnknownRule              a rule name that no package provides
├── NoMigrations             a path holds nothing to check
├── UnreadableFile           a file cannot be read or decoded
├── GitError                 git cannot say what a change adds
└── PackageError             a package of rules or tools does not load; exit 3
Crash                        a check, a reader or the model raised; all else still runs, exit 3
"""

from collections.abc import Iterable


class MiglintError(Exception):
    """An error with a message for the user, and perhaps a hint how to mend it."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(MiglintError):
    """The command line asks for something impossible."""


class ConfigError(MiglintError):
    """The configuration file `path` is wrong."""

    def __init__(self, path: str, message: str, hint: str = "") -> None:
        super().__init__(f"{path}: {message}", hint)
        self.path = path


class UnknownRule(MiglintError):
    """No rule has this name; `where` says who asked for it."""

    def __init__(self, name: str, known: tuple[str, ...], where: str, hint: str = "") -> None:
        super().__init__(f"{where}: unknown rule {name!r}", hint or did_you_mean(name, known))
        self.name = name


class NoMigrations(MiglintError):
    """A path holds nothing to check: silence would look like a pass."""

    def __init__(self, path: str, hint: str = "") -> None:
        super().__init__(f"{path}: no migrations found", hint)
        self.path = path


class UnreadableFile(MiglintError):
    """A file that cannot be read, decoded or bounded."""

    def __init__(self, path: str, reason: str, line: int = 1) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
        self.line = line


class GitError(MiglintError):
    """Git cannot say what a change adds."""


class PackageError(MiglintError):
    """A package of rules or tools does not load or breaks their contract."""

    exit_code = 3


class Crash(Exception):
    """A part of miglint or of a package raised; carries what a bug report needs.

    `what` failed on `place`, a path with perhaps a line: a check, the model on one statement, a reader.
    """

    def __init__(self, what: str, place: str, cause: BaseException) -> None:
        super().__init__(f"{what} failed on {place}: {type(cause).__name__}: {cause}")
        self.what = what
        self.place = place
        self.cause = cause


def did_you_mean(name: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """Give `did you mean 'x'?` for the nearest known name, or ""."""
    near = nearest(name, known, likeness=likeness)
    return f"did you mean {near!r}?" if near else ""


def nearest(name: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """Give the known name that is most like this one, or "" where none is as much like it."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, tuple(known), n=1, cutoff=likeness)), "")
