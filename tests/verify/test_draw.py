from pathlib import Path

from tests.verify.draw import check, described, draw

_FIXTURES = Path(__file__).parents[2] / "fixtures"


def _found(**sizes: int) -> dict[Path, list[dict[str, object]]]:
    return {Path(name): [{"rule": f"{name}-{n}"} for n in range(size)] for name, size in sizes.items()}


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
