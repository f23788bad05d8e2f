"""Which code runs on which schema: what old code misses after the migrations, new code before them."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from miglint.model import (
    AddColumn,
    AlterColumnType,
    Column,
    DropColumn,
    DropTable,
    EnumType,
    Name,
    RenameColumn,
    Schema,
    Sequence,
    Table,
    Unparsed,
    View,
)
from miglint.model.objects import Constraint
from miglint.plan.unit import Unit, named
from miglint.plan.value import Answer
from miglint.rollback.losses import is_opaque
from miglint.simulate import Record

REFUSALS = {"check": "23514", "unique": "23505", "primary": "23505", "foreign": "23503", "exclude": "23P01"}


class Need(NamedTuple):
    """Something of one version that the other schema does not have.

    `words` say so as a clause, one about the code ("it writes ...") where it depends on that, so that it is
    not `certain`; `subject` is what it is about, `sqlstate` what the server answers. `record` is the
    operation that makes the difference.
    """

    words: str
    subject: str
    sqlstate: str
    record: Record | None
    certain: bool = True

    @property
    def told(self) -> str:
        """The clause with the code of the error."""
        return f"{self.words} ({self.sqlstate})" if self.sqlstate else self.words


def missed_by_old(unit: Unit) -> tuple[Need, ...]:
    """Give what code of the version before meets once the migrations have run."""
    return _once((*_taken(unit), *_untold(unit), *_refused(unit), *_retyped(unit), *_swapped(unit)))


def missed_by_new(unit: Unit) -> tuple[Need, ...]:
    """Give what code of the new version misses as long as the migrations have not run."""
    return _once(_brought(unit))


def _once(needs: Iterable[Need]) -> tuple[Need, ...]:
    return tuple({need.words: need for need in needs}.values())


def old_code(unit: Unit, needs: tuple[Need, ...]) -> Answer:
    """Say whether code of the version before runs on the new schema."""
    certain = tuple(need.told for need in needs if need.certain)
    if certain:
        return Answer("no", certain)
    unread = tuple(record for record in unit.records if is_opaque(record.operation))
    if unread or len(unit.migrations) < len(unit.rans):
        return Answer("not known", ("not all of the migration is analysed",))
    unsure = tuple(need.told for need in needs)
    return Answer("yes, unless", unsure) if unsure else Answer("yes")


def new_code(unit: Unit, needs: tuple[Need, ...]) -> Answer:
    """Say whether code of the new version runs on the old schema: it is taken to use what is new."""
    certain = tuple(need.told for need in needs if need.certain)
    if certain:
        return Answer("no", certain)
    if any(isinstance(record.operation, Unparsed) for record in unit.records):
        return Answer("not known", ("not all of the migration is analysed",))
    unsure = tuple(need.told for need in needs)
    return Answer("yes, unless", unsure) if unsure else Answer("yes")


def _changed(unit: Unit) -> list[Name]:
    """The relations that are not after the migrations what they were before, or are in one of both only."""
    found = [
        *unit.before.relations.changed(unit.after.relations),
        *unit.after.relations.changed(unit.before.relations),
    ]
    return list(dict.fromkeys(found))


def _last(unit: Unit, has: Callable[[Schema], bool]) -> Record | None:
    """Give the last operation that takes something away, or the one that makes it if asked the other way."""
    found = None
    for record in unit.records:
        if has(record.schema) and not has(record.after):
            found = record
    return found


def _taken(unit: Unit) -> Iterator[Need]:
    before, after = unit.before, unit.after
    for name in _changed(unit):
        old, new = before.relations.get(name), after.relations.get(name)
        if not isinstance(old, (Table, View, Sequence)) or (isinstance(old, Sequence) and old.owner):
            continue
        if isinstance(old, Table) and (old.partition_of is not None or old.temporary):
            continue
        if new is None:
            gone = _last(unit, _has_relation(name))
            yield Need(f"{named(name.display)} is gone", name.display, "42P01", gone)
        elif isinstance(old, (Table, View)) and isinstance(new, (Table, View)) and old.all_columns:
            for column in old.all_columns:
                if new.all_columns is None or new.column(column.name) is not None:
                    continue
                subject = f"{name.display}.{column.name}"
                gone = _last(unit, _has_column(name, column.name))
                yield Need(f"{named(subject)} is gone", subject, "42703", gone)
    for name in before.functions.changed(after.functions):
        if name not in after.functions and not all(
            f.returns.endswith("trigger") for f in before.functions.get(name) or ()
        ):
            gone = _last(unit, _has_function(name))
            yield Need(f"the function {named(name.display)} is gone", name.display, "42883", gone)
    for name in before.types.changed(after.types):
        old_type, new_type = before.types.get(name), after.types.get(name)
        if isinstance(old_type, EnumType) and isinstance(new_type, EnumType):
            for value in old_type.values:
                if value not in new_type.values:
                    words = f"{named(name.display)} no longer has the value '{value}'"
                    gone = _last(unit, _has_value(name, value))
                    yield Need(words, f"{name.display} '{value}'", "22P02", gone)


def _untold(unit: Unit) -> Iterator[Need]:
    """What goes of tables that no migration makes, so that no schema tells of it."""
    for record in unit.records:
        operation, effects = record.operation, record.effects
        if isinstance(operation, (DropColumn, RenameColumn)) and operation.table not in unit.before.relations:
            subject = f"{operation.table.display}.{operation.column}"
            is_made = operation.table in record.schema.relations
            if not is_made or record.schema.is_from_before(operation.table):
                yield Need(f"{named(subject)} is gone", subject, "42703", record)
        elif isinstance(operation, DropTable):
            for loss in effects.destroys:
                name = loss.table
                if name not in unit.before.relations and name not in record.schema.relations:
                    yield Need(f"{named(name.display)} is gone", name.display, "42P01", record)


def _without(has: Callable[[Schema], bool]) -> Callable[[Schema], bool]:
    return lambda schema: not has(schema)


def _has_relation(name: Name) -> Callable[[Schema], bool]:
    return lambda schema: name in schema.relations


def _has_function(name: Name) -> Callable[[Schema], bool]:
    return lambda schema: name in schema.functions


def _has_column(name: Name, column: str) -> Callable[[Schema], bool]:
    def has(schema: Schema) -> bool:
        found = schema.relations.get(name)
        return isinstance(found, (Table, View)) and found.column(column) is not None

    return has


def _has_value(name: Name, value: str) -> Callable[[Schema], bool]:
    def has(schema: Schema) -> bool:
        found = schema.types.get(name)
        return isinstance(found, EnumType) and value in found.values

    return has


def _refused(unit: Unit) -> Iterator[Need]:
    """What the new schema refuses of what old code may write."""
    renamed = {r.operation.new_name for r in unit.records if isinstance(r.operation, RenameColumn)}
    for name in _changed(unit):
        old, new = unit.before.table(name), unit.after.table(name)
        if old is None or new is None:
            continue
        for column in new.columns:
            was = old.column(column.name)
            if not _needs_value(column) or (was is not None and _needs_value(was)):
                continue
            subject = f"{name.display}.{column.name}"
            made = _last(unit, _is_optional(name, column.name))
            if was is None and column.name in renamed:
                continue
            if was is None and old.complete:
                yield Need(f"its INSERTs give {named(subject)} no value", subject, "23502", made)
            elif was is not None and not was.nullable:
                words = f"its INSERTs leave {named(subject)} to the default, which is gone"
                yield Need(words, subject, "23502", made, certain=False)
        for column in new.columns:
            was = old.column(column.name)
            if was is not None and was.nullable and not column.nullable:
                subject = f"{name.display}.{column.name}"
                words = f"it writes NULL into {named(subject)}"
                made = _last(unit, _is_optional(name, column.name))
                yield Need(words, subject, "23502", made, certain=False)
        known = {constraint.name for constraint in old.constraints}
        for constraint in new.constraints:
            code = REFUSALS.get(constraint.kind)
            if constraint.name in known or code is None or not _was_there(constraint, old):
                continue
            made = _last(unit, _lacks_constraint(name, constraint.name))
            words = f"it writes rows of {named(name.display)} that {named(constraint.name)} refuses"
            yield Need(words, constraint.name, code, made, certain=False)
        yield from _new_keys(unit, old, new)


def _new_keys(unit: Unit, old: Table, new: Table) -> Iterator[Need]:
    for index in unit.after.indexes_of(new):
        if not index.unique or index.constraint or index.name in old.indexes:
            continue
        if all(old.column(column) is not None for column in index.columns):
            made = _last(unit, _without(_has_relation(index.name)))
            words = f"it writes duplicates that {named(index.name.display)} refuses"
            yield Need(words, index.name.display, "23505", made, certain=False)


def _was_there(constraint: Constraint, old: Table) -> bool:
    """Whether old code can write what a constraint is about: a column that it does not know stays NULL."""
    return all(old.column(column) is not None for column in constraint.columns)


def _needs_value(column: Column) -> bool:
    given = column.default is not None or column.identity or column.generated or column.sequence is not None
    return not column.nullable and not given


def _is_optional(name: Name, column: str) -> Callable[[Schema], bool]:
    def is_optional(schema: Schema) -> bool:
        table = schema.table(name)
        found = table.column(column) if table is not None else None
        return found is None or not _needs_value(found)

    return is_optional


def _lacks_constraint(name: Name, constraint: str) -> Callable[[Schema], bool]:
    def lacks(schema: Schema) -> bool:
        table = schema.table(name)
        return table is None or table.constraint(constraint) is None

    return lacks


def _retyped(unit: Unit) -> Iterator[Need]:
    for record in unit.records:
        operation = record.operation
        if not isinstance(operation, AlterColumnType):
            continue
        table, after = unit.before.table(operation.table), unit.after.table(operation.table)
        was = table.column(operation.column) if table is not None else None
        now = after.column(operation.column) if after is not None else None
        if was is None or now is None or was.type == now.type:
            continue
        subject = f"{operation.table.display}.{operation.column}"
        for change in record.effects.breaks:
            words = f"{named(subject)} is {now.type} now: code that takes it for {was.type} {change.reason}"
            if change.only_drivers:
                words = f"its own types hold {named(subject)} as {was.type}: such code {change.reason}"
            yield Need(words, subject, "", record, certain=not change.only_drivers)


def _swapped(unit: Unit) -> Iterator[Need]:
    """Columns that have got the name of another one, which old code reads and writes instead."""
    for record in unit.records:
        operation = record.operation
        if not isinstance(operation, RenameColumn):
            continue
        old, new = unit.before.table(operation.table), unit.after.table(operation.table)
        if old is None or new is None or old.column(operation.column) is None:
            continue
        now = new.column(operation.column)
        if now is not None and not now.generated:
            subject = f"{operation.table.display}.{operation.column}"
            words = f"what it reads and writes as {named(subject)} is another column now"
            yield Need(words, subject, "", record)


def _brought(unit: Unit) -> Iterator[Need]:
    before, after = unit.before, unit.after
    if not before.relations and not any(map(unit.was_there, after.relations)):
        if after.relations:
            yield Need("there is no table before", "", "42P01", None)
        return
    for name in _changed(unit):
        old, new = before.relations.get(name), after.relations.get(name)
        if not isinstance(new, (Table, View)) or (isinstance(new, Table) and new.temporary):
            continue
        if old is None and unit.was_there(name):
            for column in new.columns or ():
                made = _adding(unit, name, column.name)
                if made is not None:
                    yield Need(
                        f"{named(f'{name.display}.{column.name}')} is new",
                        f"{name.display}.{column.name}",
                        "42703",
                        made,
                    )
        elif old is None:
            made = _last(unit, _without(_has_relation(name)))
            if isinstance(new, Table) and new.partition_of is not None:
                continue
            yield Need(f"{named(name.display)} is new", name.display, "42P01", made)
        elif isinstance(old, (Table, View)) and old.all_columns is not None:
            for column in new.columns or ():
                was = old.column(column.name)
                subject = f"{name.display}.{column.name}"
                if was is None:
                    made = _last(unit, _without(_has_column(name, column.name)))
                    yield Need(f"{named(subject)} is new", subject, "42703", made)
                elif was.type != column.type:
                    made = _last(unit, _has_type(name, was))
                    words = f"it needs {named(subject)} as {column.type}"
                    yield Need(words, subject, "", made, certain=False)
                elif isinstance(new, Table) and column.nullable and not was.nullable:
                    made = _last(unit, _is_required(name, column.name))
                    words = f"it writes NULL into {named(subject)}"
                    yield Need(words, subject, "23502", made, certain=False)
    for name in after.functions.changed(before.functions):
        if name not in before.functions:
            made = _last(unit, _without(_has_function(name)))
            yield Need(f"the function {named(name.display)} is new", name.display, "42883", made)
    for name in after.types.changed(before.types):
        old_type, new_type = before.types.get(name), after.types.get(name)
        if isinstance(new_type, EnumType) and isinstance(old_type, EnumType):
            for value in new_type.values:
                if value not in old_type.values:
                    made = _last(unit, _without(_has_value(name, value)))
                    words = f"the value '{value}' of {named(name.display)} is new"
                    yield Need(words, f"{name.display} '{value}'", "22P02", made)


def _adding(unit: Unit, table: Name, column: str) -> Record | None:
    """Give the statement that adds a column to a table of which no migration tells."""
    for record in unit.records:
        add = record.operation
        if isinstance(add, AddColumn) and add.table == table and add.column.name == column:
            return record
    return None


def _has_type(name: Name, was: Column) -> Callable[[Schema], bool]:
    def has(schema: Schema) -> bool:
        found = schema.relations.get(name)
        column = found.column(was.name) if isinstance(found, (Table, View)) else None
        return column is not None and column.type == was.type

    return has


def _is_required(name: Name, column: str) -> Callable[[Schema], bool]:
    def is_required(schema: Schema) -> bool:
        table = schema.table(name)
        found = table.column(column) if table is not None else None
        return found is not None and not found.nullable

    return is_required
