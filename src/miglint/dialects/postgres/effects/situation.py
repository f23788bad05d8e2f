"""What the effects of an operation depend on, and the pieces they are made of."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from miglint.dialects.sql.session import Session
from miglint.model import (
    ConstraintDefinition,
    DomainType,
    Expression,
    Failure,
    FailureCause,
    Function,
    Lock,
    LockMode,
    Loss,
    Name,
    Operation,
    Schema,
    Select,
    Table,
    Type,
    Work,
    WorkCause,
    reached,
)


class Situation(NamedTuple):
    """The schema before the operation, the session it runs in, and the server's major version.

    `together` are all operations of the statement.
    """

    schema: Schema
    session: Session
    version: int
    together: tuple[Operation, ...] = ()

    @property
    def search_path(self) -> tuple[str, ...]:
        """The schemas in which names without one are looked for."""
        return self.session.settings.search_path

    @property
    def utc(self) -> bool:
        """Whether the session's TimeZone is known to be UTC."""
        zone = self.session.settings.time_zone
        return zone is not None and zone.upper() in ("UTC", "GMT", "ETC/UTC", "ZULU", "UCT")

    def works_on(self, table: Name, reason: str, *causes: WorkCause) -> tuple[Work, ...]:
        """Work on a table that takes time to read; none on a new or truncated one."""
        return (Work(table, reason, causes),) if self.session.has_pages(table) else ()

    def looks_up(self, table: Name, columns: Iterable[str], parent: Name | None) -> tuple[Work, ...]:
        """The check of the rows for a new foreign key."""
        where = parent.display if parent is not None else "the referenced table"
        reason = f"the {', '.join(columns)} of every row is looked up in {where}"
        return self.works_apart(table, reason, "foreign")

    def works_apart(self, table: Name, reason: str, *causes: WorkCause) -> tuple[Work, ...]:
        """The check of a foreign key: a query of its own, whatever else the statement reads."""
        return tuple(work._replace(apart=True) for work in self.works_on(table, reason, *causes))

    def builds(self, table: Name, index: str, reason: str, *causes: WorkCause) -> tuple[Work, ...]:
        """An index build on a table that takes time to read."""
        return (Work(table, reason, causes, index),) if self.session.has_pages(table) else ()

    def fails(self, table: Name, reason: str, *, certain: bool) -> tuple[Failure, ...]:
        """A failure that needs rows; what is certain says so although an earlier statement fails before."""
        found = Failure(table, reason, certain, FailureCause.ROWS)
        unfit = certain and table in self.session.proved_empty
        return (found,) if unfit or self.session.has_rows(table) else ()

    def has_only_nulls(self, table: Name, columns: Iterable[str]) -> bool:
        """Whether one of the columns is new in this migration and NULL in every row."""
        return self.session.has_only_nulls(self.schema.table(table), columns)

    def had_key(self, table: Name, key: ConstraintDefinition) -> bool:
        """Whether the table had such a foreign key until this migration dropped it; no row has changed."""
        return any(
            (dropped.table, dropped.columns, dropped.references) == (table, key.columns, key.references)
            and key.referenced_columns in ((), dropped.referenced_columns)
            for dropped in self.session.dropped_keys
        )

    def may_lose(self, table: Name) -> bool:
        """Whether there is something to lose: older tables count even after this migration emptied them."""
        session = self.session
        if session.is_new(table):
            return session.has_rows(table)
        return table not in session.proved_empty and table not in session.found_empty

    def family(self, table: Name, *, only: bool = False) -> tuple[Name, ...]:
        """The table with its partitions and children, all the way down."""
        return (table,) if only else self.schema.family(table)

    def stored(self, table: Name, *, only: bool = False) -> tuple[Name, ...]:
        """The members of the family that have rows of their own: a partitioned parent has none."""
        return tuple(n for n in self.family(table, only=only) if not self.is_partitioned(n))

    def is_partitioned(self, table: Name) -> bool:
        """Whether the table is a partitioned parent."""
        relation = self.schema.table(table)
        return relation is not None and bool(relation.partition_by)

    def is_told(self, table: Table) -> bool:
        """Whether the history tells all there is of a table: what it does not tell of is not there."""
        unsure = table.unsure or table.name in self.schema.unsure
        return table.complete and not unsure and self.schema.is_read

    def domain(self, type_: Type) -> DomainType | None:
        """Give the domain that a type is; an array of one has neither its default nor its constraints."""
        found = self.schema.types.get(type_.qualified) if type_.qualified and not type_.array else None
        return found if isinstance(found, DomainType) else None

    def is_volatile(self, expression: Expression) -> str:
        """Give the name of a function that is volatile or unknown to the history, "" if there is none."""
        for written in expression.functions:
            if self._is_or_calls_volatile(written):
                return written
        return ""

    def _is_or_calls_volatile(self, written: str) -> bool:
        """A plain SQL function is put in place of its call, so that only what it calls counts."""
        calls: dict[str, tuple[str, ...]] = {}
        for name in reached(written, lambda name: calls[name]):
            called = self._called(name)
            if called is None:
                return True
            calls[name] = called
        # What is left when those that call nothing else are taken out, again and again, calls itself in
        # the end: then its call stays, which is volatile.
        waits = {name: len(set(called)) for name, called in calls.items()}
        callers: dict[str, list[str]] = {}
        for name, called in calls.items():
            for other in set(called):
                callers.setdefault(other, []).append(name)
        settled = [name for name, count in waits.items() if not count]
        for name in settled:
            for caller in callers.get(name, ()):
                waits[caller] -= 1
                if not waits[caller]:
                    settled.append(caller)
        return len(settled) < len(calls)

    def is_unknown(self, written: str) -> bool:
        """Whether neither the history nor the server, nor an extension that many use, has such a function."""
        from miglint.dialects.postgres.builtin_functions import NOT_VOLATILE, OF_EXTENSIONS, VOLATILE

        schema, _, name = written.rpartition(".")
        places = (schema,) if schema else self.session.settings.search_path
        if name in OF_EXTENSIONS or any(self.schema.functions.get(Name(place, name)) for place in places):
            return False
        return schema not in ("", "pg_catalog") or (name not in VOLATILE and name not in NOT_VOLATILE)

    def _called(self, written: str) -> tuple[str, ...] | None:
        """Give the functions in whose place a function stands; None if it is volatile itself."""
        from miglint.dialects.postgres.builtin_functions import NOT_VOLATILE, STABLE_ELSEWHERE, VOLATILE

        schema, _, name = written.rpartition(".")
        places = (schema,) if schema else self.session.settings.search_path
        for place in places:
            found = self.schema.functions.get(Name(place, name))
            if found:
                called = [_called_by(function) for function in found]
                if None in called:
                    return None
                return tuple(name for names in called for name in names or ())
            if Name(place, name) in self.schema.types:
                return ()  # type('literal') is a cast
        if written in STABLE_ELSEWHERE:
            return ()
        if schema in ("", "pg_catalog") and name in NOT_VOLATILE and name not in VOLATILE:
            return ()
        return None


