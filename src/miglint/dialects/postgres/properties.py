"""What is set on objects: comments, storage parameters, owners, row level security, privileges."""

from collections.abc import Iterator
from typing import Any

from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.named_objects import function_with_arguments, named_relation
from miglint.dialects.postgres.options import options_of, value_of
from miglint.dialects.postgres.others import held, object_of, words_of
from miglint.dialects.postgres.scope import Scope, items, strings
from miglint.model import HISTORY, Function, Name, Sequence, Setting, Table, View

_RELATIONS = {
    "OBJECT_TABLE": "table",
    "OBJECT_FOREIGN_TABLE": "foreign table",
    "OBJECT_VIEW": "view",
    "OBJECT_MATVIEW": "materialized view",
    "OBJECT_SEQUENCE": "sequence",
    "OBJECT_INDEX": "index",
}
_PARTS = {"OBJECT_TABCONSTRAINT": "constraint", "OBJECT_TRIGGER": "trigger", "OBJECT_POLICY": "policy"}
_OF_TYPES = frozenset({"OBJECT_TYPE", "OBJECT_DOMAIN"})
_FUNCTIONS = frozenset({"OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE"})
_ROW_SECURITY = {
    "AT_EnableRowSecurity": ("row level security", "enabled"),
    "AT_DisableRowSecurity": ("row level security", None),
    "AT_ForceRowSecurity": ("forced row level security", "enabled"),
    "AT_NoForceRowSecurity": ("forced row level security", None),
    "AT_DropCluster": ("the clustering mark", None),
}
_TRIGGERS = {
    "AT_EnableTrig": None,
    "AT_EnableAlwaysTrig": "always",
    "AT_EnableReplicaTrig": "on replicas",
    "AT_DisableTrig": "disabled",
}
_OF_COLUMN = {
    "AT_SetStatistics": "the statistics target",
    "AT_SetStorage": "the storage",
    "AT_SetCompression": "the compression",
}
_ALL_TRIGGERS = {
    "AT_EnableTrigAll": None,
    "AT_EnableTrigUser": None,
    "AT_DisableTrigAll": "disabled",
    "AT_DisableTrigUser": "disabled",
}
_ELSEWHERE = {
    "AT_SetTableSpace": ("the tablespace", None),
    "AT_SetAccessMethod": ("the access method", None),
    "AT_SetLogged": ("persistence", None),
    "AT_SetUnLogged": ("persistence", "UNLOGGED"),
}
"""What a table has as values of their own, and no other relation."""
_REPLICA_IDENTITIES = {"d": None, "f": "full", "n": "nothing"}
_ALL_PRIVILEGES = {
    "OBJECT_TABLE": ("delete", "insert", "maintain", "references", "select", "trigger", "truncate", "update"),
    "OBJECT_SEQUENCE": ("select", "update", "usage"),
    "OBJECT_FUNCTION": ("execute",),
    "OBJECT_PROCEDURE": ("execute",),
    "OBJECT_ROUTINE": ("execute",),
    "OBJECT_TYPE": ("usage",),
    "OBJECT_DOMAIN": ("usage",),
    "OBJECT_SCHEMA": ("create", "usage"),
    "OBJECT_FDW": ("usage",),
    "OBJECT_FOREIGN_SERVER": ("usage",),
    "OBJECT_LANGUAGE": ("usage",),
    "OBJECT_DATABASE": ("connect", "create", "temporary"),
    "OBJECT_TABLESPACE": ("create",),
    "OBJECT_LARGEOBJECT": ("select", "update"),
    "OBJECT_PARAMETER_ACL": ("alter system", "set"),
}
_ROLES = {
    "ROLESPEC_PUBLIC": "public",
    "ROLESPEC_CURRENT_USER": "current_user",
    "ROLESPEC_CURRENT_ROLE": "current_user",
    "ROLESPEC_SESSION_USER": "session_user",
}


def role_of(node: Node) -> str:
    """Give the name of a role, or the word that stands for one."""
    return str(node.get("rolename") or _ROLES.get(node.get("roletype", ""), ""))


