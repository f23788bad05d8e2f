"""Which statements of a rule its own examples do not execute.

python -m tests.examples_covered
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from coverage import Coverage

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Run the command; 0 when the examples execute every statement."""
    coverage = Coverage(data_file=None, include=[f"{ROOT / 'rules'}/*"], config_file=False)
    coverage.start()
    from miglint.registry import load_rules
    from miglint.testing import found

    rules = load_rules()
    for rule in rules:
        coverage.switch_context(rule.name)
        for example in rule.examples:
            found(rule, example)
    coverage.stop()
    missed = [line for rule in rules for line in _missed(coverage, rule.name, sys.modules[rule.module])]
    print("\n".join(missed))
    return 1 if missed else 0


def _missed(coverage: Coverage, rule: str, module: ModuleType) -> Iterator[str]:
    """Give the statements in the functions of a rule that only others, or nobody, executed."""
    path = inspect.getsourcefile(module) or ""
    contexts = coverage.get_data().contexts_by_lineno(path)
    text = Path(path).read_text(encoding="utf-8")
    for number in _in_functions(ast.parse(text), coverage.analysis2(path)[1]):
        if not {rule, ""}.intersection(contexts.get(number, ())):
            yield f"{Path(path).relative_to(ROOT)}:{number}: {text.splitlines()[number - 1].strip()}"


def _in_functions(tree: ast.Module, statements: list[int]) -> list[int]:
    bodies = [
        range(node.body[0].lineno, (node.end_lineno or 0) + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    ]
    return [number for number in statements if any(number in body for body in bodies)]


if __name__ == "__main__":
    sys.exit(main())
