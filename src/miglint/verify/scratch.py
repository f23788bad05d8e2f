"""A scratch database that goes through a history: it is seeded, mended where this server lacks something."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

import psycopg

from miglint.model import quote
from miglint.verify import rows, standins, trip
from miglint.verify.sending import Place, Refusal, Sent, changed, in_one_transaction, one_by_one
from miglint.verify.server import Connection, Server, shipped_extensions
from miglint.verify.trip import How, Trip

_MOST_ATTEMPTS = 12
_NEEDS_COMMIT = ("25001", "2D000", "55P04", "55006")
"""CONCURRENTLY in a transaction; COMMIT in a block; a new enum value that is used; pending trigger events."""
_OPTIONS = "-c statement_timeout=20s -c client_min_messages=error"


class Tried(NamedTuple):
    """A trip with rows in every table, one with none, and what had to be done so that the way there runs.

    `empty` is None where it was not made; `extensions` are those that the server has not; `on_rows` is what
    the way there said to rows, before they were changed.
    """

    full: Trip
    empty: Trip | None = None
    notes: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    on_rows: tuple[Refusal, ...] = ()


class Scratch:
    """A database at one point of a history."""

    def __init__(self, server: Server, database: str, row_count: int = rows.ROWS) -> None:
        self.server = server
        self.database = database
        self.row_count = row_count
        self.filled = rows.Filled()
        self.connection = self._connect(database)
        self.shipped = frozenset(shipped_extensions(server))
        self.extensions: set[str] = set()
        self.texts: dict[Place, str] = {}
        self.alone: set[Place] = set()
        self.notes: list[str] = []
        self.roles = self._roles()

    def close(self) -> None:
        """Leave the database."""
        self.connection.close()

    def _connect(self, database: str) -> Connection:
        connection = self.server.connect(database, _OPTIONS)
        connection.prepare_threshold = None
        return connection

    def advance(self, up: Sequence[Sent]) -> tuple[Refusal, ...]:
        """Go one migration further; give the statements that were passed over."""
        self._prepare(up)
        self._fresh()
        refused: list[Refusal] = []
        for refusal in one_by_one(self.connection, self._ready(up)):
            if self._mends(refusal, back=False, seen=set(), rows_too=False):
                self._fresh()
                refused += one_by_one(self.connection, self._ready([refusal.sent]))
            else:
                refused.append(refusal)
        self._fresh()
        return tuple(refused)

    def _prepare(self, up: Sequence[Sent]) -> None:
        """Do what a migration needs before it runs for good."""
        seen: set[str] = set()
        for _ in range(_MOST_ATTEMPTS):
            self._fresh()
            ready = self._ready(up)
            if any(each.is_partial or each.place in self.alone for each in ready):
                return
            self.connection.execute("BEGIN")
            refusal = in_one_transaction(self.connection, ready)
            self.connection.rollback()
            if refusal is None or not self._mends(refusal, back=False, seen=seen):
                return

    def attempt(self, up: Sequence[Sent], down: Sequence[Sent], *, empty: bool = False) -> Tried:
        """Make the trip of the next migration, with rows; `empty` also without any, else if in doubt."""
        self.notes = []
        self._seed()
        seen: set[str] = set()
        on_rows: list[Refusal] = []
        full = self._trip(up, down, How())
        for _ in range(_MOST_ATTEMPTS):
            if full.refusal is None or not self._mends(full.refusal, back=full.ended == "down", seen=seen):
                break
            if full.ended == "up" and full.refusal.is_about_rows:
                on_rows.append(full.refusal)
            full = self._trip(up, down, How())
        doubted = full.refusal is not None and full.refusal.is_about_rows
        how = How(empty=True, look=not full.came_back)
        bare = self._trip(up, down, how) if empty or doubted else None
        names = (standins.extension_statement(each.text) for each in (*up, *down))
        missing = {each.name for each in names if each and each.name not in self.shipped}
        return Tried(full, bare, tuple(self.notes), tuple(sorted(missing)), tuple(on_rows))

    def _trip(self, up: Sequence[Sent], down: Sequence[Sent], how: How) -> Trip:
        """Make it in one transaction, and with commits where that ends early or says too little."""
        up, down = self._ready(up), self._ready(down)
        found = None
        if not any(each.is_partial or each.place in self.alone for each in (*up, *down)):
            self._fresh()
            found = trip.in_transaction(self.connection, up, down, self.filled, how)
        if found is None or found.ended:
            with self._copy() as copy:
                found = trip.committed(copy, up, down, self.filled, how)
        return found

    @contextmanager
    def _copy(self) -> Iterator[Connection]:
        name = f"{self.database}_copy"
        self.connection.close()
        self.server.create_database(name, self.database)
        try:
            with self._connect(name) as connection:
                yield connection
        finally:
            self.server.drop_database(name)
            self.connection = self._connect(self.database)

    def _fresh(self) -> None:
        """Begin a new session: what a script has set is gone."""
        try:
            self.connection.rollback()
            self.connection.execute("DISCARD ALL", prepare=False)
        except psycopg.Error:
            self.connection.close()
            self.connection = self._connect(self.database)

    def _ready(self, sent: Sequence[Sent]) -> tuple[Sent, ...]:
        """Give what can be sent to this server; what extensions bring is made beforehand."""
        kept = []
        for each in sent:
            extension = standins.extension_statement(each.text)
            if extension is not None and extension.name not in self.shipped:
                self._install(extension)
            elif not each.is_refused:
                kept.append(each)
        return changed(kept, self.texts, frozenset(self.alone))

    def _seed(self) -> None:
        """Put rows into tables that hold none; the last one has NULL wherever it can."""
        if not self.row_count:
            return
        self.filled = self.filled.without(rows.without_rows(self.connection, self.filled.with_rows))
        before = self.filled.with_rows
        self.filled = rows.fill(self.connection, self.filled, self.row_count)
        rows.make_null(self.connection, self.filled.with_rows - before)

    def _mends(self, refusal: Refusal, *, back: bool, seen: set[str], rows_too: bool = True) -> bool:
        """Do what could make a statement succeed, unless it is its own fault; tell whether there was such."""
        for note, act in self._remedies(refusal, back=back, rows_too=rows_too):
            if note not in seen:
                seen.add(note)
                act()
                self.notes.append(note)
                return True
        return False

    def _remedies(
        self, refusal: Refusal, *, back: bool, rows_too: bool
    ) -> Iterator[tuple[str, Callable[[], None]]]:
        message, sent = refusal.message, refusal.sent
        if role := standins.missing_role(message):
            yield f"created the role {role}", lambda: self._quietly(f"CREATE ROLE {quote(role)} NOLOGIN")
        if refusal.sqlstate in _NEEDS_COMMIT and not back and sent.place not in self.alone:
            yield f"{sent.path}:{sent.line} ran outside a transaction", lambda: self.alone.add(sent.place)
        if refusal.is_about_rows and not back and rows_too:
            if refusal.sqlstate == "23502" and refusal.table:
                note = f"no NULL in {refusal.table}.{refusal.column}: {message}"
                yield note, lambda: rows.fill_nulls(self.connection, refusal.table, refusal.column)
            if refusal.table:
                yield f"no rows in {refusal.table}: {message}", lambda: self._delete([refusal.table])
            yield f"no rows: {message}", lambda: self._delete(rows.tables(self.connection))
        if not back and (sql := standins.setup_for(message)):
            yield f"ran {sql.strip()}", lambda: self._quietly(sql)
        for text in standins.other_texts(message, sent.text):
            yield f"changed to: {text}", lambda text=text: self.texts.update({sent.place: text})  # type: ignore[misc]
        extension = standins.extension_of(message)
        if extension is not None and extension.name not in self.shipped:
            yield f"a stand-in for {extension.name}", lambda: self._install(extension, again=True)

    def _roles(self) -> frozenset[str]:
        names = self.connection.execute("SELECT rolname FROM pg_catalog.pg_roles").fetchall()
        return frozenset(str(name) for (name,) in names)

    def leave(self) -> None:
        """Drop the database, and the roles that were made: they belong to the whole server."""
        self._fresh()
        made = self._roles() - self.roles
        self.close()
        self.server.drop_database(self.database)
        with self.server.connect() as connection:
            for role in sorted(made):
                with suppress(psycopg.Error):
                    connection.execute(f"DROP ROLE {quote(role)}")

    def _delete(self, tables: Iterable[str]) -> None:
        self.connection.execute("SET session_replication_role = replica")
        for table in tables:
            self._quietly(f"DELETE FROM {table}")
        self.connection.execute("RESET session_replication_role")

    def _quietly(self, sql: str) -> None:
        """Run our own SQL; a failure is of no interest, the statement will tell."""
        try:
            with self.connection.transaction():
                self.connection.execute(sql)
        except psycopg.Error:
            return

    def _install(self, extension: standins.ExtensionStatement, *, again: bool = False) -> None:
        """Make an extension's stand-in, once."""
        if not extension.name or (extension.name in self.extensions and not again):
            return
        self.extensions.add(extension.name)
        if sql := standins.stand_in(extension.name, extension.schema):
            self._quietly(sql)
