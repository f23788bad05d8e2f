"""What code can name in a database, by the server's own catalog, and what of it a migration takes away."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from miglint.verify.server import Connection

_TEXTS = frozenset({"text", "character varying", "character", "bpchar", "name", "citext"})

_NAMES = """
WITH own AS (
    SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname !~ '^pg_t'
), shipped AS (SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e')
SELECT 'relation', n.nspname || '.' || c.relname, '', '', false, false
FROM pg_catalog.pg_class AS c JOIN own AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM shipped)
UNION ALL
SELECT 'column', n.nspname || '.' || c.relname, a.attname,
       CASE WHEN c.relkind IN ('r', 'p')
           THEN pg_catalog.format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), NULL) ELSE '' END,
       a.attnotnull AND c.relkind IN ('r', 'p') AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_trigger AS g
           WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgtype & 6 = 6),
       a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL
FROM pg_catalog.pg_class AS c JOIN own AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
UNION ALL
SELECT 'function', n.nspname || '.' || p.proname, p.pronargs::text, '', false, false
FROM pg_catalog.pg_proc AS p JOIN own AS n ON n.oid = p.pronamespace
WHERE p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
  AND ('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM shipped)
UNION ALL
SELECT 'value', n.nspname || '.' || t.typname, e.enumlabel, '', false, false
FROM pg_catalog.pg_enum AS e JOIN pg_catalog.pg_type AS t ON t.oid = e.enumtypid
JOIN own AS n ON n.oid = t.typnamespace
"""


class Part(NamedTuple):
    """What code can name: a relation, column, function or value of an enum.

    `owner` is the object, `part` its column, its number of arguments or its value.
    """

    kind: str
    owner: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.owner}{'.' + self.part if self.part else ''}"


class Shape(NamedTuple):
    """What statements have to know of a part: the type of a column, and what becomes of it in INSERTs."""

    type: str = ""
    not_null: bool = False
    has_default: bool = False


Contract = Mapping[Part, Shape]


def contract(connection: Connection) -> Contract:
    """Give all that code can name."""
    rows = connection.execute(_NAMES).fetchall()
    return {Part(kind, owner, part): Shape(*shape) for kind, owner, part, *shape in rows}


class Broken(NamedTuple):
    """A part with which code of the version before no longer works, and how: gone, retyped or required.

    A column is required that is new, or has lost its default; one that merely may not be NULL any more
    restricts what code writes, and does not break all of it.
    """

    how: str
    part: Part


def broken(before: Contract, after: Contract) -> Iterator[Broken]:
    """Give what a migration takes from code that knows only what was there before it.

    What goes with a relation or an enum is not given once more.
    """
    enums = {part.owner for part in after if part.kind == "value"}
    for part, shape in before.items():
        now = after.get(part)
        if now is not None:
            types = {shape.type, now.type}
            if len(types) > 1 and "" not in types and not types <= _TEXTS:
                yield Broken("retyped", part)
        elif part.kind == "value":
            if part.owner in enums:
                yield Broken("gone", part)
        elif part.kind != "column" or Part("relation", part.owner) in after:
            yield Broken("gone", part)
    for part, shape in after.items():
        known = before.get(part)
        required = shape.not_null and not shape.has_default and Part("relation", part.owner) in before
        if required and (known is None or (known.not_null and known.has_default)):
            yield Broken("required", part)
