"""`python -m miglint`."""

from miglint.cli import run

run()
