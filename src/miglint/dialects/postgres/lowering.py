"""From the parser's tree to operations: the only place that knows the tree's kinds of statements."""

from collections.abc import Callable
from itertools import islice

from miglint.dialects.postgres.alter_table import lower_alter_table
from miglint.dialects.postgres.attached import (
    lower_alter_function,
    lower_comment,
    lower_default_privileges,
    lower_definition,
    lower_foreign_table,
    lower_grant,
    lower_owner,
    lower_policy,
    lower_rule,
    lower_statistics,
    lower_trigger,
)
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
from miglint.dialects.postgres.library import TOO_DEEP, Node
from miglint.dialects.postgres.named_objects import lower_drop, lower_rename, lower_set_schema
from miglint.dialects.postgres.others import deeds_of
from miglint.dialects.postgres.parser import RawStatement
from miglint.dialects.postgres.routines import lower_call, lower_do, lower_function
from miglint.dialects.postgres.scope import Scope
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
    CreateSchema,
    CreateView,
    Name,
    Opaque,
    Operation,
    ServerCommand,
    Source,
    Statement,
    Unparsed,
)
from miglint.model import Schema as DatabaseSchema
from miglint.text.tokens import tokens

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
    scope = Scope(raw, source.sql, schema, search_path, source=source)
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
    if lowerer is not None:
        return lowerer(node, scope)
    return [Opaque(scope.raw.span, kind, deeds=deeds_of(kind, node, scope))]


def _schema(node: Node, scope: Scope) -> list[Operation]:
    role = node.get("authrole", {}).get("rolename", "")
    name = node.get("schemaname") or role
    created = CreateSchema(
        span=scope.raw.span, schema=name, if_not_exists=bool(node.get("if_not_exists")), owner=role
    )
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


def _explain(node: Node, scope: Scope) -> list[Operation]:
    runs = any(o["DefElem"].get("defname") == "analyze" for o in node.get("options", ()))
    return lower(node["query"], scope) if runs else [Opaque(span=scope.raw.span, kind="explain")]


_LOWERERS: dict[str, Callable[[Node, Scope], list[Operation]]] = {
    "AlterTableStmt": lower_alter_table,
    "CreateStmt": lower_create_table,
    "CreateForeignTableStmt": lower_foreign_table,
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
    "DefineStmt": lower_definition,
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
    "CreateTrigStmt": lower_trigger,
    "LockStmt": lower_lock,
    "VacuumStmt": lower_vacuum,
    "ClusterStmt": lower_cluster,
    "ReindexStmt": lower_reindex,
    "CommentStmt": lower_comment,
    "CreatePolicyStmt": lambda node, scope: lower_policy("create policy", node, scope),
    "AlterPolicyStmt": lambda node, scope: lower_policy("alter policy", node, scope),
    "GrantStmt": lower_grant,
    "AlterDefaultPrivilegesStmt": lower_default_privileges,
    "AlterFunctionStmt": lower_alter_function,
    "AlterOwnerStmt": lower_owner,
    "RuleStmt": lower_rule,
    "CreateStatsStmt": lower_statistics,
    "ExplainStmt": _explain,
    "CreateSubscriptionStmt": lower_subscription,
    "DiscardStmt": lower_discard,
}
