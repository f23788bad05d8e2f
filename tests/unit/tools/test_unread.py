"""What may be migrations and is not read: named with its folder and its number, never passed over."""

import pytest
from migration_project import Write

from miglint.errors import NoMigrations
from miglint.tools import find_histories

PARTS = "CREATE TABLE parts (id int);\n"
GO = "func fill(tx *sql.Tx) error {\n\t_, err := tx.Exec(`\n\t\tUPDATE parts\n\t\tSET state = 1`)\n}\n"


def unread(*paths: str) -> dict[str, str]:
    """Give why the folders are not read, by their paths."""
    return {gap.path: gap.reason for history in find_histories(paths or (".",)) for gap in history.gaps}


@pytest.mark.parametrize(
    ("path", "text", "language"),
    [
        ("store/migrate/migrate_0002_fill.go", GO, "Go"),
        ("db/migrations/base/internal/hook2/query.go", "const q = `\n  delete from parts`\n", "Go"),
        (
            "core/migrations.py",
            'async def m001(db):\n    await db.execute("""\n    ALTER TABLE parts\n',
            "Python",
        ),
        (
            "src/db/migrations.ts",
            "export const all = [['v1', `\n  CREATE TABLE parts (id int)`]]\n",
            "TypeScript",
        ),
        ("src/migrationStore.ts", "return ['CREATE INDEX i ON parts (id)']\n", "TypeScript"),
        ("sql/migrate.go", 'm := []string{"insert into parts values (1)"}\n', "Go"),
        ("db/migrations/core/003.lua", "return { up = [[\nDROP TABLE IF EXISTS parts;\n]] }\n", "Lua"),
        ("storage/deltas/2024_parts.go", 'tx.Exec("ALTER TABLE parts ADD COLUMN x int")\n', "Go"),
        ("app/Schema/Postgres.php", "$pdo->exec('ALTER TABLE parts ADD x int');\n", "PHP"),
        ("core/patches/v14/fill.py", 'db.sql("""update parts set x = 1""")\n', "Python"),
        ("upgrade/85-86/1.pl", 'sub { $dbh->do("CREATE UNIQUE INDEX i ON parts (id)") }\n', "Perl"),
    ],
)
def test_code_with_sql_of_its_own_is_listed(write: Write, path: str, text: str, language: str) -> None:
    write({path: text})
    assert unread() == {
        path.rpartition("/")[0]: f"1 file in {language} with SQL, perhaps steps of migrations: not read"
    }


@pytest.mark.parametrize(
    ("path", "text"),
    [
        # Not where migrations stand.
        ("app/schema/order.php", "$pdo->exec('ALTER TABLE parts ADD x int');\n"),
        ("app/drivers/postgres.php", "$pdo->exec('ALTER TABLE parts ADD x int');\n"),
        ("core/dispatches/fill.py", 'db.sql("""update parts set x = 1""")\n'),
        ("store/parts.go", GO),
        # A runner of migrations, with nothing but its own table.
        ("db/migrate.go", "db.Exec(`CREATE TABLE IF NOT EXISTS schema_migrations (version int)`)\n"),
        ("db/migrate.go", 'db.Exec("INSERT INTO " + table + " VALUES ($1)")\n'),
        # A sentence.
        ("db/migrate.py", '"""\nCreate table parts if it is missing.\n"""\n'),
        ("db/migrate.go", "// Alter table parts\n"),
        # Tests and data for them.
        ("db/migrate_test.go", GO),
        ("db/migrations/testdata/fill.go", GO),
        ("src/__tests__/migrations/1_fill.ts", "run(`ALTER TABLE parts DROP x`)\n"),
        ("db/migrate/seeds/fill.go", GO),
    ],
)
def test_other_code_is_not(write: Write, path: str, text: str) -> None:
    write({path: text})
    with pytest.raises(NoMigrations):
        find_histories(["."])


def test_steps_beside_a_history_of_sql_are_listed_beside_it(write: Write) -> None:
    write(
        {
            "migrate/postgres/0001_parts.up.sql": PARTS,
            "migrate/postgres/0001_parts.down.sql": "DROP TABLE parts;",
            "migrate/migrate_0001_parts.go": GO,
        }
    )
    read, code = find_histories(["."])
    assert (len(read.migrations), read.gaps) == (1, ())
    assert code.in_code == ("migrate/migrate_0001_parts.go",)


