import os
from pathlib import Path

import pytest
from git_project import IDENTITY, commit, git, sql


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository without a commit, as the working directory."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    git("-c", "init.defaultBranch=main", "init", "--quiet")
    return project


@pytest.fixture
def repository(empty: Path) -> Path:
    """A repository with three migrations on `main`, on a branch of its own, as the working directory."""
    commit({f"m/{number}.sql": sql(number) for number in (1, 2, 3)})
    git("checkout", "--quiet", "-b", "feature")
    return empty
