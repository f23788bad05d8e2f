"""Queries: what they read, what they call, and what columns they give where the text tells."""

from typing import Any

from miglint.dialects.postgres.expressions import walk
from miglint.dialects.postgres.filters import has_limit
from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.references import columns_named
from miglint.dialects.postgres.scope import Scope, strings
from miglint.dialects.postgres.types import lower_type
from miglint.model import Name, OutputColumn, Query, Sought, Table, Type, View
from miglint.text.lazy import expression

_RESULTS = {
    "count": Type("bigint"),
    "row_number": Type("bigint"),
    "rank": Type("bigint"),
    "now": Type("timestamp with time zone"),
    "gen_random_uuid": Type("uuid"),
    "bool_and": Type("boolean"),
    "bool_or": Type("boolean"),
    "lower": Type("text"),
    "upper": Type("text"),
    "concat": Type("text"),
}
_OF_ARGUMENT = frozenset({"max", "min", "first_value", "last_value", "lag", "lead", "greatest", "least"})
_RESOLVED = ("SelectStmt", "UpdateStmt", "DeleteStmt")
_MOST_OUTPUT_COLUMNS = 1664
"""The server refuses more: https://www.postgresql.org/docs/current/limits.html."""
_SET_RETURNING = expression(
    r"^(?:generate_(?:series|subscripts)|unnest|regexp_(?:matches|split_to_table)|string_to_table"
    r"|jsonb?_(?:array_elements|each|object_keys|populate_recordset|to_recordset|path_query)(?:_text|_tz)?)$"
)
_COMPARISONS = frozenset({"=", "<>", "!=", "<", ">", "<=", ">=", "~~", "!~~", "~", "@>", "<@", "&&"})


def lower_query(node: Any, scope: Scope, statement: str = "") -> Query:
    """Turn a SELECT, or the whole of a statement of a kind with queries in it, into a query."""
    found: dict[str, list[Node]] = {
        "CommonTableExpr": [],
        "RangeVar": [],
        "FuncCall": [],
        "LockingClause": [],
        "TypeCast": [],
    }
    for kind, value in walk(node):
        if kind in found:
            found[kind].append(value)
    functions = {".".join(strings(value.get("funcname"))) for value in found["FuncCall"]}
    tables = tuple(sorted(_reads(found["RangeVar"], found["CommonTableExpr"], scope)))
    named = columns_named(node, tables, scope)
    return Query(
        reads=tables,
        columns_read=named.columns,
        sought=() if named.found else _sought(statement, node, scope),
        functions=tuple(sorted(functions)),
        output=_output(node, scope),
        literal_rows=_literal_rows(node),
        casts=tuple({".".join(strings(value["typeName"].get("names"))): None for value in found["TypeCast"]}),
        locks_rows=bool(found["LockingClause"]),
        limited=has_limit(select_of(node)),
        whole=_is_whole(select_of(node)),
    )


def _sought(kind: str, node: Any, scope: Scope) -> tuple[Sought, ...]:
    """Give the columns of a statement that are nowhere; only few have any, so that few are read for this."""
    tagged = {kind: node} if kind else node
    kind, statement = next(iter(tagged.items()))
    if not scope.is_literal or kind not in _RESOLVED:
        return ()
    from miglint.dialects.postgres.bodies import columns_sought

    return columns_sought(kind, statement, scope)


def tables_read(node: Any, scope: Scope) -> set[Name]:
    """Give the tables and views that a part of a statement reads."""
    found = list(walk(node))
    relations = [value for kind, value in found if kind == "RangeVar"]
    return _reads(relations, [value for kind, value in found if kind == "CommonTableExpr"], scope)


def _reads(relations: list[Node], queries: list[Node], scope: Scope) -> set[Name]:
    """Give the relations that are none of the queries in WITH."""
    common = {query.get("ctename") for query in queries} | scope.common
    return {
        scope.relation(value)
        for value in relations
        if "schemaname" in value or value.get("relname") not in common
    }


# What leaves rows of a table out, or makes one of several.
_PICKING = ("whereClause", "groupClause", "havingClause", "distinctClause", "limitCount", "limitOffset")


def _is_whole(select: Node) -> bool:
    sources = select.get("fromClause", ())
    return len(sources) == 1 and "RangeVar" in sources[0] and not any(part in select for part in _PICKING)


