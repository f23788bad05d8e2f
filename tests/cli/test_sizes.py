"""The sizes of tables: where the file is found, what it changes, and what is wrong with one."""

import json
from datetime import date, timedelta

import pytest

HISTORY = {
    "migrations/1_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY, status text);\n",
    "migrations/2_index.sql": "SET lock_timeout = '5s';\nCREATE INDEX orders_status ON orders (status);\n",
}
QUIET = ("check", "--output-format", "concise", "-q")
SMALL = "{ rows = 9, bytes = 8192, indexes = 1, reads = 0.5, writes = 0 }"
LARGE = "{ rows = 41000000, bytes = 12884901888, indexes = 2, reads = 0.5, writes = 0 }"


def sizes(size=SMALL, table="public.orders", age=0):
    day = date.today() - timedelta(days=age)
    return f'date = {day}\n[tables]\n"{table}" = {size}\n'


def test_a_file_beside_the_configuration_is_read(miglint, write):
    write(HISTORY)
    assert "blocking-index-build" in miglint(*QUIET).out

    write({"miglint-sizes.toml": sizes()})
    assert (miglint(*QUIET).code, miglint(*QUIET).out) == (0, "")

    write({"miglint-sizes.toml": sizes(LARGE)})
    assert f"; orders had 41 million rows (12 GB) on {date.today()}: " in miglint(*QUIET).out


def test_another_file_can_be_named(miglint, write):
    write({**HISTORY, "miglint.toml": 'sizes = "etc/sizes.json"\n'})
    assert miglint(*QUIET).err == (
        "miglint: miglint.toml: sizes: etc/sizes.json: no such file\n"
        "  hint: `miglint stats --sql` prints the query that writes it\n"
    )

    text = f'{{"date": "{date.today()}", "tables": {{"orders": {{"bytes": 5, "hot": false}}}}}}'
    write({"etc/sizes.json": text})
    assert (miglint(*QUIET).code, miglint(*QUIET).out) == (0, "")


def test_what_counts_as_what_is_set_in_the_configuration(miglint, write):
    large = "{ rows = 10, bytes = 12884901888, indexes = 2, reads = 0.5, writes = 0 }"
    write({**HISTORY, "miglint-sizes.toml": sizes(large)})
    assert " error blocking-index-build " in miglint(*QUIET).out

    write({"miglint.toml": "[rates]\nscan = [1000, 2000]\n"})
    assert " warning blocking-index-build " in miglint(*QUIET).out
    write({"miglint.toml": '[size_limits]\nsmall = "12 GB"\n'})
    assert miglint(*QUIET).out == ""
    write({"miglint.toml": "[size_limits]\nlong = 300\n"})
    assert " warning blocking-index-build " in miglint(*QUIET).out
    write({"miglint.toml": '[size_limits]\nlong = 300\n[severity]\nblocking-index-build = "error"\n'})
    assert " error blocking-index-build " in miglint(*QUIET).out


def test_old_numbers_are_said_to_be_old(miglint, write):
    write({**HISTORY, "miglint-sizes.toml": sizes(LARGE, age=91)})
    outcome = miglint("check", "--output-format", "concise")

    assert ", 91 days ago" in outcome.out
    assert "warning: miglint-sizes.toml: its numbers are of" in outcome.err
    write({"miglint.toml": "[size_limits]\nage = 91\n"})
    outcome = miglint("check", "--output-format", "concise")
    assert "days ago" not in outcome.out + outcome.err


def test_sizes_of_another_database_are_told(miglint, write):
    write({**HISTORY, "miglint-sizes.toml": sizes(table="shop.orders")})

    assert "miglint-sizes.toml: no history has any of its 1 tables" in miglint("check").err


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"miglint-sizes.toml": sizes("{ rows = -1 }")},
            'tables."public.orders".rows: expected a whole number',
        ),
        ({"miglint-sizes.toml": sizes(age=-9)}, "is in the future"),
        ({"miglint-sizes.toml": "x" * 20_000_001}, "miglint-sizes.toml: larger than 20000000 bytes"),
        ({"miglint-sizes.toml/a": ""}, "miglint-sizes.toml: not a file"),
        ({"miglint.toml": 'sizes = "../sizes.toml"'}, "sizes: ../sizes.toml leads out of the project"),
        ({"miglint.toml": '[size_limits]\nsmall = "10 Mb"'}, "size_limits.small: expected a unit"),
        ({"miglint.toml": "[size_limits]\nsmal = 3"}, "did you mean 'small'?"),
        ({"miglint.toml": "[size_limits]\nhot = 0.5"}, "size_limits: cold (1) is more than hot (0.5)"),
        ({"miglint.toml": "[size_limits]\nshort = 31"}, "size_limits: short (31) is longer than long (30)"),
        ({"miglint.toml": "[rates]\nscan = [9, 1]"}, "rates.scan: the lower rate comes first"),
        ({"miglint.toml": "[rates]\nscan = 3"}, "rates.scan: expected two numbers above 0"),
    ],
)
def test_what_is_wrong_is_an_error(miglint, write, files, message):
    write({**HISTORY, **files})
    outcome = miglint("check")

    assert outcome.code == 2
    assert message in outcome.err


