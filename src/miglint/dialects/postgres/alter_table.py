"""`ALTER TABLE` and its relatives: one operation per action, each with its own span."""

from collections.abc import Iterator

from miglint.dialects.postgres.alter_actions import (
    COMMANDS,
    Action,
    argument_of,
    lower_action,
    lower_attribute_action,
    lower_index_action,
)
from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.properties import settings_of_action
from miglint.dialects.postgres.scope import Scope
from miglint.model import (
    Operation,
    Span,
    TableCommand,
)
from miglint.text.tokens import Token, tokens

# The order in which the server runs the actions of one statement (AT_PASS_* in tablecmds.c).
_PASSES = {
    "AT_DropColumn": 0,
    "AT_DropConstraint": 0,
    "AT_DropNotNull": 0,
    "AT_DropExpression": 0,
    "AT_DropIdentity": 0,
    "AT_AlterColumnType": 1,
    "AT_AddColumn": 2,
    "AT_SetExpression": 3,
    "AT_SetNotNull": 5,
    "AT_AddConstraint": 8,
    "AT_AddIdentity": 8,
    "AT_ColumnDefault": 8,
}
_LAST_PASS = 9
_PASS_OF_INDEX = 7
_INDEXED = ("CONSTR_PRIMARY", "CONSTR_UNIQUE", "CONSTR_EXCLUSION")


def lower_alter_table(node: Node, scope: Scope) -> list[Operation]:
    """Turn an AlterTableStmt into its operations, in the order in which the server runs them."""
    relation = node["relation"]
    table = scope.relation(relation)
    kind = node.get("objtype", "OBJECT_TABLE")
    commands = [item["AlterTableCmd"] for item in node.get("cmds", ())]
    spans = _action_spans(relation.get("location", 0), len(commands), scope)
    if kind == "OBJECT_TYPE":
        return [
            lower_attribute_action(
                c, s, scope.type_name([table.name]) if "schemaname" not in relation else table, scope
            )
            for c, s in zip(commands, spans, strict=True)
        ]
    if kind == "OBJECT_INDEX":
        return [lower_index_action(c, s, table, scope) for c, s in zip(commands, spans, strict=True)]
    if kind in ("OBJECT_VIEW", "OBJECT_SEQUENCE", "OBJECT_MATVIEW"):
        word = kind.removeprefix("OBJECT_").lower()
        return [
            TableCommand(
                span=s,
                table=table,
                action=f"{word} {COMMANDS.get(c['subtype'], 'option')}",
                argument=argument_of(c),
                sets=settings_of_action(c, table, scope),
            )
            for c, s in zip(commands, spans, strict=True)
        ]
    ordered = sorted(zip(commands, spans, strict=True), key=lambda pair: _pass_of(pair[0]))
    found: list[Operation] = []
    for command, span in ordered:
        action = Action(command, span, table, node, scope)
        found += lower_action(action)
    if node.get("missing_ok"):
        return [operation._replace(if_table_exists=True) for operation in found]  # type: ignore[attr-defined]
    return found


def _pass_of(command: Node) -> int:
    """A key comes after the indexes that it may point to, and these after one that takes an index over."""
    constraint = command.get("def", {}).get("Constraint", {})
    if command["subtype"] == "AT_AddConstraint" and constraint.get("contype") in _INDEXED:
        return _PASS_OF_INDEX - ("indexname" in constraint)
    if command["subtype"] == "AT_ColumnDefault" and "def" not in command:
        return _PASSES["AT_DropColumn"]  # DROP DEFAULT
    return _PASSES.get(command["subtype"], _LAST_PASS)


def _action_spans(table: int, count: int, scope: Scope) -> list[Span]:
    """Find where each action stands: the tree does not tell, the commas at the top level do."""
    whole = scope.raw.span
    stream = tokens(scope.text, scope.raw.place(table), whole.end)
    first = _after_name(stream)
    if first is None:
        return [whole] * count
    if count == 1:
        return [Span(first.start, whole.end)]
    spans: list[Span] = []
    depth, start, end = 0, first.start, first.end
    for token in stream:
        if token.kind == "mark":
            depth += (token.text in "([") - (token.text in ")]")
            if depth == 0 and token.text == ",":
                spans.append(Span(start, end))
                start = -1
                continue
        start = token.start if start < 0 else start
        end = token.end
    spans.append(Span(start, end))
    return spans if len(spans) == count else [whole] * count


def _after_name(stream: Iterator[Token]) -> Token | None:
    """Give the first token after `name`, `schema.name` or `name *`."""
    dotted = True
    for token in stream:
        if token.text in (".", "*", ")"):
            dotted = token.text == "."
        elif not dotted:
            return token
        else:
            dotted = False
    return None
