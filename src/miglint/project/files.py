"""The project's files, read-only: each folder is listed once, each text decoded in one way."""

# Strings throughout: a Path per entry would triple the walk of a large repository.
import os
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from functools import lru_cache
from typing import NamedTuple

from miglint.errors import GitError
from miglint.model.change import AS_ON_DISK, Overlay, held
from miglint.model.migration import Problem
from miglint.model.source import Source
from miglint.project.decoding import MAX_BYTES, decode, too_large

_NONE: tuple[set[str], set[str]] = (set(), set())
_ROOT_MARKERS = frozenset((".git", ".hg", ".jj", ".svn"))
# Above a folder that is in no repository: far enough for packages/db/prisma/migrations/.
_PARENTS_WITHOUT_REPOSITORY = 4


_SAMPLE = 5


class Folder(NamedTuple):
    """A folder's own entries, sorted by name; `links` are those folders that are symbolic links.

    `endings` is what follows the last dot in the names of the files: one look at it tells most folders
    that hold nothing of interest.
    """

    path: str
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    links: frozenset[str] = frozenset()
    endings: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Tell whether the folder holds a file of this name."""
        return name in self.files

    def ending(self, *endings: str) -> tuple[str, ...]:
        """Give the files whose names end so."""
        return _ending(self.files, endings)

    def has_trace(self, trace: str) -> bool:
        """Tell whether a file's name fits one of the `traces` of a tool."""
        if trace[trace.rfind(".") + 1 :] not in self.endings:
            return False
        place, _, pattern = trace.rpartition("/")
        if place and place not in os.path.basename(self.path).lower():
            return False
        word, _, ending = pattern.rpartition("*")
        return any(name.endswith(ending) and word in name.lower() for name in self.files)

    def sample(self, *endings: str) -> tuple[str, ...]:
        """Give a few of these files, first, last and between: a mark that stands in each stands in them."""
        names = self.ending(*endings)
        middle = len(names) // 2
        return names if len(names) <= _SAMPLE else (*names[:2], names[middle], *names[-2:])

    def file(self, name: str) -> str:
        """Give the path of an entry."""
        return join(self.path, name)


