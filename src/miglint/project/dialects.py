"""Which database a folder of SQL is for, where the tool's own configuration does not say."""

import re
from collections.abc import Iterable

from miglint.project.files import Files, Folder
from miglint.text.sql import blanked

POSTGRES = "postgres"

# Words of a folder's name. No "oracle" and no "snowflake": those are price feeds and id generators as well.
_BY_WORD = {
    "postgres": POSTGRES,
    "postgresql": POSTGRES,
    "pgsql": POSTGRES,
    "psql": POSTGRES,
    "pg": POSTGRES,
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "sqlite3": "sqlite",
    "libsql": "sqlite",
    "mssql": "mssql",
    "sqlserver": "mssql",
    "cockroach": "cockroach",
    "cockroachdb": "cockroach",
    "crdb": "cockroach",
    "clickhouse": "clickhouse",
    "cassandra": "cassandra",
    "spanner": "spanner",
    "h2": "h2",
    "hsqldb": "hsqldb",
    "hsql": "hsqldb",
    "derby": "derby",
    "db2": "db2",
}

# Strings, compiled at first use: where the project's files name the database, none is needed.
_POSTGRES_SIGN = (
    r"(?i)\$\$|::\w|\b(?:(?:BIG|SMALL)SERIAL|CONCURRENTLY|JSONB|TIMESTAMPTZ|BYTEA|PLPGSQL|GEN_RANDOM_UUID"
    r"|WITH(?:OUT)? TIME ZONE|CREATE (?:TYPE|EXTENSION|SEQUENCE)|PUBLIC\.|PG_\w+)\b"
)
_SIGNS = (
    ("clickhouse", r"(?i)\bENGINE[ \t]*(?:=[ \t]*)?\w*MergeTree\b"),
    (
        "mysql",
        r"(?i)`\w+`|\bENGINE\s*=\s*\w|\bAUTO_INCREMENT\b|\b(?:LONG|MEDIUM)(?:TEXT|BLOB)\b|\bDROP\s+FOREIGN\s+KEY\b"
        r"|\b(?:INT|INTEGER|BIGINT|SMALLINT|TINYINT)(?:\s*\(\s*\d+\s*\))?\s+UNSIGNED\b|\bDROP\s+INDEX\s+\w+\s+ON\s"
        r"|\bALTER\s+TABLE\s+\w+\s+(?:MODIFY|CHANGE)\s|\bADD\s+(?:COLUMN\s+)?\w+\s[^;,]{1,200}\sAFTER\s+\w+\s*[;,]",
    ),
    ("sqlite", r"(?im)\bAUTOINCREMENT\b|^[ \t]*PRAGMA\s|\bSTRFTIME\s*\("),
    (
        "mssql",
        r"(?im)\bNVARCHAR\b|\[dbo\]|\bIDENTITY\s*\(\s*\d+\s*,|^[ \t]*GO[ \t]*\r?$|\bUNIQUEIDENTIFIER\b",
    ),
)


def dialect_of_provider(provider: str) -> str | None:
    """Give the dialect that a tool's configuration calls `provider` (`postgresql`, `sqlserver`)."""
    return _BY_WORD.get(provider.lower())


def dialect_of_path(path: str, files: Files) -> str | None:
    """Give the dialect that the folder's name, or one of the two above it in the repository, speaks of."""
    for step in files.upward(path)[:-1][:3]:
        name = step.replace("\\", "/").rpartition("/")[2].lower()
        found = {_BY_WORD[word] for word in re.findall(r"[a-z]+[0-9]*", name) if word in _BY_WORD}
        if len(found) == 1:
            return found.pop()
    return None


# What a file is made of shows at its beginning; the rest of a data load would only cost time.
_ENOUGH = 256 * 1024


def dialect_of_texts(texts: Iterable[str]) -> str | None:
    """Give the dialect that the SQL itself betrays; None if nothing in it is one database's own.

    One sign of PostgreSQL anywhere outweighs all others: a backtick can stand in a comment or a string.
    """
    kept = []
    for text in texts:
        beginning = text[:_ENOUGH]
        if re.search(_POSTGRES_SIGN, beginning):
            return POSTGRES
        kept.append(beginning)
    for text in kept:
        code = blanked(text)
        for dialect, sign in _SIGNS:
            if re.search(sign, code):
                return dialect
    return None


def dialect_of(folder: Folder, files: Files, texts: Iterable[str], *providers: str | None) -> str:
    """Give the dialect that the tool's own files name, else the folder's name, a driver, or the SQL itself.

    `providers` are the words of the project's configuration, the weightiest first; a URL counts by its
    scheme. PostgreSQL where nothing says anything.
    """
    for provider in providers:
        named = provider and dialect_of_provider(provider.removeprefix("jdbc:").partition(":")[0])
        if named:
            return named
    return (
        dialect_of_path(folder.path, files)
        or _dialect_of_driver(folder, files)
        or dialect_of_texts(texts)
        or POSTGRES
    )


# Go has one manifest for all; elsewhere the tool's own package names the database.
_DRIVERS = (
    r"^[ \t]*(?:require\s+)?(?:github\.com/(?:lib/(?P<postgres>pq)|jackc/(?P<pgx>pgx)"
    r"|go-sql-driver/(?P<mysql>mysql)|mattn/(?P<sqlite>go-sqlite3))|modernc\.org/(?P<pure>sqlite))(?:/v\d+)?\s+v"
)
_SAME = {"pgx": POSTGRES, "pure": "sqlite"}


def _dialect_of_driver(folder: Folder, files: Files) -> str | None:
    """Give the database whose driver the Go module requires, if it is one."""
    manifest = files.nearest(folder.path, "go.mod")
    if manifest is None:
        return None
    found = {
        _SAME.get(name, name)
        for driver in re.finditer(_DRIVERS, files.text(manifest), re.MULTILINE)
        for name, word in driver.groupdict().items()
        if word
    }
    return found.pop() if len(found) == 1 else None
