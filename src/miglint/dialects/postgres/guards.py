"""What the IF of a block asks of the catalog: whether something is there before it is made or dropped."""

import re
from collections.abc import Iterator

from miglint.dialects.postgres.expressions import literal_of
from miglint.dialects.postgres.library import Node, SyntaxProblem
from miglint.dialects.postgres.parser import statements
from miglint.dialects.postgres.scope import strings
from miglint.model import CatalogTest
from miglint.text.lazy import expression

_OF_CATALOG = expression(r"pg_|information_schema|regclass", re.IGNORECASE)
# What a comparison of a catalog's column with a text says: the kind of object whose name it is.
_NAMES = {
    "attname": "column",
    "column_name": "column",
    "conname": "constraint",
    "constraint_name": "constraint",
    "enumlabel": "enum value",
    "extname": "extension",
    "indexname": "relation",
    "matviewname": "relation",
    "nspname": "schema",
    "proname": "function",
    "relname": "relation",
    "routine_name": "function",
    "schema_name": "schema",
    "schemaname": "schema",
    "sequence_name": "relation",
    "sequencename": "relation",
    "table_name": "relation",
    "table_schema": "schema",
    "constraint_schema": "schema",
    "tablename": "relation",
    "tgname": "trigger",
    "trigger_name": "trigger",
    "typname": "type",
    "viewname": "relation",
}
_OF_TABLE = frozenset({"attrelid", "conrelid", "indrelid", "tgrelid", "event_object_table"})
_OF_TYPE = frozenset({"enumtypid"})
_SAYING_NOTHING = frozenset(
    {
        "attisdropped",
        "attnum",
        "constraint_type",
        "contype",
        "relkind",
        "table_catalog",
        "table_type",
        "typtype",
    }
)
# The rest of a test is about the one named first.
_ORDER = (
    "column",
    "enum value",
    "constraint",
    "trigger",
    "function",
    "extension",
    "type",
    "relation",
    "schema",
)


def catalog_tests(condition: str) -> tuple[CatalogTest, ...] | None:
    """Turn a condition into what it asks of the catalog; None where it asks anything else."""
    if not _OF_CATALOG.search(condition):
        return None
    try:
        raws = list(statements(f"SELECT {condition}", 0))
    except SyntaxProblem:
        return None
    if len(raws) != 1 or raws[0].reason or raws[0].kind != "SelectStmt":
        return None
    targets = raws[0].node.get("targetList", ())
    if len(targets) != 1:
        return None
    found = [_test(part) for part in _conjuncts(targets[0]["ResTarget"].get("val", {}))]
    tests = tuple(test for test in found if test is not None)
    return tests if tests and len(tests) == len(found) else None


def _conjuncts(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        current = stack.pop()
        if current.get("BoolExpr", {}).get("boolop") == "AND_EXPR":
            stack.extend(reversed(current["BoolExpr"].get("args", ())))
        else:
            yield current


def _test(node: Node) -> CatalogTest | None:
    expression = node.get("BoolExpr", {})
    if expression.get("boolop") == "NOT_EXPR":
        inner = _test(expression["args"][0])
        return inner._replace(absent=not inner.absent) if inner is not None else None
    if "SubLink" in node and node["SubLink"].get("subLinkType") == "EXISTS_SUBLINK":
        return _exists(node["SubLink"].get("subselect", {}).get("SelectStmt", {}))
    if "NullTest" in node:
        name = _regclass(node["NullTest"].get("arg", {}))
        absent = node["NullTest"].get("nulltesttype") == "IS_NULL"
        return CatalogTest("relation", name[1], schema=name[0], absent=absent) if name else None
    return None


def _regclass(node: Node) -> tuple[str, str] | None:
    """Give the schema and the name of `to_regclass('...')` or `'...'::regclass`."""
    call = node.get("FuncCall", {})
    if strings(call.get("funcname"))[-1:] == ["to_regclass"] and len(call.get("args", ())) == 1:
        return _split(literal_of(call["args"][0])[0])
    if strings(node.get("TypeCast", {}).get("typeName", {}).get("names"))[-1:] in (["regclass"], ["regtype"]):
        return _split(literal_of(node)[0])
    return None


def _split(text: str | None) -> tuple[str, str] | None:
    if not text:
        return None
    schema, _, name = text.rpartition(".")
    return _folded(schema), _folded(name)


def _folded(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def _exists(select: Node) -> CatalogTest | None:
    sources = [item["RangeVar"] for item in _from(select) if "RangeVar" in item]
    if not sources or len(sources) != len(list(_from(select))):
        return None
    if not all(
        s.get("schemaname") == "information_schema" or s["relname"].startswith("pg_") for s in sources
    ):
        return None
    named: dict[str, str] = {}
    table: tuple[str, str] | None = None
    for part in _conditions(select):
        fact = _fact(part)
        if fact is None:
            return None
        kind, schema, name = fact
        if kind == "table":
            table = (schema, name)
        elif kind:
            named[kind] = name
    kind = next((kind for kind in _ORDER if kind in named), "")
    if not kind:
        return None
    owner = table or (named.get("schema", ""), named.get("type" if kind == "enum value" else "relation", ""))
    own = named.get("schema", "") if kind != "schema" else ""
    return CatalogTest(
        kind, named[kind], table=owner[1] if kind != "relation" else "", schema=owner[0] or own
    )


def _from(select: Node) -> Iterator[Node]:
    stack = list(select.get("fromClause", ()))
    while stack:
        item = stack.pop()
        if "JoinExpr" in item:
            stack += [item["JoinExpr"].get("larg", {}), item["JoinExpr"].get("rarg", {})]
        else:
            yield item


def _conditions(select: Node) -> Iterator[Node]:
    if "whereClause" in select:
        yield from _conjuncts(select["whereClause"])
    stack = list(select.get("fromClause", ()))
    while stack:
        join = stack.pop().get("JoinExpr")
        if join is not None:
            stack += [join.get("larg", {}), join.get("rarg", {})]
            if "quals" in join:
                yield from _conjuncts(join["quals"])


def _fact(node: Node) -> tuple[str, str, str] | None:
    """Give the kind, the schema and the name that a condition is about; kind "" where it says nothing."""
    node = node["BoolExpr"]["args"][0] if node.get("BoolExpr", {}).get("boolop") == "NOT_EXPR" else node
    comparison = node.get("A_Expr", {})
    left, right = comparison.get("lexpr", node), comparison.get("rexpr", {})
    while "TypeCast" in left:
        left = left["TypeCast"].get("arg", {})
    column = (strings(left.get("ColumnRef", {}).get("fields")) or [""])[-1]
    if column in _SAYING_NOTHING:
        return "", "", ""
    if not column or comparison.get("kind") != "AEXPR_OP" or strings(comparison.get("name")) != ["="]:
        return None
    if "ColumnRef" in right:
        return "", "", ""  # What joins two catalogs.
    name = _regclass(right)
    if column in _OF_TABLE and name is not None:
        return "table", *name
    if column in _OF_TYPE and name is not None:
        return "type", *name
    text = literal_of(right)[0]
    if _NAMES.get(column) == "schema" and text is None:
        return "", "", ""  # current_schema(), or a namespace that is looked up.
    kind = _NAMES.get(column)
    return (kind, "", text) if kind and text is not None else None
