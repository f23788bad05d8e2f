"""
Migration without a down script.

When a release has to be rolled back, somebody needs the SQL that undoes its migrations: written calmly
beforehand and tried on a copy, or by hand while production waits. A down script also shows what cannot be
undone, because its data is gone.
Write the down script together with the migration, and run both once on a copy of the database.

Where at least half of the migrations have a down script, those without one are probably an oversight: each
gets a warning, unless the history begins with several without one, from before the project wrote them.
Where fewer have one, or none, that is the project's practice, and one note covers the whole history, at the
first migration that blocks, loses or changes rows; it says what a rollback means with this tool and how to
begin.
With `down = "required"` every migration without one gets a warning, with "off" none.
Silent for migrations that only comment, set and select, that the tool reverses on its own or runs again at
each change, and for baselines; where a down script exists; about the practice of fewer than three migrations
when the tool runs no down scripts; and for Flyway, whose paid editions alone run undo scripts, where there is
none and no prefix for them is configured.
"""

from collections.abc import Iterator

from miglint.model import Finding, History, Migration, Severity, Step, leaves_no_trace
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    examples=(
        Bad(
            "other migrations have a down script",
            """
                CREATE TABLE users (id bigint PRIMARY KEY);  -- expect: missing-down
                -- migration
                ALTER TABLE users ADD COLUMN name text;
            """,
            down="ALTER TABLE users DROP COLUMN name;",
            has_downs=True,
        ),
        Bad(
            "few migrations have one, and one note says so",
            """
                CREATE TABLE users (id bigint PRIMARY KEY);  -- expect: missing-down
                -- migration
                ALTER TABLE users ADD COLUMN name text;
                -- migration
                ALTER TABLE users ADD COLUMN email text;
            """,
            down="ALTER TABLE users DROP COLUMN email;",
            has_downs=True,
        ),
        Bad(
            "no migration has one, although the tool can run them",
            """
                CREATE TABLE users (id bigint PRIMARY KEY);  -- expect: missing-down
                -- migration
                ALTER TABLE users ADD COLUMN name text;
            """,
            has_downs=True,
        ),
        Bad(
            "the first in which a rollback matters is named",
            """
                CREATE TABLE users (id bigint PRIMARY KEY);
                -- migration
                DROP TABLE users;  -- expect: missing-down
            """,
            has_downs=True,
        ),
        Bad(
            "Liquibase reverses some changes on its own",
            files={
                "db/changelog.xml": """
                    <databaseChangeLog>
                        <changeSet id="1" author="ana">
                            <createTable tableName="users"><column name="id" type="bigint"/></createTable>
                        </changeSet>
                        <changeSet id="2" author="ana">
                            <sql>CREATE INDEX users_id ON users (id);  -- expect: missing-down
                            </sql>
                        </changeSet>
                    </databaseChangeLog>
                """,
            },
        ),
        Bad(
            "configuration requires one in each migration",
            """
                CREATE TABLE users (id bigint PRIMARY KEY);  -- expect: missing-down
                -- migration
                ALTER TABLE users ADD COLUMN name text;  -- expect: missing-down
            """,
            settings=(("down", "required"),),
        ),
        Good(
            "down script exists",
            "CREATE TABLE users (id bigint PRIMARY KEY);",
            down="DROP TABLE users;",
            has_downs=True,
            recommended=True,
        ),
        Good(
            "the first migrations are from before the project began to write down scripts",
            files={
                "migrations/1_a.up.sql": "CREATE TABLE a (id bigint PRIMARY KEY);",
                "migrations/2_b.up.sql": "CREATE TABLE b (id bigint PRIMARY KEY);",
                "migrations/3_c.up.sql": "CREATE TABLE c (id bigint PRIMARY KEY);",
                "migrations/4_d.up.sql": "CREATE TABLE d (id bigint PRIMARY KEY);",
                "migrations/4_d.down.sql": "DROP TABLE d;",
                "migrations/5_e.up.sql": "CREATE TABLE e (id bigint PRIMARY KEY);",
                "migrations/5_e.down.sql": "DROP TABLE e;",
                "migrations/6_f.up.sql": "CREATE TABLE f (id bigint PRIMARY KEY);",
                "migrations/6_f.down.sql": "DROP TABLE f;",
            },
        ),
        Good(
            "nothing to undo in a migration that only comments and sets",
            """
                SET lock_timeout = '5s';
                COMMENT ON TABLE users IS 'people who log in';
                COMMENT ON SCHEMA public IS 'tables of the shop';
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
            settings=(("down", "required"),),
        ),
        Good(
            "Liquibase reverses the change on its own",
            files={
                "db/changelog.xml": """
                    <databaseChangeLog>
                        <changeSet id="1" author="ana">
                            <createTable tableName="users"><column name="id" type="bigint"/></createTable>
                        </changeSet>
                    </databaseChangeLog>
                """,
            },
            settings=(("down", "required"),),
        ),
        Good(
            "Flyway without undo scripts, which only its paid editions run",
            files={
                f"db/migration/V{number}__t{number}.sql": f"CREATE TABLE t{number} (id bigint PRIMARY KEY);"
                for number in range(1, 5)
            },
        ),
        Good(
            "nothing reverts a baseline, nor what is run again at each change",
            files={
                "db/migration/B1__begin.sql": "CREATE TABLE users (id bigint PRIMARY KEY);",
                "db/migration/V2__name.sql": "ALTER TABLE users ADD COLUMN name text;",
                "db/migration/U2__name.sql": "ALTER TABLE users DROP COLUMN name;",
                "db/migration/R__people.sql": "CREATE OR REPLACE VIEW people AS SELECT * FROM users;",
            },
            settings=(("down", "required"),),
        ),
        Good(
            "configuration asks for none",
            "CREATE TABLE users (id bigint PRIMARY KEY);",
            has_downs=True,
            settings=(("down", "off"),),
        ),
        Good(
            "tool without down scripts, for which no better way is known",
            "CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
    ),
)

_HABIT = 3


@rule.check(HistoryEnd)
def missing_down(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    advice = end.history.advice
    if ctx.policy.down == "off":
        return
    places: dict[str, Step] = {}
    for step in ctx.steps:
        if not all(leaves_no_trace(operation) for operation in step.statement.operations):
            places.setdefault(step.migration, step)
    ups = [m for m in end.history.migrations if m.up is not None and (_has_down(m) or _can_miss_one(m))]
    having = sum(_has_down(migration) for migration in ups)
    missing = [migration for migration in ups if not _has_down(migration) and migration.id in places]
    if ctx.policy.down == "required" or (having and 2 * having >= len(ups)):
        first = next((at for at, migration in enumerate(ups) if _has_down(migration)), 0)
        begun = ctx.policy.down == "required" or first < _HABIT
        due = missing if begun else [m for m in ups[first:] if not _has_down(m) and m.id in places]
        for migration in (m for m in due if ctx.is_selected(m.id)):
            message = f"migration {migration.id} has no down script"
            message += f", {having} of {len(ups)} migrations have one" if having else ""
            help_text = f"write the statements that undo it as {advice.down_file or 'a down script'}"
            help_text += f": {advice.without_down}" if advice.without_down else ""
            yield _finding(places[migration.id], message, help_text)._replace(severity=Severity.WARNING)
        return
    speaks = advice.has_downs or (advice.begin_downs and len(missing) >= _HABIT)
    told = ctx.whole.telling([places[migration.id] for migration in missing]) if missing and speaks else None
    if told is not None and ctx.is_selected(told.migration):
        help_text = "\n".join(part for part in (advice.without_down, advice.begin_downs) if part)
        message = _practice(end.history, having, len(ups), len(missing))
        if told.migration != missing[0].id:
            message += "; this is the first that blocks, loses or changes rows"
        yield _finding(told, message, help_text)


def _practice(history: History, having: int, ups: int, missing: int) -> str:
    reversed_by_tool = sum(migration.reversible and not migration.down for migration in history.migrations)
    if reversed_by_tool:
        without = f"{ups + reversed_by_tool - having} migrations without a down script"
        return f"the tool cannot reverse {missing} of the {without} on its own"
    if having:
        return f"{missing} of {ups} migrations have no down script"
    return (
        f"none of the {ups} migrations has a down script"
        if ups > 1
        else "the only migration has no down script"
    )


def _has_down(migration: Migration) -> bool:
    # One that cannot be read is told of as such.
    return migration.down is not None or migration.down_unread


def _can_miss_one(migration: Migration) -> bool:
    return not (migration.reversible or migration.repeatable or migration.baseline)


def _finding(place: Step, message: str, help_text: str) -> Finding:
    statement = place.statement
    return Finding(statement.span, message, help=help_text, source=statement.source)
