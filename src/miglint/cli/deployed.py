"""Histories with what git knows of which migrations are deployed together."""

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from miglint.cli.output import say
from miglint.dialects import SUPPORTED
from miglint.errors import GitError
from miglint.model import History
from miglint.model.change import Arrivals
from miglint.tools import with_arrivals, with_periods


class Known(NamedTuple):
    """A history with what git knows to be deployed together, and with what may be."""

    deployed: History
    perhaps: History


def as_git_knows(histories: Sequence[History], *, quiet: bool = False) -> tuple[Known, ...]:
    """Put together in each history what came into its branch with one commit; say where git cannot tell.

    A history that is compared with a base knows better what comes at once.
    """
    known: dict[str, Arrivals] = {}
    roots = [_root(history) for history in histories]
    for root in dict.fromkeys(filter(None, roots)):
        endings = {
            ending for h, at in zip(histories, roots, strict=True) if at == root for ending in _endings(h)
        }
        known[root] = _arrivals(root, endings, quiet=quiet)
    return tuple(
        _known(history, known[root]) if root else Known(history, history)
        for history, root in zip(histories, roots, strict=True)
    )


def _known(history: History, arrivals: Arrivals) -> Known:
    deployed = with_arrivals(history, arrivals)
    return Known(deployed, with_periods(deployed, arrivals))


def _root(history: History) -> str:
    """Give the root of the repository whose commits can say something of a history, else ""."""
    if history.base is not None or history.dialect not in SUPPORTED or len(history.migrations) < 2:
        return ""
    at = os.path.abspath(history.root)
    while not os.path.exists(os.path.join(at, ".git")):
        above = os.path.dirname(at)
        if above == at:
            return ""
        at = above
    # The `.git` of a linked working tree or a submodule is a file.
    git = os.path.join(at, ".git")
    return at if os.path.isfile(git) or os.path.isfile(os.path.join(git, "HEAD")) else ""


def _endings(history: History) -> Iterable[str]:
    for migration in history.migrations:
        ending = os.path.splitext(migration.path)[1]
        # Anything else could mean something in a pattern.
        if ending[1:].isalnum():
            yield ending


def _arrivals(root: str, endings: set[str], *, quiet: bool) -> Arrivals:
    from miglint import git

    if not endings:
        return Arrivals(())
    try:
        found = git.arrivals(root, endings)
    except GitError as error:
        if not quiet:
            say(f"miglint: what was deployed together is known from names alone: {error}")
        return Arrivals(())
    if found.cut and not quiet:
        say(
            "miglint: the clone is shallow, so what was deployed together is known from names alone: "
            f"{git.WHOLE_HISTORY}"
        )
    return found
