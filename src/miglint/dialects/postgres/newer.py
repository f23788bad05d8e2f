"""What a statement uses that only a later version of the server knows, with the notes of that version.

https://www.postgresql.org/docs/release/ lists them; the forms since 17 and 18 are refused by version 16 too.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from miglint.dialects.postgres.parser import RawStatement
from miglint.model import Failure, FailureCause, Name, Schema, Server, Source


class _Feature(NamedTuple):
    """`key` and `holds` tell it in the parser's tree; without one of its `words` a text has none of it."""

    since: int
    what: str
    words: str
    key: str
    holds: Callable[[Any], bool] = lambda _: True
    sqlstate: str = "42601"


def _is(*values: object) -> Callable[[Any], bool]:
    return lambda value: value in values


def _with(field: str) -> Callable[[Any], bool]:
    return lambda node: bool(node.get(field))


def _unenforced(node: Any) -> bool:
    kind = node.get("contype")
    return kind == "CONSTR_ATTR_NOT_ENFORCED" or (
        kind in ("CONSTR_CHECK", "CONSTR_FOREIGN") and not node.get("is_enforced")
    )


def _named_not_null(element: Any) -> bool:
    items = element if isinstance(element, list) else [element]
    return any(item.get("Constraint", {}).get("contype") == "CONSTR_NOTNULL" for item in items)


# https://www.postgresql.org/docs/release/14.0/ and so on.
_FEATURES = (
    _Feature(13, "DROP EXPRESSION", "expression", "subtype", _is("AT_DropExpression")),
    _Feature(13, "WITH TIES", "ties", "limitOption", _is("LIMIT_OPTION_WITH_TIES")),
    _Feature(14, "CREATE OR REPLACE TRIGGER", "trigger", "CreateTrigStmt", _with("replace")),
    _Feature(14, "GROUP BY DISTINCT", "distinct", "groupDistinct"),
    _Feature(14, "DETACH PARTITION ... CONCURRENTLY", "detach", "PartitionCmd", _with("concurrent")),
    _Feature(14, "a function whose body is no string", "return|atomic", "sql_body"),
    _Feature(14, "COMPRESSION", "compression", "compression"),
    _Feature(14, "SET COMPRESSION", "compression", "subtype", _is("AT_SetCompression")),
    _Feature(14, "SEARCH", "search", "search_clause"),
    _Feature(14, "CYCLE", "cycle", "cycle_clause"),
    _Feature(15, "MERGE", "merge", "MergeStmt"),
    _Feature(15, "NULLS NOT DISTINCT", "distinct", "nulls_not_distinct"),
    _Feature(15, "ON DELETE SET NULL or DEFAULT of some columns", "delete", "fk_del_set_cols"),
    _Feature(15, "security_invoker", "security_invoker", "defname", _is("security_invoker"), "22023"),
    _Feature(15, "SET ACCESS METHOD", "method", "subtype", _is("AT_SetAccessMethod")),
    _Feature(16, "IS JSON", "json", "JsonIsPredicate"),
    _Feature(16, "the SQL form of JSON_OBJECT", "json_object", "JsonObjectConstructor"),
    _Feature(16, "JSON_ARRAY", "json_array", "JsonArrayConstructor"),
    _Feature(17, "MERGE ... RETURNING", "merge", "MergeStmt", _with("returningClause")),
    _Feature(17, "JSON_TABLE", "json_table", "JsonTable"),
    _Feature(17, "SET EXPRESSION", "expression", "subtype", _is("AT_SetExpression")),
    _Feature(17, "the privilege MAINTAIN", "maintain", "priv_name", _is("maintain")),
    _Feature(18, "NOT NULL as a constraint of the table", "null", "tableElts", _named_not_null),
    _Feature(18, "NOT NULL as a constraint of the table", "null", "def", _named_not_null),
    _Feature(18, "NOT ENFORCED", "enforced", "Constraint", _unenforced),
    _Feature(18, "ALTER CONSTRAINT ... ENFORCED", "enforced", "alterEnforceability"),
    _Feature(18, "WITHOUT OVERLAPS", "overlaps", "without_overlaps"),
    _Feature(18, "a foreign key over a PERIOD", "period", "fk_with_period"),
    _Feature(18, "a generated column that is not STORED", "generated", "generated_kind", _is("v")),
    _Feature(18, "RETURNING WITH (OLD AS ...)", "returning", "ReturningOption"),
)
_FUNCTIONS = {
    "date_bin": 14,
    "string_to_table": 14,
    "any_value": 16,
    "array_sample": 16,
    "array_shuffle": 16,
    "uuid_extract_timestamp": 17,
    "uuid_extract_version": 17,
    "casefold": 18,
    "uuidv4": 18,
    "uuidv7": 18,
}


@cache
def _later_than(version: int) -> tuple[re.Pattern[str], dict[str, list[_Feature]]]:
    """Give what is newer than a version by the keys that tell it, and the words without which none is."""
    features = [
        *(feature for feature in _FEATURES if feature.since > version),
        *(
            _Feature(since, f"the function {name}", name, "FuncCall", _calls(name), "42883")
            for name, since in _FUNCTIONS.items()
            if since > version
        ),
    ]
    keys: dict[str, list[_Feature]] = {}
    for feature in features:
        keys.setdefault(feature.key, []).append(feature)
    words = "|".join(sorted({feature.words for feature in features})) or "(?!)"
    return re.compile(rf"(?i)\b(?:{words})\b"), keys


def _calls(name: str) -> Callable[[Any], bool]:
    return lambda node: (
        [part["String"]["sval"] for part in node["funcname"]]
        in (
            [name],
            ["pg_catalog", name],
        )
    )


def newer(raw: RawStatement, source: Source, schema: Schema, server: Server) -> tuple[Failure, ...]:
    """Give why a server does not know a parsed statement: a later version does."""
    words, keys = _later_than(server.version[0])
    if raw.reason or not keys or not words.search(source.sql, *raw.span):
        return ()
    found: dict[_Feature, None] = {}
    waiting: list[Any] = [{raw.kind: raw.node}]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            for key, value in node.items():
                for feature in keys.get(key, ()):
                    if feature.holds(value) and not _is_own(feature, schema):
                        found[feature] = None
            waiting += node.values()
    latest = sorted(found, key=lambda feature: -feature.since)
    return tuple(_refused(feature, server) for feature in latest)


def _refused(feature: _Feature, server: Server) -> Failure:
    (version,) = server.version
    reason = f"{feature.what} needs PostgreSQL {feature.since}, and {server.said_by} says {version}"
    remedy = f"write it without, or say `postgres_version = {feature.since}` where all servers have it"
    return Failure(None, reason, True, FailureCause.NEWER, feature.sqlstate, remedy)


def _is_own(feature: _Feature, schema: Schema) -> bool:
    """Whether the history may have a function of this name."""
    if feature.key != "FuncCall":
        return False
    return not schema.is_read or any(
        Name(place, feature.words) in schema.functions for place in schema.schemas
    )
