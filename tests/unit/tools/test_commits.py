"""Which migrations are one release because they came with one commit."""

import os
from collections.abc import Mapping
from itertools import groupby

import pytest

from miglint.model import History, Migration, Problem
from miglint.model.change import Arrival, Arrivals
from miglint.tools import histories_of_texts, with_arrivals, with_periods

FIRST = ("2024-01-02_first",)
DAY = 86_400


def project(names: tuple[str, ...], more: Mapping[str, str] | None = None) -> History:
    """Give a history of plain SQL files, or another for the files in `more`."""
    texts = {f"migrations/{name}.sql": f"CREATE TABLE t{at} (a int);\n" for at, name in enumerate(names)}
    (history,) = histories_of_texts({path: text.encode() for path, text in {**texts, **(more or {})}.items()})
    return history


def came(
    *names: str, removed: tuple[str, ...] = (), folder: str = "migrations", unreleased: bool = False
) -> Arrival:
    return Arrival(
        tuple(os.path.abspath(f"{folder}/{name}.sql") for name in names),
        tuple(map(os.path.abspath, removed)),
        unreleased=lambda: unreleased,
    )


def releases(history: History, *arrivals: Arrival) -> list[int]:
    """Give the sizes of the releases, in order; the latest commit comes first."""
    migrations = with_arrivals(history, Arrivals(arrivals)).migrations
    return [len(list(group)) for _, group in groupby(migrations, lambda one: one.release or one.id)]


def test_what_came_with_one_commit_is_one_release() -> None:
    names = (*FIRST, "2024-02-01_a", "2024-02-20_b", "2024-03-01_c")

    assert releases(project(names), came(names[3]), came(*names[1:3]), came(*FIRST)) == [1, 2, 1]
    assert releases(project(names)) == [1, 1, 1, 1]


def test_what_git_does_not_know_is_not_of_one_release() -> None:
    names = (*FIRST, "2024-02-01_a", "2024-02-20_b")
    history = project(names)

    assert with_arrivals(history, Arrivals((came(names[1]), came(*FIRST)))) is history
    assert with_arrivals(history, Arrivals(())) is history


def test_the_oldest_commit_begins_a_database_if_it_brings_work_of_a_month() -> None:
    names = ("2024-02-01_a", "2024-02-20_b", "2024-03-01_c")
    beyond = ("2024-02-01_a", "2024-02-20_b", "2024-03-02_c")

    assert releases(project(names), came(*names)) == [3]
    assert releases(project(names), came(names[2]), came(*names[:2]), came("other")) == [2, 1]
    assert releases(project(beyond), came(*beyond)) == [1, 1, 1]


def test_the_oldest_commit_says_nothing_if_there_may_have_been_a_database() -> None:
    names = ("2024-02-01_a", "2024-02-20_b", "2024-03-01_c", "2024-03-02_d")
    arrivals = Arrivals((came(*names[2:]), came(*names[:2])), cut=True)
    with_days = project(names)

    cut = with_arrivals(with_days, arrivals).migrations
    assert [bool(one.release) for one in cut] == [False, False, True, True]
    assert releases(with_days, came(*names[2:]), came(*names[:2], removed=("old/1.sql",))) == [1, 1, 2]
    numbers = ("0001_a", "0002_b", "0003_c", "0004_d")
    assert releases(project(numbers), came(*numbers[2:]), came(*numbers[:2])) == [1, 1, 2]


def test_a_branch_without_a_release_of_its_own_may_be_longer() -> None:
    names = (*FIRST, "2024-03-01_a", "2024-09-02_b")

    assert releases(project(names), came(*names[1:], unreleased=True), came(*FIRST)) == [1, 2]
    assert releases(project(names), came(*names[1:]), came(*FIRST)) == [1, 1, 1]
    numbers = tuple(f"{number:04}_x" for number in range(1, 13))
    assert releases(project(numbers), came(*numbers[1:], unreleased=True), came(numbers[0])) == [1] * 12


