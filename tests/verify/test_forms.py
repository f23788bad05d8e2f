"""Every row of the effects model, executed on the servers that pip installs."""

import psycopg
import pytest
from tests.verify.compare import Difference
from tests.verify.form import Form, write_migrations, written
from tests.verify.forms import FORMS
from tests.verify.histories import from_plan, run

from miglint import model
from miglint.engine import Plan
from miglint.engine import run as run_history
from miglint.model import Direction, History, Migration, Script, Source, Span, Step, TransactionMode
from miglint.rule import Policy
from miglint.verify.server import MAJORS, Connection, Server, running_server

ROWS = 3
REFUSED = [form for form in FORMS if form.refused]
DONE = [form for form in FORMS if not form.refused]


@pytest.mark.parametrize("major", MAJORS)
def test_the_model_says_what_the_server_does(major, tmp_path, monkeypatch):
    write_migrations(DONE, major, tmp_path / "migrations")
    monkeypatch.chdir(tmp_path)
    unseen = {schema: form.unseen for form, schema in written(DONE, major) if form.unseen}
    before = "".join(f"CREATE SCHEMA {name}; SET search_path = {name}; {sql}" for name, sql in unseen.items())

    history = from_plan("migrations")
    with running_server(major, {"timezone": "America/New_York"}) as server:
        result = run(history, server, ROWS, before)

    failed = [(o.statement.text, o.failure) for o in result.replayed.observations if o.failure]
    assert failed == []
    assert [str(d) for d in result.comparison.differences] == []
    # Of what was there before the history nobody told.
    schemas = [d for d in result.schema_comparison.differences if _schema_of(d) not in unseen]
    assert [str(d) for d in schemas] == []


@pytest.mark.parametrize("form", REFUSED, ids=lambda form: form.statement)
def test_the_model_says_what_the_server_refuses(form: Form, server: Server):
    for known, _ in written([form], server.major):
        codes = foretold(known, server.major)
        with server.database("refused") as database, server.connect(database) as connection:
            connection.execute(f"CREATE SCHEMA f0; SET search_path = f0; {known.setup}")
            refused = _refusal(connection, known)

        assert refused == form.refused
        assert codes == ({form.refused} if form.foretold else set())


def _schema_of(difference: Difference) -> str:
    """Give the form's own schema; one that a form makes beside it has a longer name."""
    return difference.where.partition(".")[0].partition("_")[0]


def foretold(form: Form, major: int) -> set[str]:
    setup = f"CREATE SCHEMA f0; SET search_path = f0; {form.setup}"
    mode = TransactionMode.PER_MIGRATION if _in_transaction(form) else TransactionMode.PER_STATEMENT
    texts = (setup, f"SET search_path = f0; {form.statement}")
    migrations = tuple(
        Migration(name, up=Script(Source(name, text), Span(0, len(text)), Direction.UP, mode))
        for name, text in zip("12", texts, strict=True)
    )
    plan = Plan(policy=Policy(servers=(model.Server("postgres", (major,), "the test"),)))
    return _codes(run_history(History("test", ".", "postgres", migrations), plan).steps[-1])


def _codes(step: Step) -> set[str]:
    # What comes after the first may be a consequence of it: the server has stopped there.
    certain = {failure.sqlstate for failure in [f for f in step.effects.failures if f.certain][:1]}
    refused = step.effects.outside_transaction and step.transaction is not None
    return certain | ({"25001"} if refused else set())


def _in_transaction(form: Form) -> bool:
    return form.refused == "25001"


def _refusal(connection: Connection, form: Form) -> str | None:
    try:
        if _in_transaction(form):
            connection.execute("BEGIN")
        connection.execute(form.statement)
    except psycopg.Error as error:
        return error.sqlstate
    return None
