"""How an enum keeps its columns: by other names for its values, or by more of them."""

from collections.abc import Callable, Iterator, Sequence

from miglint.model import (
    AddEnumValue,
    AlterColumnType,
    EnumType,
    Insert,
    RenameEnumValue,
    SetDefault,
    Update,
    quote,
)
from miglint.model.remedy import NOWHERE, RemedyStep, Say, check_later, do
from miglint.simulate.trace import Record


def kept_enum(
    change: AlterColumnType,
    old: EnumType,
    new: EnumType,
    records: Sequence[Record],
    literal: Callable[[str], str],
) -> Iterator[RemedyStep]:
    """Keep the enum: values can be added to it, and a CHECK can forbid those that are no longer wanted."""
    added = [value for value in new.values if value not in old.values]
    gone = [value for value in old.values if value not in new.values]
    if gone and len(old.values) == len(new.values) and not _differ_in_order(old, new):
        yield Say("if the new value is another name for the old one, which no code uses any more:")
        for was, now in zip(old.values, new.values, strict=True):
            if was != now:
                yield do(RenameEnumValue(NOWHERE, old.name, was, now))
        yield Say("else keep the type, with both:")
    else:
        yield Say("keep the type instead of swapping it:")
    earlier = any(_is_written(literal(value), record) for value in added for record in records)
    if earlier:
        yield Say("in an earlier migration, because this one uses what has to be committed first:")
    for value in added:
        yield do(AddEnumValue(NOWHERE, old.name, value))
    if gone:
        here = "and in this one: " if earlier else ""
        condition = f"{quote(change.column)} NOT IN ({', '.join(map(literal, gone))})"
        yield Say(f"{here}values that are no longer wanted can stay in the type:")
        yield do(check_later(change.table, f"{change.table.name}_{change.column}_values", condition))


def _differ_in_order(old: EnumType, new: EnumType) -> bool:
    pairs = zip(old.values, new.values, strict=True)
    return any(was != now and (was in new.values or now in old.values) for was, now in pairs)


def _is_written(value: str, record: Record) -> bool:
    """Whether rows get a value, or a column has it as its default."""
    writes = isinstance(record.operation, (Insert, SetDefault, Update))
    return writes and value in record.statement.text