def test_a_commit_brings_work_of_a_month_and_not_of_more() -> None:
    within = (*FIRST, "2024-03-01_a", "2024-04-01_b")
    beyond = (*FIRST, "2024-03-01_a", "2024-04-02_b")

    assert releases(project(within), came(*within[1:]), came(*FIRST)) == [1, 2]
    assert releases(project(beyond), came(*beyond[1:]), came(*FIRST)) == [1, 1, 1]


@pytest.mark.parametrize(("count", "sizes"), [(10, [1, 10]), (11, [1] * 12)])
def test_numbers_tell_no_days_so_a_large_commit_may_be_an_import(count: int, sizes: list[int]) -> None:
    names = tuple(f"{number:04}_x" for number in range(1, count + 2))

    assert releases(project(names), came(*names[1:]), came(names[0])) == sizes


def test_a_large_commit_of_one_month_is_one_work() -> None:
    names = (*FIRST, *(f"2024-02-{day:02}_x" for day in range(1, 21)))

    assert releases(project(names), came(*names[1:]), came(*FIRST)) == [1, 20]


def test_a_commit_that_takes_migrations_away_moved_or_squashed_some() -> None:
    names = (*FIRST, "2024-02-01_a", "2024-02-20_b")
    history = project(names)

    def sizes(removed: str) -> list[int]:
        return releases(history, came(*names[1:], removed=(removed,)), came(*FIRST))

    assert sizes("migrations/2023-01-01_old.sql") == [1, 1, 1]
    assert sizes("elsewhere/of/2024-02-01_a.sql") == [1, 1, 1]
    assert sizes("queries/users.sql") == [1, 2]


