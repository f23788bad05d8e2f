import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from git_project import commit, git, sql, write

import miglint.git
from miglint.errors import GitError
from miglint.git import _contents, _running, is_head
from miglint.model.change import Change, ChangeKind, ChangeSet, Content, Overlay, held
from miglint.model.migration import Problem
from miglint.project.decoding import decode

ADDED, MODIFIED = ChangeKind.ADDED, ChangeKind.MODIFIED
DELETED, RENAMED = ChangeKind.DELETED, ChangeKind.RENAMED

posix_only = pytest.mark.skipif(os.name == "nt", reason="needs POSIX file names, links or scripts")


def read(content: Content | None) -> bytes | None:
    return None if content is None else held(content)


def whole(changes: ChangeSet) -> ChangeSet:
    """Give a change with the contents of all files read."""
    found = tuple(change._replace(before=read(change.before)) for change in changes.changes)
    texts = {path: held(text) for path, text in changes.after.texts.items()}
    return changes._replace(changes=found, after=changes.after._replace(texts=texts))


def since(ref: str, directory: str = ".") -> ChangeSet:
    return whole(miglint.git.since(ref, directory))


def staged(directory: str = ".") -> ChangeSet:
    return whole(miglint.git.staged(directory))


def kinds(changes: ChangeSet) -> dict[str, ChangeKind]:
    return {change.path: change.kind for change in changes.changes}


def seen(overlay: Overlay) -> dict[str, bytes]:
    """What a reader of the disk finds, with an overlay over it."""
    disk = {
        os.path.relpath(os.path.join(folder, name)): Path(folder, name).read_bytes()
        for folder, folders, names in os.walk(".")
        for name in names
        if ".git" not in folder.split(os.sep)
    }
    texts = {path: held(text) for path, text in overlay.texts.items()}
    return {path: text for path, text in (disk | texts).items() if path not in overlay.hidden}


def tree(commit: str) -> dict[str, bytes]:
    names = git("ls-tree", "-r", "-z", "--name-only", commit).split("\0")[:-1]
    return {name: (git("show", f"{commit}:{name}") + "\n").encode() for name in names}


# --- since --------------------------------------------------------------------------------------------


def by_path(changed: ChangeSet) -> dict[str, Change]:
    return {change.path: change for change in changed.changes}


def test_nothing_changed_is_no_change(repository: Path) -> None:
    assert since("main").changes == ()


def test_committed_staged_and_untracked_files_are_added(repository: Path) -> None:
    commit({"m/4.sql": sql(4)})
    write("m/5.sql", sql(5))
    git("add", "m/5.sql")
    write("m/6.sql", sql(6))
    write("m/7.sql", sql(7))
    git("add", "--intent-to-add", "m/7.sql")
    assert since("main").changes == tuple(Change(f"m/{number}.sql", ADDED) for number in (4, 5, 6, 7))


def test_ignored_files_are_no_change(repository: Path) -> None:
    commit({".gitignore": "*.log\n"})
    write("m/4.log", "")
    assert kinds(since("main")) == {".gitignore": ADDED}


def test_what_the_other_branch_did_meanwhile_is_no_change(repository: Path) -> None:
    commit({"m/5.sql": sql(5)})
    git("checkout", "--quiet", "main")
    commit({"m/4.sql": sql(4), "m/1.sql": "SELECT 1;\n"})
    git("checkout", "--quiet", "feature")
    assert kinds(since("main")) == {"m/5.sql": ADDED}


@pytest.mark.parametrize("then", ["commit", "add", "leave"])
def test_an_edited_file_comes_with_what_it_held(repository: Path, then: str) -> None:
    write("m/1.sql", "SELECT 1;\n")
    if then == "add":
        git("add", "m/1.sql")
    elif then == "commit":
        commit()
    assert since("main").changes == (Change("m/1.sql", MODIFIED, sql(1).encode()),)


def test_a_file_edited_again_and_again_comes_with_what_it_held_at_the_base(repository: Path) -> None:
    commit({"m/1.sql": "SELECT 1;\n"})
    write("m/1.sql", "SELECT 2;\n")
    git("add", "m/1.sql")
    write("m/1.sql", "SELECT 3;\n")
    assert since("main").changes == (Change("m/1.sql", MODIFIED, sql(1).encode()),)


