"""What is written is read again."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from miglint.config.sizes import read_sizes
from miglint.model import Name, Size, Sizes
from miglint.show.sizes import as_toml

WORDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=8)
COUNTS = st.none() | st.integers(0, 2**62)
RATES = st.none() | st.floats(0, 10**9)
SIZES = st.builds(Size, COUNTS, COUNTS, COUNTS, COUNTS, RATES, RATES, st.none() | st.booleans())


@given(st.dictionaries(st.builds(Name, WORDS, WORDS), SIZES, max_size=4), WORDS, st.lists(WORDS, max_size=2))
def test_what_is_written_is_read_again(tables, server, path):
    sizes = Sizes(tables, "2026-11-03", server=server, search_path=tuple(path))

    assert read_sizes("", as_toml(sizes).encode(), date(2026, 11, 3)) == sizes
