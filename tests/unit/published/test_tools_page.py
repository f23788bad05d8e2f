"""The page of migration tools says what miglint knows of each."""

from pathlib import Path

from miglint_dev.docs import tools

ROOT = Path(__file__).parents[3]


def test_the_page_says_how_each_tool_runs_its_files_and_what_it_notices():
    assert tools(ROOT) == (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
