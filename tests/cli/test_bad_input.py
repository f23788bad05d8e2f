"""Bad input: a clear message that names the file, the rest still analysed, nothing lost, no hang."""

import json
import os
import subprocess
import sys

import pytest

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, status text);\n"
INDEX = "CREATE INDEX orders_status ON orders (status);\n"
GOOD = {"migrations/1_orders.sql": TABLE, "migrations/9_index.sql": INDEX}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("invalid UTF-8", b"SELECT 1;\nSELECT '\xff\xfe';\n", "UTF-8"),
        ("a NUL byte", b"SELECT 1;\nSELECT 2;\x00 DROP TABLE orders;\n", "NUL"),
        ("50 MB", b"SELECT 1;\n" * 5_000_000, "MiB"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_a_file_that_cannot_be_read_is_named_and_the_others_are_checked(
    miglint, write, name, content, message
):
    write({**GOOD, "migrations/2_bad.sql": content})

    outcome = miglint("check", "migrations")

    assert outcome.code == 2
    assert "migrations/2_bad.sql" in outcome.out
    assert message in outcome.out
    assert "blocking-index-build" in outcome.out


@pytest.mark.parametrize(
    "content",
    [
        "SELECT " + "(" * 10_000 + "1" + ")" * 10_000 + ";\n",
        "SELECT " + "(" * 100_000 + "1;\n",
        "SELECT " + "+".join(["1"] * 100_000) + ";\n",
        "SELECT " + "||".join(["'a'"] * 20_000) + ";\n",
        "DO $$ BEGIN UPDATE orders SET status = 1;\n",
        "SELECT 'no end;\n",
        "/* no end\n",
        "ALTER TABLE orders ADD COLUM;\n",
        "garbage\n",
        "SELECT " + "-" * 50_000 + "\n",
        "\ufeffSELECT 1;\r\nSELECT 2;\r\n",
        "",
        "-- only a comment",
        "\\restrict key\nSELECT 1;\n\\unrestrict key\n",
        "COPY orders (id, status) FROM stdin;\n1\tDROP TABLE orders;\n\\.\n",
    ],
    ids=[
        "10,000 parentheses", "100,000 parentheses", "100,000 terms", "20,000 strings", "truncated DO block",
        "string without end", "comment without end", "wrong statement", "no SQL at all", "minus signs",
        "BOM and CRLF", "empty file", "comment only", "psql commands", "COPY data",
    ],
)  # fmt: skip
def test_strange_text_costs_at_most_its_own_statement(miglint, write, content):
    write(
        {**GOOD, "migrations/2_strange.sql": f"{content}", "migrations/3_more.sql": "DROP TABLE nothing;\n"}
    )

    outcome = miglint("check", "migrations", "--output-format", "concise")

    assert outcome.code == 1, outcome.err
    assert "migrations/9_index.sql:1:1: error blocking-index-build" in outcome.out


@pytest.mark.parametrize("comment", ["/* oops\nDROP TABLE orders;\n", "/* one /* two */\n"])
def test_a_comment_without_end_is_an_error(miglint, write, comment):
    write({**GOOD, "migrations/2_comment.sql": f"SELECT 1;\n{comment}"})

    assert (
        "2_comment.sql:2:1: error unparsed-statement unterminated /* comment"
        in miglint("check", "migrations", "--output-format", "concise").out
    )


def test_commands_of_psql_are_for_psql(miglint, write):
    write({**GOOD, "migrations/2_psql.sql": "\\set x 1\n\\i other.sql\nSELECT 1;\n"})
    outcome = miglint("check", "migrations", "--output-format", "concise")
    assert "2_psql.sql:2:1: warning not-analysed \\i continues elsewhere: not read" in outcome.out
    assert "unparsed-statement" not in outcome.out

    write({"db/migrations/000001_a.up.sql": "\\connect other\n", "db/migrations/000001_a.down.sql": ""})
    outcome = miglint("check", "db", "--output-format", "concise")
    assert "000001_a.up.sql:1:1: error unparsed-statement syntax error" in outcome.out


def test_what_the_server_may_accept_is_no_finding(miglint, write):
    deep = "DO $$ BEGIN " + "IF true THEN " * 500 + "NULL; " + "END IF; " * 500 + "END $$;\n"
    terms = "INSERT INTO orders (status) SELECT " + "||".join(["'a'"] * 900) + ";\n"
    long = f"SELECT '{'a' * 3_000_000}';\n"
    write({**GOOD, "migrations/2_deep.sql": deep, "migrations/3_terms.sql": terms, "migrations/4.sql": long})

    outcome = miglint("check", "migrations", "--output-format", "json")

    found = json.loads(outcome.out)
    assert "unparsed-statement" not in {finding["rule"] for finding in found["findings"]}
    assert [(gap["path"], gap["reason"]) for gap in found["not_analysed"]] == [
        ("migrations/2_deep.sql", "nested too deeply to analyse"),
        ("migrations/4.sql", "the statement is longer than 2 MiB"),
    ]


def test_what_a_finding_says_is_not_listed_again(miglint, write):
    write({**GOOD, "migrations/2_bad.sql": "ALTER TABLE orders ADD COLUM;\n" + "B" * 100_000})

    outcome = miglint("check", "migrations", "--output-format", "json")

    assert json.loads(outcome.out)["not_analysed"] == []
    assert len(outcome.out) < 120_000


def test_a_plan_says_what_it_leaves_out(miglint, write):
    write({**GOOD, "migrations/2_bad.sql": "ALTER TABLE orders ADD COLUM;\n", "migrations/3.sql": b"\xff"})

    outcome = miglint("plan", "--statements", "migrations")

    assert outcome.code == 2
    assert "not analysed: migrations/3.sql:1: not UTF-8" in outcome.err
    assert "error     1  ALTER TABLE orders ADD COLUM" in outcome.out
    assert "error[unparsed-statement]: syntax error" in outcome.out


COMMANDS = [
    "check migrations",
    "check migrations --output-format json",
    "plan migrations",
    "schema migrations",
    "tools",
    "rules",
    "explain blocking-index-build",
    "baseline",
    "init",
    "--help",
    "check --help",
    "--version",
]
# Python keeps what it prints for later unless it is told not to, and only then sees the full disk.
BUFFERING = pytest.mark.parametrize(
    "environment", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "at once"]
)
FULL = pytest.mark.skipif(
    not os.path.exists("/dev/full"), reason="this system has no device that is always full"
)


