"""Replay whole histories on real servers and compare what miglint predicted.

    python -m tests.verify.histories FOLDER [FOLDER ...] [--server 16 --server 18] [--show N] [--json FILE]

With `--observe-only` miglint is not asked: the folder's .sql files are run in the order of their
names, and what the server did is printed.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from tests.verify import catalog, replay, script
from tests.verify.compare import Comparison, Rate, add_rates, compare_plan, compare_schemas
from tests.verify.observe import Observation

from miglint.verify import rows
from miglint.verify.server import MAJORS, Server, running_server

_MIGLINT = [sys.executable, "-m", "miglint"]
_ROOT = Path(__file__).resolve().parents[2]
_DATABASE = "verify"
_DOWN = re.compile(r"(?:^|[._-])(?:down|undo|rollback)\.sql$|^U\d", re.I)
_GOOSE_DOWN = re.compile(r"^--\s*(?:\+goose\s+Down|migrate:down|\+migrate\s+Down)\b.*\Z", re.I | re.M | re.S)
_VERSION = re.compile(r"^[VvRrBb]?(\d[\d._-]*)")
_SHOWN_KINDS = (
    "statements", "locks", "rewrites", "scans", "index builds", "losses", "fails if rows",
    "tables", "columns", "constraints", "indexes", "enums",
)  # fmt: skip


class History(NamedTuple):
    """What miglint said about a folder; `plan` and `schema` are None when it was not asked."""

    folder: str
    statements: tuple[script.Statement, ...]
    plan: tuple[Mapping[str, Any], ...] | None
    schema: Mapping[str, Any] | None
    seconds: float


class Result(NamedTuple):
    """One history on one server."""

    history: str
    major: int
    replayed: replay.Replayed
    comparison: Comparison
    schema_comparison: Comparison

    @property
    def failures(self) -> list[Observation]:
        """Statements that the server refused for good."""
        return [seen for seen in self.replayed.observations if seen.failure]


class MiglintFailed(Exception):
    """miglint did not print JSON."""


def from_plan(folder: str) -> History:
    """Ask miglint for the plan and the schema of a folder."""
    started = time.monotonic()
    plan = tuple(row for row in _rows(_miglint("plan", folder)) if row.get("direction", "up") == "up")
    schema = _miglint("schema", folder)
    seconds = time.monotonic() - started
    return History(folder, tuple(_statements(plan)), plan, _schemas(schema), seconds)


def from_files(folder: str) -> History:
    """Take the folder's .sql files as migrations, in the order of their versions, without miglint."""
    found = []
    files = [file for file in Path(folder).rglob("*.sql") if file.is_file() and not _DOWN.search(file.name)]
    for file in sorted(files, key=lambda each: _order(each.relative_to(folder))):
        text = _GOOSE_DOWN.sub("", file.read_text(encoding="utf-8", errors="replace"))
        migration = file.relative_to(folder).as_posix()
        found.extend(script.statements(file.as_posix(), text, migration))
    return History(folder, tuple(found), None, None, 0.0)


def run(history: History, server: Server, row_count: int, before: str = "") -> Result:
    """Replay a history in a fresh database, in which `before` was run, and compare."""
    with server.database(_DATABASE):
        if before:
            with server.connect(_DATABASE) as connection:
                connection.execute(before)
        replayed = replay.replay(server, _DATABASE, history.statements, row_count)
        with server.connect(_DATABASE) as connection:
            dump = catalog.dump(connection)
    server.drop_roles()
    plan, schema = Comparison(), Comparison()
    if history.plan is not None:
        plan = compare_plan(history.plan, replayed.observations)
    if history.schema is not None:
        changed = any(
            note.startswith(replay.TEXT_CHANGED) for seen in replayed.observations for note in seen.notes
        )
        schema = compare_schemas(history.schema, dump, changed)
    return Result(history.folder, server.major, replayed, plan, schema)


