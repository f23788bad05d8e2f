"""Which test reaches which line, and which lines importing alone reaches: measured once, and kept."""

import hashlib
import os
import pickle
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from coverage import Coverage
from tests.mutants.applied import caches
from tests.mutants.places import SOURCE, Mutant
from tests.mutants.running import FORMS, ROOT, Timed, own_folder, passes
from tests.mutants.uses import lines_using

_LONGEST = 0.5
"""A test that takes more seconds is about time, and would cost more than it tells."""
_CACHE = ROOT / ".pytest_cache" / "mutants"
_IMPORTS = "import pkgutil, miglint, importlib\nfrom miglint.registry import load_rules\nload_rules()\n" + (
    "for each in pkgutil.walk_packages(miglint.__path__, 'miglint.'):\n"
    "    each.name.endswith('__main__') or importlib.import_module(each.name)\n"
)

Lines = Mapping[str, Mapping[int, Sequence[int]]]
"""Numbers of tests by file and line."""


class OfFile(NamedTuple):
    """What the tests of one file reach."""

    tests: Sequence[Timed]
    lines: Lines


class Reached(NamedTuple):
    """What all tests reach, and what importing does."""

    tests: Sequence[Timed]
    lines: Lines
    by_import: Mapping[str, frozenset[int]]

    def is_imported(self, mutant: Mutant) -> bool:
        """Whether what it changes has been used already when the tests begin."""
        lines = range(mutant.first, mutant.line + 1)
        return mutant.by_import or not self.by_import.get(mutant.path, frozenset()).isdisjoint(lines)

    def reaching(self, mutant: Mutant) -> list[Timed]:
        """Give the tests that can tell, the quick first; of what is imported, those of its users."""
        by_line = self.lines.get(mutant.path, {})
        if self.is_imported(mutant):
            used = lines_using(mutant.path, mutant.name)
            found = set().union(*(self._at(path, lines) for path, lines in used.items()))
            found |= self._at(mutant.path, range(mutant.first, mutant.last + 1)) or (
                set() if found else self._at(mutant.path, by_line)
            )
        else:
            lines = range(mutant.last, mutant.first - 1, -1)
            found = set(next((by_line[line] for line in lines if line in by_line), ()))
        tests = (self.tests[number] for number in found)
        quick = (test for test in tests if test.seconds < _LONGEST or test.name == FORMS)
        return sorted(quick, key=lambda test: (test.seconds, test.name))

    def _at(self, path: str, lines: Iterable[int]) -> set[int]:
        by_line = self.lines.get(path, {})
        return {number for line in lines for number in by_line.get(line, ())}


def measure(items: Mapping[str, pytest.Item]) -> Reached:
    """Run every test once, but for those of files that were run with this code before."""
    by_file: dict[str, dict[str, pytest.Item]] = defaultdict(dict)
    for name, item in items.items():
        by_file[name.partition("::")[0]][name] = item
    code = _digest(_files_of_code())
    kept = {_CACHE / f"{code}-{_digest([ROOT / name])}": found for name, found in by_file.items()}
    kept[_CACHE / f"{code}-forms"] = {}
    _CACHE.mkdir(parents=True, exist_ok=True)
    for old in set(_CACHE.iterdir()) - kept.keys():
        old.unlink()
    missing = {file: found for file, found in kept.items() if not file.exists()}
    if missing:
        _measure_in_a_child(missing)
    return Reached(*_together([pickle.loads(file.read_bytes()) for file in kept]), _of_imports())


def _files_of_code() -> Iterator[Path]:
    for folder in ("src", "rules", "fixtures", "tests"):
        for path in sorted((ROOT / folder).rglob("*")):
            is_code = folder != "tests" or (not path.name.startswith("test_") and "mutants" not in path.parts)
            if is_code and path.is_file() and "__pycache__" not in path.parts:
                yield path


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _measure_in_a_child(missing: Mapping[Path, Mapping[str, pytest.Item]]) -> None:
    """Run tests in a child: what they leave behind must not be there when the mutants come."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            for file, items in missing.items():
                file.write_bytes(pickle.dumps(_run(items)))
            code = 0
        except Exception:  # noqa: BLE001 - the parent shall hear of any
            traceback.print_exc()
        finally:
            os._exit(code)
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError("the tests cannot be measured")


def _run(items: Mapping[str, pytest.Item]) -> OfFile:
    coverage = Coverage(data_file=None, include=[f"{SOURCE}/*"], config_file=False)
    seconds: dict[str, float] = {}
    order, kept = list(items.items()), caches()
    coverage.start()
    with own_folder(list(items.values())) as folder:
        if not items and _forms_agree(coverage, folder, seconds):
            order = []
        for number, (name, item) in enumerate(order):
            for cache in kept:
                cache.cache_clear()
            coverage.switch_context(name)
            started = time.process_time()
            if passes(item, order[number + 1][1] if number + 1 < len(order) else None):
                seconds[name] = time.process_time() - started
            else:
                print(f"fails without a mutant, and is left out: {name}", file=sys.stderr)
    coverage.stop()
    tests = [Timed(*each) for each in seconds.items()]
    return OfFile(tests, _lines(coverage, list(seconds)))


def _forms_agree(coverage: Coverage, folder: Path, seconds: dict[str, float]) -> bool:
    from tests.mutants import forms

    answers = forms.answers()
    coverage.switch_context(FORMS)
    started = time.process_time()
    agree = answers.agree(folder)
    if agree:
        seconds[FORMS] = time.process_time() - started
    else:
        print("the forms disagree without a mutant, and are left out", file=sys.stderr)
    return agree


def _lines(coverage: Coverage, tests: Sequence[str]) -> Lines:
    numbers = {test: number for number, test in enumerate(tests)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a test may run nothing of miglint
        data = coverage.get_data()
    return {
        Path(path).relative_to(SOURCE).as_posix(): {
            line: [numbers[name] for name in names if name in numbers]
            for line, names in data.contexts_by_lineno(path).items()
        }
        for path in data.measured_files()
    }


def _together(files: Sequence[OfFile]) -> tuple[Sequence[Timed], Lines]:
    tests: list[Timed] = []
    lines: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for file in files:
        for path, by_line in file.lines.items():
            for line, numbers in by_line.items():
                lines[path][line] += [number + len(tests) for number in numbers]
        tests += file.tests
    return tests, {path: {n: t for n, t in by_line.items() if t} for path, by_line in lines.items()}


def _of_imports() -> dict[str, frozenset[int]]:
    """Give the lines of functions that run while the modules are imported."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        program = Path(folder) / "imports.py"
        program.write_text(_IMPORTS)
        options = [f"--data-file={data}", f"--include={SOURCE}/*", "--rcfile=/dev/null"]
        subprocess.run([sys.executable, "-m", "coverage", "run", *options, str(program)], check=True)
        coverage = Coverage(data_file=data, config_file=False)
        coverage.load()
        measured = coverage.get_data()
        return {
            Path(path).relative_to(SOURCE).as_posix(): frozenset(measured.lines(path) or ())
            for path in measured.measured_files()
        }
