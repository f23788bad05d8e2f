import json
from pathlib import Path

import pytest
from migration_project import Write, ids

from miglint.model.irregularity import MissingFile, ProviderMismatch, UnstableOrder
from miglint.model.migration import History, Problem, TransactionMode
from miglint.tools import ToolSettings, find_histories

LOCK = {"prisma/migrations/migration_lock.toml": '# do not edit\nprovider = "postgresql"\n'}
TWO_STATEMENTS = "CREATE TABLE a (id int);\nCREATE TABLE b (id int);\n"


def read(version: str | None = None) -> History:
    (history,) = find_histories(["."], {"prisma/migrations": ToolSettings(tool_version=version)})
    assert history.tool == "prisma"
    return history


def migrations(*names: str) -> dict[str, str]:
    return {f"prisma/migrations/{name}/migration.sql": "SELECT 1;" for name in names}


def package(version: str) -> dict[str, str]:
    return {"package.json": json.dumps({"devDependencies": {"prisma": version}})}


def mode(sql: str, version: str) -> tuple[TransactionMode, str]:
    Path("prisma/migrations/1_a").mkdir(parents=True, exist_ok=True)
    Path("prisma/migrations/1_a/migration.sql").write_text(sql)
    up = read(version).migrations[0].up
    assert up is not None
    return up.mode, up.mode_reason


def test_migrations_run_in_the_order_of_localecompare(write: Write) -> None:
    names = ["0_init", "000_x", "20240101000000_a", "20240101000000_B", "20240102_z", "3_last"]
    write({**LOCK, **migrations(*names)})
    assert ids(read()) == names


def test_odd_folder_names_are_migrations(write: Write) -> None:
    names = ["01_fix.sql", "02_new models copy", "03_ünïcode", "04_'quote'", "squashed"]
    write({**LOCK, **migrations(*names)})
    assert ids(read()) == names


def test_only_direct_sub_folders_and_only_migration_sql_are_read(write: Write) -> None:
    write(
        {
            **LOCK,
            **migrations("1_a"),
            "prisma/migrations/README.md": "",
            "prisma/migrations/loose.sql": "SELECT 1;",
            "prisma/migrations/1_a/extra.sql": "SELECT 1;",
            "prisma/migrations/1_a/nested/migration.sql": "SELECT 1;",
        }
    )
    history = read()
    assert ids(history) == ["1_a"]
    assert history.problems == ()


def test_a_folder_without_migration_sql_is_seen(write: Write) -> None:
    write(
        {
            **LOCK,
            **migrations("1_a"),
            "prisma/migrations/2_b/notes.md": "",
            "prisma/migrations/.x/notes.md": "",
        }
    )
    history = read()
    assert ids(history) == ["1_a"]
    (odd,) = history.irregularities
    assert (type(odd), odd.source.path) == (MissingFile, "prisma/migrations/2_b/migration.sql")
    assert "P3015" in odd.message


def test_a_folder_called_migration_sql_is_no_file(write: Write) -> None:
    write({**LOCK, **migrations("1_a"), "prisma/migrations/2_b/migration.sql/x": ""})
    assert [type(odd) for odd in read().irregularities] == [MissingFile]


def test_a_data_migration_in_code_stands_in_the_sequence(write: Write) -> None:
    write({**LOCK, **migrations("1_a"), "prisma/migrations/2_b/migration.ts": ""})
    history = read()
    assert (ids(history), history.problems, history.irregularities) == (["1_a", "2_b"], (), ())
    assert history.migrations[1].opaque is not None


def test_an_order_that_bytes_would_turn_round_is_seen(write: Write) -> None:
    write({**LOCK, **migrations("1_a", "1_B", "2_c")})
    (odd,) = read().irregularities
    assert (type(odd), odd.migration) == (UnstableOrder, "1_B")


@pytest.mark.parametrize("name", ["down.sql", "rollback.sql", "revert.sql"])
def test_a_script_beside_migration_sql_is_the_way_back(write: Write, name: str) -> None:
    write({**LOCK, **migrations("1_a", "2_b"), f"prisma/migrations/1_a/{name}": "DROP TABLE a;"})
    first, second = read().migrations
    assert first.down is not None
    assert first.down.source.path == f"prisma/migrations/1_a/{name}"
    assert first.down.mode is TransactionMode.IMPLICIT_BATCH
    assert second.down is None


def test_a_down_script_is_one_batch_in_every_version(write: Write) -> None:
    write({**LOCK, **migrations("1_a"), "prisma/migrations/1_a/down.sql": TWO_STATEMENTS})
    down = read("7.9.0").migrations[0].down
    assert down is not None
    assert down.mode is TransactionMode.IMPLICIT_BATCH
    assert "prisma db execute" in down.mode_reason


