"""Files that hold both directions, or several migrations: each script at its place, as long as the text."""

import pytest
from migration_project import Write, ids, only_history

from miglint.model.irregularity import IgnoredDirective, RefusedFile, VersionGap
from miglint.model.migration import History, TransactionMode
from miglint.model.source import Span
from miglint.tools import ToolSettings, find_histories


def read(write: Write, files: dict[str, str]) -> History:
    write(files)
    return only_history()


PAIRS = {
    "goose": "-- +goose Up\nCREATE TABLE a (id int);\n-- +goose Down\nDROP TABLE a;\n",
    "dbmate": "-- migrate:up\nCREATE TABLE a (id int);\n-- migrate:down\nDROP TABLE a;\n",
    "sql-migrate": "-- +migrate Up\nCREATE TABLE a (id int);\n-- +migrate Down\nDROP TABLE a;\n",
    "tern": "CREATE TABLE a (id int);\n---- create above / drop below ----\nDROP TABLE a;\n",
    "mybatis": "CREATE TABLE a (id int);\n-- //@UNDO\nDROP TABLE a;\n",
    "node-pg-migrate": "-- Up Migration\nCREATE TABLE a (id int);\n-- Down Migration\nDROP TABLE a;\n",
    "liquibase": (
        "--liquibase formatted sql\n--changeset me:a\nCREATE TABLE a (id int);\n--rollback DROP TABLE a;\n"
    ),
}


@pytest.mark.parametrize("tool", PAIRS)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_both_directions_stand_at_their_places(write: Write, tool: str, ending: str) -> None:
    text = PAIRS[tool].replace("\n", ending)
    history = read(write, {"migrations/1_a.sql": text})
    assert (history.tool, len(history.migrations)) == (tool, 1)
    up, down = history.migrations[0].up, history.migrations[0].down
    assert up is not None
    assert down is not None
    for script, wanted in ((up, "CREATE TABLE a (id int);"), (down, "DROP TABLE a;")):
        assert len(script.sql) == script.span.end - script.span.start
        at = script.source.sql.index(wanted, script.span.start)
        place = script.source.place(Span(at, at + len(wanted))).span
        assert place == Span(text.index(wanted), text.index(wanted) + len(wanted))
        assert at < script.span.end
    assert "DROP TABLE" not in up.sql.replace("--rollback DROP TABLE a;", "")
    assert "CREATE TABLE" not in down.sql


@pytest.mark.parametrize("tool", PAIRS)
@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_a_file_cut_short_is_read_as_far_as_it_goes(write: Write, tool: str, cut: int) -> None:
    write({"migrations/1_a.sql": PAIRS[tool][:cut], "migrations/2_b.sql": PAIRS[tool]})
    for history in find_histories(["."]):
        assert history.problems == ()


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1;\n", TransactionMode.PER_STATEMENT),
        ("-- +goose Up\n-- +goose no transaction\nSELECT 1;\n", TransactionMode.PER_STATEMENT),
        ("-- migrate:up transaction:false\nSELECT 1;\n-- migrate:down\n", TransactionMode.IMPLICIT_BATCH),
        ("-- migrate:up transaction: false\nSELECT 1;\n-- migrate:down\n", TransactionMode.PER_MIGRATION),
        ("-- +migrate Up notransaction\nSELECT 1;\n", TransactionMode.PER_STATEMENT),
        (
            "---- tern: disable-tx ----\nSELECT 1;\n---- create above / drop below ----\n",
            TransactionMode.PER_STATEMENT,
        ),
        (
            "--liquibase formatted sql\n"
            "--changeset a:b runInTransaction:false splitStatements:false\nSELECT 1;\n",
            TransactionMode.IMPLICIT_BATCH,
        ),
    ],
)
def test_the_opt_outs_hold_in_the_form_that_the_tool_reads(
    write: Write, text: str, mode: TransactionMode
) -> None:
    up = read(write, {"migrations/1_a.sql": text}).migrations[0].up
    assert up is not None
    assert up.mode is mode