def comment_of(node: Node, scope: Scope) -> tuple[Setting, ...]:
    """`COMMENT ON ... IS`."""
    kind, target, text = node.get("objtype", ""), node.get("object", {}), node.get("comment")
    parts = strings(items(target))
    if kind == "OBJECT_COLUMN" and len(parts) > 1:
        table = scope.existing(parts[-2], parts[-3] if len(parts) > 2 else None)
        return (Setting("column", table, "the comment", text, parts[-1]),)
    if kind in _PARTS and len(parts) > 1:
        table = scope.existing(parts[-2], parts[-3] if len(parts) > 2 else None)
        return (Setting(_PARTS[kind], table, "the comment", text, parts[-1]),)
    return settings_on({"objectType": kind, "object": target}, "the comment", text, scope)


def settings_on(node: Node, key: str, value: str | None, scope: Scope) -> tuple[Setting, ...]:
    """What is set on an object that a statement names by its kind."""
    kind, target = node.get("objectType", ""), node.get("object", {})
    if kind in _RELATIONS:
        name = scope.relation(node["relation"]) if "relation" in node else named_relation(target, scope)
        return (Setting("relation", name, key, value, word=_RELATIONS[kind]),)
    if kind in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
        names = strings(target.get("TypeName", {}).get("names")) or strings(items(target))
        return (Setting("type", scope.type_name(names), key, value),)
    if kind in _FUNCTIONS:
        function, arguments = function_with_arguments(target["ObjectWithArgs"], scope)
        return (Setting("function", function, key, value, arguments=arguments),)
    if kind == "OBJECT_DOMCONSTRAINT":
        domain, constraint = items(target)
        name = scope.type_name(strings(domain["TypeName"]["names"]))
        return (Setting("domain constraint", name, key, value, constraint["String"]["sval"]),)
    return (Setting("other", Name(*object_of(kind, target, scope)[:2]), key, value),)


def clustered(table: Name, index: str) -> Setting:
    """The mark of the index by which a table is clustered: it stands on the index, and falls with it."""
    return Setting("relation", Name(table.schema, index), "the clustering mark", "set")


def settings_of_action(command: Node, table: Name, scope: Scope) -> tuple[Setting, ...]:
    """What one action of `ALTER TABLE`, `ALTER VIEW` or `ALTER INDEX` sets."""
    subtype, name, definition = command["subtype"], command.get("name", ""), command.get("def", {})
    if subtype in _ROW_SECURITY:
        return (Setting("relation", table, *_ROW_SECURITY[subtype]),)
    if subtype in _TRIGGERS:
        return (Setting("trigger", table, "the firing", _TRIGGERS[subtype], name),)
    if subtype in ("AT_SetRelOptions", "AT_ResetRelOptions"):
        keeps = subtype == "AT_SetRelOptions"
        found = options_of(items(definition))
        return tuple(Setting("relation", table, key, value if keeps else None) for key, value in found)
    if subtype in ("AT_SetOptions", "AT_ResetOptions"):
        keeps = subtype == "AT_SetOptions"
        found = options_of(items(definition))
        return tuple(Setting("column", table, key, value if keeps else None, name) for key, value in found)
    if subtype in _OF_COLUMN:
        value = value_of(definition)
        if "num" in command:  # Of an index, whose columns have no names.
            return (Setting("relation", table, f"{_OF_COLUMN[subtype]} of column {command['num']}", value),)
        is_default = value in ("-1", "default")
        return (Setting("column", table, _OF_COLUMN[subtype], None if is_default else value, name),)
    if subtype == "AT_ClusterOn":
        return (clustered(table, name),)
    if subtype == "AT_ReplicaIdentity":
        identity = definition.get("ReplicaIdentityStmt", {})
        key, chosen = (
            "the replica identity",
            _REPLICA_IDENTITIES.get(identity.get("identity_type", ""), "index"),
        )
        of_table = Setting("relation", table, key, chosen)
        if chosen != "index":
            return (of_table,)
        return (of_table, Setting("relation", Name(table.schema, identity.get("name", "")), key, "set"))
    if subtype == "AT_ChangeOwner":
        return (Setting("relation", table, "the owner", role_of(command.get("newowner", {}))),)
    if subtype in _ALL_TRIGGERS:
        owner = scope.schema.table(table)
        triggers = owner.triggers if owner is not None else ()
        return tuple(
            Setting("trigger", table, "the firing", _ALL_TRIGGERS[subtype], t.name) for t in triggers
        )
    if subtype in _ELSEWHERE:
        if scope.schema.table(table) is not None:
            return ()
        key, fixed = _ELSEWHERE[subtype]
        return (Setting("relation", table, key, name or fixed),)
    return (Setting("relation", table, HISTORY, f"{subtype} {name} {definition}"),)


