"""The query of a finding finds rows exactly where the server refuses the statement because of them."""

import psycopg
import pytest

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint
from miglint.verify.server import Server

RULES = tuple(load_rules())
SETUP = """
    CREATE TYPE mood AS ENUM ('sad', 'glad');
    CREATE TABLE teams (a int, b int, PRIMARY KEY (a, b));
    INSERT INTO teams VALUES (1, 1);
    CREATE TABLE users (
        id int PRIMARY KEY, "Name" varchar(200), age bigint, share numeric(12,2), a int, b int, mood mood,
        note text
    );
"""
CALM = "CREATE TYPE calm AS ENUM ('sad');"
FITS = "INSERT INTO users VALUES (1, 'x', 5, 1.25, 1, 1, 'sad', 'n'), (2, 'y', 6, 2.5, 1, NULL, 'sad', 'm');"
FORMS = [
    ("", 'CREATE UNIQUE INDEX CONCURRENTLY i ON users ("Name")', "INSERT INTO users VALUES (3, 'x')"),
    ("", "ALTER TABLE users ADD UNIQUE (age, a)", "INSERT INTO users VALUES (3, 'z', 5, 0, 1)"),
    ("", "ALTER TABLE users ADD UNIQUE NULLS NOT DISTINCT (b)", "INSERT INTO users VALUES (3)"),
    ("", "ALTER TABLE users ADD CHECK (age > 0)", "INSERT INTO users VALUES (3, 'z', 0)"),
    ("", 'ALTER TABLE users ALTER "Name" SET NOT NULL', "INSERT INTO users VALUES (3)"),
    (
        "",
        "ALTER TABLE users ADD FOREIGN KEY (a, b) REFERENCES teams",
        "INSERT INTO users VALUES (3, 'z', 1, 1, 1, 2)",
    ),
    ("", 'ALTER TABLE users ALTER "Name" TYPE varchar(5)', "INSERT INTO users VALUES (3, 'longer')"),
    ("", "ALTER TABLE users ALTER age TYPE int", "INSERT INTO users VALUES (3, 'z', 3000000000)"),
    ("", "ALTER TABLE users ALTER share TYPE numeric(4,1)", "INSERT INTO users VALUES (3, 'z', 1, 999.96)"),
    (CALM, "ALTER TABLE users ALTER mood TYPE calm USING mood::text::calm", "UPDATE users SET mood = 'glad'"),
]


@pytest.mark.parametrize(("more", "statement", "bad"), FORMS, ids=[form[1] for form in FORMS])
def test_the_query_finds_the_rows_on_which_the_server_refuses(more, statement, bad, server: Server):
    example = Bad("", f"{statement};", history=SETUP + more)
    queries = {report.finding.rows_query for report in lint(RULES, example)} - {""}
    (query,) = queries
    for rows, refused in ((FITS, False), (f"{FITS} {bad}", True)):
        with server.database("rows") as database, server.connect(database) as connection:
            connection.execute(SETUP + more)
            connection.execute(rows)
            found = connection.execute(query).fetchall()
            assert bool(found and found != [(0,)]) is refused
            if refused:
                with pytest.raises(psycopg.Error):
                    connection.execute(statement)
            else:
                connection.execute(statement)
