"""What a draft is made in: the database, as far as a draft asks it."""

from collections.abc import Callable
from typing import NamedTuple

from miglint.model import Name, Operation, Schema
from miglint.rollback.draft.copies import Copies


class World(NamedTuple):
    """What a draft can ask and do.

    `apply` gives the schema after an operation; `refuses` says whether a server has no cast for one;
    `late` are the views that cannot be made yet, for what they read has another name for now;
    `private` are the schemas of which no other session sees anything;
    `outside`: the steps run outside a transaction; `copies` are those that the way up has made of what it
    drops.
    """

    apply: Callable[[Operation, Schema], Schema]
    refuses: Callable[[Operation, Schema], bool]
    late: set[Name]
    private: frozenset[str] = frozenset()
    outside: bool = False
    copies: Copies = Copies({}, {})