def privileges_of(node: Node, scope: Scope) -> tuple[Setting, ...]:
    """`GRANT` and `REVOKE` on objects that are named, or all in a schema."""
    kind = node.get("objtype", "")
    objects = node.get("objects", ())
    if node.get("targtype") == "ACL_TARGET_ALL_IN_SCHEMA":
        objects = [item for each in strings(objects) for item in _all_in(each, kind, scope)]
    return tuple(
        setting
        for item in objects
        for privilege, column in _privileges(node, kind)
        for grantee in node.get("grantees", ())
        for setting in _granted(item, privilege, column, role_of(grantee["RoleSpec"]), node, scope)
    )


def _all_in(schema: str, kind: str, scope: Scope) -> Iterator[Any]:
    if kind in _FUNCTIONS:
        for name in scope.schema.functions_in(schema):
            yield from scope.schema.functions.get(name) or ()
        return
    wanted = Sequence if kind == "OBJECT_SEQUENCE" else (Table, View)
    for name in scope.schema.relations_in(schema):
        if isinstance(scope.schema.relations.get(name), wanted):
            yield name


def default_privileges_of(node: Node, scope: Scope) -> tuple[Setting, ...]:
    """`ALTER DEFAULT PRIVILEGES`: what objects that are made later begin with."""
    action = node["action"]
    options = {o["DefElem"]["defname"]: o["DefElem"].get("arg", {}) for o in node.get("options", ())}
    schemas = strings(items(options.get("schemas", {}))) or [""]
    makers = [role_of(item["RoleSpec"]) for item in items(options.get("roles", {}))] or [""]
    kind = action.get("objtype", "")
    return tuple(
        Setting(
            "other",
            Name("default privileges", f"{words_of(kind)} in {schema}" if schema else words_of(kind)),
            f"the privilege {privilege.upper()} of {role_of(grantee['RoleSpec'])}"
            + (f" on what {maker} makes" if maker else ""),
            "granted" if action.get("is_grant") else _REVOKED.get((kind, role_of(grantee["RoleSpec"]))),
        )
        for schema in schemas
        for maker in makers
        for privilege, _ in _privileges(action, kind)
        for grantee in action.get("grantees", ())
    )


_REVOKED = {(kind, "public"): "revoked" for kind in ("OBJECT_FUNCTION", "OBJECT_ROUTINE", "OBJECT_TYPE")}
"""What everybody may do from the beginning."""


def _privileges(node: Node, kind: str) -> Iterator[tuple[str, str]]:
    given = [item["AccessPriv"] for item in node.get("privileges", ())]
    for each in given or [{}]:
        names = (each["priv_name"],) if "priv_name" in each else _ALL_PRIVILEGES[kind]
        for name in names:
            yield from ((name, column) for column in strings(each.get("cols")) or [""])


def _granted(
    item: Any, privilege: str, column: str, role: str, node: Node, scope: Scope
) -> Iterator[Setting]:
    key = f"the privilege {privilege.upper()} of {role}"
    value: str | None = None
    if node.get("is_grant"):
        value = "granted with grant option" if node.get("grant_option") else "granted"
    elif node.get("grant_option"):
        value = "granted"
    if "RangeVar" in item or isinstance(item, Name):
        name, word = item, ""
        if not isinstance(item, Name):
            name, word = scope.relation(item["RangeVar"]), _RELATIONS[node["objtype"]]
        yield Setting("column" if column else "relation", name, key, value, column, word=word)
        return
    if role == "public":  # Everybody may use a function or type from the beginning.
        value = None if node.get("is_grant") else "revoked"
    if isinstance(item, Function):
        yield Setting("function", item.name, key, value, arguments=item.arguments)
    elif node["objtype"] not in _OF_TYPES and "ObjectWithArgs" not in item:
        kind = words_of(node["objtype"])
        value = value if role != "public" else ("granted" if node.get("is_grant") else None)
        yield Setting(
            "other", Name(kind, held(kind, strings(items(item)) or strings([item]), scope)), key, value
        )
    elif "ObjectWithArgs" in item:
        function, arguments = function_with_arguments(item["ObjectWithArgs"], scope)
        yield Setting("function", function, key, value, arguments=arguments)
    elif parts := strings(items(item)):
        yield Setting("type", scope.type_name(parts), key, value)
