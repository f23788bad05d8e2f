"""What a way from one schema to another is made of: steps in an order that a server takes."""

from collections.abc import Iterator
from enum import IntEnum, auto
from typing import NamedTuple

from miglint.model import Operation
from miglint.model.remedy import Do, Given, RemedyStep, Say


class Phase(IntEnum):
    """When a step comes: what depends goes before what it depends on, and comes again after it."""

    NO_TRIGGERS = auto()
    NO_VIEWS = auto()
    NO_FOREIGN_KEYS = auto()
    NO_INDEXES = auto()
    NO_CONSTRAINTS = auto()
    NO_COLUMNS = auto()
    NO_TABLES = auto()
    NO_SEQUENCES = auto()
    NO_FUNCTIONS = auto()
    NO_TYPES = auto()
    NO_SCHEMAS = auto()
    SCHEMAS = auto()
    TYPES = auto()
    FIRST_FUNCTIONS = auto()
    SEQUENCES = auto()
    TABLES = auto()
    COLUMNS = auto()
    FUNCTIONS = auto()
    CONSTRAINTS = auto()
    INDEXES = auto()
    FOREIGN_KEYS = auto()
    VIEWS = auto()
    LAST_FUNCTIONS = auto()
    TRIGGERS = auto()
    SETTINGS = auto()


class Planned(NamedTuple):
    """A step and when it comes."""

    phase: Phase
    step: RemedyStep


class Lost(NamedTuple):
    """What no step brings back, in words: what it is, and why."""

    object: str
    reason: str


Way = Iterator[Planned | Lost]


def planned(phase: Phase, *operations: Operation) -> Planned:
    """Give the step of a statement."""
    return Planned(phase, Do(operations))


def given(phase: Phase, sql: str) -> Planned:
    """Give the step of a text."""
    return Planned(phase, Given(sql))


def said(phase: Phase, text: str) -> Planned:
    """Give a remark."""
    return Planned(phase, Say(text))
