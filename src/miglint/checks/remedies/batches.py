"""Loops that change rows in batches, each with its own COMMIT: PL/pgSQL for people to fill in."""

from collections.abc import Sequence

from miglint.model import Name, quote

_NEVER_NULL = frozenset(
    "clock_timestamp gen_random_uuid nextval now random statement_timestamp timeofday uuid_generate_v1 "
    "uuid_generate_v4 uuidv4 uuidv7".split()
)

NO_KEY = (
    "-- a row that is changed twice is wrong, and no key is known that would tell which rows are done:\n"
    "-- give the table one first, or run the UPDATE as it is at a quiet time"
)


UNTOLD = (
    "-- no key is known that would tell which rows are done, and the new values do not tell it either:\n"
    "-- give the table one first, or run the UPDATE as it is at a quiet time"
)


def key_walk(table: str, key: str, head: str, rest: str) -> str:
    """Write the loop over ranges of a key: it ends whatever values the change gives."""
    return (
        "DO $$\n"
        "DECLARE\n"
        f"  first_key {table}.{key}%TYPE;\n"
        f"  last_key {table}.{key}%TYPE;\n"
        "BEGIN\n"
        f"  SELECT {key} INTO first_key FROM {table} ORDER BY {key} LIMIT 1;\n"
        "  WHILE first_key IS NOT NULL LOOP\n"
        f"    SELECT {key} INTO last_key\n"
        f"    FROM (SELECT {key} FROM {table} WHERE {key} >= first_key ORDER BY {key} LIMIT 10000) AS batch\n"
        f"    ORDER BY {key} DESC LIMIT 1;\n"
        f"    {head}\n"
        f"    WHERE {key} BETWEEN first_key AND last_key{rest};\n"
        "    COMMIT;\n"
        f"    SELECT {key} INTO first_key FROM {table} WHERE {key} > last_key ORDER BY {key} LIMIT 1;\n"
        "  END LOOP;\n"
        "END $$;"
    )


def walk_once(table: Name, key: str, columns: Sequence[str], head: str, rest: str) -> str:
    """Write the loop over ranges of a key that goes on where a run before it has stopped.

    It is for changes that must not be made twice, such as one that adds to what is there.
    """
    done = Name(table.schema, f"{table.name}_{columns[0]}_done").sql
    return (
        "-- a row that is changed twice is wrong: how far the batches have come is written down, in\n"
        f"CREATE TABLE {done} AS SELECT {key} AS up_to FROM {table.sql} WITH NO DATA;\n"
        "-- then, in another migration of this kind, which goes on from there if it is run again:\n"
        "DO $$\n"
        "DECLARE\n"
        f"  first_key {table.sql}.{key}%TYPE;\n"
        f"  last_key {table.sql}.{key}%TYPE;\n"
        "BEGIN\n"
        f"  SELECT up_to INTO last_key FROM {done} ORDER BY up_to DESC LIMIT 1;\n"
        "  LOOP\n"
        f"    SELECT {key} INTO first_key FROM {table.sql}\n"
        f"    WHERE last_key IS NULL OR {key} > last_key ORDER BY {key} LIMIT 1;\n"
        "    EXIT WHEN first_key IS NULL;\n"
        f"    SELECT {key} INTO last_key\n"
        f"    FROM (SELECT {key} FROM {table.sql} WHERE {key} >= first_key\n"
        f"          ORDER BY {key} LIMIT 10000) AS batch\n"
        f"    ORDER BY {key} DESC LIMIT 1;\n"
        f"    {head}\n"
        f"    WHERE {key} BETWEEN first_key AND last_key{rest};\n"
        f"    INSERT INTO {done} VALUES (last_key);\n"
        "    COMMIT;\n"
        "  END LOOP;\n"
        "END $$;"
    )


def computed_aside(table: Name, key: str, columns: Sequence[str]) -> str:
    """Write the way to change rows whose new values depend on other rows of their own table.

    A batch would compute them from rows that the batches before it have changed already.
    """
    aside = Name(table.schema, f"{table.name}_{columns[0] if columns else 'new'}_computed").sql
    values = "".join(f", ... AS {quote(column)}" for column in columns)
    changes = ", ".join(f"{quote(column)} = computed.{quote(column)}" for column in columns)
    head = f"UPDATE {table.sql} SET {changes} FROM {aside} AS computed"
    return (
        "-- first compute all new values, because they depend on other rows, which the batches change:\n"
        f"CREATE TABLE {aside} AS SELECT {key} AS row_key{values} FROM {table.sql} ...;\n"
        f"CREATE INDEX ON {aside} (row_key);\n"
        "-- then, in another migration of this kind, copy them:\n"
        f"{key_walk(table.sql, key, head, f' AND computed.row_key = {key}')}"
    )


def limit_loop(table: str, key: str, change: str, condition: str) -> str:
    """Write the loop over as many rows as are left to do.

    `change` is the head of the statement (`UPDATE users SET ...`), `condition` picks the rows to do: it must
    not hold for a row that is done, else the loop has no end.
    """
    return (
        "DO $$\n"
        "DECLARE\n"
        "  done bigint;\n"
        "BEGIN\n"
        "  LOOP\n"
        f"    {change}\n"
        f"    WHERE {key} IN (SELECT {key} FROM {table} WHERE {condition} LIMIT 10000);\n"
        "    GET DIAGNOSTICS done = ROW_COUNT;\n"
        "    EXIT WHEN done = 0;\n"
        "    COMMIT;\n"
        "  END LOOP;\n"
        "END $$;"
    )


def never_null(functions: Sequence[str]) -> bool:
    """Whether what these functions compute is surely not NULL, so that a row is done when it has a value."""
    return {function.rpartition(".")[2] for function in functions} <= _NEVER_NULL
