"""The configuration file: the nearest one at or above a directory, up to the root of the repository."""

import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from miglint.config.settings import FIELDS, Settings
from miglint.config.values import WrongValue, read_table
from miglint.errors import ConfigError

FILE = "miglint.toml"
PYPROJECT = "pyproject.toml"
TABLE = "tool.miglint"
LARGEST_FILE = 1_000_000


class _Document(NamedTuple):
    """A configuration file as read; `content` is None where a `pyproject.toml` has no table for miglint."""

    path: str
    text: str
    table: str
    content: Mapping[str, object] | None


def load(directory: str = ".", file: str | None = None) -> Settings:
    """Give the settings that hold in a directory; `file` names a configuration file to read instead.

    Paths are relative to the directory, also in errors. Raises `ConfigError`.
    """
    if file is not None:
        document = _document(file, read_bytes(directory, file))
        if document.content is None:
            raise ConfigError(file, f"no table [{TABLE}]")
        return _settings(document, document.content)
    folder = "."
    while True:
        for name in (FILE, PYPROJECT):
            path = os.path.normpath(os.path.join(folder, name)).replace(os.sep, "/")
            full = os.path.join(directory, path)
            if not os.path.isfile(full):
                if name == FILE and os.path.exists(full):
                    raise ConfigError(path, "not a file")
                continue
            _inside(Settings(file=path, root=folder), directory)
            data = read_bytes(directory, path)
            if name == PYPROJECT and TABLE.encode() not in data:
                continue
            document = _document(path, data)
            if document.content is not None:
                return _inside(_settings(document, document.content), directory)
        here = os.path.abspath(os.path.join(directory, folder))
        if os.path.exists(os.path.join(here, ".git")) or here == os.path.dirname(here):
            return _inside(Settings(), directory)
        folder = os.path.join(folder, "..")


def _inside(settings: Settings, directory: str) -> Settings:
    """Refuse settings that a project brings along and that reach out of it, by their paths or over links.

    The project is the repository, else the folder of the file. Raises `ConfigError`.
    """
    folder = os.path.realpath(os.path.join(directory, settings.root))
    top = folder
    while not os.path.exists(os.path.join(top, ".git")):
        top, below = os.path.dirname(top), top
        if top == below:
            top = folder
            break
    for key, path in (
        ("", settings.file),
        ("baseline", settings.baseline),
        ("sizes", settings.sizes),
        *(("paths", path) for path in settings.paths),
        *(("histories", history.path) for history in settings.histories),
        *(("histories", history.sizes) for history in settings.histories if history.sizes),
    ):
        real = os.path.realpath(os.path.join(directory, path))
        if real != top and not real.startswith(top.rstrip(os.sep) + os.sep):
            named = key and settings.file
            what = f"{key}: {path} leads" if named else "it leads"
            raise ConfigError(settings.file if named else path, f"{what} out of the project")
    return settings


def read_bytes(directory: str, path: str, largest: int = LARGEST_FILE) -> bytes:
    """Read a file of settings. Raises `ConfigError`."""
    try:
        with open(os.path.join(directory, path), "rb") as stream:
            data = stream.read(largest + 1)
    except OSError as error:
        raise ConfigError(path, error.strerror or type(error).__name__) from None
    if len(data) > largest:
        raise ConfigError(path, f"larger than {largest} bytes")
    return data


def toml(path: str, data: bytes) -> tuple[str, Any]:
    """Give the text of a file, and what it says as TOML. Raises `ConfigError`."""
    import tomli

    try:
        text = data.decode("utf-8-sig")
        return text, tomli.loads(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}", "not UTF-8") from None
    except tomli.TOMLDecodeError as error:
        message, _, place = str(error).rpartition(" (at ")
        at = re.match(r"line (\d+)", place)
        line = int(at[1]) if at else text.rstrip("\n").count("\n") + 1
        raise ConfigError(f"{path}:{line}", f"not TOML: {message or place}") from None
    except RecursionError:
        raise ConfigError(path, "nested too deeply") from None
    except ValueError:
        raise ConfigError(path, "not TOML: a number is too long") from None


def _document(path: str, data: bytes) -> _Document:
    text, content = toml(path, data)
    table = TABLE if os.path.basename(path) == PYPROJECT else ""
    for part in filter(None, table.split(".")):
        content = content.get(part) if isinstance(content, dict) else None
    return _Document(path, text, table, content if isinstance(content, dict) else None)


def _settings(document: _Document, content: Mapping[str, object]) -> Settings:
    path = document.path
    try:
        values = read_table(content, FIELDS)
    except WrongValue as wrong:
        line = _line_of(document.text, document.table, wrong)
        message = f"{'.'.join(wrong.keys)}: {wrong.message}"
        raise ConfigError(f"{path}:{line}" if line else path, message, wrong.hint) from None
    root = os.path.dirname(path) or "."

    def placed(name: str) -> str:
        return os.path.normpath(os.path.join(root, name)).replace(os.sep, "/")

    if "paths" in values:
        values["paths"] = tuple(placed(name) for name in values["paths"])
    if "histories" in values:
        values["histories"] = tuple(
            h._replace(path=placed(h.path), sizes=placed(h.sizes) if h.sizes else "")
            for h in values["histories"]
        )
    if "rules" in values:
        values["rules"] = placed(values["rules"])
    names_baseline, names_version = "baseline" in values, "postgres_version" in values
    names_sizes = "sizes" in values
    for key in ("baseline", "sizes"):
        values[key] = placed(values.get(key, getattr(Settings(), key)))
    return Settings(
        **values,
        file=path,
        root=root,
        names_baseline=names_baseline,
        names_version=names_version,
        names_sizes=names_sizes,
    )


_LINE = r"\s*(?:\[\[?(?P<header>[^\[\]#]+)\]|(?P<key>[^=#\[\]{}]+?)\s*=)"


def _line_of(text: str, table: str, wrong: WrongValue) -> int:
    """Give the line of the key with a wrong value; 0 if it cannot be told.

    TOML parsers give no places of values; this finds a key written in one of the usual ways.
    """
    nth = next((part for part in wrong.path if isinstance(part, int)), 0)
    wanted = ".".join(filter(None, (table, *wrong.keys)))
    outermost = ".".join(filter(None, (table, *wrong.keys[:1])))
    header, tables, fallback = "", -1, 0
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(_LINE, line)
        if match is None:
            continue
        name = re.sub(r"[\s\"']", "", match["header"] or match["key"])
        if match["header"]:
            header = name
            tables += name == outermost
        else:
            name = f"{header}.{name}" if header else name
        if name == wanted and tables in (-1, nth):
            return number
        if name == outermost and not fallback:
            fallback = number
    return fallback
