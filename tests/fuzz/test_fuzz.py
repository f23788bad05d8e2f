"""A short run, always of the same inputs; `python -m tests.fuzz --seconds N` runs as long as one likes."""

import pytest
from tests.fuzz.inputs import made
from tests.fuzz.judging import judge

SEED, PARTS, EACH = 20, 8, 250


@pytest.mark.parametrize("part", range(PARTS))
def test_no_input_crashes_hangs_or_loses_a_statement(part):
    for number in range(part * EACH, (part + 1) * EACH):
        assert judge(made(SEED, number), number) == [], f"--seed {SEED} --start {number} --count 1"


def test_an_input_is_made_again_by_its_number():
    assert all(made(SEED, number) == made(SEED, number) for number in range(100))
    assert len({made(SEED, number).kind for number in range(100)}) == 4
