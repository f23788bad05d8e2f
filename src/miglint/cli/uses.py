"""What migrations drop or rename, looked for in the project's code."""

import argparse
import os
from collections.abc import Callable, Iterable, Sequence

from miglint.cli.output import say
from miglint.cli.unmatched import warn_about_code_paths
from miglint.config import Settings
from miglint.engine import Run
from miglint.errors import GitError
from miglint.findings.uses import with_uses
from miglint.model import EnumType, Removed, Report, Schema, Table, View
from miglint.model.change import Code, CodeLine, CodeLines

# What so many files name is a common word.
_MOST_FILES = 2000
# They describe what was, or repeat what stands elsewhere.
_NO_CODE = (".csv", ".json.gz", ".lock", ".map", ".md", ".rst", ".snap", ".svg", ".txt")


def with_code(
    report: Report, runs: Sequence[Run], settings: Settings, arguments: argparse.Namespace
) -> Report:
    """Say of findings where code under `code_paths` still names what they speak of."""
    if not settings.code_paths:
        return report
    quiet = getattr(arguments, "quiet", False)
    missing = _without_files(settings)
    if missing and not quiet:
        warn_about_code_paths(settings, missing)

    def look_up(words: Sequence[str], files: Sequence[str]) -> Code:
        from miglint import git

        if len(files) > _MOST_FILES:
            return Code(CodeLines(cut=True))
        is_code = _is_code(runs, settings.root)
        paths, root, since = files or settings.code_paths, settings.root, getattr(arguments, "since", None)
        try:
            found = git.lines_with(words, paths, root, since=since)
        except GitError as error:
            if not quiet:
                say(f"miglint: code_paths: what code still names is not known: {error}")
            return Code(CodeLines(cut=True))
        now = _only(found.now, is_code)
        # What was to be looked into and is not there may hold anything.
        now = now._replace(cut=now.cut or bool(missing))
        return Code(now, found.before and _only(found.before, is_code))

    schemas = [run.schema for run in runs]
    diagnostics = with_uses(report.diagnostics, look_up, lambda _, removed: _is_there(removed, schemas))
    return report._replace(diagnostics=diagnostics)


def _without_files(settings: Settings) -> tuple[str, ...]:
    from miglint import git

    try:
        return git.paths_without_files(settings.code_paths, settings.root)
    except GitError:
        # Whoever asks for code is told why there is none.
        return ()


def _only(lines: CodeLines, is_code: Callable[[CodeLine], bool]) -> CodeLines:
    return lines._replace(lines=tuple(filter(is_code, lines.lines)))


def _is_code(runs: Iterable[Run], root: str) -> Callable[[CodeLine], bool]:
    """Tell code from the migrations themselves, and from what lies beside them."""
    folders = {os.path.dirname(os.path.relpath(source.path, root)) for run in runs for source in run.sources}
    beside = tuple(f"{folder.replace(os.sep, '/')}/" for folder in folders if folder)
    return lambda line: not line.path.startswith(beside) and not line.path.endswith(_NO_CODE)


def _is_there(removed: Removed, schemas: Iterable[Schema]) -> bool:
    """Whether something has that name after the last migration: then code means that."""
    name, inside = removed.name, removed.inside
    for schema in schemas:
        if removed.kind == "column":
            named = (r for n, r in schema.relations.items() if n.name == inside)
            if any(isinstance(r, (Table, View)) and r.column(name) is not None for r in named):
                return True
        elif removed.kind == "value":
            types = (each for each in schema.types.values() if each.name.name == inside)
            if any(isinstance(each, EnumType) and name in each.values for each in types):
                return True
        elif name in schema.schemas or any(
            name == each.name for each in (*schema.relations, *schema.types, *schema.functions)
        ):
            return True
    return False