@pytest.mark.parametrize("then", ["commit", "add", "leave"])
def test_a_deleted_file_comes_with_what_it_held(repository: Path, then: str) -> None:
    os.remove("m/1.sql")
    if then == "add":
        git("add", "--all")
    elif then == "commit":
        commit()
    assert since("main").changes == (Change("m/1.sql", DELETED, sql(1).encode()),)


def test_a_new_file_that_is_gone_again_is_no_change(repository: Path) -> None:
    commit({"m/4.sql": sql(4)})
    os.remove("m/4.sql")
    assert since("main").changes == ()


def test_a_file_that_was_announced_to_git_and_is_gone_is_no_change(repository: Path) -> None:
    before = commit({"m/empty.sql": ""})
    write("m/4.sql", sql(4))
    git("add", "--intent-to-add", "m/4.sql")
    os.remove("m/4.sql")
    os.remove("m/empty.sql")
    assert since(before).changes == (Change("m/empty.sql", DELETED, b""),)
    git("rm", "--quiet", "--cached", "m/1.sql")
    git("add", "--intent-to-add", "m/1.sql")
    os.remove("m/1.sql")
    assert by_path(since(before))["m/1.sql"] == Change("m/1.sql", DELETED, sql(1).encode())
    assert staged().after.texts == {"m/empty.sql": b""}


def test_a_renamed_file_comes_with_its_old_path_and_what_it_held(repository: Path) -> None:
    git("mv", "m/1.sql", "m/one.sql")
    write("m/one.sql", sql(1) + "SELECT 1;\n")
    git("add", "--all")
    assert since("main").changes == (Change("m/one.sql", RENAMED, sql(1).encode(), "m/1.sql"),)


def test_a_renamed_file_that_is_gone_again_is_deleted_where_it_was(repository: Path) -> None:
    git("mv", "m/1.sql", "m/one.sql")
    os.remove("m/one.sql")
    assert since("main").changes == (Change("m/1.sql", DELETED, sql(1).encode()),)


def test_a_renamed_file_whose_old_path_is_in_use_again_is_added(repository: Path) -> None:
    git("mv", "m/1.sql", "m/one.sql")
    write("m/1.sql", "SELECT 1;\n")
    assert since("main").changes == (
        Change("m/1.sql", MODIFIED, sql(1).encode()),
        Change("m/one.sql", ADDED),
    )


def test_a_file_that_git_forgot_but_the_disk_has_is_modified(repository: Path) -> None:
    git("rm", "--quiet", "--cached", "m/1.sql")
    assert since("main").changes == (Change("m/1.sql", MODIFIED, sql(1).encode()),)


def test_a_file_with_conflicts_is_modified(repository: Path) -> None:
    commit({"m/1.sql": "SELECT 1;\n"})
    git("checkout", "--quiet", "main")
    commit({"m/1.sql": "SELECT 2;\n"})
    git("checkout", "--quiet", "feature")
    base = git("merge-base", "main", "HEAD")
    git("merge", "main", ok=False)
    assert since(base).changes == (Change("m/1.sql", MODIFIED, sql(1).encode()),)


