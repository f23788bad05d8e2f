"""PostgreSQL's types: how the server spells them, and which changes of type are free.

Spelling follows format_type(); the free changes are those in which ATColumnChangeRequiresRewrite()
finds a binary coercion, a constraint-free domain or a cast that only changes the length limit.
"""

from collections.abc import Iterable

from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.scope import Scope, strings
from miglint.model import DomainType, Name, Schema, Type

_LONG_NAMES = {
    "int2": "smallint",
    "int4": "integer",
    "int": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "varchar": "character varying",
    "bpchar": "character",
    "varbit": "bit varying",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
    "timetz": "time with time zone",
    "decimal": "numeric",
    "char": '"char"',
}
_BUILT_IN = frozenset(
    (
        "smallint integer bigint real numeric boolean text bytea uuid json jsonb jsonpath xml date "
        "interval bit inet cidr macaddr macaddr8 money name oid regclass regproc regprocedure regoper "
        "regoperator regtype regrole regnamespace regconfig regdictionary regcollation point line lseg "
        "box path polygon circle tsvector tsquery tid xid xid8 cid int4range int8range numrange tsrange "
        "tstzrange daterange int4multirange int8multirange nummultirange tsmultirange tstzmultirange "
        "datemultirange pg_lsn pg_snapshot txid_snapshot void record trigger event_trigger anyelement "
        "anyarray refcursor cstring internal any anynonarray anyenum anyrange oidvector int2vector "
        "aclitem "
    ).split()
) | frozenset(_LONG_NAMES.values())
SERIALS = {
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
}
# Bits of an interval's fields, as in the server's datetime.h: month 1, year 2, day 3, hour 10, ...
_INTERVAL_FIELDS = {
    4: "year",
    2: "month",
    8: "day",
    1024: "hour",
    2048: "minute",
    4096: "second",
    6: "year to month",
    1032: "day to hour",
    3080: "day to minute",
    7176: "day to second",
    3072: "hour to minute",
    7168: "hour to second",
    6144: "minute to second",
}
_ALL_INTERVAL_FIELDS = 32767


def is_built_in(name: str) -> bool:
    """Say whether the server brings a type of that name, short or long."""
    return name in _LONG_NAMES or name in _BUILT_IN


def type_written(words: str, schema: Schema, path: Iterable[str]) -> Type | None:
    """Give the type that a cast names, without its modifiers; None where nothing known has that name."""
    *places, name = words.replace('"', "").split(".")
    for place in places[-1:] or path:
        if Name(place, name) in schema.types:
            return Type(name, schema=place)
    long = _LONG_NAMES.get(name, name)
    return Type(long) if places in ([], ["pg_catalog"]) and long in _BUILT_IN else None


def serial_type(node: Node) -> Type | None:
    """Give the integer behind a serial pseudo-type; None for any other type."""
    names = strings(node.get("names"))
    base = SERIALS.get(names[-1]) if len(names) == 1 else None
    return Type(base) if base else None


def lower_type(node: Node, scope: Scope) -> Type:
    """Turn a TypeName node into a type."""
    names = strings(node.get("names"))
    array = bool(node.get("arrayBounds"))
    if "pct_type" in node:
        return Type(".".join(names), schema="pg_catalog", array=array)
    if not names:
        return Type("unknown")  # A column of a partition or a typed table has its type from there.
    internal, user = names[-1], scope.type_name(names)
    if len(names) == 1 and user in scope.schema.types:
        return Type(user.name, schema=user.schema, modifiers=_modifiers(node), array=array)
    if len(names) == 1 or names[0] == "pg_catalog":
        if internal.startswith("_") and _LONG_NAMES.get(internal[1:], internal[1:]) in _BUILT_IN:
            internal, array = internal[1:], True
        name = _LONG_NAMES.get(internal, internal)
        if name in _BUILT_IN:
            return _built_in(name, node, array)
    return Type(user.name, schema=user.schema, modifiers=_modifiers(node), array=array)


def argument_type(node: Node, scope: Scope) -> str:
    """Spell the type of an argument, by which the server tells functions apart: it keeps no length of it."""
    return str(lower_type(node, scope)._replace(modifiers=(), fields=""))


def _built_in(name: str, node: Node, array: bool) -> Type:
    modifiers = _modifiers(node)
    if name == "interval" and modifiers:
        mask, *precision = modifiers
        fields = "" if mask == _ALL_INTERVAL_FIELDS else _INTERVAL_FIELDS.get(int(mask), "")
        return Type(name, modifiers=tuple(precision), fields=fields, array=array)
    if name == "numeric" and len(modifiers) == 1:
        modifiers = (*modifiers, 0)
    if name in ("character", "bit") and not modifiers and strings(node.get("names"))[0] == "pg_catalog":
        modifiers = (1,)
    return Type(name, modifiers=modifiers, array=array)