class Files:
    """A view of the file system for one run.

    `named` are the paths that the user named.
    `state` says how the project is other than on the disk: an editor's buffer, an earlier version.
    With `disk` false, its texts are all there is.
    `unlisted` are the folders that could not be listed so far, with the reason.
    `without_dialect` are the absolute paths of the folders in which nothing spoke of a database.
    """

    __slots__ = (
        "_beginnings", "_disk", "_folders", "_here", "_hidden", "_listings", "_named", "_real", "_standing",
        "_texts", "_upward", "unlisted", "without_dialect",
    )  # fmt: skip

    def __init__(
        self,
        named: Iterable[str] = (),
        state: Overlay = AS_ON_DISK,
        *,
        disk: bool = True,
    ) -> None:
        self._folders: dict[str, Folder] = {}
        self._listings: dict[str, Folder] = {}
        self._beginnings: dict[str, str] = {}
        self._upward: dict[str, tuple[str, ...]] = {}
        self._real: dict[str, str] = {}
        self.unlisted: dict[str, str] = {}
        self.without_dialect: set[str] = set()
        self._disk = disk
        self._here = os.getcwd()
        self._named = frozenset(self.full(path) for path in named)
        self._hidden = frozenset(self.full(path) for path in state.hidden)
        self._texts = {self.full(path): text for path, text in state.texts.items()}
        self._standing = _entries(self._texts)

    def full(self, path: str) -> str:
        """Give the absolute path."""
        return os.path.normpath(os.path.join(self._here, path))

    def is_named(self, folder: Folder) -> bool:
        """Tell whether the user named this folder."""
        return self.full(folder.path) in self._named

    def shown(self, path: str) -> str:
        """Give the path as messages print it: below the working directory relative, else as it is."""
        full = self.full(path)
        if full == self._here:
            path = "."
        elif full.startswith(self._here.rstrip(os.sep) + os.sep):
            path = full[len(self._here.rstrip(os.sep)) + 1 :]
        # Names that are not UTF-8 reach Python as lone surrogates, which no report can print.
        path = path.encode("utf-8", "backslashreplace").decode("utf-8")
        return path.replace(os.sep, "/")

    def folder(self, path: str) -> Folder:
        """List a folder; one that cannot be listed is empty, and `unlisted` says why."""
        found = self._folders.get(path)
        if found is None:
            full = self.full(path)
            listing = self._listings.get(full)
            if listing is None:
                listing = self._listings[full] = self._list(path)
            found = self._folders[path] = listing if listing.path == path else listing._replace(path=path)
        return found

    def listed(self) -> tuple[Folder, ...]:
        """Give all folders listed so far."""
        return tuple(self._listings.values())

    def child(self, folder: Folder, name: str) -> Folder:
        """List a folder in a folder."""
        return self.folder(join(folder.path, name))

    def children(self, folder: Folder) -> Iterator[tuple[str, Folder]]:
        """List all folders in a folder, with their names."""
        for name in folder.folders:
            yield name, self.child(folder, name)

    def _list(self, path: str) -> Folder:
        files: list[str] = []
        folders: list[str] = []
        links: list[str] = []
        is_readable = self._disk and not self._refusal(path)
        try:
            with os.scandir(path) if is_readable else nullcontext(()) as entries:
                for entry in entries:
                    if not _is_folder(entry):
                        files.append(entry.name)
                        continue
                    folders.append(entry.name)
                    if entry.is_symlink():
                        links.append(entry.name)
        except OSError as error:
            self.unlisted[path] = error.strerror or type(error).__name__
        if self._texts or self._hidden:
            full = self.full(path)
            more_files, more_folders = self._standing.get(full, _NONE)
            files = [name for name in {*files, *more_files} if join(full, name) not in self._hidden]
            folders = list({*folders, *more_folders})
            if files or folders:
                self.unlisted.pop(path, None)
        endings = frozenset([name[name.rfind(".") + 1 :] for name in files])
        return Folder(path, tuple(sorted(files)), tuple(sorted(folders)), frozenset(links), endings)

    def read(self, path: str) -> Source | Problem:
        """Read one file of a migration; a Problem says why it cannot be analysed."""
        shown = self.shown(path)
        standing = self._texts.get(self.full(path)) if self._texts else None
        return self._on_disk(path, shown) if standing is None else decode(held(standing), shown)

    def _on_disk(self, path: str, shown: str) -> Source | Problem:
        if not self._disk or (self._hidden and self.full(path) in self._hidden):
            return Problem(shown, "not a readable file")
        try:
            # A pipe or a device would wait for ever or never end.
            if not os.path.isfile(path):
                return Problem(shown, "not a readable file")
            if refusal := self._refusal(path):
                return Problem(shown, refusal)
            with open(path, "rb", buffering=0) as file:
                if os.fstat(file.fileno()).st_size > MAX_BYTES:
                    return too_large(shown)
                data = file.read()
        except OSError as error:
            return Problem(shown, f"cannot be read: {error.strerror or type(error).__name__}")
        return decode(data, shown)

    def text(self, path: str) -> str:
        """Read a file of the project that is no migration (`package.json`); "" if it cannot be."""
        try:
            read = self.read(path)
        except GitError:
            # A partial clone lacks what was not checked out: what is checked out says mostly the same.
            read = self._on_disk(path, self.shown(path))
        return read.text if isinstance(read, Source) else ""

    def beginning(self, path: str) -> str:
        """Give the text of a SQL file up to its 256 KiB, for a look at its marks; "" if it is no text.

        Each is read once, whatever the number of tools that look.
        """
        found = self._beginnings.get(path)
        if found is None:
            found = self._beginnings[path] = self.text(path)[: 256 * 1024]
        return found

    def upward(self, path: str) -> tuple[str, ...]:
        """Give the absolute path and those of the folders above it, up to the repository's root.

        That is how far facts about a migrations folder are looked for.
        """
        full = self.full(path)
        found = self._upward.get(full)
        if found is None:
            steps = [full]
            while not self._is_repository(steps[-1]):
                above = os.path.dirname(steps[-1])
                if above == steps[-1]:
                    del steps[_PARENTS_WITHOUT_REPOSITORY + 1 :]
                    break
                steps.append(above)
            found = self._upward[full] = tuple(steps)
        return found

    def resolve(self, folder: str, name: str, origin: str) -> str | None:
        """Give the path that a file in `origin` names, seen from a folder; None out of origin's project.

        What a migration names can come from anybody: nothing else of the machine is shown to them, nor what
        the project itself hides, such as `.env`.
        """
        found = os.path.normpath(join(folder, name))
        if not self._is_in_project(self.full(found), origin):
            return None
        way = os.path.relpath(self.full(found), self.full(origin)).split(os.sep)
        return None if any(step[0] == "." and step not in (".", "..") for step in way) else found

    def is_out(self, path: str) -> bool:
        """Tell whether a path leads out of the project, over a link in it."""
        return self._disk and bool(self._refusal(path))

    def _refusal(self, path: str) -> str:
        """Say why nothing at a path is read, "" if it is.

        A link leads where it likes, and `.git` holds what the machine keeps to itself, such as tokens.
        """
        full = self.full(path)
        real = self._resolved(full)
        if real == full and os.sep + ".git" not in full:
            return ""
        top = self._top(full)
        if real != full and not self._is_in_project(real, full):
            return "a link that leads out of the project: not followed"
        for place in (full, real):
            if is_within(place, top) and ".git" in place[len(top) :].split(os.sep):
                return "git's own: not read"
        return ""

    def _resolved(self, full: str) -> str:
        """Give the real path of an absolute path; each folder is looked at once."""
        found = self._real.get(full)
        if found is None:
            above, name = os.path.split(full)
            if not name:
                return full
            real = os.path.realpath(full) if os.path.islink(full) else join(self._resolved(above), name)
            found = self._real[full] = real
        return found

    def _is_in_project(self, path: str, folder: str) -> bool:
        """Tell whether an absolute path is in the project that holds a folder.

        That is its repository, else what the user named or the working directory, else the folder alone; and
        in there what the user named, wherever it is a link to.
        """
        full = self.full(folder)
        top = self._top(full)
        tops = (top, *(named for named in self._named if is_within(full, named) and is_within(named, top)))
        return any(is_within(path, top) or is_within(path, self._resolved(top)) for top in tops)

    def _top(self, full: str) -> str:
        tops = (self.repository(full), self._here, *self._named)
        return next((top for top in tops if top is not None and is_within(full, top)), full)

    def repository(self, path: str) -> str | None:
        """Give the root of the repository that holds the path."""
        top = self.upward(path)[-1]
        return top if self._is_repository(top) else None

    def _is_repository(self, path: str) -> bool:
        if not self._disk:
            return path == self._here
        return any(os.path.exists(join(path, marker)) for marker in _ROOT_MARKERS)

    def nearest(self, path: str, *names: str) -> str | None:
        """Give the nearest file of one of these names, from the folder at `path` upward."""
        for step in self.upward(path):
            for name in names:
                if self.is_file(join(step, name)):
                    return join(step, name)
        return None

    def is_file(self, path: str) -> bool:
        """Tell whether there is a file at a path."""
        if self._texts or self._hidden or not self._disk:
            full = self.full(path)
            if full in self._texts or full in self._hidden or not self._disk:
                return full in self._texts
        return os.path.isfile(path)


