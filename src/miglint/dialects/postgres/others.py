"""Objects that nothing here looks into: which one a statement makes, changes, renames or drops."""

from collections.abc import Callable, Iterator
from typing import Any

from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.scope import Scope, items, strings
from miglint.dialects.postgres.types import argument_type, lower_type
from miglint.model import Deed, Name

WORDS = {
    "fdw": "foreign data wrapper",
    "foreign_server": "server",
    "opclass": "operator class",
    "opfamily": "operator family",
    "statistic_ext": "statistics",
    "tsconfiguration": "text search configuration",
    "tsdictionary": "text search dictionary",
    "tsparser": "text search parser",
    "tstemplate": "text search template",
    "matview": "materialized view",
}
_OF_RELATIONS = frozenset({"rule", "trigger", "policy", "tabconstraint"})
_WITHOUT_SCHEMA = frozenset(
    "access method|cast|database|domconstraint|event trigger|extension|foreign data wrapper|language"
    "|largeobject|publication|role|schema|server|subscription|tablespace|transform|user mapping".split("|")
)
_LEAVES_NOTHING = frozenset(
    "VariableShowStmt VariableSetStmt ListenStmt UnlistenStmt NotifyStmt PrepareStmt DeallocateStmt"
    " DeclareCursorStmt FetchStmt ClosePortalStmt CheckPointStmt LoadStmt ExplainStmt DiscardStmt".split()
)


def words_of(objtype: str) -> str:
    """Give a kind of objects in words."""
    kind = objtype.removeprefix("OBJECT_").lower()
    return WORDS.get(kind, kind.replace("_", " "))


def object_of(objtype: str, target: Any, scope: Scope) -> tuple[str, str, Name | None]:
    """Give the kind and the name of an object, and the relation that it is a part of."""
    kind = words_of(objtype)
    if kind.replace(" ", "") in _OF_RELATIONS:
        parts = strings(items(target))
        table = scope.existing(parts[-2], parts[-3] if len(parts) > 2 else None)
        return kind, f"{parts[-1]} of {table.display}", table
    return kind, _name(kind, target, scope), None


def _name(kind: str, target: Any, scope: Scope) -> str:
    if not isinstance(target, dict):
        return str(target)
    if "String" in target:
        return str(target["String"].get("sval", ""))
    if "ObjectWithArgs" in target:
        inner = target["ObjectWithArgs"]
        arguments = (item.get("TypeName") for item in inner.get("objargs", ()))
        return routine(inner.get("objname"), [type_ for type_ in arguments if type_], scope)
    if "TypeName" in target:
        return str(lower_type(target["TypeName"], scope))
    parts = items(target)
    if kind in ("cast", "transform"):
        return " and ".join(_name(kind, part, scope) for part in parts)
    return held(kind, strings(parts), scope)


def held(kind: str, parts: list[str], scope: Scope) -> str:
    """Give the name of an object with its schema, where its kind lives in one."""
    if kind.startswith("operator ") and len(parts) > 1:  # The method stands first.
        return f"{parts[0]} {held('', parts[1:], scope)}"
    if kind in _WITHOUT_SCHEMA or not parts:
        return ".".join(parts)
    return str(scope.created(parts[-1], parts[-2] if len(parts) > 1 else None))


def routine(names: list[Any] | None, types: list[Node], scope: Scope) -> str:
    """Name a function, aggregate or operator by the types of its arguments."""
    parts = strings(names)
    name = scope.created(parts[-1], parts[-2] if len(parts) > 1 else None)
    return f"{name}({', '.join(argument_type(type_, scope) for type_ in types)})"


def deed(action: str, objtype: str, target: Any, scope: Scope, text: str | None = None) -> Deed:
    """What a statement does to the object that it names."""
    kind, name, table = object_of(objtype, target, scope)
    return Deed(action, kind, name, scope.sql if text is None else text, table)


def doubt(scope: Scope) -> Deed:
    """What nobody can tell without looking into it."""
    text = " ".join(scope.sql.split())
    return Deed("doubt", text=text if len(text) < _LONG else f"{text[:_LONG]}...")


_LONG = 60

