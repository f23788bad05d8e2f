"""
Find the migration tool, order the migrations, cut files into scripts.

Each module or package here whose name has no leading underscore is one tool: it defines
`tool = Tool(...)`, and nothing else has to know of it. The modules with an underscore are what tools share.
"""

from miglint.project.files import Files, Folder
from miglint.tools._discovery import (
    find_histories,
    histories_of_texts,
    history_before,
    history_of_text,
)
from miglint.tools._in_code import narrowed
from miglint.tools._known_tools import all_tools, is_trace
from miglint.tools._places import FileText, NoPlace, Place, Written
from miglint.tools._placing import place_down, place_new
from miglint.tools._releases import with_arrivals, with_periods
from miglint.tools._scripts import (
    Cut,
    MigrationFiles,
    Reading,
    Section,
    Wrapping,
    read_migrations,
    read_sections,
)
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

__all__ = [
    "Cut",
    "Evidence",
    "FileText",
    "Files",
    "Folder",
    "MigrationFiles",
    "NoPlace",
    "Place",
    "Rank",
    "Reading",
    "Section",
    "Tool",
    "ToolSettings",
    "Wrapping",
    "Written",
    "all_tools",
    "find_histories",
    "histories_of_texts",
    "history_before",
    "history_of_text",
    "is_trace",
    "narrowed",
    "place_down",
    "place_new",
    "read_migrations",
    "read_sections",
    "with_arrivals",
    "with_periods",
]
