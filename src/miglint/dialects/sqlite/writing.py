"""Operations as SQLite's SQL; see `miglint.dialects.postgres.writing` for the law."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from miglint.dialects.sql.words import NotSpelled, listed, spaced
from miglint.dialects.sqlite.reader import HOME, TEMPORARY
from miglint.model import (
    AddColumn,
    AddConstraint,
    Begin,
    ColumnDefinition,
    Commit,
    ConstraintDefinition,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropNotNull,
    DropTable,
    DropTrigger,
    DropView,
    Expression,
    IndexElement,
    Maintenance,
    Name,
    Operation,
    RenameColumn,
    RenameTable,
    Rollback,
    Savepoint,
    SetNotNull,
    SetVariable,
)

# https://www.sqlite.org/lang_keywords.html
_KEYWORDS = frozenset(
    (
        "abort action add after all alter always analyze and as asc attach autoincrement before begin "
        "between by cascade case cast check collate column commit conflict constraint create cross "
        "current current_date current_time current_timestamp database default deferrable deferred delete "
        "desc detach distinct do drop each else end escape except exclude exclusive exists explain fail "
        "filter first following for foreign from full generated glob group groups having if ignore "
        "immediate in index indexed initially inner insert instead intersect into is isnull join key last "
        "left like limit match materialized natural no not nothing notnull null nulls of offset on or "
        "order others outer over partition plan pragma preceding primary query raise range recursive "
        "references regexp reindex release rename replace restrict returning right rollback row rows "
        "savepoint select set stored strict table temp temporary then ties to transaction trigger "
        "unbounded union unique update using vacuum values view virtual when where window with without"
    ).split()
)


_VALUE = re.compile(r"""[xX]?'(?:[^']|'')*'|"(?:[^"]|"")*"|\w+|[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?""")


