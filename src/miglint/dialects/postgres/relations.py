"""Tables, indexes, views, sequences, types: creating, dropping, renaming."""

from typing import Any

from miglint.dialects.postgres.definitions import lower_column, lower_constraint, lower_element
from miglint.dialects.postgres.expressions import lower_expression
from miglint.dialects.postgres.lexer import tokens
from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.queries import lower_query
from miglint.dialects.postgres.scope import Scope, items, strings
from miglint.dialects.postgres.types import lower_type
from miglint.model import (
    AddEnumValue,
    AlterDomain,
    AlterSequence,
    ConstraintDefinition,
    CreateCompositeType,
    CreateDomain,
    CreateEnum,
    CreateIndex,
    CreateOtherType,
    CreateSequence,
    CreateTable,
    CreateView,
    DropExtension,
    DropFunction,
    DropIndex,
    DropSchema,
    DropSequence,
    DropTable,
    DropTrigger,
    DropType,
    DropView,
    Expression,
    MoveTable,
    MoveType,
    Name,
    Opaque,
    Operation,
    OutputColumn,
    RefreshMaterializedView,
    RenameColumn,
    RenameConstraint,
    RenameEnumValue,
    RenameFunction,
    RenameSchema,
    RenameTable,
    RenameTrigger,
    RenameType,
    TableCommand,
)

_LIKE_OPTIONS = {
    1: "comments",
    2: "compression",
    4: "constraints",
    8: "defaults",
    16: "generated",
    32: "identity",
    64: "indexes",
    128: "statistics",
    256: "storage",
}
_RELATIONS = {
    "OBJECT_TABLE": "table",
    "OBJECT_FOREIGN_TABLE": "table",
    "OBJECT_VIEW": "view",
    "OBJECT_MATVIEW": "materialized view",
    "OBJECT_SEQUENCE": "sequence",
    "OBJECT_INDEX": "index",
}


def lower_create_table(node: Node, scope: Scope, *, foreign: bool = False) -> list[Operation]:
    """`CREATE TABLE` with columns, constraints, LIKE, INHERITS, PARTITION OF, PARTITION BY, OF."""
    relation = node["relation"]
    temporary = relation.get("relpersistence") == "t"
    columns, constraints, like = [], [], []
    for element in node.get("tableElts", ()):
        if "ColumnDef" in element:
            columns.append(lower_column(element["ColumnDef"], scope))
        elif "Constraint" in element:
            constraints.append(lower_constraint(element["Constraint"], scope))
        elif "TableLikeClause" in element:
            clause = element["TableLikeClause"]
            bits = clause.get("options", 0)
            options = frozenset(word for bit, word in _LIKE_OPTIONS.items() if bits & bit)
            like.append((scope.relation(clause["relation"]), options))
    parents = tuple(scope.relation(item["RangeVar"]) for item in node.get("inhRelations", ()))
    bound = node.get("partbound")
    strategy = node.get("partspec", {})
    keys = [item["PartitionElem"] for item in strategy.get("partParams", ())]
    of_type = node.get("ofTypename")
    return [
        CreateTable(
            span=scope.raw.span,
            table=scope.created(relation["relname"], relation.get("schemaname"), temporary=temporary),
            columns=tuple(columns),
            constraints=tuple(constraints),
            if_not_exists=bool(node.get("if_not_exists")),
            temporary=temporary,
            unlogged=relation.get("relpersistence") == "u",
            foreign=foreign,
            like=tuple(like),
            inherits=() if bound else parents,
            of_type=scope.type_name(strings(of_type["names"])) if of_type else None,
            partition_of=parents[0] if bound and parents else None,
            partition_default=bool(bound and bound.get("is_default")),
            partition_by=str(strategy.get("strategy", "")).removeprefix("PARTITION_STRATEGY_").lower(),
            partition_columns=tuple(
                key["name"] if "name" in key else lower_expression(key["expr"], scope).text for key in keys
            ),
        )
    ]


