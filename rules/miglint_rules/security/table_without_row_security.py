"""
Table without row level security among tables that have it.

Where the other tables of a schema say which role sees which rows, this one shows them all to each role with
SELECT, and a service that hands queries through, as PostgREST and Supabase do, shows them to the world.
Enable row level security, with the policies that the table needs: without any, only its owner sees rows.

Off by default: a table can be meant for all.
Judged at the end of the history, for schemas in which at least half of the other tables, and three of them,
have row level security. Silent about partitions, which are asked through their parent, and about tables that
a later migration secures or drops.

https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

from collections import Counter
from collections.abc import Iterator

from miglint.model import Finding, Severity, Table
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

_SECURED = "".join(
    f"CREATE TABLE t{n} (id bigint);\nALTER TABLE t{n} ENABLE ROW LEVEL SECURITY;\n" for n in range(3)
)

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "the others have it",
            "CREATE TABLE orders (id bigint);  -- expect: table-without-row-security",
            history=_SECURED,
        ),
        Good(
            "secured in the next migration",
            "CREATE TABLE orders (id bigint);\n-- migration\nALTER TABLE orders ENABLE ROW LEVEL SECURITY;",
            history=_SECURED,
        ),
        Good("no other has it", "CREATE TABLE orders (id bigint);", history="CREATE TABLE t (id bigint);"),
        Good(
            "another schema",
            "CREATE TABLE app.orders (id bigint);",
            history=f"CREATE SCHEMA app;\n{_SECURED}",
        ),
        Good(
            "partition",
            "CREATE TABLE t PARTITION OF orders DEFAULT;",
            history=f"""
                {_SECURED}CREATE TABLE orders (id bigint) PARTITION BY LIST (id);
                ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
            """,
        ),
    ),
)

_HABIT = 3


@rule.check(HistoryEnd)
def table_without_row_security(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    whole = [t for t in ctx.schema.relations.values() if isinstance(t, Table) and not t.partition_of]
    secured = Counter(table.name.schema for table in whole if _is_secured(table))
    others = Counter(table.name.schema for table in whole if not _is_secured(table))
    for table, origin in ctx.whole.tables:
        schema = table.name.schema
        habit = secured[schema] >= max(_HABIT, others[schema] - 1)
        if habit and not (_is_secured(table) or table.partition_of or table.foreign):
            yield origin.finding(
                f"{table.name.display} has no row level security, and {secured[schema]} tables beside it do",
                help="enable row level security on it, with the policies that it needs",
                tables=(table.name,),
            )


def _is_secured(table: Table) -> bool:
    return ("row level security", "enabled") in table.properties
