"""The layout that Diesel, Hasura and Sourcegraph share: a folder per migration with up.sql and down.sql."""

from miglint.project.files import Files, Folder
from miglint.tools._scripts import MigrationFiles

UP = "up.sql"
DOWN = "down.sql"


def holders(folder: Folder, files: Files) -> tuple[str, ...]:
    """Give the names of the sub-folders with an up.sql or a down.sql."""
    return tuple(name for name, child in files.children(folder) if child.has(UP) or child.has(DOWN))


def recognisable(folder: Folder, files: Files) -> tuple[str, ...]:
    """Give the sub-folders that are migrations, if any has an up.sql and a name that starts with a number.

    In a folder that the user named, the names do not matter.
    """
    names = holders(folder, files)
    ups = [name for name in names if files.child(folder, name).has(UP)]
    if ups and (files.is_named(folder) or any(name[0].isdigit() for name in ups)):
        return names
    return ()


def migration_files(folder: Folder, files: Files, name: str) -> MigrationFiles:
    """Give the scripts in one sub-folder."""
    child = files.child(folder, name)
    up = child.file(UP) if child.has(UP) else None
    down = child.file(DOWN) if child.has(DOWN) else None
    return MigrationFiles(name, up, down)
