"""
Table without a primary key.

Nothing tells two of its rows apart: logical replication refuses UPDATE and DELETE on it, unless the whole row
is made its identity, a double row cannot be deleted alone, and tools that copy or change a table in batches
have no key to go by.
Give it a primary key while it is new.

Off by default: logs and staging tables do without.
Judged at the end of the history: silent when a later migration adds the key or drops the table, about a table
with a unique key of NOT NULL columns, partitions, tables that inherit, copies made by a query, and tables
with `LIKE`, whose key can come from there.

https://www.postgresql.org/docs/current/logical-replication-publication.html
"""

from collections.abc import Iterator

from miglint.model import CreateTable, Finding, Severity, Table
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "no key", "CREATE TABLE visits (page text, at timestamptz);  -- expect: table-without-primary-key"
        ),
        Bad(
            "unique key that can be NULL",
            "CREATE TABLE visits (number bigint UNIQUE);  -- expect: table-without-primary-key",
        ),
        Good("primary key", "CREATE TABLE visits (id bigint PRIMARY KEY);"),
        Good("unique key", "CREATE TABLE visits (number bigint NOT NULL UNIQUE);"),
        Good(
            "key added in the next migration",
            """
                CREATE TABLE visits (id bigint NOT NULL);
                -- migration
                ALTER TABLE visits ADD PRIMARY KEY (id);
            """,
        ),
        Good("temporary table", "CREATE TEMPORARY TABLE visits (page text);"),
        Good(
            "partition",
            "CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (1) TO (2);",
            history="CREATE TABLE visits (id bigint) PARTITION BY RANGE (id);",
        ),
        Good(
            "made by a query",
            "CREATE TABLE copy AS SELECT * FROM visits;",
            history="CREATE TABLE visits (id int);",
        ),
        Good(
            "made like another",
            "CREATE TABLE copy (LIKE visits INCLUDING ALL);",
            history="CREATE TABLE visits (id int);",
        ),
    ),
)


@rule.check(HistoryEnd)
def table_without_primary_key(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for table, origin in ctx.whole.tables:
        if not ctx.schema.keys_of(table) and not _is_of_another(table, origin.written):
            yield origin.finding(
                f"{table.name.display} has no primary key, so that nothing tells two of its rows apart",
                help="add one while the table is new: id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
                tables=(table.name,),
            )


def _is_of_another(table: Table, create: CreateTable) -> bool:
    return bool(
        table.partition_of
        or table.inherits
        or table.foreign
        or create.query is not None
        or create.like
        or create.of_type
    )
