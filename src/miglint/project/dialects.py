"""Which database a folder of SQL is for, where the tool's own configuration does not say."""

import re
from collections.abc import Iterable

from miglint.errors import UsageError, did_you_mean
from miglint.project.files import Files, Folder, join, parent
from miglint.text.sql import blanked

POSTGRES = "postgres"
COCKROACH = "cockroach"
CLICKHOUSE = "clickhouse"

# Words of a folder's name.
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
    "cockroach": COCKROACH,
    "cockroachdb": COCKROACH,
    "crdb": COCKROACH,
    "clickhouse": CLICKHOUSE,
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
    r"(?i)::\w|\b(?:(?:BIG|SMALL)SERIAL|CONCURRENTLY|JSONB|TIMESTAMPTZ|BYTEA|PLPGSQL|GEN_RANDOM_UUID"
    r"|WITH(?:OUT)? TIME ZONE|CREATE (?:TYPE|EXTENSION|SEQUENCE)|PUBLIC\.|PG_\w+)\b"
)
# Dollar quotes where only PostgreSQL has them: to a client of MySQL two dollars can end statements.
_DOLLAR_BODY = r"(?i)\b(?:AS|DO)\s+\$\w*\$"
_SIGNS = (
    (CLICKHOUSE, r"(?i)\bENGINE[ \t]*(?:=[ \t]*)?\w*MergeTree\b"),
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
    # It speaks PostgreSQL beside that.
    (COCKROACH, r"(?im)^[ \t]*\w+[ \t]+STRING\b(?!\()|\bunique_rowid\s*\(|\bsql_safe_updates\b"),
)


# What a user can name besides: databases for which no folder is called so by habit.
_OTHERS = ("oracle", "snowflake", "bigquery", "redshift", "duckdb", "firebird", "vertica", "mongodb")


def dialect_named(name: str) -> str:
    """Give the dialect that a user calls `name` (`postgresql`, `pg`, `mariadb`); raises UsageError."""
    word = name.lower()
    dialect = _BY_WORD.get(word) or (word if word in _OTHERS else None)
    if dialect is None:
        names = (*_BY_WORD, *_OTHERS)
        hint = (
            did_you_mean(word, names)
            or f"known databases: {', '.join(sorted({*_BY_WORD.values(), *_OTHERS}))}"
        )
        raise UsageError(f"unknown database {name!r}", hint)
    return dialect


def dialect_of_provider(provider: str) -> str | None:
    """Give the dialect that a tool's configuration calls `provider` (`postgresql`, `sqlserver`)."""
    return _BY_WORD.get(provider.lower())


def dialect_of_path(path: str, files: Files) -> str | None:
    """Give the dialect that the folder's name, or that of one above it in the repository, speaks of.

    Two levels above it, a word of the name is enough; further up, it has to be the name.
    """
    for level, step in enumerate(files.upward(path)[:-1]):
        name = step.replace("\\", "/").lower().rpartition("/")[2]
        words = {name} if level > _WORDS_COUNT else {*re.findall(r"[a-z]+[0-9]*", name), *_within(name)}
        found = {_BY_WORD[word] for word in words if word in _BY_WORD}
        if len(found) == 1:
            return found.pop()
        if name in _AMBIGUOUS and _is_beside_databases(step, files):
            return name
    return None


_WORDS_COUNT = 2
# As `riversqlite`: a word that ends so means nothing else.
_UNMISTAKABLE = r"(?:postgres|postgresql|mysql|mariadb|sqlite3?)(?![a-z])"
# Price feeds and id generators are called so as well.
_AMBIGUOUS = frozenset(("oracle", "snowflake"))


def _within(name: str) -> list[str]:
    return re.findall(_UNMISTAKABLE, name)


def _is_beside_databases(path: str, files: Files) -> bool:
    """Tell whether another folder beside this one is called as a database."""
    return any(name.lower() in _BY_WORD for name in files.folder(parent(path)).folders)


# What a file is made of shows at its beginning; the rest of a data load would only cost time.
_ENOUGH = 256 * 1024
_UNANIMOUS = 5
_MANY = 3


