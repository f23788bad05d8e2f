import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import FULL, report

import miglint.report
from miglint.model import (
    Confidence,
    Diagnostic,
    Edit,
    Finding,
    Fix,
    NotAnalysed,
    Related,
    Severity,
    Source,
    Span,
)
from miglint.report import FORMATS, RenderOptions, render


def test_every_module_of_the_folder_is_a_format() -> None:
    assert set(FORMATS) >= {"concise", "github", "json", "sarif", "text"}
    assert list(FORMATS) == sorted(FORMATS)


def test_every_public_module_has_a_render_function() -> None:
    assert all(isinstance(render(name, FULL), str) for name in FORMATS)


def test_only_the_format_that_is_asked_for_is_imported() -> None:
    program = (
        "import sys; from miglint.report import render; from miglint.model import Report; "
        "render('concise', Report((), ())); "
        "print(sorted(set(sys.modules) & {'json', 'urllib.parse', 'dataclasses', 'pathlib', 'unicodedata', "
        "'miglint.report.sarif', 'miglint.report.text', 'miglint.report.concise'}))"
    )
    environment = {"PYTHONPATH": str(Path(miglint.report.__file__).parents[2])}
    ran = subprocess.run(
        [sys.executable, "-S", "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    assert ran.stdout == "['miglint.report.concise']\n"


ANY_TEXT = st.text(st.characters() | st.sampled_from("\t\r\n\x1b\x9b\u202e\ufeff注\u0301 "))


@st.composite
def diagnostics(draw: st.DrawFn) -> Diagnostic:
    def span(text: str) -> Span:
        start, end = sorted(draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
        return Span(start, end)

    lines = st.lists(ANY_TEXT, max_size=12).map("\n".join)
    text, other = draw(lines), Source("b.sql", draw(lines))
    line = ANY_TEXT.map(lambda s: s.replace("\n", "") + "x")
    where = span(text)
    finding = Finding(
        where,
        draw(line),
        help=draw(ANY_TEXT),
        related=(Related(span(text), draw(line)), Related(span(other.text), draw(line), other)),
        fix=Fix(draw(line), (Edit(where.start, where.end, draw(ANY_TEXT)),)),
    )
    return Diagnostic(
        draw(line),
        "locks",
        draw(st.sampled_from(Severity)),
        Confidence.LOW,
        finding,
        Source(draw(st.text()), text),
        span(text),
        draw(line),
        "down",
        "f00d",
        draw(st.sampled_from([None, "", "why"])),
    )


@pytest.mark.parametrize("name", FORMATS)
@given(found=diagnostics(), width=st.integers(10, 100), reason=ANY_TEXT)
def test_any_text_renders_and_drives_no_terminal(
    name: str, found: Diagnostic, width: int, reason: str
) -> None:
    full = report(found, not_analysed=(NotAnalysed("a.sql", 1, 2, reason),))
    text = render(name, full, RenderOptions(width=width))

    assert not {char for char in text if unicodedata.category(char) in ("Cc", "Cs")} - {"\n"}
    assert text.encode("utf-8")
