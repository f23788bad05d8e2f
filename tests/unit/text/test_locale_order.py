import pytest

from miglint.text.locale_order import locale_key


@pytest.mark.parametrize(
    "names",
    [
        # Each list as Node.js 20 sorts it with `localeCompare`.
        ["0_init", "000_x", "1_a", "10_a", "2_a"],
        ["20240101_a", "20240101_B", "20240101_c"],
        [
            " a",
            "_a",
            "-a",
            "a",
            "A",
            "á",
            "Á",
            "ä",
            "a b",
            "a_b",
            "a-b",
            "aA",
            "Aa",
            "ab",
            "aB",
            "Ab",
            "b",
            "z",
        ],
        list(" _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0aAbB"),
        ["20240126184148_new_models", "20240126184148_new_models copy", "20240126184149_x"],
    ],
)
def test_names_sort_as_localecompare_sorts_them(names: list[str]) -> None:
    backwards = names[::-1]
    assert sorted(backwards, key=locale_key) == names
