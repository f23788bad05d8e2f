"""Evolve, DbUp and Yuniql: the tools of .NET, which the project file tells."""

import pytest
from migration_project import Write, ids, modes, only_history

from miglint.model.irregularity import DuplicateVersion, RefusedFile
from miglint.model.migration import History, TransactionMode

EVOLVE = {"App/App.csproj": '<Project><PackageReference Include="Evolve" Version="3" /></Project>'}
DBUP = '<Project><PackageReference Include="dbup-postgresql" Version="5" />{}</Project>'
EMBEDDED = '<EmbeddedResource Include="Scripts\\**\\*.sql" />'


def read(write: Write, files: dict[str, str]) -> History:
    write(files)
    return only_history()


def test_evolve_compares_versions_by_their_parts(write: Write) -> None:
    names = ("V1_10__b.sql", "v1.9__a.sql", "x/V2__c.sql", "R__z.sql", "U1__u.sql", "notes.txt")
    history = read(write, EVOLVE | {f"App/db/{name}": "SELECT 1;" for name in names})
    assert (history.tool, ids(history)) == ("evolve", ["v1.9__a", "V1_10__b", "V2__c", "R__z"])
    assert history.migrations[3].repeatable
    assert history.irregularities == ()


def test_evolve_tells_one_from_one_point_zero_and_refuses_other_names(write: Write) -> None:
    names = ("V1__a.sql", "V1.0__b.sql", "V1_0__c.sql", "Vx__d.sql")
    history = read(write, EVOLVE | {f"App/db/{name}": "SELECT 1;" for name in names})
    assert [type(odd) for odd in history.irregularities] == [RefusedFile, DuplicateVersion]


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("-- EVOLVE-TX-OFF please\nSELECT 1;", TransactionMode.IMPLICIT_BATCH),
        ("\n-- evolve-tx-off\nSELECT 1;", TransactionMode.PER_MIGRATION),
    ],
)
def test_evolve_looks_for_its_option_in_the_first_line(
    write: Write, text: str, mode: TransactionMode
) -> None:
    assert modes(read(write, EVOLVE | {"App/db/V1__a.sql": text})) == [mode]


def test_without_evolve_in_the_project_the_names_are_flyways(write: Write) -> None:
    assert read(write, {"App/App.csproj": "<Project/>", "App/db/V1__a.sql": "SELECT 1;"}).tool == "flyway"


def dbup(extra: str = EMBEDDED, **programs: str) -> dict[str, str]:
    names = (
        "Scripts/2_b.sql",
        "Scripts/10_a.sql",
        "Scripts/1 first/z.sql",
        "Other/0.sql",
        "bin/Scripts/9.sql",
    )
    files = {f"App/{name}": "SELECT 1;" for name in names}
    return files | {"App/App.csproj": DBUP.format(extra)} | {f"App/{k}.cs": v for k, v in programs.items()}


def test_dbup_goes_by_the_names_of_the_resources(write: Write) -> None:
    history = read(write, dbup())
    assert (history.tool, history.dialect) == ("dbup", "postgres")
    assert ids(history) == ["Scripts/10_a", "Scripts/2_b", "Scripts/1 first/z"]


def test_dbup_takes_a_folder_where_nothing_is_embedded(write: Write) -> None:
    assert ids(read(write, dbup(""))) == ["Other/0", "Scripts/10_a", "Scripts/2_b", "Scripts/1 first/z"]


@pytest.mark.parametrize(
    ("call", "mode"),
    [
        ("", TransactionMode.PER_STATEMENT),
        (".WithTransaction()", TransactionMode.PER_RUN),
        (".WithTransactionPerScript()", TransactionMode.PER_MIGRATION),
    ],
)
def test_dbup_uses_the_transaction_that_the_program_asks_for(
    write: Write, call: str, mode: TransactionMode
) -> None:
    assert set(modes(read(write, dbup(Program=f"DeployChanges.To{call}.Build();")))) == {mode}


def test_a_variable_of_dbup_is_no_dollar_quote(write: Write) -> None:
    text = "SELECT $body$ $x-y$ $body$, '$1', $schema$.a;"
    up = read(write, dbup() | {"App/Scripts/10_a.sql": text}).migrations[0].up
    assert up is not None
    assert up.sql == "SELECT $body$ _x_y_ $body$, '$1', _schema_.a;"


def test_evolve_puts_the_folders_that_the_program_names_together(write: Write) -> None:
    program = 'new Evolve(c) { Locations = new[] { "db/schema", "db/data" } }; Log("db/no");'
    files = {"App/db/schema/V1__a.sql": "SELECT 1;", "App/db/data/V2__b.sql": "SELECT 1;"}
    history = read(write, EVOLVE | files | {"App/Program.cs": program})
    assert (history.tool, ids(history)) == ("evolve", ["V1__a", "V2__b"])


def test_yuniql_runs_its_versions_in_one_transaction_between_what_stands_around_them(write: Write) -> None:
    names = ("v0.10/b.sql", "v0.9-label/z.sql", "v0.9-label/tables/a.sql", "_init/i.sql", "_post/p.sql")
    history = read(write, {f"db/{name}": "SELECT 1;" for name in (*names, "_erase/e.sql")})
    assert history.tool == "yuniql"
    expected = ["_init/i", "v0.9-label/tables/a", "v0.9-label/z", "v0.10/b", "_post/p"]
    assert ids(history) == expected
    assert [migration.repeatable for migration in history.migrations] == [False] * 4 + [True]
    assert set(modes(history)) == {TransactionMode.PER_RUN}
    assert not history.advice.has_downs


@pytest.mark.parametrize(
    ("package", "tool"), [("Yuniql.AspNetCore", "yuniql"), ("Npgsql", "numbered-folders")]
)
def test_yuniql_is_known_by_its_package_where_no_other_folder_is(
    write: Write, package: str, tool: str
) -> None:
    project = f'<Project><PackageReference Include="{package}" Version="1" /></Project>'
    scripts = {f"App/migrations/{name}/a.sql": "SELECT 1;" for name in ("v0.00", "v0.01")}
    assert read(write, scripts | {"App/App.csproj": project}).tool == tool
