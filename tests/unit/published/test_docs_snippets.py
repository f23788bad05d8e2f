"""What the README, docs/ci.md, action.yml and .pre-commit-hooks.yaml show and tell people to run is true."""

import json
import os
import re
import shlex
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest

from miglint.cli.arguments import parser

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
EDITORS = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
CONCISE = sorted((ROOT / "fixtures" / "expected").glob("*/check.concise.txt"))

OPTION = r"""\s+--[a-z-]+(?: (?:"[^"]*"|[\w./-]+))?"""
COMMANDS = [
    words for text in (GUIDE, HOOKS) for words in re.findall(rf"\bmiglint check((?:{OPTION})+)", text)
]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def problem_matcher() -> Any:
    (tasks,) = (json.loads(block) for block in blocks("json"))
    return tasks["tasks"][0]["problemMatcher"]


def test_commands_are_found() -> None:
    assert len(COMMANDS) >= 8
    assert any("--since" in words for words in COMMANDS)
    assert any("--staged" in words for words in COMMANDS)


@pytest.mark.parametrize("words", COMMANDS)
def test_the_command_line_takes_the_options_of_a_snippet(words: str) -> None:
    parser(["check"]).parse_args(["check", *shlex.split(words)])


def test_the_command_line_takes_what_editors_are_told_to_run() -> None:
    (listed,) = re.findall(r'local command = \{ "miglint", (.*) \}', EDITORS)
    (make,) = re.findall(r"makeprg=miglint(\S.*)$", EDITORS, re.MULTILINE)
    (task,) = re.findall(r'"command": "miglint (.*)"', EDITORS)

    for words in (listed.replace('"', "").replace(",", ""), make.replace("\\ ", " "), task):
        parser(shlex.split(words)).parse_args(shlex.split(words))


def test_the_command_line_takes_the_options_of_the_action() -> None:
    (options,) = re.findall(r"options=\((.*?)\)", ACTION, re.DOTALL)
    more = re.findall(r'options\+=\("(--[a-z-]+)=\$\w+"\)', ACTION)

    assert more == ["--since", "--fail-on"]
    parser(["check"]).parse_args(
        ["check", *shlex.split(options), "--since=abc", "--fail-on=error", "--", "a b", "c"]
    )


def test_the_guide_lists_the_inputs_of_the_action() -> None:
    inputs = re.search(r"^inputs:\n(.*?)^\S", ACTION, re.MULTILINE | re.DOTALL)
    assert inputs

    documented = re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| [^|]*\|$", GUIDE, re.MULTILINE)
    assert documented == re.findall(r"^  ([a-z-]+):$", inputs[1], re.MULTILINE)


def test_no_input_of_the_action_becomes_text_of_a_script() -> None:
    scripts = re.findall(r"^ +run: \|\n((?: {8}.*\n|\n)+)", ACTION, re.MULTILINE)

    assert len(scripts) == ACTION.count("run: |") > 0
    assert not [script for script in scripts if "${{" in script]


def test_the_actions_that_the_action_uses_are_pinned() -> None:
    used = re.findall(r"^ +uses: (.*)$", ACTION, re.MULTILINE)

    assert used
    assert [line for line in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def pull_request(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Make a clone of the one merge commit of a pull request, and name the commits around it.

    The base has moved on since the event `old` was sent: `new` is what the merge commit was made with.
    """
    origin, clone, commits = tmp_path / "origin", tmp_path / "clone", {}
    origin.mkdir()
    git(origin, "init", "-q")
    for name, branch in (("old", "main"), ("new", "main"), ("head", "feature")):
        if branch == "feature":
            git(origin, "checkout", "-q", "-b", branch, commits["old"])
        (origin / name).write_text(name)
        git(origin, "add", "-A")
        git(origin, "commit", "-qm", name)
        commits[name] = git(origin, "rev-parse", "HEAD")
    git(origin, "checkout", "-q", "main")
    git(origin, "merge", "-q", "--no-ff", "-m", "merge", "feature")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{origin}", "clone")
    return clone, commits


@pytest.mark.skipif(os.name == "nt", reason="runs a shell script")
@pytest.mark.parametrize(
    ("since", "base", "head", "expected"),
    [
        pytest.param("auto", "old", "head", "new", id="what the merge commit was made with"),
        pytest.param("auto", "old", "other", "old", id="no merge commit of the pull request"),
        pytest.param("auto", "", "", "", id="another event"),
        pytest.param("old", "new", "head", "old", id="a commit that is given"),
        pytest.param("", "new", "head", "", id="everything"),
    ],
)
def test_the_action_finds_the_merge_base(
    pull_request: tuple[Path, dict[str, str]], since: str, base: str, head: str, expected: str
) -> None:
    clone, commits = pull_request
    (script,) = re.findall(r"id: base\n(?:.*\n)*? +run: \|\n((?: {8}.*\n)+)", ACTION)
    output = clone / "output"
    environment = {
        "SINCE": commits.get(since, since),
        "BASE": commits.get(base, ""),
        "HEAD": commits.get(head, ""),
    }
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", textwrap.dedent(script)],
        cwd=clone,
        env={"PATH": os.environ["PATH"], "GITHUB_OUTPUT": str(output), **environment},
        check=True,
    )

    found = output.read_text().strip().removeprefix("since=")
    assert found == commits.get(expected, "")
    if found:
        assert git(clone, "merge-base", found, "HEAD")


def test_the_guide_lists_the_hooks() -> None:
    hooks = re.findall(r"^- id: ([a-z-]+)$", HOOKS, re.MULTILINE)

    assert re.findall(r"^\| `(miglint[a-z-]*)` \|", GUIDE, re.MULTILINE) == hooks
    assert set(re.findall(r"^ +- id: ([a-z-]+)$", GUIDE, re.MULTILINE)) <= set(hooks)


# --- the problem matcher -------------------------------------------------------------------------------


def matched(line: str) -> dict[str, str]:
    """Match a line as Visual Studio Code does; the regular expression means the same in both languages."""
    pattern = problem_matcher()["pattern"]
    match = re.search(pattern["regexp"], line)
    assert match, line
    return {key: match[group] for key, group in pattern.items() if key != "regexp"}


@pytest.mark.parametrize("path", CONCISE, ids=lambda path: path.parent.name)
def test_the_problem_matcher_reads_every_line_of_the_concise_format(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()

    assert lines
    for line in lines:
        found = matched(line)
        rebuilt = "{file}:{line}:{column}: {severity} {code} {message}".format_map(found)
        assert rebuilt == line
        assert (ROOT / "fixtures" / found["file"]).is_file()


@pytest.mark.parametrize("path", [r"C:\my project\db\2 b.sql", "a:1:b/2.sql", "ä b/2.sql"])
def test_the_problem_matcher_reads_colons_and_spaces_in_paths(path: str) -> None:
    assert matched(f"{path}:12:3: note not-analysed near a: b 1:2: error x") == {
        "file": path,
        "line": "12",
        "column": "3",
        "severity": "note",
        "code": "not-analysed",
        "message": "near a: b 1:2: error x",
    }


# --- the README ----------------------------------------------------------------------------------------


def test_the_sample_in_the_readme_is_what_the_program_prints() -> None:
    samples = re.findall(r"^```text\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    printed = (ROOT / "fixtures" / "expected" / "shop" / "check.txt").read_text(encoding="utf-8")

    assert samples
    for sample in samples:
        assert sample.startswith("error[")
        assert f"{sample}\n" in printed
