"""
SECURITY DEFINER function whose names the caller can redirect.

It runs with the rights of its owner, and looks its tables, functions and operators up along the search_path
of whoever calls it: with a table or function of the same name in a schema further in front, or in `pg_temp`,
a caller has the owner's rights run what they like.
Give it a search_path of its own: `SET search_path = ''`, with all names written with their schema, or
`SET search_path = app, pg_temp`.

Off by default: only where roles of different trust use the database it matters.
Judged at the end of the history: silent when a later migration sets the search_path or makes the function
SECURITY INVOKER, replaces or drops it, and about functions in C.

https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY
"""

import re
from collections.abc import Iterator

from miglint.model import Finding, Listed, Severity
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule, Together

_F = "CREATE FUNCTION total() RETURNS bigint LANGUAGE sql"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    profile="all",
    together=Together("migration", noun="function"),
    examples=(
        Bad(
            "no search_path",
            f"{_F} SECURITY DEFINER AS 'SELECT count(*) FROM orders';  -- expect: mutable-search-path",
        ),
        Bad(
            "another setting",
            f"{_F} SECURITY DEFINER SET work_mem = '1GB' AS 'SELECT 1';  -- expect: mutable-search-path",
        ),
        Good(
            "with a search_path",
            f"{_F} SECURITY DEFINER SET search_path = '' AS 'SELECT count(*) FROM public.orders';",
        ),
        Good("with the rights of its caller", f"{_F} AS 'SELECT count(*) FROM orders';"),
        Good(
            "set in the next migration",
            f"""
                {_F} SECURITY DEFINER AS 'SELECT 1';
                -- migration
                ALTER FUNCTION total() SET search_path = '';
            """,
        ),
        Good("dropped", f"{_F} SECURITY DEFINER AS 'SELECT 1';\nDROP FUNCTION total();"),
        Good(
            "function of a migration before",
            "DROP TABLE IF EXISTS others;",
            history=f"{_F} SECURITY DEFINER AS 'SELECT 1';",
        ),
    ),
)

_MENDED = re.compile(r"search_path|security\s+invoker", re.IGNORECASE)


@rule.check(HistoryEnd)
def mutable_search_path(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for overloads in ctx.schema.functions.values():
        for function in overloads:
            made = ctx.whole.origins.function(function.name, function.arguments)
            if made is None or not made.written.definer or not ctx.whole.asks_for(made):
                continue
            changes = " ".join(value for _, value in function.properties)
            is_sql = function.language not in ("c", "internal")
            if is_sql and "search_path" not in made.written.settings and not _MENDED.search(changes):
                name = function.name.display
                yield made.finding(
                    f"whoever calls {name} can turn its owner's rights on other objects",
                    help="SET search_path = '' in its definition, and all names in it with their schema",
                    listed=Listed("whoever calls ", name, " can turn their owner's rights on other objects"),
                )
