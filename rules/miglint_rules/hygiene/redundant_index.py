"""
Index that another one makes superfluous.

Every index costs at each INSERT and at most UPDATEs, in memory, and in time for VACUUM. One whose columns are
the first ones of another serves no query that the other does not.
Drop it, CONCURRENTLY where the table is in use.

Off by default: the shorter one can be much smaller, and faster where all depends on it.
Judged at the end of the history, and reported at the statement that came second. Silent when the index makes
its columns unique and the other does not, when it has another method, order, operator class, collation or
condition, when it includes columns that the other does not have, and about partitions, whose parent has the
indexes.

https://www.postgresql.org/docs/current/indexes-multicolumn.html
"""

from collections.abc import Iterator

from miglint.model import NOWHERE, DropIndex, Finding, Index, Severity, Table, View, do, quote
from miglint.rule import Bad, Context, Good, HistoryEnd, MadeIndex, Rule

_ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, shop bigint, at date, note text);"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "first column of another",
            """
                CREATE INDEX orders_shop ON orders (shop);
                CREATE INDEX orders_shop_at ON orders (shop, at);  -- expect: redundant-index
            """,
            history=_ORDERS,
        ),
        Bad(
            "same columns twice",
            """
                CREATE INDEX one ON orders (shop, at);
                CREATE INDEX two ON orders (shop, at);  -- expect: redundant-index
            """,
            history=_ORDERS,
        ),
        Bad(
            "index on the primary key",
            "CREATE INDEX orders_id ON orders (id);  -- expect: redundant-index",
            history=_ORDERS,
        ),
        Bad(
            "unique index beside a unique constraint",
            """
                CREATE TABLE users (
                    email text UNIQUE
                );
                CREATE UNIQUE INDEX users_email ON users (email);  -- expect: redundant-index
            """,
        ),
        Bad(
            "partitioned table",
            "CREATE INDEX one ON days (day);\nCREATE INDEX two ON days (day, n);  -- expect: redundant-index",
            history="CREATE TABLE days (day date, n int) PARTITION BY RANGE (day);",
        ),
        Bad(
            "same columns, and the other includes one more",
            """
                CREATE INDEX one ON orders (shop);
                CREATE INDEX two ON orders (shop) INCLUDE (note);  -- expect: redundant-index
            """,
            history=_ORDERS,
        ),
        Good(
            "shorter one is unique",
            "CREATE UNIQUE INDEX one ON orders (shop);\nCREATE INDEX two ON orders (shop, at);",
            history=_ORDERS,
        ),
        Good(
            "dropped in the next migration",
            """
                CREATE INDEX orders_shop ON orders (shop);
                CREATE INDEX orders_shop_at ON orders (shop, at);
                -- migration
                DROP INDEX orders_shop;
            """,
            history=_ORDERS,
        ),
        Good(
            "other method",
            "CREATE INDEX one ON orders USING hash (shop);\nCREATE INDEX two ON orders (shop, at);",
            history=_ORDERS,
        ),
        Good(
            "partial index",
            "CREATE INDEX one ON orders (shop) WHERE note IS NULL;\nCREATE INDEX two ON orders (shop, at);",
            history=_ORDERS,
        ),
        Good(
            "other order",
            "CREATE INDEX one ON orders (at DESC);\nCREATE INDEX two ON orders (at, shop);",
            history=_ORDERS,
        ),
        Bad(
            "index that a key makes superfluous later",
            """
                CREATE INDEX orders_note ON orders (note);
                ALTER TABLE orders ADD CONSTRAINT one_note UNIQUE (note);  -- expect: redundant-index
            """,
            history=_ORDERS,
        ),
        Good(
            "constraint, which says more than its index",
            "ALTER TABLE orders ADD CONSTRAINT one_id UNIQUE (id);",
            history=_ORDERS,
        ),
        Good(
            "other operator class",
            "CREATE INDEX one ON orders (note text_pattern_ops);\nCREATE INDEX two ON orders (note);",
            history=_ORDERS,
        ),
        Good(
            "with a column that the other has not",
            "CREATE INDEX one ON orders (shop) INCLUDE (note);\nCREATE INDEX two ON orders (shop, at);",
            history=_ORDERS,
        ),
        Good(
            "unique one beside one that includes a column, and one that includes another",
            """
                CREATE UNIQUE INDEX one ON orders (shop);
                CREATE INDEX two ON orders (shop) INCLUDE (note);
                CREATE INDEX three ON orders (at) INCLUDE (note);
                CREATE INDEX four ON orders (at) INCLUDE (shop);
            """,
            history=_ORDERS,
        ),
        Good(
            "indexes of a migration before",
            "CREATE INDEX three ON orders (at);",
            history=f"{_ORDERS}\nCREATE INDEX one ON orders (shop);\nCREATE INDEX two ON orders (shop);",
        ),
    ),
)


