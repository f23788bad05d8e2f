"""The history before the change at hand: replayed where somebody asks, from where the two part."""

from functools import cached_property
from typing import NamedTuple

from miglint.dialects.sql.session import NO_SESSION
from miglint.model import CreateTable, History, Migration, Name, Schema
from miglint.simulate import Machine, Ran, Record, Start, migrations, run, since_base
from miglint.simulate.since_base import SquashedMigrations


class End(NamedTuple):
    """What a history comes to: the last schema, and the tables that each migration has made."""

    schema: Schema
    made: dict[str, frozenset[Name]]


class Base:
    """What the migrations came to before the change at hand.

    `shared` is the number of the first migration that is not as it was.
    """

    def __init__(self, history: History, machine: Machine | None) -> None:
        self._history = history
        self._machine = machine
        self._parting = machine.dialect.schema if machine else Schema()
        self.shared = since_base.shared(history)

    def parts_at(self, schema: Schema) -> None:
        """Take note of the schema after the migrations that both histories begin with."""
        self._parting = schema

    @property
    def schema(self) -> Schema:
        """The schema after the last migration."""
        return self._end.schema

    @cached_property
    def _end(self) -> End:
        schema, made = self._parting, {}
        base = self._history.base
        if base is not None and self._machine is not None:
            rest = base._replace(migrations=base.migrations[self.shared :])
            for ran in migrations(rest, self._machine, schema=schema):
                made[ran.migration.id] = tables_made(ran)
                schema = ran.up.schema if ran.up else schema
        return End(schema, made)

    def squash(
        self, gone: tuple[Migration, ...], others: tuple[Migration, ...], after: End
    ) -> SquashedMigrations | None:
        """Tell whether other migrations stand in the place of some that are gone.

        They do if they make most tables that those had made. Where those had made none, nothing may differ.
        `after` is the end of the new history.
        """
        machine = self._machine
        if machine is None:
            return None
        tables = {n for was in gone for n in self._end.made.get(was.id, ()) if self.schema.table(n)}
        # What a dump writes in full may stand in a schema that only a setting of the database names.
        made = {table.name for table in tables}
        names = {m.id: {table.name for table in after.made.get(m.id, ())} for m in others}
        into = tuple(m for m in others if not made or made & names[m.id])
        from miglint.rollback.compare import compare

        found = compare(self.schema, after.schema, machine.dialect.alike)
        differences = tuple(str(each) for each in found.differences if each.weight == "difference")
        if made:
            again = {name for m in into for name in names[m.id]}
            if 2 * len(made & again) <= len(made):
                return None
            differences = differences if any(map(after.schema.table, tables)) else ()
        elif differences or len(gone) < 2:
            return None
        return SquashedMigrations(
            gone,
            into,
            known=since_base.earlier(self._history).keys() >= {migration.id for migration in into},
            fails=self._fails(into, machine),
            differences=differences,
        )

    def _fails(self, into: tuple[Migration, ...], machine: Machine) -> bool:
        start = Start(self.schema, NO_SESSION)
        traces = (run(m.up, start, machine, m.id) for m in into if m.up is not None)
        return any(_is_there(record) for trace in traces for record in trace.records)


def _is_there(record: Record) -> bool:
    """Whether an operation makes a table that is there."""
    made = record.operation
    if not isinstance(made, CreateTable) or made.if_not_exists or record.block is not None:
        return False
    return record.schema.relations.get(made.table) is not None


def tables_made(ran: Ran) -> frozenset[Name]:
    """Give the tables that are there after a migration and were not before."""
    if ran.up is None:
        return frozenset()
    names = ran.up.schema.relations.changed(ran.start.schema.relations)
    return frozenset(n for n in names if ran.up.schema.table(n) and ran.start.schema.relations.get(n) is None)
