"""What the project has said about itself."""

from typing import NamedTuple

from miglint.model import NO_SIZES, Name, Server, Sizes, Version


class Policy(NamedTuple):
    """What the project has said about itself, as far as rules ask.

    `servers` are those whose version it names; `lock_timeout` is "once", "each" or "off"; `down` is "auto",
    "required" or "off"; `required_settings` each migration sets before it locks a table in use,
    `forbidden_statements` are kinds that no migration may have. `sizes` is how much tables held on a day:
    what `hot_tables` and `small_tables` name outweighs it.
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

    def version_of(self, dialect: str) -> Version:
        """The version of a database that it names; `()` if it names none."""
        return next((server.version for server in self.servers if server.dialect == dialect), ())
