"""
Checksum file that does not match the migrations.

The tool keeps a hash of each file and of all together, so that nobody changes what has run. It compares them
first and refuses to run anything if a file was added, edited or removed without updating it. Where two
branches have each added a migration, this file conflicts on purpose.
Look at what has changed, then let the tool write it again.

Silent when every hash matches.
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity, StaleChecksum
from miglint.rule import Bad, Context, Good, Rule

_USERS = {"migrations/1_users.sql": "CREATE TABLE users (id bigint);\n"}
_SUM = "h1:%s\n1_users.sql h1:%s\n"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    dialects={},
    examples=(
        Bad(
            "file that was edited",
            files={**_USERS, "migrations/atlas.sum": _SUM % ("A" * 43 + "=", "B" * 43 + "=")},
            expect=("migrations/atlas.sum:2 stale-checksum-file",),
        ),
        Good(
            "hashes that match",
            files={
                **_USERS,
                "migrations/atlas.sum": _SUM
                % ("A" * 43 + "=", "qKw9ISh/31I8YfDaOxL1W3Nra88PPqhnMFhKby4wsHY="),
            },
        ),
    ),
)


@rule.check(StaleChecksum)
def stale_checksum_file(found: StaleChecksum, ctx: Context) -> Iterator[Finding]:
    yield found.finding
