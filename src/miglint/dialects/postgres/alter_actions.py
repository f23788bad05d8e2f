"""The actions of `ALTER TABLE`, one function per kind."""

from collections.abc import Callable, Iterator

from miglint.dialects.postgres.definitions import lower_column, lower_constraint
from miglint.dialects.postgres.expressions import lower_expression
from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.options import partition_bound, sequence_options
from miglint.dialects.postgres.properties import settings_of_action
from miglint.dialects.postgres.scope import Scope, strings
from miglint.dialects.postgres.types import lower_type
from miglint.model import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    AlterCompositeType,
    AlterConstraint,
    AlterInheritance,
    AttachIndex,
    AttachPartition,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropNotNull,
    Name,
    Opaque,
    Operation,
    SetDefault,
    SetExpression,
    SetIdentity,
    SetNotNull,
    Span,
    TableCommand,
    ValidateConstraint,
)

COMMANDS = {
    "AT_SetLogged": "set logged",
    "AT_SetUnLogged": "set unlogged",
    "AT_SetTableSpace": "set tablespace",
    "AT_SetAccessMethod": "set access method",
    "AT_SetStatistics": "set statistics",
    "AT_SetOptions": "set column options",
    "AT_ResetOptions": "set column options",
    "AT_SetStorage": "set storage",
    "AT_SetCompression": "set compression",
    "AT_SetRelOptions": "set storage parameter",
    "AT_ResetRelOptions": "set storage parameter",
    "AT_ReplaceRelOptions": "set storage parameter",
    "AT_ClusterOn": "cluster on",
    "AT_DropCluster": "cluster on",
    "AT_EnableTrig": "enable trigger",
    "AT_EnableTrigAll": "enable trigger",
    "AT_EnableTrigUser": "enable trigger",
    "AT_EnableAlwaysTrig": "enable trigger",
    "AT_EnableReplicaTrig": "enable trigger",
    "AT_DisableTrig": "disable trigger",
    "AT_DisableTrigAll": "disable trigger",
    "AT_DisableTrigUser": "disable trigger",
    "AT_EnableRule": "rule",
    "AT_EnableAlwaysRule": "rule",
    "AT_EnableReplicaRule": "rule",
    "AT_DisableRule": "rule",
    "AT_EnableRowSecurity": "enable row level security",
    "AT_DisableRowSecurity": "disable row level security",
    "AT_ForceRowSecurity": "force row level security",
    "AT_NoForceRowSecurity": "no force row level security",
    "AT_ReplicaIdentity": "replica identity",
    "AT_ChangeOwner": "owner",
    "AT_AddOf": "of type",
    "AT_DropOf": "of type",
    "AT_GenericOptions": "options",
    "AT_AlterColumnGenericOptions": "options",
}
"""Actions that the model has no operation for, in words."""

_STORAGE = ("AT_SetTableSpace", "AT_SetAccessMethod")
_SEVERAL = {
    "AT_EnableTrigAll": "all",
    "AT_EnableTrigUser": "user",
    "AT_DisableTrigAll": "all",
    "AT_DisableTrigUser": "user",
}
"""Of which triggers an action speaks that names none."""


class Action:
    """One action while it is lowered: its command, where it stands, and the table."""

    __slots__ = ("command", "only", "scope", "span", "table")

    def __init__(self, command: Node, span: Span, table: Name, statement: Node, scope: Scope) -> None:
        self.command = command
        self.span = span
        self.table = table
        self.only = not statement["relation"].get("inh", False)
        self.scope = scope


def _add_column(action: Action) -> Iterator[Operation]:
    yield AddColumn(
        span=action.span,
        table=action.table,
        column=lower_column(action.command["def"]["ColumnDef"], action.scope),
        if_not_exists=bool(action.command.get("missing_ok")),
        only=action.only,
    )


def _drop_column(action: Action) -> Iterator[Operation]:
    yield DropColumn(
        span=action.span,
        table=action.table,
        column=action.command["name"],
        if_exists=bool(action.command.get("missing_ok")),
        cascade=action.command.get("behavior") == "DROP_CASCADE",
        only=action.only,
    )


