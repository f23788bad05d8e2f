"""What DISABLE TRIGGER ALL lets through, and ENABLE TRIGGER ALL does not find."""

import psycopg
import pytest

from miglint.verify.server import Server


@pytest.mark.parametrize(("which", "checked"), [("ALL", False), ("USER", True)])
def test_rows_that_were_written_without_triggers_are_never_checked(server: Server, which: str, checked: bool):
    with server.database("triggers") as database, server.connect(database) as connection:
        connection.execute("CREATE TABLE orders (id int PRIMARY KEY)")
        connection.execute("CREATE TABLE lines (order_id int REFERENCES orders)")
        connection.execute(f"ALTER TABLE lines DISABLE TRIGGER {which}")
        if checked:
            with pytest.raises(psycopg.errors.ForeignKeyViolation):
                connection.execute("INSERT INTO lines VALUES (1)")
            return
        connection.execute("INSERT INTO lines VALUES (1)")
        connection.execute(f"ALTER TABLE lines ENABLE TRIGGER {which}")
        (valid,) = connection.execute("SELECT convalidated FROM pg_constraint WHERE contype = 'f'").fetchone()
        assert valid
        assert connection.execute("SELECT count(*) FROM lines").fetchone() == (1,)
