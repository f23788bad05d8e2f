"""What strategies share: names that fit, statements whose finding is answered, loops that fill a column."""

import re
from typing import TYPE_CHECKING

from miglint.model import Name, Operation, Schema, quote
from miglint.model.remedy import Given, Say

if TYPE_CHECKING:
    from miglint.checks.context import Context

_LONGEST = 63
NOTHING_TO_UNDO = (Say("nothing to undo: what it fills goes with the way back of the migration before"),)


def named(*words: str) -> str:
    """Make a name of words that the server does not cut: the last word stays whole."""
    *head, last = words
    begin = "_".join(head).encode()[: _LONGEST - len(last.encode()) - 1].decode(errors="ignore")
    return f"{begin}_{last}" if begin else last


def slug(*words: str) -> str:
    """Make the name of a migration of words."""
    return re.sub(r"\W+", "_", "_".join(words)).strip("_").lower()


def free_name(schema: Schema, wanted: Name) -> Name:
    """Give a name that no relation has, with a number where it is taken."""
    name, number = wanted, 2
    while name in schema.relations:
        name, number = Name(wanted.schema, named(wanted.name, str(number))), number + 1
    return name


def answered(ctx: "Context", rule: str, why: str, *operations: Operation) -> Given:
    """Give a statement whose finding the stages before it have answered, which a comment says."""
    return Given(f"-- miglint: ignore[{rule}] {why}\n{ctx.remedies.write(*operations)};")


def filling(ctx: "Context", table: Name, column: str, value: str, *, may_be_null: bool) -> str:
    """Write the batches that give rows without a value of a column one; "" where no key tells them apart.

    `may_be_null`: a row may have none afterwards, so that a loop over rows without one has no end.
    """
    name, head = quote(column), f"UPDATE {table.sql} SET {quote(column)} = {value}"
    if ctx.rows.row_key(table, (column,)):
        return ctx.rows.fill_loop(table, column, value)
    found = ctx.table(table)
    if found is None or found.partition_by or found.partitions or found.children:
        return ""
    picked = f"{name} IS NULL AND ({value}) IS NOT NULL" if may_be_null else f"{name} IS NULL"
    return ctx.rows.batch_loop(table, head, picked)