def _alter_type(action: Action) -> Iterator[Operation]:
    definition = action.command["def"]["ColumnDef"]
    using = definition.get("raw_default")
    collation = strings(definition.get("collClause", {}).get("collname"))
    yield AlterColumnType(
        span=action.span,
        table=action.table,
        column=action.command["name"],
        type=lower_type(definition["typeName"], action.scope),
        using=lower_expression(using, action.scope) if using else None,
        collation=".".join(collation) or None,
        only=action.only,
    )


def _default(action: Action) -> Iterator[Operation]:
    definition = action.command.get("def")
    if definition is None:
        yield DropDefault(
            span=action.span,
            table=action.table,
            column=action.command["name"],
            only=action.only,
        )
    else:
        yield SetDefault(
            span=action.span,
            table=action.table,
            column=action.command["name"],
            default=lower_expression(definition, action.scope),
            only=action.only,
        )


def _identity_option(action: Action) -> Iterator[Operation]:
    identity = ""
    elements = action.command["def"]["List"]["items"]
    for item in elements:
        element = item["DefElem"]
        if element.get("defname") == "generated":
            identity = {97: "always", 100: "by default"}.get(element["arg"]["Integer"]["ival"], "")
    yield SetIdentity(
        span=action.span,
        table=action.table,
        column=action.command["name"],
        identity=identity,
        only=action.only,
        options=tuple(o for o in sequence_options(elements, action.scope) if o[0] != "the option generated"),
    )


def _add_identity(action: Action) -> Iterator[Operation]:
    definition = action.command["def"]["Constraint"]
    when = definition.get("generated_when", "a")
    options = sequence_options(definition.get("options", ()), action.scope)
    yield AddIdentity(
        span=action.span,
        table=action.table,
        column=action.command["name"],
        identity={"a": "always", "d": "by default"}[when],
        only=action.only,
        options=tuple((key, value) for key, value in options if value is not None),
    )


def _add_constraint(action: Action) -> Iterator[Operation]:
    yield AddConstraint(
        span=action.span,
        table=action.table,
        constraint=lower_constraint(action.command["def"]["Constraint"], action.scope),
        only=action.only,
    )


def _drop_constraint(action: Action) -> Iterator[Operation]:
    yield DropConstraint(
        span=action.span,
        table=action.table,
        name=action.command["name"],
        if_exists=bool(action.command.get("missing_ok")),
        cascade=action.command.get("behavior") == "DROP_CASCADE",
        only=action.only,
    )


def _alter_constraint(action: Action) -> Iterator[Operation]:
    definition = next(iter(action.command["def"].values()))
    deferrable = "alterDeferrability" in definition or "deferrable" in definition
    yield AlterConstraint(
        span=action.span,
        table=action.table,
        name=definition.get("conname", ""),
        only=action.only,
        deferrable=bool(definition.get("deferrable")) if deferrable else None,
        initially_deferred=bool(definition.get("initdeferred")),
        enforced=bool(definition.get("is_enforced")) if "alterEnforceability" in definition else None,
    )


def _set_expression(action: Action) -> Iterator[Operation]:
    yield SetExpression(
        span=action.span,
        table=action.table,
        column=action.command["name"],
        expression=lower_expression(action.command["def"], action.scope),
        only=action.only,
    )


def _partition(action: Action) -> Iterator[Operation]:
    command = action.command["def"]["PartitionCmd"]
    partition = action.scope.relation(command["name"])
    if action.command["subtype"] == "AT_AttachPartition":
        yield AttachPartition(
            span=action.span,
            table=action.table,
            partition=partition,
            default=bool(command.get("bound", {}).get("is_default")),
            bound=partition_bound(command.get("bound"), action.scope),
            only=action.only,
        )
    else:
        yield DetachPartition(
            span=action.span,
            table=action.table,
            partition=partition,
            concurrently=bool(command.get("concurrent")),
            finalize=action.command["subtype"] == "AT_DetachPartitionFinalize",
            only=action.only,
        )


