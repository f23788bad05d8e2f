"""Options in definitions: storage parameters, bounds of partitions, sequences."""

import re
from collections.abc import Iterable, Iterator

from miglint.dialects.postgres.expressions import literal_of, lower_expression
from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.literals import literal
from miglint.dialects.postgres.scope import Scope, strings
from miglint.dialects.postgres.types import lower_type

_WHOLE = re.compile(r"0|-?[1-9][0-9]*")


def options_of(options: Iterable[Node]) -> Iterator[tuple[str, str]]:
    """Give the storage parameters of a WITH or a SET."""
    for item in options:
        element = item["DefElem"]
        space = f"{element['defnamespace']}." if "defnamespace" in element else ""
        yield f"the parameter {space}{element['defname']}", value_of(element.get("arg", {})) or "true"


def value_of(argument: Node) -> str:
    """Give what stands after the equals sign; words for yes and no are the same ones."""
    if not argument:
        return ""
    ((kind, inner),) = argument.items()
    if kind == "TypeName":
        text = strings(inner.get("names"))[-1]
    else:
        text = str(next(iter(inner.values()), 0 if kind == "Integer" else ""))
    return {"on": "true", "off": "false", "yes": "true", "no": "false"}.get(text.lower(), text.lower())


def settings_of(function: Node) -> Iterator[str]:
    """Give the names of the settings that a function sets."""
    for option in function.get("options", ()):
        if option["DefElem"]["defname"] == "set":
            yield option["DefElem"]["arg"]["VariableSetStmt"].get("name", "").lower()


def partition_bound(bound: Node | None, scope: Scope) -> str:
    """Give the bound of a partition as SQL, as the server prints it but that all constants are in quotes."""
    if not bound:
        return ""
    if bound.get("is_default"):
        return "DEFAULT"
    if bound.get("strategy") == "h":
        return f"WITH (modulus {bound.get('modulus', 0)}, remainder {bound.get('remainder', 0)})"
    values = {
        key: ", ".join(_datum(value, scope) for value in bound.get(key, ()))
        for key in ("listdatums", "lowerdatums", "upperdatums")
    }
    if bound.get("strategy") == "l":
        return f"IN ({values['listdatums']})"
    return f"FROM ({values['lowerdatums']}) TO ({values['upperdatums']})"


def _datum(value: Node, scope: Scope) -> str:
    text, is_null = literal_of(value)
    if is_null:
        return "NULL"
    if text is not None:
        return text if _WHOLE.fullmatch(text) else literal(text)
    written = lower_expression(value, scope).text
    return written.upper() if written.upper() in ("MINVALUE", "MAXVALUE") else written


def sequence_options(options: Iterable[Node], scope: Scope) -> Iterator[tuple[str, str | None]]:
    """Give what the options of a sequence set; the default values are none."""
    for item in options:
        element = item["DefElem"]
        name, argument = element["defname"], element.get("arg", {})
        if name in ("owned_by", "restart", "sequence_name"):
            continue
        value = str(lower_type(argument["TypeName"], scope)) if "TypeName" in argument else value_of(argument)
        yield f"the option {name}", None if value in _SEQUENCE_DEFAULTS.get(name, ("",)) else value


_SEQUENCE_DEFAULTS = {
    "as": ("bigint",),
    "start": ("1",),
    "increment": ("1",),
    "minvalue": ("", "1"),
    "maxvalue": ("", "9223372036854775807"),
    "cache": ("1",),
    "cycle": ("false", ""),
}
