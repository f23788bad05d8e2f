"""The primary key and the indexes of a table that is declared and there.

Matching follows prisma-engines, sql_schema_differ/table.rs: two indexes match when they differ in nothing
but the name, and a lone match of another name is renamed.
What concerns a column that only one side has is not said again: it goes with the column.
"""

from collections import Counter
from collections.abc import Mapping

from miglint.drift.place import (
    AGREE,
    DECLARE_OR_DROP,
    RENAME,
    WRITE_OR_UNDECLARE,
    Drifts,
    Pair,
    listed,
)
from miglint.model import (
    AddConstraint,
    Constraint,
    ConstraintDefinition,
    CreateIndex,
    DropIndex,
    Expression,
    Index,
    IndexElement,
    RenameConstraint,
    RenameTable,
    Schema,
)
from miglint.model.declared import DeclaredIndex, DeclaredKey, DriftKind
from miglint.model.remedy import NOWHERE, TO_FILL_IN, Do, do, without_constraint

# What two matching indexes have in common: columns, the same with their order and operator classes, unique,
# method, and whether there is a predicate.
_Likeness = tuple[tuple[str, ...], tuple[str, ...], bool, str, bool]
# Classes that are no type's default, as far as they are known: others may be written or left out. A Prisma
# schema cannot say those of a B-tree, and the engine overlooks them.
_NO_DEFAULTS = ("_trgm_ops", "_path_ops", "_bloom_ops", "_minmax_multi_ops")

# --- primary keys ---------------------------------------------------------------------------------


def primary_key_differences(pair: Pair, indexes: tuple[Index, ...]) -> Drifts:
    """Compare the primary keys; `indexes` are those of the table."""
    declared, table = pair.declared, pair.table
    key, actual = declared.primary_key, table.primary_key
    if key is not None and actual is None:
        stands_in = key.or_unique and any(i.unique and _columns(i) == key.columns for i in indexes)
        if table.complete and not stands_in and pair.has(key.columns):
            yield pair.place.difference(
                DriftKind.MISSING_PRIMARY_KEY,
                f"{declared.label} declares the primary key {listed(key.columns)}, "
                f"but the migrations leave {table.name.display} without one",
                do(_key(key, pair)),
                key.name,
                agree=AGREE,
                alike=key.columns,
                span=key.span,
            )
    elif key is None and actual is not None:
        if declared.complete and pair.declares(actual.columns):
            yield pair.place.difference(
                DriftKind.UNDECLARED_PRIMARY_KEY,
                f"the migrations give {table.name.display} the primary key {listed(actual.columns)}, "
                f"which {declared.label} does not declare",
                do(without_constraint(table.name, actual.name)),
                actual.name,
                agree=DECLARE_OR_DROP,
                alike=actual.columns,
            )
    elif key is not None and actual is not None:
        yield from _changed_key(key, actual, pair)


def _changed_key(key: DeclaredKey, actual: Constraint, pair: Pair) -> Drifts:
    if not (pair.has(key.columns) and pair.declares(actual.columns)):
        return
    label = pair.declared.label
    if key.columns != actual.columns:
        yield pair.place.difference(
            DriftKind.DIFFERENT_PRIMARY_KEY,
            f"{label} declares the primary key {listed(key.columns)}, "
            f"but the migrations give {pair.table.name.display} the primary key {listed(actual.columns)}",
            do(without_constraint(pair.table.name, actual.name), _key(key, pair)),
            key.name,
            agree=AGREE,
            alike=(key.columns, actual.columns),
            span=key.span,
        )
    elif key.name != actual.name:
        yield pair.place.difference(
            DriftKind.DIFFERENT_NAME,
            f"{label} calls its primary key {key.name}, but the migrations call it {actual.name}",
            do(RenameConstraint(NOWHERE, pair.table.name, actual.name, key.name)),
            actual.name,
            agree=RENAME,
            span=key.span,
        )


def _key(key: DeclaredKey, pair: Pair) -> AddConstraint:
    made = ConstraintDefinition(NOWHERE, "primary", key.name, key.columns)
    return AddConstraint(NOWHERE, pair.table.name, made)


# --- indexes --------------------------------------------------------------------------------------


def seen_indexes(pair: Pair, schema: Schema) -> tuple[Index, ...]:
    """Give the indexes that can be declared: neither a primary key's nor an exclusion constraint's."""
    owned = {c.name: c.kind for c in pair.table.constraints}
    return tuple(
        index
        for index in schema.indexes_of(pair.table)
        if owned.get(index.constraint or "") not in ("primary", "exclude")
    )


def index_differences(pair: Pair, indexes: tuple[Index, ...], *, partial: bool) -> Drifts:
    """Compare the indexes; a unique constraint counts as a unique index, a column of INCLUDE as a key.

    `partial`: whether predicates count. Where they do not, the engine does not see an index with one, and
    makes the declared one beside it. An index on an expression cannot be declared, and is left alone as
    well: its elements are not all columns.
    """
    if not partial and not any(index.partial for index in pair.declared.indexes):
        indexes = tuple(index for index in indexes if index.predicate is None)
    wanted: dict[_Likeness, list[DeclaredIndex]] = {}
    for index in pair.declared.indexes:
        if pair.has(index.columns):
            partly = partial and index.partial
            likeness = (index.columns, _keys(index.columns, index), index.unique, index.method, partly)
            wanted.setdefault(likeness, []).append(index)
    present: dict[_Likeness, list[Index]] = {}
    for actual in indexes:
        columns = _columns(actual)
        if pair.declares(columns):
            partly = partial and actual.predicate is not None
            likeness = (columns, _keys(columns, actual), actual.unique, actual.method, partly)
            present.setdefault(likeness, []).append(actual)
    missing = [i for likeness, alike in wanted.items() if likeness not in present for i in alike]
    spare = [i for likeness, alike in present.items() if likeness not in wanted for i in alike]
    yield from _unmatched(missing, spare, pair)
    yield from _renamed(wanted, present, pair)


