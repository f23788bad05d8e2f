"""What is set on objects: comments, storage parameters, owners, row level security, privileges."""

from collections.abc import Iterator

from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.named_objects import function_with_arguments, named_relation
from miglint.dialects.postgres.options import options_of, value_of
from miglint.dialects.postgres.scope import Scope, items, strings
from miglint.model import Name, Setting

_RELATIONS = {
    "OBJECT_TABLE": "table",
    "OBJECT_FOREIGN_TABLE": "foreign table",
    "OBJECT_VIEW": "view",
    "OBJECT_MATVIEW": "materialized view",
    "OBJECT_SEQUENCE": "sequence",
    "OBJECT_INDEX": "index",
}
_PARTS = {"OBJECT_TABCONSTRAINT": "constraint", "OBJECT_TRIGGER": "trigger", "OBJECT_POLICY": "policy"}
_FUNCTIONS = frozenset({"OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE"})
_ROW_SECURITY = {
    "AT_EnableRowSecurity": ("row level security", "enabled"),
    "AT_DisableRowSecurity": ("row level security", None),
    "AT_ForceRowSecurity": ("forced row level security", "enabled"),
    "AT_NoForceRowSecurity": ("forced row level security", None),
    "AT_DropCluster": ("the clustered index", None),
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
_REPLICA_IDENTITIES = {"d": None, "f": "full", "n": "nothing"}
_ALL_PRIVILEGES = {
    "OBJECT_TABLE": ("delete", "insert", "references", "select", "trigger", "truncate", "update"),
    "OBJECT_SEQUENCE": ("select", "update", "usage"),
    "OBJECT_FUNCTION": ("execute",),
    "OBJECT_PROCEDURE": ("execute",),
    "OBJECT_ROUTINE": ("execute",),
    "OBJECT_TYPE": ("usage",),
    "OBJECT_DOMAIN": ("usage",),
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
    """`COMMENT ON ... IS`; of objects that have no value of their own it says nothing."""
    kind, target, text = node.get("objtype", ""), node.get("object", {}), node.get("comment")
    parts = strings(items(target))
    if kind in _RELATIONS:
        name = named_relation(target, scope)
        return (Setting("relation", name, "the comment", text, word=_RELATIONS[kind]),)
    if kind == "OBJECT_COLUMN" and len(parts) > 1:
        table = scope.existing(parts[-2], parts[-3] if len(parts) > 2 else None)
        return (Setting("column", table, "the comment", text, parts[-1]),)
    if kind in _PARTS and len(parts) > 1:
        table = scope.existing(parts[-2], parts[-3] if len(parts) > 2 else None)
        return (Setting(_PARTS[kind], table, "the comment", text, parts[-1]),)
    if kind in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
        name = scope.type_name(strings(target.get("TypeName", {}).get("names")))
        return (Setting("type", name, "the comment", text),)
    if kind in _FUNCTIONS:
        name, arguments = function_with_arguments(target["ObjectWithArgs"], scope)
        return (Setting("function", name, "the comment", text, arguments=arguments),)
    return ()


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
        is_default = value in ("-1", "default")
        return (Setting("column", table, _OF_COLUMN[subtype], None if is_default else value, name),)
    if subtype == "AT_ClusterOn":
        return (Setting("relation", table, "the clustered index", name),)
    if subtype == "AT_ReplicaIdentity":
        identity = definition.get("ReplicaIdentityStmt", {})
        index = f"index {identity.get('name', '')}"
        chosen = _REPLICA_IDENTITIES.get(identity.get("identity_type", ""), index)
        return (Setting("relation", table, "the replica identity", chosen),)
    if subtype == "AT_ChangeOwner":
        return (Setting("relation", table, "the owner", role_of(command.get("newowner", {}))),)
    return ()


def privileges_of(node: Node, scope: Scope) -> tuple[Setting, ...]:
    """`GRANT` and `REVOKE` on named relations, columns, functions and types."""
    kind = node.get("objtype", "")
    if node.get("targtype") != "ACL_TARGET_OBJECT" or kind not in _ALL_PRIVILEGES:
        return ()
    return tuple(
        setting
        for item in node.get("objects", ())
        for privilege, column in _privileges(node, kind)
        for grantee in node.get("grantees", ())
        for setting in _granted(item, privilege, column, role_of(grantee["RoleSpec"]), node, scope)
    )


def _privileges(node: Node, kind: str) -> Iterator[tuple[str, str]]:
    given = [item["AccessPriv"] for item in node.get("privileges", ())]
    for each in given or [{}]:
        names = (each["priv_name"],) if "priv_name" in each else _ALL_PRIVILEGES[kind]
        for name in names:
            yield from ((name, column) for column in strings(each.get("cols")) or [""])


def _granted(
    item: Node, privilege: str, column: str, role: str, node: Node, scope: Scope
) -> Iterator[Setting]:
    key = f"the privilege {privilege.upper()} of {role}"
    value: str | None = None
    if node.get("is_grant"):
        value = "granted with grant option" if node.get("grant_option") else "granted"
    elif node.get("grant_option"):
        value = "granted"
    if "RangeVar" in item:
        name, word = scope.relation(item["RangeVar"]), _RELATIONS[node["objtype"]]
        yield Setting("column" if column else "relation", name, key, value, column, word=word)
        return
    if role == "public":  # Everybody may use a function or type from the beginning.
        value = None if node.get("is_grant") else "revoked"
    if "ObjectWithArgs" in item:
        function, arguments = function_with_arguments(item["ObjectWithArgs"], scope)
        yield Setting("function", function, key, value, arguments=arguments)
    elif parts := strings(items(item)):
        yield Setting("type", scope.type_name(parts), key, value)