def select_of(node: Any) -> Node:
    """Give the SelectStmt in a node that holds one."""
    found: Node = node.get("SelectStmt", {}) if isinstance(node, dict) else {}
    return found


def _literal_rows(node: Any) -> int | None:
    values = select_of(node).get("valuesLists")
    if values is not None:
        return len(values)
    select = select_of(node)
    if select and "fromClause" not in select and select.get("op", "SETOP_NONE") == "SETOP_NONE":
        # Without FROM there is one row, whatever WHERE says, unless a function gives several.
        targets = walk(select.get("targetList"))
        calls = (strings(call.get("funcname")) for kind, call in targets if kind == "FuncCall")
        return 1 if all(_gives_one_value(names) for names in calls) else None
    return None


def _gives_one_value(names: list[str]) -> bool:
    from miglint.dialects.postgres.builtin_functions import NOT_VOLATILE, VOLATILE

    known = names[-1] in NOT_VOLATILE or names[-1] in VOLATILE
    return known and not _SET_RETURNING.search(names[-1])


Outputs = dict[str, tuple[OutputColumn, ...] | None]


def _common_tables(select: Node, scope: Scope, outer: Outputs | None) -> Outputs:
    """The outputs of the queries in WITH; a RETURNING gives columns of the table it writes."""
    found: Outputs = dict(outer or {})
    for item in select.get("withClause", {}).get("ctes", ()):
        cte = item["CommonTableExpr"]
        query: Node = cte["ctequery"]
        kind, node = next(iter(query.items()))
        if kind == "SelectStmt":
            output = _output(query, scope, found)
        else:
            target = {
                "targetList": node.get("returningClause", {}).get("exprs", ()),
                "fromClause": [{"RangeVar": node["relation"]}],
            }
            output = _output({"SelectStmt": target}, scope, found) if "relation" in node else None
        names = strings(cte.get("aliascolnames"))
        if output is not None and names:
            output = tuple(c._replace(name=n) for c, n in zip(output, names, strict=False))
        found[cte.get("ctename", "")] = output
    return found


def _output(node: Any, scope: Scope, ctes: Outputs | None = None) -> tuple[OutputColumn, ...] | None:
    """The columns that a query gives; None where a name cannot be told (a star over something unknown)."""
    select = select_of(node)
    while "larg" in select:
        select = select["larg"] if "targetList" in select["larg"] or "larg" in select["larg"] else {}
    ctes = {**(ctes or {}), **_common_tables(select, scope, ctes)}
    sources = _sources(select.get("fromClause", ()), scope, ctes)
    found: list[OutputColumn] = []
    for item in select.get("targetList", ()):
        target = item.get("ResTarget", {})
        value = target.get("val", {})
        if "ColumnRef" in value and any("A_Star" in f for f in value["ColumnRef"].get("fields", ())):
            star = _star(strings(value["ColumnRef"].get("fields")), sources)
            if star is None or _merges_columns(select.get("fromClause", ())):
                return None
            found += star
            continue
        name = target.get("name") or figure_name(value) or "?column?"
        found.append(OutputColumn(name=name, type=_type_of(value, sources, scope)))
    return tuple(found) if 0 < len(found) <= _MOST_OUTPUT_COLUMNS else None


Source = tuple[str, tuple[OutputColumn, ...] | None]


def _sources(clause: Any, scope: Scope, ctes: Outputs) -> list[Source]:
    found: list[Source] = []
    stack = list(reversed(list(clause)))
    while stack:
        item = stack.pop()
        if "JoinExpr" in item:
            join = item["JoinExpr"]
            stack += [join.get("rarg", {}), join.get("larg", {})]
        elif "RangeVar" in item:
            node = item["RangeVar"]
            if node["relname"] in ctes and "schemaname" not in node:
                alias = node.get("alias", {}).get("aliasname", node["relname"])
                found.append((alias, ctes[node["relname"]]))
                continue
            relation = scope.schema.relations.get(scope.relation(node))
            alias = node.get("alias", {}).get("aliasname", node["relname"])
            columns = None
            if isinstance(relation, (Table, View)) and (told := relation.all_columns) is not None:
                columns = tuple(OutputColumn(name=c.name, type=c.type) for c in told)
            found.append((alias, columns))
        elif "RangeSubselect" in item:
            node = item["RangeSubselect"]
            found.append(
                (node.get("alias", {}).get("aliasname", ""), _output(node.get("subquery"), scope, ctes))
            )
        elif item:
            found.append(("", None))
    return found


