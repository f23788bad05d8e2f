"""Changesets in XML, YAML and JSON, whose changes are SQL, files of SQL, or modelled."""

import re
from collections.abc import Callable, Iterator, Mapping

from miglint.model.migration import Absent, Problem
from miglint.model.source import Source, Span
from miglint.text.lazy import expression
from miglint.text.source_map import Piece, laid_out, pieces_of
from miglint.text.tree import Node
from miglint.tools.liquibase.changes import CHANGES, REVERSIBLE
from miglint.tools.liquibase.changesets import (
    Changeset,
    Headline,
    delimited,
    in_place,
    is_for_postgres,
    remark,
)

_LONGEST_VALUE = 10_000
# The changes of which the SQL can stand in a file of its own.
_OF_FILES = ("sqlFile", "createProcedure")
_PROPERTY = expression(r"\$\{([^{}\n]{1,200})\}")
# What stands in a changeset besides changes.
_NO_CHANGES = frozenset(("comment", "preConditions", "rollback", "validCheckSum", "modifySql", "ext"))
# Where a precondition that does not hold means that the changeset is left out.
_PASSED_OVER = frozenset(("MARK_RAN", "CONTINUE"))


def changeset(
    source: Source,
    node: Node,
    find: Callable[[Node], Source | Problem],
) -> Changeset | None:
    """Read a changeset; None for one that PostgreSQL never gets.

    `find` gives the file that a change names.
    """
    if node.get("objectQuotingStrategy") == "QUOTE_ALL_OBJECTS":
        node = _quoted(node)
    attributes = {key.lower(): value for key, value in node.attributes.items()}
    changes = [
        child
        for child in node.children
        if child.name not in _NO_CHANGES and is_for_postgres(child.get("dbms"))
    ]
    texts = {child.name: child for child in changes if child.name in ("sql", "sqlFile")}
    for child in texts.values():
        if child.get("splitStatements"):
            attributes["splitstatements"] = child.get("splitStatements")
    line = Headline.of(node.get("author"), node.get("id"), attributes)
    holds = next((_holds(each) for each in node.all("preConditions")), None)
    if not line.applies or holds is False:
        return None
    found: list[Source] = []
    opaque: list[Problem] = []
    pieces: list[Piece] = []

    def flush() -> None:
        sql = laid_out(source, node.span, pieces)
        if sql is None:
            opaque.append(_unread(source, node, "a changeset whose SQL is more than ten times as long as it"))
        elif pieces:
            found.append(sql)
        pieces.clear()

    for change in changes:
        if change.name in _OF_FILES and change.get("path"):
            flush()
            file = find(change)
            if isinstance(file, Problem):
                opaque.append(file)
            else:
                found.append(file.filled(delimited(file.text, _delimiter(change))))
        elif change.name in CHANGES and not change.get("path"):
            _write(change, pieces)
        else:
            opaque.append(_unread(source, change, f"a `{change.name}`, which is not read"))
    flush()
    if not found and not opaque:
        return None
    reversible = all(change.name in REVERSIBLE for change in changes)
    unless = tuple(one for conditions in node.all("preConditions") for one in _unless(conditions))
    down = _down(source, node, find)
    is_plain = not any(
        change.name == "createProcedure"
        or change.get("endDelimiter")
        or change.get("splitStatements").lower() == "false"
        for change in changes
    )
    return Changeset(line, node.span, tuple(found), down, tuple(opaque), reversible, unless, is_plain)


def _write(change: Node, pieces: list[Piece]) -> None:
    """Add the SQL of a change to that of the changes before it."""
    if pieces and not pieces[-1].text.endswith(";"):
        # What ends in text may end in a comment.
        end = pieces[-1].span.end
        pieces.append(Piece(Span(end, end), "\n;", made=True))
    delimiter = _delimiter(change)
    pieces += (
        piece._replace(text=delimited(piece.text, delimiter)) for piece in CHANGES[change.name](change)
    )


def _delimiter(change: Node) -> str:
    """Give what ends its statements; without splitting Liquibase does not look for it."""
    return "" if change.get("splitStatements").lower() == "false" else change.get("endDelimiter")