def lower_create_table_as(node: Node, scope: Scope) -> list[Operation]:
    """`CREATE TABLE AS`, `SELECT INTO` and `CREATE MATERIALIZED VIEW`."""
    into = node["into"]
    relation = into["rel"]
    temporary = relation.get("relpersistence") == "t"
    name = scope.created(relation["relname"], relation.get("schemaname"), temporary=temporary)
    query = lower_query(node["query"], scope)
    if names := strings(into.get("colNames")):
        output = query.output or tuple(OutputColumn(name=n) for n in names)
        renamed = [c._replace(name=n) for c, n in zip(output, names, strict=False)]
        query = query._replace(output=(*renamed, *output[len(names) :]))
    if node.get("objtype") == "OBJECT_MATVIEW":
        return [
            CreateView(
                span=scope.raw.span,
                view=name,
                query=query,
                materialized=True,
                if_not_exists=bool(node.get("if_not_exists")),
                with_data=not into.get("skipData"),
            )
        ]
    return [
        CreateTable(
            span=scope.raw.span,
            table=name,
            if_not_exists=bool(node.get("if_not_exists")),
            temporary=temporary,
            unlogged=relation.get("relpersistence") == "u",
            query=query,
            with_data=not into.get("skipData"),
        )
    ]


def lower_view(node: Node, scope: Scope) -> list[Operation]:
    """`CREATE [OR REPLACE] VIEW`."""
    view = node["view"]
    temporary = view.get("relpersistence") == "t"
    return [
        CreateView(
            span=scope.raw.span,
            view=scope.created(view["relname"], view.get("schemaname"), temporary=temporary),
            query=lower_query(node["query"], scope),
            or_replace=bool(node.get("replace")),
            temporary=temporary,
            column_names=tuple(strings(node.get("aliases"))),
        )
    ]


def lower_refresh(node: Node, scope: Scope) -> list[Operation]:
    """`REFRESH MATERIALIZED VIEW`."""
    return [
        RefreshMaterializedView(
            span=scope.raw.span,
            view=scope.relation(node["relation"]),
            concurrently=bool(node.get("concurrent")),
            with_data=not node.get("skipData"),
        )
    ]


def lower_create_index(node: Node, scope: Scope) -> list[Operation]:
    """`CREATE INDEX`."""
    return [
        CreateIndex(
            span=scope.raw.span,
            name=node.get("idxname"),
            table=scope.relation(node["relation"]),
            elements=tuple(lower_element(item["IndexElem"], scope) for item in node["indexParams"]),
            include=tuple(item["IndexElem"].get("name", "") for item in node.get("indexIncludingParams", ())),
            unique=bool(node.get("unique")),
            method=node.get("accessMethod", "btree"),
            predicate=lower_expression(node["whereClause"], scope) if "whereClause" in node else None,
            concurrently=bool(node.get("concurrent")),
            if_not_exists=bool(node.get("if_not_exists")),
            only=not node["relation"].get("inh", False),
            nulls_not_distinct=bool(node.get("nulls_not_distinct")),
            keyword=_end_of_word("index", scope),
        )
    ]


def _end_of_word(word: str, scope: Scope) -> int | None:
    span = scope.raw.span
    for token in tokens(scope.text, span.start, span.end):
        if token.kind == "word" and token.text == word:
            return token.end
    return None


def lower_create_sequence(node: Node, scope: Scope) -> list[Operation]:
    """`CREATE SEQUENCE`."""
    relation = node["sequence"]
    temporary = relation.get("relpersistence") == "t"
    return [
        CreateSequence(
            span=scope.raw.span,
            sequence=scope.created(relation["relname"], relation.get("schemaname"), temporary=temporary),
            owned_by=_owner(node, scope) or None,
            if_not_exists=bool(node.get("if_not_exists")),
            temporary=temporary,
        )
    ]


