"""
SET LOCAL outside a transaction, which sets nothing.

`SET LOCAL` lasts until the transaction ends. Outside one the server only warns, and the setting stays as it
was: a lock_timeout that was meant to keep the deploy short is not in effect, although everybody reads it.
`SET CONSTRAINTS` and `SET TRANSACTION` do nothing there, either.
If the tool sends the statements one by one, use `SET`, and `RESET` at the end; or put `BEGIN` and `COMMIT`
around what belongs together.

Silent inside BEGIN and COMMIT, inside the tool's transaction, in a file that is sent as one query with other
statements, and in functions and blocks.

https://www.postgresql.org/docs/current/sql-set.html
"""

from collections.abc import Iterator

from miglint.model import Finding, SetForTransaction, SetVariable, Severity, TransactionMode
from miglint.rule import Bad, Context, Good, Rule

_SET = "SET LOCAL lock_timeout = '5s';"
_USERS = "CREATE TABLE users (id bigint PRIMARY KEY);"
_ALTER = "ALTER TABLE users ADD COLUMN name text;"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    examples=(
        Bad(
            "tool that sends the statements one by one",
            f"{_SET}  -- expect: set-local-outside-transaction\n{_ALTER}",
            history=_USERS,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Bad(
            "after COMMIT",
            f"BEGIN;\n{_ALTER}\nCOMMIT;\n{_SET}  -- expect: set-local-outside-transaction\n{_ALTER}",
            history=_USERS,
            mode=TransactionMode.SCRIPT,
        ),
        Bad(
            "constraints deferred to the end of no transaction",
            "SET CONSTRAINTS ALL DEFERRED;  -- expect: set-local-outside-transaction",
            mode=TransactionMode.PER_STATEMENT,
        ),
        Bad(
            "isolation level of no transaction",
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;  -- expect: set-local-outside-transaction",
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "constraints deferred in a transaction",
            "BEGIN;\nSET CONSTRAINTS ALL DEFERRED;\nCOMMIT;",
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "isolation level of the transactions to come",
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE;",
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "in the tool's transaction",
            f"{_SET}\n{_ALTER}",
            history=_USERS,
            mode=TransactionMode.PER_MIGRATION,
        ),
        Good("in one query with the statement", f"{_SET}\n{_ALTER}", history=_USERS, recommended=True),
        Good(
            "after BEGIN",
            f"BEGIN;\n{_SET}\n{_ALTER}\nCOMMIT;",
            history=_USERS,
            mode=TransactionMode.PER_STATEMENT,
            recommended=True,
        ),
        Good("SET without LOCAL", "SET lock_timeout = '5s';", mode=TransactionMode.PER_STATEMENT),
        Good(
            "in a block, which is a transaction",
            "DO $$ BEGIN PERFORM set_config('lock_timeout', '5s', true); END $$;",
            mode=TransactionMode.PER_STATEMENT,
        ),
    ),
)


@rule.check(SetVariable, SetForTransaction)
def set_local_outside_transaction(
    setting: SetVariable | SetForTransaction, ctx: Context
) -> Iterator[Finding]:
    if ctx.session.in_transaction or ctx.block:
        return
    if isinstance(setting, SetForTransaction):
        yield Finding(
            setting.span,
            f"{setting.command} outside a transaction does nothing",
            help="put BEGIN and COMMIT around what needs it",
        )
        return
    if not setting.local:
        return
    value = f" = '{setting.value}'" if setting.value is not None else ""
    yield Finding(
        setting.span,
        f"SET LOCAL outside a transaction does not set {setting.name}",
        help=(
            f"put BEGIN and COMMIT around what needs it, or use SET {setting.name}{value}; "
            f"and RESET {setting.name}; at the end"
        ),
    )
