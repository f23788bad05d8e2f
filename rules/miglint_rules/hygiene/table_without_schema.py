"""
Table named without its schema.

Which table a bare name means depends on the search_path of the role that runs the migration: another role, or
a table of the same name in a schema further in front, and it is another table.
Write the schema in front of the name.

Off by default, as a matter of taste. About CREATE, ALTER and DROP TABLE only. Silent about temporary tables,
and where the migration itself sets the search_path.

https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATH
"""

from collections.abc import Iterator

from miglint.model import Finding, Listed, SetVariable, Severity, Statement
from miglint.rule import Bad, Context, Good, Record, Rule, Together, bare_tables

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    together=Together("migration", noun="table"),
    examples=(
        Bad("new table", "CREATE TABLE IF NOT EXISTS orders (id bigint);  -- expect: table-without-schema"),
        Bad(
            "changed table",
            "ALTER TABLE ONLY orders ADD COLUMN note text;  -- expect: table-without-schema",
            history="CREATE TABLE orders (id bigint);",
        ),
        Bad(
            "one of several dropped tables",
            'DROP TABLE app.orders, "Items";  -- expect: table-without-schema',
            history="""
                CREATE SCHEMA app;
                CREATE TABLE app.orders (id bigint);
                CREATE TABLE "Items" (id bigint);
            """,
        ),
        Good("with a schema", "CREATE UNLOGGED TABLE public.orders (id bigint);"),
        Good("temporary table", "CREATE TEMPORARY TABLE picked (id bigint);"),
        Good("no table", "CREATE INDEX ON orders (id);\nINSERT INTO orders VALUES (1);"),
        Good(
            "the migration sets the search_path", "SET search_path = app;\nCREATE TABLE orders (id bigint);"
        ),
    ),
)


@rule.check(Statement)
def table_without_schema(statement: Statement, ctx: Context) -> Iterator[Finding]:
    if "search_path" in ctx.once(_set):
        return
    for name, span in bare_tables(statement):
        yield Finding(
            span,
            f"which table {name} is depends on the search_path",
            help=f"write its schema in front of it, as in public.{name}",
            listed=Listed("which tables ", name, " are depends on the search_path"),
        )
        return


def _set(records: tuple[Record, ...]) -> set[str]:
    return {r.operation.name for r in records if isinstance(r.operation, SetVariable)}