@lru_cache(maxsize=32)  # Forty tools ask the same of a folder, one after the other.
def _ending(files: tuple[str, ...], endings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([name for name in files if name.endswith(endings)])


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself; reading it says what is wrong
        return False


def is_within(path: str, folder: str) -> bool:
    """Tell whether an absolute path is a folder's, or of something in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def below(folder: Folder, files: Files, depth: int, inside: str = "") -> Iterator[str]:
    """Give the relative paths of all files in a folder, as deep as that; links are not followed."""
    yield from (inside + name for name in folder.files)
    for name in folder.folders if depth else ():
        if name not in folder.links:
            yield from below(files.child(folder, name), files, depth - 1, f"{inside}{name}/")


def join(parent: str, name: str) -> str:
    """Give the path of an entry of a folder, without a leading `./`."""
    if parent == ".":
        return name
    return parent + name if parent.endswith(os.sep) else parent + os.sep + name


def _entries(paths: Iterable[str]) -> dict[str, tuple[set[str], set[str]]]:
    """Give the names of files and of folders in each folder that leads to one of these absolute paths."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for path in paths:
        head, name = os.path.split(path)
        found.setdefault(head, (set(), set()))[0].add(name)
        above, name = os.path.split(head)
        while name and name not in found.setdefault(above, (set(), set()))[1]:
            found[above][1].add(name)
            above, name = os.path.split(above)
    return found


def parent(path: str) -> str:
    """Give the folder that holds a path, also for `.` and `..`."""
    head, name = os.path.split(path)
    if name in ("", ".", ".."):
        return os.path.dirname(os.path.abspath(path))
    return head or "."
