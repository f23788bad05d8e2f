"""Enums, domains, composite types and ranges."""

from miglint.dialects.postgres.definitions import lower_column, lower_constraint
from miglint.dialects.postgres.expressions import lower_expression
from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.scope import Scope, strings
from miglint.dialects.postgres.types import lower_type
from miglint.model import (
    AddEnumValue,
    AlterDomain,
    ConstraintDefinition,
    CreateCompositeType,
    CreateDomain,
    CreateEnum,
    CreateOtherType,
    Expression,
    Name,
    Operation,
    RenameEnumValue,
)


def lower_enum(node: Node, scope: Scope) -> list[Operation]:
    """`CREATE TYPE ... AS ENUM`."""
    names = strings(node["typeName"])
    return [
        CreateEnum(span=scope.raw.span, type=_new_name(names, scope), values=tuple(strings(node.get("vals"))))
    ]


def lower_alter_enum(node: Node, scope: Scope) -> list[Operation]:
    """`ALTER TYPE ... ADD VALUE` and `RENAME VALUE`."""
    type_ = scope.type_name(strings(node["typeName"]))
    if "oldVal" in node:
        return [
            RenameEnumValue(span=scope.raw.span, type=type_, value=node["oldVal"], new_value=node["newVal"])
        ]
    neighbour = node.get("newValNeighbor")
    after = bool(node.get("newValIsAfter"))
    return [
        AddEnumValue(
            span=scope.raw.span,
            type=type_,
            value=node.get("newVal", ""),
            before=None if after else neighbour,
            after=neighbour if after else None,
            if_not_exists=bool(node.get("skipIfNewValExists")),
        )
    ]


def lower_domain(node: Node, scope: Scope) -> list[Operation]:
    """`CREATE DOMAIN`."""
    not_null = False
    default: Expression | None = None
    checks: list[ConstraintDefinition] = []
    for item in node.get("constraints", ()):
        constraint = item["Constraint"]
        kind = constraint["contype"]
        if kind == "CONSTR_NOTNULL":
            not_null = True
        elif kind == "CONSTR_DEFAULT":
            default = lower_expression(constraint["raw_expr"], scope)
        elif kind == "CONSTR_CHECK":
            checks.append(lower_constraint(constraint, scope))
    return [
        CreateDomain(
            span=scope.raw.span,
            domain=_new_name(strings(node["domainname"]), scope),
            type=lower_type(node["typeName"], scope),
            not_null=not_null,
            default=default,
            checks=tuple(checks),
            collation=".".join(strings(node.get("collClause", {}).get("collname"))),
        )
    ]


_DOMAIN_ACTIONS = {
    "N": "drop not null",
    "O": "set not null",
    "C": "add constraint",
    "X": "drop constraint",
    "V": "validate constraint",
}


def lower_alter_domain(node: Node, scope: Scope) -> list[Operation]:
    """`ALTER DOMAIN`."""
    subtype = node["subtype"]
    definition = node.get("def")
    constraint = default = None
    if subtype == "T":
        action = "set default" if definition else "drop default"
        default = lower_expression(definition, scope) if definition else None
    else:
        action = _DOMAIN_ACTIONS.get(subtype, "")
        constraint = lower_constraint(definition["Constraint"], scope) if definition else None
    return [
        AlterDomain(
            span=scope.raw.span,
            domain=scope.type_name(strings(node["typeName"])),
            action=action,
            constraint=constraint,
            name=node.get("name"),
            default=default,
        )
    ]


def lower_composite(node: Node, scope: Scope) -> list[Operation]:
    """`CREATE TYPE ... AS (...)`."""
    relation = node["typevar"]
    return [
        CreateCompositeType(
            span=scope.raw.span,
            type=scope.created(relation["relname"], relation.get("schemaname")),
            columns=tuple(lower_column(item["ColumnDef"], scope) for item in node.get("coldeflist", ())),
        )
    ]


def lower_range(node: Node, scope: Scope) -> list[Operation]:
    """`CREATE TYPE ... AS RANGE`."""
    return [
        CreateOtherType(
            span=scope.raw.span,
            type=_new_name(strings(node["typeName"]), scope),
            kind="range",
            definition=scope.sql,
        )
    ]


def _new_name(parts: list[str], scope: Scope) -> Name:
    return scope.created(parts[-1], parts[-2] if len(parts) > 1 else None)
