"""From the parser's tree to operations: the only place that knows the tree's kinds of statements."""

from collections.abc import Callable
from itertools import islice

from miglint.dialects.postgres.alter_table import lower_alter_table
from miglint.dialects.postgres.commands import (
    lower_cluster,
    lower_constraints_mode,
    lower_discard,
    lower_lock,
    lower_reindex,
    lower_set,
    lower_subscription,
    lower_transaction,
    lower_vacuum,
)
from miglint.dialects.postgres.creations import (
    lower_alter_sequence,
    lower_create_index,
    lower_create_sequence,
    lower_create_table,
    lower_create_table_as,
    lower_refresh,
    lower_view,
)
from miglint.dialects.postgres.data import (
    lower_copy,
    lower_delete,
    lower_insert,
    lower_merge,
    lower_select,
    lower_truncate,
    lower_update,
)
from miglint.dialects.postgres.expressions import lower_expression
from miglint.dialects.postgres.library import TOO_DEEP, Node
from miglint.dialects.postgres.named_objects import lower_drop, lower_rename, lower_set_schema, named_relation
from miglint.dialects.postgres.parser import RawStatement
from miglint.dialects.postgres.properties import comment_of, privileges_of, role_of
from miglint.dialects.postgres.routines import lower_call, lower_do, lower_function
from miglint.dialects.postgres.scope import Scope, items, strings
from miglint.dialects.postgres.user_types import (
    lower_alter_domain,
    lower_alter_enum,
    lower_composite,
    lower_domain,
    lower_enum,
    lower_range,
)
from miglint.model import (
    CreateExtension,
    CreateOtherType,
    CreateSchema,
    CreateTrigger,
    CreateView,
    Name,
    Opaque,
    Operation,
    PolicyDefinition,
    ServerCommand,
    Source,
    Statement,
    TableCommand,
    Unparsed,
)
from miglint.model import Schema as DatabaseSchema
from miglint.text.tokens import tokens

_TRIGGER_EVENTS = {4: "insert", 8: "delete", 16: "update", 32: "truncate"}
_TRIGGER_TIMES = {2: "before", 64: "instead of"}
_SERVER_COMMANDS = {
    "CreatedbStmt": "CREATE DATABASE",
    "DropdbStmt": "DROP DATABASE",
    "CreateTableSpaceStmt": "CREATE TABLESPACE",
    "DropTableSpaceStmt": "DROP TABLESPACE",
    "AlterSystemStmt": "ALTER SYSTEM",
}


def lower_statement(
    raw: RawStatement, source: Source, schema: DatabaseSchema, search_path: tuple[str, ...]
) -> Statement:
    """Turn a raw statement into operations, with the names resolved on the schema as it stands."""
    scope = Scope(raw, source.sql, schema, search_path)
    if raw.reason:
        made = _created_in(scope)
        operations: list[Operation] = [Unparsed(raw.span, raw.reason, raw.at, raw.refused, raw.lost, made)]
    else:
        try:
            operations = lower({raw.kind: raw.node}, scope)
        except RecursionError:
            operations = [Unparsed(raw.span, TOO_DEEP, refused=False, creates=_created_in(scope))]
    return Statement(source=source, span=raw.span, operations=tuple(operations))


_BEFORE_TABLE = frozenset({"global", "local", "temporary", "temp", "unlogged"})


def _created_in(scope: Scope) -> tuple[Name, ...]:
    """Give the table that a text which does not parse makes, as far as its first words tell."""
    span = scope.raw.span
    words = [token.text for token in islice(tokens(scope.text, span.start, span.end), 12)]
    if words[:1] != ["create"]:
        return ()
    rest = [word for word in words[1:] if word not in _BEFORE_TABLE]
    if rest[:1] != ["table"]:
        return ()
    rest = rest[4:] if rest[1:4] == ["if", "not", "exists"] else rest[1:]
    parts = [part[1:-1].replace('""', '"') if part.startswith('"') else part for part in rest[:3:2]]
    schema = parts.pop(0) if rest[1:2] == ["."] and len(parts) > 1 else None
    temporary = not {"temporary", "temp"}.isdisjoint(words[1:4])
    return (scope.created(parts[0], schema, temporary=temporary),) if parts and parts[0] else ()


def lower(tagged: Node, scope: Scope) -> list[Operation]:
    """Turn a tagged node into operations."""
    kind, node = next(iter(tagged.items()))
    if kind in _SERVER_COMMANDS:
        return [ServerCommand(span=scope.raw.span, command=_SERVER_COMMANDS[kind])]
    lowerer = _LOWERERS.get(kind)
    return lowerer(node, scope) if lowerer else [Opaque(span=scope.raw.span, kind=kind)]


def _schema(node: Node, scope: Scope) -> list[Operation]:
    role = node.get("authrole", {}).get("rolename", "")
    name = node.get("schemaname") or role
    created = CreateSchema(span=scope.raw.span, schema=name, if_not_exists=bool(node.get("if_not_exists")))
    inner = scope._replace(
        search_path=(name, *scope.search_path),
        schema=scope.schema._replace(schemas=scope.schema.schemas | {name}),
    )
    found: list[Operation] = [created]
    for element in node.get("schemaElts", ()):
        # Where the text of a view ends in it is not known.
        found += (
            o._replace(definition="") if isinstance(o, CreateView) else o for o in lower(element, inner)
        )
    return found