def _called_by(function: Function) -> tuple[str, ...] | None:
    """Give what a plain SQL function calls, nothing for one that is not volatile; None for all others."""
    if function.volatility != "volatile":
        return ()
    body = [operation for statement in function.body for operation in statement.operations]
    if function.language == "sql" and len(body) == 1 and isinstance(body[0], Select):
        return body[0].query.functions
    return None


def locks(mode: LockMode, tables: Iterable[Name]) -> tuple[Lock, ...]:
    """The same lock on several tables."""
    return tuple(Lock(table, mode) for table in tables)


def destroyed_table(name: Name, situation: Situation) -> Iterator[Loss]:
    """The losses of dropping a table, unless this migration made it and put nothing in it."""
    table = situation.schema.table(name)
    if situation.may_lose(name) and not (table is not None and table.foreign):
        yield Loss("table", name)


def on_view(mode: LockMode, view: Name, situation: Situation) -> tuple[Lock, ...]:
    """A lock on a materialized view; a plain view is a name for a query, and no table."""
    found = situation.schema.view(view)
    return () if found is not None and not found.materialized else (Lock(view, mode),)


def parents_of(table: Table) -> tuple[Name, ...]:
    """The tables that a table's foreign keys point to, itself left out."""
    return tuple(
        dict.fromkeys(
            key.references for key in table.foreign_keys if key.references and key.references != table.name
        )
    )


def refused(table: Name | None, reason: str, sqlstate: str, remedy: str) -> tuple[Failure, ...]:
    """The failure of what the server does not do, whatever is there."""
    return (Failure(table, reason, True, sqlstate=sqlstate, remedy=remedy),)


def gone(kind: str, name: Name, sqlstate: str) -> tuple[Failure, ...]:
    """The failure of what names something that an earlier statement has dropped or renamed."""
    what = name.display if kind == "relation" else f"the {kind} {name.display}"
    table = name if kind == "relation" else None
    reason, missing = f"{what} no longer exists", f"{kind} {name}"
    return (Failure(table, reason, True, FailureCause.MISSING, sqlstate, missing=missing),)


Refusals = Mapping[type, Callable[[Any, Situation], tuple[Failure, ...]]]
"""What is refused, by the type of the operation: of several failures the first is what the server says."""
