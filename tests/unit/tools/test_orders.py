"""Each tool's migrations in its own order: how each runs, and whether there is a way back."""

import pytest
from migration_project import Write, only_history

from miglint.model.migration import Migration

SQL = "CREATE TABLE a (id int);\n"
ORDERS = [
    (
        {
            "wrangler.toml": '[[d1_databases]]\nbinding = "DB"\n',
            "migrations/10_b.sql": SQL,
            "migrations/9_a.sql": SQL,
            "migrations/last.sql": SQL,
        },
        "d1",
        "sqlite",
        ["9_a implicit_batch", "10_b implicit_batch", "last implicit_batch"],
    ),
    (
        {
            "package.json": '{"dependencies": {"node-pg-migrate": "1.0.0"}}',
            "migrations/1700000000000_b.sql": SQL,
            "migrations/20230101000000000_a.sql": SQL,
            "migrations/20231201000000000_c.sql": SQL,
            "migrations/99999999999999999_d.sql": SQL,
            "migrations/1800000000000_e.js": "exports.up = (pgm) => {}",
        },
        "node-pg-migrate",
        "postgres",
        [
            "20230101000000000_a per_run",
            "1700000000000_b per_run",
            "20231201000000000_c per_run",
            "1800000000000_e not read",
            "99999999999999999_d per_run",
        ],
    ),
    (
        {
            "package.json": '{"dependencies": {"node-pg-migrate": "1.0.0"}}',
            "migrations/1_a.sql": (
                "-- Up Migration\nCREATE TABLE a (id int);\n-- Down Migration\nDROP TABLE a;\n"
            ),
            "migrations/2_b.sql": (
                "-- Down Migration\nDROP TABLE b;\n-- Up Migration\nCREATE TABLE a (id int);\n"
            ),
        },
        "node-pg-migrate",
        "postgres",
        ["1_a per_run and back", "2_b per_run and back"],
    ),
    (
        {
            "migrations/committed/000001.sql": (
                "--! Previous: -\n--! Hash: sha1:1\n\nCREATE TABLE a (id int);\n"
            ),
            "migrations/committed/000010.sql": (
                "--! Previous: sha1:1\n--! Hash: sha1:2\n\nCREATE TABLE a (id int);\n"
            ),
            "migrations/committed/000002.sql": (
                "--! Previous: sha1:2\n--! Hash: sha1:3\n\nCREATE TABLE a (id int);\n"
            ),
            "migrations/current/2-b.sql": SQL,
            "migrations/current/1-a.sql": SQL,
        },
        "graphile-migrate",
        "postgres",
        [
            "000001 per_migration",
            "000002 per_migration",
            "000010 per_migration",
            "current/1-a per_migration again and again",
            "current/2-b per_migration again and again",
        ],
    ),
    (
        {
            "miglint.toml": (
                '[[histories]]\npath = "changes"\ntool = "custom"\nup = "*.up.sql"\ndown = "*.down.sql"\n'
            ),
            "changes/10-b.up.sql": SQL,
            "changes/9-a.up.sql": SQL,
            "changes/9-a.down.sql": SQL,
            "changes/x.up.sql": SQL,
        },
        "plain-sql",
        "postgres",
        ["9-a script and back", "10-b script", "x script"],
    ),
    (
        {
            "Cargo.toml": '[dependencies]\nsqlx = { version = "0.8", features = ["postgres"] }\n',
            "migrations/2_b.up.sql": SQL,
            "migrations/2_b.down.sql": SQL,
            "migrations/10_c.sql": SQL,
            "migrations/1_a.sql": "-- no-transaction\nCREATE TABLE a (id int);\n",
        },
        "sqlx",
        "postgres",
        ["1_a implicit_batch", "2_b per_migration and back", "10_c per_migration"],
    ),
    (
        {
            "Cargo.toml": '[dependencies]\ndiesel = { version = "0.8", features = ["postgres"] }\n',
            "migrations/2024-01-01-000000_b/up.sql": SQL,
            "migrations/2024-01-01-000000_b/down.sql": SQL,
            "migrations/2023-12-31-000000_a/up.sql": SQL,
            "migrations/2023-12-31-000000_a/metadata.toml": "run_in_transaction = false\n",
        },
        "diesel",
        "postgres",
        ["2023-12-31-000000_a implicit_batch", "2024-01-01-000000_b per_migration and back"],
    ),
    (
        {
            "Cargo.toml": '[dependencies]\nrefinery = { version = "0.8", features = ["postgres"] }\n',
            "migrations/V10__b.sql": SQL,
            "migrations/V9__a.sql": SQL,
            "migrations/U11__c.sql": SQL,
            "migrations/V12__d.rs": "pub fn migration() -> String {}",
        },
        "refinery",
        "postgres",
        ["V9__a per_migration", "V10__b per_migration", "U11__c per_migration", "V12__d not read"],
    ),
    (
        {
            "go.mod": "module m\nrequire github.com/golang-migrate/migrate/v4 v1.0.0\n",
            "migrations/10_b.up.sql": SQL,
            "migrations/9_a.up.sql": SQL,
            "migrations/9_a.down.sql": SQL,
            "migrations/11_c.down.sql": SQL,
        },
        "golang-migrate",
        "postgres",
        ["9_a implicit_batch and back", "10_b implicit_batch", "11_c only back and back"],
    ),
    (
        {
            "migrations/x.txt": SQL,
            "migrations/10_b.sql": "-- +goose Up\nCREATE TABLE a (id int);\n-- +goose Down\nDROP TABLE a;\n",
            "migrations/9_a.sql": "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE a (id int);\n",
            "migrations/11_c.go": "package m\nfunc init() { goose.AddMigration(up, down) }",
        },
        "goose",
        "postgres",
        ["9_a per_statement", "10_b per_migration and back", "11_c not read"],
    ),
    (
        {
            "migrations/10_b.sql": (
                "-- migrate:up\nCREATE TABLE a (id int);\n-- migrate:down\nDROP TABLE a;\n"
            ),
            "migrations/9_a.sql": (
                "-- migrate:up transaction:false\nCREATE TABLE a (id int);\n-- migrate:down\n"
            ),
        },
        "dbmate",
        "postgres",
        ["10_b per_migration and back", "9_a implicit_batch and back"],
    ),
    (
        {
            "migrations/10_b.sql": (
                "-- +migrate Up\nCREATE TABLE a (id int);\n-- +migrate Down\nDROP TABLE a;\n"
            ),
            "migrations/9_a.sql": "-- +migrate Up notransaction\nCREATE TABLE a (id int);\n",
        },
        "sql-migrate",
        "postgres",
        ["9_a.sql per_statement", "10_b.sql per_migration and back"],
    ),
    (
        {
            "migrations/tern.conf": "[database]\n",
            "migrations/001_a.sql": (
                "CREATE TABLE a (id int);\n---- create above / drop below ----\nDROP TABLE a;\n"
            ),
            "migrations/002_b.sql": "---- tern: disable-tx ----\nCREATE TABLE a (id int);\n",
        },
        "tern",
        "postgres",
        ["001_a per_migration and back", "002_b per_statement"],
    ),
    (
        {
            "package.json": '{"dependencies": {"postgrator": "1.0.0"}}',
            "migrations/010.do.b.sql": SQL,
            "migrations/9.do.a.sql": SQL,
            "migrations/9.undo.a.sql": SQL,
        },
        "postgrator",
        "postgres",
        ["9.do.a implicit_batch and back", "010.do.b implicit_batch"],
    ),
    (
        {
            "package.json": '{"dependencies": {"postgres-migrations": "1.0.0"}}',
            "migrations/1_a.sql": SQL,
            "migrations/2_b.sql": SQL,
            "migrations/3-c.sql": SQL,
            "migrations/4_d.sql": "-- postgres-migrations disable-transaction\nCREATE TABLE a (id int);\n",
        },
        "postgres-migrations",
        "postgres",
        ["1_a per_migration", "2_b per_migration", "3-c per_migration", "4_d implicit_batch"],
    ),
    (
        {
            "package.json": '{"dependencies": {"db-migrate": "1.0.0"}}',
            "migrations/20240102000000-b.js": "'20240102000000-b-up.sql', '20240102000000-b-down.sql'",
            "migrations/20240101000000-a.js": "'20240101000000-a-up.sql'",
            "migrations/sqls/20240101000000-a-up.sql": SQL,
            "migrations/sqls/20240102000000-b-up.sql": SQL,
            "migrations/sqls/20240102000000-b-down.sql": SQL,
        },
        "db-migrate",
        "postgres",
        ["20240101000000-a per_migration", "20240102000000-b per_migration and back"],
    ),
    (
        {
            "package.json": '{"dependencies": {"drizzle-orm": "1.0.0"}}',
            "drizzle/meta/_journal.json": (
                '{"dialect":"postgresql","entries":[{"idx":0,"when":1,"tag":"0001_b"},'
                '{"idx":1,"when":2,"tag":"0000_a"}]}'
            ),
            "drizzle/0000_a.sql": SQL,
            "drizzle/0001_b.sql": SQL,
        },
        "drizzle",
        "postgres",
        ["0001_b per_run", "0000_a per_run"],
    ),
    (
        {
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
            "prisma/migrations/2_b/migration.sql": SQL,
            "prisma/migrations/10_c/migration.sql": SQL,
            "prisma/migrations/10_c/down.sql": SQL,
        },
        "prisma",
        "postgres",
        ["10_c implicit_batch and back", "2_b implicit_batch"],
    ),
    (
        {
            "supabase/config.toml": 'project_id = "a"\n',
            "supabase/migrations/20240102000000_b.sql": SQL,
            "supabase/migrations/20240101000000_a.sql": SQL,
            "supabase/migrations/notes.sql": SQL,
            "supabase/migrations/20240103000000_c.sql": "CREATE INDEX CONCURRENTLY i ON a (id);\n",
        },
        "supabase",
        "postgres",
        ["20240101000000_a pipeline", "20240102000000_b pipeline", "20240103000000_c per_statement"],
    ),
    (
        {
            "sqitch.conf": "[core]\n	engine = pg\n",
            "sqitch.plan": (
                "%project=p\n\nb 2024-01-01T00:00:00Z me <m@e>\na [b] 2024-01-02T00:00:00Z me <m@e>\n@v1 "
                "2024-01-03T00:00:00Z me <m@e>\nb [b@v1] 2024-01-04T00:00:00Z me <m@e>\n"
            ),
            "deploy/a.sql": SQL,
            "deploy/b.sql": SQL,
            "deploy/b@v1.sql": SQL,
            "revert/a.sql": SQL,
        },
        "sqitch",
        "postgres",
        ["b@v1 script", "a script and back", "b script"],
    ),
    (
        {
            "conf/evolutions/default/10.sql": (
                "# --- !Ups\nCREATE TABLE a (id int);\n# --- !Downs\nDROP TABLE a;\n"
            ),
            "conf/evolutions/default/9.sql": "-- !Ups\nCREATE TABLE a (id int);\n",
        },
        "play-evolutions",
        "postgres",
        ["9 per_statement", "10 per_statement and back"],
    ),
    (
        {
            "pom.xml": "<groupId>org.flywaydb</groupId>",
            "src/main/resources/db/migration/V10__b.sql": SQL,
            "src/main/resources/db/migration/V9.1__a.sql": SQL,
            "src/main/resources/db/migration/V9_0_5__z.sql": SQL,
            "src/main/resources/db/migration/U9.1__a.sql": SQL,
            "src/main/resources/db/migration/R__views.sql": SQL,
            "src/main/resources/db/migration/R__areas.sql": SQL,
            "src/main/resources/db/migration/B8__base.sql": SQL,
        },
        "flyway",
        "postgres",
        [
            "B8__base per_migration baseline",
            "V9_0_5__z per_migration",
            "V9.1__a per_migration and back",
            "V10__b per_migration",
            "R__areas per_migration again and again",
            "R__views per_migration again and again",
        ],
    ),
    (
        {
            "a.csproj": '<PackageReference Include="Evolve" Version="3.0.0" />',
            "migrations/V10__b.sql": SQL,
            "migrations/V9_1__a.sql": SQL,
            "migrations/R__views.sql": SQL,
        },
        "evolve",
        "postgres",
        ["V9_1__a per_migration", "V10__b per_migration", "R__views per_migration again and again"],
    ),
    (
        {
            "a.csproj": (
                '<PackageReference Include="dbup-postgresql" Version="5.0.0" />\n'
                '<EmbeddedResource Include="Scripts\\*.sql" />'
            ),
            "Scripts/10_b.sql": SQL,
            "Scripts/9_a.sql": SQL,
        },
        "dbup",
        "postgres",
        ["Scripts/10_b per_statement", "Scripts/9_a per_statement"],
    ),
    (
        {
            "shard.yml": "dependencies:\n  micrate:\n",
            "db/migrations/10_b.sql": (
                "-- +micrate Up\nCREATE TABLE a (id int);\n-- +micrate Down\nDROP TABLE a;\n"
            ),
            "db/migrations/9_a.sql": "-- +micrate Up\nCREATE TABLE a (id int);\n",
        },
        "micrate",
        "postgres",
        ["9_a per_migration", "10_b per_migration and back"],
    ),
    (
        {
            "yoyo.ini": "[DEFAULT]\nsources = migrations\n",
            "migrations/10-b.sql": "-- depends: 9-a\nCREATE TABLE a (id int);\n",
            "migrations/9-a.sql": "-- transactional: false\nCREATE TABLE a (id int);\n",
            "migrations/10-b.rollback.sql": "DROP TABLE a;\n",
            "migrations/11-c.py": "from yoyo import step\n__depends__ = {'10-b'}\n",
        },
        "yoyo",
        "postgres",
        ["9-a per_statement", "10-b per_migration and back", "11-c not read"],
    ),
    (
        {
            "hasura/config.yaml": "version: 3\n",
            "hasura/migrations/default/1700000000002_b/up.sql": SQL,
            "hasura/migrations/default/1700000000002_b/down.sql": SQL,
            "hasura/migrations/default/1700000000001_a/up.sql": (
                "-- hasura:no-transaction\nCREATE TABLE a (id int);\n"
            ),
        },
        "hasura",
        "postgres",
        ["1700000000001_a implicit_batch", "1700000000002_b per_migration and back"],
    ),
    (
        {
            "encore.app": "{}",
            "s/migrations/10_b.up.sql": SQL,
            "s/migrations/9_a.up.sql": SQL,
            "s/migrations/9_a.down.sql": SQL,
        },
        "encore",
        "postgres",
        ["9_a per_migration", "10_b per_migration"],
    ),
    (
        {
            "go.mod": "module m\nrequire github.com/uptrace/bun v1.0.0\n",
            "migrations/10_b.up.sql": SQL,
            "migrations/9_a.tx.up.sql": SQL,
            "migrations/9_a.tx.down.sql": SQL,
            "migrations/main.go": "//go:embed *.sql\n",
        },
        "bun",
        "postgres",
        ["10_b implicit_batch", "9_a per_migration and back"],
    ),
    (
        {
            "go.mod": "module m\nrequire github.com/go-pg/migrations/v8 v1.0.0\n",
            "migrations/10_b.tx.up.sql": SQL,
            "migrations/9_a.up.sql": SQL,
            "migrations/9_a.down.sql": SQL,
        },
        "go-pg-migrations",
        "postgres",
        ["9_a implicit_batch and back", "10_b per_migration"],
    ),
    (
        {
            "go.mod": "module m\nrequire maragu.dev/migrate v1.0.0\n",
            "migrations/10-b.up.sql": SQL,
            "migrations/9-a.up.sql": SQL,
            "migrations/9-a.down.sql": SQL,
        },
        "maragu-migrate",
        "postgres",
        ["10-b per_migration", "9-a per_migration and back"],
    ),
    (
        {
            "go.mod": "module m\nrequire github.com/gobuffalo/pop/v6 v1.0.0\n",
            "migrations/20240102000000_b.up.sql": SQL,
            "migrations/20240101000000_a.postgres.up.sql": SQL,
            "migrations/20240101000000_a.mysql.up.sql": SQL,
            "migrations/20240102000000_b.down.sql": SQL,
            "database.yml": "development:\n  dialect: postgres\n",
            "migrations/20240103000000_c.up.fizz": 'create_table("a") {}\n',
        },
        "pop",
        "postgres",
        [
            "20240101000000_a per_migration",
            "20240102000000_b per_migration and back",
            "20240103000000_c not read",
        ],
    ),
    (
        {
            "migrations/1/up.sql": SQL,
            "migrations/10/up.sql": SQL,
            "migrations/9/up.sql": SQL,
            "migrations/9/down.sql": SQL,
        },
        "up-down-folders",
        "postgres",
        ["1 per_migration", "9 per_migration and back", "10 per_migration"],
    ),
    (
        {
            "bunfig.toml": "",
            ".github/workflows/a.yml": 'uses: bytebase\nenv:\n  FILE_PATTERN: "changes/*.sql"\n',
            "changes/10_b.sql": SQL,
            "changes/9_a.sql": SQL,
            "changes/1.10_c.sql": SQL,
            "changes/11_d.sql": "-- txn-mode = off\nCREATE TABLE a (id int);\n",
        },
        "bytebase",
        "postgres",
        ["1.10_c per_migration", "9_a per_migration", "10_b per_migration", "11_d per_statement"],
    ),
]


def said(migration: Migration) -> str:
    how = migration.up.mode.value if migration.up else "not read" if migration.opaque else "only back"
    more = (
        " and back" if migration.down else "",
        " again and again" if migration.repeatable else "",
        " baseline" if migration.baseline else "",
    )
    return f"{migration.id} {how}" + "".join(more)


@pytest.mark.parametrize(("files", "tool", "dialect", "order"), ORDERS)
def test_the_tool_runs_its_files_in_this_order_and_so(
    write: Write, files: dict[str, str], tool: str, dialect: str, order: list[str]
) -> None:
    write(files)
    history = only_history()
    assert (history.tool, history.dialect) == (tool, dialect)
    assert [said(migration) for migration in history.migrations] == order
