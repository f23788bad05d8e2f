"""Tables, views, indexes, sequences: creating them."""

from collections.abc import Iterator

from miglint.dialects.postgres.data import writing_queries
from miglint.dialects.postgres.definitions import lower_column, lower_constraint, lower_element
from miglint.dialects.postgres.expressions import lower_expression
from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.options import options_of, partition_bound, sequence_options
from miglint.dialects.postgres.queries import lower_query, select_of
from miglint.dialects.postgres.references import columns_copied
from miglint.dialects.postgres.scope import Scope, items, strings
from miglint.model import (
    AlterSequence,
    CreateIndex,
    CreateSequence,
    CreateTable,
    CreateView,
    Name,
    Operation,
    OutputColumn,
    RefreshMaterializedView,
)
from miglint.text.tokens import tokens

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
            partition_bound=partition_bound(bound, scope),
            partition_by=str(strategy.get("strategy", "")).removeprefix("PARTITION_STRATEGY_").lower(),
            partition_columns=tuple(
                key["name"] if "name" in key else lower_expression(key["expr"], scope).text for key in keys
            ),
            tablespace=node.get("tablespacename", ""),
            access_method=node.get("accessMethod", ""),
            options=tuple(options_of(node.get("options", ()))),
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
                definition=scope.sql,
                options=(*options_of(into.get("options", ())), *_place(into)),
            )
        ]
    return [
        *writing_queries(select_of(node["query"]), scope),
        CreateTable(
            span=scope.raw.span,
            table=name,
            if_not_exists=bool(node.get("if_not_exists")),
            temporary=temporary,
            unlogged=relation.get("relpersistence") == "u",
            query=query._replace(copies=columns_copied(node["query"], scope)),
            with_data=not into.get("skipData"),
            options=tuple(options_of(into.get("options", ()))),
            tablespace=into.get("tableSpaceName", ""),
            access_method=into.get("accessMethod", ""),
            made_by=scope.sql,
        ),
    ]


def _place(into: Node) -> Iterator[tuple[str, str]]:
    for field, key in (("tableSpaceName", "the tablespace"), ("accessMethod", "the access method")):
        if field in into:
            yield key, into[field]


def lower_view(node: Node, scope: Scope) -> list[Operation]:
    """`CREATE [OR REPLACE] VIEW`."""
    view = node["view"]
    temporary = view.get("relpersistence") == "t"
    return [
        CreateView(
            span=scope.raw.span,
            view=scope.created(view["relname"], view.get("schemaname"), temporary=temporary),
            query=lower_query(node["query"], scope),
            temporary=temporary,
            column_names=tuple(strings(node.get("aliases"))),
            options=tuple(options_of(node.get("options", ()))),
            definition=scope.sql,
            replace=bool(node.get("replace")),
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
            options=(*options_of(node.get("options", ())), *_of_index(node)),
            keyword=end_of_word("index", scope),
        )
    ]


def _of_index(node: Node) -> Iterator[tuple[str, str]]:
    if "tableSpace" in node:
        yield "the tablespace", node["tableSpace"]
    for number, item in enumerate(node["indexParams"], 1):
        for key, value in options_of(item["IndexElem"].get("opclassopts", ())):
            yield f"{key} of key {number}", value


def end_of_word(word: str, scope: Scope) -> int | None:
    """Give where the first occurrence of a keyword in the statement ends."""
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
            options=(
                *((k, v) for k, v in sequence_options(node.get("options", ()), scope) if v is not None),
                *((("persistence", "UNLOGGED"),) if relation.get("relpersistence") == "u" else ()),
            ),
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
            options=tuple(sequence_options(node.get("options", ()), scope)),
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
