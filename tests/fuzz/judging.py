"""What may not happen: an exception, an input that takes too long, a statement of which nothing is said."""

import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

from tests.fuzz.inputs import Input

from miglint import __version__
from miglint.dialects.postgres.library import SyntaxProblem, parse
from miglint.engine import Plan, Run, run
from miglint.findings.suppressions import parse as parse_suppressions
from miglint.model import Direction, History, Migration, Report, Script, Source, Span, TransactionMode
from miglint.registry import load_rules
from miglint.report import FORMATS, RenderOptions, render
from miglint.show import plan as show_plan
from miglint.show import schema as show_schema
from miglint.tools import histories_of_texts

RULES = load_rules()
MODES = (TransactionMode.PER_MIGRATION, TransactionMode.PER_STATEMENT, TransactionMode.SCRIPT)
CPU_SECONDS = 5.0
MARKER = "DROP TABLE nobody_has_this_table;\n"


class Fault(NamedTuple):
    """What went wrong; `key` is the same for the same fault, as far as can be told."""

    kind: str
    key: str
    detail: str


class TooLong(BaseException):
    """The time is up: no `except Exception` may catch it."""


def judge(tried: Input, number: int) -> list[Fault]:
    """Give what is wrong with an input; whole reports are printed for some only."""
    faults: list[Fault] = []
    started = time.process_time()
    try:
        with _limited(CPU_SECONDS):
            for result in _runs(tried, number):
                faults += _faults(result, number)
            if tried.scripts:
                faults += _lost(tried, number)
    except TooLong as error:
        faults.append(Fault("hang", _place(error), traceback.format_exc()))
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        faults.append(Fault("crash", _place(error), traceback.format_exc()))
    if not faults and time.process_time() - started > CPU_SECONDS:
        faults.append(Fault("hang", "in C", ""))
    return faults


def _runs(tried: Input, number: int) -> Iterator[Run]:
    if tried.files is None:
        histories: tuple[History, ...] = (_history(tried.scripts, MODES[number % len(MODES)]),)
    else:
        histories = tuple(histories_of_texts(tried.files))
    for history in histories:
        yield run(history, Plan(rules=RULES))


def _history(scripts: tuple[str, ...], mode: TransactionMode) -> History:
    migrations = []
    for number, text in enumerate(scripts, 1):
        source = Source(f"{number}.sql", text)
        script = Script(source, Span(0, len(text)), Direction.UP, mode)
        down = script._replace(direction=Direction.DOWN) if number % 2 else None
        migrations.append(Migration(str(number), script, down))
    return History("fuzz", ".", "postgres", tuple(migrations))


def _faults(result: Run, number: int) -> Iterator[Fault]:
    crashes = [*(p.cause for p in result.history.problems if p.cause), *(c.cause for c in result.crashes)]
    for cause in crashes:
        yield Fault("crash", _place(cause), "".join(traceback.format_exception(cause)))
    for gap in result.not_analysed:
        if "bug of miglint" in gap.reason:
            yield Fault("lost", "by the parser", f"{gap.path}:{gap.line}")
    for diagnostic in result.diagnostics:
        source = diagnostic.finding.source or diagnostic.source
        start, end = diagnostic.finding.span
        if not 0 <= start <= end <= len(source.text):
            yield Fault(
                "crash", f"span of {diagnostic.rule}", f"{start}-{end} in {len(source.text)} characters"
            )
    for source in result.sources:
        parse_suppressions(source)
    if number % 10 == 0:
        _print(result, number)


def _print(result: Run, number: int) -> None:
    report = Report(
        diagnostics=result.diagnostics,
        rules=(),
        not_analysed=result.not_analysed,
        histories=1,
        migrations=len(result.history.migrations),
        statements=len(result.steps),
        version=__version__,
    )
    render(FORMATS[number // 10 % len(FORMATS)], report, RenderOptions())
    show_plan.as_text([show_plan.Plan(result.history, result.steps, result.diagnostics)])
    show_schema.as_text(result.schema)


def _lost(tried: Input, number: int) -> Iterator[Fault]:
    """Put a statement behind a script that the server takes: it has to be seen."""
    text = tried.scripts[-1].rstrip()
    try:
        if "\\" in text or "stdin" in text.lower() or not parse(text.encode("utf-8", "surrogatepass")):
            return
    except SyntaxProblem:
        return
    # A line comment ends with its line, and nothing else is open in what the server takes.
    scripts = (*tried.scripts[:-1], f"{text}\n;{MARKER}")
    result = run(_history(scripts, MODES[number % len(MODES)]), Plan())
    if not any(step.statement.text == MARKER[:-2] for step in result.steps):
        yield Fault("lost", "behind a good script", repr(text[-200:]))


def _place(error: BaseException) -> str:
    """Give the kind of an exception and the line of miglint that it comes from."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "miglint" in f.filename]
    last = frames[-1] if frames else None
    where = f"{last.filename.rpartition('miglint/')[2]}:{last.lineno}" if last else "?"
    return f"{type(error).__name__} at {where}"


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise TooLong when the block has used that much of the processor."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
