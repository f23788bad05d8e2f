"""
Domain constraint that is tested on live tables under lock.

`ALTER DOMAIN ... ADD CONSTRAINT` and `SET NOT NULL` read every table that has a column of the domain, under a
SHARE lock on each until COMMIT: reads continue, but every INSERT, UPDATE and DELETE waits.
NOT VALID tests new values only, and takes no lock on the tables; but `ALTER DOMAIN ... VALIDATE CONSTRAINT`
takes the same SHARE locks, so there is no way to check the old rows while writes continue.
Leave the constraint NOT VALID, and add a CHECK to each table instead, NOT VALID and validated later.

Silent when no table uses the domain or none of them has rows, when the constraint is NOT VALID, when this
migration creates the tables, and for tables that the configuration lists as small.

https://www.postgresql.org/docs/current/sql-alterdomain.html
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    AlterDomain,
    DomainType,
    Finding,
    Name,
    Say,
    Severity,
    check_later,
    do,
    quote,
    validated,
)
from miglint.rule import Bad, Context, Good, Rule

DOMAIN = "CREATE DOMAIN email AS text;\nCREATE TABLE users (id bigint PRIMARY KEY, mail email);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "domain of a column in use",
            """
                ALTER DOMAIN email  -- expect: domain-constraint-scan
                    ADD CONSTRAINT at CHECK (value LIKE '%@%');
            """,
            history=DOMAIN,
        ),
        Bad(
            "NOT NULL for the domain of a column in use",
            "ALTER DOMAIN email SET NOT NULL;  -- expect: domain-constraint-scan",
            history=DOMAIN,
        ),
        Bad(
            "validation, which takes the same lock",
            "ALTER DOMAIN email VALIDATE CONSTRAINT at;  -- expect: domain-constraint-scan",
            history=f"{DOMAIN}\nALTER DOMAIN email ADD CONSTRAINT at CHECK (value LIKE '%@%') NOT VALID;",
        ),
        Good(
            "NOT VALID, and a CHECK on the table instead",
            """
                ALTER DOMAIN email ADD CONSTRAINT at CHECK (value LIKE '%@%') NOT VALID;
                ALTER TABLE users ADD CONSTRAINT users_mail CHECK (mail LIKE '%@%') NOT VALID;
                -- migration
                ALTER TABLE users VALIDATE CONSTRAINT users_mail;
            """,
            history=DOMAIN.replace("mail email", "mail email DEFAULT 'a@b'"),
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "no table uses the domain",
            "ALTER DOMAIN email ADD CONSTRAINT at CHECK (value LIKE '%@%');",
            history="CREATE DOMAIN email AS text;",
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE users (mail email);\nALTER DOMAIN email SET NOT NULL;",
            history="CREATE DOMAIN email AS text;",
        ),
        Good(
            "table is listed as small",
            "ALTER DOMAIN email SET NOT NULL;",
            history=DOMAIN,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
    ),
)


@rule.check(AlterDomain)
def domain_constraint_scan(change: AlterDomain, ctx: Context) -> Iterator[Finding]:
    scans = ctx.waits.blocked(ctx.effects.scans)
    if not scans:
        return
    tables = tuple(dict.fromkeys(work.table for work in scans))
    yield Finding(
        change.span,
        f"domain {change.domain.display} blocks {ctx.waits.blocked_uses(*tables)} while every row is tested",
        help=_help(change, tables[0], ctx),
        tables=tables,
        related=ctx.waits.locked_before(*tables),
    )


def _help(change: AlterDomain, table: Name, ctx: Context) -> str:
    domain, constraint = ctx.schema.types.get(change.domain), change.constraint
    known = domain.checks if isinstance(domain, DomainType) else ()
    old = next((check for check in known if check.name == change.name), None)
    name = change.name or (constraint.name if constraint else "") or f"{change.domain.name}_not_null"
    test = constraint.expression if constraint else old.expression if old else None
    found = ctx.table(table)
    columns = [c.name for c in found.columns if c.type.qualified == change.domain] if found else []
    column = quote(columns[0]) if columns else "..."
    text = test.text if test else "value IS NOT NULL"
    of_column = test.of_column(column) if test else f"{column} IS NOT NULL"
    new = check_later(change.domain, name, text).constraint
    return ctx.remedies.shown(
        *(() if old else (do(AlterDomain(NOWHERE, change.domain, "add constraint", new)),)),
        Say("and for the old rows, in each table:"),
        do(check_later(table, name, of_column)),
        Say("in a later migration:"),
        do(validated(table, name)),
    )
