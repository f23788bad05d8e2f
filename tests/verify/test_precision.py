"""What counts as said of running code."""

import pytest
from tests.verify.contract import Broken, Part
from tests.verify.precision import judged_by_code


@pytest.mark.parametrize(
    ("message", "hits"),
    [
        ("change of t.v rewrites t; code of the version before fails where it writes 'x'", 1),
        ("change of t.v rewrites t", 0),
    ],
)
def test_a_copy_counts_where_it_says_that_code_breaks(message, hits):
    part = Part("column", "public.t", "v")
    finding = {
        "rule": "type-change-rewrite",
        "category": "rewrites",
        "migration": "2",
        "message": message,
        "tables": ["public.t"],
        "related": [],
    }
    verdicts, breaking = judged_by_code({"2": [Broken("retyped", part)]}, [finding])
    assert (len(verdicts.hits), len(verdicts.misses), verdicts.alarms) == (hits, 1 - hits, ())
    assert breaking == {"2"}
