"""Finds the rules: packages that register in the entry-point group `miglint.rules`."""

import os
from importlib import import_module
from types import ModuleType

from miglint.entry_points import registered
from miglint.errors import PackageError
from miglint.rule import Rule

GROUP = "miglint.rules"
BUILT_IN = "miglint_rules"


def load_rules() -> tuple[Rule, ...]:
    """Give every rule of every registered package, sorted by name.

    Raises PackageError for a package that does not load, a module without a rule, or a name twice.
    """
    rules: dict[str, Rule] = {}
    for package in registered(GROUP) or (BUILT_IN,):
        for rule in rules_in(package):
            if rule.name in rules:
                raise PackageError(
                    f"two rules are called {rule.name!r}: {rules[rule.name].module} and {rule.module}"
                )
            rules[rule.name] = rule
    return tuple(rules[name] for name in sorted(rules))


def rules_in(package: str) -> tuple[Rule, ...]:
    """Give the rules of one package: one in each module, the folders being the categories."""
    root = _import(package)
    return tuple(_rule_of(_import(name)) for name in sorted(_modules(package, root)))


def _modules(package: str, root: ModuleType) -> list[str]:
    found = []
    for folder in root.__path__:
        for category in os.scandir(folder):
            if category.is_dir() and not category.name.startswith(("_", ".")):
                found += [
                    f"{package}.{category.name}.{entry.name[:-3]}"
                    for entry in os.scandir(category.path)
                    if entry.name.endswith(".py") and not entry.name.startswith("_")
                ]
    return found


def _import(name: str) -> ModuleType:
    try:
        return import_module(name)
    except Exception as error:
        raise PackageError(f"the rule package {name} does not load: {error}") from error


def _rule_of(module: ModuleType) -> Rule:
    rule = getattr(module, "rule", None)
    if not isinstance(rule, Rule):
        raise PackageError(f"{module.__name__} has no rule")
    if rule.module != module.__name__:
        raise PackageError(f"{module.__name__} takes its rule from {rule.module}")
    return rule
