"""
Policy on a table without row level security, which does nothing.

CREATE POLICY makes a policy and does not switch row level security on: until ALTER TABLE ... ENABLE ROW LEVEL
SECURITY each role with SELECT sees all rows, whatever the policy says.

Off by default, with the other rules about row level security.
Judged at the end of the history: silent when a later migration enables it, or drops the policy or the table,
and about tables that no migration makes.

https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

_ORDERS = "CREATE TABLE orders (id bigint, owner name);"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "not enabled",
            "CREATE POLICY own ON orders USING (owner = 'me');  -- expect: policy-without-row-security",
            history=_ORDERS,
        ),
        Good(
            "enabled in the next migration",
            """
                CREATE POLICY own ON orders USING (owner = current_user);
                -- migration
                ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
            """,
            history=_ORDERS,
        ),
        Good(
            "dropped",
            "CREATE POLICY own ON orders USING (owner = current_user);\nDROP POLICY own ON orders;",
            history=_ORDERS,
        ),
        Good(
            "table that no migration makes",
            "CREATE POLICY own ON objects USING (owner = current_user);",
        ),
        Good(
            "policy of a migration before",
            "DROP TABLE IF EXISTS others;",
            history=f"{_ORDERS}\nCREATE POLICY own ON orders USING (true);",
        ),
    ),
)


@rule.check(HistoryEnd)
def policy_without_row_security(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for name in ctx.schema.relations:
        table = ctx.schema.table(name)
        if table is None or not table.complete or ("row level security", "enabled") in table.properties:
            continue
        for policy in table.policies:
            origin = ctx.whole.origins.policy(name, policy.name)
            if origin is not None and ctx.whole.asks_for(origin):
                yield origin.finding(
                    f"{name.display} has no row level security, so that this policy does nothing",
                    help="enable row level security on the table",
                    tables=(name,),
                )