def _modifiers(node: Node) -> tuple[int | str, ...]:
    found: list[int | str] = []
    for item in node.get("typmods", ()):
        constant = item.get("A_Const", {})
        if "ival" in constant:
            found.append(constant["ival"].get("ival", 0))
        elif "sval" in constant:
            found.append(constant["sval"].get("sval", ""))
        elif "ColumnRef" in item:
            found.append(".".join(strings(item["ColumnRef"].get("fields"))))
    return tuple(found)


# --- changes of type ------------------------------------------------------------------------------

_TEXTS = frozenset({"text", "character varying"})
_BINARY_COERCIBLE = frozenset(
    {
        ("cidr", "inet"),
        ("xml", "text"),
        ("xml", "character varying"),
        ("integer", "oid"),
        ("integer", "regclass"),
        ("integer", "regtype"),
        ("integer", "regproc"),
        ("oid", "integer"),
        ("oid", "regclass"),
        ("oid", "regtype"),
        ("oid", "regproc"),
        ("regclass", "oid"),
        ("regclass", "integer"),
        ("text", "citext"),
        ("character varying", "citext"),
        ("citext", "text"),
        ("citext", "character varying"),
    }
)
_PRECISION_LIMITED = frozenset(
    {
        "timestamp without time zone",
        "timestamp with time zone",
        "time without time zone",
        "time with time zone",
        "interval",
    }
)
_ZONED = frozenset({"timestamp without time zone", "timestamp with time zone"})
_MAX_PRECISION = 6


def needs_rewrite(old: Type, new: Type, schema: Schema, *, utc: bool) -> bool:
    """Say whether `ALTER COLUMN TYPE` without USING (or USING the column) copies the table.

    `utc` tells that the session's TimeZone is known to be UTC: only then timestamp and timestamptz
    are the same bytes.
    """
    if old == new:
        return False
    old, new, constrained = _unwrap(old, new, schema)
    if constrained:
        return True
    if old == new:
        return False
    if old.array or new.array:
        # An array is coerced element by element, unless only a limit goes away.
        return (old.array, old.name, old.schema) != (new.array, new.name, new.schema) or bool(new.modifiers)
    if old.name in _TEXTS and new.name in _TEXTS | {"citext"}:
        return _limit_shrinks(old, new)
    if (old.name, new.name) in _BINARY_COERCIBLE:
        return bool(new.modifiers)
    if old.name == new.name:
        return _same_type_needs_rewrite(old, new)
    if old.name in _ZONED and new.name in _ZONED:
        # The cast forgets the old precision, so that only the highest one changes nothing.
        return not utc or any(int(digits) < _MAX_PRECISION for digits in new.modifiers)
    return True


def operator_family(type_: Type) -> str:
    """Give a name for the operators that an index on the type uses by default."""
    return "text" if type_.name in _TEXTS else "inet" if type_.name == "cidr" else type_.name


def _unwrap(old: Type, new: Type, schema: Schema) -> tuple[Type, Type, bool]:
    constrained = False
    seen = set()
    while new != old and new not in seen and not new.array and (domain := _domain(new, schema)):
        seen.add(new)
        constrained = constrained or domain.constrained
        new = domain.type
    seen = set()
    while old != new and old not in seen and not old.array and (domain := _domain(old, schema)):
        seen.add(old)
        old = domain.type
    return old, new, constrained


def _domain(type_: Type, schema: Schema) -> DomainType | None:
    found = schema.types.get(type_.qualified) if type_.qualified else None
    return found if isinstance(found, DomainType) else None


def _limit_shrinks(old: Type, new: Type, unlimited: int | None = None) -> bool:
    if not new.modifiers:
        return False
    if unlimited is not None and int(new.modifiers[0]) >= unlimited:
        return False
    return not old.modifiers or int(old.modifiers[0]) > int(new.modifiers[0])


def _same_type_needs_rewrite(old: Type, new: Type) -> bool:
    if old.schema is not None:
        return old.schema != new.schema or (old.modifiers != new.modifiers and bool(new.modifiers))
    if old.name == "bit varying":
        return _limit_shrinks(old, new)
    if old.name == "numeric":
        if not new.modifiers:
            return False
        if not old.modifiers:
            return True
        return old.modifiers[1] != new.modifiers[1] or int(old.modifiers[0]) > int(new.modifiers[0])
    if old.name in _PRECISION_LIMITED:
        if old.name == "interval" and old.fields != new.fields:
            return bool(new.fields)
        return _limit_shrinks(old, new, unlimited=_MAX_PRECISION)
    return old.modifiers != new.modifiers
