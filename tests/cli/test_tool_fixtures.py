"""One small project for each migration tool, as `miglint tools` and `miglint check` see it.

Each holds a CONCURRENTLY that runs in a transaction and one that does not: the verdict needs no flag.
`UPDATE_EXPECTED=1 pytest tests/cli` rewrites the expected files.
"""

import os

import pytest
from tests.cli.conftest import FIXTURES, command

TOOLS = FIXTURES / "tools"
EXPECTED = FIXTURES / "expected" / "tools"
PROJECTS = sorted(path.name for path in TOOLS.iterdir() if path.is_dir())


@pytest.mark.parametrize("project", PROJECTS)
def test_a_tool_is_found_read_and_understood_without_a_flag(project):
    listed = command("tools", ".", cwd=TOOLS / project)
    checked = command("check", ".", "--output-format", "concise", cwd=TOOLS / project)
    text = f"$ miglint tools\n{listed.out}\n$ miglint check --output-format concise\n{checked.out}"

    assert (listed.err, checked.err) == ("", "")
    path = EXPECTED / f"{project}.txt"
    if os.environ.get("UPDATE_EXPECTED"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_no_expected_file_is_left_over():
    assert sorted(path.stem for path in EXPECTED.iterdir()) == PROJECTS