def test_contents_are_read_when_they_are_asked_for(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit({"a.md": "a\n"})
    base = git("rev-parse", "HEAD")
    commit({"m/1.sql": "SELECT 1;\n", "m/2.sql": "SELECT 1;\n", "a.md": "b\n"})
    asked: list[str] = []
    real = _contents.command
    monkeypatch.setattr(_contents, "command", lambda *words: asked.append(words[1]) or real(*words))
    found = by_path(miglint.git.since(base))
    assert asked == []
    assert [read(found[path].before) for path in ("m/1.sql", "m/2.sql")] == [sql(n).encode() for n in (1, 2)]
    assert asked == ["cat-file"]
    assert read(found["a.md"].before) == b"a\n"
    assert asked == ["cat-file"] * 2


def test_a_file_too_large_to_analyse_is_still_too_large_when_it_is_cut(repository: Path) -> None:
    large = commit({"m/large.sql": b"-" * (17 * 1024 * 1024), "m/z.sql": "SELECT 1;\n"})
    os.remove("m/large.sql")
    os.remove("m/z.sql")
    found = by_path(since(large))
    before = found["m/large.sql"].before
    assert before is not None
    assert len(before) < 17 * 1024 * 1024
    assert decode(before, "m/large.sql") == Problem("m/large.sql", "larger than 16 MiB")
    assert found["m/z.sql"].before == b"SELECT 1;\n"


def test_an_empty_file_is_empty_and_not_missing(repository: Path) -> None:
    before = commit({"m/empty.sql": b""})
    write("m/empty.sql", sql(9))
    assert since(before).changes == (Change("m/empty.sql", MODIFIED, b""),)


def test_thousands_of_contents_are_read(repository: Path) -> None:
    before = commit({f"m/n{number}.sql": sql(number) * 20 for number in range(3000)})
    commit({f"m/n{number}.sql": "" for number in range(3000)})
    assert [c.before for c in since(before).changes if c.path == "m/n77.sql"] == [(sql(77) * 20).encode()]


# --- the base -----------------------------------------------------------------------------------------


def test_a_detached_head_is_compared_as_well(repository: Path) -> None:
    commit({"m/4.sql": sql(4)})
    git("checkout", "--quiet", "--detach")
    assert kinds(since("main")) == {"m/4.sql": ADDED}


def test_a_linked_worktree_has_changes_of_its_own(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("m/8.sql", sql(8))
    git("worktree", "add", "--quiet", "-b", "other", "../linked")
    monkeypatch.chdir("../linked")
    write("m/9.sql", sql(9))
    assert kinds(since("main")) == {"m/9.sql": ADDED}


# --- paths --------------------------------------------------------------------------------------------


def test_paths_count_from_the_working_directory(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("mv", "m/1.sql", "one.sql")
    write("m/deep/4.sql", sql(4))
    monkeypatch.chdir("m")
    write("5.sql", sql(5))
    assert since("main").changes == (
        Change("../one.sql", RENAMED, sql(1).encode(), "1.sql"),
        Change("5.sql", ADDED),
        Change("deep/4.sql", ADDED),
    )


def test_another_repository_is_asked_from_outside(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("m/4.sql", sql(4))
    monkeypatch.chdir("..")
    assert kinds(since("main", "project")) == {"project/m/4.sql": ADDED}
    assert kinds(since("main", "project/m")) == {"project/m/4.sql": ADDED}


@posix_only
def test_paths_go_through_the_link_by_which_the_folder_was_named(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("m/4.sql", sql(4))
    (repository.parent / "outside" / "here").mkdir(parents=True)
    (repository.parent / "outside" / "here" / "link").symlink_to(repository)
    (repository.parent / "outside" / "here" / "migrations").symlink_to(repository / "m")
    monkeypatch.chdir("../outside/here")
    assert kinds(since("main", "link/m")) == {"link/m/4.sql": ADDED}
    assert kinds(since("main", "migrations")) == {"../../project/m/4.sql": ADDED}


@posix_only
@pytest.mark.parametrize(
    "name",
    ["a b.sql", '"quoted".sql', "line\nbreak.sql", "tab\t.sql", "ü.sql", "-n.sql", " .sql", "\udcff.sql"],
)
def test_any_name_is_given_as_it_is(repository: Path, name: str) -> None:
    try:
        before = commit({f"m/{name}": sql(4)})
    except OSError:
        pytest.skip("the file system knows no such name")
    write(f"m/{name}", sql(5))
    write(f"m/new {name}", sql(6))
    git("mv", "m/1.sql", f"m/moved {name}")
    assert set(since(before).changes) == {
        Change(f"m/{name}", MODIFIED, sql(4).encode()),
        Change(f"m/new {name}", ADDED),
        Change(f"m/moved {name}", RENAMED, sql(1).encode(), "m/1.sql"),
    }


@posix_only
def test_a_folder_with_a_line_break_in_its_name_is_a_folder(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a\nb/true/4.sql", sql(4))
    monkeypatch.chdir("a\nb/true")
    assert kinds(since("main")) == {"4.sql": ADDED}


def test_the_users_settings_of_how_git_shows_changes_do_not_matter(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for setting in (
        "status.showUntrackedFiles=no",
        "status.relativePaths=true",
        "status.branch=true",
        "status.showStash=true",
        "status.renames=copies",
        "diff.renames=false",
        "diff.relative=true",
        "diff.orderFile=missing",
        "diff.external=false",
        "core.quotePath=true",
        "color.ui=always",
    ):
        git("config", *setting.split("="))
    write("m/1.sql", "SELECT 1;\n")
    git("stash", "--quiet")
    git("mv", "m/1.sql", "m/ö.sql")
    monkeypatch.chdir("m")
    write("4.sql", sql(4))
    assert since("main").changes == (
        Change("4.sql", ADDED),
        Change("ö.sql", RENAMED, sql(1).encode(), "1.sql"),
    )


# --- what is no plain file ----------------------------------------------------------------------------


def test_the_inside_of_other_repositories_is_no_change(repository: Path) -> None:
    git("clone", "--quiet", ".", "../other")
    git("submodule", "--quiet", "add", "../other", "lib")
    before = commit()
    write("lib/m/1.sql", "SELECT 1;\n")
    git("-C", "lib", "commit", "--quiet", "--all", "--message", "inner")
    write("lib/m/8.sql", sql(8))
    git("clone", "--quiet", ".", "vendored")
    assert since(before).changes == ()


@posix_only
def test_a_symbolic_link_has_no_content_of_its_own(repository: Path) -> None:
    os.symlink("1.sql", "m/link.sql")
    os.symlink("2.sql", "m/other.sql")
    before = commit()
    os.remove("m/link.sql")
    write("m/link.sql", sql(4))
    os.remove("m/other.sql")
    os.symlink("3.sql", "m/other.sql")
    assert since(before).changes == (Change("m/link.sql", MODIFIED), Change("m/other.sql", MODIFIED))
    assert staged().after.texts == {}


def test_line_breaks_that_git_converts_are_no_change(repository: Path) -> None:
    git("config", "core.autocrlf", "true")
    os.remove("m/1.sql")
    os.remove("m/2.sql")
    git("checkout", "--", "m")
    assert Path("m/1.sql").read_bytes().endswith(b"\r\n")
    os.utime("m/1.sql", (1, 1))
    write("m/2.sql", "SELECT 1;\r\n")
    assert since("main").changes == (Change("m/2.sql", MODIFIED, sql(2).encode()),)


def test_files_that_were_touched_are_no_change_and_the_index_stays_as_it_is(repository: Path) -> None:
    os.utime("m/1.sql", (1, 1))
    index = Path(".git/index").read_bytes()
    assert since("main").changes == ()
    assert staged().changes == ()
    assert Path(".git/index").read_bytes() == index


# --- staged -------------------------------------------------------------------------------------------


def test_only_what_is_staged_is_changed(repository: Path) -> None:
    write("m/4.sql", sql(4))
    write("m/5.sql", sql(5))
    git("rm", "--quiet", "m/1.sql")
    git("add", "m/4.sql")
    write("m/2.sql", "SELECT 1;\n")
    assert staged().changes == (Change("m/1.sql", DELETED, sql(1).encode()), Change("m/4.sql", ADDED))


def test_the_first_commit_adds_everything(empty: Path) -> None:
    write("m/1.sql", sql(1))
    git("add", "m/1.sql")
    write("m/2.sql", sql(2))
    found = staged()
    assert found.changes == (Change("m/1.sql", ADDED),)
    assert seen(found.before) == {}
    assert seen(found.after) == {"m/1.sql": sql(1).encode()}


def test_the_first_commit_of_a_sha256_repository_adds_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet", "--object-format=sha256")
    write("m/1.sql", sql(1))
    git("add", "--all")
    assert staged().changes == (Change("m/1.sql", ADDED),)
    commit()
    write("m/1.sql", sql(2))
    assert since("HEAD").changes == (Change("m/1.sql", MODIFIED, sql(1).encode()),)


def test_the_staged_text_stands_in_for_what_the_disk_holds(repository: Path) -> None:
    write("m/4.sql", sql(4))
    write("m/5.sql", sql(5))
    git("add", "--all")
    write("m/4.sql", "SELECT 4;\n")
    write("m/1.sql", "SELECT 1;\n")
    os.remove("m/5.sql")
    write("m/6.sql", sql(6))
    write("m/7.sql", sql(7))
    git("add", "--intent-to-add", "m/7.sql")
    found = staged()
    assert found.after.texts == {f"m/{number}.sql": sql(number).encode() for number in (1, 4, 5)}
    assert found.after.hidden == {"m/6.sql", "m/7.sql"}


def test_the_index_that_a_hook_works_with_is_read(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("m/4.sql", sql(4))
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index")
    git("read-tree", "HEAD")
    git("add", "m/4.sql")
    assert kinds(staged()) == {"m/4.sql": ADDED}
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert kinds(staged()) == {}


def test_conflicts_cannot_be_committed(repository: Path) -> None:
    commit({"m/1.sql": "SELECT 1;\n"})
    git("checkout", "--quiet", "main")
    commit({"m/1.sql": "SELECT 2;\n"})
    git("merge", "feature", ok=False)
    with pytest.raises(GitError, match=r"m/1\.sql: has merge conflicts"):
        staged()


# --- the project before and after -----------------------------------------------------------------------


def _work(chance: random.Random) -> None:
    """Do what people do to files and to the index, in any order."""
    name = f"m/{chance.randrange(7)}.sql"
    other = f"m/{chance.randrange(7)}.sql"
    action = chance.randrange(9)
    if action <= 2:
        write(name, sql(chance.randrange(3)) + f"SELECT {chance.randrange(3)};\n")
    elif action == 3 and os.path.exists(name):
        os.remove(name)
    elif action == 4 and name != other:
        git("mv", "--force", name, other, ok=False)
    elif action == 5:
        git("rm", "--quiet", "--force", "--cached", name, ok=False)
    elif action == 6:
        git("add", "--intent-to-add", name, ok=False)
    elif action == 7:
        git("add", name, ok=False)
    elif action == 8:
        git("commit", "--quiet", "--message", "change", ok=False)


@pytest.mark.parametrize("seed", range(25))
def test_the_disk_under_an_overlay_is_the_project_before_and_after(repository: Path, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(14):
        _work(chance)
        Path("m").mkdir(exist_ok=True)
    assert seen(since("main").before) == tree("main")
    found = staged()
    assert seen(found.before) == tree("HEAD")
    assert seen(found.after) == tree(git("write-tree"))


# --- nothing of the repository is run --------------------------------------------------------------------


@posix_only
@pytest.mark.parametrize("setting", ["filter.x.clean", "filter.x.process", "core.fsmonitor"])
def test_a_program_in_the_configuration_is_not_run(repository: Path, setting: str) -> None:
    git("config", setting, "touch ../ran; cat")
    git("config", "filter.x.required", "true")
    write(".gitattributes", "*.sql filter=x\n")
    os.utime("m/1.sql", (1, 1))
    since("main")
    staged()
    assert not os.path.exists("../ran")
    git("status", ok=False)
    assert os.path.exists("../ran")


@posix_only
def test_a_filter_that_could_not_be_switched_off_is_refused(repository: Path) -> None:
    git("config", "filter.x=y.clean", "cat")
    with pytest.raises(GitError, match=r"'filter\.x=y'"):
        since("main")


@posix_only
def test_a_hook_is_not_run(repository: Path) -> None:
    hook = Path(".git/hooks/post-index-change")
    write(str(hook), "#!/bin/sh\ntouch ran\n")
    hook.chmod(0o755)
    os.utime("m/1.sql", (1, 1))
    since("main")
    staged()
    assert not os.path.exists("ran")
    git("status")
    assert os.path.exists("ran")


@posix_only
def test_a_program_of_the_project_is_not_taken_for_git(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("git", "#!/bin/sh\ntouch ran\n")
    Path("git").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", os.environ["PATH"]]))
    assert kinds(since("main")) == {"git": ADDED}
    assert not os.path.exists("ran")


def test_git_is_not_needed_to_start() -> None:
    code = "import sys, miglint.git; sys.exit('subprocess' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- errors -------------------------------------------------------------------------------------------


def _error(call: Callable[[], ChangeSet]) -> tuple[str, str]:
    with pytest.raises(GitError) as raised:
        call()
    assert raised.value.exit_code == 2
    return raised.value.message, raised.value.hint


def test_a_folder_in_no_repository_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert _error(staged)[0] == ".: not in a git repository"
    assert _error(lambda: since("main"))[0] == ".: not in a git repository"
    monkeypatch.setenv("GIT_DIR", "elsewhere")
    assert "GIT_DIR is set to 'elsewhere'" in _error(staged)[1]


def test_a_folder_that_is_none_is_an_error(repository: Path) -> None:
    assert _error(lambda: since("main", "missing"))[0] == "missing: no such folder"
    assert _error(lambda: staged("m/1.sql"))[0] == "m/1.sql: no such folder"


def test_a_repository_without_working_tree_is_an_error(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("clone", "--quiet", "--bare", ".", "../bare")
    expected = "not in the working tree of a git repository"
    assert expected in _error(lambda: since("main", "../bare"))[0]
    assert expected in _error(lambda: since("main", ".git"))[0]


def test_a_folder_that_looks_like_a_repository_is_not_taken_for_one(repository: Path) -> None:
    git("clone", "--quiet", "--bare", ".", "fixtures/repository")
    git("-C", "fixtures/repository", "config", "core.bare", "false")
    git("-C", "fixtures/repository", "config", "core.worktree", ".")
    assert "not in the working tree" in _error(lambda: since("main", "fixtures/repository"))[0]


def test_git_that_is_not_installed_is_an_error(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert _error(staged)[0] == "git is not installed, or not on the PATH"


def test_the_repository_of_another_user_is_an_error_with_what_git_proposes(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    message, hint = _error(staged)
    assert "dubious ownership" in message
    assert "git config --global --add safe.directory" in hint


@pytest.mark.parametrize(
    "ref", ["-x", "--all", "--output=ran", "^main", "main..feature", "main...feature", "a\0b"]
)
def test_what_is_no_name_of_a_commit_is_never_given_to_git(repository: Path, ref: str) -> None:
    assert _error(lambda: since(ref))[0] == f"{ref!r} is not a valid commit name"
    assert not os.path.exists("ran")


def test_an_empty_name_is_an_error(repository: Path) -> None:
    assert _error(lambda: since(""))[0] == "the commit to compare with has no name"


def test_a_branch_that_only_the_remote_has_is_proposed(repository: Path) -> None:
    git("update-ref", "refs/remotes/origin/dev", "HEAD")
    assert _error(lambda: since("dev")) == ("git knows no commit 'dev'", "did you mean 'origin/dev'?")
    assert _error(lambda: since("upstream/dev"))[1] == "did you mean 'origin/dev'?"


def test_a_similar_name_is_proposed(repository: Path) -> None:
    assert _error(lambda: since("mian"))[1] == "did you mean 'main'?"


def test_how_to_fetch_an_unknown_branch_or_commit_is_told(repository: Path) -> None:
    git("remote", "add", "origin", "../nowhere")
    fetch = "`git fetch origin dev:refs/remotes/origin/dev`"
    assert _error(lambda: since("dev"))[1] == fetch
    assert _error(lambda: since("origin/dev"))[1] == fetch
    assert _error(lambda: since("1" * 40))[1] == f"`git fetch origin {'1' * 40}`"


def test_a_name_that_a_shell_would_obey_is_not_part_of_a_command(repository: Path) -> None:
    git("remote", "add", "origin", "../nowhere")
    assert _error(lambda: since("dev;$(x)")) == ("git knows no commit 'dev;$(x)'", "")


def test_zeros_are_explained(repository: Path) -> None:
    assert "zeros mean a new branch" in _error(lambda: since("0" * 40))[1]


@pytest.mark.parametrize("ref", ["HEAD:m", "HEAD^{tree}", "HEAD:m/1.sql", "HEAD~9", "@{upstream}"])
def test_what_is_no_commit_is_unknown(repository: Path, ref: str) -> None:
    assert _error(lambda: since(ref))[0] == f"git knows no commit {ref!r}"


def test_before_the_first_commit_there_is_nothing_to_compare_with(empty: Path) -> None:
    assert _error(lambda: since("main"))[0] == "there is no commit yet to compare with"


def test_histories_that_never_meet_are_an_error(repository: Path) -> None:
    git("checkout", "--quiet", "--orphan", "alone")
    commit({"m/4.sql": sql(4)})
    message, hint = _error(lambda: since("main"))
    assert message == "'main' and HEAD have no commit in common"
    assert "shallow" not in hint


def test_a_shallow_clone_is_explained(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit({"m/4.sql": sql(4)})
    url = repository.as_uri()
    git("clone", "--quiet", "--depth=1", "--branch=feature", url, "../shallow")
    monkeypatch.chdir("../shallow")
    message, hint = _error(lambda: since("origin/main"))
    assert message == "git knows no commit 'origin/main'"
    assert "`fetch-depth: 0`" in hint
    assert "`git fetch origin main:refs/remotes/origin/main`" in hint
    git("fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main")
    message, hint = _error(lambda: since("origin/main"))
    assert message == "'origin/main' and HEAD have no commit in common"
    assert "`git fetch --unshallow`" in hint
    git("fetch", "--quiet", "--unshallow")
    assert kinds(since("origin/main")) == {"m/4.sql": ADDED}


def test_a_partial_clone_fetches_nothing(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("mv", "m/1.sql", "m/one.sql")
    commit({"m/one.sql": sql(1) + "SELECT 1;\n"})
    git("config", "uploadpack.allowFilter", "true")
    git("clone", "--quiet", "--filter=blob:none", "--branch=feature", repository.as_uri(), "../partial")
    monkeypatch.chdir("../partial")
    git("mv", "m/2.sql", "m/two.sql")
    write("m/3.sql", "SELECT 1;\n")
    found = miglint.git.since("origin/main")
    assert kinds(found) == {"m/1.sql": DELETED, "m/3.sql": MODIFIED, "m/one.sql": ADDED, "m/two.sql": RENAMED}
    assert [read(by_path(found)[path].before) for path in ("m/3.sql", "m/two.sql")] == [
        sql(number).encode() for number in (3, 2)
    ]
    message, hint = _error(lambda: since("origin/main"))
    assert message == "m/1.sql: git lacks the content to compare with"
    assert "`git diff --stat REF...HEAD` fetches" in hint
    git("diff", "--stat", "origin/main...HEAD")
    assert by_path(since("origin/main"))["m/1.sql"].before == sql(1).encode()


def test_a_damaged_repository_is_an_error(repository: Path) -> None:
    blob = git("rev-parse", "HEAD:m/1.sql")
    write("m/1.sql", "SELECT 1;\n")
    path = Path(".git/objects", blob[:2], blob[2:])
    path.chmod(0o600)
    path.unlink()
    assert _error(lambda: since("main"))[0] == "m/1.sql: git lacks the content to compare with"
    Path(".git/index").write_bytes(b"DIRC no index")
    assert _error(lambda: since("main"))[0].startswith("`git diff-index` failed: ")


@posix_only
@pytest.mark.parametrize("slow", ["rev-parse", "cat-file"])
def test_git_that_does_not_answer_is_an_error(
    repository: Path, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    write("m/1.sql", "SELECT 1;\n")
    real = subprocess.run(["which", "git"], capture_output=True, check=True, text=True).stdout.strip()
    write("../bin/git", f'#!/bin/sh\ncase "$*" in *{slow}*) exec sleep 30;; esac\nexec {real} "$@"\n')
    Path("../bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{repository.parent / 'bin'}{os.pathsep}{os.environ['PATH']}")
    for module in (_running, sys.modules["miglint.git._contents"]):
        monkeypatch.setattr(module, "SECONDS", 1)
    assert _error(lambda: since("main"))[0] == f"`git {slow}` did not finish within 1 seconds"


@posix_only
def test_what_a_terminal_could_obey_is_escaped(repository: Path) -> None:
    assert _error(lambda: since("main", "\x1b[2J"))[0] == "\\x1b[2J: no such folder"
    assert _error(lambda: since("\x1b[2J"))[0] == "git knows no commit '\\x1b[2J'"


# --- what is checked out --------------------------------------------------------------------------------


def test_a_name_is_that_of_the_commit_that_is_checked_out_or_of_another(repository: Path) -> None:
    first = git("rev-parse", "HEAD")
    assert is_head("HEAD")
    assert is_head(first)
    commit({"m/4.sql": sql(4)})
    git("branch", "same")
    assert is_head("same")
    assert not is_head(first)
    git("checkout", "--quiet", "-b", "aside", first)
    commit({"m/5.sql": sql(5)})
    assert not is_head("same")


def test_a_name_of_nothing_is_not_that_of_what_is_checked_out(repository: Path) -> None:
    with pytest.raises(GitError, match="nothing-like-it"):
        is_head("nothing-like-it")
