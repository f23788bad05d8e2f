"""What is written of operations is read as the same, and leaves the same in a SQLite database."""

from contextlib import closing
from pathlib import Path

import pytest
from tests.verify.sqlite.database import connect, real_schema, refusal
from tests.verify.sqlite.test_forms import FORMS, SETUP
from tests.written import bare, operations, statements

from miglint.dialects.sql.words import NotSpelled
from miglint.dialects.sqlite import dialect
from miglint.model import (
    CreateTable,
    CreateTrigger,
    CreateView,
    Delete,
    Insert,
    Opaque,
    Select,
    Unparsed,
    Update,
)

NOT_SPELLED = (CreateTrigger, CreateView, Delete, Insert, Opaque, Select, Unparsed, Update)
"""What they hold is only in the text of their statements."""


@pytest.mark.parametrize("form", FORMS)
def test_what_is_written_means_the_same(form: str, tmp_path: Path) -> None:
    written = []
    for statement, schema, path in statements(dialect, f"{SETUP};\n{form}"):
        for operation in statement.operations:
            if isinstance(operation, NOT_SPELLED) or (isinstance(operation, CreateTable) and operation.query):
                with pytest.raises(NotSpelled):
                    dialect.write(operation)
                written.append(statement.text)
                continue
            for qualified in (False, True):
                sql = dialect.write(operation, qualified=qualified)
                assert [*map(bare, operations(dialect, sql, schema, path))] == [bare(operation)], sql
                written += [] if qualified else [sql]

    left = []
    for name, setup, texts in (("given", SETUP, [form]), ("written", "", written)):
        with closing(connect(tmp_path / name)) as connection:
            connection.executescript(setup)
            refused = [bool(refusal(connection, text)) for text in texts]
            left.append((refused[-1], real_schema(connection)))
    assert left[0] == left[1], written[-1]


@pytest.mark.parametrize("name", ["index", "Mixed", "a b", 'say "hi"', "if", "1st", "ordinary"])
def test_any_name_can_be_written(name: str) -> None:
    (statement, *_), *_ = statements(dialect, f'CREATE TABLE t ("{name.replace(chr(34), chr(34) * 2)}" TEXT)')
    (operation,) = statement.operations

    (read,) = operations(dialect, dialect.write(operation), dialect.schema, ())
    assert bare(read) == bare(operation)
