"""Finds the rules: packages that register in the entry-point group `miglint.rules`, and a project's own."""

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from types import ModuleType

from miglint.entry_points import registered
from miglint.errors import PackageError
from miglint.rule import Rule

GROUP = "miglint.rules"
BUILT_IN = "miglint_rules"
PROJECT = "project"


def load_rules(project: str = "") -> tuple[Rule, ...]:
    """Give every rule of every registered package, sorted by name, and those in a project's own folder.

    The folder's code is run: it has to be named only where the user allows that.
    Raises PackageError for a package that does not load, a module without a rule, or a name twice.
    """
    packages = registered(GROUP) or (BUILT_IN,)
    rules: dict[str, Rule] = {}
    for rule in chain(*map(rules_in, packages), _rules_below(project) if project else ()):
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


def _rules_below(folder: str) -> Iterator[Rule]:
    """Give the rules of a folder that is not a package: the folders in it are the categories."""
    for category, path in ((PROJECT, folder), *_categories(folder)):
        for stem in _stems(path):
            yield _rule_of(_load(f"{PROJECT}.{category}.{stem}", os.path.join(path, f"{stem}.py")))


def _load(name: str, path: str) -> ModuleType:
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PackageError(f"{path} cannot be loaded")
    module = module_from_spec(spec)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise PackageError(f"the rule {path} does not load: {error}") from error
    finally:
        sys.dont_write_bytecode = writes
    return module


def _modules(package: str, root: ModuleType) -> list[str]:
    return [
        f"{package}.{category}.{stem}"
        for folder in root.__path__
        for category, path in _categories(folder)
        for stem in _stems(path)
    ]


def _categories(folder: str) -> list[tuple[str, str]]:
    """Give the names and paths of the folders in a folder of rules."""
    return sorted((e.name, e.path) for e in os.scandir(folder) if e.is_dir() and e.name[0] not in "_.")


def _stems(folder: str) -> list[str]:
    """Give the names of the modules in a folder, without their endings."""
    return sorted(e.name[:-3] for e in os.scandir(folder) if e.name.endswith(".py") and e.name[0] not in "_.")


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