@pytest.mark.parametrize(
    ("name", "text", "always"),
    [
        ("go.mod", "require github.com/jackc/tern v1.13.0\n", True),
        ("go.mod", "require github.com/jackc/tern/v2 v2.3.0\n", False),
        ("Dockerfile", "FROM golang\nRUN go install github.com/jackc/tern@latest\n", True),
        ("Dockerfile", "FROM golang\nRUN go install github.com/jackc/tern/v2@latest\n", False),
        ("Dockerfile", "FROM golang\n", False),
    ],
)
def test_tern_by_its_first_path_always_opens_a_transaction(
    write: Write, name: str, text: str, always: bool
) -> None:
    advice = read(write, {name: text, "migrations/1_a.sql": PAIRS["tern"]}).advice
    assert (bool(advice.always_in_transaction), bool(advice.run_outside_transaction)) == (always, not always)


def test_dbmate_wants_both_marks_and_no_blank_in_an_option(write: Write) -> None:
    history = read(
        write,
        {
            "migrations/1_a.sql": "-- migrate:up transaction: false\nSELECT 1;\n-- migrate:down\n",
            "migrations/2_b.sql": "-- migrate:up\nSELECT 1;\n",
        },
    )
    assert [type(odd) for odd in history.irregularities] == [IgnoredDirective, RefusedFile]


DBMATE_PAIR = "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n"


def test_dbmate_applies_the_first_pair_of_a_file_only(write: Write) -> None:
    history = read(write, {"migrations/1_a.sql": DBMATE_PAIR * 2})
    assert ids(history) == ["1_a"]
    (odd,) = history.irregularities
    assert odd.source[odd.span] == "-- migrate:up"
    assert odd.span.start == len(DBMATE_PAIR)


def test_the_second_pair_has_run_where_no_transaction_takes_it_back(write: Write) -> None:
    second = DBMATE_PAIR.replace("migrate:up", "migrate:up transaction:false")
    history = read(write, {"migrations/1_a.sql": DBMATE_PAIR + second + DBMATE_PAIR})
    assert ids(history) == ["1_a#1", "1_a#2"]
    assert [type(odd) for odd in history.irregularities] == [RefusedFile]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("-- migrate:down\nSELECT 2;\n-- migrate:up\nSELECT 1;\n", "no `-- migrate:up` comes before"),
        ("-- migrate:up\nSELECT 1;\n" + DBMATE_PAIR, "no `-- migrate:down` comes before"),
        (DBMATE_PAIR + "-- migrate:down\nSELECT 3;\n", "no `-- migrate:up` comes before"),
        (DBMATE_PAIR + "-- migrate:up\nSELECT 3;\n", "no `-- migrate:down` follows"),
        ("SELECT 0;\n" + DBMATE_PAIR, "a statement before"),
        ("\n  -- a remark\n" + DBMATE_PAIR, None),
        ("\ufeff" + DBMATE_PAIR, "a byte order mark"),
        ("\ufeff-- a remark\n" + DBMATE_PAIR, "a byte order mark"),
    ],
)
def test_what_dbmate_refuses_to_run(write: Write, text: str, what: str | None) -> None:
    history = read(write, {"migrations/1_a.sql": text, "migrations/2_b.sql": DBMATE_PAIR})
    assert {name.partition("#")[0] for name in ids(history)} == {"1_a", "2_b"}
    told = [odd.message for odd in history.irregularities]
    assert [what in message for message in told] == [True] if what else told == []


def test_each_up_of_sql_migrate_adds_to_the_ups(write: Write) -> None:
    text = (
        "-- +migrate Up\nCREATE TABLE a (id int);\n-- +migrate Down\nDROP TABLE a;\n"
        "-- +migrate Up\nCREATE TABLE b (id int);\n"
    )
    (migration,) = read(write, {"migrations/1_a.sql": text}).migrations
    assert migration.up is not None
    assert migration.down is not None
    assert migration.up.sql.split() == "CREATE TABLE a (id int); CREATE TABLE b (id int);".split()
    assert migration.down.sql.split() == ["DROP", "TABLE", "a;"]
    at = migration.up.source.sql.index("CREATE TABLE b")
    assert migration.up.source.place(Span(at, at + 1)).span.start == text.index("CREATE TABLE b")


