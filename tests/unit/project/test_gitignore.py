"""Which folders are ignored: git itself is the judge, through `git check-ignore`."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from miglint.project.files import Files, join
from miglint.project.gitignore import Rules, is_ignored, is_within_ignored, rules_above, rules_in

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

IGNORE_FILES = (".gitignore", "a/.gitignore", "a/b/.gitignore", ".git/info/exclude")
OUTER = ("a", "aa", "b", "ab", "A", "a.b", "foo", "-", "[x", "é", "a ", "#a", "!a", "a\\", "*")
INNER = ("a", "b", "ab", "foo", "bar", "é", "**")
INNERMOST = ("bar", "\t")
FOLDERS = [
    "/".join(parts)
    for outer in OUTER
    for parts in ((outer,), *((outer, inner, *last) for inner in INNER for last in ((), *zip(INNERMOST))))
]


def git(root: Path, *arguments: str, given: bytes = b"") -> bytes:
    command = ["git", "-c", "core.excludesFile=/dev/null", "-c", "core.ignoreCase=false", *arguments]
    run = subprocess.run(command, cwd=root, input=given, capture_output=True, check=False)
    assert run.returncode in (0, 1), run.stderr
    return run.stdout


def ignored_by_git(root: Path, folders: list[str]) -> set[str]:
    paths = b"\0".join(map(os.fsencode, folders))
    found = git(root, "check-ignore", "-z", "--stdin", given=paths)
    return {os.fsdecode(path) for path in found.split(b"\0") if path}


def ignored_by_miglint(root: Path, files: Files) -> set[str]:
    def walk(path: str, above: Rules | None) -> Iterator[str]:
        folder = files.folder(path)
        rules = rules_in(folder, path, above)
        for name in folder.folders:
            below = join(path, name)
            if name == ".git":
                continue
            if is_ignored(below, rules, is_link=name in folder.links):
                yield from everything(below)
            elif name not in folder.links:
                yield from walk(below, rules)

    def everything(path: str) -> Iterator[str]:
        yield path
        for name in files.folder(path).folders:
            yield from everything(join(path, name))

    return {os.path.relpath(path, root) for path in walk(str(root), rules_above(str(root), files))}


def place(root: Path, contents: Mapping[str, str | bytes]) -> None:
    for path, content in contents.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode() if isinstance(content, str) else content)


class Repository(NamedTuple):
    """A repository full of folders, of which the tests rewrite the ignore files; listed once."""

    root: Path
    files: Files

    def ignoring(self, contents: Mapping[str, str | bytes]) -> tuple[set[str], set[str]]:
        """Give what miglint and what git ignores with these ignore files."""
        place(self.root, {path: contents.get(path, b"") for path in IGNORE_FILES})
        return ignored_by_miglint(self.root, self.files), ignored_by_git(self.root, FOLDERS)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    root = tmp_path_factory.mktemp("repository").resolve()
    git(root, "init", "--quiet")
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    place(root, dict.fromkeys(IGNORE_FILES, b""))
    return Repository(root, Files())


PIECES = [
    *(
        "a b ab foo bar . - é A / / / / * * ** **/ /** ? [ab] [!a] [^b] [a-c] [-a] []a] [^]] [[:alpha:]]"
        " [[:punct:]] [[:nope:]] [[:a] [a/b] [ ] \\ \\* \\\\ \\/ \\[ ! # \0 \r \ufeff"
    ).split(" "),
    " ",
]
LINES = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
CONTENTS = st.lists(LINES, max_size=4).map("\n".join)


@needs_git
@settings(max_examples=200, deadline=None)
@given(contents=st.fixed_dictionaries(dict.fromkeys(IGNORE_FILES, CONTENTS)))
def test_git_says_the_same_of_any_patterns(repository: Repository, contents: dict[str, str]) -> None:
    ours, gits = repository.ignoring(contents)
    assert ours == gits


@needs_git
@settings(max_examples=200, deadline=None)
@given(line=LINES)
@example("foo**/bar")
@example("a**\\/b")
@example("/**/")
@example("[[:space:]]*")
@example("**/[[:cntrl:]]")
def test_git_says_the_same_of_any_pattern(repository: Repository, line: str) -> None:
    ours, gits = repository.ignoring({".gitignore": line})
    assert ours == gits


# From the manual page gitignore(5): its own examples, and one for each of its sentences.
@needs_git
@pytest.mark.parametrize(
    ("lines", "ignored", "kept"),
    [
        pytest.param("# foo\n\\#a\n", {"#a"}, {"foo"}, id="a comment, and a hash that is meant"),
        pytest.param("foo   \na\\ \n", {"foo", "a "}, {"a"}, id="spaces at the end, and one that is meant"),
        pytest.param("*\n!foo\n", {"a", "foo/bar"}, {"foo"}, id="an exclamation mark includes again"),
        pytest.param("\\!a\n", {"!a"}, {"a"}, id="an exclamation mark that is meant"),
        pytest.param("foo\n!foo/bar\n", {"foo", "foo/bar"}, set(), id="nothing comes back below what is out"),
        pytest.param("foo\n!foo\nfoo\n", {"foo"}, set(), id="the last line that fits decides"),
        pytest.param("foo/\n", {"foo", "a/foo"}, {"a"}, id="a slash at the end only"),
        pytest.param("/foo\n", {"foo"}, {"a/foo"}, id="a slash at the beginning"),
        pytest.param("a/foo\n", {"a/foo"}, {"foo", "b/foo", "b/a/bar"}, id="a slash in the middle"),
        pytest.param("a/*\n", {"a/foo", "a/b"}, {"a", "b/a"}, id="a star does not match a slash"),
        pytest.param("*/bar\n", {"a/bar", "foo/bar"}, {"a/b/bar"}, id="a star is one folder"),
        pytest.param("?b\n", {"ab"}, {"b"}, id="a question mark is one character"),
        pytest.param("é\n??\n", {"é", "ab"}, {"b"}, id="or one byte of two"),
        pytest.param("[a-z]\n", {"a", "b"}, {"A", "ab", "-"}, id="a range"),
        pytest.param("[!a-z]\n", {"A", "-"}, {"a", "b"}, id="all but a range"),
        pytest.param("[[:upper:]]\n", {"A"}, {"a"}, id="a class of characters"),
        pytest.param("**/foo\n", {"foo", "a/foo"}, {"a"}, id="two stars in front"),
        pytest.param("**/b/bar\n", {"b/bar", "a/b/bar"}, {"a/bar"}, id="two stars before two names"),
        pytest.param("a/**\n", {"a/b", "a/b/bar"}, {"a"}, id="two stars at the end"),
        pytest.param("a/**/bar\n", {"a/bar", "a/b/bar"}, {"b/bar", "bar"}, id="two stars between"),
        pytest.param("f**o\n", {"foo"}, {"bar"}, id="two stars elsewhere are one"),
        pytest.param("*a*a\n*b*a\n", {"aa"}, {"a", "ab"}, id="stars take no more than they need"),
        pytest.param("**/[ab]/**/*/bar\n", {"a/b/bar"}, {"a/bar"}, id="nor do two stars"),
        pytest.param("/a[!x]foo\n/a?foo\n", set(), {"a/foo"}, id="a class does not match a slash"),
        pytest.param("?\n![a]\n", {"b"}, {"a"}, id="the last glob that fits decides"),
        pytest.param("f*\n!foo\n*o\n", {"foo"}, {"b"}, id="the last glob or name that fits decides"),
        pytest.param("f*\n*o\n!foo\n", set(), {"foo"}, id="a name after globs decides"),
        pytest.param("a\\\\ \n", {"a\\"}, {"a"}, id="a space behind a backslash that is meant"),
        pytest.param(
            "/*\n!/foo\n/foo/*\n!/foo/bar\n", {"a", "foo/b"}, {"foo", "foo/bar"}, id="all but foo/bar"
        ),
        pytest.param(
            "\ufefffoo\r\nbar\r\n", {"foo", "a/bar"}, {"a"}, id="a byte order mark and Windows' lines"
        ),
        pytest.param("foo\0bar\n", {"foo"}, {"a/bar"}, id="a line ends at a NUL"),
        pytest.param("[a\na\\\n\n/\n//\n!\n", set(), {"a", "[x"}, id="lines that fit nothing"),
    ],
)
def test_the_manual_page_holds(repository: Repository, lines: str, ignored: set[str], kept: set[str]) -> None:
    ours, gits = repository.ignoring({".gitignore": lines})
    assert ours == gits
    assert ignored <= ours
    assert not kept & ours


@needs_git
def test_a_deeper_file_overrides_and_speaks_of_its_own_folder_only(repository: Repository) -> None:
    ours, gits = repository.ignoring(
        {
            ".git/info/exclude": "/b\n",
            ".gitignore": "bar\n",
            "a/.gitignore": "!bar\n/foo\n",
            "a/b/.gitignore": "bar",
        }
    )
    assert ours == gits
    assert {"b", "b/bar", "foo/bar", "a/foo", "a/b/bar"} <= ours
    assert not {"a/bar", "a/a/bar", "foo"} & ours


def rules_at(path: Path) -> Rules | None:
    files = Files()
    return rules_in(files.folder(str(path)), str(path), rules_above(str(path), files))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "project"
    (root / ".git").mkdir(parents=True)
    return root


def test_outside_a_repository_nothing_is_ignored(root: Path) -> None:
    place(root, {".gitignore": "out\n", "in/.gitignore": "out\n"})
    (root / ".git").rmdir()
    assert rules_at(root) is None
    assert rules_at(root / "in") is None


def test_the_folders_above_up_to_the_root_of_the_repository_have_their_say(root: Path) -> None:
    place(root, {".gitignore": "top\n", "a/.gitignore": "middle\n", "a/b/.gitignore": "own\n"})
    place(root.parent, {".gitignore": "beyond\n"})
    rules = rules_at(root / "a/b")
    names = ("top", "middle", "own", "beyond", "other")
    assert [name for name in names if is_ignored(str(root / "a/b" / name), rules)] == ["top", "middle", "own"]


def test_a_folder_in_an_ignored_one_is_within_it(root: Path) -> None:
    place(root, {".gitignore": "out\n"})
    rules = rules_at(root)
    assert not is_ignored(str(root / "out/a/b"), rules)
    assert is_within_ignored(str(root / "out/a/b"), rules)
    assert not is_within_ignored(str(root / "outer/a/b"), rules)


def test_a_file_does_not_speak_of_its_own_folder(root: Path) -> None:
    place(root, {"a/.gitignore": "*\n"})
    assert is_ignored(str(root / "a/b"), rules_at(root / "a"))
    assert not is_within_ignored(str(root / "a"), rules_at(root / "a"))


def test_a_repository_in_a_repository_has_its_own_rules(root: Path) -> None:
    place(root, {".gitignore": "out\n", "inner/.git/info/exclude": "local\n", "inner/.gitignore": "tmp\n"})
    rules = rules_in(Files().folder(str(root / "inner")), str(root / "inner"), rules_at(root))
    found = [name for name in ("out", "local", "tmp") if is_ignored(str(root / "inner" / name), rules)]
    assert found == ["local", "tmp"]


def test_a_worktree_has_the_excludes_of_its_repository(root: Path, tmp_path: Path) -> None:
    tree = tmp_path.resolve() / "tree"
    own = root / ".git/worktrees/tree"
    place(root, {".git/info/exclude": "local\n", ".git/worktrees/tree/commondir": "../..\n"})
    place(tree, {".git": f"gitdir: {own}\n"})
    assert is_ignored(str(tree / "local"), rules_at(tree))


@pytest.mark.parametrize("content", ["", "gitdir:", "gitdir: /nowhere/at/all", "gitdir: \0", "\0" * 100])
def test_a_git_file_that_leads_nowhere_excludes_nothing(root: Path, content: str) -> None:
    (root / ".git").rmdir()
    place(root, {".git": content, ".gitignore": "out\n"})
    assert is_ignored(str(root / "out"), rules_at(root))
    assert not is_ignored(str(root / "local"), rules_at(root))


@needs_git
def test_a_pattern_for_folders_is_not_for_links(root: Path) -> None:
    (root / ".git").rmdir()
    git(root, "init", "--quiet")
    place(root, {".gitignore": "folder-*/\nany-*\n!any-other/\n", "target/file": ""})
    links = ["any-link", "any-other", "folder-link"]
    for link in links:
        (root / link).symlink_to("target")
    rules = rules_at(root)
    ours = {link for link in links if is_ignored(str(root / link), rules, is_link=True)}
    assert ours == ignored_by_git(root, links) == {"any-link", "any-other"}


def test_an_ignore_file_that_is_a_link_a_folder_or_a_pipe_is_not_read(root: Path) -> None:
    place(root, {"patterns": "out\n", "folder/.gitignore/file": "", "pipe/file": "", "link/file": ""})
    (root / "link/.gitignore").symlink_to("../patterns")
    os.mkfifo(root / "pipe/.gitignore")
    for name in ("link", "folder", "pipe"):
        assert not is_ignored(str(root / name / "out"), rules_at(root / name))


def test_a_name_is_compared_byte_by_byte(root: Path) -> None:
    place(root, {".gitignore": b"caf\xe9\n[\xe0-\xef]x\n"})
    rules = rules_at(root)
    assert is_ignored(str(root / os.fsdecode(b"caf\xe9")), rules)
    assert is_ignored(str(root / os.fsdecode(b"\xe9x")), rules)
    assert not is_ignored(str(root / "café"), rules)


DEEP = "/".join(["a" * 50] * 60)


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("*a" * 60 + "*b", "a" * 250),
        ("?*" * 100 + "b", "a" * 250),
        ("[!b]*" * 100 + "b", "a" * 250),
        ("**/" * 500 + "b/c", DEEP),
        ("/**/a*" * 50 + "/b", DEEP),
        ("**/" + "*a*a*a/**/" * 20 + "b", DEEP),
        ("**/" * 50 + "*" + "/*" * 50 + "/b", DEEP),
        ("a**\\/" * 50 + "b", DEEP),
        ("[a" * 5_000 + "]", "a"),
        ("[[:" * 5_000 + "]", "a"),
        ("a*" * 50_000, "a" * 250),
        ("*" * 100_000, "a"),
        (" " * 100_000 + "b", "a"),
        ("\\" * 100_001, "a"),
        ("\n".join(f"a*b{number}*" for number in range(20_000)), "a" * 250),
        ("\n".join(f"!{number}\n{number}" for number in range(9_000)), "a"),
    ],
    ids=lambda value: value[:12],
)
def test_no_pattern_takes_long(root: Path, line: str, path: str) -> None:
    place(root, {".gitignore": line})
    rules = rules_at(root)
    started = time.process_time()
    is_ignored(str(root / path), rules)
    assert time.process_time() - started < 1


def test_a_file_of_unlikely_size_ignores_nothing(root: Path) -> None:
    place(root, {".gitignore": "out\n" + "# nothing\n" * 100_000})
    assert not is_ignored(str(root / "out"), rules_at(root))