def in_shell(words, folder, environment):
    """Run the program as a shell does; `words` may redirect its streams."""
    words = f"{sys.executable} -m miglint {words}"
    done = subprocess.run(["sh", "-c", words], cwd=folder, capture_output=True, env=environment, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@FULL
@BUFFERING
@pytest.mark.parametrize("words", COMMANDS)
def test_output_that_cannot_be_written_is_an_error(write, words, environment):
    told = in_shell(f"{words} > /dev/full", write(GOOD), environment)
    assert told == (2, "", "miglint: standard output: No space left on device\n")


@BUFFERING
@pytest.mark.parametrize("words", COMMANDS)
def test_a_closed_output_changes_nothing_else(write, words, environment):
    folder = write(GOOD)
    code, _, err = in_shell(words, folder, environment)
    (folder / "miglint.toml").unlink(missing_ok=True)  # `init` does not overwrite one
    assert in_shell(f"{words} >&-", folder, environment) == (code, "", err)


@FULL
@BUFFERING
@pytest.mark.parametrize("where", ["2> /dev/full", "2>&-"])
@pytest.mark.parametrize("words", ["check nowhere", "explain nothing", "check --unheard-of", "", "tools"])
def test_errors_that_nobody_can_read_leave_the_exit_code(write, words, where, environment):
    code, out, _ = in_shell(words, write(GOOD), environment)
    assert in_shell(f"{words} {where}", write(GOOD), environment) == (code, out, "")


@FULL
@BUFFERING
def test_with_both_streams_full_the_exit_code_is_left(write, environment):
    assert in_shell("rules > /dev/full 2>&1", write(GOOD), environment) == (2, "", "")


@BUFFERING
def test_a_reader_that_goes_away_is_no_error(write, environment):
    folder = write(GOOD)
    words = "rules | true; echo ${PIPESTATUS[0]}"
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m miglint {words}"],
        cwd=folder,
        capture_output=True,
        env={**environment, "PATH": os.environ["PATH"]},
        check=False,
    )
    assert (done.stdout, done.stderr) == (b"0\n", b"")


def test_nothing_of_what_is_linted_is_imported(miglint, write):
    evil = "print('imported')\n"
    write(
        {
            **GOOD,
            "evil.dist-info/entry_points.txt": "[miglint.rules]\nx = evil\n[miglint.tools]\ny = evil\n",
            **{f"{name}.py": evil for name in ("evil", "tomli", "yaml", "json", "postgast", "miglint_rules")},
            "miglint.toml": "",
        }
    )

    outcome = miglint("check", "migrations")

    assert (outcome.code, "imported" in outcome.out + outcome.err) == (1, False)


def test_one_bad_statement_does_not_hide_the_next(miglint, write):
    write({**GOOD, "migrations/2_bad.sql": "ALTER TABLE orders ADD COLUMN;\nDROP TABLE orders;\n"})

    outcome = miglint("check", "migrations", "--output-format", "concise")

    assert "2_bad.sql:1:1: error unparsed-statement" in outcome.out
    assert "2_bad.sql:2:1: error dropped-table" in outcome.out


def test_positions_are_right_behind_text_that_is_not_ascii(miglint, write):
    write({**GOOD, "migrations/2_e.sql": "SELECT 'é🐘'; DROP TABLE orders;\n"})

    outcome = miglint("check", "migrations", "--output-format", "concise")

    assert "2_e.sql:1:14: error dropped-table" in outcome.out


