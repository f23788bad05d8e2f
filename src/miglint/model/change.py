"""What changes do to files: which differ from a base, and what they held there; which came together."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple


class ChangeKind(str, Enum):
    """What happened to a file since the base."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"


Content = bytes | Callable[[], bytes]
"""What a file holds, or how to get it: most files that differ are no business of a reader of migrations."""


def held(content: Content) -> bytes:
    """Give what a file holds; raises GitError where a clone lacks it."""
    return content if isinstance(content, bytes) else content()


class Change(NamedTuple):
    """One file that is not as it was at the base.

    `path` is relative to the working directory, with `/`; for DELETED, where the file was.
    In names that are not UTF-8, lone surrogates stand for the bytes, as `os.fsdecode` gives them.
    `before` is what the file held at the base, None for ADDED and for symbolic links. Of a file beyond what
    miglint reads it is a beginning that is beyond it too.
    `old_path` is where a RENAMED file was, else "".
    """

    path: str
    kind: ChangeKind
    before: Content | None = None
    old_path: str = ""


class Overlay(NamedTuple):
    """A state of the project, as what tells it from the files on the disk.

    `texts` are contents by paths that stand in for what the disk holds, or where it holds nothing;
    `hidden` are files on the disk that are not there. No path is in both.
    """

    texts: Mapping[str, Content]
    hidden: frozenset[str]


AS_ON_DISK = Overlay({}, frozenset())


class ChangeSet(NamedTuple):
    """All files that a change adds, edits, moves or deletes, each path once, in the order of the paths.

    `after` is the project with the change: the disk as it is, or what is staged.
    """

    changes: tuple[Change, ...]
    after: Overlay = AS_ON_DISK

    @property
    def before(self) -> Overlay:
        """The project without the change."""
        new = {c.path for c in self.changes if c.kind in (ChangeKind.ADDED, ChangeKind.RENAMED)}
        texts = {path: text for path, text in self.after.texts.items() if path not in new}
        texts |= {c.old_path or c.path: c.before for c in self.changes if c.before is not None}
        return Overlay(texts, (self.after.hidden | new).difference(texts))


class CodeLine(NamedTuple):
    """A line of a file, with those of the words looked for that it holds."""

    path: str
    number: int
    words: frozenset[str]


class CodeLines(NamedTuple):
    """Lines of code that hold some words; `cut`: there were too many to read all."""

    lines: tuple[CodeLine, ...] = ()
    cut: bool = False


class Code(NamedTuple):
    """The lines of code that hold some words: `now`, and `before` the change at hand, None without one."""

    now: CodeLines
    before: CodeLines | None = None


class Arrival(NamedTuple):
    """What one commit brought into the branch that is checked out, a merge with all of its branch.

    `files` are absolute paths, where the files are today; `removed` are those that it took away.
    `at` is when, in seconds; `unreleased` tells of a merge whether git knows that no part of its branch was
    released by itself.
    """

    files: tuple[str, ...]
    removed: tuple[str, ...] = ()
    at: int = 0
    unreleased: Callable[[], bool] = lambda: False


class Arrivals(NamedTuple):
    """What git knows of how the files came, the latest commit first; `cut`: the clone lacks the rest.

    `tags` are the times at which releases were tagged, in order: none mean that nothing is known of them.
    """

    commits: tuple[Arrival, ...]
    cut: bool = False
    tags: tuple[int, ...] = ()
