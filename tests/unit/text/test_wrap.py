from miglint.text.wrap import in_columns, paragraphs, wrapped


def test_prose_is_broken_at_its_blanks_and_code_in_it_is_not() -> None:
    text = "one two `three four five` six"

    assert wrapped(text, 100) == [text]
    assert wrapped(text, 20, "  ") == ["one two", "  `three four five`", "  six"]


def test_a_word_wider_than_the_line_stays_whole() -> None:
    assert wrapped(f"a {'x' * 30} b", 20) == ["a", "x" * 30, "b"]


def test_what_is_left_of_a_listed_line_stands_below_its_last_column() -> None:
    listing = "group\n  rule-one  error    some words that say what it is\n  two       note     short\n"

    assert in_columns(listing, 45) == (
        "group\n"
        "  rule-one  error    some words that say what\n"
        "                     it is\n"
        "  two       note     short\n"
    )


def test_paragraphs_are_broken_anew_and_code_is_not() -> None:
    page = (
        "# title of a page that is quite long\n\n"
        "some words\nthat are broken elsewhere\n\n"
        "```sql\nSELECT a, b, c FROM orders WHERE d;\n\n\nSELECT 2 as a_column_with_a_name;\n```\n\n"
        "- a list that is longer than the lines\n"
    )

    assert paragraphs(page, 20) == page.replace(
        "some words\nthat are broken elsewhere", "some words that are\nbroken elsewhere"
    )
