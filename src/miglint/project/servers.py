"""Which version of the server a project runs, by what lies around its migrations: compose files, CI, ..."""

from collections.abc import Iterator
from functools import lru_cache

from miglint.model.server import Server
from miglint.project.files import Files, Folder, is_within, join

_COMPOSE = ("docker-compose", "compose")
_YAML = (".yml", ".yaml")
_OF_PIPELINES = (".gitlab-ci.yml", ".circleci/config.yml", "bitbucket-pipelines.yml")
_WORKFLOWS = (".github", "workflows")
_MOST_WORKFLOWS = 60
_LONGEST = 256 * 1024
# By the last part of its name: an image with PostgreSQL, and those whose own versions are of another thing.
_IMAGES = ("postgres", "postgresql", "postgis", "timescaledb", "timescaledb-ha", "pgvector")
_OTHER_VERSIONS = ("timescaledb", "timescaledb-ha", "pgvector")
_OLDEST = 12
"""The effects of an older one are not known."""


def server_around(path: str, files: Files) -> Server | None:
    """Give the PostgreSQL that the nearest folder with one runs; None where its files do not agree."""
    top = files.repository(path) or files.full(".")  # Nothing of another project is looked at.
    steps = files.upward(path)[1 if files.is_file(path) else 0 :]
    for step in (step for step in steps if is_within(step, top)):
        found = {version: file for file, version in _said_in(files.folder(step), files)}
        if found:
            (version, file), *others = found.items()
            said_by = files.shown(file)
            return (
                None
                if others or version < _OLDEST
                else Server("postgres", (version,), said_by, is_found=True)
            )
    return None


def _said_in(folder: Folder, files: Files) -> Iterator[tuple[str, int]]:
    for path in _configurations(folder, files):
        version = _version_of_supabase(files.text(path)[:_LONGEST])
        if version:
            yield path, version
    for path in _pipelines(folder, files):
        for version in _versions_of_images(files.text(path)[:_LONGEST]):
            yield path, version


def _configurations(folder: Folder, files: Files) -> Iterator[str]:
    if "supabase" in folder.folders and files.child(folder, "supabase").has("config.toml"):
        yield join(folder.file("supabase"), "config.toml")


def _pipelines(folder: Folder, files: Files) -> Iterator[str]:
    yield from (folder.file(n) for n in folder.ending(*_YAML) if n.startswith(_COMPOSE))
    for name in _OF_PIPELINES:
        place, _, _ = name.rpartition("/")
        if (place in folder.folders) if place else folder.has(name):
            yield folder.file(name)
    yield from workflows_in(folder, files)


def workflows_in(folder: Folder, files: Files) -> Iterator[str]:
    """Give the paths of the GitHub workflows of a repository's root, of very many the first."""
    if _WORKFLOWS[0] in folder.folders:
        workflows = files.child(files.child(folder, _WORKFLOWS[0]), _WORKFLOWS[1])
        yield from (workflows.file(name) for name in workflows.ending(*_YAML)[:_MOST_WORKFLOWS])


@lru_cache(maxsize=128)  # Many histories lie below one root.
def _versions_of_images(text: str) -> tuple[int, ...]:
    if "postg" not in text and "timescale" not in text and "pgvector" not in text:
        return ()
    import re

    found = []
    for image in re.findall(r"(?m)^\s*(?:-\s+)?image:\s*[\"']?([^\s\"'#]+)", text):
        # The value that holds where the environment has none.
        name, _, tag = re.sub(r"\$\{\w+:?-([^{}]*)\}", r"\1", image).rpartition(":")
        name = name.rpartition("/")[2]
        if name not in _IMAGES:
            continue
        version = re.search(r"(?:^|[-_.])pg(\d\d)(?!\d)", tag)
        if version is None and name not in _OTHER_VERSIONS:
            version = re.match(r"(\d\d)(?!\d)", tag)
        found += [int(version[1])] if version is not None else []
    return tuple(found)


def _version_of_supabase(text: str) -> int:
    import re

    table = re.search(r"(?ms)^\[db\]\s*$(.*?)(?=^\[|\Z)", text)
    version = re.search(r"(?m)^\s*major_version\s*=\s*(\d+)", table[1]) if table is not None else None
    return int(version[1]) if version is not None else 0
