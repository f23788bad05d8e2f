"""Where a tool keeps what is still to be written: the way back of a migration, and the next migration.

Nothing is written here: values go in, and files with their texts come out.
"""

import posixpath
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from miglint.model.migration import History, Migration
from miglint.model.source import Source
from miglint.text.sql import code_start, parts
from miglint.tools._numbering import Stem, following

if TYPE_CHECKING:
    from datetime import datetime


class FileText(NamedTuple):
    """A file to write, by its path below the working directory.

    `is_new`: nothing that somebody has written is replaced; a section that is filled, or added to a file,
    replaces nothing. `note` says what else is to be done, in a sentence.
    """

    path: str
    text: str
    is_new: bool = True
    note: str = ""


class NoPlace(NamedTuple):
    """Why a tool has no place for it, in words that stand by themselves."""

    reason: str


class Sql(NamedTuple):
    """SQL to be put somewhere; `outside`: some of it cannot run in a transaction."""

    text: str
    outside: bool = False

    @property
    def body(self) -> str:
        """The text as the end of a file."""
        return self.text.strip("\n") + "\n"


class Written(NamedTuple):
    """A new migration; `outside`: some of its SQL cannot run in a transaction."""

    name: str
    up: str
    down: str = ""
    outside: bool = False

    @property
    def ups(self) -> Sql:
        """The SQL of the way there."""
        return Sql(self.up, self.outside)

    @property
    def downs(self) -> Sql:
        """The SQL of the way back."""
        return Sql(self.down, self.outside)


class Place(NamedTuple):
    """How a tool lays out what is written for it: the way back of a migration, and a row of new ones."""

    down: Callable[[History, Migration, Sql], FileText | NoPlace]
    new: "Callable[[History, Sequence[Written], datetime | None], tuple[FileText, ...] | NoPlace]"


def nowhere(reason: str) -> Callable[..., NoPlace]:
    """Give the place of what a tool does not have, or what only the tool itself can write."""

    def no_place(*_: object) -> NoPlace:
        return NoPlace(reason)

    return no_place


def without_downs(history: History, _migration: Migration, _back: Sql) -> NoPlace:
    """Say in the words of the tool that it runs no way back."""
    return NoPlace(history.advice.without_down or f"{history.tool} has no down migrations")


def each(
    lay_out: Callable[[History, Stem, Written], tuple[FileText, ...] | NoPlace],
    *,
    as_text: bool = False,
    dots: str = "",
) -> "Callable[[History, Sequence[Written], datetime | None], tuple[FileText, ...] | NoPlace]":
    """Number new migrations as the history goes on, and lay out each by itself.

    `as_text`: the tool compares the names, so that a number with one digit more would come too early.
    `dots` as for `following`.
    """

    def new(
        history: History, row: Sequence[Written], now: "datetime | None"
    ) -> tuple[FileText, ...] | NoPlace:
        found: list[FileText] = []
        for stem in following(history, [written.name for written in row], now, dots):
            if as_text and stem.before and stem.text < stem.before:
                reason = f"the tool compares names as text, and {stem.text} would come before {stem.before}"
                return NoPlace(reason)
            files = lay_out(history, stem, row[stem.at])
            if isinstance(files, NoPlace):
                return files
            found += files
        return tuple(found)

    return new


def inside(back: Sql, reason: str) -> NoPlace | None:
    """Refuse what cannot run in a transaction; `reason` is why the tool always has one, "" if it has not."""
    return NoPlace(reason) if back.outside and reason else None


def alone(back: Sql, title: str) -> NoPlace | None:
    """Refuse several statements outside a transaction, where they would be one query."""
    if not back.outside or len(statements(back.text)) <= 1:
        return None
    return NoPlace(
        f"{title} sends it as one query, and what cannot run in a transaction has to be alone in its query"
    )


def down_at(migration: Migration, path: str, text: str) -> FileText:
    """Give the file of a way back: the one that is there, else one at this path."""
    if migration.down is None:
        return FileText(path, like(migration, text))
    source = migration.down.source
    return FileText(source.path, like(migration, text), not source.text.strip())


def renamed(migration: Migration, old: str, new: str) -> str:
    """Give the path of an up script with the last `old` in its name replaced."""
    folder, name = posixpath.split(migration.path)
    before, found, after = name.rpartition(old)
    return posixpath.join(folder, f"{before}{new}{after}" if found else f"{name}{new}")


def neighbour(migration: Migration, name: str) -> str:
    """Give the path of a file in the same folder as a migration's."""
    return posixpath.join(posixpath.dirname(migration.path), name)


def in_root(history: History, name: str) -> str:
    """Give the path of a file below a history's folder."""
    root = posixpath.dirname(history.root) if history.root.endswith(".sql") else history.root
    return posixpath.normpath(posixpath.join(root, name))


def beside_newest(history: History, name: str) -> str:
    """Give the path of a file in the folder of the newest migration, where files stand at any depth."""
    newest = next((one for one in reversed(history.migrations) if one.path and not one.repeatable), None)
    return neighbour(newest, name) if newest else in_root(history, name)


