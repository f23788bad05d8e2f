"""PostgreSQL's casts between its own types, as pg_cast and the rules of find_coercion_pathway() have them.

Read from servers 16 and 18; what only one of them has is not here, and neither are casts of a type to itself.
"""

from miglint.dialects.postgres.types import is_built_in
from miglint.model import DomainType, EnumType, Schema, Type

_REGS = (
    "regclass regcollation regconfig regdictionary regnamespace regoper regoperator regproc regprocedure "
    "regrole regtype"
).split()
_SHORT = {
    "float4": "real",
    "float8": "double precision",
    "bpchar": "character",
    "varchar": "character varying",
    "varbit": "bit varying",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
    "timetz": "time with time zone",
}


def _names(text: str) -> frozenset[str]:
    found = [_SHORT.get(word, word) for word in text.split()]
    return frozenset(name for word in found for name in (_REGS if word == "reg*" else [word]))


# By the source: what the server casts to by itself (implicitly or on assignment).
_ASSIGNED = {
    _SHORT.get(source, source): _names(targets)
    for source, targets in {
        "bigint": "float8 numeric oid float4 reg* integer money smallint",
        "bit": "varbit",
        "varbit": "bit",
        "boolean": "bpchar varchar text",
        "box": "polygon",
        "bpchar": "varchar name text",
        "varchar": "bpchar name regclass text",
        "cidr": "bpchar varchar text inet",
        "date": "timestamptz timestamp",
        "float8": "bigint integer numeric float4 smallint",
        "inet": "bpchar cidr varchar text",
        "integer": "bigint float8 numeric oid float4 reg* money smallint",
        "interval": "time",
        "json": "jsonb",
        "jsonb": "json",
        "macaddr": "macaddr8",
        "macaddr8": "macaddr",
        "money": "numeric",
        "name": "bpchar varchar text",
        "numeric": "bigint integer money smallint float8 float4",
        "oid": "bigint integer reg*",
        "path": "polygon",
        "point": "box",
        "polygon": "path",
        "float4": "bigint integer numeric smallint float8",
        **dict.fromkeys(_REGS, "bigint integer oid reg*"),
        "smallint": "bigint float8 integer numeric oid float4 reg*",
        "text": "bpchar varchar name regclass",
        "timetz": "time",
        "time": "interval timetz",
        "timestamptz": "date timetz time timestamp",
        "timestamp": "date time timestamptz",
        "xml": "bpchar varchar text",
    }.items()
}
# What has to be written.
_WRITTEN = {
    _SHORT.get(source, source): _names(targets)
    for source, targets in {
        "bigint": "bit bytea",
        "bit": "bigint integer",
        "boolean": "integer",
        "box": "circle lseg point",
        "bytea": "bigint integer smallint",
        "circle": "box point polygon",
        "integer": "bit boolean bytea",
        "jsonb": "bigint boolean float8 integer numeric float4 smallint",
        "lseg": "point",
        "polygon": "box circle point",
        "smallint": "bytea",
        "xid8": "xid",
        "daterange": "datemultirange",
        "int4range": "int4multirange",
        "int8range": "int8multirange",
        "numrange": "nummultirange",
        "tsrange": "tsmultirange",
        "tstzrange": "tstzmultirange",
    }.items()
}
_STRINGS = _names("text varchar bpchar name")
"""Everything is cast to these on assignment, and from these where the cast is written."""
_ODD = _names(
    "void record trigger event_trigger anyelement anyarray cstring internal any anynonarray"
) | _names('anyenum anyrange oidvector int2vector aclitem "char" unknown')
_FROM_BYTES_VERSION = 18


def plain(type_: Type, schema: Schema) -> Type | None:
    """Give the type under domains; None for one of which the casts are not known for certain."""
    seen: set[Type] = set()
    while type_.qualified is not None:
        found = schema.types.get(type_.qualified)
        if type_ in seen or type_.qualified in schema.unsure or schema.may_lack(type_.qualified):
            return None
        if isinstance(found, EnumType):
            return type_
        if not isinstance(found, DomainType) or type_.array:
            return None
        seen.add(type_)
        type_ = found.type
    return type_ if is_built_in(type_.name) and type_.name not in _ODD else None


def has_cast(old: Type, new: Type, schema: Schema, version: int, *, written: bool = False) -> bool | None:
    """Say whether the server casts a type to another by itself, or where it is `written`; None: not known."""
    source, target = plain(old, schema), plain(new, schema)
    if source is None or target is None:
        return None
    # The history can make casts of its own.
    return _casts(source, target, version, written=written) or (
        None if any(kind == "cast" for kind, _ in schema.others) else False
    )


def _casts(source: Type, target: Type, version: int, *, written: bool) -> bool:
    if (source.name, source.schema, source.array) == (target.name, target.schema, target.array):
        return True
    if source.array and target.array:
        elements = source._replace(array=False), target._replace(array=False)
        if _casts(*elements, version, written=written):
            return True
    if target.schema is None and target.name in _STRINGS and not target.array:
        return True
    if source.schema is None and source.name in _STRINGS and not source.array and written:
        return True
    if source.array or target.array or source.schema is not None or target.schema is not None:
        return False
    if target.name in _ASSIGNED.get(source.name, ()):
        return True
    if "bytea" in (source.name, target.name) and version < _FROM_BYTES_VERSION:
        return False
    return written and target.name in _WRITTEN.get(source.name, ())
