"""Output formats: one module each, named after its format, with a pure `render(report, options) -> str`.

A new format is a new module in this folder and nothing else. Modules that start with an underscore
are shared parts; a trailing underscore (`json_`) only keeps a module apart from the standard library's.
A format's module is imported when that format is asked for.
"""

import os
from importlib import import_module
from typing import NamedTuple

from miglint.model import Report


class RenderOptions(NamedTuple):
    """What a reader may ask of a format; each format looks at what concerns it.

    The format text: `color`: ANSI colours; `links`: links to rules, and to files in `folder`, the absolute
    path of the working directory; `width`: how wide lines may be; `quiet`: findings only; `statistics`: how
    many of each rule only; `configured`: the project has a configuration.
    `sarif_suppressed`: whether suppressed findings are in the SARIF log; GitHub opens alerts for them.
    """

    color: bool = False
    links: bool = False
    folder: str = ""
    width: int = 120
    quiet: bool = False
    statistics: bool = False
    configured: bool = False
    sarif_suppressed: bool = True


DEFAULTS = RenderOptions()

_MODULES = {
    module.rstrip("_"): module
    for module, dot, _ in (entry.partition(".py") for entry in os.listdir(__path__[0]))
    if dot and not module.startswith("_")
}

FORMATS: tuple[str, ...] = tuple(sorted(_MODULES))
FORMATS_WITH_FIXES = frozenset(("json", "rdjson", "sarif"))


def render(form: str, report: Report, options: RenderOptions = DEFAULTS) -> str:
    """Give the report in one of `FORMATS`; the text ends in a line break unless it is empty."""
    rendered: str = import_module(f"miglint.report.{_MODULES[form]}").render(report, options)
    return rendered
