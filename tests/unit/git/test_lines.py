"""Lines of code that hold some words, as git finds them."""

import pytest
from git_project import commit, git, write

from miglint.errors import GitError
from miglint.git import lines_with, paths_without_files
from miglint.model.change import CodeLines


def found(*words, paths=("src",), before=None):
    code = lines_with(words, paths, since=before)
    lines = code.now if before is None else code.before
    return [(line.path, line.number, *sorted(line.words)) for line in lines.lines]


def test_words_are_found_whole_in_tracked_and_new_files_and_not_in_ignored_ones(repository):
    commit({"src/a.ts": "x\nnick + name\nnickname\n", ".gitignore": "*.log\n", "other/a.ts": "nick\n"})
    write("src/new.ts", "nick\n")
    write("src/x.log", "nick\n")
    assert found("nick", "name") == [("src/a.ts", 2, "name", "nick"), ("src/new.ts", 1, "nick")]


def test_before_the_change_is_the_merge_base(repository):
    base = commit({"src/a.ts": "nick\n"})
    commit({"src/a.ts": "name\n"})
    assert found("nick", before=base) == [("src/a.ts", 1, "nick")]
    assert found("nick") == []
    assert found("name", before=base) == []


def test_before_a_change_without_a_common_commit_nothing_is_known(repository):
    commit({"src/a.ts": "nick\n"})
    git("checkout", "--quiet", "--orphan", "other")
    other = commit({"src/b.ts": "nick\n"})
    git("checkout", "--quiet", "feature")
    assert lines_with(["nick"], ["src"], since=other).before == CodeLines(cut=True)


@pytest.mark.parametrize("path", [":(exclude)src", ":/", "-x", "src/*.ts", "none"])
def test_a_path_is_a_path_whatever_it_begins_with(repository, path):
    commit({"src/a.ts": "nick\n"})
    assert found("nick", paths=(path,)) == ([("src/a.ts", 1, "nick")] if path == "src/*.ts" else [])


def test_a_path_has_files_if_git_knows_one(repository):
    commit({"src/a.ts": "nick\n", ".gitignore": "out\n"})
    write("new/a.ts", "nick\n")
    write("out/a.ts", "nick\n")
    paths = ("src", "s*/*.ts", "new", "out", "none", ":/")
    assert paths_without_files(paths) == ("out", "none", ":/")


def test_odd_names_and_bytes_are_read(repository):
    commit({"src/a b\n.ts": b"nick \xff\n", "src/c": b"\0nick\n", "src/ü.ts": "nick\r\n"})
    assert found("nick") == [("src/a b\n.ts", 1, "nick"), ("src/ü.ts", 1, "nick")]


def test_the_users_configuration_changes_nothing(repository):
    commit({"src/a.ts": "a nick\n"})
    for name in ("grep.column", "grep.fullName", "grep.lineNumber"):
        git("config", name, "true")
    git("config", "grep.patternType", "perl")
    assert found("nick") == [("src/a.ts", 1, "nick")]


def test_outside_of_a_repository_it_says_so(tmp_path):
    with pytest.raises(GitError, match="not in a git repository"):
        lines_with(["nick"], ["src"], str(tmp_path))
