"""
Privilege for everybody who can connect.

PUBLIC is each role that is there and each that will be made, for monitoring, for reports, for a contractor.
Grant to the role that needs it, or to one that others are members of.

Off by default: where one application is all that connects, it makes no difference.
About tables, their columns, views and sequences, about CREATE in a schema, and about default privileges on
such objects. Silent when a later migration takes the privilege back or drops the object.

https://www.postgresql.org/docs/current/ddl-priv.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Opaque, Setting, Severity, Step
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

_ORDERS = "CREATE TABLE orders (id bigint);\nCREATE SCHEMA app;"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    profile="all",
    examples=(
        Bad("table", "GRANT SELECT ON orders TO PUBLIC;  -- expect: grant-to-public", history=_ORDERS),
        Bad(
            "several privileges",
            "GRANT ALL ON orders TO PUBLIC;  -- expect: grant-to-public",
            history=_ORDERS,
        ),
        Bad("schema", "GRANT ALL ON SCHEMA app TO PUBLIC;  -- expect: grant-to-public", history=_ORDERS),
        Bad(
            "default privileges",
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;  -- expect: grant-to-public",
        ),
        Good("role", "GRANT SELECT ON orders TO app;", history=_ORDERS),
        Good("schema may be looked into", "GRANT USAGE ON SCHEMA app TO PUBLIC;", history=_ORDERS),
        Good(
            "taken back in the next migration",
            "GRANT SELECT ON orders TO PUBLIC;\n-- migration\nREVOKE ALL ON orders FROM PUBLIC;",
            history=_ORDERS,
        ),
        Good(
            "table dropped in the next migration",
            "GRANT SELECT ON orders TO PUBLIC;\n-- migration\nDROP TABLE orders;",
            history=_ORDERS,
        ),
        Good(
            "privilege of a migration before",
            "DROP TABLE IF EXISTS others;",
            history=f"{_ORDERS}\nGRANT SELECT ON orders TO PUBLIC;",
        ),
    ),
)

_PUBLIC = " of public"


@rule.check(HistoryEnd)
def grant_to_public(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    granted: dict[Setting, Step] = {}
    for step in ctx.steps:
        for operation in step.statement.operations:
            for setting in operation.sets if isinstance(operation, Opaque) else ():
                bare = setting._replace(value=None, word="")
                granted.pop(bare, None)
                if setting.value is not None and _reaches_all(setting):
                    granted[bare] = step
    found: dict[int, list[tuple[Setting, Step]]] = {}
    for setting, step in granted.items():
        stands = setting.kind == "other" or setting.object in ctx.schema.relations
        if stands and ctx.is_selected(step.migration):
            found.setdefault(id(step), []).append((setting, step))
    for (setting, step), *others in found.values():
        privilege = setting.key.partition(_PUBLIC)[0].removeprefix("the privilege ")
        more = f" and {len(others)} more" if others else ""
        yield Finding(
            step.statement.span,
            f"{privilege} on {_object(setting)}{more} is for every role there is or will be",
            help="grant it to the role that needs it",
            source=step.statement.source,
        )


def _reaches_all(setting: Setting) -> bool:
    if _PUBLIC not in setting.key or not setting.value or not setting.value.startswith("granted"):
        return False
    if setting.kind == "other":
        kind, name = setting.object
        creates = kind == "schema" and " CREATE " in setting.key
        return creates or (kind == "default privileges" and name.startswith(("table", "sequence")))
    return setting.kind in ("relation", "column")


def _object(setting: Setting) -> str:
    kind, name = setting.object
    if setting.kind != "other":
        return setting.object.display
    return f"each new {name}" if kind == "default privileges" else f"the {kind} {name}"