@pytest.mark.parametrize(
    ("provider", "dialect"),
    [
        ("postgresql", "postgres"),
        ("mysql", "mysql"),
        ("sqlite", "sqlite"),
        ("sqlserver", "mssql"),
        ("cockroachdb", "cockroach"),
    ],
)
def test_the_lock_file_names_the_database(write: Write, provider: str, dialect: str) -> None:
    write({**migrations("1_a"), "prisma/migrations/migration_lock.toml": f'provider = "{provider}"\r\n'})
    history = read()
    assert (history.dialect, ids(history), history.problems) == (dialect, ["1_a"], ())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# comment\nprovider='postgresql'\n", 2),
        ("\n\nprovider = garbage\n", 3),
        ("<<<<<<< HEAD\n# nothing here\n", 1),
        ("", 1),
    ],
)
def test_a_broken_lock_file_is_seen_on_its_line_and_the_rest_is_read(
    write: Write, text: str, line: int
) -> None:
    write({**migrations("1_a"), "prisma/migrations/migration_lock.toml": text})
    history = read()
    assert (ids(history), history.dialect) == (["1_a"], "postgres")
    (odd,) = history.irregularities
    assert (type(odd), odd.source.path) == (ProviderMismatch, "prisma/migrations/migration_lock.toml")
    assert odd.source.position(odd.span.start).line == line


def test_a_lock_file_that_is_no_text_is_a_problem(write: Write) -> None:
    write({**migrations("1_a"), "prisma/migrations/migration_lock.toml": b'provider = "\xff"\n'})
    assert read().problems == (Problem("prisma/migrations/migration_lock.toml", "not UTF-8: byte 0xFF"),)


@pytest.mark.parametrize(
    ("schema", "dialect"),
    [
        ('datasource db {\n  provider = "mysql" // was postgresql\n  url = env("URL")\n}\n', "mysql"),
        (
            'generator client {\n  provider = "sqlite"\n}\ndatasource db {\nprovider = "postgres"\n}',
            "postgres",
        ),
        (
            '// datasource x {\n//  provider = "sqlite"\n// }\ndatasource db { // {\n  provider="mysql"\n}',
            "mysql",
        ),
        (
            'datasource db {\n  url = "x//y"\n  /* provider = "sqlite"\n */\n\tprovider\t=\t"mysql"\n}',
            "mysql",
        ),
        ('model datasource {\n  provider String @default("sqlite")\n}\n', "postgres"),
        ('datasource db {\n  provider = env("PROVIDER")\n}\n', "postgres"),
        ("datasource db {", "postgres"),
    ],
)
def test_without_a_lock_file_the_schema_names_the_database(write: Write, schema: str, dialect: str) -> None:
    write({**migrations("1_a"), "prisma/schema.prisma": schema})
    assert read().dialect == dialect


def test_without_lock_file_and_schema_it_is_postgresql(write: Write) -> None:
    write(migrations("1_a"))
    history = read()
    assert history.dialect == "postgres"
    assert history.evidence == "1_a/migration.sql in prisma/migrations"


def test_any_file_of_a_schema_in_many_may_hold_the_datasource(write: Write) -> None:
    write(
        {
            **migrations("1_a"),
            "prisma/a.prisma": "model A {\n id Int @id\n}",
            "prisma/b.prisma": 'datasource db {\n  provider = "mysql"\n}',
        }
    )
    assert read().dialect == "mysql"


def test_notes_on_changes_of_which_few_have_sql_are_no_history(write: Write) -> None:
    notes = {f"specs/change/2026010{day}-note/spec.md": "why" for day in range(1, 4)}
    write({**migrations("1_a"), **notes, "specs/change/20260109-rows/migration.sql": "UPDATE t SET a = 1;"})
    assert read().root == "prisma/migrations"


def test_a_migration_sql_in_the_documentation_is_no_history(write: Write) -> None:
    write({**migrations("1_a"), "docs/example/migration.sql": "SELECT 1;"})
    assert read().root == "prisma/migrations"


def test_drizzle_with_its_snapshots_is_no_prisma(write: Write) -> None:
    write({"drizzle/2024_a/migration.sql": "SELECT 1;", "drizzle/2024_a/snapshot.json": "{}"})
    (history,) = find_histories(["."])
    assert (history.tool, ids(history)) == ("drizzle", ["2024_a"])


