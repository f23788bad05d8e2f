"""
Index that is dropped before its replacement is there.

From the DROP on until the new index is built, which takes minutes or hours on a large table, each query that
went by the old one reads the whole table: requests become slow, and pile up.
Build the new index CONCURRENTLY first, under another name if need be, and then drop the old one.

Silent where both are in one transaction, in which the lock of the DROP keeps queries away (see
`blocking-index-build`), where nobody says how the files are run, where another index begins with the same
column, and when the table is new in this release, empty or listed as small. An index of that name that the
migrations have not made, such as one that a failed build has left, is dropped first as it should be.

https://www.postgresql.org/docs/current/sql-createindex.html
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    AddConstraint,
    Confidence,
    CreateIndex,
    DropIndex,
    Finding,
    Given,
    Index,
    Name,
    Outside,
    Related,
    RemedyStep,
    RenameTable,
    Say,
    Severity,
    Statement,
    Step,
    TransactionMode,
    do,
)
from miglint.rule import Bad, Context, Good, HistoryEnd, Record, Rule

_ORDERS = """
    CREATE TABLE orders (id bigint PRIMARY KEY, status text, at date);
    CREATE INDEX orders_status ON orders (status);
"""
_EACH = TransactionMode.PER_STATEMENT

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    confidence=Confidence.MEDIUM,
    examples=(
        Bad(
            "index that another one replaces",
            """
                DROP INDEX CONCURRENTLY orders_status;  -- expect: gap-without-index
                CREATE INDEX CONCURRENTLY orders_status_at ON orders (status, at);
            """,
            history=_ORDERS,
            mode=_EACH,
        ),
        Bad(
            "index that is built anew under its name",
            """
                DROP INDEX CONCURRENTLY IF EXISTS orders_status;  -- expect: gap-without-index
                CREATE INDEX CONCURRENTLY orders_status ON orders (status, at);
            """,
            history=_ORDERS,
            mode=_EACH,
        ),
        Bad(
            "index that is made again as it was",
            """
                DROP INDEX CONCURRENTLY orders_status;  -- expect: gap-without-index
                CREATE INDEX CONCURRENTLY orders_status ON orders (status);
            """,
            history=_ORDERS,
            mode=_EACH,
        ),
        Bad(
            "unique constraint that takes its place",
            """
                DROP INDEX orders_status;  -- expect: gap-without-index
                ALTER TABLE orders ALTER at SET NOT NULL;
                ALTER TABLE orders ADD UNIQUE (status, at);
            """,
            history=_ORDERS,
            mode=_EACH,
        ),
        Bad(
            "new index can only be built as it is when the migration has changed a column",
            """
                DROP INDEX orders_status;  -- expect: gap-without-index
                ALTER TABLE orders ALTER status TYPE varchar(20);
                CREATE INDEX CONCURRENTLY orders_status_at ON orders (status, at);
            """,
            history=_ORDERS,
            mode=_EACH,
        ),
        Bad(
            "two migrations of one change",
            before={"migrations/1_orders.up.sql": _ORDERS},
            files={
                "migrations/1_orders.up.sql": _ORDERS,
                "migrations/2_old.up.sql": "DROP INDEX CONCURRENTLY orders_status;",
                "migrations/3_new.up.sql": "CREATE INDEX CONCURRENTLY orders_2 ON orders (status, at);",
            },
            expect=("migrations/2_old.up.sql:1 gap-without-index",),
        ),
        Good(
            "new index is built first",
            """
                CREATE INDEX CONCURRENTLY orders_status_at ON orders (status, at);
                DROP INDEX CONCURRENTLY orders_status;
            """,
            history=_ORDERS,
            mode=_EACH,
            recommended=True,
        ),
        Good(
            "both in one transaction",
            "DROP INDEX orders_status;\nCREATE INDEX orders_status_at ON orders (status, at);",
            history=_ORDERS,
        ),
        Good(
            "left-over of a failed build",
            """
                DROP INDEX CONCURRENTLY IF EXISTS orders_at;
                CREATE INDEX CONCURRENTLY orders_at ON orders (at);
            """,
            history=_ORDERS,
            mode=_EACH,
            recommended=True,
        ),
        Good(
            "another index begins with the same column",
            """
                DROP INDEX CONCURRENTLY orders_status;
                CREATE INDEX CONCURRENTLY orders_status_at ON orders (status, at);
            """,
            history=f"{_ORDERS}CREATE INDEX orders_status_id ON orders (status, id);",
            mode=_EACH,
        ),
        Good(
            "new index is for other queries",
            """
                DROP INDEX CONCURRENTLY orders_status;
                CREATE INDEX CONCURRENTLY orders_at ON orders (at, status);
            """,
            history=_ORDERS,
            mode=_EACH,
        ),
        Good(
            "table is listed as small",
            """
                DROP INDEX CONCURRENTLY orders_status;
                CREATE INDEX CONCURRENTLY orders_status_at ON orders (status, at);
            """,
            history=_ORDERS,
            mode=_EACH,
            settings=(("small_tables", frozenset({Name("public", "orders")})),),
        ),
        Good(
            "table is new in this migration",
            f"{_ORDERS}\nDROP INDEX orders_status;\nCREATE INDEX orders_status_at ON orders (status, at);",
            mode=_EACH,
        ),
    ),
)


@rule.check(DropIndex)
def gap_without_index(drop: DropIndex, ctx: Context) -> Iterator[Finding]:
    old = ctx.schema.index_named(drop.name)
    table = ctx.table(old.table) if old is not None else None
    if old is None or table is None or not ctx.is_live(table.name) or ctx.has_few_rows(table.name):
        return
    if any(other.name != old.name and _serves(other, old) for other in ctx.schema.indexes_of(table)):
        return
    places = ctx.once(_built).get((table.name, old.elements[0]), ())
    place = next((place for place in places if place > ctx.place), None)
    guessed = ctx.script is None or ctx.script.guessed
    if place is None or guessed or ctx.commits_with(ctx.records[place]):
        return
    new = ctx.at(place)
    help_ = ctx.remedies.made_again(table.name) or _help(drop, new, ctx)
    yield _gap(drop, table.name, old.elements[0], ctx.records[place].statement)._replace(help=help_)


@rule.check(HistoryEnd)
def gap_between_migrations(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    """Report what two migrations of one change do, which are deployed one after the other."""
    known: dict[Name, tuple[Name, str]] = {}
    dropped: dict[tuple[Name, str], tuple[Step, DropIndex]] = {}
    for step in ctx.steps if end.history.selected is not None else ():
        for operation in step.statement.operations:
            if isinstance(operation, CreateIndex):
                key = operation.table, _first(operation)
                before, drop = dropped.pop(key, (None, None))
                if before is not None and drop is not None and before.migration != step.migration:
                    yield _gap(drop, *key, step.statement)._replace(
                        help="drop it in a migration after the one that builds the new one",
                        source=before.statement.source,
                    )
                if operation.name:
                    known[Name(operation.table.schema, operation.name)] = key
            elif isinstance(operation, DropIndex) and operation.name in known:
                key = known.pop(operation.name)
                asked = ctx.is_selected(step.migration) and step.effects.lock_on(key[0]) is not None
                if asked and key not in known.values() and not ctx.is_small(key[0]):
                    dropped[key] = step, operation


def _gap(drop: DropIndex, table: Name, first: str, build: Statement) -> Finding:
    return Finding(
        drop.span,
        f"until the new index is built, queries of {table.display} by {first} have none",
        tables=(table,),
        related=(Related(build.span, "builds the new index", build.source),),
    )


def _first(index: CreateIndex) -> str:
    element = index.elements[0]
    return element.column or (f"({element.expression.text})" if element.expression else "")


def _help(drop: DropIndex, new: Context, ctx: Context) -> str:
    build, dropping = new.record.operation if new.record is not None else None, ctx.statement
    table = new.table(build.table) if isinstance(build, CreateIndex) else None
    # The server builds no index of a partitioned table CONCURRENTLY.
    early = table is not None and not table.partition_by and new.remedies.could_run_before(ctx.place)
    if not early or not isinstance(build, CreateIndex) or dropping is None:
        return "drop it after the statement that builds the new one"
    then: list[RemedyStep] = [Say("and then:"), Given(f"{dropping.text};")]
    made, remark = build._replace(concurrently=True), ""
    if build.name == drop.name.name:
        made, remark = made._replace(name=f"{build.name}_new"), ", under another name"
        then.append(do(RenameTable(NOWHERE, Name(build.table.schema, made.name or ""), build.name, "index")))
    alone = Outside((do(made),), remark=f"{remark} and before this one")
    first = (alone,) if new.session.in_transaction else (Say(f"first{remark}:"), do(made))
    return ctx.remedies.shown(*first, *then)


def _serves(other: Index, old: Index) -> bool:
    """Whether queries that went by an index can go by another."""
    whole = other.predicate is None or other.predicate == old.predicate
    return other.valid and whole and (other.method, other.elements[:1]) == (old.method, old.elements[:1])


def _built(records: tuple[Record, ...]) -> dict[tuple[Name, str], list[int]]:
    """The places at which indexes are built, by the table and their first key."""
    found: dict[tuple[Name, str], list[int]] = {}
    for place, record in enumerate(records):
        operation = record.operation
        if isinstance(operation, CreateIndex):
            found.setdefault((operation.table, _first(operation)), []).append(place)
        elif isinstance(operation, AddConstraint) and record.effects.index_builds:
            for first in operation.constraint.columns[:1]:
                found.setdefault((operation.table, first), []).append(place)
    return found
