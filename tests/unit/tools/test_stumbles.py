"""What each tool stumbles over, or passes over in silence: where, what it does, and what helps."""

import pytest
from migration_project import Write, only_history

from miglint.model.irregularity import (
    DuplicateVersion,
    IgnoredDirective,
    Irregularity,
    MissingFile,
    ProviderMismatch,
    RefusedFile,
    SkippedMigration,
    StaleChecksum,
    UnreachableFile,
    VersionGap,
)

SQL = "CREATE TABLE a (id int);\n"
STUMBLES = [
    (
        {"m/atlas.sum": "h1:x=\n1_a.sql h1:y=\n", "m/1_a.sql": SQL},
        StaleChecksum,
        "m/atlas.sum:2",
        "the hash of 1_a.sql in atlas.sum does not match: Atlas refuses to run anything",
        "`atlas migrate hash` writes it again; first look at what has changed",
        "",
    ),
    (
        {"m/atlas.sum": "h1:x=\n", "m/1_a.sql": SQL},
        StaleChecksum,
        "m/atlas.sum:1",
        "1_a.sql is not in atlas.sum: Atlas refuses to run anything",
        "`atlas migrate hash` writes it again; first look at what has changed",
        "",
    ),
    (
        {
            "m/atlas.sum": (
                "h1:x=\n1_a.sql h1:e72Wd39UNYY4sGrVkNYkCs4GRrWBQ0ASXh73rS+WpU4=\n2_b.sql h1:z=\n"
            ),
            "m/1_a.sql": SQL,
        },
        StaleChecksum,
        "m/atlas.sum:3",
        "atlas.sum lists 2_b.sql, which does not exist: Atlas refuses to run anything",
        "`atlas migrate hash` writes it again; first look at what has changed",
        "",
    ),
    (
        {"encore.app": "{}", "s/migrations/1_a.up.sql": SQL, "s/migrations/01_b.up.sql": SQL},
        DuplicateVersion,
        "s/migrations/1_a.up.sql:1",
        "version 1 is taken by 01_b.up.sql: Encore refuses the whole folder",
        "give it a number of its own",
        "1_a",
    ),
    (
        {
            "go.mod": "module m\nrequire github.com/uptrace/bun v1.0.0\n",
            "m/migrations/1_a.up.sql": "CREATE TABLE a (id int);\n--bun:splits\nCREATE TABLE a (id int);\n",
        },
        RefusedFile,
        "m/migrations/1_a.up.sql:1",
        "Bun refuses `--bun:splits`: the only directive is `--bun:split`",
        "",
        "1_a",
    ),
    (
        {
            "go.mod": "module m\nrequire github.com/uptrace/bun v1.0.0\n",
            "m/migrations/1_a.up.sql": SQL,
            "m/migrations/1_b.up.sql": SQL,
        },
        DuplicateVersion,
        "m/migrations/1_b.up.sql:1",
        "version 1 is taken by 1_a: Bun refuses the folder",
        "give it a number of its own",
        "1_b",
    ),
    (
        {
            "go.mod": "module m\nrequire github.com/uptrace/bun v1.0.0\n",
            "m/migrations/1_a.up.sql": SQL,
            "m/migrations/A.up.sql": SQL,
        },
        RefusedFile,
        "m/migrations/A.up.sql:1",
        "Bun refuses the folder: A.up.sql is not a valid migration name",
        "name it <up to 14 digits>_<small letters, digits, - and _>.up.sql",
        "",
    ),
    (
        {
            ".gitlab-ci.yml": "bytebase-action --file-pattern=migrations/*.sql",
            "migrations/1.0_a.sql": SQL,
            "migrations/v1.0_b.sql": SQL,
        },
        DuplicateVersion,
        "migrations/v1.0_b.sql:1",
        "version 1.0 is taken by 1.0_a.sql: Bytebase refuses the release",
        "give it a version of its own",
        "v1.0_b",
    ),
    (
        {
            "migrations/20240101000000-a.js": "'20240101000000-a-up.sql', '20240101000000-a-down.sql'",
            "migrations/sqls/20240101000000-a-up.sql": SQL,
        },
        MissingFile,
        "migrations/20240101000000-a.js:1",
        "it runs 20240101000000-a-down.sql, which does not exist: db-migrate fails at this migration",
        "correct the name",
        "20240101000000-a",
    ),
    (
        {
            "migrations/20240101000000-a.js": "sql('20240101000000-a-up.sql')",
            "migrations/sqls/20240101000000-a-up.sql": SQL,
            "migrations/sqls/20240102000000-b-up.sql": SQL,
        },
        UnreachableFile,
        "migrations/sqls/20240102000000-b-up.sql:1",
        "no migration in migrations runs this file",
        "name it in the code of its migration, or delete it",
        "",
    ),
    (
        {
            "migrations/1_a.sql": "-- +goose Up\nCREATE TABLE a (id int);\n",
            "migrations/01_b.sql": "-- +goose Up\nCREATE TABLE a (id int);\n",
        },
        DuplicateVersion,
        "migrations/1_a.sql:1",
        "version 1 is taken by 01_b.sql: goose refuses the whole folder",
        "",
        "1_a",
    ),
    (
        {"migrations/1_a.sql": "-- +goose Up\nCREATE TABLE a (id int);\n-- +goose Up\n"},
        RefusedFile,
        "migrations/1_a.sql:3",
        "goose refuses this file: `+goose Up`",
        "it is here twice",
        "1_a",
    ),
    (
        {"migrations/1_a.sql": "-- +goose Up\nCREATE TABLE a (id int);\n-- +goose Sideways\n"},
        RefusedFile,
        "migrations/1_a.sql:3",
        "goose refuses this file: `+goose Sideways`",
        "the directives are up, down, statementbegin, statementend, no transaction, envsub on, envsub off",
        "1_a",
    ),
    (
        {"migrations/1_a.sql": "-- +goose Up\nCREATE TABLE a (id int);\n", "migrations/2_b.sql": SQL},
        RefusedFile,
        "migrations/2_b.sql:1",
        "goose refuses a file without `-- +goose Up`",
        "",
        "2_b",
    ),
    (
        {"migrations/1_a.sql": "-- +goose Up\nCREATE TABLE a (id int);\n -- +goose Down\n"},
        RefusedFile,
        "migrations/1_a.sql:3",
        "goose refuses `+goose Down`, because there is a space before it",
        "begin the line with it",
        "1_a",
    ),
    (
        {
            "hasura/config.yaml": "version: 3\n",
            "hasura/migrations/1_a/up.sql": SQL,
            "hasura/migrations/1_b/up.sql": SQL,
        },
        DuplicateVersion,
        "hasura/migrations/1_b/up.sql:1",
        "version 1 is taken by 1_a: the Hasura CLI refuses the folder",
        "give it a number of its own",
        "1_b",
    ),
    (
        {
            "hasura/config.yaml": "version: 3\n",
            "hasura/migrations/1_a/up.sql": SQL,
            "hasura/migrations/b.up.sql": SQL,
        },
        UnreachableFile,
        "hasura/migrations/b.up.sql:1",
        "the Hasura CLI ignores this file: its name does not begin with a number",
        "give it a number",
        "",
    ),
    (
        {
            "shard.yml": "dependencies:\n  micrate:\n",
            "db/migrations/1_a.sql": "-- +micrate Up\nCREATE TABLE a (id int);\n",
            "db/migrations/2_b.sql": SQL,
        },
        UnreachableFile,
        "db/migrations/2_b.sql:1",
        "micrate runs nothing in this file: it has no `-- +micrate Up`",
        "write `-- +micrate Up` above the statements",
        "2_b",
    ),
    (
        {"shard.yml": "dependencies:\n  micrate:\n", "db/migrations/1_a.sql": "-- +micrate Up\nSELECT 1\n"},
        UnreachableFile,
        "db/migrations/1_a.sql:2",
        "micrate never runs this statement: it does not end with a semicolon",
        "end it with one",
        "1_a",
    ),
    (
        {
            "Cargo.toml": '[dependencies]\nrefinery = { version = "0.8", features = ["postgres"] }\n',
            "migrations/V1__a.sql": SQL,
            "migrations/V1__b.sql": SQL,
        },
        DuplicateVersion,
        "migrations/V1__b.sql:1",
        "version 1 is taken by V1__a.sql: refinery refuses to run",
        "",
        "V1__b",
    ),
    (
        {
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
            "prisma/migrations/1_a/migration.sql": SQL,
            "prisma/migrations/2_b/x.sql": SQL,
        },
        MissingFile,
        "prisma/migrations/2_b/migration.sql:1",
        "no migration.sql in 2_b: Prisma refuses to run the whole history (P3015)",
        "commit the file, or delete the folder",
        "2_b",
    ),
    (
        {
            "prisma/migrations/migration_lock.toml": 'provider = "oracle"\n',
            "prisma/migrations/1_a/migration.sql": SQL,
        },
        ProviderMismatch,
        "prisma/migrations/migration_lock.toml:1",
        "Prisma reads 'oracle' as the provider, which it does not know, and stops with P3019",
        'write the line as `provider = "postgresql"`',
        "",
    ),
    (
        {
            "prisma/migrations/migration_lock.toml": 'provider = "mysql"\n',
            "prisma/migrations/1_a/migration.sql": SQL,
            "prisma/schema.prisma": 'datasource db {\n provider = "postgresql"\n}\n',
        },
        ProviderMismatch,
        "prisma/migrations/migration_lock.toml:1",
        "the migrations are for mysql, the schema for postgresql: Prisma stops with P3019",
        "start a new history for the other database: SQL for one does not run on another",
        "",
    ),
    (
        {
            "sqitch.plan": (
                "%project=p\n\na 2024-01-01T00:00:00Z me <m@e>\nb 2024-01-02T00:00:00Z me <m@e>\n"
            ),
            "sqitch.conf": "[core]\n\tengine = pg\n",
            "deploy/a.sql": SQL,
        },
        MissingFile,
        "sqitch.plan:4",
        "the plan lists b, and there is no deploy/b.sql: sqitch stops",
        "commit the file",
        "b",
    ),
    (
        {
            "package.json": '{"dependencies": {"postgres-migrations": "1.0.0"}}',
            "migrations/1_a.sql": SQL,
            "migrations/3_b.sql": SQL,
        },
        VersionGap,
        "migrations/3_b.sql:1",
        "no migration has the number 2: postgres-migrations refuses to run",
        "",
        "3_b",
    ),
    (
        {
            "package.json": '{"dependencies": {"drizzle-kit": "1.0.0"}}',
            "drizzle/meta/_journal.json": (
                '{"dialect":"postgresql","entries":[{"idx":0,"when":1,"tag":"0000_a"},{"idx":1,"when":2,"tag":"0001_b"}]}'
            ),
            "drizzle/0000_a.sql": SQL,
        },
        MissingFile,
        "drizzle/meta/_journal.json:1",
        "the journal lists 0001_b, and there is no 0001_b.sql: drizzle stops",
        "commit the file",
        "0001_b",
    ),
    (
        {
            "drizzle/meta/_journal.json": (
                '{"dialect":"postgresql","entries":[{"idx":0,"when":5,"tag":"0000_a"},{"idx":1,"when":2,"tag":"0001_b"}]}'
            ),
            "drizzle/0000_a.sql": SQL,
            "drizzle/0001_b.sql": SQL,
        },
        SkippedMigration,
        "drizzle/meta/_journal.json:1",
        "0001_b is older than 0000_a: a database that has run that one never runs it",
        "move it to the end of the journal, with a `when` above 5",
        "0001_b",
    ),
    (
        {
            "drizzle/meta/_journal.json": (
                '{"dialect":"postgresql","entries":[{"idx":0,"when":5,"tag":"0000_a"}]}'
            ),
            "drizzle/0000_a.sql": SQL,
            "drizzle/0001_b.sql": SQL,
        },
        UnreachableFile,
        "drizzle/0001_b.sql:1",
        "drizzle never runs this file: the journal does not list it",
        "delete it, or generate the migration again",
        "",
    ),
    (
        {
            "drizzle/meta/_journal.json": (
                '{"dialect":"postgresql","entries":[{"idx":0,"when":5,"tag":"0000_a"}]}'
            ),
            "drizzle/0000_a.sql": SQL,
            "drizzle/0001_b.sql": SQL,
            "drizzle/0002_b.sql": SQL,
            "drizzle/0003_b.sql": SQL,
            "drizzle/0004_b.sql": SQL,
            "drizzle/0005_b.sql": SQL,
            "drizzle/0006_b.sql": SQL,
        },
        UnreachableFile,
        "drizzle/0001_b.sql:1",
        "drizzle never runs this file and 5 more: the journal does not list them",
        "delete them, or generate the migration again",
        "",
    ),
    (
        {
            "package.json": '{"dependencies": {"postgrator": "1.0.0"}}',
            "migrations/001.do.a.sql": SQL,
            "migrations/002.b.sql": SQL,
        },
        UnreachableFile,
        "migrations/002.b.sql:1",
        "Postgrator never runs this file: 002.b.sql has neither do nor undo in it",
        "name it N.do.name.sql or N.undo.name.sql",
        "",
    ),
    (
        {
            "package.json": '{"dependencies": {"postgrator": "1.0.0"}}',
            "migrations/001.do.a.sql": SQL,
            "migrations/1.do.b.sql": SQL,
        },
        DuplicateVersion,
        "migrations/1.do.b.sql:1",
        "version 1 is taken by 001.do.a.sql: Postgrator refuses the folder",
        "give it a number of its own",
        "1.do.b.sql",
    ),
    (
        {
            "a.csproj": '<PackageReference Include="Evolve" Version="3.0.0" />',
            "migrations/V1__a.sql": SQL,
            "migrations/V2_b.sql": SQL,
        },
        RefusedFile,
        "migrations/V2_b.sql:1",
        "Evolve refuses to run anything: V2_b.sql is not a valid migration name",
        "name it V1__name.sql or R__name.sql",
        "",
    ),
    (
        {
            "migrations/1_a.sql": (
                "-- migrate:up transaction: false\nCREATE TABLE a (id int);\n-- migrate:down\n"
            )
        },
        IgnoredDirective,
        "migrations/1_a.sql:1",
        "dbmate does not see `transaction: false` with a space, and opens a transaction",
        "write `-- migrate:up transaction:false`",
        "1_a",
    ),
    (
        {
            "migrations/1_a.sql": (
                "-- migrate:up\nSELECT 1;\n-- migrate:down\n-- migrate:up\nSELECT 2;\n-- migrate:down\n"
            )
        },
        RefusedFile,
        "migrations/1_a.sql:4",
        "the second `-- migrate:up` of a file fails: dbmate has recorded the version with the first",
        "put it into a file of its own; dbmate considers this one applied, and does not come back to it",
        "1_a",
    ),
    (
        {"migrations/1_a.sql": "-- migrate:up\nCREATE TABLE a (id int);\n"},
        RefusedFile,
        "migrations/1_a.sql:1",
        "dbmate refuses a file without `-- migrate:down`",
        "add the line, even if nothing follows it",
        "1_a",
    ),
    (
        {"migrations/1_a.sql": "CREATE TABLE a (id int);\n-- migrate:up\n-- migrate:down\n"},
        RefusedFile,
        "migrations/1_a.sql:1",
        "dbmate refuses a file with a statement before `-- migrate:up`",
        "move it below the line",
        "1_a",
    ),
    (
        {"migrations/1_a.sql": "\ufeff-- migrate:up\n-- migrate:down\n"},
        RefusedFile,
        "migrations/1_a.sql:1",
        "dbmate refuses a file that begins with a byte order mark",
        "save the file without a byte order mark",
        "1_a",
    ),
    (
        {
            "migrations/1_a.sql": "-- migrate:up\n-- migrate:down\n",
            "migrations/2_b.sql": "-- migrate:down\nCREATE TABLE a (id int);\n",
        },
        RefusedFile,
        "migrations/2_b.sql:1",
        "dbmate refuses a file without `-- migrate:up`",
        "add the line, even if nothing follows it",
        "2_b",
    ),
    (
        {"migrations/1_a.up.sql": SQL, "migrations/01_b.up.sql": SQL},
        DuplicateVersion,
        "migrations/1_a.up.sql:1",
        "version 1 is taken by 01_b.up.sql: golang-migrate refuses the whole folder",
        "give it a number of its own",
        "1_a",
    ),
    (
        {
            "conf/application.conf": "play.evolutions {}",
            "conf/evolutions/default/1.sql": "# --- !Ups\nCREATE TABLE a (id int);\n",
            "conf/evolutions/default/3.sql": "# --- !Ups\nCREATE TABLE a (id int);\n",
        },
        UnreachableFile,
        "conf/evolutions/default/3.sql:1",
        "Play never runs this evolution: it stops at the first number without a file, 2",
        "call it 2.sql",
        "3",
    ),
    (
        {
            "conf/evolutions/default/1.sql": "# --- !Ups\nCREATE TABLE a (id int);\n",
            "conf/evolutions/default/2.sql": SQL,
        },
        UnreachableFile,
        "conf/evolutions/default/2.sql:1",
        "Play runs nothing in this file: it has no `# --- !Ups`",
        "write `# --- !Ups` above the statements",
        "2",
    ),
    (
        {"conf/evolutions/default/1.sql": "# --- !Ups\nINSERT INTO a VALUES ('x;y');\n"},
        RefusedFile,
        "conf/evolutions/default/1.sql:2",
        "Play cuts the statement here: a single semicolon in a string ends it as well",
        "write `;;` in its place",
        "1",
    ),
    (
        {"conf/evolutions/default/1.sql": "# --- !Ups\n-- a; b\nSELECT 1;\n"},
        RefusedFile,
        "conf/evolutions/default/1.sql:2",
        "Play cuts the comment here, and sends the rest of it to the server as SQL",
        "write `;;` in its place",
        "1",
    ),
    (
        {"migrations/1_a.sql": "-- +migrate Up\nCREATE TABLE a (id int);\n", "migrations/2_b.sql": SQL},
        RefusedFile,
        "migrations/2_b.sql:1",
        "sql-migrate refuses a file without `-- +migrate Up`",
        "",
        "2_b.sql",
    ),
    (
        {
            "db/changelog/master.sql": (
                "--liquibase formatted sql\n--changeset me:1\nSELECT 1;\n--changeset me:1\nSELECT 2;\n"
            )
        },
        DuplicateVersion,
        "db/changelog/master.sql:4",
        "me:1 is already a changeset in line 2: Liquibase refuses to run",
        "give it an id of its own",
        "master#me:1",
    ),
    (
        {
            "pom.xml": (
                "<dependency><groupId>org.flywaydb</groupId><artifactId>flyway-core</artifactId><version>10.0.0</version></dependency>"
            ),
            "src/main/resources/db/migration/V1__a.sql": SQL,
            "src/main/resources/db/migration/V1.0__b.sql": SQL,
        },
        DuplicateVersion,
        "src/main/resources/db/migration/V1__a.sql:1",
        "version 1 is taken by V1.0__b.sql: Flyway refuses to run",
        "give it a version of its own",
        "V1__a",
    ),
    (
        {"migrations/tern.conf": "", "migrations/001_a.sql": SQL, "migrations/003_b.sql": SQL},
        VersionGap,
        "migrations/003_b.sql:1",
        "no migration has the number 2: tern stops before it runs anything",
        "give this one the number 2",
        "003_b",
    ),
    (
        {
            "Cargo.toml": '[dependencies]\nsqlx = { version = "0.8", features = ["postgres"] }\n',
            "migrations/1_a.sql": SQL,
            "migrations/b_c.sql": SQL,
        },
        RefusedFile,
        "migrations/b_c.sql:1",
        "the name does not start with a number: sqlx refuses the whole folder",
        "",
        "",
    ),
    (
        {
            "Cargo.toml": '[dependencies]\nsqlx = { version = "0.8", features = ["postgres"] }\n',
            "migrations/1_a.sql": SQL,
            "migrations/01_b.sql": SQL,
        },
        DuplicateVersion,
        "migrations/1_a.sql:1",
        "version 1 is taken by 01_b.sql: sqlx runs only one of them",
        "",
        "1_a",
    ),
    (
        {
            "yoyo.ini": "[DEFAULT]\nsources = migrations\n",
            "migrations/1_a.sql": SQL,
            "migrations/2_b.sql": "-- depends: 0_z\nCREATE TABLE a (id int);\n",
        },
        RefusedFile,
        "migrations/2_b.sql:1",
        "it depends on 0_z, which does not exist: yoyo refuses to run anything",
        "",
        "2_b",
    ),
    (
        {
            "go.mod": "module m\nrequire github.com/go-pg/migrations/v8 v1.0.0\n",
            "migrations/1_a.up.sql": SQL,
            "migrations/b.up.sql": SQL,
            "migrations/1_a.tx.down.sql": SQL,
        },
        RefusedFile,
        "migrations/b.up.sql:1",
        "go-pg/migrations refuses the folder: b.up.sql is not a valid migration name",
        "name it N_name.up.sql or N_name.down.sql",
        "",
    ),
    (
        {
            "go.mod": "module m\nrequire github.com/go-pg/migrations/v8 v1.0.0\n",
            "migrations/1_a.tx.up.sql": SQL,
            "migrations/01_b.tx.up.sql": SQL,
        },
        DuplicateVersion,
        "migrations/1_a.tx.up.sql:1",
        "version 1 is taken by 01_b.tx.up.sql: go-pg/migrations refuses the whole folder",
        "give it a number of its own",
        "1_a",
    ),
    (
        {
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
            "prisma/migrations/1_a/migration.sql": "\ufeffCREATE TABLE a (id int);\n",
        },
        RefusedFile,
        "prisma/migrations/1_a/migration.sql:1",
        "a byte order mark begins the file: Prisma Migrate sends it, and the server refuses it",
        "save the file without a byte order mark",
        "1_a",
    ),
    (
        {
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
            "prisma/migrations/1_a/migration.sql": "COPY a FROM stdin;\n1\n\\.\n",
        },
        RefusedFile,
        "prisma/migrations/1_a/migration.sql:1",
        "Prisma Migrate cannot send rows to COPY: the rows below it go to the server as SQL",
        "write the rows as INSERT, or load them with psql outside the migrations",
        "1_a",
    ),
    (
        {
            "migrations/committed/000001.sql": (
                "--! Previous: -\n--! Hash: sha1:0000000000000000000000000000000000000000\n\nSELECT 1;\n"
            )
        },
        StaleChecksum,
        "migrations/committed/000001.sql:1",
        "its hash does not match: a database that has not run it yet refuses it",
        "undo the edit, or add the header `--! AllowInvalidHash`",
        "000001",
    ),
    (
        {
            "database.yml": "development:\n  dialect: postgres\n",
            "migrations/20200101000000_a.up.sql": SQL,
            "migrations/20200101000000_b.up.sql": SQL,
            "go.mod": "module m\nrequire github.com/gobuffalo/pop/v6 v1.0.0\n",
        },
        UnreachableFile,
        "migrations/20200101000000_a.up.sql:1",
        "pop never runs this file: 20200101000000_b.up.sql has the same version and replaces it",
        "give it a version of its own",
        "20200101000000_a",
    ),
]


@pytest.mark.parametrize(("files", "kind", "place", "message", "help_text", "migration"), STUMBLES)
def test_what_the_tool_stumbles_over_is_said_in_its_place(
    write: Write,
    files: dict[str, str],
    kind: type[Irregularity],
    place: str,
    message: str,
    help_text: str,
    migration: str,
) -> None:
    write(files)
    (found,) = only_history().irregularities
    at = f"{found.source.path}:{found.source.position(found.span.start).line}"
    assert (type(found), at) == (kind, place)
    assert (found.message, found.help, found.migration) == (message, help_text, migration)