def test_sql_migrate_does_not_see_a_directive_behind_a_byte_order_mark(write: Write) -> None:
    text = "\ufeff-- +migrate Up\nSELECT 1;\n"
    assert [type(odd) for odd in read(write, {"migrations/1_a.sql": text}).irregularities] == [
        IgnoredDirective
    ]


MYBATIS = (
    "-- // a\n-- @DELIMITER |\nCREATE TABLE a (t text DEFAULT 'x;')|\nSELECT 1|\n-- //@UNDO\nDROP TABLE a;\n"
)


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [("", ";"), ("send_full_script=false", ";"), ("send_full_script=true", "|")],
)
def test_mybatis_splits_at_the_delimiter_unless_it_sends_all_at_once(
    write: Write, settings: str, wanted: str
) -> None:
    files = {"scripts/1_a.sql": MYBATIS, "environments/development.properties": settings}
    (migration,) = read(write, files).migrations
    assert migration.up is not None
    assert migration.down is not None
    assert f"'x;'){wanted}" in migration.up.sql
    assert f"SELECT 1{wanted}" in migration.up.sql
    assert migration.down.sql.strip() == "DROP TABLE a;"


@pytest.mark.parametrize(
    ("environments", "dialect", "mode"),
    [
        ({"development": "url=jdbc:h2:x\n", "live": "url=jdbc:postgresql:x\n"}, "postgres", "per_migration"),
        ({"a": "url=jdbc:mysql:x\nauto_commit=true\n", "b": "url=jdbc:mysql:x\n"}, "mysql", "per_migration"),
        ({"development": "auto_commit=true\n", "live": "auto_commit=false\n"}, "postgres", "per_statement"),
        (
            {"live": "auto_commit=true\nsend_full_script=true\n"},
            "postgres",
            "implicit_batch",
        ),
    ],
)
def test_the_default_environment_of_mybatis_decides_else_what_all_agree_on(
    write: Write, environments: dict[str, str], dialect: str, mode: str
) -> None:
    files = {f"environments/{name}.properties": text for name, text in environments.items()}
    history = read(write, {"scripts/1_a.sql": "SELECT 1;\n-- //@UNDO\n", **files})
    assert history.dialect == dialect
    assert history.migrations[0].up is not None
    assert history.migrations[0].up.mode == mode


def test_environment_variables_count_only_where_goose_puts_them_in(write: Write) -> None:
    text = (
        "-- +goose Up\nSELECT '$A';\n-- +goose ENVSUB ON\nSELECT ${B};\n-- +goose ENVSUB OFF\nSELECT '$C';\n"
    )
    up = read(write, {"migrations/1_a.sql": text}).migrations[0].up
    assert up is not None
    assert "'$A'" in up.sql
    assert "__b_" in up.sql
    assert "'$C'" in up.sql


BODY = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n  SELECT 1;\n$$;\n"
CONCURRENTLY = "SELECT 1;\nCREATE INDEX CONCURRENTLY i ON a (id);\n"


@pytest.mark.parametrize("tool", ["goose", "migrate"])
@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("SELECT 1;\n", None),
        ("SELECT 1; -- a\n-- b\n\n", None),
        ("SELECT\n  1;\nSELECT 'a; b';\n", None),
        ("SELECT 1\n", "no semicolon"),
        (BODY, "cut at a semicolon"),
        ("SELECT 'a;\nb';\n", "cut at a semicolon"),
        (f"-- +TOOL StatementBegin\n{BODY}-- +TOOL StatementEnd\n", None),
        ("-- +TOOL StatementBegin\nSELECT 1\n-- +TOOL StatementEnd\n", None),
        ("-- +TOOL StatementBegin\nSELECT 1;\n", "no StatementEnd"),
        (f"-- +TOOL StatementBegin\n{CONCURRENTLY}-- +TOOL StatementEnd\n", "one query"),
        (CONCURRENTLY, None),
    ],
)
def test_statements_end_where_the_tool_sees_it(write: Write, tool: str, sql: str, what: str | None) -> None:
    head = "-- +goose NO TRANSACTION\n-- +goose Up\n" if tool == "goose" else "-- +migrate Up notransaction\n"
    history = read(write, {"db/1_a.sql": head + sql.replace("TOOL", tool)})
    messages = [odd.message for odd in history.irregularities]
    assert all(isinstance(odd, RefusedFile) for odd in history.irregularities)
    assert [what in message for message in messages] == [True] if what else messages == []


