"""Down scripts run as up scripts do, on the schema that the way up leaves."""

from collections.abc import Iterator

from miglint.checks.checker import Plan
from miglint.engine import Run, run
from miglint.model import (
    CreateIndex,
    Direction,
    DropColumn,
    Finding,
    History,
    Migration,
    Name,
    Script,
    Severity,
    Source,
    Span,
    TransactionMode,
)
from miglint.rule import Context, Rule

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, status text);"


def script(name: str, text: str, direction: Direction, mode: TransactionMode) -> Script:
    return Script(Source(name, text), Span(0, len(text)), direction, mode)


def walk(*ways: tuple[str, str], plan: Plan | None = None, back: TransactionMode | None = None) -> Run:
    per_migration = TransactionMode.PER_MIGRATION
    migrations = tuple(
        Migration(
            str(number),
            script(f"{number}.up.sql", up, Direction.UP, per_migration),
            script(f"{number}.down.sql", down, Direction.DOWN, back or per_migration) if down else None,
        )
        for number, (up, down) in enumerate(ways, 1)
    )
    return run(History("test", ".", "postgres", migrations), plan or Plan(downs=True))


def test_a_way_back_has_its_effects_on_the_schema_that_the_way_up_leaves() -> None:
    found = walk((TABLE, ""), ("ALTER TABLE orders ADD n int;", "ALTER TABLE orders DROP COLUMN n;"))

    (step,) = found.back
    assert (step.direction, step.migration) == ("down", "2")
    assert [(str(lock.table), str(lock.mode)) for lock in step.effects.locks] == [
        ("public.orders", "ACCESS EXCLUSIVE")
    ]
    assert [(loss.kind, loss.column) for loss in step.effects.destroys] == [("column", "n")]


def test_a_way_back_leaves_no_trace_in_what_follows() -> None:
    found = walk((TABLE, "DROP TABLE orders;"), ("ALTER TABLE orders ADD n int;", ""))

    table = found.schema.table(Name("public", "orders"))
    assert table is not None
    assert [column.name for column in table.columns] == ["id", "status", "n"]
    assert all(step.direction == "up" for step in found.steps)


def test_ways_back_run_the_last_migration_first_each_in_transactions_of_its_own() -> None:
    add = "ALTER TABLE orders ADD {0} int;"
    drop = "ALTER TABLE orders DROP COLUMN {0}; DELETE FROM orders;"
    found = walk((TABLE, ""), *((add.format(name), drop.format(name)) for name in "ab"))

    assert [step.migration for step in found.back] == ["3", "3", "2", "2"]
    first, second, third, fourth = (step.transaction for step in found.back)
    assert first == second
    assert third == fourth
    assert first != third


def test_a_way_back_has_a_transaction_mode_of_its_own() -> None:
    found = walk((TABLE, "DROP TABLE orders;"), back=TransactionMode.PER_STATEMENT)

    assert [step.transaction for step in found.steps] == [1]
    assert [step.transaction for step in found.back] == [None]


def test_a_table_that_the_way_up_made_is_not_new_on_the_way_back() -> None:
    (step,) = walk((TABLE, "DROP TABLE orders;")).back

    assert [loss.kind for loss in step.effects.destroys] == ["table"]


def test_what_fails_on_the_way_back_is_known() -> None:
    again = "ALTER TABLE orders ADD CONSTRAINT few CHECK (id < 9);"
    (step,) = walk((TABLE, ""), ("ALTER TABLE orders ADD n int;", again)).back

    assert [(failure.certain, str(failure.table)) for failure in step.effects.failures] == [
        (False, "public.orders")
    ]


def test_only_rules_that_say_so_are_asked_about_ways_back() -> None:
    def asked(directions: tuple[str, ...]) -> list[tuple[str, str, str]]:
        rule = Rule(
            "miglint_rules.locks.some_rule",
            severity=Severity.NOTE,
            since="0.1.0",
            examples=(),
            directions=directions,
        )

        @rule.check(CreateIndex, DropColumn)
        def some_rule(operation: CreateIndex | DropColumn, ctx: Context) -> Iterator[Finding]:
            yield Finding(operation.span, f"{type(operation).__name__} on {len(ctx.session.held)} locks")

        found = walk(
            (TABLE, ""),
            ("CREATE INDEX i ON orders (status);", "LOCK orders; ALTER TABLE orders DROP COLUMN status;"),
            plan=Plan(rules=(rule,)),
        )
        return [(d.direction, d.migration, d.finding.message) for d in found.diagnostics]

    up, down = ("up", "2", "CreateIndex on 0 locks"), ("down", "2", "DropColumn on 1 locks")
    assert asked(("up",)) == [up]
    assert asked(("down",)) == [down]
    assert asked(("up", "down")) == [up, down]
