"""Puts a mutant into the running process, in the code of a function, or before its module is imported."""

import ast
import functools
import gc
import importlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tests.mutants.places import SOURCE, Mutant, mutated


def caches() -> list[Any]:
    """Give what keeps results of functions: they must be forgotten when a function changes."""
    return [each for each in gc.get_objects() if isinstance(each, functools._lru_cache_wrapper)]


def change(mutant: Mutant) -> None:
    """Change the function that a mutant is in; every reference to it then has the fault."""
    module = importlib.import_module(_module_name(mutant.path))
    tree, definitions = mutated(mutant)
    code: CodeType = compile(tree, str(module.__file__), "exec", dont_inherit=True)
    holder: Any = module
    for node in definitions:
        holder = vars(holder)[node.name]  # type: ignore[attr-defined]
        code = next(inner for inner in code.co_consts if _is_of(inner, node))
    _function(holder).__code__ = code


def import_with(mutant: Mutant) -> None:
    """Let the module of a mutant have the fault when it is imported."""
    sys.meta_path.insert(0, _Finder(mutant))


def _module_name(path: str) -> str:
    parts = (SOURCE.name, *path.removesuffix(".py").split("/"))
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_of(code: Any, node: ast.AST) -> bool:
    if not isinstance(code, CodeType) or not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return False
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return code.co_name == node.name and code.co_firstlineno == first


def _function(found: Any) -> FunctionType:
    """Give the function itself, out of what decorators made of it."""
    while not isinstance(found, FunctionType) or hasattr(found, "__wrapped__"):
        attributes = ("__wrapped__", "__func__", "fget", "func")
        found = next(inner for inner in (getattr(found, a, None) for a in attributes) if inner is not None)
    return found


class _Finder:
    """Finds one module, and gives it a mutant."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.name = _module_name(mutant.path)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(name, spec.origin, self.mutant)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, mutant: Mutant) -> None:
        super().__init__(name, path)
        self.mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = compile(mutated(self.mutant)[0], self.path, "exec", dont_inherit=True)
        return code