def pair(up: str, down: str, written: Written, opening: str = "") -> tuple[FileText, ...]:
    """Give the files of both ways at these paths; no file for a way back that is not there."""
    files = (FileText(up, opening + written.ups.body),)
    return (*files, FileText(down, opening + written.downs.body)) if written.down.strip() else files


def _inside_down(history: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    refused = inside(back, history.advice.always_in_transaction)
    return refused or down_at(migration, renamed(migration, ".up.", ".down."), back.body)


def _inside_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    path = in_root(history, stem.text)
    refused = inside(written.ups, history.advice.always_in_transaction)
    return refused or pair(f"{path}.up.sql", f"{path}.down.sql", written)


PAIRS_IN_TRANSACTION = Place(down=_inside_down, new=each(_inside_new, as_text=True))
"""`N_name.up.sql` and `N_name.down.sql` of a tool that always has a transaction."""


def marked_by_tx(mark: str, *, as_text: bool = False) -> Place:
    """Lay out files that run in a transaction if `.tx` is in their name; `as_text` as for `each`.

    `mark` stands between statements that run outside one.
    """

    def cut(sql: Sql) -> str:
        return f"\n{mark}\n".join(statements(sql.text)) + "\n" if sql.outside else sql.body

    def down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
        path = renamed(migration, ".up.", ".down.")
        if back.outside and ".tx.down." in path:
            path = path.replace(".tx.down.", ".down.")
        if migration.down and back.outside and ".tx." in migration.down.source.path:
            return NoPlace(f"rename {migration.down.source.path} first: `.tx` in the name is a transaction")
        return down_at(migration, path, cut(back))

    def new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...]:
        path = in_root(history, stem.text) + ("" if written.outside else ".tx")
        parts = written._replace(up=cut(written.ups), down=cut(written.downs))
        return pair(f"{path}.up.sql", f"{path}.down.sql", parts)

    return Place(down=down, new=each(new, as_text=as_text))


def one_way(path: str, text: str, written: Written, history: History, note: str = "") -> tuple[FileText, ...]:
    """Give the file of a migration of a tool that has no way back, and say so where there would be one."""
    lost = history.advice.without_down if written.down.strip() else ""
    return (FileText(path, text, note="; ".join(filter(None, (note, lost)))),)


def with_section(file: Source, mark: str, body: str, at: tuple[int, int, int] | None) -> FileText:
    """Give a file with the way back below its mark.

    `at` is where the mark that is there begins, and where the SQL below it begins and ends; None where the
    section is still to be added, at the end.
    """
    text = file.text
    if at is None:
        made = f"{text.rstrip()}\n\n{mark}\n{body}"
        is_new = True
    else:
        start, below, end = at
        made = f"{text[:start]}{mark}\n{body}" + (f"\n{text[end:]}" if text[end:].strip() else "")
        is_new = not text[below:end].strip()
    return FileText(file.path, _marked(file) + in_style(made, text), is_new)


def like(migration: Migration, text: str) -> str:
    """Give a text with the line ends of a migration's own."""
    return in_style(text, migration.up.source.text if migration.up else "")


def file_of(migration: Migration) -> Source:
    """Give the file in which a migration's SQL stands."""
    script = migration.up or migration.down
    if script is None:
        raise ValueError(f"{migration.id} has no SQL")
    return script.source.files[0]


def _marked(file: Source) -> str:
    return "\ufeff" if file.marked else ""


def in_style(text: str, like_this: str) -> str:
    """Give a text with the line ends of another."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in like_this else text


def statements(sql: str) -> list[str]:
    """Cut SQL behind each statement; comments stand with the statement that follows them."""
    found: list[str] = []
    at = 0
    ends = [part.end for part in parts(sql, marks=";") if part.kind == "mark"]
    for end in (*ends, len(sql)):
        piece = sql[at:end]
        if code_start(piece, 0, len(piece)) < len(piece) and piece.strip() != ";":
            found.append(piece.strip("\n"))
        elif found and piece.strip():
            found[-1] += f"\n{piece.strip(chr(10))}"
        at = end
    return found


def in_blocks(sql: str, begin: str, end: str) -> str:
    """Put these marks around each statement with a semicolon inside, and one behind the last statement."""
    lines: list[str] = []
    for statement in statements(sql):
        text = statement if _ends(statement) else f"{statement};"
        lines.append(f"{begin}\n{text}\n{end}" if has_inner(text) else text)
    return "\n".join(lines or [sql.strip("\n")]) + "\n"


def _ends(statement: str) -> bool:
    return any(part.kind == "mark" for part in parts(statement, marks=";"))


def has_inner(statement: str) -> bool:
    """Tell whether a semicolon stands within a statement: in a body, a string or a comment."""
    hidden = (part for part in parts(statement) if ";" in statement[part.start : part.end])
    return next(hidden, None) is not None
