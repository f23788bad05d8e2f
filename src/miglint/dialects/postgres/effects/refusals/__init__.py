"""What PostgreSQL refuses whatever the rows, one module for each reason."""

from collections.abc import Callable
from typing import Any

from miglint.dialects.postgres.effects.refusals import (
    absent,
    assignments,
    bounds,
    casts,
    columns,
    constraints,
    dependents,
    expressions,
    foreign_keys,
    keys,
    missing,
    partitions,
    replaced,
    taken,
    transactions,
    views,
)
from miglint.dialects.postgres.effects.situation import Situation
from miglint.model import Failure, FailureCause, Operation

# The server looks in this order, and stops at the first reason that it finds.
_MODULES = (
    transactions,
    absent,
    missing,
    taken,
    bounds,
    columns,
    assignments,
    expressions,
    partitions,
    keys,
    constraints,
    foreign_keys,
    casts,
    replaced,
    views,
    dependents,
)

_REFUSALS: dict[type, list[Callable[[Any, Situation], tuple[Failure, ...]]]] = {}
for _module in _MODULES:
    for _type, _find in _module.REFUSALS.items():
        _REFUSALS.setdefault(_type, []).append(_find)


def is_unmade(failure: Failure) -> bool:
    """Whether it is about a relation that no migration has made: it may have been there before them."""
    return failure.cause is FailureCause.MISSING and not failure.certain


def refusal_of(operation: Operation, situation: Situation) -> tuple[Failure, ...]:
    """Give the reason for which the server does not do an operation, if there is one."""
    unmade: tuple[Failure, ...] = ()
    for find in _REFUSALS.get(type(operation), ()):
        found = find(operation, situation)
        if found and not is_unmade(found[0]):
            return found
        unmade = unmade or found
    return unmade
