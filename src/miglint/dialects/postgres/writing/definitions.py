"""Definitions inside statements: columns, constraints, keys of indexes."""

from itertools import starmap

from miglint.dialects.postgres.writing.words import (
    Pen,
    collated,
    columns,
    default,
    enclosed,
    key,
    parameters,
    sequence_option,
)
from miglint.dialects.sql.words import NotSpelled, listed, spaced
from miglint.model import ColumnDefinition, ConstraintDefinition, IndexElement, quote

_SERIALS = {"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}


def column(made: ColumnDefinition, pen: Pen, *, typed: bool = True) -> str:
    """Write a column; without a type it is one of a partition or of a typed table."""
    identity = ""
    if made.identity:
        options = f"({spaced(*starmap(sequence_option, made.sequence))})" if made.sequence else ""
        identity = spaced(f"GENERATED {made.identity.upper()} AS IDENTITY", options)
    said = dict(made.properties)
    if "the options" in said:
        raise NotSpelled("ColumnDefinition", "its options are not written")
    generated = ""
    if made.generation is not None:
        generated = f"GENERATED ALWAYS AS {enclosed(made.generation)} {made.generated.upper()}"
    implied = made.serial or made.identity or any(c.kind == "primary" for c in made.constraints)
    return spaced(
        quote(made.name),
        (_SERIALS[made.type.name] if made.serial else pen.type(made.type)) if typed else "",
        f"STORAGE {said['the storage'].upper()}" if "the storage" in said else "",
        f"COMPRESSION {quote(said['the compression'])}" if "the compression" in said else "",
        collated(made.collation),
        f"DEFAULT {default(made.default)}" if made.default is not None else "",
        identity,
        generated,
        "NOT NULL" if made.not_null and not implied else "",
        *(constraint(each, pen, inline=True) for each in made.constraints),
    )


def constraint(made: ConstraintDefinition, pen: Pen, *, inline: bool = False) -> str:
    """Write a constraint of a table, or `inline` one of a column."""
    return spaced(
        f"CONSTRAINT {quote(made.name)}" if made.name else "",
        _BODIES[made.kind](made, pen, inline),
        "DEFERRABLE" if made.deferrable else "",
        "INITIALLY DEFERRED" if made.initially_deferred else "",
        "NO INHERIT" if made.no_inherit else "",
        "NOT VALID" if made.not_valid and made.enforced else "",
        "" if made.enforced else "NOT ENFORCED",
    )


def _check(made: ConstraintDefinition, _pen: Pen, _inline: bool) -> str:
    if made.expression is None:
        raise NotSpelled("ConstraintDefinition", "a check without a condition")
    return f"CHECK {enclosed(made.expression)}"


def _key(made: ConstraintDefinition, _pen: Pen, inline: bool) -> str:
    word = "PRIMARY KEY" if made.kind == "primary" else "UNIQUE"
    if made.using_index:
        return f"{word} USING INDEX {quote(made.using_index)}"
    return spaced(
        word,
        "NULLS NOT DISTINCT" if made.nulls_not_distinct else "",
        "" if inline else columns(made.columns),
        f"INCLUDE {columns(made.include)}" if made.include else "",
        f"WITH {parameters(made.options)}" if made.options else "",
    )


def _foreign_key(made: ConstraintDefinition, pen: Pen, inline: bool) -> str:
    if made.references is None:
        raise NotSpelled("ConstraintDefinition", "a foreign key to nothing")
    some = f" {columns(made.set_columns)}" if made.set_columns else ""
    return spaced(
        "" if inline else f"FOREIGN KEY {columns(made.columns)}",
        f"REFERENCES {pen.name(made.references)}",
        columns(made.referenced_columns) if made.referenced_columns else "",
        "" if made.match == "simple" else f"MATCH {made.match.upper()}",
        "" if made.on_delete == "no action" else f"ON DELETE {made.on_delete.upper()}{some}",
        "" if made.on_update == "no action" else f"ON UPDATE {made.on_update.upper()}",
    )


def _exclusion(made: ConstraintDefinition, pen: Pen, _inline: bool) -> str:
    return spaced(
        f"EXCLUDE USING {quote(made.method)}",
        f"({listed(f'{element(each, pen)} WITH {each.operator}' for each in made.elements)})",
        f"INCLUDE {columns(made.include)}" if made.include else "",
        f"WITH {parameters(made.options)}" if made.options else "",
        f"WHERE {enclosed(made.predicate)}" if made.predicate is not None else "",
    )


def _not_null(made: ConstraintDefinition, _pen: Pen, inline: bool) -> str:
    return "NOT NULL" if inline else f"NOT NULL {quote(made.columns[0])}"


_BODIES = {
    "check": _check,
    "primary": _key,
    "unique": _key,
    "foreign": _foreign_key,
    "exclude": _exclusion,
    "not null": _not_null,
}


def element(made: IndexElement, _pen: Pen) -> str:
    """Write one key of an index."""
    if made.column is None and made.expression is None:
        raise NotSpelled("IndexElement", "neither a column nor an expression")
    return spaced(
        quote(made.column) if made.column is not None else key(made.expression) if made.expression else "",
        collated(made.collation),
        quote(made.operator_class) if made.operator_class else "",
        "DESC" if made.descending else "",
        f"NULLS {made.nulls.upper()}" if made.nulls else "",
    )
