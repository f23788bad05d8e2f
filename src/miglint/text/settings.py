"""Settings in files of the usual kinds: properties, YAML, TOML and XML, each under the path of its names."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from miglint.text.lazy import expression

if TYPE_CHECKING:
    from miglint.text.tree import Node

_GOES_ON = expression(r"(?<!\\)((?:\\\\)*)\\\r?\n[ \t]*")
_LINE = expression(r"^[ \t]*(?![#!])([^\s:=]+)[ \t]*[:=]?[ \t]*(.*)$", re.MULTILINE)
_ESCAPED = expression(r"\\([:=#! ])")


class Setting(NamedTuple):
    """The values under a path of names, in their order, as they are written."""

    path: tuple[str, ...]
    values: tuple[str, ...]


def properties(text: str) -> dict[str, str]:
    """Give the keys and values of a Java properties file; of several with one key, the last."""
    lines = _LINE.findall(_GOES_ON.sub(r"\1", text) if "\\" in text else text)
    return {key: _ESCAPED.sub(r"\1", value).strip() for key, value in lines}


@lru_cache(maxsize=32)
def settings_of(name: str, text: str) -> tuple[Setting, ...]:
    """Give the settings of a file by the ending of its name, in their order; none of what is malformed."""
    from miglint.text.tree import Malformed

    ending = name.rpartition(".")[2].lower()
    try:
        if ending in ("properties", "conf"):
            return tuple(Setting(tuple(key.split(".")), (said,)) for key, said in properties(text).items())
        if ending in ("yml", "yaml"):
            from miglint.text.yaml import settings

            return tuple(Setting(*one) for one in settings(text))
        if ending == "toml":
            return tuple(_of_table(_toml(text), ()))
        if ending == "xml":
            from miglint.text.xml import parse

            return tuple(_of_element(parse(text), ()))
    except (Malformed, RecursionError):
        return ()
    return ()


def _toml(text: str) -> dict[str, object]:
    from tomli import TOMLDecodeError, loads

    from miglint.text.tree import Malformed

    try:
        return loads(text)
    except TOMLDecodeError as error:
        raise Malformed(str(error)) from None


def _of_table(value: object, path: tuple[str, ...]) -> Iterator[Setting]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _of_table(inner, (*path, key))
    elif isinstance(value, list):
        yield Setting(path, tuple(str(one) for one in value if isinstance(one, str | int | float)))
        for one in value:
            if isinstance(one, dict):
                yield from _of_table(one, path)
    else:
        yield Setting(path, (str(value).lower() if isinstance(value, bool) else str(value),))


def _of_element(node: "Node", path: tuple[str, ...]) -> Iterator[Setting]:
    path = (*path, node.name)
    # A list has an element for each part of it.
    parts = tuple(text for child in node.children if (text := child.text.strip()))
    yield Setting(path, (node.text.strip(), *parts) if node.text.strip() else parts)
    for child in node.children:
        yield from _of_element(child, path)
