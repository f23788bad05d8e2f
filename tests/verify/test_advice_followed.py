"""The command that follows advice, on the histories under `fixtures/`."""

from pathlib import Path

from tests.verify import advice

ROOT = Path(__file__).parents[2]


def test_all_advice_for_the_fixtures_is_accepted(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    folders = [f"fixtures/{path.name}" for path in (ROOT / "fixtures").iterdir() if path.is_dir()]
    failed = advice.main([*folders, "--show", "99"])
    printed = capsys.readouterr().out
    assert not failed, printed
    followed = dict(line.split(maxsplit=1) for line in printed.splitlines() if line)
    assert {"blocking-index-build", "foreign-key-scan"} <= followed.keys()
