"""`miglint verify` on real servers: what it says, its exit codes, and that it leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from miglint.verify.server import Server

COMMAND = [sys.executable, "-m", "miglint", "verify"]
HEEDING = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("miglint", run_name="__main__")
"""
"""The program as a terminal runs it: a shell lets what it runs in the background ignore Ctrl-C."""
HISTORY = {
    "000001_a": ("CREATE TABLE a (id int PRIMARY KEY, note text);", "DROP TABLE a;"),
    "000002_b": ("ALTER TABLE a ADD b int;", "ALTER TABLE a DROP b;"),
    "000003_c": ("ALTER TABLE a DROP note;", "ALTER TABLE a ADD note text NOT NULL;"),
    "000004_d": ("ALTER TABLE a ADD d int; GRANT SELECT ON a TO app;", "ALTER TABLE a DROP e;"),
}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a project that the server's own user can look into, unlike pytest's folders."""
    with tempfile.TemporaryDirectory(prefix="mgtest") as made:
        project = Path(made)
        project.chmod(0o755)
        _write(project / "migrations")
        yield project


def _write(migrations: Path) -> None:
    migrations.mkdir()
    for name, (up, down) in HISTORY.items():
        (migrations / f"{name}.up.sql").write_text(up)
        (migrations / f"{name}.down.sql").write_text(down)


def verify(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.run(
        [*COMMAND, *words], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


def outcomes(done: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    (history,) = json.loads(done.stdout)["histories"]
    return {row["migration"]: row["outcome"] for row in history["migrations"]}


def test_each_migration_is_said_to_come_back_or_not(folder: Path) -> None:
    done = verify(folder, "--output-format", "json")

    assert done.returncode == 1, done.stderr
    assert outcomes(done) == {
        "000001_a": "came back",
        "000002_b": "came back",
        "000003_c": "came back on empty tables only",
        "000004_d": "failed on the way back",
    }


def test_the_server_is_gone_afterwards(folder: Path) -> None:
    done = verify(folder, "000002")

    assert done.returncode == 0, done.stderr
    assert "1 migration after 1 before it on PostgreSQL 16" in done.stdout
    assert [path.name for path in folder.iterdir()] == ["migrations"]


def test_nothing_is_left_after_ctrl_c(folder: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(folder)}
    command = [sys.executable, "-c", HEEDING, "verify"]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 20
        while not list(folder.glob("mg*/s/d/postmaster.pid")) and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert [path.name for path in folder.iterdir()] == ["migrations"]


def test_a_dump_stands_for_what_comes_before(folder: Path) -> None:
    (folder / "schema.sql").write_text(
        "SET client_encoding = 'UTF8';\nCREATE TABLE public.a (id int PRIMARY KEY, note text, x int);\n"
    )
    done = verify(folder, "--dump", "schema.sql", "--last", "2", "--output-format", "json")

    assert outcomes(done) == {
        "000003_c": "came back on empty tables only",
        "000004_d": "failed on the way back",
    }


def test_a_database_of_ones_own_stays_as_it_is_and_must_be_empty(folder: Path, server: Server) -> None:
    with server.database("mine") as database:
        url = f"{server.conninfo} dbname={database}"
        done = verify(folder, "--url", url, "--output-format", "json")
        assert outcomes(done)["000004_d"] == "failed on the way back"
        with server.connect(database) as connection:
            names = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
            assert not {name for name in names if name.startswith("miglint_verify")}
            assert not connection.execute("SELECT FROM pg_roles WHERE rolname = 'app'").fetchall()
            connection.execute("CREATE TABLE somebodys ()")
        done = verify(folder, "--url", url)
        assert done.returncode == 2
        assert "is not empty" in done.stderr


def test_what_cannot_be_run_is_listed(folder: Path) -> None:
    (folder / "migrations" / "000005_e.up.sql").write_text(
        "CREATE EXTENSION citext; CREATE TABLE e (x citext); COPY e FROM '/nowhere';"
    )
    (folder / "migrations" / "000005_e.down.sql").write_text("DROP TABLE e; DROP EXTENSION citext;")
    done = verify(folder, "--last", "1")

    assert done.returncode == 0, done.stderr
    assert "the extension citext is not on this server" in done.stdout
    assert "it reaches out of the database" in done.stdout
