"""Loops that change rows in batches, each with its own COMMIT: PL/pgSQL for people to fill in."""

from collections.abc import Sequence

from miglint.model import Name, quote

Key = tuple[str, ...]
"""The columns that pick one row, as SQL; () where none are known."""

_NEVER_NULL = frozenset(
    "clock_timestamp gen_random_uuid nextval now random statement_timestamp timeofday uuid_generate_v1 "
    "uuid_generate_v4 uuidv4 uuidv7".split()
)

NO_KEY = (
    "-- a row that is changed twice may be wrong, and no key is known that would tell which rows are done:\n"
    "-- give the table one first, or run the UPDATE as it is at a quiet time"
)


UNTOLD = (
    "-- no key is known that would tell which rows are done, and the new values do not tell it either:\n"
    "-- give the table one first, or run the UPDATE as it is at a quiet time"
)

AGAIN_IF_PASSED_OVER = (
    "-- to run this again is right only if the WHERE passes over the rows that are changed already:\n"
)
ENDS_IF_PASSED_OVER = "-- this ends only if the WHERE passes over the rows that are changed already:\n"


def key_walk(table: str, key: Key, head: str, rest: str, own: str = "") -> str:
    """Write the loop over ranges of a key: it ends whatever values the change gives.

    `own` stands before the columns of the key where `head` names other relations.
    """
    names, row, first, last = ", ".join(key), _row(key), _value("first_key", key), _value("last_key", key)
    return (
        "DO $$\n"
        "DECLARE\n"
        f"  first_key {_type(table, key)};\n"
        f"  last_key {_type(table, key)};\n"
        "BEGIN\n"
        f"  SELECT {names} INTO first_key FROM {table} ORDER BY {names} LIMIT 1;\n"
        f"  WHILE {_part('first_key', key)} IS NOT NULL LOOP\n"
        f"    SELECT {names} INTO last_key\n"
        f"    FROM (SELECT {names} FROM {table} WHERE {row} >= {first}\n"
        f"          ORDER BY {names} LIMIT 10000) AS batch\n"
        f"    ORDER BY {_descending(key)} LIMIT 1;\n"
        f"    {head}\n"
        f"    WHERE {_row(key, own)} BETWEEN {first} AND {last}{rest};\n"
        "    COMMIT;\n"
        f"    SELECT {names} INTO first_key FROM {table} WHERE {row} > {last} ORDER BY {names} LIMIT 1;\n"
        "  END LOOP;\n"
        "END $$;"
    )


def walk_once(table: Name, key: Key, columns: Sequence[str], head: str, rest: str, own: str = "") -> str:
    """Write the loop over ranges of a key that goes on where a run before it has stopped.

    It is for changes that must not be made twice, such as one that adds to what is there.
    """
    names, row, first, last = ", ".join(key), _row(key), _value("first_key", key), _value("last_key", key)
    done = Name(table.schema, f"{table.name}_{columns[0]}_done").sql
    marks = ("up_to",) if len(key) == 1 else key
    kept = f"{key[0]} AS up_to" if len(key) == 1 else names
    return (
        "-- code that writes rows meanwhile may have them changed twice, or never: while it runs, add a new\n"
        "-- column instead, let code write both, fill the new one, and then use that alone\n"
        "-- a row that is changed twice may be wrong: how far the batches have come is written down, in\n"
        f"CREATE TABLE {done} AS SELECT {kept} FROM {table.sql} WITH NO DATA;\n"
        "-- then, in another migration of this kind, which goes on from there if it is run again:\n"
        "DO $$\n"
        "DECLARE\n"
        f"  first_key {_type(table.sql, key)};\n"
        f"  last_key {_type(table.sql, key)};\n"
        "BEGIN\n"
        f"  SELECT {', '.join(marks)} INTO last_key FROM {done} ORDER BY {_descending(marks)} LIMIT 1;\n"
        "  LOOP\n"
        f"    SELECT {names} INTO first_key FROM {table.sql}\n"
        f"    WHERE {_part('last_key', key)} IS NULL OR {row} > {last} ORDER BY {names} LIMIT 1;\n"
        f"    EXIT WHEN {_part('first_key', key)} IS NULL;\n"
        f"    SELECT {names} INTO last_key\n"
        f"    FROM (SELECT {names} FROM {table.sql} WHERE {row} >= {first}\n"
        f"          ORDER BY {names} LIMIT 10000) AS batch\n"
        f"    ORDER BY {_descending(key)} LIMIT 1;\n"
        f"    {head}\n"
        f"    WHERE {_row(key, own)} BETWEEN {first} AND {last}{rest};\n"
        f"    INSERT INTO {done} VALUES {last if len(key) > 1 else f'({last})'};\n"
        "    COMMIT;\n"
        "  END LOOP;\n"
        "END $$;"
    )


