"""
Timeout that is longer than anybody can wait.

While a statement waits for its lock, all that comes later for the table waits behind it: a `lock_timeout` of
a minute is an outage of a minute, once for each attempt. More than ten seconds are too long, and so is a
`statement_timeout` of more than an hour, which ends nothing while somebody is watching.
Wait for a few seconds, and try again.

Off by default, as the limit is a matter of taste. Silent where nothing follows that the timeout holds for.
`missing-lock-timeout` speaks of 0.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
"""

from collections.abc import Iterator

from miglint.model import Finding, SetVariable, Severity
from miglint.rule import Bad, Context, Good, Rule

_ORDERS = "CREATE TABLE orders (id bigint);"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "lock_timeout of a minute",
            "SET lock_timeout = '1min';  -- expect: long-timeout\nALTER TABLE orders ADD COLUMN at date;",
            history=_ORDERS,
        ),
        Bad(
            "statement_timeout of a day, in milliseconds",
            "SET statement_timeout = 86400000;  -- expect: long-timeout\nALTER TABLE orders ADD at date;",
            history=_ORDERS,
        ),
        Good(
            "some seconds",
            """
                SET lock_timeout = '5s';
                SET statement_timeout = '10min';
                ALTER TABLE orders ADD COLUMN at date;
            """,
            history=_ORDERS,
        ),
        Good("nothing follows", "SET lock_timeout = '1min';"),
        Good(
            "another setting",
            "SET work_mem = '100MB';\nALTER TABLE orders ADD COLUMN at date;",
            history=_ORDERS,
        ),
        Good("taken back", "RESET lock_timeout;\nALTER TABLE orders ADD COLUMN at date;", history=_ORDERS),
    ),
)

_LIMITS = {"lock_timeout": (10_000, "ten seconds"), "statement_timeout": (3_600_000, "an hour")}


@rule.check(SetVariable)
def long_timeout(setting: SetVariable, ctx: Context) -> Iterator[Finding]:
    if setting.name in _LIMITS and ctx.later:
        limit, words = _LIMITS[setting.name]
        now = ctx.later[0].session.settings
        value = now.lock_timeout if setting.name == "lock_timeout" else now.statement_timeout
        if value is not None and value > limit:
            yield Finding(
                setting.span,
                f"a {setting.name} of {setting.value} is longer than {words}",
                help="wait for less, and try again",
            )
