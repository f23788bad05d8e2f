"""Rules that live in the linted project: the only code of it that runs, and only where the user says so."""

import argparse
import os

from miglint.config import Settings, load
from miglint.errors import ConfigError
from miglint.registry import load_rules
from miglint.rule import Rule

ALLOWING = "MIGLINT_ALLOW_PROJECT_RULES"
OPTION = "--allow-project-rules"


def all_rules(arguments: argparse.Namespace, settings: Settings) -> tuple[Rule, ...]:
    """Load the rules for a check.

    A folder of rules that the configuration names and nobody allows is an error: without them the check
    would look like a pass.
    """
    folder = settings.rules
    if not folder:
        return load_rules()
    if not os.path.isdir(folder):
        reason = "is not a folder" if os.path.lexists(folder) else "does not exist"
        raise ConfigError(settings.file, f"rules: {folder} {reason}")
    if not _is_allowed(arguments):
        message = f"rules: {folder} contains code of the project, which is not run"
        raise ConfigError(settings.file, message, f"allow it with {OPTION} or {ALLOWING}=1")
    root = os.path.realpath(settings.root)
    if os.path.commonpath((root, os.path.realpath(folder))) != root:
        raise ConfigError(settings.file, f"rules: {folder} is outside the project")
    return load_rules(folder)


def listed_rules(arguments: argparse.Namespace) -> tuple[Rule, ...]:
    """Load the rules for a list: those of the project only where they are allowed."""
    return all_rules(arguments, load()) if _is_allowed(arguments) else load_rules()


def _is_allowed(arguments: argparse.Namespace) -> bool:
    return arguments.allow_project_rules or os.environ.get(ALLOWING) == "1"
