"""Every kind of object, made, unmade and changed: what is left is seen, or said not to be known."""

from collections.abc import Iterator

import pytest
from tests.every_object import OBJECTS, Object
from tests.unit.rollback.test_compare import there_and_back
from tests.ways_back import WayBack

EACH = [each for objects in OBJECTS.values() for each in objects]


def ways_of(each: Object) -> Iterator[WayBack]:
    """Give the ways up and back that leave something, then those that undo all they do."""
    made = f"{each.setup} {each.make}"
    yield WayBack(each.setup, each.make, "")
    yield from (WayBack(made, change, "") for change in each.changes)
    yield from ways_there_and_back(each)


def ways_there_and_back(each: Object) -> Iterator[WayBack]:
    """Give the ways that undo all they do."""
    if each.unmake:
        yield WayBack(each.setup, each.make, each.unmake)
        yield WayBack(f"{each.setup} {each.make}", each.unmake, each.make)


@pytest.mark.parametrize("each", EACH, ids=lambda each: each.name)
def test_what_is_left_is_seen_or_said_not_to_be_known(each: Object) -> None:
    whole = list(ways_there_and_back(each))
    for way in ways_of(each):
        found = there_and_back(way)
        assert found.is_exact == (way in whole and not each.untold), (way, found)
