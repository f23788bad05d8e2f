"""
Sourcegraph's migrator: `migrations/<schema>/<number>_<name>/` with up.sql, down.sql and metadata.yaml.

Facts from internal/database/migration/definition/read.go in sourcegraph/sourcegraph.
"""

import re
from heapq import heapify, heappop, heappush

from miglint.model.irregularity import DuplicateVersion, Irregularity, SeveralHeads
from miglint.model.migration import Advice, Direction, History, Migration, TransactionMode, Way
from miglint.model.source import Source
from miglint.project.dialects import POSTGRES
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.tools._migration_folders import DOWN, holders, migration_files
from miglint.tools._places import FileText, NoPlace, Place, Sql, down_at, inside, neighbour, nowhere
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

METADATA = "metadata.yaml"
_NAME = expression(r"([0-9]+)(?:_.*)?", re.DOTALL)
_PARENTS = expression(r"^parents?:\s*(\[[^\]]*\]|[0-9]+|(?:\s*-\s*[0-9]+)+)", re.MULTILINE)
_CONCURRENTLY = expression(r"^createIndexConcurrently:\s*true\b", re.MULTILINE)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know the layout by the metadata.yaml of its migrations."""
    names = [name for name in holders(folder, files) if files.child(folder, name).has(METADATA)]
    if not any(_NAME.fullmatch(name) for name in names):
        return None
    return Evidence(Rank.MARKER, f"{names[0]}/{METADATA} in {files.shown(folder.path)}")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the sub-folders so that each comes after its parents, and by number otherwise."""
    numbered: dict[int, list[str]] = {}
    for name in holders(folder, files):
        if found := _NAME.fullmatch(name):
            numbered.setdefault(int(found[1]), []).append(name)
    texts = {
        name: files.text(files.child(folder, name).file(METADATA))
        for names in numbered.values()
        for name in names
    }
    parents = {
        number: frozenset().union(*(_parents(texts[n]) for n in names)) for number, names in numbered.items()
    }
    order = [
        migration_files(folder, files, name)
        for number in _after_parents(parents)
        for name in numbered[number]
    ]
    odd: list[Irregularity] = []
    for number, names in sorted(numbered.items()):
        for name in names:
            source = Source(files.shown(files.child(folder, name).file(METADATA)), texts[name])
            if name != names[0]:
                message = f"number {number} is taken by {names[0]}: the migrator refuses the whole folder"
                help_text = "give it a number of its own"
                odd.append(DuplicateVersion(source, message, help_text, migration=name))
            missing = ", ".join(map(str, sorted(_parents(texts[name]) - numbered.keys())))
            if missing:
                message = f"migration {name} names a parent that does not exist: {missing}"
                help_text = "name the migration that comes before it"
                odd.append(SeveralHeads(source, message, help_text, migration=name))
    concurrent = {name for name, text in texts.items() if _CONCURRENTLY.search(text)}

    def wrap(unit: MigrationFiles, direction: Direction, _: Source) -> Wrapping:
        if unit.id in concurrent and direction is Direction.UP:
            reason = f"createIndexConcurrently in {unit.id}/{METADATA} turns the transaction off"
            return Wrapping(TransactionMode.IMPLICIT_BATCH, reason)
        return Wrapping(TransactionMode.PER_MIGRATION, "the migrator runs each migration in a transaction")

    reading = read_migrations(files, order, wrap)
    return reading.history(tool.name, files.shown(folder.path), POSTGRES, _ADVICE, odd)


def _parents(metadata: str) -> frozenset[int]:
    found = _PARENTS.search(metadata)
    return frozenset(map(int, re.findall(r"[0-9]{1,255}", found[1]))) if found else frozenset()


def _after_parents(parents: dict[int, frozenset[int]]) -> list[int]:
    """Sort so that parents come first, the lowest number next; what a circle holds up comes last."""
    waiting = {number: {parent for parent in above if parent in parents} for number, above in parents.items()}
    ready = [number for number, above in waiting.items() if not above]
    heapify(ready)
    order: list[int] = []
    children: dict[int, list[int]] = {}
    for number, above in waiting.items():
        for parent in above:
            children.setdefault(parent, []).append(number)
    while ready:
        number = heappop(ready)
        order.append(number)
        for child in children.get(number, ()):
            waiting[child].discard(number)
            if not waiting[child]:
                heappush(ready, child)
    return order + sorted(set(parents) - set(order))


_ADVICE = Advice(
    has_downs=True,
    down_file="down.sql beside up.sql",
    without_down="the migrator refuses a migration without down.sql",
    begin_downs="`sg migration add` writes all three files; fill in down.sql",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_alone=(
        Way(
            r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\b",
            "put the statement alone in its up.sql, and `createIndexConcurrently: true` in metadata.yaml",
        ),
    ),
    always_in_transaction="the migrator runs all but CREATE INDEX CONCURRENTLY in a transaction",
    version=r"\d+",
)


def _place_down(history: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    refused = inside(back, history.advice.always_in_transaction)
    return refused or down_at(migration, neighbour(migration, DOWN), back.body)


tool = Tool(
    name="sourcegraph",
    title="Sourcegraph's migrator",
    recognise=recognise,
    read=read,
    depth=1,
    copy_fails=True,
    place=Place(
        down=_place_down,
        new=nowhere("`sg migration add` knows what the new one comes after: fill in what it writes"),
    ),
)
