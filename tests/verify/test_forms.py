"""Every row of the effects model, executed on the servers that pip installs."""

import pytest
from tests.verify.forms import FORMS
from tests.verify.histories import from_plan, run
from tests.verify.server import running_server

ROWS = 3


@pytest.fixture(scope="module")
def forms_folder(tmp_path_factory):
    """Write each form as two migrations in a schema of its own."""

    def write(major):
        folder = tmp_path_factory.mktemp("forms") / "migrations"
        folder.mkdir()
        for number, form in enumerate(FORMS):
            if form.since > major:
                continue
            path = f"SET search_path = f{number};"
            setup = f"CREATE SCHEMA f{number};\n{path}\n{form.setup}\n"
            (folder / f"{number:04}0_setup.sql").write_text(setup)
            (folder / f"{number:04}1_form.sql").write_text(f"{path}\n{form.statement};\n")
        return folder

    return write


@pytest.mark.parametrize("major", [16, 18])
def test_the_model_says_what_the_server_does(major, forms_folder, monkeypatch):
    folder = forms_folder(major)
    (folder.parent / "miglint.toml").write_text(f"postgres_version = {major}\n")
    monkeypatch.chdir(folder.parent)

    history = from_plan("migrations")
    with running_server(major, {"timezone": "America/New_York"}) as server:
        result = run(history, server, ROWS)

    failed = [(o.statement.text, o.failure) for o in result.replayed.observations if o.failure]
    assert failed == []
    assert [str(d) for d in result.comparison.differences] == []
    assert [str(d) for d in result.schema_comparison.differences] == []
