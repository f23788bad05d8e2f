"""The commands that undo the newest migrations, and those that run them again, for tools that differ."""

from pathlib import Path

import pytest

from miglint.model.migration import History
from miglint.rollback.commands import kept_before, steps_back, steps_up, undone_with
from miglint.tools import find_histories

FIXTURES = Path(__file__).parents[3] / "fixtures" / "tools"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    def histories(project: str) -> History:
        monkeypatch.chdir(FIXTURES / project)
        return next(one for one in find_histories(["."]) if one.migrations)

    return histories


ONE_BACK = {
    "golang_migrate": ("migrate -path migrations -database $DATABASE_URL down 1",),
    "goose": ("goose -dir migrations $GOOSE_DRIVER $GOOSE_DBSTRING down",),
    "dbmate": ("dbmate --migrations-dir db/migrations rollback",),
    "diesel": ("diesel migration revert --migration-dir migrations",),
    "sqlx": ("sqlx migrate revert --source migrations",),
    "hasura": ("hasura migrate apply --database-name default --down 1",),
    "sqitch": ("sqitch revert --to @HEAD^",),
    "liquibase": ("liquibase rollback-count 1",),
    "yoyo": ("yoyo rollback --revision c_by_customer",),
    "prisma": (
        "npx prisma db execute --file prisma/migrations/3_by_customer/down.sql",
        "DELETE FROM _prisma_migrations WHERE migration_name = '3_by_customer';",
    ),
    "supabase": (
        'psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -1 '
        "-f <the SQL of the way back of 20240103000000_by_customer>",
        "supabase migration repair 20240103000000 --status reverted",
    ),
    "bun": (),
}
TWO_BACK = {
    "golang_migrate": ("migrate -path migrations -database $DATABASE_URL down 2",),
    "goose": ("goose -dir migrations $GOOSE_DRIVER $GOOSE_DBSTRING down-to 00002",),
    "dbmate": ("dbmate --migrations-dir db/migrations rollback",) * 2,
    "diesel": ("diesel migration revert -n 2 --migration-dir migrations",),
    "sqlx": ("sqlx migrate revert --source migrations --target-version 1",),
    "tern": ("tern migrate --migrations migrations --destination -2",),
    "hasura": ("hasura migrate apply --database-name default --down 2",),
    "sqitch": ("sqitch revert --to orders",),
    "liquibase": ("liquibase rollback-count 2",),
    "sql_migrate": ("sql-migrate down -limit 2",),
    "yoyo": ("yoyo rollback --revision c_by_customer", "yoyo rollback --revision a_by_status"),
}


@pytest.mark.parametrize("project", ONE_BACK)
def test_one_step_back(read, project):  # type: ignore[no-untyped-def]
    history = read(project)
    assert steps_back(history, history.migrations[-1:]) == ONE_BACK[project]


@pytest.mark.parametrize("project", TWO_BACK)
def test_two_steps_back(read, project):  # type: ignore[no-untyped-def]
    history = read(project)
    assert steps_back(history, history.migrations[-2:]) == TWO_BACK[project]


def test_all_the_way_back_names_no_version_that_stays(read):  # type: ignore[no-untyped-def]
    history = read("sqlx")
    assert steps_back(history, history.migrations) == ("sqlx migrate revert --source migrations",) * 3


def test_what_came_later_is_undone_as_well(read):  # type: ignore[no-untyped-def]
    history = read("golang_migrate")
    undone = undone_with(history, "2_by_status")
    assert [one.id for one in undone] == ["2_by_status", "3_by_customer"]
    kept = kept_before(history, undone[0])
    assert kept is not None
    assert kept.id == "1_orders"


def test_the_way_there_has_a_target_only_where_something_follows(read):  # type: ignore[no-untyped-def]
    history = read("golang_migrate")
    base = "migrate -path migrations -database $DATABASE_URL"
    assert steps_up(history, history.migrations[-1:]) == (f"{base} up",)
    assert steps_up(history, history.migrations[1:2]) == (f"{base} goto 2",)


@pytest.mark.parametrize(
    ("project", "version"),
    [
        ("flyway", "1.9"),
        ("evolve", "1.9"),
        ("diesel", "20240103000000"),
        ("drizzle", ""),
        ("atlas", "20240103000000"),
    ],
)
def test_the_number_of_a_migration_is_what_the_commands_call_it_by(read, project, version):  # type: ignore[no-untyped-def]
    history = read(project)
    numbers = [history.number_of(one) for one in history.migrations]
    assert version in numbers


def test_a_command_is_not_given_half_filled_in(read):  # type: ignore[no-untyped-def]
    history = read("golang_migrate")
    first, second, _ = history.migrations
    mend = history.advice.commands.mend
    assert history.command(mend, second) == "migrate -path migrations -database $DATABASE_URL force 1"
    assert history.command(mend, first) == ""
