"""What is written of operations leaves on a server the same as the statements they come from."""

import re
from collections.abc import Iterator

import psycopg
from tests.verify.forms import FORMS
from tests.ways_back import WAYS_BACK
from tests.written import statements

from miglint.dialects.postgres import dialect
from miglint.dialects.postgres.writing import NotSpelled, write
from miglint.dialects.postgres.writing.tables import ACTIONS
from miglint.model import Operation
from miglint.verify.server import Connection, Server
from miglint.verify.snapshot import snapshot


def _texts(major: int) -> Iterator[str]:
    for form in FORMS:
        if form.since <= major <= form.until and not (form.refused or form.unseen):
            yield f"{form.setup};\n{form.statement}"
    for way in (way for ways in WAYS_BACK.values() for way in ways):
        if way.since <= major:
            sql = f"{way.setup};\n{way.up};\n{way.down}"
            if "public." not in sql:  # Each has a schema of its own.
                yield sql


def _given_and_written(sql: str, schema: str) -> tuple[list[str], list[str]]:
    """Give the statements of a text, as they are and as they are written."""
    given, written = [], []
    text = f"CREATE SCHEMA {schema};\nSET search_path = {schema};\n{sql.replace('{schema}', schema)}"
    for statement, *_ in statements(dialect, text):
        given.append(statement.text)
        try:
            written += _written(statement.operations)
        except NotSpelled:
            written.append(statement.text)
    return given, written


def _written(operations: tuple[Operation, ...]) -> list[str]:
    """Write operations, together where they may need each other."""
    if len(operations) > 1 and all(type(operation) in ACTIONS for operation in operations):
        try:
            return [write(*operations)]
        except NotSpelled:
            pass  # They are of several tables.
    sqls = [write(operation) for operation in operations]
    drops = [found for sql in sqls if (found := _DROP.fullmatch(sql))]
    if len(drops) == len(sqls) > 1:
        return [f"{drops[0][1]} {', '.join(found[2] for found in drops)}"]
    return sqls


_DROP = re.compile(r"(DROP (?:TABLE|TYPE|VIEW)) (\S+)")
"""Of several objects the server drops in one statement also those that need each other."""


def _run(connection: Connection, sqls: list[str]) -> str:
    """Execute statements up to the first that is refused; say which."""
    sql = ""
    try:
        for sql in sqls:
            connection.execute(_ROLE.format(sql) if sql.startswith("CREATE ROLE") else sql)
    except psycopg.Error as problem:
        connection.rollback()
        return f"{sql}: {problem}"
    return ""


_ROLE = "DO $$ BEGIN {}; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
"""The databases of a server have the same roles."""


def test_what_is_written_leaves_the_same_in_the_catalog(server: Server) -> None:
    pairs = [_given_and_written(sql, f"f{n}") for n, sql in enumerate(_texts(server.major))]
    left, problems = [], []
    for which in (0, 1):
        with server.database() as database, server.connect(database) as connection:
            problems.append([_run(connection, pair[which]) for pair in pairs])
            left.append(snapshot(connection))
    refused = [
        (pair, now) for pair, before, now in zip(pairs, *problems, strict=True) if bool(before) != bool(now)
    ]
    changed = {name for name in {*left[0], *left[1]} if left[0].get(name) != left[1].get(name)}

    assert refused == []
    assert {(left[0].get(name), left[1].get(name)) for name in changed} == set()
