"""Indexes."""

from typing import NamedTuple

from miglint.model.expression import Expression
from miglint.model.names import Name
from miglint.model.operations.parts import IndexElement
from miglint.model.source import Span


class CreateIndex(NamedTuple):
    """`keyword` is where the word INDEX ends: the place for CONCURRENTLY."""

    span: Span
    name: str | None
    table: Name
    elements: tuple[IndexElement, ...]
    include: tuple[str, ...] = ()
    unique: bool = False
    method: str = "btree"
    predicate: Expression | None = None
    concurrently: bool = False
    if_not_exists: bool = False
    only: bool = False
    nulls_not_distinct: bool = False
    keyword: int | None = None
    options: tuple[tuple[str, str], ...] = ()


class DropIndex(NamedTuple):
    span: Span
    name: Name
    concurrently: bool = False
    if_exists: bool = False
    cascade: bool = False
    keyword: int | None = None


class AttachIndex(NamedTuple):
    """`ALTER INDEX parent ATTACH PARTITION child`."""

    span: Span
    name: Name
    partition: Name


class Reindex(NamedTuple):
    """`kind` is index, table, schema, database or system."""

    span: Span
    kind: str
    target: Name | None
    concurrently: bool = False