def _down(source: Source, node: Node, find: Callable[[Node], Source | Problem]) -> Source | None:
    """Give the rollback that the changeset names, None if it names none."""
    named = list(node.all("rollback"))
    if not named:
        return None
    pieces: list[Piece] = []
    span = Span(named[0].span.start, named[-1].span.end)
    for rollback in named:
        for change in rollback.all(*_OF_FILES):
            file = find(change)
            if isinstance(file, Source):
                return file
        if rollback.text.strip().lower() not in ("", "empty"):
            pieces += rollback.pieces
        for change in rollback.children:
            if change.name in CHANGES:
                _write(change, pieces)
    sql = laid_out(source, span, pieces) if pieces else None
    return sql or remark("a rollback of another kind", source, span)


def _unread(source: Source, node: Node, reason: str) -> Problem:
    first, last = (source.position(at).line for at in node.span)
    return Problem(source.path, reason, first, last)


def expanded(node: Node, properties: Mapping[str, str]) -> Node:
    """Put in the properties that are known."""

    def value(found: "re.Match[str]") -> str:
        return properties.get(found[1].strip(), found.group())

    def full(text: str) -> str:
        # Properties can be made of properties without end.
        found = _PROPERTY.sub(value, text) if "${" in text else text
        return found if len(found) <= _LONGEST_VALUE else text

    def parts(piece: Piece) -> Iterator[Piece]:
        if "${" not in piece.text:
            return iter((piece,))
        found = list(pieces_of(piece.text, piece.span.start, _PROPERTY, value))
        longest = max(_LONGEST_VALUE, len(piece.text))
        return iter(found if sum(len(part.text) for part in found) <= longest else (piece,))

    return node._replace(
        attributes={key: full(text) for key, text in node.attributes.items()},
        pieces=[part for piece in node.pieces for part in parts(piece)],
        children=[expanded(child, properties) for child in node.children],
    )


def _quoted(node: Node) -> Node:
    """Quote the names of the schema's objects, which a changelog can ask for."""
    is_column = node.name == "column" and node.get("computed").lower() != "true"

    def quoted(key: str, text: str) -> str:
        if not key.endswith(("Name", "Names")) and not (key == "name" and is_column):
            return text
        return ", ".join('"' + part.strip().strip('"') + '"' for part in text.split(",") if part.strip())

    return node._replace(
        attributes={key: quoted(key, text) for key, text in node.attributes.items()},
        children=[_quoted(child) for child in node.children],
    )


def _holds(conditions: Node) -> bool | None:
    """Tell what a changeset's preconditions come to, as far as they ask for the database; None: unknown."""
    if conditions.get("onFail").upper() not in _PASSED_OVER:
        return None
    return _all(conditions)


# What preconditions ask for, and their attributes for its name and its table.
_EXISTENCE = {
    "tableExists": ("table", "tableName", ""),
    "viewExists": ("view", "viewName", ""),
    "sequenceExists": ("sequence", "sequenceName", ""),
    "indexExists": ("index", "indexName", ""),
    "columnExists": ("column", "columnName", "tableName"),
    "primaryKeyExists": ("primary key", "primaryKeyName", "tableName"),
    "foreignKeyConstraintExists": ("constraint", "foreignKeyName", "foreignKeyTableName"),
}


def _unless(conditions: Node) -> Iterator[Absent]:
    """Give what must not or must be there for a changeset to run, where it is passed over in silence else."""
    if conditions.get("onFail").upper() not in _PASSED_OVER:
        return
    waiting = list(conditions.children)
    while waiting:
        node = waiting.pop()
        if node.name == "and":
            waiting += node.children
        absent = node.name == "not"
        for asked in node.children if absent else (node,):
            if asked.name in _EXISTENCE:
                kind, name, table = _EXISTENCE[asked.name]
                name, table, schema = (in_place(asked.get(key)) for key in (name, table, "schemaName"))
                yield Absent(kind, name, table, schema, wanted=not absent)


def _all(node: Node) -> bool | None:
    results = [_one(child) for child in node.children]
    return False if False in results else None if None in results else True


def _one(node: Node) -> bool | None:
    if node.name == "dbms":
        return is_for_postgres(node.get("type"))
    if node.name == "not":
        result = _all(node)
        return None if result is None else not result
    if node.name == "and":
        return _all(node)
    if node.name == "or":
        results = [_one(child) for child in node.children]
        return True if True in results else None if None in results else False
    return None
