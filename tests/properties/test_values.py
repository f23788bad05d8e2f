"""Laws of the values that the replay rests on."""

from hypothesis import given
from hypothesis import strategies as st

from miglint.dialects.postgres.parser import Offsets
from miglint.dialects.sql.replay.naming import object_name
from miglint.model.frozen_map import FrozenMap, FrozenSet


class Key(int):
    """A number that shares its hash with many others, or much of it."""

    def __hash__(self) -> int:
        return int(self) % 5 * 2**40


changes = st.lists(st.tuples(st.integers(0, 200), st.one_of(st.none(), st.integers())), max_size=150)


@given(changes, st.sampled_from([int, Key]))
def test_a_frozen_map_is_a_sorted_dict_whose_older_versions_stay(steps, kind):
    frozen, plain = FrozenMap(), {}
    versions = []
    for number, value in steps:
        key = kind(number)
        if value is None:
            frozen = frozen.without(key)
            plain.pop(key, None)
        else:
            frozen = frozen.with_item(key, value)
            plain[key] = value
        versions.append((frozen, dict(plain)))

    for version, expected in versions:
        assert list(version.items()) == sorted(expected.items())
        assert len(version) == len(expected)


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_byte_offsets_become_character_offsets(text):
    offsets = Offsets(text)

    for at in range(len(text) + 1):
        assert offsets.character(len(text[:at].encode())) == at


@given(st.text(min_size=1, max_size=90), st.text(max_size=90))
def test_an_automatic_name_fits_in_63_bytes(first, second):
    assert len(object_name(first, second, "fkey").encode()) <= 63


@given(st.lists(st.lists(st.integers(0, 200), max_size=50), max_size=6))
def test_a_frozen_set_adds_and_takes_away_as_a_set_does(changes):
    frozen, plain = FrozenSet(), set()
    for number, change in enumerate(changes):
        frozen, plain = (
            (frozen - change, plain - {*change}) if number % 2 else (frozen | change, plain | {*change})
        )
        assert (list(frozen), len(frozen)) == (sorted(plain), len(plain))