def test_goose_refuses_a_directive_after_a_blank(write: Write) -> None:
    history = read(write, {"db/1_a.sql": "-- +goose Up\n  -- +goose Down\nSELECT 1;\n"})
    assert [type(odd) for odd in history.irregularities] == [RefusedFile]


def test_goose_refuses_a_file_that_begins_with_the_way_back(write: Write) -> None:
    wrong = "-- +goose Down\nSELECT 1;\n-- +goose Up\nDROP TABLE a;\n"
    history = read(write, {"db/1_a.sql": PAIRS["goose"], "db/2_b.sql": wrong})
    assert [odd.message for odd in history.irregularities] == [
        "goose refuses a file without `-- +goose Up` before `Down`"
    ]


def test_supabase_finds_no_command_in_a_comment(write: Write) -> None:
    write({"supabase/config.toml": "", "supabase/migrations/1_a.sql": "-- not concurrently\nSELECT 1;\n"})
    up = only_history().migrations[0].up
    assert up is not None
    assert up.mode is TransactionMode.PIPELINE


@pytest.mark.parametrize(
    ("version", "alone"), [("2.98.2", False), ("2.109.0", True), ("latest", True), ("", True)]
)
def test_a_workflow_says_which_supabase_deploys(write: Write, version: str, alone: bool) -> None:
    setting = f"          version: {version}  # pinned\n" if version else ""
    steps = f"steps:\n      - uses: supabase/setup-cli@v1\n        with:\n          # why\n{setting}"
    write(
        {
            ".git/HEAD": "ref: refs/heads/main\n",
            ".github/workflows/deploy.yml": steps,
            "package.json": '{"devDependencies": {"supabase": "^2.109.1"}}',
            "supabase/config.toml": "",
            "supabase/migrations/1_a.sql": CONCURRENTLY,
        }
    )
    history = only_history()
    up = history.migrations[0].up
    assert up is not None
    assert (up.mode is TransactionMode.PER_STATEMENT) is alone
    assert bool(history.advice.run_alone) is alone


def test_tern_stops_at_a_gap(write: Write) -> None:
    files = {f"migrations/{n}_x.sql": PAIRS["tern"] for n in ("001", "002", "004")}
    (odd,) = read(write, files).irregularities
    assert (type(odd), odd.migration) == (VersionGap, "004_x")


def test_changesets_for_other_databases_are_left_out_and_equal_names_told_apart(write: Write) -> None:
    text = "--liquibase formatted sql\n" + "".join(
        f"--changeset me:{name}\nSELECT 1;\n"
        for name in ("a", "b dbms:mysql", "c dbms:!postgresql", "d dbms:h2,postgresql", "a context:x")
    )
    assert ids(read(write, {"db/1_x.sql": text})) == ["1_x#me:a", "1_x#me:d", "1_x#me:a(2)"]


def test_sqitch_runs_the_plan_and_the_older_script_of_a_reworked_change(write: Write) -> None:
    plan = "%syntax-version=1.0.0\n%project=x\n\n" + "".join(
        f"{line} 2024-01-01T00:00:00Z A <a@b> # n\n" for line in ("b", "a [b]", "@v1", "b [b@v1]")
    )
    files = {f"deploy/{name}.sql": "SELECT 1;" for name in ("a", "b", "b@v1")}
    history = read(write, {"sqitch.plan": plan, **files})
    assert (history.tool, ids(history)) == ("sqitch", ["b@v1", "a", "b"])


def test_a_runner_of_ones_own_is_read_as_configured(write: Write) -> None:
    write(
        {
            "delta/10/up/1.sql": "SELECT 1;",
            "delta/9/up/1.sql": "SELECT 1;",
            "delta/9/down/1.sql": "SELECT 2;",
            "delta/9/up/2.sql.sqlite": "SELECT 1;",
        }
    )
    own = ToolSettings(tool="custom", up="*/up/*.sql", down="*/down/*.sql", dialect_suffix=".postgres")
    (history,) = find_histories(["."], {"delta": own})
    assert ids(history) == ["9/up/1", "10/up/1"]
    assert history.migrations[0].down is not None
