"""`miglint init`: a commented configuration for the project, and how to run miglint in it."""

import argparse
import os

from miglint import __version__
from miglint.cli.output import put, say_omitted
from miglint.config import FIELDS
from miglint.config.file import FILE
from miglint.dialects import SUPPORTED
from miglint.errors import NoMigrations, UsageError
from miglint.findings.omitted import omitted, steps_in_code
from miglint.model import History
from miglint.model.server import title
from miglint.text.visible import visible
from miglint.tools import find_histories


def init(arguments: argparse.Namespace) -> int:
    """Write `miglint.toml` where there is none; raises UsageError where there is one."""
    if os.path.lexists(FILE):
        raise UsageError(f"{FILE} already exists", "delete it first, or edit it")
    histories = find_histories([arguments.path])
    if not any(history.migrations and history.dialect in SUPPORTED for history in histories):
        say_omitted(omitted(histories))
        raise NoMigrations(arguments.path, f"only SQL for {' and '.join(map(title, SUPPORTED))} is analysed")
    try:
        with open(FILE, "x", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(configuration(histories))
    except OSError as error:
        raise UsageError(f"{FILE}: {error.strerror}") from None
    found = "".join(f"  {_described(history)}\n" for history in histories)
    put(f"Wrote {FILE} for:\n{found}\n{_NEXT.format(version=__version__)}")
    say_omitted(omitted(histories, steps_in_code(histories)))
    return 0


def _folders(history: History) -> list[str]:
    return [path.rpartition("/")[0] or "." for path in history.in_code] or [history.root]


def _described(history: History) -> str:
    """Say what a history is, and whether it is analysed."""
    count = len(history.migrations) or len(history.in_code)
    if history.in_code and history.tool == "unknown":
        return f"{visible(_relative(history.root))}: {'; '.join(visible(gap.reason) for gap in history.gaps)}"
    text = f"{visible(_relative(history.root))}: {history.tool}, {count} migration{'' if count == 1 else 's'}"
    if history.in_code:
        return f"{text} in code: not analysed"
    return text if history.dialect in SUPPORTED else f"{text} for {title(history.dialect)}: not analysed"


def configuration(histories: tuple[History, ...]) -> str:
    """Give the text of a configuration: what was found, and the settings that most projects think about."""
    # What is not analysed is named too: each run says so, until somebody deletes it.
    folders = dict.fromkeys(folder for history in histories for folder in _folders(history))
    paths = ", ".join(_quoted(_relative(folder)) for folder in folders)
    last = next((h.migrations[-1].id for h in reversed(histories) if h.migrations), "")
    tools = "\n".join(f"# {_described(history)}" for history in histories)
    return _TEMPLATE.format(tools=tools, paths=paths, last=_quoted(last), others=_others())


def _relative(path: str) -> str:
    """Give a path as it is written in a configuration of the working directory, which others check out."""
    try:
        return os.path.relpath(path).replace(os.sep, "/")
    except ValueError:
        return path  # It is on another drive of Windows.


def _others() -> str:
    """Give the keys that the template leaves out, each with what it does."""
    lines = []
    for field in FIELDS:
        starts = (f"{field.key} =", f"# {field.key} =", f"# [{field.key}]")
        if not any(f"\n{start}" in _TEMPLATE for start in starts):
            sentence = field.sentence.replace("`", "")
            lines += [f"# {sentence}", f"# {field.key} = {field.default or '...'}"]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    from json import dumps

    return dumps(text, ensure_ascii=False)


_TEMPLATE = """\
# Configuration of miglint; it applies to the folder that it is in, and all folders below.

{tools}
paths = [{paths}]

# The oldest PostgreSQL server that runs the migrations.
# postgres_version = 14

# Report only what comes after this migration: the history before it has run everywhere.
# start_after = {last}

# Tables under constant load, and tables so small that no scan of them takes time; `miglint stats --sql`
# prints a query that measures them.
# hot_tables = ["orders"]
# small_tables = ["plans"]

# Set this where the role or the connection that migrates has a lock_timeout.
# runner_sets_lock_timeout = true

# The lowest severity that makes the exit code 1: "error", "warning" or "note".
# fail_on = "warning"

# The other keys, with their defaults.
#
{others}

# [severity]
# dropped-column = "warning"
"""

_NEXT = """\
Set today's findings aside, and look at them later:
  miglint baseline

Check each commit, in .pre-commit-config.yaml:
  - repo: local
    hooks:
      - id: miglint
        name: miglint
        entry: miglint check --staged
        language: python
        additional_dependencies: [miglint=={version}]
        pass_filenames: false
        always_run: true

Check each pull request, in a job of GitHub Actions:
  - uses: actions/checkout@v6
    with:
      fetch-depth: 0
  - run: pipx run miglint=={version} check --since origin/${{{{ github.base_ref }}}} --output-format github
"""
