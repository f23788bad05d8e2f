"""Run a history on a server, statement by statement, and record what each one did.

A statement that fails is mended where the failure comes from this server or its rows (an extension
that is not there, an unknown role, a row in the way), else recorded; the history goes on.
"""

import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import psycopg
from tests.verify import contract, observe
from tests.verify.contract import Broken
from tests.verify.observe import Before, Failure, Observation, TableLock
from tests.verify.script import Statement, kind

from miglint.model import quote
from miglint.verify import rows, standins
from miglint.verify.server import Connection, Server, shipped_extensions

TEXT_CHANGED = "changed to: "
"""How the note begins about a statement that was run in another form."""

_MOST_ATTEMPTS = 8
_IN_TRANSACTION = {"25001", "2D000"}
"""CONCURRENTLY and the like in a transaction; COMMIT in a DO block."""
_NEEDS_COMMIT = {"55P04", "55006"}
"""Use of a new enum value; pending trigger events."""
_ROW_ERRORS = re.compile(r"^(?:22|23|P0|21000)")
_OUTSIDE_OF_DATABASE = {
    "createdb_stmt", "drop_database_stmt", "alter_database_stmt", "alter_database_set_stmt",
    "alter_system_stmt", "create_table_space_stmt", "create_subscription_stmt", "load_stmt",
}  # fmt: skip
_TABLE_TARGET = re.compile(
    r"^\s*(?:ALTER\s+TABLE|INSERT\s+INTO|UPDATE|DELETE\s+FROM|CREATE\s+UNIQUE\s+INDEX.*?\sON)\s+"
    r"(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?P<name>(?:\"[^\"]+\"|\w+)(?:\.(?:\"[^\"]+\"|\w+))?)",
    re.I | re.S,
)
_COPY_IN = re.compile(r"\bFROM\s+STDIN\b", re.I)
_BLOCKING_MODES = {"vacuum_stmt": "SHARE UPDATE EXCLUSIVE", "do_stmt": "SHARE", "call_stmt": "SHARE"}
"""What makes a statement wait that runs outside a transaction: its own lock, or its first write."""
_COPY_OUTSIDE = re.compile(r"\b(?:FROM|TO)\s+(?:PROGRAM\b|'|E')", re.I)

_LONGEST = "20s"
"""A statement that runs longer is stopped: loops in DO blocks may wait for rows that never come."""
_PREPARE = f"""
SAVEPOINT miglint_verify; SET LOCAL client_min_messages = debug1; SET LOCAL statement_timeout = '{_LONGEST}'
"""
_PREPARE_ALONE = f"SET client_min_messages = debug1; SET statement_timeout = '{_LONGEST}'"
_UNDO = "ROLLBACK TO SAVEPOINT miglint_verify"
_KEEP = "RELEASE SAVEPOINT miglint_verify"
_FLUSH = "SELECT pg_catalog.pg_stat_force_next_flush()"
_COMMIT = f"{_FLUSH}; COMMIT"
_FRESH_SESSION = """
RESET SESSION AUTHORIZATION; RESET ALL; CLOSE ALL; UNLISTEN *; DISCARD TEMP;
SELECT pg_catalog.pg_advisory_unlock_all()
"""


class Replayed(NamedTuple):
    """A whole history after its run on one server; `broken` is what each migration takes from older code."""

    major: int
    observations: tuple[Observation, ...]
    replaced_extensions: tuple[str, ...]
    left_empty: tuple[str, ...]
    seconds: float
    broken: Mapping[str, tuple[Broken, ...]]


class _Remedy(NamedTuple):
    """What to do before a statement is tried again, and the note about it."""

    action: str
    note: str
    argument: str = ""


class _Attempt(NamedTuple):
    """How a statement is tried: with which text, in the transaction or alone."""

    statement: Statement
    kind: str
    text: str
    alone: bool = False


def replay(server: Server, database: str, statements: Sequence[Statement], row_count: int) -> Replayed:
    """Run a history's statements in order; tables are given rows before each migration."""
    started = time.monotonic()
    with server.connect(database) as connection:
        run = _Run(server, database, connection, row_count)
        observations: list[Observation] = []
        broken: dict[str, tuple[Broken, ...]] = {}
        known = contract.contract(connection)
        for name, migration in groupby(statements, key=lambda statement: statement.migration):
            observations.extend(run.migration(list(migration)))
            before, known = known, contract.contract(connection)
            broken[name] = (*broken.get(name, ()), *contract.broken(before, known))
        return Replayed(
            major=server.major,
            observations=tuple(observations),
            replaced_extensions=tuple(sorted(run.replaced_extensions)),
            left_empty=tuple(run.filled.left_empty.values()),
            seconds=time.monotonic() - started,
            broken=broken,
        )