def test_a_lock_file_speaks_for_prisma_whatever_lies_beside_a_migration(write: Write) -> None:
    write({**LOCK, **migrations("1_a"), "prisma/migrations/1_a/snapshot.json": "{}"})
    assert ids(read()) == ["1_a"]


def test_prisma_8_is_named_as_not_supported(write: Write) -> None:
    write({"migrations/app/2026_a/ops.json": "[]", "migrations/app/2026_a/migration.ts": ""})
    (history,) = find_histories(["."])
    assert (history.tool, history.migrations) == ("prisma-next", ())
    assert "Prisma 8 is not supported yet" in history.gaps[0].reason


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("5.22.0", TransactionMode.IMPLICIT_BATCH),
        ("7.3.9", TransactionMode.IMPLICIT_BATCH),
        ("7.4.0", TransactionMode.PER_STATEMENT),
        ("7.10.1", TransactionMode.PER_STATEMENT),
    ],
)
def test_from_7_4_on_the_statements_run_one_by_one(
    write: Write, version: str, expected: TransactionMode
) -> None:
    write({**LOCK, **package(version), "prisma/migrations/1_a/migration.sql": TWO_STATEMENTS})
    up = read().migrations[0].up
    assert up is not None
    assert up.mode is expected
    assert version in up.mode_reason
    assert "package.json" in up.mode_reason


def test_without_a_version_the_file_counts_as_one_batch_and_the_reason_says_why(write: Write) -> None:
    write({**LOCK, "prisma/migrations/1_a/migration.sql": TWO_STATEMENTS})
    up = read().migrations[0].up
    assert up is not None
    assert up.mode is TransactionMode.IMPLICIT_BATCH
    assert up.mode_reason.startswith("no Prisma version found")


@pytest.mark.parametrize(
    ("sql", "form"),
    [
        ("SELECT 1;\n/* why */ DO $$ BEGIN NULL; END $$;", "a DO block"),
        ("DO LANGUAGE plpgsql $$ BEGIN NULL; END $$; SELECT 1;", "a DO block"),
        ("drop index\nconcurrently a; SELECT 1;", "DROP INDEX CONCURRENTLY"),
        ("REINDEX TABLE a; SELECT 1;", "REINDEX"),
        ("LOCK TABLE a; SELECT 1;", "LOCK TABLE"),
        ("REFRESH MATERIALIZED VIEW a; SELECT 1;", "REFRESH MATERIALIZED VIEW"),
        ("ALTER TABLE a ADD CONSTRAINT b UNIQUE USING INDEX c; SELECT 1;", "a constraint USING INDEX"),
        ("ALTER TABLE a ALTER b SET STATISTICS 100; SELECT 1;", "SET STATISTICS"),
    ],
)
def test_a_form_that_the_engine_cannot_split_keeps_the_file_in_one_batch(
    write: Write, sql: str, form: str
) -> None:
    write(LOCK)
    chosen, reason = mode(sql, "7.5.0")
    assert chosen is TransactionMode.IMPLICIT_BATCH
    assert form in reason


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING; SELECT 1;",
        "SELECT 1; -- DROP INDEX CONCURRENTLY a\nSELECT 2;",
        "/* outer /* REINDEX */ ; DO */ SELECT 1; SELECT 2;",
        "SELECT '; DO $$', \"; LOCK TABLE\"; SELECT 2;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $f$ SELECT 1; LOCK TABLE a; $f$; SELECT 1;",
    ],
)
def test_such_a_form_in_a_comment_a_string_or_a_body_changes_nothing(write: Write, sql: str) -> None:
    write(LOCK)
    assert mode(sql, "7.5.0")[0] is TransactionMode.PER_STATEMENT


@pytest.mark.parametrize("sql", ["SELECT '", "/* /* */ DO", "$a$ $b$ DO", 'SELECT "', "--", "$$"])
def test_text_that_is_never_closed_ends(write: Write, sql: str) -> None:
    write(LOCK)
    assert mode(sql, "7.5.0")[0] is TransactionMode.PER_STATEMENT


def test_the_advice_gives_the_command_of_the_version_with_the_projects_own_paths(write: Write) -> None:
    write({**LOCK, **migrations("1_a"), "prisma/schema.prisma": "", **package("6.1.0")})
    old = read().advice.begin_downs
    assert "--from-schema-datamodel prisma/schema.prisma --to-migrations prisma/migrations" in old
    new = read("7.1.0").advice.begin_downs
    assert "--from-schema prisma/schema.prisma --to-migrations prisma/migrations" in new


