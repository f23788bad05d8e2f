"""Folders that look as if they held migrations, of a kind that no tool here reads."""

import os
from typing import NamedTuple

from miglint.project.files import Files, Folder
from miglint.project.named_queries import holds_named_queries
from miglint.project.sqlc import is_for_sqlc
from miglint.text.lazy import expression
from miglint.tools._code_with_sql import (
    LANGUAGES,
    code_with_sql,
    is_of_tests,
    speaks_of_migrations,
)
from miglint.tools.plain_sql import (
    is_of_others,
    migration_names,
    tests_an_extension,
    updates_an_extension,
)

# What the endings of numbered files in such a folder point at, the most telling first.
_CANDIDATES = (
    (".py", "Django, Alembic or yoyo"),
    (".rb", "Rails"),
    (".php", "Laravel, Phinx or Doctrine"),
    (".exs", "Ecto"),
    (".ts", "TypeORM, Knex, Kysely or MikroORM"),
    (".js", "Knex, Sequelize or TypeORM"),
    (".cs", "Entity Framework"),
    (".xml", "Liquibase, in XML"),
    (".yaml", "Liquibase, in YAML"),
    (".yml", "Liquibase, in YAML"),
)
_FOLDERS = frozenset(("migrations", "migration", "migrate", "changelog", "changelogs"))
_NUMBERED = expression(r"[vV]?\d+[._-]")
_LONG = expression(r"\d{3,}[._-]")
"""A number that says so by itself."""
_CHANGES = expression(
    r"(?im)^[ \t]*(?:ALTER|COMMENT|CREATE|DELETE|DO|DROP|GRANT|INSERT|REVOKE|TRUNCATE|UPDATE)\s"
)
_FEWEST = 3
"""So many numbered files are no accident; those of SQL whatever their folder is called."""


class Unknown(NamedTuple):
    """Files of migrations, perhaps: how sentences count them, and their names."""

    counted: str
    names: tuple[str, ...]


def look_alike(folder: Folder, files: Files) -> Unknown | None:
    """Give the files in a folder that no tool reads and that may be migrations."""
    return _numbered(folder, files) or _sql(folder, files)


def steps_in_code(folder: Folder, files: Files) -> Unknown | None:
    """Give the files of code in a folder that change tables with SQL of their own."""
    names = code_with_sql(folder, files)
    if not names:
        return None
    languages = sorted({LANGUAGES[name.rpartition(".")[2]] for name in names})
    counted = f"{{n}} file{{s}} in {' and '.join(languages)} with SQL, perhaps steps of migrations"
    return Unknown(counted, names)


def _numbered(folder: Folder, files: Files) -> Unknown | None:
    if os.path.basename(os.path.normpath(folder.path)).lower() not in _FOLDERS or is_of_tests(folder, files):
        return None
    ordered = [name for name in folder.files if _NUMBERED.match(name)]
    for ending, candidates in _CANDIDATES:
        names = tuple(name for name in ordered if name.endswith(ending))
        if len(names) >= _FEWEST or any(map(_LONG.match, names)):
            return Unknown(f"{{n}} numbered {ending} file{{s}}, perhaps from {candidates}", names)
    return None


def _sql(folder: Folder, files: Files) -> Unknown | None:
    names = migration_names(folder)
    if not names or is_of_others(folder) or is_of_tests(folder, files):
        return None
    if not speaks_of_migrations(folder, files) and sum(map(bool, map(_NUMBERED.match, names))) < _FEWEST:
        return None
    if is_for_sqlc(folder, files) or holds_named_queries(folder, files):
        return None
    if tests_an_extension(folder, files) or updates_an_extension(names):
        return None
    found = tuple(name for name in names if _CHANGES.search(files.beginning(folder.file(name))))
    return Unknown("{n} SQL file{s}, perhaps migrations of a runner of your own", found) if found else None
