"""Names of database objects, resolved: every name carries its schema."""

from functools import cache
from typing import NamedTuple

DEFAULT_SCHEMA = "public"
_UNSAID = (DEFAULT_SCHEMA, "")
"""Where nobody writes the schema: it is the usual one, or has no name (see `Dialect.schema`)."""


class Name(NamedTuple):
    """The full name of a relation, type or function, case already folded."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def display(self) -> str:
        """The name as a person writes it: the default schema left out."""
        return self.name if self.schema in _UNSAID else f"{self.schema}.{self.name}"

    @property
    def sql(self) -> str:
        """The name as SQL, quoted where the server needs it, the default schema left out."""
        if self.schema in _UNSAID:
            return quote(self.name)
        return f"{quote(self.schema)}.{quote(self.name)}"


def shell_quote(word: str) -> str:
    """Quote a word for a shell, always: `$` and quotes can be in any name."""
    return "'" + word.replace("'", "'\\''") + "'"


@cache
def quote(identifier: str) -> str:
    """Write an identifier as SQL: bare when that names the same object, else in double quotes."""
    from miglint.model._keywords import RESERVED

    plain = (
        identifier.isascii()
        and identifier.replace("_", "a").replace("$", "a").isalnum()
        and identifier == identifier.lower()
        and not identifier[0].isdigit()
        and identifier[0] != "$"
        and identifier not in RESERVED
    )
    return identifier if plain else '"' + identifier.replace('"', '""') + '"'
