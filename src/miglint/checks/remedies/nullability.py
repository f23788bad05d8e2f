"""How a column becomes NOT NULL without a scan that keeps everybody off the table."""

from collections.abc import Sequence

from miglint.model import Name, SetNotNull, quote
from miglint.model.remedy import NOWHERE, Do, check_later, do, validated, without_constraint


def not_null_check(table: Name, column: str) -> str:
    """Name the CHECK that proves a column NOT NULL."""
    return f"{table.name}_{column}_not_null"


def null_checks(table: Name, columns: Sequence[str]) -> tuple[Do, ...]:
    """Give the checks of columns that read no row yet."""
    return tuple(
        do(check_later(table, not_null_check(table, column), f"{quote(column)} IS NOT NULL"))
        for column in columns
    )


def not_null_proved(table: Name, columns: Sequence[str]) -> tuple[Do, ...]:
    """Give what makes columns NOT NULL by the checks, which go then."""
    return tuple(
        do(operation)
        for column in columns
        for operation in (
            validated(table, not_null_check(table, column)),
            SetNotNull(NOWHERE, table, column),
            without_constraint(table, not_null_check(table, column)),
        )
    )
