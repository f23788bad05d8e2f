"""Where the project is published is said once, and what the package index shows leads there."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import tomli

import miglint

ROOT = Path(__file__).parents[3]
PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the build hook; what it is built on is installed for builds only."""
    interface = ModuleType("hatchling.metadata.plugin.interface")
    vars(interface)["MetadataHookInterface"] = SimpleNamespace
    for name in ("hatchling", "hatchling.metadata", "hatchling.metadata.plugin"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, interface.__name__, interface)
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ReadmeHook(root=str(ROOT))


def test_the_program_knows_its_address_and_its_version() -> None:
    assert PROJECT["urls"]["Repository"] == miglint.REPOSITORY
    assert PROJECT["version"] == miglint.__version__


def test_links_of_the_readme_lead_into_the_repository(hook: Any) -> None:
    metadata = dict(PROJECT)
    hook.update(metadata)
    shown = metadata["readme"]["text"]
    links = re.findall(r"\]\(([^)]+)\)", shown)
    start = f"{miglint.REPOSITORY}/blob/v{miglint.__version__}/"

    assert links
    assert [link for link in links if not link.startswith("https://")] == []
    for link in links:
        if link.startswith(start):
            assert (ROOT / link.removeprefix(start).partition("#")[0]).exists()
