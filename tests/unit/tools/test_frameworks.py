"""Migrations in code: known by what stands in them, counted, and no history of SQL disturbed by them."""

import shutil
import subprocess

import pytest
from migration_project import Write

from miglint.errors import NoMigrations
from miglint.model.migration import History
from miglint.tools import find_histories
from miglint.tools._frameworks import FRAMEWORKS

DJANGO = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    operations = []\n"
ALEMBIC = 'from alembic import op\n\nrevision: str = "{}"\ndown_revision = {}\n\n\ndef upgrade():\n    pass\n'
RAILS = "# frozen_string_literal: true\n\nclass AddState < ActiveRecord::Migration[7.1]\nend\n"
KNEX = "exports.up = async (knex) => {\n  await knex.schema.dropTable('parts');\n};\n"

# The name of a framework, a path below the project, and a migration as people write them.
WRITTEN = (
    ("alembic", "alembic/versions/ab12_parts.py", ALEMBIC.format("ab12", None)),
    ("alembic", "backend/revisions/2024/ab12_parts.py", ALEMBIC.format("ab12", "'cd34'")),
    ("django", "shop/migrations/0001_initial.py", DJANGO),
    ("django", "shop/migrations/0002_x.py", "from django.db.migrations import Migration as M\n" + DJANGO),
    ("aerich", "migrations/models/0_20240101_init.py", "async def upgrade(db: BaseDBAsyncClient) -> str:\n"),
    ("piccolo", "app/piccolo_migrations/app_2024.py", "    manager = MigrationManager(migration_id=ID)\n"),
    ("peewee", "migrations/001_parts.py", "def migrate(migrator: Migrator, database, *, fake=False):\n"),
    ("yoyo", "migrations/0001.parts.py", "from yoyo import step\n\nsteps = [step('SELECT 1')]\n"),
    ("rails", "db/migrate/20240101000000_add_state.rb", RAILS),
    ("rails", "db/post_changes/20240101000000_x.rb", "class X < Gitlab::Database::Migration[2.2]\nend\n"),
    ("sequel", "db/migrations/001_parts.rb", "Sequel.migration do\nend\n"),
    ("sequel", "config/db/migrate/20240101_parts.rb", "ROM::SQL.migration do\nend\n"),
    (
        "laravel",
        "database/migrations/2024_01_01_000000_parts.php",
        "<?php\nuse Illuminate\\Database\\Migrations\\Migration;\nreturn new class extends Migration {};\n",
    ),
    ("doctrine", "migrations/Version20240101.php", "<?php\nuse Doctrine\\Migrations\\AbstractMigration;\n"),
    ("phinx", "db/migrations/20240101_parts.php", "<?php\nuse Phinx\\Migration\\AbstractMigration;\n"),
    ("cakephp", "config/Migrations/20240101_Parts.php", "<?php\nuse Migrations\\BaseMigration;\n"),
    ("yii", "migrations/m240101_000000_parts.php", "<?php\nuse yii\\db\\Migration;\n"),
    ("codeigniter", "app/Migrations/2024-01_P.php", "<?php\nuse CodeIgniter\\Database\\Migration;\n"),
    ("flarum", "migrations/2024_01_parts.php", "<?php\nuse Flarum\\Database\\Migration;\n"),
    ("nextcloud", "lib/Migration/Version1.php", "<?php\nuse OCP\\Migration\\SimpleMigrationStep;\n"),
    ("phpbb", "db/migration/data/v1/parts.php", "class parts extends \\phpbb\\db\\migration\\migration {}\n"),
    ("shopware", "src/Migration/Migration1Parts.php", "class Migration1Parts extends MigrationStep {}\n"),
    ("ecto", "priv/repo/migrations/20240101_parts.exs", "defmodule A do\n  use Ecto.Migration\nend\n"),
    (
        "mikro-orm",
        "src/migrations/Migration20240101.ts",
        "import { Migration } from '@mikro-orm/migrations';\nexport class M extends Migration {}\n",
    ),
    (
        "payload",
        "src/migrations/20240101_parts.ts",
        "import { sql } from '@payloadcms/db-postgres'\nexport async function up({ db }) {}\n",
    ),
    (
        "lucid",
        "database/migrations/1704_parts.ts",
        "import { BaseSchema } from '@adonisjs/lucid/schema'\nexport default class extends BaseSchema {}\n",
    ),
    (
        "nocobase",
        "src/server/migrations/parts.ts",
        "import { Migration } from '@nocobase/server';\nexport default class extends Migration {}\n",
    ),
    ("logto", "schemas/alterations/1.0.0-1-parts.ts", "const alteration: AlterationScript = {};\n"),
    ("kysely", "src/migrations/24_parts.ts", "import {sql} from 'kysely'\nexport const up = () => 1\n"),
    (
        "typeorm",
        "src/migrations/1704-Parts.ts",
        "import { MigrationInterface } from 'typeorm';\n"
        "export class P implements MigrationInterface { async up(q: QueryRunner) {} }\n",
    ),
    (
        "typeorm",
        "src/databases/migrations/postgresdb/1704-Parts.ts",
        "export class P implements ReversibleMigration { async up({ schemaBuilder }) {} }\n",
    ),
    ("typeorm", "migrations/1704-Parts.js", "module.exports = class P { async up(queryRunner) {} }\n"),
    ("node-pg-migrate", "migrations/1704_parts.js", "exports.up = (pgm) => { pgm.dropTable('parts') }\n"),
    ("db-migrate", "migrations/2024-parts.js", "exports.up = function (db, callback) {\n};\n"),
    ("sequelize", "migrations/2024-parts.js", "module.exports = { async up(queryInterface) {} };\n"),
    ("knex", "migrations/20240101_parts.js", KNEX),
    ("knex", "db/changes/20240101_parts.ts", "export async function up(knex: Knex): Promise<void> {}\n"),
    ("umzug", "migrations/2024.01.01T10.00.parts.js", "exports.up = async ({ context }) => {};\n"),
    ("umzug", "migrations/000-parts.mjs", "export async function up(sql) {}\n"),
    (
        "ef-core",
        "Data/Migrations/20240101_Parts.cs",
        "public partial class Parts : Migration { protected override void Up(MigrationBuilder m) {} }\n",
    ),
    ("ef6", "Migrations/20240101_Parts.cs", "public partial class Parts : DbMigration { }\n"),
    (
        "fluentmigrator",
        "src/Migrations/Parts.cs",
        "using FluentMigrator;\n[Migration(20240101)]\npublic class Parts : Migration { }\n",
    ),
    ("flyway", "src/main/java/db/migration/V1__Parts.java", "class V1__Parts extends BaseJavaMigration {}\n"),
    ("liquibase", "src/liquibase/Fill.java", "public class Fill implements CustomTaskChange {\n}\n"),
    ("liquibase", "grails-app/migrations/changelog.groovy", "databaseChangeLog = {\n}\n"),
    ("goose", "migrations/00001_parts.go", "func init() {\n\tgoose.AddMigrationContext(up, down)\n}\n"),
    ("gormigrate", "internal/migrations/parts.go", "var parts = &gormigrate.Migration{\n"),
    ("bun", "migrations/20240101_parts.go", "func init() {\n\tMigrations.MustRegister(up, down)\n}\n"),
    (
        "bun",
        "pkg/sqlmigration/001_parts.go",
        'import "github.com/uptrace/bun/migrate"\n\treturn migrations.Register(m.Up, m.Down)\n',
    ),
    ("go-pg", "migrations/1_parts.go", "func init() {\n\tmigrations.MustRegisterTx(up, down)\n}\n"),
    ("popx", "migrations/go/20240101_parts.go", "var parts = []popx.Migration{\n"),
    ("xormigrate", "pkg/migration/2024.go", "migrations = append(m, &xormigrate.Migration{\n"),
    ("xorm", "models/migrations/v1_2/v12.go", "func AddParts(x *xorm.Engine) error {\n"),
    ("sea-orm", "migration/src/m2024_parts.rs", "impl MigrationTrait for Migration {\n}\n"),
    (
        "fluent",
        "Sources/App/Migrations/Parts.swift",
        "import Fluent\n\nstruct Parts: AsyncMigration {\n}\n",
    ),
    ("pgroll", "migrations/01_parts.yaml", "operations:\n  - create_table:\n      name: parts\n"),
    ("pgroll", "migrations/02_parts.json", '{\n  "operations": []\n}\n'),
    ("reshape", "migrations/1_parts.toml", '[[actions]]\ntype = "create_table"\n'),
    ("surrealdb", "migrations/2024_Parts.surql", "DEFINE TABLE parts;\n"),
    ("cassandra", "schema/versioned/v1/parts.cql", "CREATE TABLE parts (id int PRIMARY KEY);\n"),
    ("neo4j", "neo4j/migrations/V001__Parts.cypher", "CREATE (:Part);\n"),
    ("avram", "db/migrations/2024_parts.cr", "class Parts::V1 < Avram::Migrator::Migration::V1\nend\n"),
)  # fmt: skip


