"""
Migration that does not set what the project demands.

A `statement_timeout` ends a statement that runs longer than anybody has planned, with its locks, before those
who wait notice. Other settings that projects demand are `idle_in_transaction_session_timeout` and
`application_name`; `required_settings` in the configuration names them, and names `statement_timeout` if it
is not there.
Set them at the top of the migration.

Off by default: the role or the runner can set them, which no file shows. `missing-lock-timeout` speaks of
`lock_timeout`.
Silent when the migration makes nobody wait for a table in use; about `statement_timeout` also when it builds
CONCURRENTLY or validates a constraint: that takes long on purpose, and a build that is stopped leaves an
invalid index.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT
"""

from collections.abc import Iterator

from miglint.model import Finding, Lock, SetVariable, Severity, ValidateConstraint
from miglint.rule import Bad, Context, Good, MigrationEnd, Record, Rule

_ORDERS = "CREATE TABLE orders (id bigint, note text);"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "no statement_timeout",
            "ALTER TABLE orders ADD COLUMN at date;  -- expect: missing-setting",
            history=_ORDERS,
        ),
        Bad(
            "set too late",
            """
                ALTER TABLE orders ADD COLUMN at date;  -- expect: missing-setting
                SET statement_timeout = '5s';
            """,
            history=_ORDERS,
        ),
        Bad(
            "what the configuration names",
            """
                SET statement_timeout = '5s';
                ALTER TABLE orders ADD COLUMN at date;  -- expect: missing-setting
            """,
            history=_ORDERS,
            settings=(("required_settings", ("statement_timeout", "application_name")),),
        ),
        Good(
            "set",
            "SET statement_timeout = '5s';\nALTER TABLE orders ADD COLUMN at date;",
            history=_ORDERS,
        ),
        Good(
            "the configuration asks for none",
            "ALTER TABLE orders ADD COLUMN at date;",
            history=_ORDERS,
            settings=(("required_settings", ()),),
        ),
        Good("table is new in this migration", f"{_ORDERS}\nALTER TABLE orders ADD COLUMN at date;"),
        Good(
            "constraint is validated",
            "ALTER TABLE orders VALIDATE CONSTRAINT has_note;\nALTER TABLE orders ADD COLUMN at date;",
            history=f"{_ORDERS}\nALTER TABLE orders ADD CONSTRAINT has_note CHECK (note <> '') NOT VALID;",
        ),
    ),
)


@rule.check(MigrationEnd)
def missing_setting(end: MigrationEnd, ctx: Context) -> Iterator[Finding]:
    missing = dict.fromkeys(ctx.policy.required_settings)
    if any(map(_takes_long, ctx.records)):
        missing.pop("statement_timeout", None)
    for place, record in enumerate(ctx.records):
        operation = record.operation
        if isinstance(operation, SetVariable) and operation.value:
            missing.pop(operation.name, None)
        lock = _waited_for(ctx.at(place))
        if lock is not None:
            if missing:
                yield Finding(
                    operation.span,
                    f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set before this "
                    f"locks {lock.table.display}",
                    help="set it at the top of the migration",
                    tables=(lock.table,),
                )
            return


def _waited_for(ctx: Context) -> Lock | None:
    return next(filter(ctx.waits.makes_wait, ctx.effects.locks), None)


def _takes_long(record: Record) -> bool:
    concurrently = bool(getattr(record.operation, "concurrently", False))
    return concurrently or isinstance(record.operation, ValidateConstraint)
