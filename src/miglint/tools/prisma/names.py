"""The names that Prisma gives to constraints and indexes.

Source: prisma-engines, psl/psl-core/src/datamodel_connector/constraint_names.rs.
"""

from collections.abc import Sequence

# Of a name in bytes, on PostgreSQL.
MAX_LENGTH = 63


def constraint_name(table: str, columns: Sequence[str], suffix: str) -> str:
    """Give `table_columns_suffix`, cut before the suffix to what the server can store."""
    text = "_".join((table, *columns))
    if len(text) + len(suffix) > MAX_LENGTH or not text.isascii():
        cut = text.encode("utf-8", "surrogatepass")[: MAX_LENGTH - len(suffix)]
        text = cut.decode("utf-8", "ignore")
    return text + suffix
