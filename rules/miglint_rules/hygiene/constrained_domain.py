"""
Domain with a constraint, which every table with it depends on.

A constraint of a domain that changes is checked on all columns of all tables that have the domain, with a
SHARE lock on each of them until the last is read. A column that is added with such a domain rewrites its
table. A CHECK on each table can be added NOT VALID and validated one by one.

Off by default: a domain that never changes does no harm. Where it does, `domain-constraint-scan` and
`constrained-domain-column-rewrite` say so.
Silent when a later migration drops the domain or its constraints.

https://www.postgresql.org/docs/current/sql-alterdomain.html
"""

from collections.abc import Iterator

from miglint.model import DomainType, Finding, Severity
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad("CHECK", "CREATE DOMAIN grade AS int CHECK (VALUE < 6);  -- expect: constrained-domain"),
        Bad("NOT NULL", "CREATE DOMAIN grade AS int NOT NULL;  -- expect: constrained-domain"),
        Good("no constraint", "CREATE DOMAIN grade AS int;"),
        Good(
            "constraint dropped in the next migration",
            """
                CREATE DOMAIN grade AS int CONSTRAINT small CHECK (VALUE < 6);
                -- migration
                ALTER DOMAIN grade DROP CONSTRAINT small;
            """,
        ),
    ),
)


@rule.check(HistoryEnd)
def constrained_domain(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for made in ctx.schema.types.values():
        origin = (
            ctx.whole.origins.type(made.name) if isinstance(made, DomainType) and made.constrained else None
        )
        if origin is not None and ctx.whole.asks_for(origin):
            yield origin.finding(
                f"a change of what the domain {made.name.display} allows reads every table that has it",
                help="give each table a CHECK instead",
            )
