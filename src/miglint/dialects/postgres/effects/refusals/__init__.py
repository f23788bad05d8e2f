"""What PostgreSQL refuses whatever the rows, one module for each reason."""

from collections.abc import Callable
from typing import Any

from miglint.dialects.postgres.effects.refusals import (
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
    taken,
    transactions,
    views,
)
from miglint.dialects.postgres.effects.situation import Situation
from miglint.model import Failure, Operation

# The server looks in this order, and stops at the first reason that it finds.
_MODULES = (
    transactions,
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
    views,
    dependents,
)

_REFUSALS: dict[type, list[Callable[[Any, Situation], tuple[Failure, ...]]]] = {}
for _module in _MODULES:
    for _type, _find in _module.REFUSALS.items():
        _REFUSALS.setdefault(_type, []).append(_find)


def refusal_of(operation: Operation, situation: Situation) -> tuple[Failure, ...]:
    """Give the reason for which the server does not do an operation, if there is one."""
    for find in _REFUSALS.get(type(operation), ()):
        if found := find(operation, situation):
            return found
    return ()
