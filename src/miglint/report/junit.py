"""JUnit XML: the test report of Jenkins, GitLab, Azure Pipelines, CircleCI and others.

It keeps to the schema by which the xUnit plugin of Jenkins refuses files (junit-10.xsd, the strictest of
those in use): a test case has no path and no line, and the root counts nothing that is skipped.
Jenkins takes what stands after the last dot of a class name for the class, and shows the rest as its package.
A file is a suite, a finding a test case. Errors and warnings fail, as they do by default on the command
line; notes pass, with their text as output; what was not analysed is skipped.
GitLab takes test cases of the same suite, class and name for one (lib/gitlab/ci/reports/test_case.rb),
so the name holds the message, and a number where that is not enough. It holds no line, which would make
a new failure of an old one that moved.
"""

from typing import NamedTuple

from miglint.model import Diagnostic, NotAnalysed, Report, Severity
from miglint.report import DEFAULTS, RenderOptions
from miglint.report._distinct import distinct
from miglint.report._place import primary, source_of
from miglint.text.visible import visible, visible_lines

# Beside control characters and surrogates, XML 1.0 has no place for these two.
_NO_CHARACTERS = str.maketrans({"\ufffe": "\\ufffe", "\uffff": "\\uffff"})
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})

FAILURE, PASSED, SKIPPED = "failure", "system-out", "skipped"


class _Case(NamedTuple):
    """One test case in legal characters; `outcome` is the name of the element that tells it."""

    path: str
    name: str
    outcome: str
    type: str
    message: str
    text: str


def render(report: Report, options: RenderOptions = DEFAULTS) -> str:
    """Give the suites, by path; a report without any finding is one test case that passed."""
    cases = [_finding(d) for d in report.shown] + [_gap(gap) for gap in report.not_analysed]
    suites: dict[str, list[_Case]] = {}
    for case in cases:
        suites.setdefault(case.path, []).append(case)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="miglint" {_counts(cases, root=True)}>',
        *(line for path in sorted(suites) for line in _suite(path, suites[path])),
        *([] if cases else _CLEAN),
        "</testsuites>",
    ]
    return "".join(line + "\n" for line in lines)


def _finding(diagnostic: Diagnostic) -> _Case:
    at, path, finding = primary(diagnostic), _legal(source_of(diagnostic).path), diagnostic.finding
    message = _legal(finding.message)
    text = [f"{path}:{at.line}:{at.column}: {message}"]
    if finding.advice:
        text += [_legal(line) for line in visible_lines(finding.advice.strip("\n"))]
    return _Case(
        path=path,
        name=f"{_legal(diagnostic.rule)}: {message}",
        outcome=PASSED if diagnostic.severity is Severity.NOTE else FAILURE,
        type=str(diagnostic.severity),
        message=message,
        text="\n".join(text),
    )


def _gap(gap: NotAnalysed) -> _Case:
    path, reason = _legal(gap.path), _legal(gap.reason)
    return _Case(
        path=path,
        name=f"not-analysed: {reason}",
        outcome=SKIPPED,
        type="not-analysed",
        message=f"not analysed: {reason}",
        text=f"{path}:{gap.line}:1: not analysed: {reason}",
    )


def _legal(text: str) -> str:
    return visible(text).translate(_NO_CHARACTERS)


# --- elements ----------------------------------------------------------------------------------------

_CLEAN = [
    '  <testsuite name="miglint" tests="1" failures="0" errors="0" skipped="0">',
    '    <testcase name="no findings" classname="miglint"/>',
    "  </testsuite>",
]


def _counts(cases: list[_Case], *, root: bool = False) -> str:
    outcomes = [case.outcome for case in cases]
    # A clean report has one test case of its own.
    tests, failures, skipped = len(cases) or 1, outcomes.count(FAILURE), outcomes.count(SKIPPED)
    told = "" if root else f' skipped="{skipped}"'
    return f'tests="{tests}" failures="{failures}" errors="0"{told}'


def _suite(path: str, cases: list[_Case]) -> list[str]:
    names = distinct([case.name for case in cases], " #")
    return [
        f"  <testsuite name={_quoted(path)} file={_quoted(path)} {_counts(cases)}>",
        *(line for case, name in zip(cases, names, strict=True) for line in _element(case, name)),
        "  </testsuite>",
    ]


def _element(case: _Case, name: str) -> list[str]:
    place = _quoted(case.path.rpartition(".")[0].replace(".", "_") or case.path)
    told = "" if case.outcome == PASSED else f" message={_quoted(case.message)} type={_quoted(case.type)}"
    # The text repeats the message: GitLab shows no attribute.
    return [
        f"    <testcase name={_quoted(name)} classname={place}>",
        f"      <{case.outcome}{told}>{case.text.translate(_MARKUP)}</{case.outcome}>",
        "    </testcase>",
    ]


def _quoted(text: str) -> str:
    return f'"{text.translate(_MARKUP)}"'