def test_the_query_is_printed(miglint):
    outcome = miglint("stats", "--sql")

    assert outcome.code == 0
    assert outcome.out.startswith("-- How large the tables")
    assert outcome.out.endswith(";\n")
    assert miglint("stats").code == 2


def test_programs_are_given_the_sizes_and_the_time(miglint, write):
    write({**HISTORY, "migrations/3_new.sql": "CREATE TABLE plans AS SELECT * FROM orders;\n"})
    write({"miglint-sizes.toml": sizes(LARGE) + '"plans" = { rows = 5 }\n'})
    found = json.loads(miglint("check", "--output-format", "json").out)["findings"]
    held = {"date": str(date.today()), "rows": 41_000_000, "bytes": 12_884_901_888, "indexes": 2}

    assert found[0]["sizes"] == {"public.orders": {**held, "reads": 0.5, "writes": 0}}
    made, _, built, copied = json.loads(miglint("plan", "--output-format", "json").out)["statements"]
    assert (made["sizes"], made["seconds"]) == ({}, None)
    assert built["sizes"] == found[0]["sizes"]
    assert built["seconds"] == [17.8, 532.9]
    assert (copied["sizes"], copied["seconds"]) == ({}, None)


def test_without_them_there_are_none(miglint, write):
    write(HISTORY)

    assert json.loads(miglint("check", "--output-format", "json").out)["findings"][0]["sizes"] == {}
    built = json.loads(miglint("plan", "--output-format", "json").out)["statements"][2]
    assert (built["sizes"], built["seconds"]) == ({}, None)


CLASSES = "relname,relnamespace,relpages,reltuples,relkind\norders,2200,100,5000,r\nother,500,1,1,r\n"


def test_exports_of_the_catalog_make_the_file(miglint, write):
    write({"pg_class.csv": CLASSES})
    outcome = miglint("stats", "pg_class.csv", "--date", "2026-11-03")

    assert outcome.out == (
        'date = 2026-11-03\nserver = "exports of the catalog"\n\n[tables]\n'
        '"public.orders" = { rows = 5000, bytes = 819200 }\n'
    )
    assert "warning: 1 tables are left out" in outcome.err
    write({**HISTORY, "miglint-sizes.toml": outcome.out})
    assert "; orders had 5,000 rows (800 kB) on 2026-11-03" in miglint(*QUIET).out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name either --sql or exports"),
        (("--sql", "pg_class.csv"), "name either --sql or exports"),
        (("--sql", "--date", "2026-11-03"), "--date and --counted-since are for exports"),
        (("pg_class.csv",), "--date is missing"),
        (("pg_class.csv", "--date", "3.11.2026"), "--date: '3.11.2026' is no date such as 2026-11-03"),
        (("pg_class.csv", "--date", "2999-01-01"), "--date: 2999-01-01 is in the future"),
        (("pg_class.csv", "--date", "2026-01-02", "--counted-since", "2026-01-02"), "is not before --date"),
        (("none.csv", "--date", "2026-11-03"), "none.csv: No such file or directory"),
    ],
)
def test_a_wrong_way_to_ask_is_told(miglint, write, words, message):
    write({"pg_class.csv": CLASSES})
    outcome = miglint("stats", *words)

    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err


def test_each_database_can_have_its_own(miglint, write):
    other = {name.replace("migrations/", "billing/migrations/"): text for name, text in HISTORY.items()}
    write({**HISTORY, **other, "miglint-sizes.toml": sizes()})
    outcome = miglint("check", "--output-format", "concise")
    assert outcome.out.count("blocking-index-build") == 0
    assert "billing/migrations and migrations have the table 'orders'" in outcome.err

    own = '[[histories]]\npath = "billing/migrations"\nsizes = "billing/sizes.toml"\n'
    write({"miglint.toml": own, "billing/sizes.toml": sizes(LARGE)})
    outcome = miglint("check", "--output-format", "concise")
    assert outcome.err == ""
    assert [line.split(":")[0] for line in outcome.out.splitlines() if "[" not in line][:1] == [
        "billing/migrations/2_index.sql"
    ]
    assert "41 million rows" in miglint(*QUIET, cwd=write({}) / "billing").out

    write({"miglint.toml": own.replace("billing/sizes", "nowhere/sizes")})
    assert "sizes: nowhere/sizes.toml: no such file" in miglint("check").err
    write({"miglint.toml": own.replace("billing/sizes", "../sizes")})
    assert "histories: ../sizes.toml leads out of the project" in miglint("check").err


def test_a_plan_says_how_long_a_statement_takes_of_which_no_finding_speaks(miglint, write):
    concurrent = HISTORY["migrations/2_index.sql"].replace("INDEX", "INDEX CONCURRENTLY")
    write({**HISTORY, "migrations/2_index.sql": concurrent})
    assert " takes " not in miglint("plan", "--statements").out

    write({"miglint-sizes.toml": sizes(LARGE)})
    told = "takes 17 seconds to 9 minutes at the assumed rates: orders had 41 million rows (12 GB) on 2"
    assert told in " ".join(miglint("plan", "--statements").out.split())
    write(HISTORY)
    assert " takes " not in miglint("plan", "--statements").out
    assert "41 million rows" in " ".join(miglint("plan", "--statements").out.split())