def _miglint(command: str, folder: str) -> Any:
    here = os.pathsep.join((str(_ROOT / "src"), str(_ROOT / "rules"), os.environ.get("PYTHONPATH", "")))
    done = subprocess.run(
        [*_MIGLINT, command, folder, "--output-format", "json"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": here},
    )
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise MiglintFailed(f"miglint {command} {folder}: exit {done.returncode}: {done.stderr}") from error


def _rows(answer: Any) -> list[Mapping[str, Any]]:
    """Find the list of statements in the plan's JSON."""
    if isinstance(answer, list):
        return answer
    found = answer.get("statements")
    if isinstance(found, list):
        return found
    return [row for history in answer.get("histories", ()) for row in _rows(history)]


def _schemas(answer: Any) -> Mapping[str, Any]:
    if "schemas" in answer:
        return {"schemas": answer["schemas"]}
    return _schemas(answer["histories"][0])


def _statements(plan: Sequence[Mapping[str, Any]]) -> Iterator[script.Statement]:
    texts: dict[str, str] = {}
    for row in plan:
        path = row["path"]
        if path not in texts:
            texts[path] = Path(path).read_bytes().decode("utf-8", errors="replace")
        yield script.Statement(
            path=path,
            line=row["line"],
            end_line=row["end_line"],
            start=row["start"],
            end=row["end"],
            text=row.get("text") or texts[path][row["start"] : row["end"]],
            migration=row["migration"],
            transaction=row.get("transaction"),
            copy_data=script.copy_data(texts[path], row["end"]),
        )


def _order(path: Path) -> tuple[tuple[int, tuple[int, ...], str], ...]:
    return tuple(_part_order(part) for part in path.parts)


def _part_order(name: str) -> tuple[int, tuple[int, ...], str]:
    match = _VERSION.match(name)
    if match is None:
        return 1, (), name
    version = match[1].rstrip("._-")
    if name[0].isdigit():
        return 0, (int(re.sub(r"\D", "", version)),), name
    return 0, tuple(int(number) for number in re.split(r"[._-]+", version)), name


def _percent(rate: Rate | None) -> str:
    if rate is None or rate.percent is None:
        return "-"
    return f"{rate.percent:.1f} ({rate.equal}/{rate.compared})"


def _table(results: Sequence[Result], seconds: Mapping[str, float]) -> Iterator[str]:
    total: dict[int, dict[str, Rate]] = {}
    for result in results:
        rates = add_rates(result.comparison.rates, result.schema_comparison.rates)
        total[result.major] = add_rates(total.get(result.major, {}), rates)
        run_count = sum(not seen.skipped for seen in result.replayed.observations)
        yield (
            f"{result.history} on {result.major}: {run_count} statements, {len(result.failures)} failed, "
            f"{result.replayed.seconds:.1f} s (miglint {seconds[result.history]:.1f} s)"
        )
        yield from _rate_lines(rates)
        if extensions := result.replayed.replaced_extensions:
            yield f"    replaced extensions: {', '.join(extensions)}"
        if result.replayed.left_empty:
            yield f"    tables left without rows: {len(result.replayed.left_empty)}"
    for major, rates in total.items():
        yield f"all histories on {major}"
        yield from _rate_lines(rates)


def _rate_lines(rates: Mapping[str, Rate]) -> Iterator[str]:
    kinds = [*_SHOWN_KINDS, *(kind for kind in rates if kind not in _SHOWN_KINDS)]
    for kind in kinds:
        if kind in rates and rates[kind].compared:
            yield f"    {kind:<20} {_percent(rates[kind])}"


def _observed_lines(seen: Observation) -> Iterator[str]:
    statement = seen.statement
    yield f"{statement.path}:{statement.line}: {' '.join(statement.text.split())[:110]}"
    for lock in seen.locks:
        yield f"    lock {lock.mode} on {lock.table}"
    for kind in ("rewrites", "scans"):
        yield from (f"    {kind} {table}" for table in getattr(seen, kind))
    yield from (f"    builds index {build.name} on {build.table}" for build in seen.index_builds)
    yield from (f"    destroys {loss.kind} {loss.table} {loss.column or ''}" for loss in seen.destroyed)
    for written in seen.rows_written:
        yield f"    writes {written.table}: +{written.inserted} ~{written.updated} -{written.deleted}"
    if seen.failure:
        yield f"    FAILED {seen.failure.sqlstate} {seen.failure.message}"
    if seen.failed_on_rows:
        yield f"    failed on rows: {seen.failed_on_rows.sqlstate} {seen.failed_on_rows.message}"
    yield from (f"    note: {note}" for note in seen.notes)


def _as_json(result: Result) -> dict[str, Any]:
    def rates(comparison: Comparison) -> dict[str, dict[str, int]]:
        return {kind: rate._asdict() for kind, rate in comparison.rates.items()}

    return {
        "history": result.history,
        "server": result.major,
        "seconds": result.replayed.seconds,
        "replaced_extensions": list(result.replayed.replaced_extensions),
        "left_empty": list(result.replayed.left_empty),
        "rates": rates(result.comparison),
        "schema_rates": rates(result.schema_comparison),
        "differences": [d._asdict() for d in result.comparison.differences],
        "schema_differences": [d._asdict() for d in result.schema_comparison.differences],
        "observations": [_observation_json(seen) for seen in result.replayed.observations],
    }


def _observation_json(seen: Observation) -> dict[str, Any]:
    return {
        "path": seen.statement.path,
        "line": seen.statement.line,
        "end_line": seen.statement.end_line,
        "start": seen.statement.start,
        "migration": seen.statement.migration,
        "kind": seen.kind,
        "locks": [lock._asdict() for lock in seen.locks],
        "held": [lock._asdict() for lock in sorted(seen.held)],
        "locks_seen": seen.locks_seen,
        "rewrites": list(seen.rewrites),
        "scans": list(seen.scans),
        "index_builds": [build._asdict() for build in seen.index_builds],
        "destroyed": [loss._asdict() for loss in seen.destroyed],
        "rows_written": [written._asdict() for written in seen.rows_written],
        "failure": seen.failure._asdict() if seen.failure else None,
        "failed_on_rows": seen.failed_on_rows._asdict() if seen.failed_on_rows else None,
        "skipped": seen.skipped,
        "empty": sorted(seen.empty),
        "notes": list(seen.notes),
        "seconds": round(seen.seconds, 6),
    }


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.verify.histories", description=__doc__)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--server", type=int, action="append", choices=MAJORS)
    parser.add_argument("--show", type=int, default=20, help="how many differences to print per history")
    parser.add_argument("--json", metavar="FILE", type=Path)
    parser.add_argument("--rows", type=int, default=rows.ROWS, help="rows per table; 0 for none")
    parser.add_argument("--timezone", default="America/New_York", help="the sessions' TimeZone")
    parser.add_argument("--observe-only", action="store_true")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 when every history could be replayed."""
    options = _arguments(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    majors = options.server or list(MAJORS)
    results: list[Result] = []
    seconds: dict[str, float] = {}
    with ExitStack() as stack:
        # The servers leave first: a replay that is still running then breaks, and the pool can end.
        pool = stack.enter_context(ThreadPoolExecutor(len(majors)))
        settings = {"timezone": options.timezone}
        servers = [stack.enter_context(running_server(major, settings)) for major in majors]
        for folder in options.folders:
            try:
                history = from_files(folder) if options.observe_only else from_plan(folder)
            except MiglintFailed as failed:
                print(failed, file=sys.stderr)
                continue
            seconds[folder] = history.seconds
            runs = [pool.submit(run, history, server, options.rows) for server in servers]
            for server, each in zip(servers, runs, strict=True):
                if error := each.exception():
                    print(f"{folder} on {server.major}: the replay broke: {error!r}", file=sys.stderr)
                    continue
                results.append(each.result())
                _print_details(results[-1], options.observe_only, options.show)
    for line in _table(results, seconds):
        print(line)
    if options.json:
        options.json.write_text(json.dumps([_as_json(result) for result in results]))
    return 0 if len(results) == len(options.folders) * len(majors) else 1


def _print_details(result: Result, observe_only: bool, show: int) -> None:
    print(f"== {result.history} on {result.major}")
    if observe_only:
        for seen in result.replayed.observations:
            for line in _observed_lines(seen):
                print(line)
        return
    for seen in result.failures[:show]:
        for line in _observed_lines(seen):
            print(line)
    for difference in (*result.comparison.differences[:show], *result.schema_comparison.differences[:show]):
        print(difference)


if __name__ == "__main__":
    sys.exit(main())
