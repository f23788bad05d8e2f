"""What stands on other objects, or beside them: triggers, policies, rules, comments, privileges, owners."""

from collections.abc import Iterator

from miglint.dialects.postgres.creations import lower_create_table
from miglint.dialects.postgres.expressions import lower_expression
from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.named_objects import function_with_arguments, named_relation
from miglint.dialects.postgres.options import value_of
from miglint.dialects.postgres.others import defined, held
from miglint.dialects.postgres.properties import (
    comment_of,
    default_privileges_of,
    privileges_of,
    role_of,
    settings_on,
)
from miglint.dialects.postgres.scope import Scope, items, strings
from miglint.model import (
    HISTORY,
    CreateOtherType,
    CreateTable,
    CreateTrigger,
    Deed,
    Opaque,
    Operation,
    PolicyDefinition,
    Setting,
    TableCommand,
)

_TRIGGER_EVENTS = {4: "insert", 8: "delete", 16: "update", 32: "truncate"}
_TRIGGER_TIMES = {2: "before", 64: "instead of"}


def lower_trigger(node: Node, scope: Scope) -> list[Operation]:
    """`CREATE TRIGGER`."""
    bits = node.get("events", 0)
    return [
        CreateTrigger(
            span=scope.raw.span,
            trigger=node["trigname"],
            table=scope.relation(node["relation"]),
            function=scope.function_name(strings(node["funcname"])),
            constraint=bool(node.get("isconstraint")),
            events=tuple(word for bit, word in _TRIGGER_EVENTS.items() if bits & bit),
            row=bool(node.get("row")),
            from_table=scope.relation(node["constrrel"]) if "constrrel" in node else None,
            timing=_TRIGGER_TIMES.get(node.get("timing", 0), "after"),
            columns=tuple(strings(node.get("columns"))),
            condition=lower_expression(node["whenClause"], scope) if "whenClause" in node else None,
            arguments=tuple(strings(node.get("args"))),
            transitions=tuple(
                ("new" if each.get("isNew") else "old", each.get("name", ""))
                for each in (item["TriggerTransition"] for item in node.get("transitionRels", ()))
            ),
            deferrable=bool(node.get("deferrable")),
            initially_deferred=bool(node.get("initdeferred")),
            replace=bool(node.get("replace")),
        )
    ]


def lower_comment(node: Node, scope: Scope) -> list[Operation]:
    """`COMMENT ON`."""
    kind, span = node.get("objtype", ""), scope.raw.span
    target, sets = node.get("object", {}), comment_of(node, scope)
    if kind in ("OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_FOREIGN_TABLE"):
        return [TableCommand(span=span, table=named_relation(target, scope), action="comment", sets=sets)]
    parts = strings(items(target))
    if kind == "OBJECT_COLUMN" and len(parts) > 1:
        table = scope.existing(parts[-2], parts[-3] if len(parts) > 2 else None)
        return [TableCommand(span=span, table=table, action="comment", sets=sets)]
    if kind in ("OBJECT_TABCONSTRAINT", "OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE") and len(parts) > 1:
        table = scope.existing(parts[-2], parts[-3] if len(parts) > 2 else None)
        action = f"comment on {kind.removeprefix('OBJECT_').lower()}"
        return [TableCommand(span=span, table=table, action=action, sets=sets)]
    return [Opaque(span=span, kind="comment", sets=sets)]


def lower_rule(node: Node, scope: Scope) -> list[Operation]:
    """`CREATE RULE`."""
    table = scope.relation(node["relation"])
    name = f"{node['rulename']} of {table.display}"
    made = Deed("replace" if node.get("replace") else "make", "rule", name, scope.sql, table)
    return [TableCommand(span=scope.raw.span, table=table, action="create rule", deeds=(made,))]


def lower_policy(action: str, node: Node, scope: Scope) -> list[Operation]:
    """`CREATE POLICY` and `ALTER POLICY`."""
    policy = PolicyDefinition(
        node["policy_name"],
        node.get("cmd_name", "all"),
        permissive=bool(node.get("permissive")),
        roles=tuple(sorted(role_of(item["RoleSpec"]) for item in node.get("roles", ()))),
        using=lower_expression(node["qual"], scope) if "qual" in node else None,
        check=lower_expression(node["with_check"], scope) if "with_check" in node else None,
    )
    return [TableCommand(scope.raw.span, scope.relation(node["table"]), action, policy=policy)]


def lower_definition(node: Node, scope: Scope) -> list[Operation]:
    """`CREATE TYPE`, `AGGREGATE`, `OPERATOR`, `COLLATION`, ... that say what they are in a list."""
    if node.get("kind") == "OBJECT_TYPE":
        names = strings(node.get("defnames"))
        name = scope.created(names[-1], names[-2] if len(names) > 1 else None)
        return [CreateOtherType(span=scope.raw.span, type=name, kind="base", definition=scope.sql)]
    kind = str(node.get("kind", "define")).lower()
    return [Opaque(scope.raw.span, kind, deeds=(defined(node, scope),))]


def lower_statistics(node: Node, scope: Scope) -> list[Operation]:
    """`CREATE STATISTICS`."""
    relations = [item["RangeVar"] for item in node.get("relations", ()) if "RangeVar" in item]
    name = held("statistics", strings(node.get("defnames")), scope) or " ".join(scope.sql.split())
    return [
        TableCommand(
            scope.raw.span,
            table,
            "create statistics",
            deeds=(Deed("make", "statistics", name, scope.sql, table),),
        )
        for table in map(scope.relation, relations)
    ]


def lower_default_privileges(node: Node, scope: Scope) -> list[Operation]:
    """`ALTER DEFAULT PRIVILEGES`."""
    return [Opaque(scope.raw.span, "AlterDefaultPrivilegesStmt", default_privileges_of(node, scope))]


def lower_alter_function(node: Node, scope: Scope) -> list[Operation]:
    """`ALTER FUNCTION`, whose options nothing looks into."""
    name, arguments = function_with_arguments(node["func"], scope)
    done = Setting("function", name, HISTORY, scope.sql, arguments=arguments)
    return [Opaque(scope.raw.span, "AlterFunctionStmt", (done,))]


def lower_owner(node: Node, scope: Scope) -> list[Operation]:
    """`ALTER ... OWNER TO` of what is no relation."""
    role = role_of(node.get("newowner", {}))
    return [Opaque(scope.raw.span, "AlterOwnerStmt", settings_on(node, "the owner", role, scope))]


def lower_foreign_table(node: Node, scope: Scope) -> list[Operation]:
    """`CREATE FOREIGN TABLE`."""
    (created,) = lower_create_table(node["base"], scope, foreign=True)
    options = (("the server", " ".join([node.get("servername", ""), *_options(node)])),)
    return [created._replace(options=options)] if isinstance(created, CreateTable) else [created]


def _options(node: Node) -> Iterator[str]:
    for item in node.get("options", ()):
        yield f"{item['DefElem']['defname']} {value_of(item['DefElem'].get('arg', {}))}"


def lower_grant(node: Node, scope: Scope) -> list[Operation]:
    """`GRANT` and `REVOKE`."""
    takes_option = bool(node.get("grant_option")) and not node.get("is_grant")
    given = [item["AccessPriv"] for item in node.get("privileges", ())]
    words = ["grant option" if takes_option else "grant" if node.get("is_grant") else "revoke"]
    # ALL is more to a newer server than its privileges that are known here.
    words += [] if given and all("priv_name" in each for each in given) else ["all"]
    return [Opaque(scope.raw.span, " ".join(words), privileges_of(node, scope))]
