"""What a draft is made in: the database, as far as a draft asks it."""

from collections.abc import Callable
from typing import NamedTuple

from miglint.model import Name, Operation, Schema


class World(NamedTuple):
    """What a draft can ask and do.

    `apply` gives the schema after an operation; `refuses` says whether a server has no cast for one;
    `late` are the views that cannot be made yet, for what they read has another name for now;
    `outside`: the steps run outside a transaction; `copy_of` gives the column of a table into which another
    one was copied in full.
    """

    apply: Callable[[Operation, Schema], Schema]
    refuses: Callable[[Operation, Schema], bool]
    late: set[Name]
    outside: bool = False
    copy_of: Callable[[Name, str], str | None] = lambda _table, _column: None
