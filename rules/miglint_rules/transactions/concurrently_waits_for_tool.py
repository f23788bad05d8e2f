"""
CONCURRENTLY that waits for a transaction of the migration tool itself.

`CREATE INDEX CONCURRENTLY` and `REINDEX ... CONCURRENTLY` wait until every older transaction has ended.
Flyway from version 9.1.2 on holds its lock in a transaction on a second connection until all migrations are
done: each waits for the other, the deploy never ends, and an invalid index is left behind.

Set `flyway.postgresql.transactional.lock=false`, so that Flyway takes a session-level lock instead.

Silent where that setting is in a file of the project, or in Java or Kotlin code whose path speaks of Flyway
or of migrations; where the build asks for an older Flyway; and for the other tools, none of which does this.

- [Flyway: transactional lock](https://documentation.red-gate.com/flyway/reference/configuration/flyway-namespace/flyway-postgresql-namespace/flyway-postgresql-transactional-lock-setting)
- [PostgreSQL: building indexes concurrently](https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY)
"""

from collections.abc import Iterator

from miglint.model import Confidence, CreateIndex, Finding, Reindex, Severity
from miglint.rule import Bad, Context, Good, Rule

_TOWNS = "CREATE TABLE towns (id bigint PRIMARY KEY, name text);"
_INDEX = "CREATE INDEX CONCURRENTLY towns_name ON towns (name);"
_BUILD = """
    dependencies { implementation "org.flywaydb:flyway-core:%s" }
"""


def _project(index: str = _INDEX, version: str = "10.7.1", **more: str) -> dict[str, str]:
    return {
        "db/migration/V1__towns.sql": _TOWNS,
        "db/migration/V2__name.sql": index,
        "build.gradle": _BUILD % version,
        **more,
    }


rule = Rule(
    __name__,
    severity=Severity.ERROR,
    # The setting may stand on a command line, or in the environment.
    confidence=Confidence.MEDIUM,
    since="0.1.0",
    examples=(
        Bad(
            "index is built CONCURRENTLY by a Flyway that locks in a transaction",
            files=_project(f"{_INDEX}  -- expect: concurrently-waits-for-tool"),
        ),
        Bad(
            "reindex outside a transaction",
            files=_project(
                "REINDEX TABLE CONCURRENTLY towns;  -- expect: concurrently-waits-for-tool",
                **{"db/migration/V2__name.sql.conf": "executeInTransaction=false"},
            ),
        ),
        Good(
            "setting for a session-level lock",
            files=_project(**{"flyway.conf": "flyway.postgresql.transactional.lock=false"}),
        ),
        Good(
            "setting in code",
            files=_project(
                **{
                    "src/main/java/shop/MigrationRunner.java": (
                        '.configuration(Map.of("flyway.postgresql.transactional.lock", "false"))'
                    )
                }
            ),
        ),
        Good("older Flyway", files=_project(version="9.1.1")),
        Good("index is dropped, which waits only for users of its table", files=_project(
            "DROP INDEX CONCURRENTLY IF EXISTS towns_name;"
        )),
        Good("plain index build", files=_project("CREATE INDEX towns_name ON towns (name);")),
        Good("other tool", "CREATE INDEX CONCURRENTLY towns_name ON towns (name);", history=_TOWNS),
    ),
)  # fmt: skip


@rule.check(CreateIndex, Reindex)
def concurrently_waits_for_tool(build: CreateIndex | Reindex, ctx: Context) -> Iterator[Finding]:
    advice = ctx.history.advice
    if not build.concurrently or not advice.holds_transaction or ctx.session.in_transaction or ctx.block:
        return
    yield Finding(
        build.span,
        f"{ctx.effects.outside_transaction} waits for ever: {advice.holds_transaction}",
        help=advice.let_go,
    )