def _merges_columns(clause: Any) -> bool:
    """Whether a join gives the columns of both sides once, so that a star gives fewer than they have."""
    return any(kind == "JoinExpr" and ("usingClause" in n or "isNatural" in n) for kind, n in walk(clause))


def _star(names: list[str], sources: list[Source]) -> list[OutputColumn] | None:
    found: list[OutputColumn] = []
    for alias, columns in sources:
        if names and alias != names[-1]:
            continue
        if columns is None:
            return None
        found += columns
    return found


def _type_of(node: Node, sources: list[Source], scope: Scope) -> Type | None:
    if "TypeCast" in node:
        return lower_type(node["TypeCast"]["typeName"], scope)
    if "ColumnRef" in node:
        names = strings(node["ColumnRef"].get("fields"))
        for alias, columns in sources:
            if len(names) > 1 and alias != names[-2]:
                continue
            for column in columns or ():
                if column.name == names[-1]:
                    return column.type
    if "FuncCall" in node:
        call = node["FuncCall"]
        name = strings(call.get("funcname"))[-1]
        if name in _OF_ARGUMENT and call.get("args"):
            return _type_of(call["args"][0], sources, scope)
        return _RESULTS.get(name)
    if "CoalesceExpr" in node or "MinMaxExpr" in node:
        arguments = next(iter(node.values())).get("args", ())
        return next((t for a in arguments if (t := _type_of(a, sources, scope))), None)
    if "CaseExpr" in node:
        case = node["CaseExpr"]
        results = [w["CaseWhen"].get("result", {}) for w in case.get("args", ())]
        results.append(case.get("defresult", {}))
        return next((t for r in results if (t := _type_of(r, sources, scope))), None)
    if "NullTest" in node or "BoolExpr" in node or "BooleanTest" in node:
        return Type("boolean")
    if "A_Expr" in node:
        operator = strings(node["A_Expr"].get("name"))[-1:]
        return Type("boolean") if operator and operator[0] in _COMPARISONS else None
    if "SQLValueFunction" in node:
        return Type("timestamp with time zone") if "TIMESTAMP" in str(node["SQLValueFunction"]) else None
    constant = node.get("A_Const", {})
    if "ival" in constant:
        return Type("integer")
    if "sval" in constant:
        return Type("text")
    return Type("boolean") if "boolval" in constant else None


def figure_name(node: Node) -> str | None:
    """Give the name that the server gives an unnamed expression (FigureColname); None for `?column?`."""
    if "ColumnRef" in node:
        names = strings(node["ColumnRef"].get("fields"))
        return names[-1] if names else None
    if "FuncCall" in node:
        return strings(node["FuncCall"].get("funcname"))[-1]
    if "TypeCast" in node:
        inner = figure_name(node["TypeCast"].get("arg", {}))
        return inner or strings(node["TypeCast"]["typeName"].get("names"))[-1]
    if "CollateClause" in node:
        return figure_name(node["CollateClause"].get("arg", {}))
    if "A_Indirection" in node:
        names = strings(node["A_Indirection"].get("indirection"))
        return names[-1] if names else figure_name(node["A_Indirection"].get("arg", {}))
    if "SubLink" in node:
        link = node["SubLink"]
        if link.get("subLinkType") == "EXISTS_SUBLINK":
            return "exists"
        if link.get("subLinkType") == "ARRAY_SUBLINK":
            return "array"
        targets = link.get("subselect", {}).get("SelectStmt", {}).get("targetList", ())
        if targets:
            target = targets[0].get("ResTarget", {})
            return target.get("name") or figure_name(target.get("val", {}))
        return None
    if "MinMaxExpr" in node:
        return "greatest" if node["MinMaxExpr"].get("op") == "IS_GREATEST" else "least"
    if "SQLValueFunction" in node:
        operation = str(node["SQLValueFunction"].get("op", "")).removeprefix("SVFOP_").lower()
        return operation.removesuffix("_n")
    if "CaseExpr" in node:
        inner = figure_name(node["CaseExpr"].get("defresult", {}))
        return inner or "case"
    for kind, name in (("CoalesceExpr", "coalesce"), ("A_ArrayExpr", "array"), ("RowExpr", "row")):
        if kind in node:
            return name
    return None