def test_a_loop_of_links_ends(miglint, write):
    folder = write(GOOD)
    (folder / "migrations" / "again").symlink_to(folder, target_is_directory=True)

    assert miglint("check", ".").code == 1


def test_a_broken_lock_file_is_named_with_its_line(miglint, write):
    write(
        {
            "prisma/migrations/migration_lock.toml": "this is { not toml\n",
            "prisma/migrations/20240101000000_init/migration.sql": TABLE,
            "prisma/migrations/20240102000000_index/migration.sql": INDEX,
        }
    )

    outcome = miglint("check", ".")

    assert outcome.code == 1
    assert "migration_lock.toml:1:1" in outcome.out
    assert "provider-mismatch" in outcome.out
    assert "blocking-index-build" in outcome.out


def test_control_characters_of_the_input_never_reach_the_terminal(miglint, write):
    write({**GOOD, "migrations/2_x.sql": 'DROP TABLE "or\x1b[2Jders";\n'})

    for words in (("check",), ("plan",), ("schema",)):
        assert "\x1b" not in miglint(*words, "migrations").out


def test_a_statement_that_is_too_long_is_named(miglint, write):
    rows = ",\n".join(f"({i}, 'x')" for i in range(250_000))
    write({**GOOD, "migrations/2_seed.sql": f"INSERT INTO orders VALUES {rows};\n"})

    outcome = miglint("check", "migrations", "--output-format", "concise")

    assert "2_seed.sql:1:1" in outcome.out
    assert "2 MiB" in outcome.out


def test_a_directory_named_like_a_file_is_no_migration(miglint, write):
    write({**GOOD, "migrations/5_folder.sql/inner.txt": "x"})

    assert miglint("check", "migrations").code == 1


def test_a_working_directory_that_is_gone_is_no_bug(miglint, write):
    folder = write(GOOD)
    for start in ("-m miglint", "-c 'from miglint.cli import run; run()'"):
        words = f"mkdir gone && cd gone && rmdir ../gone && {sys.executable} {start} check ."
        done = subprocess.run(["sh", "-c", words], cwd=folder, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (2, "miglint: the working directory no longer exists\n")


@pytest.mark.parametrize(
    "module", ["miglint.cli.arguments", "miglint.model", "miglint_rules", "miglint.engine"]
)
def test_an_interrupt_while_it_loads_is_no_traceback(write, module):
    """The finder stands for Ctrl-C in the moment in which the module is loaded."""
    program = (
        "import sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Finder())\n"
        "sys.argv[1:] = ['check', 'migrations']\n"
        "from miglint.cli import run\n"
        "run()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=write(GOOD), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_what_the_time_of_a_file_cuts_off_is_no_pass(miglint, write):
    rows = "INSERT INTO orders VALUES (1);\n" * 20_000
    write(
        {
            **GOOD,
            "migrations/3_rows.sql": rows + "DROP TABLE orders;\n",
            "miglint.toml": "max_file_seconds = 0.05",
        }
    )

    for words in (("check", "migrations"), ("plan", "migrations"), ("schema", "migrations")):
        outcome = miglint(*words)
        assert outcome.code == 2
        assert "the file takes longer than 0.05 s (`max_file_seconds`): the rest is left out" in (
            outcome.out + outcome.err
        )


@pytest.mark.parametrize("name", ["db/", "a//", ".", "..", "./", "migrations"])
def test_text_cannot_stand_for_a_folder(miglint, write, name):
    write(GOOD)

    outcome = miglint("check", "-", "--stdin-filename", name, stdin=b"SELECT 1;\n")

    assert outcome.code == 2
    assert f"--stdin-filename: {name} is a folder" in outcome.err


@pytest.mark.parametrize("command", ["check", "plan", "schema"])
@pytest.mark.parametrize("text", [b"", b" \n"])
def test_empty_standard_input_is_no_pass(miglint, command, text):
    assert "standard input is empty" in miglint(command, "-", stdin=text).err
    assert miglint(command, "-", stdin=text).code == 2
    assert miglint(command, "-", "--allow-none", stdin=text).code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("check", "--config", ""), "--config: names nothing"),
        (("check", "--after", ""), "--after: names nothing"),
        (("schema", "--after", ""), "--after: names nothing"),
        (
            ("check", "--postgres-version", "abc"),
            "--postgres-version: expected a whole number from 12 to 18, found 'abc'",
        ),
    ],
)
def test_an_option_without_a_usable_value_is_refused(miglint, write, words, message):
    write(GOOD)

    outcome = miglint(*words)

    assert outcome.code == 2
    assert message in outcome.err
    assert "internal error" not in outcome.err


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_a_configuration_that_is_no_file_is_an_error(miglint, write, make):
    make(write(GOOD) / "miglint.toml")

    outcome = miglint("check")

    assert outcome.code == 2
    assert "miglint.toml: not a file" in outcome.err
