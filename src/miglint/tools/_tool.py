"""What a migration tool is to miglint: a way to recognise its folder, and a way to read it."""

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from miglint.model.migration import History, TransactionMode
from miglint.project.files import Files, Folder
from miglint.tools._places import Place, nowhere


class Rank(IntEnum):
    """How strongly a folder speaks for a tool; the highest rank wins."""

    FALLBACK = 10
    """Nothing speaks for another tool."""
    NAMES = 40
    """File names that several tools share."""
    LAYOUT = 60
    """A layout of folders that few tools share."""
    LAYOUT_AND_NAMES = 70
    """Such a layout, and names in it that one tool writes."""
    PROJECT = 80
    """The layout, and the project's own files name the tool."""
    PLACE = 90
    """A place that one tool prescribes: a dependency can be there for something else."""
    MARKER = 100
    """A file or a line that only this tool writes."""
    FORCED = 120
    """The configuration names the tool."""


class Evidence(NamedTuple):
    """Why a folder belongs to a tool, in words that end the sentence "Prisma, because of ...".

    `depth`: how many levels of folders below it belong to the tool; None for the tool's own depth.
    """

    rank: Rank
    reason: str
    depth: int | None = None


class ToolSettings(NamedTuple):
    """What a user can say about their migrations; None: find out.

    `tool`: a tool's name; then no other tool is asked.
    `dialect`: the database, overriding what the project's files say.
    `tool_version`: such as "7.4.1", where a tool's behaviour depends on its version.
    `transaction_mode`: how every script is wrapped, overriding what the tool does.
    `up`, `down`, `order`, `dialect_suffix`: the layout of a runner of the project's own; "" for the usual.
    """

    tool: str | None = None
    dialect: str | None = None
    tool_version: str | None = None
    transaction_mode: TransactionMode | None = None
    up: str = ""
    down: str = ""
    order: str = ""
    dialect_suffix: str = ""


UNKNOWN_PLACE = Place(
    down=nowhere("how this tool keeps the way back of a migration is not known"),
    new=nowhere("how this tool names a new migration is not known"),
)
"""The place of a tool that says nothing of it."""


class Tool(NamedTuple):
    """A migration tool.

    `name` is what reports and the configuration say, `title` what sentences say.
    `recognise` answers None for a folder that does not hold this tool's migrations.
    `read` is called with a folder that `recognise` knew, or that the configuration gave to this tool.
    `traces`: endings of the names of files without which no folder is worth asking about; `a*.b` stands
    for a name that contains `a` and ends in `.b`, `c/.b` for one in a folder whose name contains `c`.
    `depth`: how many levels of folders below its folder can belong to the tool (1: a migration is a folder).
    `copy_fails`: the tool cannot feed COPY ... FROM STDIN with the rows below it, as psql does.
    `mark_fails`: it sends a byte order mark to the server with the file.
    `place`: how the way back of a migration and new migrations are laid out.
    """

    name: str
    title: str
    recognise: Callable[[Folder, Files], Evidence | None]
    read: Callable[[Folder, Files, ToolSettings], History]
    traces: tuple[str, ...] = (".sql",)
    depth: int = 0
    copy_fails: bool = False
    mark_fails: bool = False
    place: Place = UNKNOWN_PLACE
