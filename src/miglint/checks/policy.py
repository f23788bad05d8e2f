"""What the project has said about itself."""

import os
from typing import NamedTuple

from miglint.model import NO_SIZES, Name, Server, Sizes


class Policy(NamedTuple):
    """What the project has said about itself, as far as rules ask.

    `servers` are those whose version it names; `lock_timeout` is "once", "each" or "off"; `down` is "auto",
    "required" or "off"; `required_settings` each migration sets before it locks a table in use,
    `forbidden_statements` are kinds that no migration may have. `sizes` is how much tables held on a day:
    what `hot_tables` and `small_tables` name outweighs it; `own_sizes` are those of the histories in these
    folders.
    """

    servers: tuple[Server, ...] = ()
    lock_timeout: str = "once"
    runner_sets_lock_timeout: bool = False
    hot_tables: frozenset[Name] = frozenset()
    small_tables: frozenset[Name] = frozenset()
    down: str = "auto"
    required_settings: tuple[str, ...] = ("statement_timeout",)
    forbidden_statements: frozenset[str] = frozenset()
    sizes: Sizes = NO_SIZES
    own_sizes: tuple[tuple[str, Sizes], ...] = ()

    def sizes_of(self, root: str) -> Sizes:
        """How much the tables of a history held: by what is said of the nearest folder, else of all."""
        if not self.own_sizes:
            return self.sizes
        full = os.path.join(os.path.abspath(root), "")
        around = [
            (folder, sizes) for folder, sizes in self.own_sizes if full.startswith(os.path.join(folder, ""))
        ]
        return max(around, key=lambda own: len(own[0]))[1] if around else self.sizes