def lower_alter_sequence(node: Node, scope: Scope) -> list[Operation]:
    """`ALTER SEQUENCE`."""
    return [
        AlterSequence(
            span=scope.raw.span,
            sequence=scope.relation(node["sequence"]),
            owned_by=_owner(node, scope),
            if_exists=bool(node.get("missing_ok")),
        )
    ]


def _owner(node: Node, scope: Scope) -> tuple[Name, str] | tuple[()] | None:
    for option in node.get("options", ()):
        element = option["DefElem"]
        if element.get("defname") == "owned_by":
            parts = strings(items(element["arg"]))
            if len(parts) < 2:
                return ()
            return scope.existing(parts[-2], parts[-3] if len(parts) > 2 else None), parts[-1]
    return None


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
            before=neighbour if neighbour and not after else None,
            after=neighbour if neighbour and after else None,
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
        CreateOtherType(span=scope.raw.span, type=_new_name(strings(node["typeName"]), scope), kind="range")
    ]


def _new_name(parts: list[str], scope: Scope) -> Name:
    return scope.created(parts[-1], parts[-2] if len(parts) > 1 else None)


# --- DROP -----------------------------------------------------------------------------------------


def lower_drop(node: Node, scope: Scope) -> list[Operation]:
    """`DROP` of anything: one operation per object."""
    return [_drop(item, node, scope) for item in node.get("objects", ())]


def _drop(item: Node, node: Node, scope: Scope) -> Operation:
    kind = node["removeType"]
    span = scope.raw.span
    if_exists = bool(node.get("missing_ok"))
    cascade = node.get("behavior") == "DROP_CASCADE"
    parts = strings(items(item)) or ([item["String"]["sval"]] if "String" in item else [])
    if kind in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
        type_ = scope.type_name(strings(item["TypeName"]["names"]))
        return DropType(span=span, type=type_, if_exists=if_exists, cascade=cascade)
    if kind in ("OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE", "OBJECT_AGGREGATE"):
        name, arguments = function_with_arguments(item["ObjectWithArgs"], scope)
        return DropFunction(
            span=span, function=name, arguments=arguments, if_exists=if_exists, cascade=cascade
        )
    if kind == "OBJECT_SCHEMA":
        return DropSchema(span=span, schema=parts[0], if_exists=if_exists, cascade=cascade)
    if kind == "OBJECT_EXTENSION":
        return DropExtension(span=span, extension=parts[0], if_exists=if_exists, cascade=cascade)
    if kind in ("OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE") and len(parts) > 1:
        table = scope.existing(parts[-2], parts[-3] if len(parts) > 2 else None)
        if kind == "OBJECT_TRIGGER":
            return DropTrigger(span=span, trigger=parts[-1], table=table, if_exists=if_exists)
        action = "drop policy" if kind == "OBJECT_POLICY" else "drop rule"
        return TableCommand(span=span, table=table, action=action, if_table_exists=if_exists)
    if kind in _RELATIONS:
        name = scope.existing(parts[-1], parts[-2] if len(parts) > 1 else None)
        return _drop_relation(kind, name, node, scope)
    return Opaque(span=span, kind=f"drop {kind.removeprefix('OBJECT_').lower()}")


def _drop_relation(kind: str, name: Name, node: Node, scope: Scope) -> Operation:
    span = scope.raw.span
    if_exists = bool(node.get("missing_ok"))
    cascade = node.get("behavior") == "DROP_CASCADE"
    if kind == "OBJECT_INDEX":
        return DropIndex(
            span=span,
            name=name,
            concurrently=bool(node.get("concurrent")),
            if_exists=if_exists,
            cascade=cascade,
            keyword=_end_of_word("index", scope),
        )
    if kind == "OBJECT_SEQUENCE":
        return DropSequence(span=span, sequence=name, if_exists=if_exists, cascade=cascade)
    if kind in ("OBJECT_VIEW", "OBJECT_MATVIEW"):
        return DropView(
            span=span,
            view=name,
            materialized=kind == "OBJECT_MATVIEW",
            if_exists=if_exists,
            cascade=cascade,
        )
    foreign = kind == "OBJECT_FOREIGN_TABLE"
    return DropTable(span=span, table=name, if_exists=if_exists, cascade=cascade, foreign=foreign)


