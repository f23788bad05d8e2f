from hypothesis import given
from hypothesis import strategies as st

from miglint.report._distinct import distinct


def test_names_that_occur_again_get_a_number() -> None:
    assert distinct(["a", "b", "a", "a"], " #") == ["a", "b", "a #2", "a #3"]


def test_a_number_that_makes_another_name_is_passed_over() -> None:
    assert distinct(["a", "a", "a-2", "a-2"], "-") == ["a", "a-3", "a-2", "a-2-2"]


@given(st.lists(st.sampled_from(["a", "a-2", "a-3", "a-2-2", "b"])))
def test_no_two_are_equal_and_first_ones_keep_their_name(names: list[str]) -> None:
    told_apart = distinct(names, "-")

    assert len(told_apart) == len(names) == len(set(told_apart))
    assert all(told_apart[names.index(name)] == name for name in names)