@pytest.mark.parametrize(
    ("version", "command"),
    [
        ("5.22.0", "npx prisma db execute --schema prisma/schema.prisma --file"),
        ("6.1.0", "npx prisma db execute --schema prisma/schema.prisma --file"),
        ("7.1.0", "npx prisma db execute --file"),
    ],
)
def test_db_execute_is_told_the_database_before_version_7(write: Write, version: str, command: str) -> None:
    write({**LOCK, **migrations("1_a"), "prisma/schema.prisma": "", **package(version)})
    advice = read().advice
    assert f"`{command} <migration>/down.sql`" in advice.begin_downs
    assert advice.commands.roll_back == f"{command} {{folder}}/{{id}}/down.sql"


def test_the_advice_names_the_folder_of_a_schema_in_parts(write: Write) -> None:
    write(
        {
            "package.json": '{"devDependencies": {"prisma": "6.5.0"}, "prisma": {"schema": "./db/schema"}}',
            "db/schema/base.prisma": 'datasource db {\n  provider = "postgresql"\n  url = env("URL")\n}\n',
            "db/schema/models/town.prisma": "model Town {\n  id Int @id\n}\n",
            "db/migrations/1_a/migration.sql": "SELECT 1;",
        }
    )
    (history,) = find_histories(["."])
    assert "--from-schema-datamodel db/schema --to-migrations db/migrations" in history.advice.begin_downs


def test_no_piece_of_advice_is_missing_or_a_paragraph_long(write: Write) -> None:
    write({**LOCK, **migrations("1_a")})
    advice = read().advice
    assert not advice.has_downs
    texts = [value for value in advice if isinstance(value, str)]
    absent = (
        advice.reset_edited,
        advice.always_in_transaction,
        advice.holds_transaction,
        advice.let_go,
        advice.before_back,
        advice.number,
    )
    assert all(text for text in texts if text not in absent)
    # What Prisma has no command for.
    none = {"apply_some", "apply_to", "roll_back_some", "roll_back_to", "preview_back", "mend_back"}
    commands = advice.commands._asdict()
    assert {name for name, command in commands.items() if not command} == none


def test_what_the_configuration_leaves_to_others_is_not_compared(write: Write) -> None:
    config = """
        import { defineConfig } from "prisma/config";
        export default defineConfig({
          experimental: { externalTables: true },
          tables: { external: ["public.Users", 'audit'] },
          enums: {
            external: [
              "public.mood",
            ],
          },
        });
    """
    write(
        {
            "prisma.config.ts": config,
            "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n}\n',
        }
    )
    write({"prisma/migrations/1_a/migration.sql": "SELECT 1;", "prisma/migrations/migration_lock.toml": ""})
    declared = find_histories(["."])[0].declared
    assert declared is not None
    assert {"users", "audit", "mood"} <= declared.ignored


DATASOURCE = 'datasource db {{\n  provider = "{}"\n}}\nmodel Ship {{\n  id String @id\n}}\n'


@pytest.mark.parametrize(
    ("config", "with_schema"),
    [
        ({}, ["prisma/migrations"]),
        (
            {"prisma.config.ts": "migrations: {\n  path: 'prisma/migrations_old',\n},"},
            ["prisma/migrations_old"],
        ),
        (
            {"prisma.config.ts": "migrations: { path: path.join('prisma', 'migrations') },"},
            ["prisma/migrations"],
        ),
    ],
)
def test_a_schema_belongs_to_one_folder(write: Write, config: dict[str, str], with_schema: list[str]) -> None:
    old = {"prisma/migrations_old/0_a/migration.sql": "SELECT 1;"}
    write(
        {
            **LOCK,
            **migrations("1_a"),
            **old,
            "prisma/schema.prisma": DATASOURCE.format("postgresql"),
            **config,
        }
    )
    assert [history.root for history in find_histories(["."]) if history.declared] == with_schema


def test_of_a_schema_for_each_database_the_one_for_the_migrations_is_read(write: Write) -> None:
    kinds = {"my": "mysql", "pg": "postgresql", "pg_pool": "postgresql"}
    write({f"prisma/{kind}-schema.prisma": DATASOURCE.format(provider) for kind, provider in kinds.items()})
    for kind in ("my", "pg"):
        write({f"prisma/{kind}-migrations/1_a/migration.sql": "SELECT 1;"})
        write({f"prisma/{kind}-migrations/migration_lock.toml": f'provider = "{kinds[kind]}"\n'})
    mysql, postgres = find_histories(["."])
    assert (mysql.irregularities, postgres.irregularities) == ((), ())
    assert postgres.declared is not None
    assert postgres.declared.source.path == "prisma/pg-schema.prisma"
