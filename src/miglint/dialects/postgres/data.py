"""Statements that read and write rows."""

from collections.abc import Iterable, Iterator
from typing import Any

from miglint.dialects.postgres.expressions import literal_of, text_of, walk
from miglint.dialects.postgres.filters import has_limit, looked_up_by, lower_filter
from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.others import doubt
from miglint.dialects.postgres.queries import lower_query, select_of, tables_read
from miglint.dialects.postgres.references import columns_copied
from miglint.dialects.postgres.scope import Scope, strings
from miglint.dialects.sql.replay.indexes import column_is_unique
from miglint.model import (
    Deed,
    Delete,
    Filter,
    Insert,
    Name,
    Operation,
    Query,
    Select,
    SetVariable,
    Truncate,
    Update,
)


def lower_update(node: Node, scope: Scope) -> list[Operation]:
    """`UPDATE`, and the writing queries in its WITH."""
    targets = [item["ResTarget"] for item in node.get("targetList", ())]
    where = node.get("whereClause")
    table = scope.relation(node["relation"])
    names_columns = any(kind == "ColumnRef" for kind, _ in walk(targets))
    return [
        *writing_queries(node, scope),
        Update(
            span=scope.raw.span,
            table=table,
            columns=tuple(t["name"] for t in targets if "name" in t),
            filter=lower_filter(where, node["relation"], node.get("fromClause"), scope),
            query=lower_query(node, scope, "UpdateStmt")._replace(
                copies=tuple(_copied(node, targets, scope)) if names_columns else ()
            ),
            nulls_assigned=tuple(
                t["name"] for t in targets if t.get("val", {}).get("A_Const", {}).get("isnull")
            ),
            constants=tuple(
                (t["name"], text_of(t["val"], scope))
                for t in targets
                if "name" in t and "indirection" not in t and _is_literal(t.get("val", {}))
            ),
            reads_itself=_depends_on_others(node, table, scope),
            cumulative=names_columns and _is_cumulative(node, targets),
            assigned_twice=_twice(node.get("targetList", ())),
        ),
    ]


def _twice(targets: Iterable[Node]) -> str:
    """Give a column that stands twice among targets, and not as parts of it: elements, fields."""
    named: dict[str, bool] = {}
    for target in (item["ResTarget"] for item in targets):
        name, part = target.get("name", ""), "indirection" in target
        if name in named and not (part and named[name]):
            return str(name)
        named[name] = part
    return ""


def _is_literal(value: Node) -> bool:
    value = value.get("TypeCast", {}).get("arg", value)
    return "A_Const" in value and not value["A_Const"].get("isnull")


def _depends_on_others(node: Node, table: Name, scope: Scope) -> bool:
    """Whether an assigned value comes from a query of the updated table itself."""
    values = [item["ResTarget"].get("val") for item in node.get("targetList", ())]
    if table in tables_read(values, scope):
        return True
    sources = [node[field] for field in ("fromClause", "withClause") if field in node]
    if table not in tables_read(sources, scope):
        return False
    target = node["relation"]
    own = target.get("alias", {}).get("aliasname", target["relname"])
    found = scope.schema.table(table)
    for names in (strings(ref.get("fields")) for kind, ref in walk(values) if kind == "ColumnRef"):
        if names[1:] and names[-2] != own:
            return True
        if not names[1:] and (found is None or not names or found.column(names[0]) is None):
            return True
    return False


# What these make of their own result is the same again.
_IDEMPOTENT = frozenset(
    "abs array_remove btrim ceil ceiling date_trunc floor initcap lower ltrim round rtrim trunc upper".split()
)


def _is_cumulative(node: Node, targets: list[Node]) -> bool:
    """Whether an assigned value is made of an assigned column by more than what gives the same again."""
    target = node["relation"]
    own = target.get("alias", {}).get("aliasname", target["relname"])
    assigned = {item.get("name") for item in targets}
    return any(
        _assigned_in(item.get("val", {}), own, assigned - {item.get("name")})
        or _assigned_in(_changed(item.get("val", {})), own, {item.get("name")})
        for item in targets
    )


def _assigned_in(value: Any, own: str, assigned: set[Any]) -> bool:
    inner = [ref for kind, link in walk(value) if kind == "SubLink" for ref in _own_columns(link)]
    refs = (ref for kind, ref in walk(value) if kind == "ColumnRef" and not any(ref is one for one in inner))
    named = (strings(ref.get("fields")) for ref in refs)
    return any(names and names[-1] in assigned and names[-2:-1] in ([], [own]) for names in named)


def _own_columns(link: Node) -> Iterator[Node]:
    """Give the columns without a qualifier that a query of one table names: they are of that table."""
    select = link.get("subselect", {}).get("SelectStmt", {})
    if [*map(tuple, select.get("fromClause", ()))] == [("RangeVar",)]:
        yield from (n for k, n in walk(select) if k == "ColumnRef" and len(strings(n.get("fields"))) == 1)


