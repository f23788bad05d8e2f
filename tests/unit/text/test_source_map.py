"""SQL of any length, from any place: each span leads into a file, and no text of either is lost."""

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from miglint.model import Segment, Source, Span
from miglint.text.source_map import Piece, laid_out, pieces_of, replaced

TEXTS = st.text(alphabet="ab;\n'é ", min_size=1, max_size=20)


@st.composite
def spans(draw: st.DrawFn, length: int) -> Span:
    start = draw(st.integers(0, length))
    return Span(start, draw(st.integers(start, length)))


@st.composite
def segmentations(draw: st.DrawFn) -> list[Segment]:
    """Segments of SQL, some of which are the text of their place, from anywhere in some files."""
    files = [Source(f"{number}.xml", text) for number, text in enumerate(draw(st.lists(TEXTS, min_size=1)))]

    def segment() -> Segment:
        file = draw(st.sampled_from(files))
        span = draw(spans(len(file.text)))
        return Segment(file[span] if draw(st.booleans()) else draw(TEXTS), file, span)

    return [segment() for _ in range(draw(st.integers(1, 6)))]


@given(segmentations(), st.data())
def test_a_span_leads_into_the_file_in_which_it_begins(found: list[Segment], data: st.DataObject) -> None:
    source = Source.mapped(found)
    assert source.sql == "".join(segment.text for segment in found)
    span = data.draw(spans(len(source.sql)))
    file, place = source.place(span)
    assert file in source.files
    assert 0 <= place.start <= place.end <= len(file.text)
    assert source[span] == file.text[place.start : place.end]
    # It holds the places of all that it covers in this file.
    for inner in (Span(at, at + 1) for at in range(span.start, span.end)):
        own = source.place(inner)
        assert own.file is not file or place.start <= own.span.start <= own.span.end <= place.end


@given(segmentations(), st.data())
def test_what_is_written_in_the_file_leads_back(found: list[Segment], data: st.DataObject) -> None:
    source = Source.mapped(found)
    at = 0
    for text, file, span in found:
        own = Span(at, at + len(text))
        at = own.end
        if text and text == file[span]:
            inner = data.draw(spans(len(text)))
            assume(inner.start < inner.end)
            inside = Span(own.start + inner.start, own.start + inner.end)
            assert source.place(inside) == (file, Span(span.start + inner.start, span.start + inner.end))
            assert source.is_literal(inside)


@given(segmentations(), st.data())
def test_the_segments_of_spans_make_the_source_again(found: list[Segment], data: st.DataObject) -> None:
    source = Source.mapped(found)
    cut = data.draw(st.integers(0, len(source.sql)))
    parts = [*source.segments(Span(0, cut)), *source.segments(Span(cut, len(source.sql)))]
    assume(parts)
    again = Source.mapped(parts)
    assert again.sql == source.sql
    for at in range(len(source.sql)):
        one = Span(at, at + 1)
        wanted, place = source.place(one), again.place(one)
        assert place.file is wanted.file
        assert wanted.span.start <= place.span.start <= place.span.end <= wanted.span.end


@given(TEXTS, st.data())
def test_a_file_of_sql_is_its_own_place(text: str, data: st.DataObject) -> None:
    source = Source("1.sql", text)
    span = data.draw(spans(len(text)))
    assert source.place(span) == (source, span)
    assert source.is_literal(span)
    assert source.filled(text) is source
    filled = source.filled("x" * len(text))
    assert filled.place(span) == (source, span)


@given(TEXTS, st.data())
def test_no_piece_of_a_layout_is_lost(text: str, data: st.DataObject) -> None:
    file = Source("1.xml", text)
    whole = data.draw(spans(len(text)))
    pieces = [
        Piece(span, *data.draw(st.sampled_from([(file[span], False), ("made of it;", True)])))
        for span in sorted(data.draw(st.lists(spans(len(text)), max_size=4)))
    ]
    laid = laid_out(file, whole, pieces)
    assert laid is not None
    assert "".join(laid.sql.split()) == "".join("".join(piece.text for piece in pieces).split())
    for at in range(len(laid.sql)):
        place = laid.place(Span(at, at + 1)).span
        assert whole.start <= place.start <= place.end <= whole.end


@given(TEXTS)
def test_a_longer_meaning_moves_nothing_else(text: str) -> None:
    source = Source("1.sql", text)
    found = replaced(source, re.compile("a+"), lambda match: match.group() * 3)
    assert found.sql == text.replace("a", "aaa")
    for match in re.finditer("b", found.sql):
        at = match.start()
        behind = found.sql.count("a", 0, at) // 3 * 2
        assert found.place(Span(at, at + 1)).span == Span(at - behind, at - behind + 1)
    assert "".join(piece.text for piece in pieces_of(text, 0, re.compile("a"), lambda _: "aaa")) == found.sql


def test_sql_that_is_made_stands_for_all_of_its_place() -> None:
    file = Source("1.xml", "<a/> DROP <b/>")
    source = Source.mapped(
        (Segment("CREATE TABLE a ();", file, Span(0, 4)), Segment(" DROP ", file, Span(4, 10)))
    )
    assert source[Span(7, 12)] == "<a/>"
    assert source[Span(19, 23)] == "DROP"
    assert not source.is_literal(Span(7, 12))
    assert source.is_literal(Span(19, 23))


def test_a_span_of_several_files_ends_in_the_first() -> None:
    one, other = Source("1.py", "abc"), Source("2.py", "def")
    source = Source.mapped((Segment("bc", one, Span(1, 3)), Segment("de", other, Span(0, 2))))
    assert source.place(Span(1, 4)) == (one, Span(2, 3))
    assert source.place(Span(2, 4)) == (other, Span(0, 2))
    assert source.files == (one, other)
    assert source.path == "1.py"
