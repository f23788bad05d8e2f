"""What the statements of one migration need of each other, for help that moves one of them."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from miglint.dialects.sql.replay.renames import rename_column
from miglint.model import (
    AddColumn,
    AddConstraint,
    AttachPartition,
    CreateIndex,
    CreateTable,
    Delete,
    DropConstraint,
    DropIndex,
    DropTable,
    Insert,
    Name,
    Operation,
    RenameColumn,
    RenameTable,
    Schema,
    SetNotNull,
    Update,
)
from miglint.simulate.trace import Record


class Changes(NamedTuple):
    """Where tables become others, by the table and the column that is added, or "" for the table; where they
    get rows, and where queries read them. Under None are all the places of a table.
    """

    anew: dict[tuple[Name, str | None], list[int]]
    filled: dict[Name, list[int]]
    read: dict[Name, list[int]]


def changes(records: Sequence[Record]) -> Changes:
    """Find where tables become others, get rows or are read."""
    found = Changes({}, {}, {})
    for place, record in enumerate(records):
        operation = record.operation
        if isinstance(operation, RenameTable):
            table, column = operation.becomes, ""
        elif isinstance(operation, CreateTable):
            table, column = operation.table, ""
        elif isinstance(operation, AddColumn):
            # It may have the name and type of one that was there before.
            table, column = operation.table, operation.column.name
        else:
            table = None
        for key in ((table, column), (table, None)) if table is not None else ():
            found.anew.setdefault(key, []).append(place)
        if (name := _filled(operation)) is not None:
            found.filled.setdefault(name, []).append(place)
        query = getattr(operation, "query", None)
        for name in query.reads if query is not None else ():
            found.read.setdefault(name, []).append(place)
    return found


def could_run_before(records: Sequence[Record], first: int, at: int, of: Changes) -> bool:
    """Whether an operation finds before that at `first` what it finds in its own place.

    An index or a constraint needs its own columns, and the rows only if it can fail on them; all else needs
    its tables as they are, and the rows that have been written to them. Rows that a query reads in between
    are left to it.
    """
    if first == at:
        return True
    record = records[at]
    operation, before, now = record.operation, records[first].schema, record.schema
    columns, names = _columns(operation), _relations(operation)
    if any(_shape(before, name, columns) != _shape(now, name, columns) for name in names):
        return False
    parts = (None,) if columns is None else ("", *columns)
    if any(_has_between(of.anew.get((name, part)), first, at) for name in names for part in parts):
        return False
    if (written := _filled(operation)) is not None and _has_between(of.read.get(written), first, at):
        return False
    if _needs_rows(operation) and any(_has_between(of.filled.get(name), first, at) for name in names):
        return False
    made = {name.name for name in now.types.changed(before.types) if name not in before.types}
    made |= {name.name for name in now.functions.changed(before.functions) if name not in before.functions}
    return not made or made.isdisjoint(re.findall(r"\w+", record.statement.text))


def _has_between(places: list[int] | None, first: int, at: int) -> bool:
    return places is not None and bisect_left(places, first) < bisect_left(places, at)


def _comes_anew(operation: Operation, names: tuple[Name, ...], columns: frozenset[str] | None) -> bool:
    """Whether a column is added, which may have the name and type of one that was there before."""
    if not isinstance(operation, AddColumn) or operation.table not in names:
        return False
    return columns is None or operation.column.name in columns


class Uses(NamedTuple):
    """Where operations that no block holds may use an index: by words of their text, and by its table."""

    words: dict[str, list[int]]
    tables: dict[Name, list[int]]


def uses(records: Sequence[Record]) -> Uses:
    """Find where indexes may be used."""
    found = Uses({}, {})
    for place, record in enumerate(records):
        if record.block is not None:
            continue
        for word in dict.fromkeys(re.findall(r"\w+", record.statement.text)):
            found.words.setdefault(word, []).append(place)
        operation = record.operation
        tables = [table for table, _ in _references(operation) if table is not None]
        tables += [operation.table] if isinstance(operation, Insert) and operation.updates else []
        for table in dict.fromkeys(tables):
            found.tables.setdefault(table, []).append(place)
    return found


def relying_on(records: Sequence[Record], at: int, name: str, of: Uses) -> tuple[str, ...]:
    """Give the later statements that cannot run without the index of this operation; `name` is its own."""
    operation = records[at].operation
    assert isinstance(operation, (AddConstraint, CreateIndex))
    places = sorted({*of.words.get(name, ()), *of.tables.get(operation.table, ())})
    later = (records[place] for place in places if place > at)
    texts = (
        r.statement.text for r in later if r.number != records[at].number and _uses_index(r, operation, name)
    )
    return tuple(dict.fromkeys(texts))


def relying_on_proof(records: Sequence[Record], at: int, columns: Sequence[str]) -> tuple[str, ...]:
    """Give the later statements that need no scan only because of what this operation proves of columns."""
    record = records[at]
    table: Name = getattr(record.operation, "table")  # noqa: B009 - of an action of ALTER TABLE
    found = record.schema.table(table)
    above = {*(found.inherits if found else ()), *((found.partition_of,) if found else ())}
    later = (other for other in records[at + 1 :] if other.number != record.number and other.block is None)
    users = (
        other
        for other in later
        if (isinstance(other.operation, AttachPartition) and other.operation.partition == table)
        or _is_primary_key(other.operation, table, columns)
        or (
            isinstance(other.operation, SetNotNull)
            and other.operation.table in above
            and other.operation.column in columns
        )
    )
    return tuple(dict.fromkeys(user.statement.text for user in users))


def _is_primary_key(operation: Operation, table: Name, columns: Sequence[str]) -> bool:
    # It makes its columns NOT NULL, and reads all rows for that if nothing proves it.
    if not isinstance(operation, AddConstraint) or operation.table != table:
        return False
    return operation.constraint.kind == "primary" and not set(columns).isdisjoint(
        operation.constraint.columns
    )


def drops(records: Sequence[Record]) -> tuple[int, ...]:
    """Give the places at which an index or a constraint is dropped by its name."""
    found = enumerate(records)
    return tuple(at for at, record in found if isinstance(record.operation, (DropConstraint, DropIndex)))


def dropped_the_same(
    records: Sequence[Record], at: int, name: str, dropped: Sequence[int]
) -> tuple[int, str] | None:
    """Give where this constraint or index was dropped earlier in the migration, and its name until then.

    Only where nothing is written in between, and no column has become another, though it may have another
    name. `dropped` are the places that `drops` gives.
    """
    record = records[at]
    table: Name = getattr(record.operation, "table")  # noqa: B009 - of ADD CONSTRAINT or CREATE INDEX
    places = dropped[: bisect_left(dropped, at)]
    new = _known(record.after, table, name) if places else None
    for place in places if new is not None else ():
        earlier = records[place]
        operation = earlier.operation
        if isinstance(operation, DropConstraint) and operation.table == table:
            if _is_same_key(records, place, at, operation):
                return place, operation.name
            if _is_foreign(earlier.schema, operation):
                continue
            old_name = operation.name
        elif isinstance(operation, DropIndex) and _is_of(earlier.schema, operation, table):
            old_name = operation.name.name
        else:
            continue
        then = _with_new_names(records[place:at], table)
        if (
            _known(then, table, old_name) == new
            and _keeps_columns(records[place : at + 1], table, then)
            and not _writes(records[place:at], (table,))
        ):
            return place, old_name
    return None


def _is_of(schema: Schema, drop: DropIndex, table: Name) -> bool:
    index = schema.index_named(drop.name)
    return index is not None and index.table == table


def _with_new_names(records: Sequence[Record], table: Name) -> Schema:
    """Give the schema before the first record with the names that columns of a table have after the last."""
    schema = records[0].schema
    for record in records:
        if isinstance(record.operation, RenameColumn) and record.operation.table == table:
            schema = rename_column(record.operation, schema)
    return schema


def _keeps_columns(records: Sequence[Record], table: Name, then: Schema) -> bool:
    """Whether the last of the records, an index or a constraint, finds the columns that were there then."""
    made = records[-1]
    columns = _columns(made.operation)
    if any(_comes_anew(record.operation, (table,), columns) for record in records):
        return False
    return _shape(then, table, columns) == _shape(made.schema, table, columns)


def _is_foreign(schema: Schema, drop: DropConstraint) -> bool:
    found = schema.table(drop.table)
    constraint = found.constraint(drop.name) if found else None
    return constraint is not None and constraint.kind == "foreign"


def _is_same_key(records: Sequence[Record], place: int, at: int, drop: DropConstraint) -> bool:
    """Whether a foreign key is the one that was dropped, though its columns may have new names."""
    added, between = records[at].operation, records[place + 1 : at]
    found, then = records[at].schema.table(drop.table), records[place].schema.table(drop.table)
    old = then.constraint(drop.name) if then else None
    now = records[at].after.table(drop.table)
    new = (
        now
        and isinstance(added, AddConstraint)
        and added.constraint.kind == "foreign"
        and next((each for each in now.foreign_keys if found and each not in found.foreign_keys), None)
    )
    if not (found and then and old and new) or old.kind != "foreign" or _writes(between, (drop.table,)):
        return False
    if any(_loses_key(each, old.references) for each in between):
        return False
    carried = old._replace(name=new.name)
    for record in between:
        rename = record.operation
        if isinstance(rename, RenameColumn) and rename.table == drop.table:
            carried = carried._replace(columns=_renamed(carried.columns, rename))
        if isinstance(rename, RenameColumn) and rename.table == old.references:
            carried = carried._replace(referenced_columns=_renamed(carried.referenced_columns, rename))
    types = [
        (then.column(was), found.column(now)) for was, now in zip(old.columns, new.columns, strict=False)
    ]
    return carried == new and all(was and now and was.type == now.type for was, now in types)


def _renamed(columns: tuple[str, ...], rename: RenameColumn) -> tuple[str, ...]:
    return tuple(rename.new_name if column == rename.column else column for column in columns)


def _loses_key(record: Record, table: Name | None) -> bool:
    operation = record.operation
    if isinstance(operation, DropIndex):
        return table is not None and _is_of(record.schema, operation, table)
    return isinstance(operation, (DropConstraint, DropTable)) and operation.table == table


def _known(schema: Schema, table: Name, name: str) -> object:
    """What is known of a constraint or an index, whatever its name is."""
    found = schema.table(table)
    constraint = found.constraint(name) if found else None
    index = schema.index_named(Name(table.schema, constraint.index_name or name if constraint else name))
    if constraint is None and index is None:
        return None
    nameless = constraint._replace(name="", index_name=None) if constraint else None
    own = index._replace(name=table, constraint=None) if index else None
    return nameless, own


def drops_by_name(records: Sequence[Record]) -> dict[str, tuple[int, Operation]]:
    """Find what drops an index or a constraint, by its name: the place, and a DROP that does the same."""
    found: dict[str, tuple[int, Operation]] = {}
    for place, record in enumerate(records):
        operation = record.operation
        if isinstance(operation, DropIndex):
            drop = operation._replace(concurrently=False, cascade=False)
            found.setdefault(operation.name.name, (place, drop))
        elif isinstance(operation, DropConstraint):
            found.setdefault(operation.name, (place, operation._replace(cascade=False, only=False)))
    return found


def unique_drop(records: Sequence[Record], table: Name) -> dict[int, str]:
    """Find the places at which a table loses a unique index, with the names of these."""
    found = {}
    for place, record in enumerate(records):
        operation = record.operation
        if isinstance(operation, DropIndex):
            index = record.schema.index_named(operation.name)
            if index is not None and index.unique and index.table == table:
                found[place] = operation.name.name
        elif isinstance(operation, DropConstraint) and operation.table == table:
            owner = record.schema.table(table)
            constraint = owner.constraint(operation.name) if owner else None
            if constraint is not None and constraint.kind in ("primary", "unique"):
                found[place] = operation.name
    return found


def _columns(operation: Operation) -> frozenset[str] | None:
    """The columns of its table that an index or a constraint needs; None: all."""
    if isinstance(operation, CreateIndex):
        parts = [operation.predicate, *(element.expression for element in operation.elements)]
        own = [element.column for element in operation.elements if element.column]
        own += operation.include
    elif isinstance(operation, AddConstraint):
        constraint = operation.constraint
        parts, own = [constraint.expression], [*constraint.columns, *constraint.include]
        own += constraint.referenced_columns
    else:
        return None
    return frozenset((*own, *(column for part in parts if part is not None for column in part.columns)))


def _relations(operation: Operation) -> tuple[Name, ...]:
    names = [getattr(operation, field, None) for field in ("table", "partition", "view", "procedure")]
    if isinstance(operation, AddConstraint):
        names.append(operation.constraint.references)
    query = getattr(operation, "query", None)
    names += query.reads if query is not None else ()
    return tuple(dict.fromkeys(name for name in names if isinstance(name, Name)))


def _shape(schema: Schema, name: Name, columns: frozenset[str] | None) -> object:
    table = schema.table(name)
    if table is None:
        return schema.view(name)
    return tuple((c.name, c.type) for c in table.columns if columns is None or c.name in columns)


def _needs_rows(operation: Operation) -> bool:
    if isinstance(operation, CreateIndex):
        return operation.unique
    return not isinstance(operation, AddConstraint) or not operation.constraint.not_valid


def _writes(records: Sequence[Record], names: tuple[Name, ...]) -> bool:
    return any(_filled(record.operation) in names for record in records)


def _filled(operation: Operation) -> Name | None:
    return operation.table if isinstance(operation, (Delete, Insert, Update)) else None


def _uses_index(record: Record, made: AddConstraint | CreateIndex, name: str) -> bool:
    operation = record.operation
    is_unique = (
        made.unique if isinstance(made, CreateIndex) else made.constraint.kind in ("primary", "unique")
    )
    if is_unique and any(_is_key_to(made, *each) for each in _references(operation)):
        return True
    if is_unique and isinstance(operation, Insert) and operation.updates and operation.table == made.table:
        return operation.keyword == "insert"
    return name in re.findall(r"\w+", record.statement.text)


def _references(operation: Operation) -> Iterator[tuple[Name | None, tuple[str, ...]]]:
    if isinstance(operation, AddConstraint):
        yield operation.constraint.references, operation.constraint.referenced_columns
    if isinstance(operation, CreateTable):
        inner = (constraint for column in operation.columns for constraint in column.constraints)
        yield from ((c.references, c.referenced_columns) for c in (*operation.constraints, *inner))


def _is_key_to(made: AddConstraint | CreateIndex, table: Name | None, columns: tuple[str, ...]) -> bool:
    if table != made.table:
        return False
    if isinstance(made, AddConstraint):
        return set(columns) == set(made.constraint.columns) or (
            not columns and made.constraint.kind == "primary"
        )
    return set(columns) == {element.column for element in made.elements}
