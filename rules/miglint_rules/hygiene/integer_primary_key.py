"""
Integer primary key, which runs out of numbers.

A sequence counts up for every attempt to insert, also for those that are rolled back, and an `integer` ends
at 2,147,483,647, a `smallint` at 32,767. From then on every INSERT fails, and the way out, a change of type,
rewrites the table under ACCESS EXCLUSIVE, with every table that refers to it.
On a new table `bigint` costs four bytes a row, often none for alignment.

Off by default: many tables never get that large.
Judged at the end of the history: silent when a later migration widens the column or drops the table, about
columns that are foreign keys (the key that they refer to decides), about keys of several columns without a
sequence, keys with a constant default, and tables that the configuration lists as small.

https://www.postgresql.org/docs/current/datatype-numeric.html
"""

from collections.abc import Iterator
from typing import NamedTuple

from miglint.model import Column, Finding, Name, Severity, Table
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "serial",
            """
                CREATE TABLE orders (
                    id serial PRIMARY KEY  -- expect: integer-primary-key
                );
            """,
        ),
        Bad(
            "identity",
            """
                CREATE TABLE orders (
                    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY  -- expect: integer-primary-key
                );
            """,
        ),
        Bad(
            "number that the application gives",
            "CREATE TABLE orders (id smallint PRIMARY KEY);  -- expect: integer-primary-key",
        ),
        Bad(
            "key with a sequence, of several columns",
            """
                CREATE TABLE orders (
                    shop uuid,
                    number serial,  -- expect: integer-primary-key
                    PRIMARY KEY (shop, number)
                );
            """,
        ),
        Good("bigint", "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);"),
        Good(
            "widened in the next migration",
            """
                CREATE TABLE orders (id serial PRIMARY KEY);
                -- migration
                ALTER TABLE orders ALTER id TYPE bigint;
            """,
        ),
        Good(
            "foreign key",
            "CREATE TABLE notes (order_id int PRIMARY KEY REFERENCES orders);",
            history="CREATE TABLE orders (id int PRIMARY KEY);",
        ),
        Good(
            "key of several columns", "CREATE TABLE seats (hall int, number int, PRIMARY KEY (hall, number));"
        ),
        Good("table of one row", "CREATE TABLE settings (id int PRIMARY KEY DEFAULT 1 CHECK (id = 1));"),
        Good("no key", "CREATE TABLE orders (id bigint PRIMARY KEY, items int);"),
        Good(
            "table is listed as small",
            "CREATE TABLE colours (id serial PRIMARY KEY);",
            settings=(("small_tables", frozenset({Name("public", "colours")})),),
        ),
    ),
)

_LAST = {"integer": "2,147,483,647", "smallint": "32,767"}


@rule.check(HistoryEnd)
def integer_primary_key(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    keys: dict[Name, _Key] = {}
    for made in ctx.whole.columns:
        type_ = made.column.type
        if type_.name not in _LAST or type_.array:
            continue
        key = keys.get(made.table.name) or keys.setdefault(made.table.name, _key_of(made.table))
        if _is_key(made.column, key) and not ctx.is_small(made.table.name):
            last = _LAST[type_.name]
            yield made.finding(
                f"is a primary key of type {type_}, after whose {last} every INSERT fails",
                "are primary keys whose numbers run out",
                help="make it bigint while the table is new: later that rewrites the table",
            )


class _Key(NamedTuple):
    """The columns of a primary key, and those that refer to other tables."""

    columns: frozenset[str]
    referring: frozenset[str]


def _key_of(table: Table) -> _Key:
    key = table.primary_key
    referring = (column for foreign in table.foreign_keys for column in foreign.columns)
    return _Key(frozenset(key.columns if key else ()), frozenset(referring))


def _is_key(column: Column, key: _Key) -> bool:
    if column.name not in key.columns or column.name in key.referring:
        return False
    return bool(column.sequence or column.identity) or (len(key.columns) == 1 and column.default is None)
