"""A statement whose name is taken fails, and a handler that catches it undoes its block."""

import pytest

from miglint.engine import Plan, run
from miglint.model import Name
from miglint.tools import histories_of_texts

BEFORE = "CREATE TABLE t (id int CONSTRAINT t_id PRIMARY KEY, a int CONSTRAINT t_a CHECK (a > 0));"
TAKEN = "ALTER TABLE t ADD CONSTRAINT t_a CHECK (a > 1);"


def columns_after(block):
    texts = {"m/V1__a.sql": BEFORE.encode(), "m/V2__b.sql": f"DO $$ {block} $$;\n".encode()}
    (history,) = histories_of_texts(texts)
    return "".join(c.name for c in run(history, Plan()).schema.table(Name("public", "t")).columns[2:])


def handled(*statements, by="duplicate_object"):
    return f"BEGIN {' '.join(statements)} EXCEPTION WHEN {by} THEN NULL; END"


def add(column):
    return f"ALTER TABLE t ADD COLUMN {column} int;"


@pytest.mark.parametrize(
    ("block", "added"),
    [
        (handled(TAKEN, add("b")), ""),
        (handled(add("b"), TAKEN), ""),
        (f"BEGIN {add('b')} {handled(add('c'), TAKEN)}; {add('d')} END", "bd"),
        (handled(f"{handled(add('b'), TAKEN)};", add("c")), "c"),
        (handled(f"{handled(add('b'), TAKEN, by='division_by_zero')};", add("c")), ""),
        (handled(add("b"), TAKEN, by="others"), ""),
        (handled(add("b"), TAKEN, by="SQLSTATE '42710'"), ""),
        (handled(add("b"), TAKEN, by="syntax_error_or_access_rule_violation"), ""),
        (handled(add("b"), TAKEN, by="unique_violation OR duplicate_object"), ""),
        (handled(add("b"), TAKEN, by="duplicate_table"), "b"),
        (handled(add("b"), add("a"), by="duplicate_column"), ""),
        (handled(add("b"), "CREATE TABLE t (id int);", by="duplicate_table"), ""),
        (handled(add("b"), f"IF current_setting('x') = 'y' THEN {TAKEN} END IF;", add("c")), "bc"),
    ],
)
def test_the_rest_of_the_block_does_not_run(block, added):
    assert columns_after(block) == added
