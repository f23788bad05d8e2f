"""What the servers did with the forms, kept, so that predictions are compared with it without a server."""

import contextlib
import hashlib
import io
import json
import os
import pickle
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.verify import catalog, replay
from tests.verify.compare import compare_plan, compare_schemas
from tests.verify.form import Form, write_migrations, written
from tests.verify.forms import FORMS
from tests.verify.histories import from_plan
from tests.verify.observe import Observation

from miglint.verify.server import MAJORS, running_server

ROOT = Path(__file__).parents[2]
_FOLDER = "migrations"
_DONE = [form for form in FORMS if not form.refused]
_REFUSED = [form for form in FORMS if form.refused]
_CACHE = ROOT / ".pytest_cache" / "forms"


class Observed(NamedTuple):
    """What a server did with all forms, and what its catalog said in the end."""

    observations: tuple[Observation, ...]
    dump: Mapping[str, Any]


class Answers(NamedTuple):
    """By major."""

    observed: Mapping[int, Observed]

    def agree(self, folder: Path) -> bool:
        """Tell whether miglint, as it is in this process, says of all forms what the servers did."""
        here = Path.cwd()
        try:
            for major, observed in self.observed.items():
                base = folder / f"forms{major}"
                if not base.exists():
                    write_migrations(_DONE, major, base / _FOLDER)
                os.chdir(base)
                if not _agrees(observed, major):
                    return False
        finally:
            os.chdir(here)
        return all(_refused_as_foretold(form, major) for form in _REFUSED for major in self.observed)


def _agrees(observed: Observed, major: int) -> bool:
    plan, schema = (_asked(command) for command in ("plan", "schema"))
    if plan is None or schema is None:
        return False
    rows = [row for history in plan.get("histories", [plan]) for row in history["statements"]]
    places = {(row["path"], row["start"]) for row in rows}
    if any((seen.statement.path, seen.statement.start) not in places for seen in observed.observations):
        return False  # what miglint gives up on is in no plan
    unseen = {name for form, name in written(_DONE, major) if form.unseen}
    schemas = compare_schemas({"schemas": _schemas(schema)}, observed.dump)
    wrong = [d for d in schemas.differences if d.where.partition(".")[0].partition("_")[0] not in unseen]
    return not compare_plan(rows, observed.observations).differences and not wrong


def _schemas(answer: Mapping[str, Any]) -> Any:
    return answer["schemas"] if "schemas" in answer else answer["histories"][0]["schemas"]


def _asked(command: str) -> Any:
    from miglint.cli.program import main

    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try:
            main([command, _FOLDER, "--output-format", "json"])
        except SystemExit:
            return None
    return json.loads(out.getvalue())


def _refused_as_foretold(form: Form, major: int) -> bool:
    from tests.verify.test_forms import foretold

    return all(
        foretold(known, major) == ({form.refused} if form.foretold else set())
        for known, _ in written([form], major)
    )


def answers() -> Answers:
    """Run the forms on each server; the answers are kept until a form changes."""
    digest = hashlib.sha256(repr(FORMS).encode())
    for path in sorted((ROOT / "tests" / "verify").glob("*.py")):
        digest.update(path.read_bytes())
    file = _CACHE / digest.hexdigest()[:16]
    if file.exists():
        return Answers(pickle.loads(file.read_bytes()))
    found = {major: _observed(major) for major in MAJORS}
    _CACHE.mkdir(parents=True, exist_ok=True)
    for old in _CACHE.iterdir():
        old.unlink()
    file.write_bytes(pickle.dumps(found))
    return Answers(found)


def _observed(major: int) -> Observed:
    unseen = {schema: form.unseen for form, schema in written(_DONE, major) if form.unseen}
    before = "".join(f"CREATE SCHEMA {s}; SET search_path = {s}; {sql}" for s, sql in unseen.items())
    here, settings = Path.cwd(), {"timezone": "America/New_York"}
    with tempfile.TemporaryDirectory() as folder, running_server(major, settings) as server:
        write_migrations(_DONE, major, Path(folder) / _FOLDER)
        os.chdir(folder)
        try:
            history = from_plan(_FOLDER)
        finally:
            os.chdir(here)
        with server.database("forms"):
            with server.connect("forms") as connection:
                connection.execute(before)
            replayed = replay.replay(server, "forms", history.statements, 3)
            with server.connect("forms") as connection:
                return Observed(tuple(replayed.observations), catalog.dump(connection))