def function_with_arguments(node: Node, scope: Scope) -> tuple[Name, tuple[str, ...] | None]:
    """Resolve `name(type, ...)`; no argument list gives None."""
    name = scope.function_name(strings(node["objname"]))
    if node.get("args_unspecified"):
        return name, None
    return name, tuple(
        str(lower_type(item["TypeName"], scope)) for item in node.get("objargs", ()) if "TypeName" in item
    )


# --- RENAME, SET SCHEMA ---------------------------------------------------------------------------


def lower_rename(node: Node, scope: Scope) -> list[Operation]:
    """`ALTER ... RENAME` of anything."""
    kind, new_name, span = node["renameType"], node["newname"], scope.raw.span
    if_exists = bool(node.get("missing_ok"))
    if kind in _RELATIONS:
        return [
            RenameTable(
                span=span,
                table=scope.relation(node["relation"]),
                new_name=new_name,
                keyword=_RELATIONS[kind],
                if_exists=if_exists,
            )
        ]
    if kind == "OBJECT_COLUMN":
        table = scope.relation(node["relation"])
        return [
            RenameColumn(
                span=span, table=table, column=node["subname"], new_name=new_name, if_table_exists=if_exists
            )
        ]
    if kind == "OBJECT_TABCONSTRAINT":
        table = scope.relation(node["relation"])
        return [
            RenameConstraint(
                span=span, table=table, name=node["subname"], new_name=new_name, if_table_exists=if_exists
            )
        ]
    if kind in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
        return [
            RenameType(span=span, type=scope.type_name(strings(items(node["object"]))), new_name=new_name)
        ]
    if kind == "OBJECT_SCHEMA":
        return [RenameSchema(span=span, schema=node["subname"], new_name=new_name)]
    if kind in ("OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE", "OBJECT_AGGREGATE"):
        name, _ = function_with_arguments(node["object"]["ObjectWithArgs"], scope)
        return [RenameFunction(span=span, function=name, new_name=Name(name.schema, new_name))]
    if kind == "OBJECT_TRIGGER":
        table = scope.relation(node["relation"])
        return [RenameTrigger(span=span, trigger=node["subname"], table=table, new_name=new_name)]
    if kind in ("OBJECT_POLICY", "OBJECT_RULE"):
        table = scope.relation(node["relation"])
        return [TableCommand(span=span, table=table, action="rename policy")]
    return [Opaque(span=span, kind=f"rename {kind.removeprefix('OBJECT_').lower()}")]


def lower_set_schema(node: Node, scope: Scope) -> list[Operation]:
    """`ALTER ... SET SCHEMA` of anything."""
    kind, new_schema, span = node["objectType"], node["newschema"], scope.raw.span
    if kind in _RELATIONS:
        return [
            MoveTable(
                span=span,
                table=scope.relation(node["relation"]),
                new_schema=new_schema,
                keyword=_RELATIONS[kind],
                if_exists=bool(node.get("missing_ok")),
            )
        ]
    if kind in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
        name = scope.type_name(strings(items(node["object"])))
        return [MoveType(span=span, type=name, new_schema=new_schema)]
    if kind in ("OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE", "OBJECT_AGGREGATE"):
        name, _ = function_with_arguments(node["object"]["ObjectWithArgs"], scope)
        return [RenameFunction(span=span, function=name, new_name=Name(new_schema, name.name))]
    return [Opaque(span=span, kind=f"set schema {kind.removeprefix('OBJECT_').lower()}")]


def named_relation(value: Any, scope: Scope) -> Name:
    """Resolve a dotted list of names to a relation."""
    parts = strings(items(value))
    return scope.existing(parts[-1], parts[-2] if len(parts) > 1 else None)
