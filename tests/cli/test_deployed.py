"""What git knows to be deployed together is one release, and clones may differ in what they know."""

import json
import subprocess

import pytest

USERS = "CREATE TABLE users (id bigint PRIMARY KEY);\n"
ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, status text);\n"
INDEX = "CREATE INDEX orders_status ON orders (status);\n"
CHECK = ("check", ".", "--output-format", "json")
SHALLOW = "the clone is shallow"


def git(folder, *words):
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def rules(outcome):
    found = {finding["rule"] for finding in json.loads(outcome.out)["findings"]}
    return found - {"missing-lock-timeout", "missing-down"}


@pytest.fixture
def commit(write):
    """Commit files to the repository in the temporary folder."""

    def put(files):
        folder = write(files)
        if not (folder / ".git").exists():
            git(folder, "init", "-q")
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", "change")
        return folder

    return put


@pytest.fixture
def project(commit):
    """A table and its index, written five days apart and merged with one commit, behind an older table."""
    commit({"shop/migrations/20240101000000_users.sql": USERS, "README": "shop"})
    return commit(
        {
            "shop/migrations/20240305101500_orders.sql": ORDERS,
            "shop/migrations/20240310101500_index.sql": INDEX,
        }
    )


def clone(folder, name, depth):
    to = folder.with_name(f"{folder.name}-{name}")
    git(folder, "clone", "-q", f"--depth={depth}", folder.as_uri(), str(to))
    return to


def test_a_table_that_came_with_the_same_commit_is_not_in_use(miglint, project, commit):
    assert rules(miglint(*CHECK)) == set()
    assert rules(miglint("check", "shop/migrations/20240310101500_index.sql", *CHECK[2:])) == set()
    assert rules(miglint(*CHECK, cwd=project / "shop" / "migrations")) == set()

    commit({"shop/migrations/20240312101500_more.sql": "CREATE INDEX orders_id ON orders (id, status);\n"})
    assert rules(miglint(*CHECK)) == {"blocking-index-build"}


def test_a_table_that_came_with_another_commit_is_in_use(miglint, commit):
    commit({"migrations/20240101000000_users.sql": USERS})
    commit({"migrations/20240305101500_orders.sql": ORDERS})
    commit({"migrations/20240310101500_index.sql": INDEX})

    assert rules(miglint(*CHECK)) == {"blocking-index-build"}


def test_what_was_deployed_before_can_stand_between(miglint, commit):
    commit({"migrations/20240101000000_users.sql": USERS})
    commit({"migrations/20240307101500_users_index.sql": "CREATE INDEX users_id ON users (id);\n"})
    commit(
        {
            "migrations/20240305101500_orders.sql": ORDERS,
            "migrations/20240310101500_index.sql": INDEX,
        }
    )
    found = json.loads(miglint(*CHECK).out)["findings"]

    assert {f["path"] for f in found if f["rule"] == "blocking-index-build"} == {
        "migrations/20240307101500_users_index.sql"
    }


def test_a_finding_is_less_sure_where_no_tag_lies_between_the_table_and_the_statement(
    miglint, commit, monkeypatch
):
    def found():
        report = json.loads(miglint(*CHECK).out)["findings"]
        return next((f["message"], f["confidence"]) for f in report if f["rule"] == "blocking-index-build")

    sure = ("index build blocks writes to orders until it ends", "high")
    files = {"20240101000000_users": USERS, "20240305101500_orders": ORDERS, "20240310101500_index": INDEX}
    for day, (name, sql) in enumerate(files.items(), 1):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"2024-03-0{day}T00:00:00Z")
        folder = commit({f"migrations/{name}.sql": sql})
    assert found() == sure

    git(folder, "tag", "after", "HEAD")
    condition = (
        ", unless it is deployed together with 20240305101500_orders: no release is tagged between them"
    )
    assert found() == (sure[0] + condition, "medium")
    assert miglint("baseline", ".").code == 0
    assert miglint("check").code == 0

    (folder / "miglint-baseline.json").unlink()
    git(folder, "tag", "v2.0-beta", "HEAD^")
    assert found() == (sure[0] + condition, "medium")
    git(folder, "tag", "between", "HEAD^")
    assert found() == sure


