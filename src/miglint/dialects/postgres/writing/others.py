"""Objects that nothing looks into, as statements name them."""

from miglint.dialects.sql.words import NotSpelled
from miglint.model import DEFAULT_SCHEMA, quote

_PLAIN = frozenset(
    "access method|event trigger|extension|foreign data wrapper|language|publication|role|schema|server"
    "|subscription|tablespace".split("|")
)
_IN_SCHEMA = frozenset(
    "collation|conversion|statistics|text search configuration|text search dictionary|text search parser"
    "|text search template".split("|")
)
_OF_RELATION = frozenset({"rule", "trigger", "policy"})


def other(kind: str, name: str) -> str:
    """Write the kind and the name of an object."""
    if kind in _PLAIN:
        return f"{kind.upper()} {quote(name)}"
    if kind in _IN_SCHEMA:
        return f"{kind.upper()} {_qualified(name)}"
    if kind in _OF_RELATION and " of " in name:
        part, _, relation = name.rpartition(" of ")
        return f"{kind.upper()} {quote(part)} ON {_qualified(relation)}"
    if kind == "cast":
        return f"CAST ({' AS '.join(name.split(' and ', 1))})"
    if kind == "transform":
        type_, _, language = name.rpartition(" and ")
        return f"TRANSFORM FOR {type_} LANGUAGE {quote(language)}"
    if kind in ("operator class", "operator family"):
        method, _, own = name.partition(" ")
        return f"{kind.upper()} {_qualified(own)} USING {quote(method)}"
    if kind == "user mapping":
        user, _, server = name.removeprefix("of ").rpartition(" on ")
        return f"USER MAPPING FOR {user if user == 'public' else quote(user)} SERVER {quote(server)}"
    if kind in ("aggregate", "operator"):
        own, _, arguments = name.partition("(")
        return f"{kind.upper()} {_called(kind, own)} ({arguments}"
    raise NotSpelled("Opaque", f"how a statement names a {kind} is not known")


def _called(kind: str, name: str) -> str:
    schema, _, own = name.partition(".")
    if schema == DEFAULT_SCHEMA or not own:
        return (own or name) if kind == "operator" else quote(own or name)
    return f"{quote(schema)}.{own if kind == 'operator' else quote(own)}"


def _qualified(name: str) -> str:
    schema, _, own = name.rpartition(".")
    return quote(own) if schema in ("", DEFAULT_SCHEMA) else f"{quote(schema)}.{quote(own)}"
