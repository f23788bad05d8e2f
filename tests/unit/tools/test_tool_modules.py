"""What must be true of every module of the package that is a tool."""

import subprocess
import sys

import pytest

from miglint.tools import Tool, all_tools


def test_every_module_without_an_underscore_is_a_tool_of_its_name() -> None:
    names = {tool.name for tool in all_tools()}
    assert {"prisma", "golang-migrate", "diesel", "hasura", "plain-sql"} <= names
    for tool in all_tools():
        module = sys.modules[f"miglint.tools.{tool.name.replace('-', '_')}"]
        assert module.tool is tool
        assert module.__doc__


def test_names_are_unique() -> None:
    names = [tool.name for tool in all_tools()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("tool", all_tools(), ids=lambda tool: tool.name)
def test_every_tool_says_what_traces_it_leaves(tool: Tool) -> None:
    assert tool.traces
    assert tool.title


def test_tools_are_loaded_at_first_use_and_without_slow_modules() -> None:
    script = (
        "import sys, miglint.tools as tools\n"
        "assert 'miglint.tools.prisma' not in sys.modules\n"
        "tools.all_tools()\n"
        "assert 'miglint.tools.prisma' in sys.modules\n"
        "print(*sorted({'dataclasses', 'inspect', 'importlib.metadata', 'tomli', 'json', 'regex', 'pathlib'}"
        " & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
