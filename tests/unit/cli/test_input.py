"""How a migration is named on the command line."""

import pytest

from miglint.cli.input import called
from miglint.errors import UsageError

NAMES = (
    "000002_users",
    "000003_user_mail",
    "V7__orders",
    "2026-01-03-120000_paid",
    "20260205_totals",
    "9_2fa",
)


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ("000003_user_mail", "000003_user_mail"),
        ("000003", "000003_user_mail"),
        ("3", "000003_user_mail"),
        ("7", "V7__orders"),
        ("v7", "V7__orders"),
        ("20260103120000", "2026-01-03-120000_paid"),
        ("9", "9_2fa"),
        ("user_mail", "000003_user_mail"),
        ("Orders", "V7__orders"),
    ],
)
def test_a_migration_is_found_by_its_version_or_its_name(wanted: str, meant: str) -> None:
    assert called(wanted, NAMES) == meant


@pytest.mark.parametrize("wanted", ["", "30", "user", "000003_users", "mail", "99"])
def test_what_no_migration_is_named_is_refused(wanted: str) -> None:
    with pytest.raises(UsageError, match="no migration is named"):
        called(wanted, NAMES)


def test_a_name_that_several_have_is_refused_with_them() -> None:
    with pytest.raises(UsageError, match="'users' can be any of 2 migrations") as refused:
        called("users", ("1_users", "2_users", "3_other"))
    assert refused.value.hint == "1_users, 2_users"


def test_one_name_in_two_histories_is_one_name() -> None:
    assert called("1", ("0001_init", "0001_init")) == "0001_init"


def test_a_view_that_is_made_anew_or_a_way_back_has_no_version_to_go_to() -> None:
    assert called("3", ("V3__a", "B3__a", "U3__a")) == "V3__a"
