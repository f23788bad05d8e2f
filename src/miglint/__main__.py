"""`python -m miglint`."""

import os
import sys
from contextlib import suppress

# Python puts the working directory first: a project must not bring modules of its own into what reads it.
with suppress(OSError):  # the working directory no longer exists
    if os.path.realpath(sys.path[0]) == os.path.realpath("."):
        del sys.path[0]

from miglint.cli import run

run()
