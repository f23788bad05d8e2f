"""Every tool that there is."""

import os
from functools import cache
from importlib import import_module

from miglint.errors import PackageError, UsageError, did_you_mean
from miglint.project.files import Folder
from miglint.tools._tool import Tool

GROUP = "miglint.tools"


@cache
def all_tools() -> tuple[Tool, ...]:
    """Load every tool: the modules of this package without an underscore, and those that packages register.

    Raises PackageError for a module that does not load or defines no tool.
    """
    from miglint import tools
    from miglint.entry_points import registered

    names = sorted(
        entry.name.removesuffix(".py")
        for place in tools.__path__
        for entry in os.scandir(place)
        if not entry.name.startswith("_") and (entry.is_dir() or entry.name.endswith(".py"))
    )
    own = tuple(import_module(f"{tools.__name__}.{name}").tool for name in names)
    return (*own, *(_foreign(module) for module in registered(GROUP)))


def _foreign(module: str) -> Tool:
    try:
        found = import_module(module).tool
    except Exception as error:
        raise PackageError(f"the tool package {module} does not load: {error}") from error
    if not isinstance(found, Tool):
        raise PackageError(f"{module}.tool is not a Tool")
    return found


def is_trace(path: str) -> bool:
    """Tell whether some tool looks into a folder because of a file of this name."""
    above, name = os.path.split(path)
    folder = Folder(above, (name,), endings=frozenset((name[name.rfind(".") + 1 :],)))
    return any(folder.has_trace(trace) for tool in all_tools() for trace in tool.traces)


def tool_named(name: str) -> Tool:
    """Give the tool of that name; raises UsageError."""
    found = next((tool for tool in all_tools() if tool.name == name), None)
    if found is None:
        names = tuple(tool.name for tool in all_tools())
        hint = did_you_mean(name, names) or f"known tools: {', '.join(names)}"
        raise UsageError(f"unknown migration tool {name!r}", hint)
    return found
