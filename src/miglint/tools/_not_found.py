"""What to say of a path that holds no migrations."""

import os

from miglint.project.dialects import POSTGRES, dialect_of_path
from miglint.project.files import is_within
from miglint.text.lazy import expression
from miglint.tools._recognition import Run
from miglint.tools._skipped import is_passed_over

# A folder for each release, such as `1.4.0`: people know the one that holds them all.
_RELEASE = expression(r"v?\d+(?:[._]\d+)+")


def hint(path: str, run: Run) -> str:
    """Say where SQL files were seen, or what was passed over."""
    if not os.path.isdir(path):
        return "name a folder or a .sql file"
    for place, settings in run.configured.items():
        if settings.tool is not None and is_within(place, run.files.full(path)):
            shown = run.files.shown(place)
            return f"the configuration has {shown} read as {settings.tool}: no file in it matches"
    near: dict[str, int] = {}
    passed: set[str] = set()
    for folder in run.files.listed():
        if not is_within(run.files.full(folder.path), run.files.full(path)):
            continue
        full = run.files.full(folder.path)
        above, name = os.path.split(full)
        inside = full[len(run.files.repository(path) or run.files.full(path)) :]
        passed.update(below for below in folder.folders if is_passed_over(below, inside))
        count = len(folder.ending(".sql"))
        if count:
            place = run.files.shown(above if _RELEASE.fullmatch(name) else folder.path)
            near[place] = near.get(place, 0) + count
    if near:

        def rank(place: str) -> tuple[int, int, str]:
            dialect = dialect_of_path(place, run.files)
            return (dialect is not None) - 2 * (dialect == POSTGRES), -near[place], place

        places = ", ".join(f"{place} ({near[place]})" for place in sorted(near, key=rank)[:3])
        return f"SQL files are in {places}; name a folder or a file to check it"
    ignored = [at for at in run.ignored if is_within(run.files.full(at), run.files.full(path))]
    by_git = f"by .gitignore: {', '.join(map(run.files.shown, ignored[:3]))}" if ignored else ""
    by_name = f"by name: {', '.join(sorted(passed))}" if passed else ""
    if by_name or by_git:
        return f"skipped {', and '.join(filter(None, (by_name, by_git)))}; name one to check it"
    return "name the folder that holds the migrations"
