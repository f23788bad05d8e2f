"""A schema before an up and after its down: equal, or different in what."""

import pytest
from tests.ways_back import WAYS_BACK, WayBack

from miglint.dialects import load
from miglint.dialects.sql.session import NO_SESSION
from miglint.model import Direction, Schema, Script, Source, Span, TransactionMode
from miglint.rollback.compare import Comparison, compare
from miglint.simulate import Machine, Start, run

POSTGRES = load("postgres")


def after(sql: str, before: Schema) -> Schema:
    script = Script(Source("1.sql", sql), Span(0, len(sql)), Direction.UP, TransactionMode.PER_MIGRATION)
    trace = run(script, Start(before, NO_SESSION), Machine(POSTGRES, (16,)))
    assert not trace.not_analysed
    return trace.schema


def there_and_back(way: WayBack) -> Comparison:
    before = after(way.setup, POSTGRES.schema)
    return compare(before, after(way.down, after(way.up, before)), POSTGRES.alike)


@pytest.mark.parametrize(
    "way", [way for ways in WAYS_BACK.values() for way in ways], ids=lambda way: way.down
)
def test_a_way_back_leaves_what_it_does_not_restore(way: WayBack) -> None:
    found = there_and_back(way)

    assert sorted(map(str, found.differences)) == sorted(way.left)
    assert found.unknown == way.unknown