def _votes(texts: Iterable[str]) -> dict[str, int]:
    """Count the texts in whose code one database's own signs stand, by dialect."""
    votes: dict[str, int] = {}
    for text in texts:
        beginning = text[:_ENOUGH]
        code = blanked(beginning)
        found = [next((dialect for dialect, sign in _SIGNS if re.search(sign, code)), None)]
        if re.search(_POSTGRES_SIGN, code) or re.search(_DOLLAR_BODY, beginning):
            found.append(POSTGRES)
        for dialect in found:
            if dialect is not None:
                votes[dialect] = votes.get(dialect, 0) + 1
        # The rest of a history that speaks with one voice would only cost time.
        if len(votes) == 1 and sum(votes.values()) == _UNANIMOUS:
            break
    return votes


def is_for_clickhouse(texts: Iterable[str]) -> bool:
    """Tell whether more texts have signs of ClickHouse than of any other database."""
    votes = _votes(texts)
    return CLICKHOUSE in votes and max(votes, key=votes.__getitem__) == CLICKHOUSE


def dialect_of(folder: Folder, files: Files, texts: Iterable[str], *providers: str | None) -> str:
    """Give the dialect that the tool's own files name, else the folder's name, a URL, a driver, or the SQL.

    `providers` are the words of the project's configuration, the weightiest first; a URL counts by its
    scheme. A URL in a Makefile or a compose file can be that of another program of the project: SQL that is
    only another database's outweighs it. PostgreSQL where nothing says anything, which `files` then knows.
    """
    for provider in providers:
        named = provider and dialect_of_provider(provider.removeprefix("jdbc:").partition(":")[0])
        if named:
            return named
    named = dialect_of_path(folder.path, files)
    if named:
        return named
    url = _dialect_of_setting(_URL, folder, files)
    driver = None if url else _dialect_of_driver(folder, files)
    if driver:
        return driver
    votes = _votes(texts)
    if url and (url in votes or not votes):
        return url
    if votes.get(COCKROACH, 0) * _MANY > max(votes.values(), default=0):
        return COCKROACH
    if votes:
        return max(votes, key=lambda dialect: (votes[dialect], dialect == POSTGRES))
    image = _dialect_of_setting(_IMAGE, folder, files)
    if image is None:
        files.without_dialect.add(files.full(folder.path))
    return image or POSTGRES


# Where people write how to reach the database that they migrate.
_SETTINGS = (
    ".env", ".env.example", ".env.sample", ".env.development", "Makefile", "makefile", "justfile", "Justfile",
    "Taskfile.yml", "Taskfile.yaml", "docker-compose.yml", "docker-compose.yaml", "compose.yml",
    "compose.yaml",
)  # fmt: skip
_REMARK = r"(?m)^[ \t]*#.*$"
_URL = r"\b(?:jdbc:(\w{1,20}):|([a-z][a-z0-9]{1,20})(?:\+\w{1,20})?://)"
_IMAGE = r"(?m)^[ \t]*image:[ \t]*[\"']?(?:[\w.-]+/)*([a-z][a-z0-9]*)(?![\w-])"
_OF_IMAGE = {"timescaledb": POSTGRES, "postgis": POSTGRES, "pgvector": POSTGRES}


def _dialect_of_setting(pattern: str, folder: Folder, files: Files) -> str | None:
    """Give the database that the nearest folder with such a setting names, if it is one."""
    for step in files.upward(folder.path):
        found = {
            dialect
            for name in _SETTINGS
            if files.is_file(join(step, name))
            for setting in re.finditer(pattern, re.sub(_REMARK, "", files.text(join(step, name))))
            for word in setting.groups()
            if word and (dialect := _OF_IMAGE.get(word) or dialect_of_provider(word))
        }
        if found:
            return found.pop() if len(found) == 1 else None
    return None


# Go has one manifest for all; elsewhere the tool's own package names the database.
_DRIVERS = (
    r"^[ \t]*(?:require\s+)?(?:github\.com/(?:lib/(?P<postgres>pq)|jackc/(?P<pgx>pgx)"
    r"|cockroachdb/(?P<cockroach>cockroach-go)|go-sql-driver/(?P<mysql>mysql)|mattn/(?P<sqlite>go-sqlite3))"
    r"|modernc\.org/(?P<pure>sqlite))(?:/v\d+)?\s+v"
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
