"""What a row of the effects model is: SQL that the servers execute, and what they are told beforehand."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, status text, total numeric(10,2), at timestamp, n int);"
CHILD = "CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE posts (id int PRIMARY KEY, user_id int);"
LINKED = (
    "CREATE TABLE users (id int PRIMARY KEY);"
    "CREATE TABLE posts (id int PRIMARY KEY, user_id int CONSTRAINT posts_user REFERENCES users);"
)
PARTS = (
    "CREATE TABLE parts (id int, at date NOT NULL) PARTITION BY RANGE (at);"
    "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
    "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');"
)
DEFAULTED = (
    "CREATE TABLE parts (id int, at date NOT NULL) PARTITION BY RANGE (at);"
    "CREATE TABLE parts_d PARTITION OF parts DEFAULT;"
)


class Form(NamedTuple):
    """A statement on tables that were there before."""

    setup: str
    statement: str
    since: int = 16
    """The first server that knows it."""
    until: int = 18
    unseen: str = ""
    """What is in the database already, and not in the history that miglint reads."""
    refused: str = ""
    """The SQLSTATE with which the server refuses it: 25001 in a transaction, all others outside of one."""
    foretold: bool = True
    """Whether miglint says so."""


def written(forms: Sequence[Form], major: int) -> Iterator[tuple[Form, str]]:
    """Give the forms that this server knows, each in a schema of its own, whose name comes along."""
    for number, form in enumerate(forms):
        if form.since <= major <= form.until:
            name = f"f{number}"
            texts = (text.replace("{schema}", name) for text in (form.setup, form.statement, form.unseen))
            setup, statement, unseen = texts
            yield form._replace(setup=setup, statement=statement, unseen=unseen), name


def write_migrations(forms: Sequence[Form], major: int, folder: Path) -> None:
    """Write each form as two migrations, its setup and its statement, with the settings beside the folder."""
    folder.mkdir(parents=True)
    (folder.parent / "miglint.toml").write_text(f"postgres_version = {major}\n")
    for form, schema in written(forms, major):
        path = f"SET search_path = {schema};"
        number = f"{int(schema[1:]):04}"
        setup = form.setup if form.unseen else f"CREATE SCHEMA {schema};\n{path}\n{form.setup}"
        (folder / f"{number}0_setup.sql").write_text(f"{setup}\n")
        (folder / f"{number}1_form.sql").write_text(f"{path}\n{form.statement};\n")
