"""
Row level security without a policy, which hides every row.

Without a policy nobody but the owner of the table, superusers and roles with BYPASSRLS sees or changes a row,
and nobody is told: queries give nothing, UPDATE and DELETE change nothing, only INSERT fails.

Off by default: some tables are meant for the owner alone.
Judged at the end of the history: silent when a later migration makes a policy, disables row level security or
drops the table, and about partitions, which are asked through their parent.

https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Listed, Name, Severity, Step, TableCommand
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule, Together

_ORDERS = "CREATE TABLE orders (id bigint, owner name);"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    together=Together("migration", noun="table"),
    examples=(
        Bad(
            "no policy",
            "ALTER TABLE orders ENABLE ROW LEVEL SECURITY;  -- expect: row-security-without-policy",
            history=_ORDERS,
        ),
        Good(
            "policy in the next migration",
            """
                ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
                -- migration
                CREATE POLICY own ON orders USING (owner = current_user);
            """,
            history=_ORDERS,
        ),
        Good(
            "disabled again",
            "ALTER TABLE orders ENABLE ROW LEVEL SECURITY;\nALTER TABLE orders DISABLE ROW LEVEL SECURITY;",
            history=_ORDERS,
        ),
        Good(
            "enabled by a migration before",
            "DROP TABLE IF EXISTS others;",
            history=f"{_ORDERS}\nALTER TABLE orders ENABLE ROW LEVEL SECURITY;",
        ),
    ),
)


@rule.check(HistoryEnd)
def row_security_without_policy(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    enabled: dict[Name, tuple[Step, TableCommand]] = {}
    for step in ctx.steps:
        for operation in step.statement.operations:
            if isinstance(operation, TableCommand) and operation.action == "enable row level security":
                enabled[operation.table] = (step, operation)
    for name, (step, command) in enabled.items():
        table = ctx.schema.table(name)
        if table is None or table.policies or table.partition_of or not ctx.is_selected(step.migration):
            continue
        if ("row level security", "enabled") in table.properties:
            yield Finding(
                command.span,
                f"no policy lets anybody but the owner see a row of {name.display}",
                help="make the policies that it needs in the same migration",
                tables=(name,),
                listed=Listed("no policy lets anybody but the owner see a row of ", name.display, ""),
                source=step.statement.source,
            )