# The statement's node: what it does, to what kind of object, and where the name stands.
_STATEMENTS = {
    "AlterCollationStmt": ("change", "collation", "collname"),
    "AlterEventTrigStmt": ("change", "event trigger", "trigname"),
    "AlterFdwStmt": ("change", "foreign data wrapper", "fdwname"),
    "AlterForeignServerStmt": ("change", "server", "servername"),
    "AlterOpFamilyStmt": ("change", "operator family", "opfamilyname"),
    "AlterPublicationStmt": ("change", "publication", "pubname"),
    "AlterStatsStmt": ("change", "statistics", "defnames"),
    "AlterSubscriptionStmt": ("change", "subscription", "subname"),
    "AlterTSConfigurationStmt": ("change", "text search configuration", "cfgname"),
    "AlterTSDictionaryStmt": ("change", "text search dictionary", "dictname"),
    "CreateAmStmt": ("make", "access method", "amname"),
    "CreateConversionStmt": ("make", "conversion", "conversion_name"),
    "CreateEventTrigStmt": ("make", "event trigger", "trigname"),
    "CreateFdwStmt": ("make", "foreign data wrapper", "fdwname"),
    "CreateForeignServerStmt": ("make", "server", "servername"),
    "CreateOpClassStmt": ("make", "operator class", "opclassname"),
    "CreateOpFamilyStmt": ("make", "operator family", "opfamilyname"),
    "CreatePLangStmt": ("replace", "language", "plname"),
    "CreatePublicationStmt": ("make", "publication", "pubname"),
    "CreateRoleStmt": ("make", "role", "role"),
    "CreateSubscriptionStmt": ("make", "subscription", "subname"),
    "DropSubscriptionStmt": ("drop", "subscription", "subname"),
}


def deeds_of(statement: str, node: Node, scope: Scope) -> tuple[Deed, ...]:
    """Give what a statement does that has no operation of its own; a doubt where that is not known."""
    if statement in _STATEMENTS:
        action, kind, field = _STATEMENTS[statement]
        value = node.get(field, "")
        parts = strings(value) if isinstance(value, list) else [str(value)]
        if kind.startswith("operator "):
            parts = [node.get("amname", ""), *parts]
        return (Deed(action, kind, held(kind, parts, scope), scope.sql),)
    special = _SPECIAL.get(statement)
    if special is not None:
        return tuple(special(node, scope))
    return () if statement in _LEAVES_NOTHING else (doubt(scope),)


def _cast(node: Node, scope: Scope) -> Iterator[Deed]:
    types = [str(lower_type(node[field], scope)) for field in ("sourcetype", "targettype")]
    yield Deed("make", "cast", " and ".join(types), scope.sql)


def _transform(node: Node, scope: Scope) -> Iterator[Deed]:
    name = f"{lower_type(node['type_name'], scope)} and {node.get('lang', '')}"
    yield Deed("make", "transform", name, scope.sql)


def _mapping(action: str) -> Callable[[Node, Scope], Iterator[Deed]]:
    def lower(node: Node, scope: Scope) -> Iterator[Deed]:
        name = f"of {node.get('user', {}).get('rolename', 'public')} on {node.get('servername', '')}"
        yield Deed(action, "user mapping", name, scope.sql)

    return lower


def _roles(action: str) -> Callable[[Node, Scope], Iterator[Deed]]:
    def lower(node: Node, scope: Scope) -> Iterator[Deed]:
        roles = node.get("roles") or [{"RoleSpec": node.get("role", {})}]
        for role in roles:
            yield Deed(action, "role", str(role["RoleSpec"].get("rolename", "")), scope.sql)

    return lower


def _operator(node: Node, scope: Scope) -> Iterator[Deed]:
    target = {"ObjectWithArgs": node.get("opername", {})}
    yield deed("change", "OBJECT_OPERATOR", target, scope)


_SPECIAL: dict[str, Callable[[Node, Scope], Iterator[Deed]]] = {
    "AlterOperatorStmt": _operator,
    "AlterRoleStmt": _roles("change"),
    "AlterUserMappingStmt": _mapping("change"),
    "CreateCastStmt": _cast,
    "CreateTransformStmt": _transform,
    "CreateUserMappingStmt": _mapping("make"),
    "DropRoleStmt": _roles("drop"),
    "DropUserMappingStmt": _mapping("drop"),
}


def defined(node: Node, scope: Scope) -> Deed:
    """`CREATE AGGREGATE`, `OPERATOR`, `COLLATION` and `TEXT SEARCH ...`."""
    kind, names = words_of(node.get("kind", "")), node.get("defnames")
    name = held(kind, strings(names), scope)
    if kind == "aggregate":
        parameters = [p for item in node.get("args", ()) for p in items(item)]
        name = routine(names, [p["FunctionParameter"]["argType"] for p in parameters], scope)
    elif kind == "operator":
        sides = {
            item["DefElem"]["defname"]: item["DefElem"]["arg"]
            for item in node.get("definition", ())
            if item["DefElem"]["defname"] in ("leftarg", "rightarg")
        }
        types = [sides[side]["TypeName"] for side in ("leftarg", "rightarg") if side in sides]
        name = routine(names, types, scope)
    return Deed("replace" if node.get("replace") else "make", kind, name, scope.sql)