class _Run:
    """The state of a replay: the session, the rows it put in, the messages it hears."""

    def __init__(self, server: Server, database: str, connection: Connection, row_count: int) -> None:
        self.server = server
        self.database = database
        self.connection = connection
        self.row_count = row_count
        self.filled = rows.Filled()
        self.shipped = frozenset(shipped_extensions(server))
        self.replaced_extensions: set[str] = set()
        self.open = False
        self.columns: dict[int, Mapping[int, str]] = {}
        self.heard: list[str] = []
        connection.add_notice_handler(self._hear)

    def _hear(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        if (diagnostic.severity_nonlocalized or "").startswith("DEBUG"):
            self.heard.append(diagnostic.message_primary or "")

    def migration(self, statements: Sequence[Statement]) -> Iterator[Observation]:
        """Run one migration from a fresh session; yield one observation per statement."""
        self._commit()
        self.connection.execute(_FRESH_SESSION)
        if self.row_count:
            self.filled = rows.fill(self.connection, self.filled, self.row_count)
        self.connection.execute(_FLUSH)
        known = observe.relations(self.connection)
        old = observe.old_tables(known)
        self.columns = {oid: named for oid, named in self.columns.items() if oid in old}
        self.columns |= observe.columns(self.connection, old - self.columns.keys())
        before = Before(old, known, self.columns, observe.NOTHING_HELD)
        transaction: int | None = None
        for statement in statements:
            if statement.transaction is None or statement.transaction != transaction:
                problem = self._commit()
                before = before._replace(held=observe.NOTHING_HELD)
                if problem:
                    yield _commit_failure(statement, problem)
                    before = self._afresh(before)
            transaction = statement.transaction
            observation, before = self._statement(statement, before)
            yield observation
        self.columns = dict(before.columns)
        if (problem := self._commit()) and statements:
            self.columns = {}
            yield _commit_failure(statements[-1], problem)

    def _begin(self) -> None:
        if not self.open:
            self.connection.execute("BEGIN")
            self.open = True

    def _commit(self) -> Failure | None:
        """Commit; deferred constraints may refuse, then all is rolled back."""
        if not self.open:
            return None
        self.open = False
        try:
            self.connection.execute(_COMMIT)
        except psycopg.Error as error:
            self.connection.rollback()
            return _failure(error)
        return None

    def _statement(self, statement: Statement, before: Before) -> tuple[Observation, Before]:
        statement_kind = kind(statement.text)
        if statement_kind == "transaction_stmt":
            return self._transaction_statement(statement, before)
        nothing = Observation(statement, kind=statement_kind, skipped=True)
        if statement_kind in _OUTSIDE_OF_DATABASE or (
            statement_kind == "copy_stmt" and _COPY_OUTSIDE.search(statement.text)
        ):
            return nothing._replace(notes=("not run: it reaches outside of the database",)), before
        extension = standins.extension_statement(statement.text)
        if extension and extension.name not in self.shipped:
            self._begin()
            self._install(extension)
            return nothing._replace(notes=("extension replaced",)), self._look_again(before)
        attempt = _Attempt(statement, statement_kind, statement.text)
        failed_on_rows: Failure | None = None
        used: list[_Remedy] = []
        started = time.monotonic()
        seen, following = self._attempt(attempt, before)
        while seen.failure and len(used) < _MOST_ATTEMPTS:
            remedy = next((each for each in self._remedies(seen.failure, attempt) if each not in used), None)
            if remedy is None:
                break
            used.append(remedy)
            if remedy.action == "empty":
                failed_on_rows = failed_on_rows or seen.failure
            attempt, before = self._apply(remedy, attempt, before)
            started = time.monotonic()
            seen, following = self._attempt(attempt, before)
        seconds = time.monotonic() - started
        emptied = {loss.table for loss in seen.destroyed if loss.kind == "rows"}
        emptied |= {written.table for written in seen.rows_written if written.deleted}
        self._forget(emptied, following)
        notes = tuple(remedy.note for remedy in used)
        return seen._replace(failed_on_rows=failed_on_rows, notes=notes, seconds=seconds), following

    def _attempt(self, attempt: _Attempt, before: Before) -> tuple[Observation, Before]:
        """Run a statement once and look."""
        if attempt.alone:
            return self._alone(attempt, before)
        self._begin()
        failure = self._try(attempt)
        if failure:
            seen = Observation(attempt.statement, kind=attempt.kind, failure=failure)
            return seen, self._look_again(before)
        target = _target(attempt.text) if attempt.kind == "alter_table_stmt" else ""
        looked = observe.after(self.connection, before, attempt.statement, attempt.kind, self.heard, target)
        self.connection.execute(_KEEP)
        return looked

    def _try(self, attempt: _Attempt) -> Failure | None:
        """Run a statement in a savepoint; on failure undo it."""
        self.connection.execute(_PREPARE)
        self.heard.clear()
        try:
            if attempt.kind == "copy_stmt" and _COPY_IN.search(attempt.text):
                with self.connection.cursor().copy(attempt.text) as copy:
                    copy.write(attempt.statement.copy_data)
            else:
                self.connection.execute(attempt.text, prepare=False)
        except psycopg.Error as error:
            self.connection.execute(_UNDO)
            return _failure(error)
        return None

    def _look_again(self, before: Before) -> Before:
        """Read what our own doing has changed, so that the next statement is not charged with it."""
        held = observe.held(self.connection) if self.open else observe.NOTHING_HELD
        return before._replace(held=held)

    def _afresh(self, before: Before) -> Before:
        """Read everything anew, after a rollback or a statement that committed by itself."""
        known = observe.relations(self.connection, before.relations)
        described = observe.columns(self.connection, before.old)
        return self._look_again(before._replace(relations=known, columns=described))

    def _remedies(self, failure: Failure, attempt: _Attempt) -> Iterator[_Remedy]:
        """Say what could make a failed statement succeed, best first; nothing when it is its own fault."""
        message, text = failure.message, attempt.text
        if failure.sqlstate in _IN_TRANSACTION:
            yield _Remedy("alone", "ran outside the transaction")
        if failure.sqlstate in _NEEDS_COMMIT:
            yield _Remedy("commit", f"committed before it: {message}")
        if role := standins.missing_role(message):
            yield _Remedy("role", f"role {role} created", role)
        if _ROW_ERRORS.match(failure.sqlstate):
            table = failure.table or _target(text)
            if table:
                yield _Remedy("empty", f"emptied {table}: {message}", table)
            yield _Remedy("empty", f"emptied all tables: {message}")
        if sql := standins.setup_for(message):
            yield _Remedy("run", f"ran {sql}", sql)
        for changed in standins.other_texts(message, text):
            yield _Remedy("text", f"{TEXT_CHANGED}{changed}", changed)
        extension = standins.extension_of(message)
        if extension and extension.name not in self.shipped:
            yield _Remedy("install", f"stand-in for {extension.name}", "\n".join(extension))

    def _apply(self, remedy: _Remedy, attempt: _Attempt, before: Before) -> tuple[_Attempt, Before]:
        """Do what a remedy says; give how and from where to try again."""
        if remedy.action == "text":
            return attempt._replace(text=remedy.argument), before
        if remedy.action in ("alone", "commit"):
            self._commit()
            return attempt._replace(alone=remedy.action == "alone"), before._replace(
                held=observe.NOTHING_HELD
            )
        self._begin()
        if remedy.action == "role":
            self._quietly(f"CREATE ROLE {quote(remedy.argument)}")
        elif remedy.action == "run":
            self._quietly(remedy.argument)
        elif remedy.action == "empty":
            self._empty(remedy.argument, before)
        elif remedy.action == "install":
            self._install(standins.ExtensionStatement(*remedy.argument.split("\n")))
        if attempt.alone:
            self._commit()
        return attempt, self._look_again(before)

    def _quietly(self, sql: str) -> None:
        """Run our own SQL in a savepoint; a failure is of no interest, the statement will tell."""
        self.connection.execute("SAVEPOINT miglint_own")
        try:
            self.connection.execute(sql, prepare=False)
        except psycopg.Error:
            self.connection.execute("ROLLBACK TO SAVEPOINT miglint_own")
        self.connection.execute("RELEASE SAVEPOINT miglint_own")

    def _empty(self, target: str, before: Before) -> None:
        """Delete the rows of a table, or of all that we filled, without triggers."""
        tables = [target] if target else [_quoted(before, oid) for oid in self.filled.with_rows]
        role = "SELECT pg_catalog.set_config('session_replication_role', %s, true)"
        self.connection.execute(role, ["replica"])
        for table in filter(None, tables):
            self._quietly(f"DELETE FROM {table}")
        self.connection.execute(role, ["origin"])
        names = {table.replace('"', "") for table in tables}
        self._forget(names | {f"public.{name}" for name in names}, before)

    def _forget(self, names: Iterable[str], before: Before) -> None:
        wanted = set(names)
        if wanted:
            gone = [oid for oid in self.filled.with_rows if _name(before, oid) in wanted]
            self.filled = self.filled.without(gone)

    def _install(self, extension: standins.ExtensionStatement) -> None:
        """Make an extension's stand-in, once; failures are of no interest."""
        if extension.name:
            self.replaced_extensions.add(extension.name)
        sql = standins.stand_in(extension.name, extension.schema)
        if sql is None:
            return
        row = self.connection.execute("SELECT current_setting('search_path')").fetchone()
        self._quietly(sql)
        self.connection.execute("SELECT set_config('search_path', %s, true)", [row[0] if row else ""])

    def _transaction_statement(self, statement: Statement, before: Before) -> tuple[Observation, Before]:
        """The caller knows the transactions; only ROLLBACK and SAVEPOINT are run."""
        seen = Observation(statement, kind="transaction_stmt", skipped=True)
        words = statement.text.upper().split()
        if words[0] in ("BEGIN", "START", "COMMIT", "END"):
            return seen, before
        self._begin()
        try:
            self.connection.execute(statement.text)
        except psycopg.Error as error:
            seen = seen._replace(failure=_failure(error))
            self.connection.rollback()
        self.open = self.connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE
        return seen, self._afresh(before)

    def _alone(self, attempt: _Attempt, before: Before) -> tuple[Observation, Before]:
        """Run a statement outside of a transaction; its locks are read while it waits for another session."""
        before = self._afresh(before)
        self.connection.execute(_PREPARE_ALONE)
        self.heard.clear()
        with (
            self.server.connect(self.database) as blocker,
            self.server.connect(self.database) as watcher,
        ):
            _block(blocker, before, _BLOCKING_MODES.get(attempt.kind, "ROW EXCLUSIVE"))
            failure, modes = _run_watched(self.connection, attempt.text, blocker, watcher)
        if failure:
            seen = Observation(attempt.statement, kind=attempt.kind, failure=failure)
            return seen, self._afresh(before)
        seen, following = observe.after(self.connection, before, attempt.statement, attempt.kind, self.heard)
        locks = {
            TableLock(before.relations[oid].name, mode)
            for oid, mode in modes
            if oid in before.old and oid in before.relations
        }
        seen = seen._replace(locks=tuple(sorted(locks)), locks_seen=bool(modes))
        return seen, self._afresh(following)


def _block(blocker: Connection, before: Before, mode: str) -> None:
    """Hold a lock on all old tables, so that CONCURRENTLY has someone to wait for."""
    alive = before.old & before.relations.keys()
    tables = [_quoted(before, oid) for oid in alive if before.relations[oid].kind in "rp"]
    blocker.execute("BEGIN")
    if tables:
        blocker.execute(f"LOCK TABLE {', '.join(tables)} IN {mode} MODE")


_WATCH = """
SELECT l.relation::int8, l.mode, a.wait_event_type = 'Lock'
FROM pg_catalog.pg_stat_activity AS a
LEFT JOIN pg_catalog.pg_locks AS l ON l.pid = a.pid AND l.locktype = 'relation' AND l.relation >= 16384
WHERE a.pid = %s
"""


def _run_watched(
    connection: Connection, text: str, blocker: Connection, watcher: Connection
) -> tuple[Failure | None, set[tuple[int, str]]]:
    """Run a statement in a thread, collect the locks it holds or waits for; the blocker then lets go."""
    failures: list[Failure] = []

    def run() -> None:
        try:
            connection.execute(text, prepare=False)
        except psycopg.Error as error:
            failures.append(_failure(error))

    pid = connection.info.backend_pid
    thread = threading.Thread(target=run)
    thread.start()
    modes: set[tuple[int, str]] = set()
    pause = 0.001

    def waits() -> bool:
        rows = watcher.execute(_WATCH, [pid]).fetchall()
        modes.update((oid, observe.mode_name(mode)) for oid, mode, _ in rows if oid is not None)
        return any(waiting for _, _, waiting in rows)

    while thread.is_alive():
        if waits():
            waits()  # the server may have shown the wait before the lock that is waited for
            blocker.rollback()
        thread.join(pause)
        pause = min(2 * pause, 0.1)
    blocker.rollback()
    return (failures[0] if failures else None), modes


def _failure(error: psycopg.Error) -> Failure:
    message = error.diag.message_primary or str(error)
    table = error.diag.table_name
    if table and error.diag.schema_name:
        table = f'"{error.diag.schema_name}"."{table}"'
    return Failure(error.sqlstate or "", message, table or "")


def _commit_failure(statement: Statement, failure: Failure) -> Observation:
    return Observation(statement, kind="commit", failure=failure, notes=("the commit failed",), skipped=True)


def _target(text: str) -> str:
    """Name the table of a statement; "" when it is not seen at a glance."""
    match = _TABLE_TARGET.match(text)
    return match["name"] if match else ""


def _name(before: Before, oid: int) -> str:
    return before.relations[oid].name if oid in before.relations else ""


def _quoted(before: Before, oid: int) -> str:
    return before.relations[oid].quoted if oid in before.relations else ""
