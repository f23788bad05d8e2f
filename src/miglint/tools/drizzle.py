"""Drizzle Kit 1.x: `<name>/migration.sql` with a snapshot.json beside it. Recognised, not read yet."""

from miglint.model.migration import History
from miglint.tools._files import Files, Folder
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings
from miglint.tools._unsupported import not_yet

SNAPSHOT = "snapshot.json"


def _holders(folder: Folder, files: Files) -> list[str]:
    return [
        name for name, child in files.children(folder) if child.has("migration.sql") and child.has(SNAPSHOT)
    ]


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a snapshot.json beside a migration.sql."""
    names = _holders(folder, files)
    return (
        Evidence(Rank.LAYOUT_AND_NAMES, f"{names[0]}/{SNAPSHOT} in {files.shown(folder.path)}")
        if names
        else None
    )


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Say that the folder was not analysed."""
    return not_yet(tool.name, "Drizzle Kit 1.x", folder, files, len(_holders(folder, files)))


tool = Tool(name="drizzle", title="Drizzle Kit", recognise=recognise, read=read, depth=1)
