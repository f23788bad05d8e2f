"""
Statement of a kind that the project forbids.

Some statements are nobody's mistake and still not for a migration, in one project or another: REVOKE, where
privileges are kept elsewhere; CREATE TRIGGER, where all logic is in the application; ALTER ROLE, ALTER
SYSTEM. `forbidden_statements` in the configuration names them, in the words of SQL: commands, as in `revoke`,
`create policy`, `drop trigger`, `create or replace view`, `alter role`, and actions within ALTER, as in
`add column`, `set default`, `disable trigger`, `replica identity`, `add value`. The page of the configuration
lists them all.

Silent as long as the configuration names none, and about statements in the bodies of functions.
"""

from collections.abc import Iterator

from miglint.model import (
    ACTIONS,
    KINDS,
    AddEnumValue,
    AlterCompositeType,
    AlterInheritance,
    DoBlock,
    Finding,
    MoveTable,
    Operation,
    RenameEnumValue,
    RenameTable,
    Severity,
    Span,
    Statement,
    TableCommand,
)
from miglint.rule import Bad, Context, Good, Rule, command_of

_ORDERS = "CREATE TABLE orders (id bigint);\nCREATE TYPE state AS ENUM ('on');\nCREATE TYPE p AS (x int);"


def _forbids(*kinds: str) -> tuple[tuple[str, frozenset[str]], ...]:
    return (("forbidden_statements", frozenset(kinds)),)


rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    examples=(
        Bad(
            "command",
            "REVOKE SELECT ON orders FROM app;  -- expect: forbidden-statement",
            history=_ORDERS,
            settings=_forbids("revoke"),
        ),
        Bad(
            "command with words in between",
            "CREATE UNIQUE INDEX ON orders (id);  -- expect: forbidden-statement",
            history=_ORDERS,
            settings=_forbids("create index"),
        ),
        Bad(
            "command that replaces",
            "CREATE OR REPLACE VIEW all_orders AS SELECT * FROM orders;  -- expect: forbidden-statement",
            history=_ORDERS,
            settings=_forbids("create view"),
        ),
        Bad(
            "action on a table",
            """
                ALTER TABLE orders
                    ALTER id SET NOT NULL,
                    ADD COLUMN note text;  -- expect: forbidden-statement
            """,
            history=_ORDERS,
            settings=_forbids("add column"),
        ),
        Bad(
            "actions without an operation of their own",
            """
                ALTER TABLE orders DISABLE TRIGGER ALL;  -- expect: forbidden-statement
                ALTER TABLE orders NO INHERIT old;  -- expect: forbidden-statement
                ALTER TYPE state ADD VALUE 'off';  -- expect: forbidden-statement
                ALTER TYPE state RENAME VALUE 'on' TO 'in';  -- expect: forbidden-statement
                ALTER TYPE p ADD ATTRIBUTE y int;  -- expect: forbidden-statement
                ALTER TABLE orders SET SCHEMA app;  -- expect: forbidden-statement
                ALTER TABLE app.orders RENAME TO sales;  -- expect: forbidden-statement
            """,
            history=_ORDERS,
            settings=_forbids(
                "add attribute",
                "add value",
                "disable trigger",
                "no inherit",
                "rename",
                "rename value",
                "set schema",
            ),
        ),
        Bad(
            "in a block",
            "DO $$ BEGIN\n  DROP TABLE orders;  -- expect: forbidden-statement\nEND $$;",
            history=_ORDERS,
            settings=_forbids("drop table"),
        ),
        Good("no kind is forbidden", "DROP TABLE orders;", history=_ORDERS),
        Good(
            "another kind is forbidden",
            "ALTER TABLE orders ADD COLUMN note text;",
            history=_ORDERS,
            settings=_forbids("drop column", "alter role"),
        ),
    ),
)

_ACTIONS = {
    AddEnumValue: "add value",
    MoveTable: "set schema",
    RenameEnumValue: "rename value",
    RenameTable: "rename",
}


@rule.check(Statement)
def forbidden_statement(statement: Statement, ctx: Context) -> Iterator[Finding]:
    forbidden = ctx.policy.forbidden_statements
    if not forbidden:
        return
    told: set[str] = set()
    for kind, span in (*((c, statement.span) for c in command_of(statement)), *_kinds(statement.operations)):
        if kind in forbidden and kind not in told:
            told.add(kind)
            yield Finding(
                span,
                f"the configuration forbids {kind.upper()} in migrations",
                help="-- miglint: ignore[forbidden-statement] and say why it is needed all the same",
            )


def _kinds(operations: tuple[Operation, ...], *, inner: bool = False) -> Iterator[tuple[str, Span]]:
    """Give the actions; the commands as well where the text of a block holds them."""
    for operation in operations:
        if isinstance(operation, DoBlock):
            for statement in operation.body:
                yield from _kinds(statement.operations, inner=True)
            continue
        kind = _kind(operation)
        if inner or kind in ACTIONS:
            yield kind, operation.span


def _kind(operation: Operation) -> str:
    if isinstance(operation, AlterInheritance):
        return "inherit" if operation.inherit else "no inherit"
    if isinstance(operation, AlterCompositeType):
        return f"{operation.action.split()[0]} attribute"
    if isinstance(operation, TableCommand):
        # An action on an index or a view begins with that word.
        return operation.action if operation.action in KINDS else operation.action.partition(" ")[2]
    name = type(operation).__name__
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return _ACTIONS.get(type(operation)) or words.strip()
