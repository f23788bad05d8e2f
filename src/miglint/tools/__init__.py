"""
Find the migration tool, order the migrations, cut files into scripts.

Each module here whose name has no leading underscore is one tool: it defines `tool = Tool(...)`, and
nothing else has to know of it. The modules with an underscore are what tools share.
"""

from miglint.tools._discovery import all_tools, find_histories, history_of_text
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

__all__ = ["Evidence", "Rank", "Tool", "ToolSettings", "all_tools", "find_histories", "history_of_text"]
