"""Flyway's callbacks in SQL, by their names: which events `migrate` has, and which files are not read."""

from collections.abc import Iterable, Iterator

from miglint.model.migration import Problem
from miglint.project.files import Files, Folder
from miglint.tools.flyway.settings import FlywaySettings

# Callbacks that run with `migrate`; the others belong to other commands.
BEFORE = ("createSchema", "beforeCreateSchema", "beforeConnect", "afterConnect", "beforeMigrate",
          "beforeEachMigrate", "beforeEachMigrateStatement")  # fmt: skip
AFTER = ("afterEachMigrateStatement", "afterEachMigrate", "afterVersioned", "beforeRepeatables",
         "afterMigrateApplied", "afterMigrate", "afterMigrateOperationFinish")  # fmt: skip
# Those that run with it as well, in no place of the sequence.
_ASIDE = frozenset(("afterMigrateError", "afterEachMigrateError", "afterEachMigrateStatementError",
                    "beforeValidate", "afterValidate", "afterValidateError"))  # fmt: skip
_ALL = _ASIDE.union(BEFORE, AFTER)


def unread(folder: Folder, read: Iterable[str], files: Files, settings: FlywaySettings) -> Iterator[Problem]:
    """List the callbacks that are not read: in a folder of their own, or in no place of the sequence.

    `read` are the folders whose files are. A program can name one beside the migrations in its code.
    """
    known = {files.full(place) for place in read}
    above = [files.folder(place) for place in files.upward(folder.path)[1:2]]
    beside = [up.file(name) for up in above for name in up.folders if name[0] != "." and name not in up.links]
    for place in sorted(known.union(map(files.full, beside))):
        below = files.folder(place)
        names = below.ending(*settings.suffixes)
        if place not in known and any(
            name.startswith((settings.prefix, settings.repeatable)) for name in names
        ):
            continue  # It is a location of its own.
        events = _ASIDE if place in known else _ALL
        for name in names:
            if name.partition(settings.separator)[0].partition(".")[0] in events:
                reason = "a Flyway callback, which can run with each `migrate`: not read"
                yield Problem(files.shown(below.file(name)), reason)
