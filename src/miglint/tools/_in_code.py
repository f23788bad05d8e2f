"""Find migrations that are code of a framework, and say of them that they are not read.

A file is looked into only where the folder, or a file in it, is called as migrations are.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from miglint.model.migration import History, Problem
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.tools._frameworks import FRAMEWORKS, Framework
from miglint.tools._unknown import Unknown, look_alike, steps_in_code

_BY_ENDING = {
    ending[1:]: tuple(one for one in FRAMEWORKS if ending in one.endings)
    for ending in {ending for framework in FRAMEWORKS for ending in framework.endings}
}
_ENDINGS = frozenset(_BY_ENDING)
# Words of a folder's name, or of the two above it, that make its files worth a look.
_WORDS = (
    "migrat", "version", "revision", "changelog", "changeset", "alteration", "alembic", "liquibase", "flyway",
)  # fmt: skip
_NUMBER = expression(r"\d{3,}[-_.]")
_LISTED = 3
"""So many folders of a framework are listed one by one."""


class InCode(NamedTuple):
    """A framework's migrations in one folder: their paths, as messages print them."""

    framework: Framework
    folder: str
    paths: tuple[str, ...]


def in_code(folder: Folder, files: Files, *, is_read: bool) -> InCode | None:
    """Give the migrations in a folder that are not read: a framework's, or what looks like some.

    With `is_read`, the folder belongs to a tool, which knows what of its SQL and of its numbers counts.
    """
    found = _of_a_framework(folder, files)
    if found is None:
        unknown = steps_in_code(folder, files) or (None if is_read else look_alike(folder, files))
        found = unknown and _as_found(unknown, folder, files)
    return found


def _as_found(unknown: Unknown, folder: Folder, files: Files) -> InCode:
    named = Framework("unknown", "", "", (), (), counted=unknown.counted)
    paths = tuple(files.shown(folder.file(name)) for name in unknown.names)
    return InCode(named, files.shown(folder.path), paths)


def _of_a_framework(folder: Folder, files: Files) -> InCode | None:
    """Give a framework's migrations, known by what stands in a few of them."""
    # Most folders end here.
    if _ENDINGS.isdisjoint(folder.endings) or not _may_hold(folder, files):
        return None
    near = (one for ending in sorted(folder.endings) for one in _BY_ENDING.get(ending, ()))
    for framework in dict.fromkeys(near):
        pattern = expression(framework.names)
        names = [name for name in folder.ending(*framework.endings) if pattern.fullmatch(name)]
        # The newest first: older ones may have been written for another framework.
        for name in dict.fromkeys((*names[:-3:-1], *names[:1])):
            text = files.beginning(folder.file(name))
            if all(expression(mark).search(text) for mark in framework.marks):
                place = files.shown(folder.path)
                paths = tuple(files.shown(folder.file(name)) for name in names)
                return InCode(framework, place, paths)
    return None


def _may_hold(folder: Folder, files: Files) -> bool:
    """Tell whether the names of a folder, or of a file in it, are those of migrations."""
    # Plain searches: with a regular expression, this alone would add a twentieth to the walk.
    path = folder.path.lower()
    # Sorted by name: those that begin with a digit stand together.
    first = bisect_left(folder.files, "0")
    is_numbered = first < len(folder.files) and folder.files[first] < ":"
    if not is_numbered and not _has_word(path) and path.strip("./"):
        return False
    if not path.strip("./"):
        # "." and the like say nothing of the name.
        path = files.full(folder.path).lower()
    steps = path.replace("\\", "/").rsplit("/", 3)[-3:]
    if "seed" in steps[-1]:
        return False
    return _has_word("/".join(steps)) or any(map(_NUMBER.match, folder.files[first:]))


def _has_word(text: str) -> bool:
    return any(map(text.__contains__, _WORDS))


def histories(found: Iterable[InCode]) -> Iterator[History]:
    """Give a history for each framework that says how many migrations of it are not read, and where."""
    groups: dict[Framework, list[InCode]] = {}
    for one in found:
        groups.setdefault(one.framework, []).append(one)
    for framework, places in groups.items():
        root = _common([place.folder for place in places])
        paths = tuple(path for place in places for path in place.paths)
        if len(places) <= _LISTED:
            gaps = tuple(Problem(place.folder, _reason(framework, place)) for place in places)
        else:
            gaps = (
                Problem(
                    root, f"{_counted(framework, paths)} in {len(places)} folders: not read{_way(framework)}"
                ),
            )
        last = places[0].paths[-1]
        evidence = f"such as {last}" if framework.name == "unknown" else f"code in {last}"
        yield History(framework.name, root, "unknown", (), evidence, gaps=gaps, in_code=paths)


def narrowed(history: History, paths: Iterable[str]) -> History:
    """Leave of a framework's history only the files at `paths`."""
    framework = next((one for one in FRAMEWORKS if one.name == history.tool), None)
    asked = set(paths)
    by_folder: dict[str, list[str]] = {}
    kept = tuple(path for path in history.in_code if path in asked)
    if framework is None:
        gaps = tuple(gap for gap in history.gaps if any(path.startswith(gap.path) for path in kept))
        return history._replace(in_code=kept, gaps=gaps)
    for path in kept:
        by_folder.setdefault(path.rpartition("/")[0] or ".", []).append(path)
    found = [InCode(framework, folder, tuple(paths)) for folder, paths in by_folder.items()]
    gaps = next((one.gaps for one in histories(found)), ())
    return history._replace(in_code=kept, gaps=gaps)


def _reason(framework: Framework, place: InCode) -> str:
    return f"{_counted(framework, place.paths)}: not read{_way(framework, place)}"


def _counted(framework: Framework, paths: tuple[str, ...]) -> str:
    n, s = len(paths), "" if len(paths) == 1 else "s"
    if framework.counted:
        return framework.counted.format(n=n, s=s)
    return f"{n} {framework.title} migration{s} in {framework.language}"


def _way(framework: Framework, place: InCode | None = None) -> str:
    """Give the command that has the SQL checked, with the names of the newest migration of a place."""
    if not framework.sql:
        return ""
    if place is None:
        return f"; `{framework.sql.format(app='APP', last='NAME', previous='PREVIOUS')}` checks their SQL"
    from shlex import quote

    stems = [path.rpartition("/")[2].rpartition(".")[0] for path in place.paths]
    app = place.folder.rpartition("/")[0].rpartition("/")[2].strip(".")
    command = framework.sql.format(
        app=quote(app) if app else "APP",
        last=quote(stems[-1]),
        previous=quote(stems[-2]) if len(stems) > 1 else "0",
    )
    return f"; `{command}` checks their SQL"


def _common(folders: list[str]) -> str:
    """Give the folder that holds all of these, as messages print it."""
    parts = [folder.split("/") for folder in folders]
    shared = []
    for steps in zip(*parts, strict=False):
        if len(set(steps)) > 1:
            break
        shared.append(steps[0])
    return "/".join(shared) or ("/" if folders[0].startswith("/") else ".")
