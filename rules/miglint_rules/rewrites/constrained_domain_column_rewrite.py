"""
New column of a domain with constraints, which are tested row by row.

`ADD COLUMN` with a domain that has a CHECK or NOT NULL of its own rewrites the table and all of its indexes
under ACCESS EXCLUSIVE, even without a default, because the server tests the value of each row: even a SELECT
waits until COMMIT.
Add the column with the domain's base type, add the condition to the table as a CHECK that is NOT VALID, and
validate it in a later migration.

Silent for domains without constraints and for arrays, when this migration creates or truncates the table, and
for tables that the configuration lists as small.

https://www.postgresql.org/docs/current/sql-createdomain.html
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    AddColumn,
    DomainType,
    Expression,
    Finding,
    Given,
    Name,
    Outside,
    RemedyStep,
    Say,
    SetDefault,
    Severity,
    check_later,
    column_added,
    do,
    quote,
    validated,
)
from miglint.rule import Bad, Context, Good, Rule

TABLES = "CREATE DOMAIN email AS text CHECK (value LIKE '%@%');\nCREATE TABLE users (id bigint PRIMARY KEY);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "domain with a CHECK",
            "ALTER TABLE users ADD COLUMN mail email;  -- expect: constrained-domain-column-rewrite",
            history=TABLES,
        ),
        Bad(
            "domain that is NOT NULL, with a default",
            """
                ALTER TABLE users
                    ADD COLUMN rank rank DEFAULT 1;  -- expect: constrained-domain-column-rewrite
            """,
            history=f"{TABLES}\nCREATE DOMAIN rank AS int NOT NULL;",
        ),
        Bad(
            "domain with a CHECK, and a default that is another in every row",
            "ALTER TABLE users ADD COLUMN token token;  -- expect: constrained-domain-column-rewrite",
            history=f"""
                {TABLES}
                CREATE DOMAIN token AS text DEFAULT gen_random_uuid()::text CHECK (value <> '');
            """,
        ),
        Good(
            "base type, and the condition as a CHECK that is validated later",
            """
                ALTER TABLE users ADD COLUMN mail text;
                ALTER TABLE users ADD CONSTRAINT users_mail CHECK (mail LIKE '%@%') NOT VALID;
                -- migration
                ALTER TABLE users VALIDATE CONSTRAINT users_mail;
            """,
            history=TABLES,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "array of a domain",
            "ALTER TABLE users ADD COLUMN mails email[];",
            history=TABLES,
        ),
        Good(
            "domain without constraints",
            "ALTER TABLE users ADD COLUMN nick nick;",
            history=f"{TABLES}\nCREATE DOMAIN nick AS text;",
        ),
        Good(
            "domain without constraints whose default copies the table, which another rule reports",
            "ALTER TABLE users ADD COLUMN token token;",
            history=f"{TABLES}\nCREATE DOMAIN token AS uuid DEFAULT gen_random_uuid();",
        ),
        Good(
            "table is copied for another reason",
            "ALTER TABLE users ADD COLUMN number bigserial;",
            history=TABLES,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE carts AS SELECT * FROM users;\nALTER TABLE carts ADD COLUMN mail email;",
            history=TABLES,
        ),
        Good(
            "table is listed as small",
            "ALTER TABLE users ADD COLUMN mail email;",
            history=TABLES,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
    ),
)


@rule.check(AddColumn)
def constrained_domain_column_rewrite(add: AddColumn, ctx: Context) -> Iterator[Finding]:
    column = add.column
    domain = ctx.schema.types.get(column.type.qualified) if column.type.qualified else None
    if ctx.waits.leading_cause != "domain" or not isinstance(domain, DomainType):
        return
    table, name = add.table, quote(column.name)
    tests = [f"{name} IS NOT NULL"] if domain.not_null else []
    tests += [c.expression.of_column(name) for c in domain.checks if c.expression is not None]
    constraint = f"{add.table.name}_{column.name}_{domain.name.name}"
    default = column.default or domain.default
    at_once = default if default is not None and not _by_row(default) else None
    steps: list[RemedyStep] = [do(column_added(table, column.name, domain.type, at_once))]
    last: list[RemedyStep] = [Say("in a later migration:")]
    if default is not None and at_once is None:
        steps += [do(SetDefault(NOWHERE, table, column.name, default))]
        batches = ctx.rows.fill_loop(add.table, column.name, default.text, default.functions)
        filled = Outside((Given(batches),), later=True, remark=", for the old rows")
        last = [filled, Say("and in a later migration:")]
    yield Finding(
        add.span,
        f"constraints of the domain {domain.name.display} are tested for every row of {add.table.display}, "
        "which is rewritten under ACCESS EXCLUSIVE",
        help=ctx.remedies.shown(
            *steps,
            do(check_later(table, constraint, " AND ".join(tests))),
            *last,
            do(validated(table, constraint)),
        ),
        tables=(add.table,),
        related=ctx.waits.also_blocking,
    )


def _by_row(default: Expression) -> bool:
    """Whether a default may be another one for each row: `now()` is the same for the whole statement."""
    return not {*default.functions} <= {"now"}
