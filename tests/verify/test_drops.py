"""A DROP of several things: the server looks all names up before the first goes, and takes others along."""

from miglint.dialects import load
from miglint.model import Direction, Script, Source, Span, TransactionMode
from miglint.simulate import Machine, Start, run
from miglint.verify.server import Server

SETUP = """
CREATE VIEW a AS SELECT 1 AS n;
CREATE VIEW b AS SELECT n FROM a;
CREATE MATERIALIZED VIEW c AS SELECT n FROM b;
"""
DROP = "DROP VIEW a, b CASCADE;"


def test_what_a_cascade_has_taken_is_not_missed(server: Server) -> None:
    with server.database() as database, server.connect(database) as connection:
        connection.execute(SETUP)
        connection.execute(DROP)
        left = connection.execute("SELECT count(*) FROM pg_class WHERE relname IN ('a', 'b', 'c')").fetchone()
    script = Script(
        Source("1.sql", SETUP + DROP), Span(0, len(SETUP + DROP)), Direction.UP, TransactionMode.SCRIPT
    )
    dialect = load("postgres")
    found = run(script, Start(dialect.schema), Machine(dialect, (server.major,)))

    assert left == (0,)
    assert not found.schema.relations
    assert not any(record.effects.failures or record.effects.unmade for record in found.records)
