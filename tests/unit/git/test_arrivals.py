"""Which files came together, from real repositories."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from git_project import commit, git, sql, write

from miglint.errors import GitError
from miglint.git import arrivals


def came(*endings: str) -> list[list[str]]:
    """Give the files of each commit that brought some, the latest first."""
    found = arrivals(os.getcwd(), endings or [".sql"])
    return [sorted(os.path.relpath(path) for path in one.files) for one in found.commits if one.files]


def merge(branch: str, message: str, files: Mapping[str, str]) -> None:
    """Bring a branch with one commit for each file, and leave a merge of it."""
    git("checkout", "--quiet", "-b", branch)
    for path, text in files.items():
        commit({path: text})
    git("checkout", "--quiet", "-")
    git("merge", "--quiet", "--no-ff", "--message", message, branch)


def test_each_file_came_with_its_commit(repository: Path) -> None:
    commit({"m/4.sql": sql(4), "m/5.sql": sql(5), "README": "x"})
    commit({"m/4.sql": "SELECT 1;\n"})

    assert came() == [["m/4.sql", "m/5.sql"], ["m/1.sql", "m/2.sql", "m/3.sql"]]
    assert came(".sql", ".md") == came()


def test_only_files_with_the_endings_count(repository: Path) -> None:
    commit({"m/4.sql": sql(4), "m/5.xml": "<a/>"})

    assert came(".xml") == [["m/5.xml"]]


def test_a_merge_brings_what_its_branch_has(repository: Path) -> None:
    merge("topic", "Merge branch 'topic'", {"m/4.sql": sql(4), "m/5.sql": sql(5)})

    assert came()[0] == ["m/4.sql", "m/5.sql"]
    git("checkout", "--quiet", "topic")
    assert came()[:2] == [["m/5.sql"], ["m/4.sql"]]


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("Merge pull request #12 from someone/main", True),
        ("Merge branch 'develop'", True),
        ("Merge branch 'develop' into main", True),
        ("Merge branch 'release-4' of github.com:acme/shop", True),
        ("Merge branch 'develop' of github.com:acme/shop into develop", False),
        ("Merge branch 'main' of https://github.com/acme/shop", False),
        ("Merge branch 'main' into develop", False),
        ("Merge branch 'master' into 'develop'", False),
        ("Merge remote-tracking branch 'origin/main'", False),
        ("Merge remote-tracking branch 'origin/topic'", True),
    ],
)
def test_a_pull_brings_what_others_merged_one_by_one(repository: Path, message: str, says: bool) -> None:
    merge("topic", message, {"m/4.sql": sql(4), "m/5.sql": sql(5)})

    assert (["m/4.sql", "m/5.sql"] in came()) is says


@pytest.mark.parametrize(
    ("tag", "at", "message", "says"),
    [
        ("v1", "main", "Merge branch 'topic'", True),
        ("v2", "topic", "Merge branch 'topic'", True),
        ("v2", "topic~1", "Merge branch 'topic'", False),
        ("arctic-1", "topic~1", "Merge branch 'topic'", False),
        ("v1", "main", "Merge pull request #7 from acme/master", False),
        ("v1", "main", "Merge pull request #7 from acme/master-plan", True),
        (None, "main", "Merge branch 'topic'", False),
    ],
)
def test_a_branch_is_released_at_once_if_no_tag_is_in_it(
    repository: Path, tag: str | None, at: str, message: str, says: bool
) -> None:
    git("branch", "--force", "main", "HEAD")
    merge("topic", message, {"m/4.sql": sql(4), "m/5.sql": sql(5)})
    if tag:
        git("tag", tag, at)
    found = arrivals(os.getcwd(), [".sql"])

    assert found.commits[0].unreleased() is says
    assert not found.commits[1].unreleased()
    assert len(found.tags) == (tag is not None)


@pytest.mark.parametrize("tag", ["v2.0-rc.1", "v2.0.0beta2", "v2.0.0-alpha", "nightly-2"])
def test_an_unfinished_version_is_no_release(repository: Path, tag: str) -> None:
    merge("topic", "Merge branch 'topic'", {"m/4.sql": sql(4), "m/5.sql": sql(5)})
    git("tag", tag, "topic~1")
    assert not arrivals(os.getcwd(), [".sql"]).commits[0].unreleased()
    assert len(arrivals(os.getcwd(), [".sql"]).tags) == 1
    git("tag", "v1", "topic~2")
    git("tag", "v2", "topic")
    found = arrivals(os.getcwd(), [".sql"])

    assert found.commits[0].unreleased()
    assert len(found.tags) == 2


def test_tags_have_times_and_so_have_commits(repository: Path) -> None:
    git("tag", "light", "HEAD")
    git("tag", "--annotate", "--message", "x", "noted", "HEAD")
    git("tag", "blob", "HEAD:m/1.sql")
    git("tag", "v2-rc1", "HEAD")
    found = arrivals(os.getcwd(), [".sql"])

    assert len(found.tags) == 2
    assert found.tags[0] == found.commits[-1].at > 0


def test_the_subject_of_a_commit_that_is_no_merge_means_nothing(repository: Path) -> None:
    write("m/4.sql", sql(4))
    git("add", "--all")
    git("commit", "--quiet", "--message", "Merge branch 'main' into develop")

    assert came()[0] == ["m/4.sql"]


def test_a_file_that_was_moved_came_when_it_was_new(repository: Path) -> None:
    commit({"m/4.sql": sql(4)})
    Path("db").mkdir()
    git("mv", "m", "db/migrations")
    commit({"db/migrations/5.sql": sql(5)})
    git("mv", "db/migrations/5.sql", "db/migrations/6.sql")
    commit()

    assert came() == [
        ["db/migrations/6.sql"],
        ["db/migrations/4.sql"],
        [f"db/migrations/{number}.sql" for number in (1, 2, 3)],
    ]


def test_two_files_that_change_places_keep_their_commits(repository: Path) -> None:
    commit({"m/4.sql": sql(4)})
    commit({"m/5.sql": sql(5), "m/6.sql": sql(6)})
    for old, new in (("4", "x"), ("5", "4"), ("x", "5")):
        git("mv", f"m/{old}.sql", f"m/{new}.sql")
    commit()

    # Git sees two files that were edited.
    assert came()[:2] == [["m/5.sql", "m/6.sql"], ["m/4.sql"]]


def test_a_file_that_was_edited_as_it_was_moved_is_new_and_the_old_one_went(repository: Path) -> None:
    git("mv", "m/3.sql", "m/4.sql")
    commit({"m/4.sql": sql(3) + "SELECT 1;\n"})
    latest = arrivals(os.getcwd(), [".sql"]).commits[0]

    assert [os.path.relpath(path) for path in latest.files] == ["m/4.sql"]
    assert [os.path.relpath(path) for path in latest.removed] == ["m/3.sql"]


@pytest.mark.parametrize(
    ("hours", "new", "others", "says"),
    [
        (23, "m/0009_colour.sql", (), True),
        (23, "db/V9__colour.sql", (), True),
        (25, "m/0009_colour.sql", (), False),
        (23, "m/0009_colours.sql", (), False),
        (23, "m/0009.sql", (), False),
        (23, "m/0009_colour.sql", ("m/0010_colour.sql",), False),
    ],
)
def test_a_file_that_is_renumbered_within_a_day_came_when_it_was_new(
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
    hours: int,
    new: str,
    others: tuple[str, ...],
    says: bool,
) -> None:
    start = 1_700_000_000
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{start} +0000")
    commit({"m/0007_size.sql": sql(7), "m/0008_colour.sql": sql(8)})
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{start + hours * 3600} +0000")
    git("mv", "m/0007_size.sql", "m/0006_size.sql")
    git("rm", "--quiet", "m/0008_colour.sql")
    commit({new: sql(8) + "SELECT 1;\n", "m/0011_weight.sql": sql(11), **dict.fromkeys(others, sql(12))})

    together = sorted([new, "m/0006_size.sql"])
    assert (together in came()) is says
    assert (sorted([new, "m/0011_weight.sql", *others]) in came()) is not says


def test_a_file_that_was_edited_as_its_folder_was_moved_came_when_it_was_new(repository: Path) -> None:
    commit({"m/V4__a.sql": sql(4), "m/5_b/up.sql": sql(5), "m/5_b/down.sql": "DROP TABLE table_5;\n"})
    git("mv", "m", "db")
    commit({"db/V4__a.sql": sql(4) + "SELECT 1;\n", "db/5_b/up.sql": sql(5) + "SELECT 1;\n"})

    assert came()[0] == ["db/5_b/down.sql", "db/5_b/up.sql", "db/V4__a.sql"]


def test_a_folder_can_be_renumbered_again_and_again(repository: Path) -> None:
    commit({"m/1_size/up.sql": sql(7), "m/2_colour/up.sql": sql(8)})
    for old, new in ((2, 3), (3, 4), (4, 5)):
        git("rm", "--quiet", f"m/{old}_colour/up.sql")
        commit({f"m/{new}_colour/up.sql": sql(8) + f"SELECT {new};\n"})
    git("mv", "m", "db")
    commit()

    assert came()[0] == ["db/1_size/up.sql", "db/5_colour/up.sql"]


def test_a_file_that_came_twice_counts_for_nothing(repository: Path) -> None:
    commit({"m/4.sql": sql(4), "m/5.sql": sql(5)})
    git("rm", "--quiet", "m/5.sql")
    commit()
    commit({"m/5.sql": sql(5), "m/6.sql": sql(6)})

    assert came()[:2] == [["m/6.sql"], ["m/4.sql"]]


def test_a_shallow_clone_is_cut_and_its_last_commit_brings_all(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit({"m/4.sql": sql(4)})
    commit({"m/5.sql": sql(5)})
    git("clone", "--quiet", "--depth=2", "--branch=feature", repository.as_uri(), "../shallow")
    assert not arrivals(os.getcwd(), [".sql"]).cut
    monkeypatch.chdir("../shallow")

    assert arrivals(os.getcwd(), [".sql"]).cut
    assert came() == [["m/5.sql"], [f"m/{number}.sql" for number in (1, 2, 3, 4)]]


def test_a_partial_clone_has_all_that_is_asked_for(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("mv", "m", "n")
    commit({"n/4.sql": sql(4)})
    commit({"n/4.sql": "SELECT 1;\n", "n/3.sql": "SELECT 1;\n"})
    git("config", "uploadpack.allowFilter", "true")
    git("clone", "--quiet", "--filter=blob:none", "--branch=feature", repository.as_uri(), "../partial")
    expected = came()
    monkeypatch.chdir("../partial")

    assert came() == expected


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
@pytest.mark.parametrize(
    "setting",
    ["gpg.program", "core.pager", "diff.external", "diff.x.textconv", "diff.x.command", "alias.log"],
)
def test_a_program_in_the_configuration_is_not_run(repository: Path, setting: str) -> None:
    git("config", "log.showSignature", "true")
    git("config", setting, "!touch ../ran" if setting == "alias.log" else "touch ../ran; cat")
    commit({".gitattributes": "*.sql diff=x\n", "m/1.sql": "SELECT 1;\n", "m/4.sql": sql(4)})

    assert came()[0] == ["m/4.sql"]
    assert not os.path.exists("../ran")


def test_before_the_first_commit_nothing_has_come(empty: Path) -> None:
    write("m/1.sql", sql(1))

    assert came() == []


def test_what_is_in_no_repository_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    with pytest.raises(GitError, match="not a git repository"):
        arrivals(str(tmp_path), [".sql"])


@pytest.mark.parametrize(
    "setting",
    [
        ("log.follow", "true"),
        ("log.showRoot", "false"),
        ("log.diffMerges", "combined"),
        ("log.showSignature", "true"),
        ("log.decorate", "full"),
        ("diff.renames", "false"),
        ("diff.relative", "true"),
        ("color.ui", "always"),
        ("core.quotePath", "true"),
    ],
)
def test_the_users_settings_of_logs_do_not_matter(repository: Path, setting: tuple[str, str]) -> None:
    merge("topic", "Merge branch 'topic'", {"m/4.sql": sql(4), "m/ü.sql": sql(5)})
    git("mv", "m/2.sql", "m/7.sql")
    commit()
    expected = came()
    assert len(expected) == 2
    git("config", *setting)

    assert came() == expected


def test_a_team_can_call_its_releases_alpha(repository: Path) -> None:
    git("tag", "alpha_release-1", "HEAD")
    git("tag", "v2-alpha", "HEAD")
    assert len(arrivals(os.getcwd(), [".sql"]).tags) == 1