def only(found: tuple[History, ...]) -> History:
    (history,) = found
    return history


@pytest.mark.parametrize(("name", "path", "text"), WRITTEN, ids=[path for _, path, _ in WRITTEN])
def test_a_framework_is_known_by_what_stands_in_its_migrations(
    write: Write, name: str, path: str, text: str
) -> None:
    write({path: text})
    history = only(find_histories(["."]))
    assert (history.tool, history.in_code, history.migrations) == (name, (path,), ())
    (gap,) = history.gaps
    assert gap.path == path.rpartition("/")[0]
    assert gap.reason.startswith("1 ")
    assert ": not read" in gap.reason


def test_every_framework_is_tried() -> None:
    assert {name for name, _, _ in WRITTEN} == {framework.name for framework in FRAMEWORKS}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/migrations/migrator.ts", "import { FileMigrationProvider, Migrator } from 'kysely'\n"),
        ("src/db/20240101.ts", "import knex from 'knex'\nexport const connection = knex()\n"),
        ("src/seeders/20240101-parts.js", KNEX),
        (
            "src/migrations/parts.spec.ts",
            "import { Kysely } from 'kysely'\nexport async function up(db) {}\n",
        ),
        ("shop/models.py", DJANGO),
        ("app/versions/list.py", "revision = 3\n"),
        ("pkg/version/version.go", "package version\n"),
        ("shop/migrations/__init__.py", ""),
        ("src/api/404_page.tsx", "export const up = (knex) => 1\n"),
    ],
)
def test_other_code_is_none(write: Write, path: str, text: str) -> None:
    write({path: text})
    with pytest.raises(NoMigrations):
        find_histories(["."])


