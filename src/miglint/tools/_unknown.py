"""Folders that look as if they held migrations, of a kind that no tool here reads."""

import os

from miglint.model.migration import History, Problem
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression

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
    (".sql", "a tool whose names are `N_name.sql`, `V1__name.sql` or `N_name.up.sql`"),
)
_NUMBERED = expression(r"[vV]?\d+[._-]")
_FEWEST = 3


def look_alike(folder: Folder, files: Files) -> History | None:
    """Give a history that says what the folder may be, if it is called so and three files are numbered."""
    name = os.path.basename(os.path.normpath(folder.path)).lower()
    if name not in ("migrations", "migration", "migrate", "changelog", "changelogs"):
        return None
    ordered = [name for name in folder.files if _NUMBERED.match(name)]
    for ending, candidates in _CANDIDATES:
        count = sum(name.endswith(ending) for name in ordered)
        if count >= _FEWEST:
            shown = files.shown(folder.path)
            reason = f"{count} numbered {ending} files, perhaps from {candidates}: not read"
            evidence = f"numbered {ending} files in {shown}"
            return History("unknown", shown, "unknown", (), evidence, gaps=(Problem(shown, reason),))
    return None
