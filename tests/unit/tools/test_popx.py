"""popx and pop: one folder for all databases, read for one of them."""

import pytest
from migration_project import Write

from miglint.model.irregularity import MissingFile, RefusedFile, UnreachableFile
from miglint.model.migration import History, TransactionMode
from miglint.tools import ToolSettings, find_histories


def read(write: Write, *names: str, dialect: str | None = None, text: str = "SELECT 1;\n") -> History:
    write({f"migrations/{name}": text for name in names})
    (history,) = find_histories(["."], {"migrations": ToolSettings("popx", dialect)})
    return history


def ups(history: History) -> list[str]:
    return [m.up.source.path.removeprefix("migrations/") for m in history.migrations if m.up]


NAMES = ("1_a.up.sql", "1_a.down.sql", "1_a.mysql.up.sql", "2_b.sqlite3.up.sql", "2_b.down.sql",
         "10_c.pg.up.sql", "10_c.postgres.down.sql", "10_c.down.sql", "3_d.foo.up.sql")  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (None, ["1_a.up.sql", "10_c.pg.up.sql"]),
        ("mysql", ["1_a.mysql.up.sql"]),
        ("sqlite", ["1_a.up.sql", "2_b.sqlite3.up.sql"]),
    ],
)
def test_each_database_has_a_list_of_its_own(write: Write, dialect: str | None, expected: list[str]) -> None:
    history = read(write, *NAMES, dialect=dialect)
    assert ups(history) == expected
    assert history.dialect == (dialect or "postgres")
    assert history.irregularities == ()


def test_up_and_down_are_chosen_each_by_itself(write: Write) -> None:
    (_, first) = read(write, *NAMES).migrations
    assert first.down is not None
    assert first.down.source.path == "migrations/10_c.postgres.down.sql"


def test_mysql_gets_no_transaction(write: Write) -> None:
    up = read(write, *NAMES, dialect="mysql").migrations[0].up
    assert up is not None
    assert up.mode is TransactionMode.PER_STATEMENT


def test_what_popx_refuses_and_what_it_never_runs(write: Write) -> None:
    history = read(write, "1_a.up.sql", "1_b.up.sql", "1_a.down.sql", "2_c.pg.up.sql", "notes.sql")
    assert [(type(odd), odd.source.path.removeprefix("migrations/")) for odd in history.irregularities] == [
        (UnreachableFile, "1_a.up.sql"),
        (RefusedFile, "notes.sql"),
        (MissingFile, "2_c.pg.up.sql"),
    ]


def test_pop_asks_for_no_way_back_and_knows_no_autocommit(write: Write) -> None:
    names = ("1_a.up.fizz", "1_a.down.fizz", "2_b.up.sql", "3_c.autocommit.up.sql", "notes.sql")
    write({f"migrations/{name}": "SELECT 1;\n" for name in names})
    write({"go.mod": "module x\n\nrequire github.com/gobuffalo/pop/v6 v6.1.1\n"})
    (history,) = find_histories(["."], {"migrations": ToolSettings("pop")})
    assert (history.tool, history.irregularities) == ("pop", ())
    assert [(m.id, m.opaque is not None) for m in history.migrations] == [("1_a", True), ("2_b", False)]


@pytest.mark.parametrize(
    ("module", "tool"), [("ory/x v0.0.1", "popx"), ("gobuffalo/pop/v6 v6.1.1", "pop"), ("x/y v1.0.0", "pop")]
)
def test_the_module_tells_popx_from_pop(write: Write, module: str, tool: str) -> None:
    write({"go.mod": f"module a\n\nrequire github.com/{module}\n"})
    write({f"migrations/{name}": "SELECT 1;\n" for name in ("1_a.pg.up.sql", "1_a.down.sql")})
    assert find_histories(["."])[0].tool == tool


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ if .IsPostgreSQL }}A{{ else }}B{{ end }}", "A"),
        ("{{- if .IsSQLite -}}A{{- else -}}B{{- end -}}", "B"),
        ("{{if or .IsCockroach .IsPostgreSQL}}A{{end}}C", "A C"),
        ("{{if not .IsPostgreSQL}}A{{else if .IsPostgreSQL}}B{{else}}C{{end}}", "B"),
        ("{{if .IsMySQL}}{{if .IsPostgreSQL}}A{{end}}B{{end}}C", "C"),
        ("{{ .Parameters.x }}", "__ _parameters_x __"),
        ("{{ if .IsMySQL }}never closed", ""),
        ("{{ end }}A", "A"),
    ],
)
def test_a_template_is_read_for_the_database(write: Write, template: str, expected: str) -> None:
    up = read(write, "1_a.up.sql", "1_a.down.sql", text=template).migrations[0].up
    assert up is not None
    assert len(up.sql) == len(template)
    assert up.sql.replace("_", "").split() == expected.replace("_", "").split()


def test_the_way_out_of_the_transaction_keeps_the_database_in_the_name(write: Write) -> None:
    write({"m/1_a.autocommit.up.sql": "SELECT 1;", "m/1_a.down.sql": ""})
    (history,) = find_histories(["m"])
    assert "`N_name.postgres.autocommit.up.sql`" in history.advice.run_outside_transaction
