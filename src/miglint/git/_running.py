"""Run git, so that it runs nothing else, waits for nobody and writes nothing."""

import os
from typing import TYPE_CHECKING, NamedTuple

from miglint.errors import GitError
from miglint.text.visible import visible

if TYPE_CHECKING:
    from subprocess import CompletedProcess

SECONDS = 60
"""How long one call may take."""


class Repository(NamedTuple):
    """A repository and how to ask it.

    `git` is the program, `options` go before each command.
    `prefix` is where `directory` is in the working tree: "", or "a/b/".
    A `partial` clone lacks the contents of files that were not checked out; `remotes` are their names.
    """

    git: str
    directory: str
    options: tuple[str, ...] = ()
    prefix: str = ""
    shallow: bool = False
    partial: bool = False
    remotes: tuple[str, ...] = ()


def run(repository: Repository, *arguments: str, ok: tuple[int, ...] = (0,)) -> "CompletedProcess[bytes]":
    """Run one command of git to its end; raises GitError for an exit code that is not `ok`."""
    from subprocess import DEVNULL, TimeoutExpired
    from subprocess import run as run_process

    try:
        done = run_process(
            command(repository, *arguments),
            cwd=repository.directory,
            env=environment(),
            stdin=DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except TimeoutExpired:
        raise too_slow(arguments[0]) from None
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror or error}") from None
    if done.returncode not in ok:
        raise GitError(f"`git {arguments[0]}` failed: {reason(done)}", missing_contents(repository))
    return done


def command(repository: Repository, *arguments: str) -> list[str]:
    """Give the command line of a command of git."""
    return [
        repository.git,
        # Else `git status` writes the index where files were touched, and then runs a hook.
        "--no-optional-locks",
        "--no-pager",
        # The empty value means no to every version; before 2.36, any other was a program to run.
        *("-c", "core.fsmonitor="),
        # A folder that looks like a bare repository could bring a configuration with programs to run.
        *("-c", "safe.bareRepository=explicit"),
        # `git status` reads the user's file of what to show first, and stops if there is none.
        *("-c", f"diff.orderFile={os.devnull}"),
        *repository.options,
        *arguments,
    ]


def environment() -> dict[str, str]:
    """Give the user's environment, with what hooks get in it (GIT_DIR, GIT_INDEX_FILE).

    Messages are in English. A partial clone would fetch contents that it lacks: git before 2.44 does not know
    GIT_NO_LAZY_FETCH, but uses no transport that is not in the list.
    """
    return {
        **os.environ,
        "LC_ALL": "C",
        "LANGUAGE": "",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
    }


def too_slow(name: str) -> GitError:
    """Say that a command of git took too long."""
    return GitError(f"`git {name}` did not finish within {SECONDS} seconds")


def missing_contents(repository: Repository) -> str:
    """Give the hint about contents that a partial clone lacks, "" for others."""
    if not repository.partial:
        return ""
    return (
        "the clone is partial and may lack them: `git diff --stat REF...HEAD` fetches what differs, "
        "and a clone without `--filter` has all"
    )


def reason(done: "CompletedProcess[bytes]") -> str:
    """Give the first line of git's own message."""
    lines = os.fsdecode(done.stderr).splitlines()
    line = next((line for line in lines if line.startswith(("fatal: ", "error: "))), "")
    return visible(line.partition(": ")[2] or f"exit code {done.returncode}")
