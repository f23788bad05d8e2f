"""A parser of words on the command line that says what is wrong, and what was meant."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from miglint.cli.output import columns, murmur, put
from miglint.errors import did_you_mean, nearest
from miglint.text.visible import visible


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, width=columns() - 2)


class Parser(argparse.ArgumentParser):
    """A parser that names the nearest word for one that it does not know.

    No option can be shortened: `--st` would mean another one as soon as there is another one.
    """

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords, allow_abbrev=False, formatter_class=_formatter)

    def _print_message(self, message: str, file: object = None) -> None:
        """Print as every command does: argparse's own way leaves a full disk to the end of the process."""
        (put if file is sys.stdout else murmur)(message)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = tuple(action.choices)
            what = "/".join(action.option_strings) or "command"
            hint = did_you_mean(value, known)
            if not hint and os.path.exists(value):
                hint = f"`miglint check {value}` checks what is there"
            self.fail(f"{what}: {value!r} is not one of {', '.join(known)}", hint)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and how this command is used."""
        self.fail(message)

    def fail(self, message: str, hint: str = "") -> NoReturn:
        """Say what is wrong, a hint, and how this command is used."""
        lines = (f"{self.prog}: {message}", *([f"  hint: {hint}"] if hint else []))
        self.exit(2, "\n".join(map(visible, lines)) + f"\n\n{self.format_usage()}")

    def refuse(self, words: Sequence[str]) -> NoReturn:
        """Say that there are no such options or arguments."""
        word = words[0].partition("=")[0]
        known = {name.lstrip("-"): name for action in self._actions for name in action.option_strings}
        near = nearest(word.lstrip("-"), known)
        kind = "option" if word.startswith("-") else "argument"
        self.fail(f"unknown {kind} {word!r}", f"did you mean {known[near]!r}?" if near else "")
