"""The state in which a statement runs, as values."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from miglint.model import (
    LockMode,
    Name,
    SetVariable,
    Source,
    Span,
    Table,
    TransactionMode,
)
from miglint.model.frozen_map import FrozenMap, FrozenSet


class Held(NamedTuple):
    """A table lock that the open transaction holds, and the statement that took it."""

    mode: LockMode
    span: Span
    source: Source


class Settings(NamedTuple):
    """The server settings that matter; timeouts in milliseconds, 0 for none, None for never set.

    `switches` are those that are on and only the effects of their own database know.
    """

    lock_timeout: float | None = None
    statement_timeout: float | None = None
    time_zone: str | None = None
    search_path: tuple[str, ...] = ()
    switches: frozenset[str] = frozenset()


class DroppedKey(NamedTuple):
    """A foreign key that was there until a statement of the migration dropped it."""

    table: Name
    columns: tuple[str, ...]
    references: Name | None
    referenced_columns: tuple[str, ...]


class Session(NamedTuple):
    """One connection while it runs one migration.

    `ways` are those of its database;
    `transaction` is the number of the open transaction, None when each statement commits alone;
    `opened_by` is "tool", "script" (a BEGIN) or "batch" (several statements in one query string).
    `in_code` says that a block or a function runs, which commands take for a transaction;
    `committed` are the settings after a COMMIT, `before` those after a ROLLBACK;
    `created` came into being in this migration, or one that is deployed with it, and no other session
    depends on it; `earlier` are those of them that were there before this migration;
    `objects` are the views, sequences, types, functions and schemas of them, each with its kind;
    `columns_added` are new in this migration, `columns_given` those of them that an INSERT may have given a
    value; `columns_of_release` are those that one deployed with it has added;
    `filled` are the new tables that have rows, `emptied` the old ones that have none any more;
    `truncated` are those of them whose storage is new, and `dead` those that the open transaction has
    emptied by DELETE: their rows are still there for the server, which reads and indexes each;
    `proved_empty` are the old ones that had no row, or else an earlier statement would have failed, and
    `found_empty` those of which a migration shortly before this one has proved it;
    `dropped_keys` are valid foreign keys that it has dropped, while no row of theirs has changed;
    `backfilled` are columns that an UPDATE, or the default or formula that they came with, has filled, or a
    step in code may have filled, in this migration or an earlier one, `copied` those out of which other
    columns or tables were filled, and `nulls_deleted` those whose rows with NULL a DELETE has taken away;
    `listed` are the tables that got rows which the text spells out, each with its key, in this migration or
    an earlier one, and `poured` those that got other rows.
    """

    ways: "SessionWays"
    mode: TransactionMode = TransactionMode.PER_MIGRATION
    transaction: int | None = None
    opened_by: str = ""
    in_code: bool = False
    last_transaction: int = 0
    settings: Settings = Settings()
    committed: Settings = Settings()
    before: Settings = Settings()
    held: FrozenMap[Name, Held] = FrozenMap()
    created: FrozenSet[Name] = FrozenSet()
    earlier: FrozenSet[Name] = FrozenSet()
    objects: FrozenSet[tuple[str, Name]] = FrozenSet()
    columns_added: FrozenSet[tuple[Name, str]] = FrozenSet()
    columns_given: FrozenSet[tuple[Name, str]] = FrozenSet()
    columns_of_release: FrozenSet[tuple[Name, str]] = FrozenSet()
    filled: FrozenSet[Name] = FrozenSet()
    emptied: FrozenSet[Name] = FrozenSet()
    truncated: FrozenSet[Name] = FrozenSet()
    dead: FrozenSet[Name] = FrozenSet()
    proved_empty: FrozenSet[Name] = FrozenSet()
    found_empty: FrozenSet[Name] = FrozenSet()
    dropped_keys: frozenset[DroppedKey] = frozenset()
    backfilled: FrozenSet[tuple[Name, str]] = FrozenSet()
    nulls_deleted: FrozenSet[tuple[Name, str]] = FrozenSet()
    copied: FrozenSet[tuple[Name, str]] = FrozenSet()
    listed: FrozenSet[Name] = FrozenSet()
    poured: FrozenSet[Name] = FrozenSet()

    @property
    def in_transaction(self) -> bool:
        """Whether statements wait for a later COMMIT."""
        return self.transaction is not None

    @property
    def lock_timeout(self) -> bool:
        """Whether a lock is waited for only for a limited time."""
        return bool(self.settings.lock_timeout)

    def is_new(self, table: Name) -> bool:
        """Whether this release created the table, or it is temporary: no other session waits for it."""
        return table in self.created or table.schema in self.ways.private_schemas

    def is_new_object(self, kind: str, name: Name) -> bool:
        """Whether this release made the view, sequence, type, function or schema: no code uses it."""
        return (kind, name) in self.objects or self.is_new(name)

    def is_new_column(self, table: Name, column: str) -> bool:
        """Whether this release added the column: no code uses it, and only migrations have filled it."""
        return (table, column) in self.columns_added or (table, column) in self.columns_of_release

    def was_there(self, table: Name) -> bool:
        """Whether the table was there before this migration, made by one of the same release or not."""
        return table in self.earlier or not self.is_new(table)

    def has_rows(self, table: Name) -> bool:
        """Whether the table can hold rows: all older tables do, unless this migration emptied them."""
        return table in self.filled if self.is_new(table) else table not in self.emptied

    def has_pages(self, table: Name) -> bool:
        """Whether reading the table takes time: a truncated one has nothing to read, a deleted one has."""
        return table in self.filled if self.is_new(table) else table not in self.truncated

    def is_filled(self, table: Name, column: str) -> bool:
        """Whether a migration has filled the column, or may have, or deleted the rows with NULL in it."""
        return (table, column) in self.backfilled or (table, column) in self.nulls_deleted

    def has_only_nulls(self, table: Table | None, columns: Iterable[str]) -> bool:
        """Whether one of the columns is new in this migration and NULL in every row."""
        for name in columns if table is not None else ():
            column = table.column(name) if table else None
            if (
                table is not None
                and column is not None
                and (table.name, name) in self.columns_added
                and (table.name, name) not in self.columns_given
                and (table.name, name) not in self.backfilled
                and column.nullable
                and column.default is None
                and not column.generated
                and not column.identity
            ):
                return True
        return False

    def lock_held(self, table: Name) -> Held | None:
        """Give the strongest lock that earlier statements of this transaction hold on a table."""
        return self.held.get(table)


def _unchanged(settings: Settings, _operation: SetVariable, _session: Session) -> Settings:
    return settings


class SessionWays(NamedTuple):
    """What a database decides of its sessions.

    `settings` are those that a connection begins with; `private_schemas` those for whose tables no other
    session waits; `changed` gives the settings after a SET.
    `batches`: several statements in one query string are one transaction, and not each one of its own.
    """

    settings: Settings = Settings()
    private_schemas: frozenset[str] = frozenset()
    changed: "Callable[[Settings, SetVariable, Session], Settings]" = _unchanged
    batches: bool = True


NO_SESSION = Session(SessionWays())
"""What is before the first session, and where there is no database."""
