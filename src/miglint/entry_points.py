"""What installed packages register, read from their `entry_points.txt` files.

That takes 2 ms, where importlib.metadata takes 56.
"""

import os
import sys


def registered(group: str) -> tuple[str, ...]:
    """Give what the entry points of a group name, without their own names, in the order of `sys.path`."""
    found: dict[str, None] = {}
    here = os.path.realpath(".")
    for folder in dict.fromkeys(sys.path):
        if os.path.realpath(folder) == here:
            continue  # What is linted is never imported.
        try:
            entries = [e.path for e in os.scandir(folder) if e.name.endswith(".dist-info")]
        except OSError:
            continue
        for path in sorted(entries):
            found.update(dict.fromkeys(_values(os.path.join(path, "entry_points.txt"), group)))
    return tuple(found)


def _values(path: str, group: str) -> list[str]:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError:
        return []
    if f"[{group}]" not in text:
        return []
    section = text.partition(f"[{group}]")[2].partition("\n[")[0]
    return [line.partition("=")[2].strip() for line in section.splitlines() if "=" in line]
