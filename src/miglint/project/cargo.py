"""What Rust's Cargo.toml files around a folder say of a crate."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from miglint.project.dialects import (
    CLICKHOUSE,
    dialect_of,
    dialect_of_path,
    dialect_of_provider,
    is_for_clickhouse,
)
from miglint.project.files import Files, Folder, join


def dialect_of_crate(folder: Folder, files: Files, crate: str, texts: Iterable[str]) -> str:
    """Give the dialect that the folder's name, the crate's features or the SQL name; PostgreSQL else.

    No crate here speaks to ClickHouse: its SQL is for another runner, whatever the features say.
    """
    features = None if dialect_of_path(folder.path, files) else _dialect_of_features(folder, files, crate)
    if features is not None and is_for_clickhouse(texts):
        return CLICKHOUSE
    return dialect_of(folder, files, texts, features)


def _dialect_of_features(folder: Folder, files: Files, crate: str) -> str | None:
    for features in manifests(files, folder.path, crate):
        # `postgres_backend` and the like stand for the same database.
        named = {dialect_of_provider(feature.partition("_")[0]) for feature in features}
        dialects = named - {None}
        if len(dialects) == 1:
            return dialects.pop()
    return None


def manifests(files: Files, path: str, crate: str) -> tuple[tuple[str, ...], ...]:
    """Give the features that each Cargo.toml with the crate as a dependency asks of it, the nearest first.

    A crate's own Cargo.toml may leave the features to that of the workspace above it.
    """
    return tuple(next(filter(None, map(_features, found)), ()) for found in _found(files, path, crate))


def requirement(files: Files, path: str, crate: str) -> str:
    """Give the version that the nearest Cargo.toml with one asks of a crate (`^2`); "" if none does."""
    entries = (entry for found in _found(files, path, crate) for entry in found)
    versions = (entry.get("version") if isinstance(entry, dict) else entry for entry in entries)
    return next((version for version in versions if isinstance(version, str)), "")


def _found(files: Files, path: str, crate: str) -> Iterator[list[object]]:
    texts = (files.text(join(step, "Cargo.toml")) for step in files.upward(path))
    entries = (list(_entries(_tree(text), crate)) for text in texts if crate in text)
    return filter(None, entries)


def _entries(manifest: object, crate: str) -> Iterator[object]:
    """Give what a manifest says of a crate, that of the program itself before that of its tests."""
    targets = _table(manifest, "target")
    owners = (manifest, _table(manifest, "workspace"), *targets.values())
    for kind in ("dependencies", "build-dependencies", "dev-dependencies"):
        for owner in owners:
            for name, entry in _table(owner, kind).items():
                if (entry.get("package", name) if isinstance(entry, dict) else name) == crate:
                    yield entry


def _features(entry: object) -> tuple[str, ...]:
    listed = entry.get("features") if isinstance(entry, dict) else None
    return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()


def _table(owner: object, name: str) -> dict[str, object]:
    found = owner.get(name) if isinstance(owner, dict) else None
    return found if isinstance(found, dict) else {}


@lru_cache(maxsize=32)
def _tree(text: str) -> object:
    """Parse a manifest; one that Cargo could not read says nothing."""
    from tomli import TOMLDecodeError, loads

    try:
        return loads(text)
    except (TOMLDecodeError, RecursionError):
        return None
