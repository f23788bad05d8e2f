"""Loops that change rows in batches, each with its own COMMIT: PL/pgSQL for people to fill in."""


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