@pytest.mark.parametrize(
    "paths",
    [
        ("db/migrations/parts.sql", "db/migrations/orders.sql"),
        ("resources/db/upgrade/app.postgres.6.1.to.6.2.sql",),
        ("sql/upgrade/3.0_schema/postgresql/ddl.sql",),
        ("scripts/001_a.sql", "scripts/002_b.sql", "scripts/003_c.sql"),
    ],
)
def test_sql_that_no_tool_reads_is_listed(write: Write, paths: tuple[str, ...]) -> None:
    write(dict.fromkeys(paths, PARTS))
    many = "" if len(paths) == 1 else "s"
    assert unread() == {
        paths[0].rpartition("/")[
            0
        ]: f"{len(paths)} SQL file{many}, perhaps migrations of a runner of your own: not read"
    }


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("queries/parts.sql", PARTS),
        ("db/migrate/queries/parts.sql", PARTS),
        ("db/migrations/report.sql", "SELECT 1;\n"),
        ("db/migrations/schema.sql", PARTS),
        ("tests/migrations/parts.sql", PARTS),
        ("db/migrate/down/parts.sql", "DROP TABLE parts;"),
    ],
)
def test_other_sql_is_not(write: Write, path: str, text: str) -> None:
    write({path: text})
    with pytest.raises(NoMigrations):
        find_histories(["."])


def test_the_tests_of_an_extension_are_not(write: Write) -> None:
    write(
        {
            f"ext/{kind}/{n}_parts.{end}": PARTS
            for n in (1, 2, 3)
            for kind, end in (("sql", "sql"), ("expected", "out"))
        }
    )
    with pytest.raises(NoMigrations):
        find_histories(["."])


@pytest.mark.parametrize("name", ["", "ext--"])
@pytest.mark.parametrize("folder", ["sql/updates", "db/upgrades"])
def test_the_updates_of_an_extension_are_not_run_one_after_the_other(
    write: Write, folder: str, name: str
) -> None:
    ways = ("1.0--1.1", "1.1--1.0", "1.1--2.0-dev")
    write({f"{folder}/{name}{way}.sql": "ALTER TABLE parts ADD x int;" for way in ways})
    told = "3 SQL files that update an extension: not read unless the folder is named"
    if name:
        # No number begins these names.
        with pytest.raises(NoMigrations):
            find_histories(["."])
    else:
        assert unread() == {folder: told}
    (history,) = find_histories([folder])
    assert (len(history.migrations), history.gaps) == (3, ())


def test_a_schema_that_another_history_makes_is_no_history(write: Write) -> None:
    goose = {"db/steps/1_parts.sql": f"-- +goose Up\n{PARTS}CREATE TABLE public.orders (id int);\n"}
    schema = {"sql/schema/v0.sql": PARTS, "sql/schema/v1-more.sql": 'CREATE TABLE IF NOT EXISTS "orders" ();'}
    write(goose | schema)
    reason = "a description of what db/steps makes: not read unless the folder is named"
    assert unread() == {"sql/schema": reason}
    (history,) = find_histories(["sql/schema"])
    assert (len(history.migrations), history.gaps) == (2, ())


def test_a_schema_with_tables_of_its_own_is_one(write: Write) -> None:
    goose = {"db/steps/1_parts.sql": f"-- +goose Up\n{PARTS}"}
    write(goose | {"sql/schema/1.sql": PARTS, "sql/schema/2.sql": "CREATE TABLE orders (id int);"})
    assert unread() == {}


def test_sql_without_a_table_is_listed_as_well(write: Write) -> None:
    write({"db/migrations/grants.sql": "GRANT SELECT ON parts TO reader;\n"})
    assert list(unread()) == ["db/migrations"]


def test_such_sql_is_read_where_it_is_named(write: Write) -> None:
    write({"db/migrations/parts.sql": PARTS})
    (history,) = find_histories(["db/migrations"])
    assert ([one.id for one in history.migrations], history.gaps) == (["parts"], ())


def test_scripts_for_one_database_each_are_not_read_one_after_the_other(write: Write) -> None:
    databases = ("mysql", "postgresql", "hsqldb")
    write({f"db/upgrade/{n}/app_{database}.sql": PARTS for n in (1, 2) for database in databases})
    assert set(unread()) == {"db/upgrade/1", "db/upgrade/2"}


def test_many_folders_are_one_place(write: Write) -> None:
    write({f"db/upgrade/v{n}_schema/ddl.sql": PARTS for n in range(5)})
    assert unread() == {
        "db/upgrade": "5 SQL files, perhaps migrations of a runner of your own in 5 folders: not read"
    }


def test_a_numbered_file_of_code_is_listed_though_there_is_one(write: Write) -> None:
    write({"db/migrations/0001_parts.rb": "class Parts\nend\n"})
    assert unread() == {"db/migrations": "1 numbered .rb file, perhaps from Rails: not read"}
