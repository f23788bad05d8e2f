"""How to keep the rows of tables outside of the database, before a migration destroys them."""

import re
from collections.abc import Callable, Iterable

from miglint.model import Name, quote, shell_quote
from miglint.text.lazy import expression

_COMMAND = "pg_dump "
_TABLE = expression(r"""--table='((?:"(?:[^"']|"")*"|[^"'.])*)\.(?:[^']|'\\'')*'""")
_NAMED = 20


def dump_of_tables(
    tables: Iterable[Name], file: str, text: str, has_partitions: Callable[[Name], bool]
) -> str:
    """Write the command that dumps tables of a statement, each by its name, with the partitions of each.

    A schema that the text leaves out is the one in which sessions begin, and may have another name.
    """

    def pattern(table: Name) -> str:
        named = re.search(rf"\b{re.escape(table.schema)}\b", text, re.IGNORECASE)
        return f"{quote(table.schema)}.{quote(table.name)}" if named else table.sql

    def option(table: Name) -> str:
        return "--table-and-children" if has_partitions(table) else "--table"

    return _dump([f"{option(table)}={shell_quote(pattern(table))}" for table in tables], file)


def dump_of_schema(schema: str, file: str) -> str:
    """Write the command that dumps a schema."""
    return _dump([f"--schema={shell_quote(quote(schema))}"], file)


def is_dump(line: str) -> bool:
    """Whether a line of help is a command, not prose."""
    return line.startswith(_COMMAND)


def in_one_dump(pieces: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Make one command of those among pieces of help that dump tables: a second would overwrite the file.

    More tables than a command can well name are dumped with all others of their schemas, or of the database
    where their schema is not named.
    """
    kept: list[tuple[str, ...]] = []
    dumped: dict[str, None] = {}
    file = ""
    for piece in pieces:
        if len(piece) == 1 and is_dump(piece[0]):
            what, _, file = piece[0].removeprefix(_COMMAND).rpartition(" --file=")
            dumped[what] = None
        else:
            kept.append(piece)
    if dumped:
        what = _shortened(list(dumped))
        kept.append((f"{_COMMAND}{what}{' ' if what else ''}--file={file}",))
    return kept


def _dump(what: list[str], file: str) -> str:
    return f'{_COMMAND}{" ".join(what)} --file={file} "$DATABASE_URL"'


def _shortened(dumped: list[str]) -> str:
    text = " ".join(dumped)
    tables = list(_TABLE.finditer(text))
    if text.count("--table=") <= _NAMED:
        return text
    if len(tables) < text.count("--table="):
        return ""
    schemas = dict.fromkeys(f"--schema={shell_quote(table[1])}" for table in tables)
    others = re.sub(r" {2,}", " ", _TABLE.sub("", text)).strip()
    return " ".join([*schemas, *([others] if others else [])])
