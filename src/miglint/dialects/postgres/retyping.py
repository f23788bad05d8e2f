"""What a change of a column's type does to code that was written for the old one.

The operators and casts that the reasons name are those of pg_operator and pg_cast; `tests/verify` asks a
server for them.
"""

from miglint.model import Break, DomainType, EnumType, Schema, Type

_TEXTS = frozenset({"text", "character varying", "character", "name", "citext"})
_SIZES = {"smallint": 2, "integer": 4, "bigint": 8}
_NUMBERS = frozenset({*_SIZES, "numeric", "real", "double precision"})
_STAMPS = frozenset({"timestamp without time zone", "timestamp with time zone"})
_WIDER = frozenset(
    {
        ("smallint", "numeric"),
        ("integer", "numeric"),
        ("bigint", "numeric"),
        ("smallint", "real"),
        ("smallint", "double precision"),
        ("integer", "double precision"),
        ("real", "double precision"),
    }
)
_SHOWN = 3
_AS_STRING = frozenset({"bigint", "numeric"})


def retyping(old: Type, new: Type, schema: Schema) -> Break | None:
    """Say what becomes of code that still takes the old type; None where it does not notice.

    A limit of length or digits is not another type: what it refuses is told with the values that it refuses.
    """
    old, new = _base(old, schema), _base(new, schema)
    if old.array and new.array:
        return retyping(old._replace(array=False), new._replace(array=False), schema)
    same = (old.name, old.schema, old.array) == (new.name, new.schema, new.array)
    if same or (old.name in _TEXTS and new.name in _TEXTS and not (old.array or new.array)):
        return None
    if not (old.array or new.array):
        known = _of_enum(old, new, schema) or _of_numbers(old.name, new.name) or _of_json(old.name, new.name)
        if known is not None:
            return known
        if old.qualified in schema.types and new.qualified in schema.types:
            return None
        if {old.name, new.name} == _STAMPS:
            return Break("reads and writes other moments wherever its session's TimeZone is not UTC")
    return Break("may fail where it reads, writes or compares it")


def _base(type_: Type, schema: Schema) -> Type:
    """Give the type under a domain, which is what drivers are told."""
    for _ in range(len(schema.types)):
        domain = schema.types.get(type_.qualified) if type_.qualified and not type_.array else None
        if not isinstance(domain, DomainType):
            break
        type_ = domain.type
    return type_


def _of_enum(old: Type, new: Type, schema: Schema) -> Break | None:
    before, after = (schema.types.get(t.qualified) if t.qualified else None for t in (old, new))
    if isinstance(after, EnumType) and old.name in _TEXTS:
        return Break(f"fails where it writes a value that {new} does not have, or compares it as text")
    if isinstance(before, EnumType) and new.name in _TEXTS:
        return Break("fails where it compares the column with a value of that enum")
    if isinstance(before, EnumType) and isinstance(after, EnumType):
        gone = [value for value in before.values if value not in after.values]
        shown = ", ".join("'" + value.replace("'", "''") + "'" for value in gone[:_SHOWN])
        more = f" or one of {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
        return Break(f"fails where it writes {shown}{more}") if gone else None
    return None


def _of_numbers(old: str, new: str) -> Break | None:
    if old not in _NUMBERS or new not in _NUMBERS:
        return None
    if (old, new) in _WIDER or (old in _SIZES and _SIZES[old] < _SIZES.get(new, 0)):
        drivers = (
            "some drivers (in JavaScript strings)" if new in _AS_STRING else "drivers of typed languages"
        )
        return Break(f"gets values of another type from {drivers}", only_drivers=True)
    outcome = "rounded or refused" if old not in _SIZES else "refused"
    return Break(f"can write values that no longer fit and are {outcome if new in _SIZES else 'rounded'}")


def _of_json(old: str, new: str) -> Break | None:
    if (old, new) == ("json", "jsonb"):
        return Break("reads keys in another order, and only the last of duplicate ones", only_drivers=True)
    if (old, new) == ("jsonb", "json"):
        return Break("fails where it uses operators that json does not have, such as = and @>")
    return None