def test_a_folder_that_is_a_migration_is_known_wherever_it_stood() -> None:
    names = ("20240102000000_first", "20240201000000_a", "20240220000000_b")
    texts = {f"prisma/migrations/{name}/migration.sql": "SELECT 1;\n" for name in names}
    history = project((), {**texts, "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n'})

    def sizes(removed: str) -> list[int]:
        work = came(*(f"{name}/migration" for name in names[1:]), folder="prisma/migrations")
        arrival = work._replace(removed=(os.path.abspath(removed),))
        return releases(history, arrival, came(f"{names[0]}/migration", folder="prisma/migrations"))

    assert sizes(f"old/{names[1]}/migration.sql") == [1, 1, 1]
    assert sizes(f"old/{names[0]}/migration.sql") == [1, 2]


def test_what_was_merged_before_can_stand_between() -> None:
    names = (*FIRST, "2024-02-01_a", "2024-02-10_b", "2024-02-20_c")
    arrivals = Arrivals((came(names[1], names[3]), came(names[2]), came(*FIRST)))
    found = with_arrivals(project(names), arrivals)

    assert [one.release for one in found.migrations] == ["", names[1], "", names[1]]


def test_a_release_by_names_goes_on_with_what_came_with_a_part_of_it() -> None:
    names = ("20240102000000_first", "20240201120000_a", "20240201120300_b", "20240203000000_c")
    history = project(names)
    assert releases(history) == [1, 2, 1]

    assert releases(history, came(names[2], names[3]), came(names[1]), came(names[0])) == [1, 3]


def test_migrations_of_one_file_came_one_by_one() -> None:
    table = '<createTable tableName="t{0}"><column name="a" type="int"/></createTable>'
    sets = "".join(
        f'<changeSet id="{number}" author="a">{table.format(number)}</changeSet>' for number in (1, 2, 3)
    )
    history = project((), {"db/changelog.xml": f"<databaseChangeLog>{sets}</databaseChangeLog>"})
    assert len(history.migrations) == 3
    arrival = Arrival((os.path.abspath("db/changelog.xml"),))

    assert with_arrivals(history, Arrivals((arrival, came("2024")))) is history


def test_a_file_of_one_release_came_as_a_whole() -> None:
    sets = "--liquibase formatted sql\n--changeset me:a\nSELECT 1;\n--changeset me:b\nSELECT 2;\n"
    includes = "".join(f'<include file="db/{name}.sql"/>' for name in ("1", "2", "3"))
    master = {"db/changelog-master.xml": f"<databaseChangeLog>{includes}</databaseChangeLog>"}
    history = project((), {**master, **{f"db/{name}.sql": sets for name in ("1", "2", "3")}})
    assert releases(history) == [2, 2, 2]

    assert releases(history, came("3", "2", folder="db"), came("1", folder="db")) == [2, 4]


@pytest.mark.parametrize(
    ("tags", "sizes"),
    [
        ((), [1, 1, 1, 1]),
        ((1,), [1, 3]),
        ((1, 10 * DAY, 60 * DAY), [1, 1, 2]),
        ((1, 15 * DAY), [1, 2, 1]),
        ((1, 20 * DAY), [1, 3]),
        ((1, 10 * DAY - 1, 60 * DAY), [1, 3]),
    ],
)
def test_what_has_no_tag_in_between_may_be_deployed_together(tags: tuple[int, ...], sizes: list[int]) -> None:
    names = (*FIRST, "2024-02-01_a", "2024-02-10_b", "2024-02-20_c")
    days = (20, 15, 10, 0)
    commits = tuple(came(name)._replace(at=day * DAY) for name, day in zip(names[::-1], days, strict=True))
    found = with_periods(project(names), Arrivals(commits, tags=tags)).migrations

    assert [len(list(group)) for _, group in groupby(found, lambda one: one.release or one.id)] == sizes


def test_what_came_in_more_than_a_month_was_not_deployed_together() -> None:
    names = (*FIRST, "2024-02-01_a", "2024-02-10_b", "2024-02-20_c")
    days = (60, 45, 29, 0)
    commits = tuple(came(name)._replace(at=day * DAY) for name, day in zip(names[::-1], days, strict=True))
    found = with_periods(project(names), Arrivals(commits, tags=(90 * DAY,))).migrations

    assert [one.release for one in found] == [names[0], names[0], names[2], names[2]]


def test_what_began_a_project_was_deployed_as_the_days_of_its_names_tell() -> None:
    names = ("2024-01-01_a", "2024-01-20_b", "2024-02-25_c", "2024-02-27_d", "2024-06-01_e")
    commits = (came(names[-1])._replace(at=200 * DAY), came(*names[:-1])._replace(at=190 * DAY))
    found = with_periods(project(names), Arrivals(commits, tags=(195 * DAY,))).migrations
    assert [one.release for one in found] == [names[0], names[0], names[2], names[2], ""]

    cut = with_periods(project(names), Arrivals(commits, cut=True, tags=(195 * DAY,))).migrations
    assert not any(one.release for one in cut)


def test_a_repeatable_migration_runs_later_than_it_came() -> None:
    history = project((), {f"db/migration/{name}.sql": "SELECT 1;\n" for name in ("V1__a", "V2__b", "R__c")})
    arrivals = [came("V2__b", "R__c", folder="db/migration"), came("V1__a", folder="db/migration")]

    assert releases(history, *arrivals) == [1, 1, 1]


def test_a_step_in_code_between_is_not_in_the_way() -> None:
    names = (*FIRST, "2024-02-01_a", "2024-02-20_b")
    history = project(names)
    step = Migration("2024-02-10_step", None, opaque=Problem("migrations/2024-02-10_step.js", "in code"))
    migrations = (*history.migrations[:2], step, history.migrations[2])
    found = with_arrivals(history._replace(migrations=migrations), Arrivals((came(*names[1:]), came(*FIRST))))

    assert [one.release for one in found.migrations] == ["", names[1], "", names[1]]