def _changed(value: Any) -> Any:
    """Give the part of a value that each run makes anew: nothing of a column by itself, or in lower()."""
    kind = next(iter(value), "")
    inner: Any = value.get(kind)
    if kind == "ColumnRef":
        return {}
    if kind == "TypeCast":
        return _changed(inner["arg"])
    if kind in ("CoalesceExpr", "MinMaxExpr") or (
        kind == "FuncCall" and strings(inner.get("funcname"))[-1] in _IDEMPOTENT
    ):
        return [_changed(argument) for argument in inner.get("args", ())]
    if kind == "FuncCall" and _replaces_once(inner):
        return _changed(inner["args"][0])
    return value


def _replaces_once(call: Node) -> bool:
    """Whether a replace() in a column leaves nothing behind that it would replace again."""
    arguments = call.get("args", ())
    if strings(call.get("funcname"))[-1] != "replace" or len(arguments) != 3:
        return False
    if not _is_column(arguments[0]):
        return False
    old, new = (literal_of(argument)[0] for argument in arguments[1:])
    if not old or not new or new in old or old in new:
        return False
    return not any(old.endswith(new[:n]) or old.startswith(new[-n:]) for n in range(1, len(new)))


def _is_column(value: Any) -> bool:
    """Whether this is a column, with casts or without."""
    while "TypeCast" in value:
        value = value["TypeCast"]["arg"]
    return "ColumnRef" in value


def _copied(node: Node, targets: list[Node], scope: Scope) -> Iterator[tuple[Name, str]]:
    """Give the columns whose values go into others, or are found by them: one that changes is in no other."""
    table = scope.relation(node["relation"])
    sources: Node = {key: node[key] for key in ("fromClause", "withClause") if key in node}
    for target in targets:
        if any(kind == "ColumnRef" for kind, _ in walk(target)):
            value = {**sources, "val": target["val"]}
            own = (table, target.get("name"))
            yield from (c for c in columns_copied(value, scope, node["relation"]) if c != own)
            assigned = {each.get("name") for each in targets}
            looked_up = looked_up_by(node, target["val"], scope)
            yield from ((table, column) for column in looked_up if column not in assigned)


def lower_delete(node: Node, scope: Scope) -> list[Operation]:
    """`DELETE`, and the writing queries in its WITH."""
    return [
        *writing_queries(node, scope),
        Delete(
            span=scope.raw.span,
            table=scope.relation(node["relation"]),
            filter=lower_filter(node.get("whereClause"), node["relation"], node.get("usingClause"), scope),
            query=lower_query(node, scope, "DeleteStmt"),
        ),
    ]


def lower_insert(node: Node, scope: Scope) -> list[Operation]:
    """`INSERT`, and the writing queries in its WITH."""
    source = node.get("selectStmt")
    if source and "withClause" in node and "withClause" not in source.get("SelectStmt", {}):
        # The WITH of the INSERT names what its SELECT reads.
        source = {"SelectStmt": {**source["SelectStmt"], "withClause": node["withClause"]}}
    query = lower_query(source, scope) if source else Query(literal_rows=1)
    if query.reads:
        limited = query.limited or _is_picked_by_key(select_of(source), scope)
        query = query._replace(copies=columns_copied(source, scope), limited=limited)
    on_conflict = node.get("onConflictClause", {})
    return [
        *writing_queries(node, scope),
        Insert(
            span=scope.raw.span,
            table=scope.relation(node["relation"]),
            columns=tuple(item["ResTarget"].get("name", "") for item in node.get("cols", ())),
            rows=query.literal_rows,
            query=query,
            updates=on_conflict.get("action") == "ONCONFLICT_UPDATE",
            named_twice=_twice(node.get("cols", ())),
            assigned_twice=_twice(on_conflict.get("targetList", ())),
        ),
    ]


def _is_picked_by_key(select: Node, scope: Scope) -> bool:
    """Whether a SELECT gives rows of one table only, by a unique key."""
    sources, where = select.get("fromClause", ()), select.get("whereClause")
    if len(sources) != 1 or "RangeVar" not in sources[0] or where is None or "withClause" in select:
        return False
    source = sources[0]["RangeVar"]
    table = scope.schema.table(scope.relation(source))
    fixed = lower_filter(where, source, None, scope).equals if table is not None else ()
    return table is not None and bool(fixed) and column_is_unique(table, fixed, scope.schema)


def lower_merge(node: Node, scope: Scope) -> list[Operation]:
    """`MERGE`: an insert whose number of rows nothing bounds."""
    table = scope.relation(node["relation"])
    actions = {clause["MergeWhenClause"].get("commandType") for clause in node.get("mergeWhenClauses", ())}
    return [
        Insert(
            span=scope.raw.span,
            table=table,
            query=lower_query(node, scope),
            keyword="merge",
            updates=bool(actions & {"CMD_UPDATE", "CMD_DELETE"}),
        )
    ]


def lower_copy(node: Node, scope: Scope) -> list[Operation]:
    """`COPY`."""
    if not node.get("is_from") or "relation" not in node:
        return [Select(span=scope.raw.span, query=lower_query(node, scope))]
    return [
        Insert(
            span=scope.raw.span,
            table=scope.relation(node["relation"]),
            columns=tuple(strings(node.get("attlist"))),
            keyword="copy",
        )
    ]


