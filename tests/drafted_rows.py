"""Hazardous migrations whose rows are drafted: what is there before, and what the row must be like.

`tests/unit/scaffold` runs the rows in the simulation, `tests/verify` on servers.
"""

from typing import NamedTuple

from miglint.checks.checker import Plan
from miglint.checks.policy import Policy
from miglint.dialects import load
from miglint.findings import Reporting
from miglint.model import Advice, Direction, History, Migration, Script, Source, Span, TransactionMode
from miglint.registry import load_rules
from miglint.scaffold import Place, Row, scaffold
from miglint.simulate import Machine

BEFORE = "0001_shop"
CHANGE = "0002_change"


WITH_DOWNS = Advice(has_downs=True)


class Hazard(NamedTuple):
    """A migration, after `setup`; `values` are what old rows get, `kinds` those of the stages."""

    sql: str
    kinds: tuple[str, ...]
    setup: str
    values: tuple[tuple[str, str], ...] = ()


USERS = """
CREATE TABLE orgs (id bigint PRIMARY KEY);
CREATE TABLE users (
    id bigint PRIMARY KEY,
    name varchar(255) NOT NULL DEFAULT 'anonymous' CHECK (name <> ''),
    age integer,
    org_id bigint,
    state text NOT NULL
);
CREATE INDEX users_name ON users (lower(name)) WHERE name IS NOT NULL;
CREATE UNIQUE INDEX users_age ON users (age, id);
"""
ROWS = """
INSERT INTO orgs VALUES (1), (2);
INSERT INTO users SELECT n, 'u' || n, n, 1 + n % 2, 'new' FROM generate_series(1, 50) AS n;
"""
MOODS = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
ALTER TABLE users ADD COLUMN mood mood NOT NULL DEFAULT 'ok';
CREATE INDEX users_mood ON users (mood, id);
"""
REQUIRED = ("constrain", "validate")
HAZARDS = {
    "required column, filled by the application": Hazard(
        "ALTER TABLE users ADD COLUMN email text NOT NULL;", ("expand", *REQUIRED), USERS
    ),
    "required column with one value": Hazard(
        "ALTER TABLE users ADD COLUMN verified boolean NOT NULL;",
        ("expand", "contract"),
        USERS,
        (("verified", "false"),),
    ),
    "required column with a value of the row": Hazard(
        "ALTER TABLE users ADD COLUMN label text NOT NULL;",
        ("expand", "backfill", *REQUIRED),
        USERS,
        (("label", "state || '-' || id"),),
    ),
    "volatile default": Hazard(
        "ALTER TABLE users ADD COLUMN token uuid NOT NULL UNIQUE DEFAULT gen_random_uuid();",
        ("expand", "backfill", *REQUIRED, "constrain", "validate"),
        USERS,
    ),
    "renamed column": Hazard(
        "ALTER TABLE users RENAME COLUMN name TO full_name;",
        ("expand", "backfill", "constrain", "constrain", "validate", "constrain", "validate", "contract"),
        USERS,
    ),
    "renamed column with nothing on it": Hazard(
        "ALTER TABLE users RENAME COLUMN org_id TO organisation_id;",
        ("expand", "backfill", "contract"),
        USERS,
    ),
    "renamed column by hand": Hazard(
        "ALTER TABLE users ADD COLUMN full_name varchar(255);\n"
        "UPDATE users SET full_name = name;\n"
        "ALTER TABLE users DROP COLUMN name;",
        ("expand", "backfill", "contract"),
        USERS.replace(" CHECK (name <> '')", ""),
    ),
    "renamed table": Hazard("ALTER TABLE users RENAME TO members;", ("expand", "contract"), USERS),
    "moved table": Hazard(
        "ALTER TABLE users SET SCHEMA crm;", ("expand", "contract"), f"CREATE SCHEMA crm; {USERS}"
    ),
    "changed type": Hazard(
        "ALTER TABLE users ALTER COLUMN age TYPE bigint;",
        ("expand", "backfill", "constrain", "switch", "contract"),
        USERS,
    ),
    "changed type of a required column": Hazard(
        "ALTER TABLE users ALTER COLUMN state TYPE integer USING length(state);",
        ("expand", "backfill", *REQUIRED, "switch", "contract"),
        USERS,
    ),
    "enum without a value": Hazard(
        "ALTER TYPE mood RENAME TO mood_old;\n"
        "CREATE TYPE mood AS ENUM ('ok', 'happy');\n"
        "ALTER TABLE users ALTER COLUMN mood DROP DEFAULT;\n"
        "ALTER TABLE users ALTER COLUMN mood TYPE mood USING mood::text::mood;\n"
        "ALTER TABLE users ALTER COLUMN mood SET DEFAULT 'ok';\n"
        "DROP TYPE mood_old;",
        (*REQUIRED, "expand", "backfill", "constrain", *REQUIRED, "switch", "contract"),
        f"{USERS}{MOODS}",
    ),
    "not null": Hazard("ALTER TABLE users ALTER COLUMN age SET NOT NULL;", REQUIRED, USERS),
    "not null, with a value for old rows": Hazard(
        "ALTER TABLE users ALTER COLUMN age SET NOT NULL;",
        ("backfill", *REQUIRED),
        USERS,
        (("age", "0"),),
    ),
    "foreign key": Hazard(
        "ALTER TABLE users ADD FOREIGN KEY (org_id) REFERENCES orgs (id) ON DELETE CASCADE;", REQUIRED, USERS
    ),
    "check": Hazard("ALTER TABLE users ADD CONSTRAINT adult CHECK (age > 0);", REQUIRED, USERS),
    "unique": Hazard("ALTER TABLE users ADD UNIQUE (age);", REQUIRED, USERS),
    "primary key": Hazard(
        "ALTER TABLE users ADD PRIMARY KEY (age);",
        (*REQUIRED, *REQUIRED),
        USERS.replace("id bigint PRIMARY KEY,\n    name", "id bigint UNIQUE,\n    name"),
    ),
    "index": Hazard("CREATE INDEX ON users (state, age DESC);", ("constrain",), USERS),
    "dropped column": Hazard("ALTER TABLE users DROP COLUMN state;", ("expand", "contract"), USERS),
    "dropped column with an index": Hazard("ALTER TABLE users DROP COLUMN age;", ("contract",), USERS),
    "dropped table": Hazard("DROP TABLE users;", ("switch", "contract"), USERS),
    "other statements": Hazard(
        "CREATE TABLE notes (id bigint PRIMARY KEY);\n"
        "ALTER TABLE users ADD COLUMN note_id bigint, ALTER COLUMN age SET NOT NULL;\n"
        "ALTER TABLE users ADD FOREIGN KEY (note_id) REFERENCES notes (id);\n"
        "CREATE INDEX CONCURRENTLY users_state ON users (state);",
        ("expand", "expand", "constrain", "validate"),
        USERS,
    ),
    "large update": Hazard("UPDATE users SET state = 'old' WHERE age > 20;", ("backfill",), USERS),
    "large delete": Hazard("DELETE FROM users WHERE age > 20;", ("backfill",), USERS),
}


def history(sql: str, setup: str, mode: TransactionMode, advice: Advice = WITH_DOWNS) -> History:
    """Give a history of two migrations."""

    def migration(id_: str, text: str) -> Migration:
        source = Source(f"{id_}.up.sql", text)
        return Migration(id_, Script(source, Span(0, len(text)), Direction.UP, mode))

    return History(
        "golang-migrate", ".", "postgres", (migration(BEFORE, setup), migration(CHANGE, sql)), advice=advice
    )


def row_of(
    hazard: Hazard,
    line: int = 0,
    mode: TransactionMode = TransactionMode.IMPLICIT_BATCH,
    advice: Advice = WITH_DOWNS,
) -> Row:
    """Draft the row of a hazard."""
    rules = tuple(rule for rule in load_rules() if rule.profile == "safety")
    return scaffold(
        history(hazard.sql, hazard.setup, mode, advice),
        Place(CHANGE, line),
        Machine(load("postgres"), (16,)),
        Plan(rules=rules, judges=rules, policy=Policy()),
        Reporting(rules),
        dict(hazard.values),
    )
