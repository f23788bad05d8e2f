"""The columns that a query names, of the tables in its FROM."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from miglint.dialects.postgres.expressions import walk
from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.scope import Scope, items, strings
from miglint.model import Name, Table, View

From = list[tuple[str, Name | None]]
References = list[tuple[list[Any], bool]]


class Named(NamedTuple):
    """The columns of tables that a query names, and whether each name is a column where it stands."""

    columns: tuple[tuple[Name, str], ...]
    found: bool


def columns_named(
    node: Any,
    tables: tuple[Name, ...],
    scope: Scope,
    without: frozenset[str] = frozenset(),
    *,
    rows: bool = False,
) -> Named:
    """The columns of tables that a query names; each SELECT looks at its own FROM first.

    A row as one value, as in `to_jsonb(t.*)`, names none of its columns, which can be dropped; with `rows`
    it counts as all of them.
    """
    found: dict[tuple[Name, str], None] = {}
    known: dict[Name | None, list[str]] = {None: []}
    selects = list(_selects(node, tables, scope, without))
    everywhere = [source for _, own in selects for source in own]
    known.update((name, _column_names(name, scope)) for _, name in everywhere if name)
    written = _written(node, scope)
    known.update((name, _column_names(name, scope)) for _, name in written if name)
    all_found = True
    for number, (references, own) in enumerate(selects):
        for fields, is_expanded in references:
            names = strings(fields)
            star = any("A_Star" in field for field in fields)
            if star and not (is_expanded or rows):
                continue
            qualifier = names[0] if (len(names) > 1 or star) and names else None
            near = [name for alias, name in own if qualifier in (None, alias)]
            outer = not star and None not in near and not any(names[-1] in known[name] for name in near)
            if outer and all_found:
                here = near if number else near + [n for a, n in written if qualifier in (None, a)]
                all_found = any(not known[name] or names[-1] in known[name] for name in here)
            sources = [name for alias, name in everywhere if qualifier in (None, alias)] if outer else near
            for source in filter(None, sources):
                found.update(((source, c), None) for c in known[source] if star or c == names[-1])
    return Named(tuple(found), all_found)


def _written(node: Any, scope: Scope) -> From:
    """Give the table that a statement changes, which is not in its FROM."""
    target = node.get("relation") if isinstance(node, dict) else None
    if not isinstance(target, dict) or "relname" not in target:
        return []
    return [(target.get("alias", {}).get("aliasname", target["relname"]), scope.relation(target))]


_NO_VALUES = frozenset(
    {"whereClause", "havingClause", "sortClause", "groupClause", "quals", "returningClause"}
)


def columns_copied(node: Any, scope: Scope, target: Node | None = None) -> tuple[tuple[Name, str], ...]:
    """Give the columns out of which a query makes its values, not those that only pick or order its rows.

    `target` is the relation of an UPDATE, which is not in its FROM.
    """
    values = {"values": node, "target": {"RangeVar": target} if target else {}}
    names = {scope.relation(value) for kind, value in walk(values) if kind == "RangeVar"}
    return columns_named(values, tuple(names), scope, _NO_VALUES, rows=True).columns


def _column_names(name: Name, scope: Scope) -> list[str]:
    relation = scope.schema.relations.get(name)
    return [c.name for c in relation.columns or ()] if isinstance(relation, (Table, View)) else []


def _selects(
    node: Any, tables: tuple[Name, ...], scope: Scope, without: frozenset[str]
) -> Iterator[tuple[References, From]]:
    """Give each SELECT of a query: the fields of its column references, and its FROM as (alias, relation).

    With the fields comes whether the server puts all columns in the place of a star there. The relation is
    None for what has columns of its own: a query in FROM or WITH, a function.
    """
    queue = [node]
    while queue:
        references: References = []
        own: From = []
        expanded: set[int] = set()
        stack = [queue.pop()]
        while stack:
            current = stack.pop()
            if isinstance(current, list):
                stack.extend(current)
                continue
            if not isinstance(current, dict):
                continue
            for key, value in current.items():
                if key in without:
                    continue
                if key in _EXPANDED:
                    expanded.update(map(id, _values_in(value)))
                if key == "ColumnRef":
                    references.append((value.get("fields", []), id(value) in expanded))
                elif key == "RangeVar":
                    name = scope.relation(value)
                    alias = value.get("alias", {}).get("aliasname", value["relname"])
                    own.append((alias, name if name in tables else None))
                elif key in ("SelectStmt", "larg", "rarg") and isinstance(value, dict) and "op" in value:
                    queue.append(value)
                elif isinstance(value, dict) and key in ("RangeSubselect", "RangeFunction"):
                    own.append((value.get("alias", {}).get("aliasname", ""), None))
                    stack.append(value)
                elif isinstance(value, (dict, list)):
                    stack.append(value)
        yield references, own


_EXPANDED = frozenset({"ResTarget", "RowExpr", "valuesLists"})


def _values_in(node: Any) -> Iterator[Any]:
    """Give the column references that stand for themselves among targets, in a ROW or in VALUES."""
    if isinstance(node, list):
        expressions = [e for values in node for e in items(values)]
    else:
        expressions = [node.get("val", {}), *node.get("args", ())]
    return (expression["ColumnRef"] for expression in expressions if "ColumnRef" in expression)