def _unmatched(missing: list[DeclaredIndex], spare: list[Index], pair: Pair) -> Drifts:
    """Tell of the indexes without a match; a pair of one name, or on the same columns, is one difference."""
    declared, table = pair.declared, pair.table
    key = declared.primary_key
    stands_in = key.columns if key is not None and key.or_unique and table.primary_key is None else None
    left = {i.name: i for i in spare if not (i.unique and _columns(i) == stands_in)}
    by_name = {i.name.name: i for i in left.values()}
    by_columns = {_columns(i): i for i in left.values()}
    for index in missing:
        twin = by_name.get(index.name) or by_columns.get(index.columns)
        if twin is not None and left.pop(twin.name, None) is not None:
            yield pair.place.difference(
                DriftKind.DIFFERENT_INDEX,
                f"{declared.label} declares {_described(index)}, "
                f"but the migrations create {_described_actual(twin)}",
                (do(DropIndex(NOWHERE, twin.name)), _create_index(index, pair)),
                index.name,
                agree=AGREE,
                alike=(_described(index, ""), _described_actual(twin, _other_name(index, twin))),
                span=index.span,
            )
        else:
            yield pair.place.difference(
                DriftKind.MISSING_INDEX,
                f"{declared.label} declares {_described(index)}, "
                "which does not exist after the last migration",
                _create_index(index, pair),
                index.name,
                agree=WRITE_OR_UNDECLARE,
                alike=_described(index, ""),
                span=index.span,
            )
    for actual in left.values() if declared.complete else ():
        yield pair.place.difference(
            DriftKind.UNDECLARED_INDEX,
            f"the migrations create {_described_actual(actual)}, which {declared.label} does not declare",
            do(DropIndex(NOWHERE, actual.name)),
            actual.name.name,
            agree=DECLARE_OR_DROP,
            alike=_described_actual(actual, ""),
        )


def _renamed(
    wanted: dict[_Likeness, list[DeclaredIndex]], present: dict[_Likeness, list[Index]], pair: Pair
) -> Drifts:
    """Tell of the indexes with another name; where two have the same columns, the engine renames neither."""
    count = Counter((_columns(i), i.unique) for alike in present.values() for i in alike)
    for likeness, alike in present.items():
        declared = wanted.get(likeness)
        actual = alike[0]
        if not declared or count[likeness[0], likeness[2]] > 1:
            continue
        if all(index.name != actual.name.name for index in declared):
            yield pair.place.difference(
                DriftKind.DIFFERENT_NAME,
                f"{pair.declared.label} calls the index on {listed(likeness[0])} {declared[0].name}, "
                f"but the migrations call it {actual.name.name}",
                do(RenameTable(NOWHERE, actual.name, declared[0].name, "index")),
                actual.name.name,
                agree=RENAME,
                span=declared[0].span,
            )


def _columns(index: Index) -> tuple[str, ...]:
    return index.elements + index.include


def _keys(columns: tuple[str, ...], index: Index | DeclaredIndex) -> tuple[str, ...]:
    """Give the columns with what an index says of them."""
    classes = {column: name for column, name in index.operator_classes if name.endswith(_NO_DEFAULTS)}
    return tuple(column + _qualities(column, classes, index) for column in columns)


def _qualities(column: str, classes: Mapping[str, str], index: Index | DeclaredIndex) -> str:
    named = f" {classes[column]}" if column in classes else ""
    return named + (" DESC" if column in index.descending else "")


def _described(index: DeclaredIndex, name: str | None = None) -> str:
    return _words(
        index.name if name is None else name,
        _keys(index.columns, index),
        unique=index.unique,
        method=index.method,
        partial=index.partial,
    )


def _described_actual(index: Index, name: str | None = None) -> str:
    text = _words(
        index.name.name if name is None else name,
        _keys(index.elements, index),
        unique=index.unique,
        method=index.method,
        partial=index.predicate is not None,
    )
    return f"{text} including {listed(index.include)}" if index.include else text


def _other_name(index: DeclaredIndex, twin: Index) -> str:
    return "" if twin.name.name == index.name else twin.name.name


def _words(name: str, columns: tuple[str, ...], *, unique: bool, method: str, partial: bool) -> str:
    kinds = [*["partial"] * partial, *["unique"] * unique, *([] if method == "btree" else [method]), "index"]
    return f"the {' '.join(kinds)} {name} on {listed(columns)}"


def _create_index(index: DeclaredIndex, pair: Pair) -> Do:
    classes = dict(index.operator_classes)
    elements = (
        IndexElement(
            column,
            label=column,
            descending=column in index.descending,
            operator_class=classes.get(column, ""),
        )
        for column in index.columns
    )
    made = CreateIndex(
        NOWHERE, index.name, pair.table.name, tuple(elements), unique=index.unique, method=index.method
    )
    return do(made._replace(predicate=Expression(TO_FILL_IN)) if index.partial else made)
