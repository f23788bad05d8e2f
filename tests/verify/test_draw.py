import subprocess
from pathlib import Path

from tests.verify.draw import Drawn, check, check_changes, described, draw

_FIXTURES = Path(__file__).parents[2] / "fixtures"


def _found(**sizes: int) -> dict[Path, list[Drawn]]:
    return {
        Path(name): [Drawn(Path(name), {"rule": f"{name}-{n}"}) for n in range(size)]
        for name, size in sizes.items()
    }


def test_every_project_gives_its_share_and_the_large_one_the_rest() -> None:
    drawn = draw(_found(small=2, large=100), count=10, each=4, seed=1)
    assert [d.project.name for d in drawn].count("small") == 2
    assert len({d.finding["rule"] for d in drawn}) == 10


def test_the_same_seed_draws_the_same() -> None:
    found = _found(a=30, b=30)
    assert draw(found, 10, 4, seed=7) == draw(found, 10, 4, seed=7)
    assert draw(found, 10, 4, seed=7) != draw(found, 10, 4, seed=8)


def test_a_reader_sees_the_message_and_the_statement() -> None:
    project = _FIXTURES / "shop"
    lines = "\n".join(line for d in draw({project: check(project)}, 50, 50, 1) for line in described(d))
    assert "blocking-index-build" in lines
    assert "CREATE INDEX" in lines


def test_a_change_is_checked_as_a_pull_request(tmp_path: Path) -> None:
    def commit(name: str, text: str) -> None:
        (tmp_path / "migrations").mkdir(exist_ok=True)
        (tmp_path / "migrations" / name).write_text(text)
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.example"]
        subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
        subprocess.run(["git", "-C", tmp_path, *identity, "commit", "-qm", name], check=True)

    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    commit("1_towns.sql", "CREATE TABLE towns (id bigint PRIMARY KEY, name text);")
    commit("2_name.sql", "CREATE INDEX towns_name ON towns (name);")
    commit("3_more.sql", "CREATE TABLE more (id bigint); CREATE INDEX more_id ON more (id);")

    found = check_changes(tmp_path, 9, seed=1)

    assert "blocking-index-build" in {drawn.finding["rule"] for drawn in found}
    assert all(drawn.finding["path"] == "migrations/2_name.sql" for drawn in found if "index" in str(drawn))
    assert all(drawn.change and drawn.text for drawn in found)
