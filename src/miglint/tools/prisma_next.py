"""Prisma 8 ("Prisma Next"): `<name>/ops.json` with migration.ts. Recognised, not read yet."""

from miglint.model.migration import History
from miglint.project.files import Files, Folder
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings
from miglint.tools._unsupported import not_yet

OPERATIONS = "ops.json"


def _holders(folder: Folder, files: Files) -> list[str]:
    beside = ("migration.ts", "migration.json")
    return [
        name
        for name, child in files.children(folder)
        if child.has(OPERATIONS) and any(child.has(other) for other in beside)
    ]


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by an ops.json in its migrations."""
    names = _holders(folder, files)
    return Evidence(Rank.MARKER, f"{names[0]}/{OPERATIONS} in {files.shown(folder.path)}") if names else None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Say that the folder was not analysed."""
    return not_yet(tool.name, "Prisma 8", folder, files, len(_holders(folder, files)))


tool = Tool(
    name="prisma-next", title="Prisma 8", recognise=recognise, read=read, traces=(OPERATIONS,), depth=1
)