def computed_aside(table: Name, key: Key, columns: Sequence[str]) -> str:
    """Write the way to change rows whose new values depend on other rows of their own table.

    A batch would compute them from rows that the batches before it have changed already.
    """
    aside = Name(table.schema, f"{table.name}_{columns[0] if columns else 'new'}_computed").sql
    own = ["row_key"] if len(key) == 1 else [f"key_{number}" for number in range(1, len(key) + 1)]
    kept = ", ".join(f"{column} AS {name}" for column, name in zip(key, own, strict=True))
    values = "".join(f", ... AS {quote(column)}" for column in columns)
    changes = ", ".join(f"{quote(column)} = computed.{quote(column)}" for column in columns)
    head = f"UPDATE {table.sql} SET {changes} FROM {aside} AS computed"
    same = "".join(f" AND computed.{name} = {column}" for column, name in zip(key, own, strict=True))
    return (
        "-- first compute all new values, because they depend on other rows, which the batches change:\n"
        f"CREATE TABLE {aside} AS SELECT {kept}{values} FROM {table.sql} ...;\n"
        f"CREATE INDEX ON {aside} ({', '.join(own)});\n"
        "-- then, in another migration of this kind, copy them:\n"
        f"{key_walk(table.sql, key, head, same)}"
    )


def _row(key: Key, own: str = "") -> str:
    columns = ", ".join(f"{own}{column}" for column in key)
    return columns if len(key) == 1 else f"({columns})"


def _part(variable: str, key: Key) -> str:
    """The variable itself, or one of the fields of a record of several: none of them is ever null."""
    return variable if len(key) == 1 else f"{variable}.{key[0]}"


def _value(variable: str, key: Key) -> str:
    return variable if len(key) == 1 else f"({', '.join(f'{variable}.{name}' for name in key)})"


def _type(table: str, key: Key) -> str:
    return f"{table}.{key[0]}%TYPE" if len(key) == 1 else "record"


def _descending(key: Key) -> str:
    return ", ".join(f"{name} DESC" for name in key)


def limit_loop(table: str, key: Key, change: str, condition: str, own: str = "") -> str:
    """Write the loop over as many rows as are left to do.

    `change` is the head of the statement (`UPDATE users SET ...`), `condition` picks the rows to do: it must
    not hold for a row that is done, else the loop has no end. `table` is what a FROM names to find them.
    The change itself repeats the condition: a row that someone else changes while it waits for the lock is
    tested again by that, but not by the subquery.
    """
    names = ", ".join(f"{own}{column}" for column in key)
    picked = f" WHERE {condition}" if condition else ""
    again = f"\n      AND {condition}" if condition else ""
    return (
        "DO $$\n"
        "DECLARE\n"
        "  batch_rows bigint;\n"
        "BEGIN\n"
        "  LOOP\n"
        f"    {change}\n"
        f"    WHERE {_row(key, own)} IN (SELECT {names} FROM {table}{picked} LIMIT 10000){again};\n"
        "    GET DIAGNOSTICS batch_rows = ROW_COUNT;\n"
        "    EXIT WHEN batch_rows = 0;\n"
        "    COMMIT;\n"
        "  END LOOP;\n"
        "END $$;"
    )


def never_null(functions: Sequence[str]) -> bool:
    """Whether what these functions compute is surely not NULL, so that a row is done when it has a value."""
    return {function.rpartition(".")[2] for function in functions} <= _NEVER_NULL