def lower_truncate(node: Node, scope: Scope) -> list[Operation]:
    """`TRUNCATE`."""
    return [
        Truncate(
            span=scope.raw.span,
            tables=tuple(scope.relation(item["RangeVar"]) for item in node["relations"]),
            cascade=node.get("behavior") == "DROP_CASCADE",
        )
    ]


def lower_select(node: Node, scope: Scope) -> list[Operation]:
    """`SELECT`; one that calls set_config() sets a variable, one with INTO makes a table."""
    if "intoClause" in node:
        from miglint.dialects.postgres.creations import lower_create_table_as

        select = {key: value for key, value in node.items() if key != "intoClause"}
        return lower_create_table_as(
            {"into": node["intoClause"], "query": {"SelectStmt": select}, "objtype": "OBJECT_TABLE"}, scope
        )
    wrapped = {"SelectStmt": node}
    query = lower_query(wrapped, scope)
    return [
        *writing_queries(node, scope),
        *_settings(wrapped, scope),
        Select(
            span=scope.raw.span,
            query=query,
            searches=tuple(_searches(wrapped, scope)),
            deeds=_unknown_calls(query.functions, scope),
        ),
    ]


def _unknown_calls(functions: tuple[str, ...], scope: Scope) -> tuple[Deed, ...]:
    """Doubt what is done by functions that are neither the server's own nor made by the history."""
    if not functions:
        return ()
    from miglint.dialects.postgres.builtin_functions import NOT_VOLATILE, VOLATILE

    for written in functions:
        name = written.removeprefix("pg_catalog.")
        if name in VOLATILE or name in NOT_VOLATILE:
            continue
        found = scope.schema.functions.get(scope.function_name(written.split("."))) or ()
        if not found or any(
            f.language not in ("sql", "plpgsql") and f.volatility == "volatile" for f in found
        ):
            return (doubt(scope),)
    return ()


def _searches(query: Node, scope: Scope) -> Iterator[tuple[Name, Filter]]:
    """Give the tables that the SELECTs of a query go through, where nothing ends that early.

    A LIMIT does, and EXISTS without a condition; with one it goes on as long as no row meets it.
    """
    common = {node.get("ctename") for kind, node in walk(query) if kind == "CommonTableExpr"} | scope.common
    tested = {
        id(link["subselect"]["SelectStmt"])
        for kind, link in walk(query)
        if kind == "SubLink" and link.get("subLinkType") == "EXISTS_SUBLINK"
    }
    for kind, select in walk(query):
        sources: list[Any] = select.get("fromClause", []) if kind == "SelectStmt" else []
        source = _driving(sources[0]) if len(sources) == 1 and not has_limit(select) else None
        if source is None:
            continue
        where = select.get("whereClause")
        ends_early = where is None and (id(select) in tested or _is_from_an_index(select))
        if source["relname"] not in common and not ends_early:
            yield scope.relation(source), lower_filter(where, source, None, scope)


def _driving(source: Node) -> Node | None:
    """Give the table of a FROM that gives all its rows: the only one, or that on the left of LEFT JOINs."""
    while source.get("JoinExpr", {}).get("jointype") == "JOIN_LEFT":
        source = source["JoinExpr"]["larg"]
    return source.get("RangeVar")


def _is_from_an_index(select: Node) -> bool:
    calls = (strings(call.get("funcname")) for kind, call in walk(select["targetList"]) if kind == "FuncCall")
    return any(names[-1] in ("max", "min") for names in calls)


def _settings(node: Any, scope: Scope) -> list[Operation]:
    found: list[Operation] = []
    for item in select_of(node).get("targetList", ()):
        call = item["ResTarget"].get("val", {}).get("FuncCall", {})
        if strings(call.get("funcname"))[-1:] == ["set_config"] and len(call.get("args", ())) == 3:
            name, value, local = (argument.get("A_Const", {}) for argument in call["args"])
            if "sval" in name and "sval" in value:
                found.append(
                    SetVariable(
                        span=scope.raw.span,
                        name=name["sval"].get("sval", "").lower(),
                        value=value["sval"].get("sval", ""),
                        local=bool(local.get("boolval", {}).get("boolval")),
                    )
                )
    return found


def writing_queries(node: Node, scope: Scope) -> list[Operation]:
    """Give the INSERT, UPDATE and DELETE inside WITH; the server allows them at the top level only."""
    lowerers = {"UpdateStmt": lower_update, "DeleteStmt": lower_delete, "InsertStmt": lower_insert}
    named = [item["CommonTableExpr"] for item in node.get("withClause", {}).get("ctes", ())]
    inner = scope._replace(common=scope.common | {query["ctename"] for query in named})
    found: list[Operation] = []
    for query in named:
        for kind, value in query["ctequery"].items():
            if kind in lowerers:
                found += lowerers[kind](value, inner)
    return found
