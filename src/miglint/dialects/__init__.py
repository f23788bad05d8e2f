"""One package per database: parser, types, effects. Only these may import a parser library."""

from functools import cache

from miglint.dialects.dialect import Dialect
from miglint.errors import UsageError

SUPPORTED = ("postgres",)
MODELLED = (*SUPPORTED, "sqlite")
"""Those with a model that is proved; of one that is not supported yet, only rules' own examples are run."""
UNKNOWN = "unknown"
"""The dialect of what was seen and not read."""


@cache
def load(name: str) -> Dialect:
    """Give a dialect by name; its parser is imported only now.

    Raises UsageError for a database that miglint cannot analyse.
    """
    if name not in MODELLED:
        raise UsageError(f"the dialect {name!r} is not supported", f"supported: {', '.join(SUPPORTED)}")
    from importlib import import_module

    dialect: Dialect = import_module(f"miglint.dialects.{name}").dialect
    return dialect
