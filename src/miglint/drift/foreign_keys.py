"""The foreign keys of a table that is declared and there.

Matching follows foreign_keys_match() in prisma-engines, sql_schema_differ.rs: whether a key is validated or
can be deferred is not asked, and the schema of the referenced table is not looked at.
What concerns a table or column that only one side has is not said again: it goes with that.
"""

from collections.abc import Callable

from miglint.drift.place import (
    AGREE,
    DECLARE_OR_DROP,
    RENAME,
    WRITE_OR_UNDECLARE,
    Drifts,
    Pair,
    listed,
    quoted_list,
)
from miglint.model import Constraint, Name, RenameConstraint, quote
from miglint.model.declared import DeclaredForeignKey, DriftKind
from miglint.model.remedy import NOWHERE, Do, Given, do, without_constraint

# What two matching keys have in common: columns, referenced table and columns, actions.
_Likeness = tuple[tuple[str, ...], str, tuple[str, ...], str, str]


def foreign_key_differences(pair: Pair, other: Callable[[Name], Pair | None]) -> Drifts:
    """Compare the foreign keys; `other` gives a table that both sides have."""
    wanted: dict[_Likeness, list[DeclaredForeignKey]] = {}
    for key in pair.declared.foreign_keys:
        target = other(key.references)
        if target is not None and pair.has(key.columns) and target.has(key.referenced_columns):
            wanted.setdefault(_likeness(key), []).append(key)
    present: dict[_Likeness, list[Constraint]] = {}
    for actual in pair.table.foreign_keys:
        target = other(actual.references) if actual.references else None
        if (
            target is not None
            and pair.declares(actual.columns)
            and target.declares(actual.referenced_columns)
        ):
            present.setdefault(_likeness(actual), []).append(actual)
    missing = [key for likeness, alike in wanted.items() if likeness not in present for key in alike]
    spare = [key for likeness, alike in present.items() if likeness not in wanted for key in alike]
    yield from _unmatched(missing, spare, pair)
    if not pair.declared.named_by_tool:
        for likeness, keys in wanted.items():
            yield from _renamed(keys, present.get(likeness, []), pair)


def _unmatched(missing: list[DeclaredForeignKey], spare: list[Constraint], pair: Pair) -> Drifts:
    """Tell of the keys without a match; two on the same columns to the same table are one difference."""
    declared = pair.declared
    left = {key.name: key for key in spare}
    by_columns = {_likeness(key)[:2]: key for key in spare}
    for key in missing:
        twin = by_columns.get(_likeness(key)[:2])
        if twin is not None and left.pop(twin.name, None) is not None:
            yield pair.place.difference(
                DriftKind.DIFFERENT_FOREIGN_KEY,
                f"{declared.label} declares the foreign key {key.name} on {listed(key.columns)} "
                f"with {_terms(key, twin)}, but the migrations create it with {_terms(twin, key)}",
                (_drop(twin, pair), _add(key, pair)),
                key.name,
                agree=AGREE,
                # A convention for ON UPDATE is one, whatever the columns.
                alike=(_terms(key, twin), _terms(twin, key)),
                span=key.span,
            )
        else:
            yield pair.place.difference(
                DriftKind.MISSING_FOREIGN_KEY,
                f"{declared.label} declares the foreign key {key.name} on {listed(key.columns)}, "
                "which does not exist after the last migration",
                _add(key, pair),
                key.name,
                agree=WRITE_OR_UNDECLARE,
                alike=key.columns,
                span=key.span,
            )
    for actual in left.values() if declared.complete else ():
        yield pair.place.difference(
            DriftKind.UNDECLARED_FOREIGN_KEY,
            f"the migrations create the foreign key {actual.name} on {listed(actual.columns)}, "
            f"which {declared.label} does not declare",
            _drop(actual, pair),
            actual.name,
            agree=DECLARE_OR_DROP,
            alike=actual.columns,
        )


def _renamed(wanted: list[DeclaredForeignKey], present: list[Constraint], pair: Pair) -> Drifts:
    """Tell of matching keys with different names."""
    names = {key.name for key in wanted} & {key.name for key in present}
    others = (actual for actual in present if actual.name not in names)
    for key, actual in zip((key for key in wanted if key.name not in names), others, strict=False):
        yield pair.place.difference(
            DriftKind.DIFFERENT_NAME,
            f"{pair.declared.label} calls the foreign key on {listed(key.columns)} {key.name}, "
            f"but the migrations call it {actual.name}",
            do(RenameConstraint(NOWHERE, pair.table.name, actual.name, key.name)),
            actual.name,
            agree=RENAME,
            span=key.span,
        )


def _likeness(key: DeclaredForeignKey | Constraint) -> _Likeness:
    table = key.references.name if key.references else ""
    return (key.columns, table, key.referenced_columns, key.on_delete, key.on_update)


def _terms(one: DeclaredForeignKey | Constraint, other: DeclaredForeignKey | Constraint) -> str:
    """Give in words that in which the first differs from the second."""
    terms = []
    if one.referenced_columns != other.referenced_columns:
        terms.append(f"references to {listed(one.referenced_columns)}")
    if one.on_delete != other.on_delete:
        terms.append(f"ON DELETE {one.on_delete.upper()}")
    if one.on_update != other.on_update:
        terms.append(f"ON UPDATE {one.on_update.upper()}")
    return " and ".join(terms)


def _drop(key: Constraint, pair: Pair) -> Do:
    return do(without_constraint(pair.table.name, key.name))


def _add(key: DeclaredForeignKey, pair: Pair) -> Given:
    return pair.altered(
        f"ADD CONSTRAINT {quote(key.name)} FOREIGN KEY {quoted_list(key.columns)} "
        f"REFERENCES {key.references.sql} {quoted_list(key.referenced_columns)} "
        f"ON DELETE {key.on_delete.upper()} ON UPDATE {key.on_update.upper()}"
    )