@rule.check(HistoryEnd)
def redundant_index(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    places = {id(step): place for place, step in enumerate(ctx.steps)}
    for relation in ctx.schema.relations.values():
        indexes = ctx.schema.indexes_of(relation) if isinstance(relation, (Table, View)) else ()
        made = [found for index in indexes if _is_plain(index) and (found := ctx.whole.index(index))]
        made.sort(key=lambda each: places[id(each.origin.step)])
        alike, longer = _by_columns(made)
        for each in made:
            short, key = each.made, _key(each.made, len(each.made.elements))
            other = alike[key] if alike[key] is not each or short.unique else longer.get(key, each)
            second = max(other, each, key=lambda one: places[id(one.origin.step)])
            if other is not each and _serves(other.made, short) and ctx.whole.asks_for(second.origin):
                more = "begins with its columns" if alike[key] is not other else "includes other columns too"
                same = more if _columns(other.made) != _columns(short) else "has the same columns"
                name, kept = (quote(index.name.name) for index in (short, other.made))
                yield second.origin.finding(
                    f"{name} is of no use beside {kept}, which {same}",
                    help=_help(short, ctx) + ctx.whole.declared_as_well,
                    tables=(short.table,),
                )


_Kinds = dict[tuple[object, ...], MadeIndex]


def _by_columns(made: list[MadeIndex]) -> tuple[_Kinds, _Kinds]:
    """Give of the indexes alike the one to keep, and for the beginning of each a longer one."""
    alike: _Kinds = {}
    longer: _Kinds = {}
    for each in made:
        index = each.made
        for count in range(1, len(index.elements)):
            longer.setdefault(_key(index, count), each)
        key = _key(index, len(index.elements))
        kept = alike.setdefault(key, each).made
        if _does(index) > _does(kept):
            alike[key] = each
    return alike, longer


def _does(index: Index) -> tuple[bool, bool, int]:
    """How much an index does besides what all with its columns do."""
    return (index.constraint is not None, index.unique, len(index.include))


def _is_plain(index: Index) -> bool:
    return index.method == "btree" and index.valid and not (index.only or index.parent)


def _serves(long: Index, short: Index) -> bool:
    """Whether an index does all that another does that begins like it."""
    if short.constraint is not None or (short.unique and not long.unique):
        return False
    return {*long.elements, *long.include}.issuperset(short.include)


def _key(index: Index, count: int) -> tuple[object, ...]:
    """What is the same for indexes that begin alike."""
    keys = index.elements[:count]
    said = (index.operator_classes, index.nulls, index.collations)
    return (
        keys,
        tuple(key in index.descending for key in keys),
        tuple(pair for pairs in said for pair in pairs if pair[0] in keys),
        index.nulls_not_distinct,
        index.predicate.text if index.predicate else "",
    )


def _columns(index: Index) -> tuple[tuple[str, ...], frozenset[str]]:
    return index.elements, frozenset(index.include)


def _help(index: Index, ctx: Context) -> str:
    table = ctx.schema.table(index.table)
    if table is not None and table.partition_by:  # The server drops such an index in no other way.
        return ctx.remedies.shown(do(DropIndex(NOWHERE, index.name)))
    drop = DropIndex(NOWHERE, index.name, concurrently=True)
    return ctx.remedies.outside_transaction(ctx.remedies.shown(do(drop)), later=True)
