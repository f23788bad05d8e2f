"""Definitions inside statements: columns, constraints, index keys."""

from collections.abc import Iterator
from typing import Any

from miglint.dialects.postgres.expressions import lower_expression
from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.options import options_of, sequence_options
from miglint.dialects.postgres.queries import figure_name
from miglint.dialects.postgres.scope import Scope, items, strings
from miglint.dialects.postgres.types import lower_type, serial_type
from miglint.model import (
    ColumnDefinition,
    ConstraintDefinition,
    ConstraintKind,
    Expression,
    IndexElement,
    Span,
)
from miglint.text.tokens import tokens

_KINDS: dict[str, ConstraintKind] = {
    "CONSTR_PRIMARY": "primary",
    "CONSTR_UNIQUE": "unique",
    "CONSTR_FOREIGN": "foreign",
    "CONSTR_CHECK": "check",
    "CONSTR_EXCLUSION": "exclude",
    "CONSTR_NOTNULL": "not null",
}
_ACTIONS = {"a": "no action", "r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}
_MATCHES = {"f": "full", "p": "partial"}
_IDENTITY = {"a": "always", "d": "by default"}
_GENERATED = {"s": "stored", "v": "virtual"}


def lower_column(node: Node, scope: Scope) -> ColumnDefinition:
    """Turn a ColumnDef node into a column with its inline constraints."""
    name = node.get("colname", "")
    serial = serial_type(node.get("typeName", {}))
    type_ = serial or lower_type(node.get("typeName", {}), scope)
    not_null = serial is not None
    default: Expression | None = None
    identity = generated = ""
    generation: Expression | None = None
    constraints: list[ConstraintDefinition] = []
    sequence: list[tuple[str, str]] = []
    for item in node.get("constraints", ()):
        constraint = item["Constraint"]
        kind = constraint["contype"]
        if kind == "CONSTR_DEFAULT":
            default = lower_expression(constraint["raw_expr"], scope)
        elif kind == "CONSTR_IDENTITY":
            identity, not_null = _IDENTITY[constraint.get("generated_when", "a")], True
            options = sequence_options(constraint.get("options", ()), scope)
            sequence = [(key, value) for key, value in options if value is not None]
        elif kind == "CONSTR_GENERATED":
            generated = _GENERATED.get(constraint.get("generated_kind", "s"), "stored")
            generation = lower_expression(constraint["raw_expr"], scope)
        elif kind == "CONSTR_NOTNULL":
            not_null = True
        elif kind in _KINDS:
            constraints.append(lower_constraint(constraint, scope, column=name))
            not_null = not_null or kind == "CONSTR_PRIMARY"
        elif kind in ("CONSTR_ATTR_DEFERRABLE", "CONSTR_ATTR_DEFERRED") and constraints:
            deferred = kind == "CONSTR_ATTR_DEFERRED"
            constraints[-1] = constraints[-1]._replace(deferrable=True, initially_deferred=deferred)
        elif kind == "CONSTR_ATTR_NOT_ENFORCED" and constraints:
            constraints[-1] = constraints[-1]._replace(enforced=False)
    collation = strings(node.get("collClause", {}).get("collname"))
    return ColumnDefinition(
        name=name,
        type=type_,
        not_null=not_null,
        default=default,
        serial=serial is not None,
        identity=identity,
        generated=generated,
        generation=generation,
        collation=".".join(collation) or None,
        constraints=tuple(constraints),
        properties=tuple(sorted(_settings(node))),
        sequence=tuple(sequence),
        span=_column_span(node["location"], scope) if "location" in node else None,
    )


def _settings(node: Node) -> Iterator[tuple[str, str]]:
    for field, key in (("storage_name", "the storage"), ("compression", "the compression")):
        if node.get(field, "default").lower() != "default":
            yield key, node[field].lower()
    if "fdwoptions" in node:
        yield "the options", " ".join(f"{name} {value}" for name, value in options_of(node["fdwoptions"]))


def lower_constraint(node: Node, scope: Scope, column: str | None = None) -> ConstraintDefinition:
    """Turn a Constraint node into a definition; `column` is the one it stands in, if it is inline."""
    kind = _KINDS[node["contype"]]
    keys = strings(node.get("fk_attrs") if kind == "foreign" else node.get("keys"))
    expression = node.get("raw_expr")
    columns = tuple(keys) or ((column,) if column else ())
    lowered = lower_expression(expression, scope) if expression else None
    if kind == "check" and lowered and not column:
        columns = lowered.columns
    pairs = (items(pair) for pair in node.get("exclusions", ()))
    elements = tuple(
        lower_element(key["IndexElem"], scope)._replace(operator=strings(items(operator))[-1])
        for key, operator in pairs
    )
    if elements:
        columns = tuple(e.column for e in elements if e.column)
    return ConstraintDefinition(
        span=_item_span(node.get("location", 0), scope),
        kind=kind,
        name=node.get("conname"),
        columns=columns,
        include=tuple(strings(node.get("including"))),
        expression=lowered,
        references=scope.relation(node["pktable"]) if "pktable" in node else None,
        referenced_columns=tuple(strings(node.get("pk_attrs"))),
        on_delete=_ACTIONS[node.get("fk_del_action", "a")],
        on_update=_ACTIONS[node.get("fk_upd_action", "a")],
        not_valid=bool(node.get("skip_validation")),
        deferrable=bool(node.get("deferrable")),
        initially_deferred=bool(node.get("initdeferred")),
        match=_MATCHES.get(node.get("fk_matchtype", ""), "simple"),
        set_columns=tuple(strings(node.get("fk_del_set_cols"))),
        no_inherit=bool(node.get("is_no_inherit")),
        enforced=kind not in ("foreign", "check") or bool(node.get("is_enforced")),
        using_index=node.get("indexname"),
        nulls_not_distinct=bool(node.get("nulls_not_distinct")),
        method=node.get("access_method", "btree"),
        elements=elements,
        predicate=lower_expression(node["where_clause"], scope) if "where_clause" in node else None,
        options=(
            *(options_of(node.get("options", ())) if kind in ("primary", "unique", "exclude") else ()),
            *((("the tablespace", node["indexspace"]),) if "indexspace" in node else ()),
        ),
    )


def lower_element(node: Node, scope: Scope) -> IndexElement:
    """Turn an IndexElem node into a key of an index."""
    descending = node.get("ordering") == "SORTBY_DESC"
    nulls = node.get("nulls_ordering", "").removeprefix("SORTBY_NULLS_").lower()
    element = IndexElement(
        descending=descending,
        operator_class="".join(strings(node.get("opclass"))[-1:]),
        nulls="" if nulls in ("default", "first" if descending else "last") else nulls,
        collation="".join(strings(node.get("collation"))[-1:]),
    )
    if "name" in node:
        return element._replace(column=node["name"], label=node["name"])
    expression: Any = node.get("expr", {})
    lowered = lower_expression(expression, scope)
    if _is_call(expression):
        lowered = lowered._replace(text=_call_of(lowered.text))
    return element._replace(expression=lowered, label=figure_name(expression) or "expr")


def _is_call(expression: Node) -> bool:
    ((kind, node),) = expression.items()
    if kind == "FuncCall":
        return bool(node.get("funcformat") == "COERCE_EXPLICIT_CALL")
    return kind in ("CoalesceExpr", "MinMaxExpr") or node.get("kind") == "AEXPR_NULLIF"


def _call_of(text: str) -> str:
    """Give a function call without the operator class and the order that can follow it in an index."""
    depth = 0
    for token in tokens(text):
        if token.kind == "mark":
            depth += (token.text == "(") - (token.text == ")")
            if depth == 0 and token.text == ")":
                return text[: token.end]
    return text


def _item_span(location: int, scope: Scope) -> Span:
    """Give the span of an item that starts at a location: its first line, which is where people look."""
    start = scope.raw.place(location)
    end = scope.text.find("\n", start, scope.raw.span.end)
    line = scope.text[start : scope.raw.span.end if end < 0 else end]
    return Span(start, start + len(line.rstrip(" \t\r,;")))


def _column_span(location: int, scope: Scope) -> Span:
    """Give the span of a column's definition, as far as it stands on its first line."""
    start = scope.raw.place(location)
    line_end = scope.text.find("\n", start, scope.raw.span.end)
    depth, end = 0, start
    for token in tokens(scope.text, start, scope.raw.span.end if line_end < 0 else line_end):
        if token.kind == "mark":
            depth += (token.text in "([") - (token.text in ")]")
            if depth < 0 or (depth == 0 and token.text == ","):
                break
        end = token.end
    return Span(start, end)