def test_code_beside_sql_is_listed_too(write: Write) -> None:
    write(
        {
            "db/migrations/1_parts.up.sql": "CREATE TABLE parts (id int);",
            "db/migrations/1_parts.down.sql": "DROP TABLE parts;",
            "db/migrations/versions/ab12_parts.py": ALEMBIC.format("ab12", None),
            "services/store/db/migrate/20240101000000_add_state.rb": RAILS,
        }
    )
    found = find_histories(["."])
    assert [(history.tool, len(history.migrations), history.in_code) for history in found] == [
        ("golang-migrate", 1, ()),
        ("alembic", 0, ("db/migrations/versions/ab12_parts.py",)),
        ("rails", 0, ("services/store/db/migrate/20240101000000_add_state.rb",)),
    ]


def test_a_step_in_code_of_a_tool_that_is_read_is_listed_once(write: Write) -> None:
    write(
        {
            "migrations/00001_parts.sql": "-- +goose Up\nCREATE TABLE parts (id int);\n-- +goose Down\n",
            "migrations/00002_fill.go": "func init() {\n\tgoose.AddMigrationContext(up, down)\n}\n",
        }
    )
    history = only(find_histories(["."]))
    assert [step.opaque is not None for step in history.migrations] == [False, True]


def test_code_that_only_names_the_files_of_sql_is_not_listed(write: Write) -> None:
    up = "exports.up = function(db) {\n  return run(db, '20240101000000-parts-up.sql');\n};\n"
    write(
        {
            "migrations/20240101000000-parts.js": up,
            "migrations/sqls/20240101000000-parts-up.sql": "CREATE TABLE parts (id int);",
            "migrations/sqls/20240101000000-parts-down.sql": "DROP TABLE parts;",
        }
    )
    history = only(find_histories(["."]))
    assert (history.tool, len(history.migrations), history.gaps) == ("db-migrate", 1, ())


