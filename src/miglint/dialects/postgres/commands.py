"""Statements about the session and the server: transactions, settings, locks, upkeep."""

from typing import Any

from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.others import deeds_of
from miglint.dialects.postgres.scope import Scope
from miglint.model import (
    Begin,
    Commit,
    LockTable,
    Maintenance,
    Opaque,
    Operation,
    Reindex,
    Rollback,
    Savepoint,
    ServerCommand,
    SetForTransaction,
    SetVariable,
)

_LOCK_MODES = {
    1: "access share",
    2: "row share",
    3: "row exclusive",
    4: "share update exclusive",
    5: "share",
    6: "share row exclusive",
    7: "exclusive",
    8: "access exclusive",
}


def lower_transaction(node: Node, scope: Scope) -> list[Operation]:
    """Turn a TransactionStmt into its operation."""
    kind = node["kind"].removeprefix("TRANS_STMT_")
    span = scope.raw.span
    if kind in ("BEGIN", "START"):
        return [Begin(span=span)]
    chain = bool(node.get("chain"))
    if kind == "COMMIT":
        return [Commit(span=span, chain=chain)]
    if kind == "ROLLBACK":
        return [Rollback(span=span, chain=chain)]
    return [Savepoint(span=span, action=kind.lower(), name=node.get("savepoint_name", ""))]


def lower_set(node: Node, scope: Scope) -> list[Operation]:
    """Turn a VariableSetStmt into its operation: SET, RESET, SET TRANSACTION."""
    kind = node["kind"]
    local = bool(node.get("is_local"))
    name = node.get("name", "").lower()
    span = scope.raw.span
    if kind == "VAR_RESET_ALL":
        return [SetVariable(span=span, name="all", value=None)]
    if kind in ("VAR_RESET", "VAR_SET_DEFAULT"):
        return [SetVariable(span=span, name=name, value=None, local=local)]
    if kind == "VAR_SET_VALUE":
        return [SetVariable(span=span, name=name, value=_values(node.get("args", ())), local=local)]
    if name == "transaction":
        return [SetForTransaction(span=span, command="SET TRANSACTION")]
    return [Opaque(span=span, kind="set")]


def lower_constraints_mode(node: Node, scope: Scope) -> list[Operation]:
    """Turn SET CONSTRAINTS into its operation."""
    return [SetForTransaction(span=scope.raw.span, command="SET CONSTRAINTS")]


def _values(arguments: Any) -> str:
    constants = (argument.get("A_Const", {}) for argument in arguments)
    return ", ".join(
        str(constant[key].get(key, 0 if key == "ival" else ""))
        for constant in constants
        for key in ("sval", "ival", "fval", "boolval")
        if key in constant
    )


def lower_lock(node: Node, scope: Scope) -> list[Operation]:
    """Turn LOCK TABLE into its operation."""
    tables = tuple(scope.relation(item["RangeVar"]) for item in node["relations"])
    return [LockTable(span=scope.raw.span, tables=tables, mode=_LOCK_MODES.get(node.get("mode", 8), ""))]


def lower_vacuum(node: Node, scope: Scope) -> list[Operation]:
    """Turn VACUUM or ANALYZE into its operation."""
    options = {o["DefElem"]["defname"]: o["DefElem"].get("arg") for o in node.get("options", ())}
    full = options.get("full", False)
    relations = [item["VacuumRelation"].get("relation") for item in node.get("rels", ())]
    return [
        Maintenance(
            span=scope.raw.span,
            command="VACUUM" if node.get("is_vacuumcmd") else "ANALYZE",
            tables=tuple(scope.relation(relation) for relation in relations if relation),
            full="full" in options and _is_true(full),
        )
    ]


def _is_true(argument: Any) -> bool:
    if not isinstance(argument, dict):
        return True
    text = str(next(iter(argument.values()), {})).lower()
    return not any(word in text for word in ("false", "off", "'no'", ": 0"))


def lower_cluster(node: Node, scope: Scope) -> list[Operation]:
    """Turn CLUSTER into its operation."""
    tables = (scope.relation(node["relation"]),) if "relation" in node else ()
    index = node.get("indexname", "")
    return [Maintenance(span=scope.raw.span, command="CLUSTER", tables=tables, full=True, ordered_by=index)]


def lower_reindex(node: Node, scope: Scope) -> list[Operation]:
    """Turn REINDEX into its operation."""
    options = {p["DefElem"]["defname"]: p["DefElem"].get("arg") for p in node.get("params", ())}
    return [
        Reindex(
            span=scope.raw.span,
            kind=node["kind"].removeprefix("REINDEX_OBJECT_").lower(),
            target=scope.relation(node["relation"]) if "relation" in node else None,
            concurrently="concurrently" in options and _is_true(options["concurrently"]),
        )
    ]


def lower_subscription(node: Node, scope: Scope) -> list[Operation]:
    """Turn CREATE SUBSCRIPTION into its operation: one that connects cannot run in a transaction."""
    for option in node.get("options", ()):
        element = option["DefElem"]
        if element.get("defname") in ("connect", "create_slot") and not _is_true(element.get("arg")):
            deeds = deeds_of("CreateSubscriptionStmt", node, scope)
            return [Opaque(scope.raw.span, "create subscription", deeds=deeds)]
    return [ServerCommand(span=scope.raw.span, command="CREATE SUBSCRIPTION")]


def lower_discard(node: Node, scope: Scope) -> list[Operation]:
    """Turn DISCARD into its operation."""
    if node.get("target") == "DISCARD_ALL":
        return [ServerCommand(span=scope.raw.span, command="DISCARD ALL")]
    return [Opaque(span=scope.raw.span, kind="discard")]
