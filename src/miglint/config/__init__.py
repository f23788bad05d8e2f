"""Settings from `miglint.toml` or `[tool.miglint]` in `pyproject.toml`, checked once.

The file is the nearest one at or above the working directory, up to the root of the repository (the
folder that holds `.git`); in one folder `miglint.toml` wins. Paths and globs in it count from its folder.
"""

from miglint.config.file import load
from miglint.config.limits import LIMIT_FIELDS, PLAN_FIELDS, RATE_FIELDS
from miglint.config.selection import check_names, excluded, fitting, override_for, selects, severity_of
from miglint.config.settings import (
    ALL,
    FIELDS,
    HISTORY_FIELDS,
    OVERRIDE_FIELDS,
    POSTGRES_VERSIONS,
    ConfiguredHistory,
    Down,
    LockTimeout,
    Override,
    RuleSeverity,
    Settings,
    override,
)
from miglint.config.squawk_rules import squawk_hint
from miglint.config.values import Field

__all__ = [
    "ALL",
    "FIELDS",
    "HISTORY_FIELDS",
    "LIMIT_FIELDS",
    "OVERRIDE_FIELDS",
    "PLAN_FIELDS",
    "POSTGRES_VERSIONS",
    "RATE_FIELDS",
    "ConfiguredHistory",
    "Down",
    "Field",
    "LockTimeout",
    "Override",
    "RuleSeverity",
    "Settings",
    "check_names",
    "excluded",
    "fitting",
    "load",
    "override",
    "override_for",
    "selects",
    "severity_of",
    "squawk_hint",
]