def quote(identifier: str) -> str:
    """Write an identifier: bare when that names the same object, else in double quotes."""
    plain = identifier.isascii() and identifier.replace("_", "a").isalnum() and not identifier[0].isdigit()
    bare = plain and identifier.lower() not in _KEYWORDS
    return identifier if bare else '"' + identifier.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Write a string constant."""
    return "'" + value.replace("'", "''") + "'"


def write(*operations: Operation, qualified: bool = False) -> str:
    """Write a statement, without a semicolon; an ALTER TABLE has one action. Raises NotSpelled."""
    (operation, *more) = operations
    spelling = _SPELLINGS.get(type(operation))
    if spelling is None or more:
        reason = "a statement has one action" if more else "its text is in the statement"
        raise NotSpelled(type(operation).__name__, reason)
    return spelling(operation, _Pen(qualified=qualified))


class _Pen:
    """How names are written; `qualified`: with their schema."""

    def __init__(self, *, qualified: bool) -> None:
        self.qualified = qualified

    def name(self, name: Name) -> str:
        if name.schema == HOME:
            return f"main.{quote(name.name)}" if self.qualified else quote(name.name)
        return f"{'temp' if name.schema == TEMPORARY else quote(name.schema)}.{quote(name.name)}"


def _text(expression: Expression) -> str:
    if not expression.text:
        raise NotSpelled("Expression", "its text is not known")
    return expression.text


def _columns(names: Iterable[str]) -> str:
    return f"({listed(map(quote, names))})"


def _column(made: ColumnDefinition) -> str:
    generated = ""
    if made.generation is not None:
        generated = f"GENERATED ALWAYS AS {_enclosed(made.generation)} {made.generated.upper()}"
    return spaced(
        quote(made.name),
        made.type.name,
        f"DEFAULT {_default(made.default)}" if made.default is not None else "",
        "NOT NULL" if made.not_null else "",
        f"COLLATE {quote(made.collation)}" if made.collation else "",
        generated,
        *(_constraint(each, inline=True) for each in made.constraints),
    )


def _default(expression: Expression) -> str:
    """Write what stands after DEFAULT: all but one value stands in parentheses."""
    text = _text(expression)
    return text if _VALUE.fullmatch(text) else f"({text})"


def _enclosed(expression: Expression) -> str:
    text = _text(expression)
    return text if text[0] == "(" and text[-1] == ")" else f"({text})"


def _constraint(made: ConstraintDefinition, *, inline: bool = False) -> str:
    return spaced(f"CONSTRAINT {quote(made.name)}" if made.name else "", _body(made, inline=inline))


def _body(made: ConstraintDefinition, *, inline: bool) -> str:
    own = "" if inline else _columns(made.columns)
    if made.kind == "check" and made.expression is not None:
        return f"CHECK {_enclosed(made.expression)}"
    if made.kind in ("primary", "unique"):
        return spaced("PRIMARY KEY" if made.kind == "primary" else "UNIQUE", own)
    if made.kind == "foreign" and made.references is not None:
        return spaced(
            "" if inline else f"FOREIGN KEY {own}",
            f"REFERENCES {quote(made.references.name)}",
            _columns(made.referenced_columns) if made.referenced_columns else "",
            "" if made.on_delete == "no action" else f"ON DELETE {made.on_delete.upper()}",
            "" if made.on_update == "no action" else f"ON UPDATE {made.on_update.upper()}",
            "DEFERRABLE INITIALLY DEFERRED" if made.deferrable else "",
        )
    raise NotSpelled("ConstraintDefinition", f"SQLite has no {made.kind} constraint")


def _create_table(made: CreateTable, pen: _Pen) -> str:
    if made.query is not None:
        raise NotSpelled("CreateTable", "the text of its query is not kept")
    options = [name for name, _ in made.options]
    columns = [_column(each) for each in made.columns]
    if "autoincrement" in options:
        columns = [each.replace("PRIMARY KEY", "PRIMARY KEY AUTOINCREMENT", 1) for each in columns]
        options.remove("autoincrement")
    parts = (*columns, *map(_constraint, made.constraints))
    exists = "IF NOT EXISTS" if made.if_not_exists else ""
    return spaced("CREATE TABLE", exists, pen.name(made.table), f"({listed(parts)})", listed(options).upper())


def _create_index(made: CreateIndex, pen: _Pen) -> str:
    if made.name is None:
        raise NotSpelled("CreateIndex", "SQLite makes no name for it")
    name = pen.name(Name(made.table.schema, made.name))
    return spaced(
        "CREATE UNIQUE INDEX" if made.unique else "CREATE INDEX",
        "IF NOT EXISTS" if made.if_not_exists else "",
        f"{name} ON {quote(made.table.name)} ({listed(map(_element, made.elements))})",
        f"WHERE {_text(made.predicate)}" if made.predicate is not None else "",
    )


def _element(made: IndexElement) -> str:
    named = quote(made.column) if made.column is not None else _text(made.expression or Expression(""))
    return spaced(named, "DESC" if made.descending else "")


def _drop(kind: str, name: str, *, if_exists: bool) -> str:
    return spaced(f"DROP {kind}", "IF EXISTS" if if_exists else "", name)


def _altering(words: Callable[[Any], str]) -> Callable[[Any, _Pen], str]:
    return lambda made, pen: f"ALTER TABLE {pen.name(made.table)} {words(made)}"


def _set_variable(made: SetVariable, _pen: _Pen) -> str:
    value = (made.value or "").removeprefix("-").replace("_", "a")
    return f"PRAGMA {quote(made.name)} = {made.value if value.isalnum() else literal(made.value or '')}"


def _savepoint(made: Savepoint, _pen: _Pen) -> str:
    words = {"savepoint": "SAVEPOINT", "release": "RELEASE", "rollback_to": "ROLLBACK TO"}
    return f"{words[made.action]} {quote(made.name)}"


def _plain(words: str) -> Callable[[Any, _Pen], str]:
    return lambda _made, _pen: words


_SPELLINGS: dict[type[Any], Callable[[Any, _Pen], str]] = {
    CreateTable: _create_table,
    DropTable: lambda made, pen: _drop("TABLE", pen.name(made.table), if_exists=made.if_exists),
    RenameTable: _altering(lambda made: f"RENAME TO {quote(made.new_name)}"),
    AddColumn: _altering(lambda made: f"ADD COLUMN {_column(made.column)}"),
    DropColumn: _altering(lambda made: f"DROP COLUMN {quote(made.column)}"),
    RenameColumn: _altering(lambda made: f"RENAME COLUMN {quote(made.column)} TO {quote(made.new_name)}"),
    SetNotNull: _altering(lambda made: f"ALTER COLUMN {quote(made.column)} SET NOT NULL"),
    DropNotNull: _altering(lambda made: f"ALTER COLUMN {quote(made.column)} DROP NOT NULL"),
    AddConstraint: _altering(lambda made: f"ADD {_constraint(made.constraint)}"),
    DropConstraint: _altering(lambda made: f"DROP CONSTRAINT {quote(made.name)}"),
    CreateIndex: _create_index,
    DropIndex: lambda made, pen: _drop("INDEX", pen.name(made.name), if_exists=made.if_exists),
    DropView: lambda made, pen: _drop("VIEW", pen.name(made.view), if_exists=made.if_exists),
    DropTrigger: lambda made, _pen: _drop("TRIGGER", quote(made.trigger), if_exists=made.if_exists),
    SetVariable: _set_variable,
    Savepoint: _savepoint,
    Begin: _plain("BEGIN"),
    Commit: _plain("COMMIT"),
    Rollback: _plain("ROLLBACK"),
    Maintenance: lambda made, _pen: str(made.command),
}