def test_what_is_not_committed_has_not_come(miglint, commit, write):
    commit({"migrations/20240101000000_users.sql": USERS})
    write({"migrations/20240305101500_orders.sql": ORDERS, "migrations/20240310101500_index.sql": INDEX})

    assert rules(miglint(*CHECK)) == {"blocking-index-build"}


def test_the_text_of_standard_input_is_judged_by_names(miglint, project):
    words = ("check", "-", "--stdin-filename", "shop/migrations/20240310101500_index.sql", *CHECK[2:])

    assert rules(miglint(*words, stdin=INDEX.encode())) == {"blocking-index-build"}


def test_the_plan_takes_them_for_one_release_too(miglint, project):
    assert "new in this release" in miglint("plan", "--statements", ".").out
    assert (
        "new in this release"
        not in miglint("plan", "--statements", ".", cwd=clone(project, "shallow", 1)).out
    )


def test_a_shallow_clone_finds_more_and_says_why(miglint, project):
    outcome = miglint(*CHECK, cwd=clone(project, "shallow", 1))

    assert rules(outcome) == {"blocking-index-build"}
    assert SHALLOW in outcome.err
    assert "fetch-depth: 0" in outcome.err
    assert SHALLOW not in miglint(*CHECK).err
    assert miglint("check", "-q", cwd=clone(project, "quiet", 1)).err == ""


def test_a_shallow_clone_without_findings_has_nothing_to_say(miglint, commit):
    commit({"migrations/20240101000000_users.sql": "SET lock_timeout = '5s';\n" + USERS})
    folder = commit({"migrations/20240305101500_orders.sql": "SET lock_timeout = '5s';\n" + ORDERS})
    outcome = miglint(*CHECK, cwd=clone(folder, "shallow", 1))

    assert (outcome.code, outcome.err) == (0, "")


def test_a_baseline_of_one_clone_holds_in_another(miglint, project):
    shallow = clone(project, "shallow", 1)
    texts = []
    for folder in (project, shallow):
        assert miglint("baseline", "shop", cwd=folder).code == 0
        texts.append((folder / "miglint-baseline.json").read_text())
        for other in (project, shallow):
            (other / "miglint-baseline.json").write_text(texts[-1])
            outcome = miglint("check", cwd=other)
            assert (outcome.code, "stale" in outcome.out, outcome.err) == (0, False, ""), other
    assert texts[0] == texts[1]


def test_an_entry_that_no_clone_needs_is_stale_in_each(miglint, project, commit):
    assert miglint("baseline", "shop").code == 0
    folder = commit({"shop/migrations/20240310101500_index.sql": "SELECT 1;\n", "README": "shops"})

    for cwd in (folder, clone(folder, "shallow", 1)):
        assert "stale-baseline-entry" in rules(miglint(*CHECK, cwd=cwd)), cwd


def test_a_comment_that_another_clone_needs_is_not_called_unused(miglint, project, commit):
    ignore = "-- miglint: ignore[blocking-index-build] five rows\n"
    folder = commit({"shop/migrations/20240310101500_index.sql": ignore + INDEX})
    # Something to say, or git is not asked.
    commit({"shop/migrations/20240312101500_more.sql": "DROP TABLE users;\n"})

    for cwd in (folder, clone(folder, "shallow", 1)):
        assert rules(miglint(*CHECK, cwd=cwd)) == {"dropped-table"}, cwd


def test_the_first_of_many_places_is_the_first_that_is_left(miglint, project, commit):
    for day in (12, 14, 16):
        index = f"CREATE INDEX users_{day} ON users ((id + {day}));\n"
        commit({f"shop/migrations/202403{day}101500_more.sql": index})

    def place(cwd):
        found = json.loads(miglint(*CHECK, cwd=cwd).out)["findings"]
        (path,) = (one["path"] for one in found if one["rule"] == "missing-lock-timeout")
        return path.rpartition("/")[2]

    assert place(clone(project, "shallow", 1)) == "20240310101500_index.sql"
    assert place(project) == "20240312101500_more.sql"


def test_git_that_refuses_is_not_in_the_way(miglint, project):
    (project / ".git" / "HEAD").write_text("nonsense")
    outcome = miglint(*CHECK)

    assert rules(outcome) == {"blocking-index-build"}
    assert "what was deployed together is known from names alone" in outcome.err
