"""What is said of mutants is said of mutants that there are."""

from tests.mutants.__main__ import known
from tests.mutants.places import SOURCE, mutants


def test_each_known_mutant_is_there():
    files = {entry.path: mutants(SOURCE / entry.path) for entry in known()}
    gone = [entry for entry in known() if not any(entry.is_(mutant) for mutant in files[entry.path])]
    assert gone == []
