"""SQL types of columns, spelled as the server prints them."""

from typing import NamedTuple

from miglint.model.names import DEFAULT_SCHEMA, Name, quote


class Type(NamedTuple):
    """A column's type.

    `name` is the server's long name for a built-in type (`character varying`), else the type's own;
    `schema` is None for a built-in type.
    `modifiers` are the numbers in parentheses; `fields` the words of an interval (`day to second`).
    """

    name: str
    schema: str | None = None
    modifiers: tuple[int | str, ...] = ()
    array: bool = False
    fields: str = ""

    def __str__(self) -> str:
        head, tail = self.name, ""
        if self.schema is not None:
            head = quote(head) if self.schema == DEFAULT_SCHEMA else f"{quote(self.schema)}.{quote(head)}"
        elif head in _MODIFIER_INSIDE:
            head, _, tail = head.partition(" ")
            tail = " " + tail
        mods = f"({','.join(map(str, self.modifiers))})" if self.modifiers else ""
        fields = f" {self.fields}" if self.fields else ""
        return f"{head}{fields}{mods}{tail}{'[]' if self.array else ''}"

    @property
    def qualified(self) -> Name | None:
        """The full name of a user-defined type; None for a built-in one."""
        return None if self.schema is None else Name(self.schema, self.name)


_MODIFIER_INSIDE = frozenset(
    {
        "timestamp without time zone",
        "timestamp with time zone",
        "time without time zone",
        "time with time zone",
    }
)