def test_folders_are_listed_one_by_one_until_there_are_many(write: Write) -> None:
    def migrations(*apps: str) -> dict[str, str]:
        return {f"apps/{app}/migrations/000{number}_x.py": DJANGO for app in apps for number in (1, 2)}

    write({"apps/a/migrations/__init__.py": "", **migrations("a", "b")})
    history = only(find_histories(["."]))
    assert [(gap.path, gap.reason.partition(":")[0]) for gap in history.gaps] == [
        ("apps/a/migrations", "2 Django migrations in Python"),
        ("apps/b/migrations", "2 Django migrations in Python"),
    ]

    write(migrations("c", "d"))
    history = only(find_histories(["."]))
    assert [(gap.path, gap.reason.partition(":")[0]) for gap in history.gaps] == [
        ("apps", "8 Django migrations in Python in 4 folders")
    ]


def test_a_file_and_a_folder_in_code_can_be_named(write: Write) -> None:
    write({"shop/migrations/0001_initial.py": DJANGO, "shop/views.py": ""})
    for path in ("shop", "shop/migrations", "shop/migrations/0001_initial.py"):
        assert only(find_histories([path])).tool == "django"
    with pytest.raises(NoMigrations):
        find_histories(["shop/views.py"])
    assert len(find_histories(["shop", "."])) == 1


@pytest.mark.parametrize(
    ("files", "command"),
    [
        (
            {"my shop/migrations/0001_initial.py": DJANGO, "my shop/migrations/0002_$(x).py": DJANGO},
            "python manage.py sqlmigrate 'my shop' '0002_$(x)' | miglint check -",
        ),
        (
            {f"Data/Migrations/2024010{n}_N{n}.cs": "void Up(MigrationBuilder b)" for n in (1, 2, 3)},
            "dotnet ef migrations script 20240102_N2 --output migrations.sql && miglint check migrations.sql",
        ),
        (
            {"Data/Migrations/20240101_N.cs": "void Up(MigrationBuilder b)"},
            "dotnet ef migrations script 0 --output migrations.sql && miglint check migrations.sql",
        ),
        (
            {"alembic/versions/ab12_x.py": ALEMBIC.format("ab12", None)},
            "alembic upgrade LAST_APPLIED:head --sql | miglint check -",
        ),
    ],
)
def test_the_command_names_the_newest_migration(write: Write, files: dict[str, str], command: str) -> None:
    write(files)
    (gap,) = only(find_histories(["."])).gaps
    assert f"`{command}`" in gap.reason


@pytest.mark.skipif(shutil.which("sed") is None, reason="needs sed")
def test_what_laravel_prints_becomes_sql(write: Write) -> None:
    laravel = next(one for one in FRAMEWORKS if one.name == "laravel")
    printed = (
        '\n   INFO  Running migrations.\n\n  2024_01_01_parts ...\n  ⇂ create table "parts" ("id" int)  \n'
    )
    script = laravel.sql.split(" | ")[1]
    done = subprocess.run(script, input=printed, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.split() == 'create table "parts" ("id" int) ;'.split()
