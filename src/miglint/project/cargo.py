"""What Rust's Cargo.toml files around a folder say of a crate."""

import re
from collections.abc import Iterable

from miglint.project.dialects import dialect_of, dialect_of_path, dialect_of_provider
from miglint.project.files import Files, Folder, join


def dialect_of_crate(folder: Folder, files: Files, crate: str, texts: Iterable[str]) -> str:
    """Give the dialect that the folder's name, the crate's features or the SQL name; PostgreSQL else."""
    features = None if dialect_of_path(folder.path, files) else _dialect_of_features(folder, files, crate)
    return dialect_of(folder, files, texts, features)


def _dialect_of_features(folder: Folder, files: Files, crate: str) -> str | None:
    for text in manifests(files, folder.path, crate):
        # `postgres_backend` and the like stand for the same database.
        named = {dialect_of_provider(feature.partition("_")[0]) for feature in features(text, crate)}
        dialects = named - {None}
        if len(dialects) == 1:
            return dialects.pop()
    return None


def manifests(files: Files, path: str, crate: str) -> tuple[str, ...]:
    """Give the texts, nearest first, of the Cargo.toml files that name the crate as a dependency.

    A crate's own Cargo.toml may leave the features to that of the workspace above it.
    """
    texts = (files.text(join(step, "Cargo.toml")) for step in files.upward(path))
    return tuple(text for text in texts if _dependency(crate).search(text))


def features(manifest: str, crate: str) -> tuple[str, ...]:
    """Give the features that a Cargo.toml asks of the crate."""
    found = _dependency(crate).search(manifest)
    if found is None:
        return ()
    # Up to the next table or, within one, the next dependency.
    own_table = found[1] is not None
    end = re.compile(r"^[ \t]*\[" if own_table else r"^[ \t]*(?:\[|[\w-]+\s*=)", re.MULTILINE)
    after = end.search(manifest, found.end() + 1)
    entry = manifest[found.end() : after.start() if after else len(manifest)]
    listed = re.search(r"features\s*=\s*\[([^\]]*)\]", entry)
    return tuple(re.findall(r"""["']([\w-]+)["']""", listed[1])) if listed else ()


def _dependency(crate: str) -> "re.Pattern[str]":
    name = re.escape(crate)
    return re.compile(
        rf"^[ \t]*(?:(\[(?:[\w.'\"()-]+\.)?dependencies\.{name}\])|{name}\s*=|{name}\.workspace)",
        re.MULTILINE,
    )
