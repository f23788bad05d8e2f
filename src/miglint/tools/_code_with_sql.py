"""Code with SQL in it where migrations stand: steps beside files of SQL, or those of a project's own runner.

No framework is known by it, so only a file whose own text changes tables is meant, and whose place or name
speaks of migrations.
"""

import os
import re
from bisect import bisect_left
from collections.abc import Iterator

from miglint.project.dialects import dialect_of_provider
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression

LANGUAGES = {
    "go": "Go",
    "ts": "TypeScript",
    "mts": "TypeScript",
    "cts": "TypeScript",
    "js": "JavaScript",
    "mjs": "JavaScript",
    "cjs": "JavaScript",
    "py": "Python",
    "rb": "Ruby",
    "php": "PHP",
    "java": "Java",
    "kt": "Kotlin",
    "scala": "Scala",
    "groovy": "Groovy",
    "cs": "C#",
    "fs": "F#",
    "rs": "Rust",
    "ex": "Elixir",
    "exs": "Elixir",
    "swift": "Swift",
    "cr": "Crystal",
    "clj": "Clojure",
    "hs": "Haskell",
    "lua": "Lua",
    "pl": "Perl",
    "pm": "Perl",
    "dart": "Dart",
    "sh": "shell",
}
_ENDINGS = frozenset(LANGUAGES)

# Words of a folder's name, or of the three above it, that make its files steps; and how the name of a file
# elsewhere begins that holds steps.
_PLACES = (
    "migrat", "upgrad", "alteration", "evolution", "deltas", "schema_change", "schema-change", "schemachange",
    "/patch/", "/patches/",
)  # fmt: skip
_CALLED = ("migrat", "Migrat")
# In a folder of this name, a file called after a database holds the steps for it.
_SCHEMA = frozenset(("schema", "schemas"))
# What runs in no production: it stands beside migrations in many projects.
_TESTS = expression(
    r"(?i)(?<![a-z])(?:sqltests?|tests?|testing|initdb|testdata|specs?|seed[a-z]*|mocks?|fixtures?|bench[a-z]*)(?![a-z])"
    r"|Tests?\."
)
_MOST = 400
"""A folder with more files of code than that is looked into at its end only."""

# A statement at the beginning of a line or a string; "Create table x" in a remark is written like a sentence.
# The table in which a runner keeps what has run is none of the project's.
_SQL = expression(
    r"""
    (?:^|["'`>(\[]) [ \t]* (?=[A-Z]{2}|[a-z]{2})
    (?i:
        (?: ALTER \s+ TABLE | CREATE \s+ (?:UNLOGGED \s+)? TABLE | DROP \s+ (?:TABLE|INDEX)
            | CREATE \s+ (?:UNIQUE \s+)? INDEX | INSERT \s+ INTO | DELETE \s+ FROM
            | UPDATE (?= \s+ \S+ (?:\s+ (?:AS \s+)? \w+)? \s+ SET \b)
        ) \s+
        (?: (?:IF|NOT|EXISTS|ONLY|CONCURRENTLY) \s+ )* \\?["`\[]?
        (?! (?:IF|NOT|EXISTS|ONLY|CONCURRENTLY) \b | [\w.]* (?:migrat|version|changelog|schema_info|_lock) )
        [a-z_]\w*
    )
    """,
    re.MULTILINE | re.VERBOSE,
)


def code_with_sql(folder: Folder, files: Files) -> tuple[str, ...]:
    """Give the names of the files of code in a folder that hold such SQL."""
    if _ENDINGS.isdisjoint(folder.endings):
        return ()
    names = folder.files if speaks_of_migrations(folder, files) else tuple(_called(folder))
    if not names or is_of_tests(folder, files):
        return ()
    code = [n for n in names if n.rpartition(".")[2] in _ENDINGS and not _TESTS.search(n)]
    return tuple(name for name in code[-_MOST:] if _SQL.search(_of_production(folder.file(name), files)))


def _of_production(path: str, files: Files) -> str:
    # In Rust, tests stand at the end of what they test.
    return files.beginning(path).partition("#[cfg(test)]")[0]


def speaks_of_migrations(folder: Folder, files: Files) -> bool:
    """Tell whether the name of a folder, or of one of the three above it, says that it holds migrations."""
    near = f"/{_near(folder, files).lower()}/"
    return any(map(near.__contains__, _PLACES))


def is_of_tests(folder: Folder, files: Files) -> bool:
    """Tell whether a folder is one of tests or of made-up data."""
    return bool(_TESTS.search(_near(folder, files)))


def _near(folder: Folder, files: Files) -> str:
    # "." and the like say nothing of the name.
    path = files.shown(folder.path) if folder.path.strip("./") else files.full(folder.path)
    return "/".join(path.replace("\\", "/").split("/")[-4:])


def _called(folder: Folder) -> Iterator[str]:
    for word in _CALLED:
        at = bisect_left(folder.files, word)
        while at < len(folder.files) and folder.files[at].startswith(word):
            yield folder.files[at]
            at += 1
    if os.path.basename(folder.path).lower() in _SCHEMA:
        yield from (name for name in folder.files if dialect_of_provider(name.partition(".")[0]))
