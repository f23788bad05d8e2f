"""
Name that the server cuts off.

PostgreSQL keeps 63 bytes of a name, and says so only in a NOTICE that migration tools do not show. The table,
index or constraint then has another name than the migration and the code: a comparison with the catalog finds
nothing, and two long names that begin alike are one.
Choose a shorter name.

Off by default: tools such as Prisma cut the names that they make in the same way.
Where the cut name is taken, `name-taken` says so. Silent about names that a statement only uses: SELECT,
INSERT and the like.

https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
"""

from collections.abc import Iterator

from miglint.model import Delete, Finding, Insert, Select, Severity, Statement, Update
from miglint.rule import Bad, Context, Good, Rule, long_names

_LONG = "orders_that_were_paid_by_customers_who_had_been_invited_by_other_customers"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad("index", f"CREATE INDEX {_LONG} ON orders (id);  -- expect: overlong-name"),
        Bad("quoted name", f'CREATE TABLE "{_LONG}" (id bigint);  -- expect: overlong-name'),
        Bad(
            "letters of two bytes",
            f"CREATE TABLE {'ä' * 40} (id bigint);  -- expect: overlong-name",
        ),
        Good("63 bytes", f"CREATE INDEX {_LONG[:63]} ON orders (id);"),
        Good("in a comment", f"CREATE INDEX short /* not {_LONG} */ ON orders (id);"),
        Good("in a string", f"COMMENT ON TABLE orders IS '{_LONG}';"),
        Good("only used", f"UPDATE orders SET note = {_LONG};"),
    ),
)

_USES = (Delete, Insert, Select, Update)


@rule.check(Statement)
def overlong_name(statement: Statement, ctx: Context) -> Iterator[Finding]:
    if any(isinstance(operation, _USES) for operation in statement.operations):
        return
    for name, span in long_names(statement):
        kept = name.encode("utf-8", "replace")[:63].decode("utf-8", "ignore")
        yield Finding(
            span,
            f"the server keeps 63 of the {len(name.encode('utf-8', 'replace'))} bytes of this name: {kept}",
            help="choose a shorter name",
        )
        return
