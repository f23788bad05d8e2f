"""What a look at one file need not load: each of these takes a hundredth of its time or more."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

_PROGRAM = """
import sys
from miglint.cli.program import main
code = main(["check", "migrations"])
print(*sys.modules, sep="\\n", file=sys.stderr)
sys.exit(code)
"""
_UNNEEDED = (
    "importlib.metadata",
    "regex",
    "shutil",
    "subprocess",
    "tempfile",
    "textwrap",
    "tomli",
    "urllib.parse",
    "xml",
    "yaml",
    "miglint.cli.changed",
    "miglint.cli.listings",
    "miglint.drift",
    "miglint.git",
    "miglint.report.sarif",
    "miglint.show",
    "miglint.testing",
    "miglint.text.tree",
    "miglint.tools.liquibase.changes",
    "miglint.tools.prisma.schema",
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    project = tmp_path_factory.mktemp("project")
    (project / "migrations").mkdir()
    (project / "migrations" / "1_orders.sql").write_text("CREATE TABLE orders (id bigint PRIMARY KEY);\n")
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=project, capture_output=True, text=True, check=True
    )
    return frozenset(done.stderr.split())


@pytest.mark.parametrize("module", _UNNEEDED)
def test_a_look_at_one_file_does_not_load(module: str, loaded: frozenset[str]) -> None:
    assert "miglint.engine" in loaded
    assert find_spec(module) is not None
    assert module not in loaded
