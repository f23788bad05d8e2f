"""
Row level security that is switched off, or lets all rows through.

`DISABLE ROW LEVEL SECURITY` gives each role with rights on the table all of its rows, and leaves the policies
in place, which then do nothing. A policy with `USING (true)` in the place of a narrower one does as much for
its command: permissive policies add up, and one that is always true makes the others of no effect.
From COMMIT on, running code that relies on the server to keep tenants or users apart sees and changes the
rows of all.
Replace a policy by one that names the rows; switch row level security off when no code relies on it.

Silent when the table is new, when row level security is on again at the end of the migration, and about a
policy that is always true where none for that command and those roles was dropped or narrower before.

https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Policy, PolicyDefinition, Severity, TableCommand
from miglint.rule import Bad, Context, Good, Rule

_ORDERS = """
    CREATE TABLE orders (id bigint, owner name);
    ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON orders USING (owner = current_user);
"""
_ON = ("row level security", "enabled")

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    examples=(
        Bad(
            "switched off",
            "ALTER TABLE orders DISABLE ROW LEVEL SECURITY;  -- expect: lifted-row-security",
            history=_ORDERS,
        ),
        Bad(
            "policy that is always true in place of a narrower one",
            """
                DROP POLICY own ON orders;
                CREATE POLICY every ON orders USING (true);  -- expect: lifted-row-security
            """,
            history=_ORDERS,
        ),
        Bad(
            "policy that is altered to be always true",
            "ALTER POLICY own ON orders USING (true);  -- expect: lifted-row-security",
            history=_ORDERS,
        ),
        Good(
            "switched on again",
            """
                ALTER TABLE orders DISABLE ROW LEVEL SECURITY;
                UPDATE orders SET owner = 'me' WHERE id = 1;
                ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
            """,
            history=_ORDERS,
        ),
        Bad(
            "switched off, with a policy that then does nothing",
            """
                ALTER TABLE orders DISABLE ROW LEVEL SECURITY;  -- expect: lifted-row-security
                DROP POLICY own ON orders;
                CREATE POLICY every ON orders USING (true);
            """,
            history=_ORDERS,
        ),
        Good(
            "it was not on",
            "ALTER TABLE orders DISABLE ROW LEVEL SECURITY;",
            history="CREATE TABLE orders (id bigint);",
        ),
        Good(
            "narrower policy stays beside one for another role",
            "CREATE POLICY every ON orders TO auditor USING (true);",
            history=_ORDERS,
        ),
        Good(
            "policy for another command",
            "DROP POLICY own ON orders;\nCREATE POLICY every ON orders FOR SELECT USING (true);",
            history=_ORDERS,
        ),
        Good(
            "policy for some rows",
            "DROP POLICY own ON orders;\nCREATE POLICY mine ON orders USING (owner = session_user);",
            history=_ORDERS,
        ),
        Good(
            "table is new in this migration",
            f"{_ORDERS}ALTER TABLE orders DISABLE ROW LEVEL SECURITY;",
        ),
        Good(
            "policy is gone when the migration ends",
            """
                DROP POLICY own ON orders;
                CREATE POLICY every ON orders USING (true);
                DROP POLICY every ON orders;
            """,
            history=_ORDERS,
        ),
    ),
)


@rule.check(TableCommand)
def lifted_row_security(command: TableCommand, ctx: Context) -> Iterator[Finding]:
    name = command.table
    start, end = ctx.records[0].schema.table(ctx.old_name(name)), ctx.records[-1].after.table(name)
    if start is None or end is None or _ON not in start.properties or ctx.is_new(name):
        return
    made = command.policy if _ON in end.properties else None
    if command.action == "disable row level security" and _ON not in end.properties:
        message = f"{name.display} loses its row level security: from COMMIT on, running code sees all rows"
    elif made is not None and _replaces(made, start.policies, end.policies):
        policy = f"the policy {made.name} of {name.display}"
        message = f"{policy} lets all rows through, where one kept them apart, for all code from COMMIT on"
    else:
        return
    help_ = "do so in a release after the one whose code keeps the rows apart by itself"
    yield Finding(command.span, message, help=help_, tables=(name,))


def _replaces(made: PolicyDefinition, before: tuple[Policy, ...], after: tuple[Policy, ...]) -> bool:
    """Whether a policy is always true at the end and stands where one for some rows stood."""
    now = next((each for each in after if each.name == made.name), None)
    if now is None or not now.permissive or not _is_true(now):
        return False
    alike = [each for each in before if (each.command, each.roles) == (now.command, now.roles)]
    kept = {each.name for each in after if not _is_true(each)}
    gone = any(each.permissive and not _is_true(each) and each.name not in kept for each in alike)
    return gone and not any(map(_is_true, alike))


def _is_true(policy: Policy) -> bool:
    return policy.using is not None and policy.using.text.strip("() ").lower() == "true"
