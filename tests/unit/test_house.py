"""What holds of the house itself: how long a module may be, and where its tests are."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "miglint"
TESTS = ROOT / "tests" / "unit"
RULES = sorted(path for path in (ROOT / "rules").rglob("*.py") if path.name != "__init__.py")

# A table of names, which is as long as the server's list, and the list of what a room offers.
DATA = {"dialects/postgres/builtin_functions.py", "model/__init__.py"}
# Tests of what is no room in src/miglint: the rules, and what is published with it.
OTHER_TESTS = {"published", "rules"}


def test_a_module_is_short():
    lengths = {path: len(path.read_text().splitlines()) for path in SOURCES.rglob("*.py")}

    assert {str(path.relative_to(SOURCES)) for path, count in lengths.items() if count > 400} == DATA


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_the_logic_of_a_rule_is_short(path):
    code = [
        node for node in ast.parse(path.read_text()).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    ]
    starts = [min((node.lineno, *(decorator.lineno for decorator in node.decorator_list))) for node in code]

    assert sum(node.end_lineno - start + 1 for node, start in zip(code, starts, strict=True)) <= 80


def test_the_folders_of_tests_are_those_of_the_sources():
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("test_*.py")} - {Path()}

    assert {str(folder) for folder in folders if not (SOURCES / folder).is_dir()} == OTHER_TESTS


def test_no_two_modules_of_tests_have_one_name():
    # pytest imports those that are in no package by their names alone.
    modules = [p for p in (ROOT / "tests").rglob("test_*.py") if not (p.parent / "__init__.py").is_file()]

    assert [name for name, count in Counter(path.name for path in modules).items() if count > 1] == []


def test_each_room_has_tests():
    rooms = {path.parent.name for path in SOURCES.glob("*/__init__.py")}

    assert {room for room in rooms if not list((TESTS / room).rglob("test_*.py"))} == set()


def test_the_contracts_of_imports_see_every_rule():
    # import-linter passes over a folder without an __init__.py, and says nothing.
    folders = {path.parent for path in RULES}

    assert {folder for folder in folders if not (folder / "__init__.py").is_file()} == set()
