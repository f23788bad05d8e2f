"""The file of how large tables are, and what is wrong with one."""

from datetime import date

import pytest

from miglint.config.sizes import read_sizes
from miglint.errors import ConfigError
from miglint.model import Name, Size

TODAY = date(2026, 11, 30)
HEAD = "date = 2026-11-03\n[tables]\n"


def read(text, path="sizes.toml"):
    return read_sizes(path, text if isinstance(text, bytes) else text.encode(), TODAY)


def test_a_file_is_read():
    text = """
        date = 2026-11-03
        server = "PostgreSQL 16.4"
        search_path = ["app", "public"]
        [tables]
        "public.orders" = { rows = 3, bytes = 8192, index_bytes = 4, indexes = 1, reads = 1.5, writes = 2 }
        plans = { hot = true }
        '"a.b"."x""y"' = {}
    """
    sizes = read(text)

    assert sizes.tables == {
        Name("public", "orders"): Size(3, 8192, 4, 1, 1.5, 2),
        Name("public", "plans"): Size(hot=True),
        Name("a.b", 'x"y'): Size(),
    }
    assert (sizes.date, sizes.age, sizes.server) == ("2026-11-03", 27, "PostgreSQL 16.4")
    assert (sizes.search_path, sizes.file) == (("app", "public"), "sizes.toml")


def test_the_same_in_json_is_read():
    text = '{"date": "2026-11-03", "tables": {"public.orders": {"rows": 3, "bytes": 8192}}}'

    assert read(text, "sizes.json") == read(HEAD + '"public.orders" = {rows = 3, bytes = 8192}')._replace(
        file="sizes.json"
    )


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "sizes.toml: date: no date", "`miglint stats --sql` writes it"),
        ("date = 2026-11-03", "sizes.toml: tables: no tables", "`miglint stats --sql` writes it"),
        ("[tables]\ndate =", "sizes.toml:2: not TOML: Invalid value", ""),
        (b"\n\xff", "sizes.toml:2: not UTF-8", ""),
        (
            "date = 2027-01-01\n[tables]",
            "sizes.toml: date: 2027-01-01 is in the future",
            "today is 2026-11-30",
        ),
        (
            'date = "3.11.2026"\n[tables]',
            "sizes.toml: date: expected a date such as 2026-11-03, found '3.11.2026'",
            "",
        ),
        ("date = 3\n[tables]", "sizes.toml: date: expected a date such as 2026-11-03, found 3", ""),
        ("data = 2026-11-03\n[tables]", "sizes.toml: data: unknown key", "did you mean 'date'?"),
        (
            HEAD + "orders = {row = 3}",
            "sizes.toml: tables.orders.row: unknown key",
            "did you mean 'rows'?",
        ),
        (
            HEAD + '"a.orders" = {rows = -3}',
            'sizes.toml: tables."a.orders".rows: expected a whole number from 0, found -3',
            "",
        ),
        (
            HEAD + "orders = {bytes = 1.5}",
            "sizes.toml: tables.orders.bytes: expected a whole number from 0, found 1.5",
            "",
        ),
        (
            HEAD + "orders = {rows = true}",
            "sizes.toml: tables.orders.rows: expected a whole number from 0, found true",
            "",
        ),
        (
            HEAD + "orders = {reads = nan}",
            "sizes.toml: tables.orders.reads: expected a number from 0, found nan",
            "",
        ),
        (
            HEAD + "orders = {reads = inf}",
            "sizes.toml: tables.orders.reads: expected a number from 0, found inf",
            "",
        ),
        (
            HEAD + 'orders = "3 rows"',
            "sizes.toml: tables.orders: expected numbers in a table, found '3 rows'",
            "",
        ),
        (
            HEAD + '"a.b.c" = {}',
            'sizes.toml: tables."a.b.c": not the name of a table',
            "'a.b.c' is not the name",
        ),
        (
            HEAD + 'orders = {}\n"public.orders" = {}',
            'sizes.toml: tables."public.orders": orders is there twice',
            "",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_key(text, message, hint):
    with pytest.raises(ConfigError) as raised:
        read(text)

    assert raised.value.message == message
    assert hint in raised.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "sizes.json:1: not JSON: Expecting property name enclosed in double quotes"),
        ("[" * 100_000, "sizes.json: nested too deeply"),
        ("[]", "sizes.json: expected a table with date and tables"),
        (
            '{"date": "2026-11-03", "tables": {"a": {"rows": 1' + 400 * "0" + "}}}",
            "expected a whole number from 0",
        ),
        ('{"date": "2026-11-03", "tables": {"a": {"rows": 1' + 9000 * "0" + "}}}", "a number is too long"),
    ],
)
def test_so_it_is_in_json(text, message):
    with pytest.raises(ConfigError) as raised:
        read(text, "sizes.json")

    assert message in raised.value.message


def test_it_may_be_tomorrow_where_it_was_measured():
    assert read("date = 2026-12-01\n[tables]").age == 0
    with pytest.raises(ConfigError):
        read("date = 2026-12-02\n[tables]")
