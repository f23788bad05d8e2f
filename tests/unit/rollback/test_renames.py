"""What was renamed is what would be made under the new name."""

import pytest
from tests.renames import RENAMES, Rename
from tests.unit.rollback.test_compare import POSTGRES, after

from miglint.rollback.compare import Comparison, compare


def compared(rename: Rename) -> Comparison:
    """Compare what a rename leaves with what is made anew under the new name."""
    renamed = after(rename.renamed, after(rename.made, POSTGRES.schema))
    return compare(after(rename.anew, POSTGRES.schema), renamed, POSTGRES.alike)


@pytest.mark.parametrize("name", RENAMES)
def test_a_rename_reaches_into_all_that_holds_the_object(name: str) -> None:
    rename = RENAMES[name]
    found = compared(rename)

    assert not found.differences
    assert bool(found.unknown) == rename.untold