def _inheritance(action: Action) -> Iterator[Operation]:
    yield AlterInheritance(
        span=action.span,
        table=action.table,
        parent=action.scope.relation(action.command["def"]["RangeVar"]),
        inherit=action.command["subtype"] == "AT_AddInherit",
        only=action.only,
    )


def _of_column(
    kind: type[SetNotNull | DropNotNull],
) -> Callable[[Action], Iterator[Operation]]:
    def lower(action: Action) -> Iterator[Operation]:
        yield kind(
            span=action.span,
            table=action.table,
            column=action.command["name"],
            only=action.only,
        )

    return lower


def _dropped_of_column(
    kind: type[DropIdentity | DropExpression],
) -> Callable[[Action], Iterator[Operation]]:
    def lower(action: Action) -> Iterator[Operation]:
        yield kind(
            span=action.span,
            table=action.table,
            column=action.command["name"],
            only=action.only,
            if_exists=bool(action.command.get("missing_ok")),
        )

    return lower


def _validate(action: Action) -> Iterator[Operation]:
    yield ValidateConstraint(
        span=action.span,
        table=action.table,
        name=action.command["name"],
        only=action.only,
    )


def _other(action: Action) -> Iterator[Operation]:
    subtype: str = action.command["subtype"]
    yield TableCommand(
        span=action.span,
        table=action.table,
        action=COMMANDS.get(subtype) or subtype,
        only=action.only,
        argument=argument_of(action.command),
        sets=settings_of_action(action.command, action.table, action.scope),
    )


def argument_of(command: Node) -> str:
    """Give what an action names beside its object: a tablespace, an access method, which triggers."""
    subtype = command["subtype"]
    return str(command.get("name", "")) if subtype in _STORAGE else _SEVERAL.get(subtype, "")


_ACTIONS: dict[str, Callable[[Action], Iterator[Operation]]] = {
    "AT_AddColumn": _add_column,
    "AT_DropColumn": _drop_column,
    "AT_AlterColumnType": _alter_type,
    "AT_SetNotNull": _of_column(SetNotNull),
    "AT_DropNotNull": _of_column(DropNotNull),
    "AT_DropIdentity": _dropped_of_column(DropIdentity),
    "AT_DropExpression": _dropped_of_column(DropExpression),
    "AT_ColumnDefault": _default,
    "AT_AddIdentity": _add_identity,
    "AT_SetIdentity": _identity_option,
    "AT_SetExpression": _set_expression,
    "AT_AddConstraint": _add_constraint,
    "AT_DropConstraint": _drop_constraint,
    "AT_AlterConstraint": _alter_constraint,
    "AT_ValidateConstraint": _validate,
    "AT_AttachPartition": _partition,
    "AT_DetachPartition": _partition,
    "AT_DetachPartitionFinalize": _partition,
    "AT_AddInherit": _inheritance,
    "AT_DropInherit": _inheritance,
}


def lower_action(action: Action) -> Iterator[Operation]:
    """Turn one action on a table into its operations."""
    return _ACTIONS.get(action.command["subtype"], _other)(action)


def lower_index_action(command: Node, span: Span, index: Name, scope: Scope) -> Operation:
    """Turn one action of ALTER INDEX into its operation."""
    if command["subtype"] == "AT_AttachPartition":
        return AttachIndex(
            span=span, name=index, partition=scope.relation(command["def"]["PartitionCmd"]["name"])
        )
    sets = settings_of_action(command, index, scope)
    return Opaque(span, f"alter index {COMMANDS.get(command['subtype'], command['subtype'])}", sets)


def lower_attribute_action(command: Node, span: Span, type_: Name, scope: Scope) -> Operation:
    """Turn one action of ALTER TYPE on a composite type's attributes into its operation."""
    subtype = command["subtype"]
    definition = command.get("def", {}).get("ColumnDef")
    action = {"AT_AddColumn": "add", "AT_DropColumn": "drop", "AT_AlterColumnType": "alter"}.get(subtype, "")
    return AlterCompositeType(
        span=span,
        type=type_,
        action=action,
        column=lower_column(definition, scope) if definition else None,
        name=command.get("name"),
        cascade=command.get("behavior") == "DROP_CASCADE",
    )
