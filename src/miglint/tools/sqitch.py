"""
sqitch: deploy/NAME.sql and revert/NAME.sql in the order of sqitch.plan.

The scripts run in psql, so their own BEGIN and COMMIT decide; outside them each statement commits on its own.
A reworked change is in the plan twice; its older script is NAME@TAG.sql. Verify scripts are
not read.

Facts from its source: lib/App/Sqitch/Plan.pm (the plan), Plan/Change.pm (files) and Engine/pg.pm (psql).
"""

import re
from typing import NamedTuple

from miglint.model.irregularity import Irregularity, MissingFile
from miglint.model.migration import Advice, Commands, Direction, History, Migration, Reaction, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder, join
from miglint.text.lazy import expression
from miglint.tools._numbering import Stem
from miglint.tools._places import FileText, Place, Sql, Written, down_at, each, in_root, pair
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

PLAN = "sqitch.plan"
_CHANGE = expression(
    r"^(?P<name>[^\s@%#\[][^\s\[]*)[ \t]+(?:\[[^\]\n]*\][ \t]*)?\d{4}-\d\d-\d\dT", re.MULTILINE
)
_TAG = expression(r"^@(\S+)", re.MULTILINE)
_ENGINE = expression(r"^[ \t]*engine\s*=\s*(\w+)", re.MULTILINE)
_TOP = expression(r"^[ \t]*top_dir\s*=\s*(\S+)", re.MULTILINE)


class _Change(NamedTuple):
    name: str
    span: Span
    tags: tuple[str, ...]
    """The tags that come after it, up to where it is reworked."""


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by its sqitch.plan."""
    if not folder.has(PLAN):
        return None
    # A plan beside a configuration that names another folder is not the one that sqitch reads.
    top = _TOP.search(files.text(folder.file("sqitch.conf")))
    elsewhere = top is not None and files.is_file(join(folder.path, f"{top[1]}/{PLAN}")) and top[1] != "."
    return None if elsewhere else Evidence(Rank.MARKER, f"{PLAN} in {files.shown(folder.path)}")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the changes in the order of the plan; a reworked one has the id `name@tag`."""
    plan = files.read(folder.file(PLAN))
    if not isinstance(plan, Source):
        return History(tool.name, files.shown(folder.path), "postgres", (), problems=(plan,))
    configured = files.nearest(folder.path, "sqitch.conf")
    configuration = files.text(configured) if configured else ""
    order: list[MigrationFiles] = []
    odd: list[Irregularity] = []
    for change in _changes(plan.text):
        names = [*(f"{change.name}@{tag}" for tag in reversed(change.tags)), change.name]
        places = ((name, files.resolve(folder.path, f"deploy/{name}.sql", folder.path)) for name in names)
        deploys = [(name, place or "") for name, place in places]
        name, deploy = next((d for d in deploys if files.is_file(d[1])), deploys[-1])
        if not files.is_file(deploy):
            message = f"the plan lists {change.name}, and there is no deploy/{name}.sql: sqitch stops"
            odd.append(MissingFile(plan, message, "commit the file", change.span, name))
            continue
        revert = join(folder.path, f"revert/{name}.sql")
        order.append(MigrationFiles(name, deploy, revert if files.is_file(revert) else None))
    reading = read_migrations(files, order, _wrap)
    engine = _ENGINE.search(configuration)
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of(folder, files, reading.texts(), engine and engine[1]),
        _ADVICE,
        odd,
    )


def _changes(text: str) -> list[_Change]:
    places = [(m.start(), m["name"], Span(*m.span("name"))) for m in _CHANGE.finditer(text)]
    tags = [(m.start(), m[1]) for m in _TAG.finditer(text)]
    later: dict[str, int] = {}
    found = []
    for start, name, span in reversed(places):
        reworked = later.get(name)
        between = (tag for at, tag in tags if reworked is not None and start < at < reworked)
        found.append(_Change(name, span, tuple(between)))
        later[name] = start
    return found[::-1]


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(
        TransactionMode.SCRIPT,
        "sqitch runs the script in psql, where a statement outside its own BEGIN commits on its own",
    )


_ADVICE = Advice(
    has_downs=True,
    down_file="revert/NAME.sql",
    without_down="`sqitch revert` stops with an error at a change without its revert script",
    half_way=(
        "what the script did before stays, unless it stands between BEGIN and COMMIT; sqitch stops at the "
        "change"
    ),
    half_way_back=(
        "sqitch stops at the change, and those after it stay reverted; what its script undid before the "
        "error stays undone, unless it stands between BEGIN and COMMIT"
    ),
    begin_downs="`sqitch add <name>` writes all three scripts; fill in revert",
    set_lock_timeout="begin each script with `SET lock_timeout = '5s';`, or set it for the role once",
    run_outside_transaction="remove BEGIN and COMMIT from the script",
    commands=Commands(
        apply="sqitch deploy",
        roll_back="sqitch revert --to @HEAD^",
        mark_applied="sqitch deploy --log-only --to {id}",
        unmark="sqitch revert --log-only --to @HEAD^",
        apply_to="sqitch deploy --to {id}",
        roll_back_to="sqitch revert --to {id}",
        check="sqitch verify",
    ),
    removed=Reaction.STOPS,
    late=Reaction.STOPS,
)

_PLANNED = "then `sqitch add {name} -n <note>` puts it into the plan"


def _place_down(history: History, migration: Migration, back: Sql) -> FileText:
    head = re.match(r"-- Deploy (\S+) to (\S+)", migration.up.source.text) if migration.up else None
    title = f"-- Revert {head[1]} from {head[2]}\n\n" if head else ""
    return down_at(migration, in_root(history, f"revert/{migration.id}.sql"), title + _in_transaction(back))


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...]:
    """Lay out both scripts; what orders them is the plan, which names who planned them."""
    made = written._replace(
        up=_in_transaction(written.ups), down=_in_transaction(written.downs) if written.down.strip() else ""
    )
    up, *down = pair(
        in_root(history, f"deploy/{stem.name}.sql"), in_root(history, f"revert/{stem.name}.sql"), made
    )
    return (up._replace(note=_PLANNED.format(name=stem.name)), *down)


def _in_transaction(sql: Sql) -> str:
    return sql.body if sql.outside else f"BEGIN;\n\n{sql.body}\nCOMMIT;\n"


tool = Tool(
    name="sqitch",
    title="sqitch",
    recognise=recognise,
    read=read,
    traces=(PLAN,),
    depth=8,
    place=Place(down=_place_down, new=each(_place_new)),
)
