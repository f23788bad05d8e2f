"""What of a script is a statement, as the server and psql see it: strings, comments, rows, commands."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miglint.dialects.postgres.parser import statements
from miglint.dialects.postgres.psql import sent
from miglint.engine import Plan, run
from miglint.model import Direction, History, Migration, Name, Script, Source, Span, TransactionMode
from miglint.registry import load_rules

RULES = load_rules()


def read(text, *, psql=False):
    """Give the statements, and what is not read with its reason."""
    raws = list(statements(text, psql=psql))
    assert not any(raw.lost for raw in raws)
    texts = [text[slice(*raw.span)] for raw in raws if not raw.reason]
    return texts, [(text[slice(*raw.span)], raw.reason) for raw in raws if raw.reason]


BROKEN = "SELEC 1;\n"
"""Makes the parser refuse the text as a whole, so that it is cut into pieces."""


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("CREATE TABLE /* the schema */.boxes (a int);", Name("public", "boxes")),
        ('CREATE TABLE /*schema*/."boxes" (a int);', Name("public", "boxes")),
        ("CREATE TABLE depot/* no */.boxes (a int);", Name("depot", "boxes")),
        ("CREATE TABLE /* the schema */ .boxes (a int);", None),
        ("CREATE TABLE /* the schema */.;", None),
        ("CREATE TABL /* the schema */.boxes (a int);", None),
    ],
)
@pytest.mark.parametrize("before", ["", "SELECT 'é';\n"])
def test_a_comment_can_stand_for_the_schema_that_a_runner_writes_over_it(text, table, before):
    texts, refused = read(before + text)

    assert len(refused) == (table is None)
    if table is not None:
        assert texts[-1] == text[:-1]
        script = Script(
            Source("1.sql", text), Span(0, len(text)), Direction.UP, TransactionMode.PER_STATEMENT
        )
        history = History("", "", "postgres", (Migration("1", script),))
        assert run(history, Plan()).schema.table(table)


@pytest.mark.parametrize("broken", ["", BROKEN])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-- harmless\rDROP TABLE a;", ["DROP TABLE a"]),
        ("/* rows of\nCOPY a FROM STDIN; */\nDROP TABLE a; -- C:\\x", ["DROP TABLE a"]),
        ("-- COPY a FROM STDIN;\nDROP TABLE a;\n\\\\.\n", None),
        ("SELECT 'COPY a FROM STDIN;\n';\nDROP TABLE a;", ["SELECT 'COPY a FROM STDIN;\n'", "DROP TABLE a"]),
        ("SELECT E'it\\'s; --'; DROP TABLE a;", ["SELECT E'it\\'s; --'", "DROP TABLE a"]),
        ("SELECT e'a'\n'\\''; DROP TABLE a;", ["SELECT e'a'\n'\\''", "DROP TABLE a"]),
        ("SELECT 'a\\'; DROP TABLE a;", ["SELECT 'a\\'", "DROP TABLE a"]),
        ("SELECT $a$ $b$; $a$; DROP TABLE a;", ["SELECT $a$ $b$; $a$", "DROP TABLE a"]),
        ("SELECT $$a;$$$$;$$; DROP TABLE a;", None),
        ('SELECT a$b$ FROM "c;"; DROP TABLE a$b$;', ['SELECT a$b$ FROM "c;"', "DROP TABLE a$b$"]),
        ("/* a /* b; */ c; */ DROP TABLE a; /**/", ["DROP TABLE a"]),
        ("SELECT 1 +--;\n2; SELECT 1 */* ; */ 2;", ["SELECT 1 +--;\n2", "SELECT 1 */* ; */ 2"]),
        (
            "CREATE RULE r AS ON INSERT TO a DO ALSO (SELECT 1; SELECT 2); DROP TABLE a;",
            ["CREATE RULE r AS ON INSERT TO a DO ALSO (SELECT 1; SELECT 2)", "DROP TABLE a"],
        ),
        (
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN 2 END; END;"
            " DROP TABLE a;",
            [
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN 2 END; END",
                "DROP TABLE a",
            ],
        ),
        ("COPY a (x) FROM stdin WITH (FORMAT csv);\n1\tDROP TABLE b;\n\\.\nDROP TABLE a;", 2),
        ("COPY a FROM /* ; */ stdin;\n\\.\nCOPY b FROM stdin;\n'\n\\.\nDROP TABLE a;", 3),
        (";;DROP TABLE a;;", ["DROP TABLE a"]),
        ("", []),
        ("-- nothing\n/* at all */", []),
    ],
)
def test_the_server_and_the_cutter_agree(text, expected, broken):
    found, refused = read(broken + text)

    if expected is None:
        assert refused or found
    elif isinstance(expected, int):
        assert (len(found), found[-1]) == (expected, "DROP TABLE a")
    else:
        assert found == expected
    assert len(refused) == (1 if broken else 0) or expected is None


PSQL = {
    "commands between statements": (
        "\\set x 1\n\\echo 'it''s; fine'\nSELECT 1;\n\\timing\n",
        ["SELECT 1"],
        [],
    ),
    "commands in a statement": ("SELECT\n\\echo hi\n1;", ["SELECT\n\\echo hi\n1"], []),
    "commands in a line": ("\\echo a \\\\ SELECT 1; \\echo b \\\\ SELECT 2;", ["SELECT 1", "SELECT 2"], []),
    "backslashes in an argument": ("\\echo 'a \\\\ b' \\\\ SELECT 1;", ["SELECT 1"], []),
    "sending": ("SELECT 1 \\g\nSELECT 2 \\gset p_\nSELECT 3 \\gx (format=csv) f.txt\nDROP TABLE a;",
                ["SELECT 1", "SELECT 2", "SELECT 3", "DROP TABLE a"], []),
    "one query of two": ("SELECT 1 \\; DROP TABLE a;", ["SELECT 1", "DROP TABLE a"], []),
    "running what a query gives": (
        "SELECT 'DROP TABLE a' \\gexec\nSELECT 1;",
        ["SELECT 'DROP TABLE a'", "SELECT 1"],
        [("\\gexec", "\\gexec runs what the query returns: not read")],
    ),
    "other files": (
        "\\i a.sql\nSELECT 1;\n\\ir 'b c.sql' \\\\ SELECT 2;\n\\c other",
        ["SELECT 1", "SELECT 2"],
        [
            ("\\i a.sql", "\\i continues elsewhere: not read"),
            ("\\ir 'b c.sql' \\\\", "\\ir continues elsewhere: not read"),
            ("\\c other", "\\c continues elsewhere: not read"),
        ],
    ),
    "a statement thrown away": (
        "SELECT 1;\nDROP TABLE a\n\\echo x\n\\r\nSELECT 2;",
        ["SELECT 1", "SELECT 2"],
        [("DROP TABLE a\n\\echo x\n\\r", "\\r discards the statement: never sent")],
    ),
    "the end": (
        "SELECT 1;\n\\q\nDROP TABLE a;\n",
        ["SELECT 1"],
        [("DROP TABLE a;", "psql stops at \\q: never sent")],
    ),
    "an end under a condition": ("\\if :x\n\\q\n\\endif\nDROP TABLE a;\n", ["DROP TABLE a"], []),
    "rows without an end": (
        "COPY a FROM STDIN;\n1\n2\n",
        ["COPY a FROM STDIN"],
        [("1\n2", "rows of COPY up to the end of the file: no `\\.` ends them")],
    ),
    "rows behind \\g": (
        "COPY a FROM STDIN \\g\n'1\n\\.\nDROP TABLE b;",
        ["COPY a FROM STDIN", "DROP TABLE b"],
        [],
    ),
    "the client's copy": (
        "\\copy a FROM 'x.csv' CSV\nSELECT 1;\n\\copy b FROM STDIN\n'\n\\.\nSELECT 2;",
        ["copy a FROM 'x.csv' CSV", "SELECT 1", "copy b FROM STDIN", "SELECT 2"],
        [],
    ),
    "a copy that only the client reads": (
        "\\copy a from x.csv csv\nSELECT 1;",
        ["SELECT 1"],
        [("\\copy a from x.csv csv", "\\copy moves rows on the client: not read")],
    ),
    "in strings": ("SELECT '\\q'; -- \\q\n/* \\q */ DROP TABLE a;", ["SELECT '\\q'", "DROP TABLE a"], []),
}  # fmt: skip


VARIABLES = {
    "names": ('GRANT :app TO :"Owner";', 'GRANT _app TO "_owner"'),
    "a string": ("CREATE ROLE :app PASSWORD :'app_key';", "CREATE ROLE _app PASSWORD '_app_key'"),
    "casts": ("SELECT :limit::int, :'day'::date, b::text", "SELECT _limit::int, '_day'::date, b::text"),
    "one that is asked for": ("SELECT :{?verbose};", "SELECT true       "),
    "slices": ('SELECT a[1:n], a[k:"N"];', 'SELECT a[1:n], a[k:"N"]'),
    "strings": ("SELECT 'at :here', $$:there$$, \"a:b\";", "SELECT 'at :here', $$:there$$, \"a:b\""),
    "a colon that is kept": ("SELECT a[1 \\:n];", "SELECT a[1  :n]"),
}


@pytest.mark.parametrize(("text", "expected"), VARIABLES.values(), ids=list(VARIABLES))
def test_psql_fills_in_variables_outside_of_strings(text: str, expected: str) -> None:
    given = sent(text, psql=True).text
    assert (len(given), given.rstrip(";")) == (len(text), expected)
    assert not any(raw.reason for raw in statements(text, psql=True))
    if "\\" not in text:
        assert sent(text, psql=False).text == text


@pytest.mark.parametrize(("text", "expected", "unread"), PSQL.values(), ids=list(PSQL))
def test_psql_keeps_its_commands(text, expected, unread):
    found, gaps = read(text, psql=True)

    assert found == expected
    assert gaps == unread


@pytest.mark.parametrize("text", ["SELECT 1 \\g\n", "\\set x 1\nSELECT 1;", "\\copy a FROM STDIN\n\\.\n"])
def test_the_server_knows_no_commands_of_psql(text):
    assert read(text)[1]


WORDS = [
    *"SELECT DROP TABLE a b COPY FROM STDIN stdin BEGIN ATOMIC END CASE CREATE FUNCTION".split(),
    *"\\. \\g \\; \\r \\i \\q \\copy \\\\ \\if \\endif \\gexec \\'".split(),
    *"'' ' \" $$ $a$ $1 1$ a$b$ -- /* */ ( ) , ; e' E' U& + - * / é".split(),
    *" \n\r\t\xa0\u2028",
]
texts = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join) | st.lists(
    st.sampled_from(WORDS), max_size=30
).map("".join)


@settings(max_examples=300, deadline=None)
@given(texts, st.booleans(), st.sampled_from(["", BROKEN]))
def test_no_statement_is_lost(text, psql, broken):
    read(broken + text, psql=psql)


def test_what_is_lost_is_listed_and_no_pass(monkeypatch):
    parser = "miglint.dialects.postgres.parser"
    monkeypatch.setattr(f"{parser}._statements", lambda *_: iter(()))
    text = "-- a\nDROP TABLE a;\n"
    script = Script(Source("1.sql", text), Span(0, len(text)), Direction.UP, TransactionMode.PER_STATEMENT)

    result = run(History("test", ".", "postgres", (Migration("1", script),)), Plan(RULES))

    assert result.cut_off
    reason = "no statement contains this text, which is a bug in miglint"
    assert [(gap.line, gap.reason) for gap in result.not_analysed] == [(2, reason)]


LONG = 100_000


@pytest.mark.parametrize(
    ("text", "found", "refused"),
    [
        ("SELECT " + "+" * LONG + "1; DROP TABLE a;", ["DROP TABLE a"], "the run of operators is too long"),
        ("DROP TABLE a; " + "/*" * LONG, ["DROP TABLE a"], "unterminated /* comment"),
        ("/*" * LONG + "*/" * LONG + "DROP TABLE a;", ["DROP TABLE a"], ""),
        ("/**/" * LONG + "DROP TABLE a;", ["DROP TABLE a"], ""),
        ("DROP /*" + "*" * LONG + "*/ TABLE a; --" + "-" * LONG, None, ""),
        ("SELECT '" + "+" * LONG + "'; DROP TABLE a;", None, ""),
        ("DO $$ BEGIN DROP TABLE a; /" + "**//" * LONG + "*\n*/ END $$;", None, ""),
    ],
    ids=["operators", "open comments", "nested comments", "comments", "a banner", "a string", "a body"],
)
def test_what_the_c_scanner_would_read_again_and_again_is_kept_from_it(text, found, refused):
    started = time.process_time()
    texts, gaps = read(text)

    assert time.process_time() - started < 2
    assert texts == found or (found is None and "DROP" in texts[0] + texts[-1])
    assert [reason[: len(refused)] for _, reason in gaps] == ([refused] if refused else [])


def test_a_body_is_read_without_its_endless_comments():
    text = "CREATE TABLE a (x int); DO $$ BEGIN DROP TABLE a; /" + "**//" * LONG + "*\n*/ END $$;"
    script = Script(Source("1.sql", text), Span(0, len(text)), Direction.UP, TransactionMode.PER_STATEMENT)

    started = time.process_time()
    result = run(History("test", ".", "postgres", (Migration("1", script),)), Plan())

    assert time.process_time() - started < 4
    assert not result.not_analysed
    assert result.schema.table(Name("public", "a")) is None
