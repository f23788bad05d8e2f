"""
IF NOT EXISTS that takes an invalid index for the one that is meant.

A `CREATE INDEX CONCURRENTLY` that fails, is cancelled or times out leaves an invalid index of its name
behind: writes keep it up to date, and no query uses it. The next attempt finds the name taken, does nothing
because of IF NOT EXISTS, and the migration is recorded as done.
Drop what a failed build has left first, with `DROP INDEX CONCURRENTLY IF EXISTS`.

Off by default: it takes a failure before anything is lost, and many teams look at the index then.
Silent where the migration drops an index of this name before, on tables that are new or listed as small, and
where `duplicates-in-the-way` says the same, of a unique index that can fail on the rows.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    CreateIndex,
    DropIndex,
    Finding,
    Name,
    Outside,
    Severity,
    TransactionMode,
    do,
)
from miglint.rule import Bad, Context, Good, Record, Rule

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text);"
_BUILD = "CREATE INDEX CONCURRENTLY IF NOT EXISTS users_email ON users (email);"
_EACH = TransactionMode.PER_STATEMENT

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    told_by=("duplicates-in-the-way",),
    examples=(
        Bad(
            "index of a table in use", f"{_BUILD}  -- expect: invalid-index-kept", history=_USERS, mode=_EACH
        ),
        Good(
            "left-over is dropped first",
            f"DROP INDEX CONCURRENTLY IF EXISTS users_email;\n{_BUILD}",
            history=_USERS,
            mode=_EACH,
            recommended=True,
        ),
        Good(
            "build that fails where the name is taken",
            "CREATE INDEX CONCURRENTLY users_email ON users (email);",
            history=_USERS,
            mode=_EACH,
        ),
        Good(
            "index that is not built CONCURRENTLY, of which a failure leaves nothing",
            "CREATE INDEX IF NOT EXISTS users_email ON users (email);",
            history=_USERS,
            mode=_EACH,
        ),
        Good("table is new in this migration", f"{_USERS}\n{_BUILD}", mode=_EACH),
    ),
)


@rule.check(CreateIndex)
def invalid_index_kept(index: CreateIndex, ctx: Context) -> Iterator[Finding]:
    if (
        not index.concurrently
        or not index.if_not_exists
        or not ctx.is_live(index.table)
        or index.name is None
    ):
        return
    name = Name(index.table.schema, index.name)
    if ctx.once(_dropped).get(name, ctx.place) < ctx.place:
        return
    build = index._replace(if_not_exists=False)
    yield Finding(
        index.span,
        f"if a build of {index.name} has failed, the next attempt keeps the invalid index that it has left",
        help=ctx.remedies.shown(
            Outside((do(DropIndex(NOWHERE, name, concurrently=True, if_exists=True)),)),
            Outside((do(build),)),
        ),
        tables=(index.table,),
    )


def _dropped(records: tuple[Record, ...]) -> dict[Name, int]:
    """The places at which indexes are first dropped."""
    drops = [(place, record.operation) for place, record in enumerate(records)]
    return {drop.name: place for place, drop in reversed(drops) if isinstance(drop, DropIndex)}
