"""Which functions use a value that a module computes when it is imported."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

from tests.mutants.places import SOURCE


def lines_using(path: str, name: str) -> Mapping[str, frozenset[int]]:
    """Give the lines of functions that a name of a module reaches, by file, through other values as well."""
    lines: dict[str, set[int]] = defaultdict(set)
    seen = {(path, name)}
    waiting = [(path, name)]
    while waiting:
        place, name = waiting.pop()
        for file in [place, *_importing(place, name)]:
            for found in _users(file, name):
                if isinstance(found, str):
                    if (file, found) not in seen:
                        seen.add((file, found))
                        waiting.append((file, found))
                else:
                    lines[file].update(found)
    return {file: frozenset(found) for file, found in lines.items()}


def _users(file: str, name: str) -> Iterator[range | str]:
    """Give the lines of each function that mentions a name, and the names of values that do."""
    for node in _tree(file).body:
        if not _mentions(node, name):
            continue
        if isinstance(node, ast.FunctionDef):
            yield _body(node)
        elif isinstance(node, ast.ClassDef):
            yield from (_body(n) for n in node.body if isinstance(n, ast.FunctionDef) and _mentions(n, name))
            if any(_mentions(n, name) for n in node.body if not isinstance(n, ast.FunctionDef)):
                yield node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _body(function: ast.FunctionDef) -> range:
    return range(function.body[0].lineno, (function.end_lineno or 0) + 1)


def _mentions(node: ast.AST, name: str) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return False
    return any(name in (getattr(n, "id", None), getattr(n, "attr", None)) for n in ast.walk(node))


@cache
def _tree(file: str) -> ast.Module:
    return ast.parse((SOURCE / file).read_text(encoding="utf-8"))


@cache
def _imports() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Give the names that each file imports, by the module that they come from."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for path in SOURCE.rglob("*.py"):
        file = path.relative_to(SOURCE).as_posix()
        names: dict[str, set[str]] = defaultdict(set)
        for node in ast.walk(_tree(file)):
            if isinstance(node, ast.ImportFrom) and node.module:
                names[node.module].update(alias.name for alias in node.names)
        found[file] = {module: frozenset(each) for module, each in names.items()}
    return found


def _importing(path: str, name: str) -> list[str]:
    module = ".".join((SOURCE.name, *path.removesuffix(".py").removesuffix("/__init__").split("/")))
    package, _, last = module.rpartition(".")
    return [
        file
        for file, names in _imports().items()
        if name in names.get(module, ()) or last in names.get(package, ())
    ]