def _extension(node: Node, scope: Scope) -> list[Operation]:
    schema = None
    for option in node.get("options", ()):
        if option["DefElem"].get("defname") == "schema":
            schema = option["DefElem"]["arg"]["String"]["sval"]
    return [
        CreateExtension(
            span=scope.raw.span,
            extension=node["extname"],
            schema=schema,
            if_not_exists=bool(node.get("if_not_exists")),
        )
    ]


def _trigger(node: Node, scope: Scope) -> list[Operation]:
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
        )
    ]


def _comment(node: Node, scope: Scope) -> list[Operation]:
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


def _on_table(action: str, field: str) -> Callable[[Node, Scope], list[Operation]]:
    def lower_it(node: Node, scope: Scope) -> list[Operation]:
        return [TableCommand(span=scope.raw.span, table=scope.relation(node[field]), action=action)]

    return lower_it


def _policy(action: str, node: Node, scope: Scope) -> list[Operation]:
    policy = PolicyDefinition(
        node["policy_name"],
        node.get("cmd_name", "all"),
        permissive=bool(node.get("permissive")),
        roles=tuple(sorted(role_of(item["RoleSpec"]) for item in node.get("roles", ()))),
        using=lower_expression(node["qual"], scope) if "qual" in node else None,
        check=lower_expression(node["with_check"], scope) if "with_check" in node else None,
    )
    return [TableCommand(scope.raw.span, scope.relation(node["table"]), action, policy=policy)]


def _define(node: Node, scope: Scope) -> list[Operation]:
    if node.get("kind") == "OBJECT_TYPE":
        names = strings(node.get("defnames"))
        name = scope.created(names[-1], names[-2] if len(names) > 1 else None)
        return [CreateOtherType(span=scope.raw.span, type=name, kind="base")]
    return [Opaque(span=scope.raw.span, kind=str(node.get("kind", "define")).lower())]


def _statistics(node: Node, scope: Scope) -> list[Operation]:
    relations = [item["RangeVar"] for item in node.get("relations", ()) if "RangeVar" in item]
    return [
        TableCommand(span=scope.raw.span, table=scope.relation(relation), action="create statistics")
        for relation in relations
    ]


def _explain(node: Node, scope: Scope) -> list[Operation]:
    runs = any(o["DefElem"].get("defname") == "analyze" for o in node.get("options", ()))
    return lower(node["query"], scope) if runs else [Opaque(span=scope.raw.span, kind="explain")]


def _foreign_table(node: Node, scope: Scope) -> list[Operation]:
    return lower_create_table(node["base"], scope, foreign=True)


def _grant(node: Node, scope: Scope) -> list[Operation]:
    takes_option = bool(node.get("grant_option")) and not node.get("is_grant")
    given = [item["AccessPriv"] for item in node.get("privileges", ())]
    words = ["grant option" if takes_option else "grant" if node.get("is_grant") else "revoke"]
    # ALL is more to a newer server than its privileges that are known here.
    words += [] if given and all("priv_name" in each for each in given) else ["all"]
    return [Opaque(scope.raw.span, " ".join(words), privileges_of(node, scope))]


_LOWERERS: dict[str, Callable[[Node, Scope], list[Operation]]] = {
    "AlterTableStmt": lower_alter_table,
    "CreateStmt": lower_create_table,
    "CreateForeignTableStmt": _foreign_table,
    "CreateTableAsStmt": lower_create_table_as,
    "ViewStmt": lower_view,
    "RefreshMatViewStmt": lower_refresh,
    "IndexStmt": lower_create_index,
    "CreateSeqStmt": lower_create_sequence,
    "AlterSeqStmt": lower_alter_sequence,
    "CreateEnumStmt": lower_enum,
    "AlterEnumStmt": lower_alter_enum,
    "CreateDomainStmt": lower_domain,
    "AlterDomainStmt": lower_alter_domain,
    "CompositeTypeStmt": lower_composite,
    "CreateRangeStmt": lower_range,
    "DefineStmt": _define,
    "DropStmt": lower_drop,
    "RenameStmt": lower_rename,
    "AlterObjectSchemaStmt": lower_set_schema,
    "UpdateStmt": lower_update,
    "DeleteStmt": lower_delete,
    "InsertStmt": lower_insert,
    "MergeStmt": lower_merge,
    "CopyStmt": lower_copy,
    "TruncateStmt": lower_truncate,
    "SelectStmt": lower_select,
    "DoStmt": lambda node, scope: lower_do(node, scope, lower),
    "CreateFunctionStmt": lambda node, scope: lower_function(node, scope, lower),
    "CallStmt": lower_call,
    "TransactionStmt": lower_transaction,
    "VariableSetStmt": lower_set,
    "ConstraintsSetStmt": lower_constraints_mode,
    "CreateSchemaStmt": _schema,
    "CreateExtensionStmt": _extension,
    "CreateTrigStmt": _trigger,
    "LockStmt": lower_lock,
    "VacuumStmt": lower_vacuum,
    "ClusterStmt": lower_cluster,
    "ReindexStmt": lower_reindex,
    "CommentStmt": _comment,
    "CreatePolicyStmt": lambda node, scope: _policy("create policy", node, scope),
    "AlterPolicyStmt": lambda node, scope: _policy("alter policy", node, scope),
    "GrantStmt": _grant,
    "RuleStmt": _on_table("create rule", "relation"),
    "CreateStatsStmt": _statistics,
    "ExplainStmt": _explain,
    "CreateSubscriptionStmt": lower_subscription,
    "DiscardStmt": lower_discard,
}
