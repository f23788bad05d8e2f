"""Flyway: names, order, settings, callbacks, baselines, and what runs outside a transaction."""

import pytest
from migration_project import Write, ids

from miglint.model.irregularity import DuplicateVersion, RefusedFile, UnreachableFile
from miglint.model.migration import History, TransactionMode
from miglint.tools import find_histories

RESOURCES = "src/main/resources"
A, B = "db/a", "db/{vendor}"


def read(
    write: Write, *names: str, settings: dict[str, str] | None = None, root: str = "db/migration"
) -> History:
    write({f"{root}/{name}": "SELECT ${a};" for name in names} | (settings or {}))
    (history,) = find_histories(["."])
    assert history.tool == "flyway"
    return history


def test_versions_are_compared_by_their_parts_and_sub_folders_belong(write: Write) -> None:
    history = read(
        write, *(f"{name}.sql" for name in ("V1__a", "V1.10__c", "V1_9__b", "R__z", "x/V2__d", "U1__a"))
    )
    assert ids(history) == ["V1__a", "V1_9__b", "V1.10__c", "V2__d", "R__z"]
    assert history.migrations[0].down is not None


def test_one_and_one_point_zero_are_one_version(write: Write) -> None:
    history = read(write, "V1__a.sql", "V1.0__b.sql")
    assert [type(odd) for odd in history.irregularities] == [DuplicateVersion]


def test_names_that_do_not_fit_are_passed_over(write: Write) -> None:
    names = ("V1__a.sql", "V2.sql", "V3_x.sql", "v4__x.sql", "R1__x.sql", "Rx.sql", "V__x.sql", "V5__x.SQL")
    assert ids(read(write, *names)) == ["V1__a", "V2", "V5__x"]


def test_folders_with_the_same_versions_are_histories_of_their_own(write: Write) -> None:
    names = [f"migrations/{place}/V{number}__a.sql" for place in ("orders", "users") for number in (1, 2)]
    write(dict.fromkeys(names, "SELECT 1;"))
    assert [history.root for history in find_histories(["."])] == ["migrations/orders", "migrations/users"]


def test_a_name_with_another_prefix_is_never_run(write: Write) -> None:
    history = read(write, "V1__a.sql", "NTV2__b.sql", "note__x.sql", "U1__a.sql")
    (odd,) = history.irregularities
    assert (type(odd), odd.source.path) == (UnreachableFile, "db/migration/NTV2__b.sql")


def test_the_newest_baseline_takes_the_place_of_what_is_not_newer(write: Write) -> None:
    names = ("V1__a.sql", "V2__b.sql", "V3__c.sql", "B1__x.sql", "B2__y.sql")
    assert ids(read(write, *names)) == ["B2__y", "V3__c"]


def test_callbacks_run_around_the_migrations(write: Write) -> None:
    names = ("V1__a.sql", "R__r.sql", "beforeMigrate.sql", "afterMigrate__b.sql", "afterMigrate__a.sql",
             "afterClean.sql", "afterMigrate_c.sql")  # fmt: skip
    history = read(write, *names)
    assert ids(history) == ["beforeMigrate", "V1__a", "R__r", "afterMigrate__a", "afterMigrate__b"]
    assert [migration.repeatable for migration in history.migrations] == [True, False, True, True, True]


def test_callbacks_outside_the_sequence_are_listed(write: Write) -> None:
    beside = ("afterMigrate__grant.sql", "beforeValidate.sql", "afterClean.sql", "note.sql")
    write({f"db/hooks/{name}": "SELECT 1;" for name in beside})
    write({"db/other/V1__a.sql": "SELECT 1;", "db/other/afterMigrate.sql": "SELECT 1;"})
    write(
        {
            f"db/migration/{name}": "SELECT 1;"
            for name in ("V1__a.sql", "afterMigrate.sql", "afterMigrateError.sql")
        }
    )
    (history, other) = find_histories(["."])
    assert ids(history) == ["V1__a", "afterMigrate"]
    assert ids(other) == ["V1__a", "afterMigrate"]
    paths = [gap.path for gap in history.gaps]
    assert paths == [
        "db/hooks/afterMigrate__grant.sql",
        "db/hooks/beforeValidate.sql",
        "db/migration/afterMigrateError.sql",
    ]
    assert "callback" in history.gaps[0].reason


def test_migrations_in_code_stand_in_their_place(write: Write) -> None:
    settings = {"src/main/java/db/migration/V2__Recount.java": "class V2__Recount {}"}
    history = read(write, "V1__a.sql", "V3__b.sql", settings=settings, root=f"{RESOURCES}/db/migration")
    assert ids(history) == ["V1__a", "V2__Recount", "V3__b"]
    assert history.migrations[1].opaque is not None


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (f"{RESOURCES}/application.properties", f"spring.flyway.locations=classpath:{A}, classpath:{B}\n"),
        (f"{RESOURCES}/application.yml", "spring:\n  flyway:\n    locations:\n      - classpath:db/a\n"
         "      - classpath:db/{vendor}\n  other:\n    locations: db/no\n"),
        (f"{RESOURCES}/config/application.yaml", f"flyway:\n  locations: 'classpath:{A},classpath:{B}'\n"),
        (f"{RESOURCES}/application.yml", "spring:\n  flyway:\n"
         "    locations: ${PLACES:classpath:db/a, classpath:db/${VENDOR:postgresql}}\n"),
        ("flyway.toml", f"[flyway]\nlocations = ['filesystem:{RESOURCES}/{A}', \"{RESOURCES}/{B}\"]\n"),
        ("flyway.conf", f"flyway.locations=filesystem:{RESOURCES}/{A},{RESOURCES}/{B}\n"),
        ("build.gradle", f"flyway {{\n  locations = ['filesystem:{RESOURCES}/{A}', '{RESOURCES}/{B}']\n}}\n"),
        ("pom.xml", f"<locations><location>{RESOURCES}/db/a</location>\n"
         f"<location>{RESOURCES}/db/postgresql</location></locations>"),
    ],
)  # fmt: skip
def test_several_locations_are_one_history(write: Write, file: str, text: str) -> None:
    names = ("a/V1__x.sql", "postgresql/V2__y.sql", "a/V3__z.sql")
    history = read(write, *names, settings={file: text}, root=f"{RESOURCES}/db")
    assert ids(history) == ["V1__x", "V2__y", "V3__z"]


def test_prefixes_separators_and_placeholders_can_be_configured(write: Write) -> None:
    conf = (
        "flyway.locations=filesystem:sql\nflyway.sqlMigrationPrefix=FLY-\nflyway.sqlMigrationSeparator=--\n"
        "flyway.placeholderReplacement=false\nflyway.group=true\nflyway.url=jdbc:postgresql://x\n"
    )
    history = read(
        write, "FLY-2--b.sql", "FLY-10--c.sql", "V1__a.sql", settings={"flyway.conf": conf}, root="sql"
    )
    assert ids(history) == ["FLY-2--b", "FLY-10--c"]
    up = history.migrations[0].up
    assert up is not None
    assert (up.sql, up.mode) == ("SELECT ${a};", TransactionMode.PER_RUN)


@pytest.mark.parametrize("sql", ["ALTER SYSTEM SET work_mem = '8MB';", "CREATE DATABASE x;", "DISCARD ALL;"])
def test_commands_of_the_server_run_outside_a_transaction(write: Write, sql: str) -> None:
    write({"db/migration/V1__a.sql": sql})
    up = find_histories(["."])[0].migrations[0].up
    assert up is not None
    assert up.mode is TransactionMode.PER_STATEMENT


@pytest.mark.parametrize("prefix", ["", "M"])
def test_a_prefix_can_be_empty_in_the_usual_location(write: Write, prefix: str) -> None:
    settings = {f"{RESOURCES}/application.properties": f"spring.flyway.sql-migration-prefix={prefix}\n"}
    names = (f"{prefix}1__a.sql", f"{prefix}2__b.sql")
    history = read(write, *names, settings=settings, root=f"{RESOURCES}/db/migration")
    assert ids(history) == [f"{prefix}1__a", f"{prefix}2__b"]


LOCATIONS = {
    f"{RESOURCES}/application.yml": "spring:\n  flyway:\n    locations:\n"
    "      - classpath:db/migration/a\n      - classpath:db/migration/b\n"
}


@pytest.mark.parametrize("other", ["dev/V9__z.sql", "V9__z.sql"])
def test_the_configured_locations_outweigh_the_folder_above_them(write: Write, other: str) -> None:
    history = read(
        write, "a/V1__x.sql", "b/V2__y.sql", other, settings=LOCATIONS, root=f"{RESOURCES}/db/migration"
    )
    assert ids(history) == ["V1__x", "V2__y"]
    (gap,) = history.gaps
    assert (gap.path, gap.reason[:1]) == (f"{RESOURCES}/db/migration/{other}".rpartition("/")[0], "1")


def test_an_empty_prefix_is_known_in_a_location_of_any_name(write: Write) -> None:
    settings = {
        f"{RESOURCES}/application.yml": "spring:\n  flyway:\n    sql-migration-prefix: ''\n"
        "    locations: classpath:db/migration/all\n"
    }
    names = ("20220101__a.sql", "20220102__b.sql")
    history = read(write, *names, settings=settings, root=f"{RESOURCES}/db/migration/all")
    assert ids(history) == ["20220101__a", "20220102__b"]


def test_a_location_of_another_profile_is_a_history_of_its_own(write: Write) -> None:
    settings = {
        f"{RESOURCES}/application.properties": "spring.flyway.locations=classpath:db/all\n"
        "spring.flyway.sql-migration-prefix=\n",
        f"{RESOURCES}/application-demo.properties": "spring.flyway.locations=classpath:db/demo\n",
    }
    write({f"{RESOURCES}/db/{name}": "SELECT 1;" for name in ("all/1__a.sql", "demo/2__b.sql")} | settings)
    found = [(history.tool, ids(history)) for history in find_histories(["."])]
    assert found == [("flyway", ["1__a"]), ("flyway", ["2__b"])]


@pytest.mark.parametrize(
    ("urls", "dialect"),
    [
        ({"": "h2:mem:x", "-prod": "mysql://x"}, "mysql"),
        ({"": "h2:mem:x", "-live": "postgresql://x"}, "postgres"),
        ({"": "postgresql://x", "-test": "h2:mem:x"}, "postgres"),
        ({"": "mysql://x", "-test": "h2:mem:x"}, "mysql"),
    ],
)
def test_the_url_of_production_counts(write: Write, urls: dict[str, str], dialect: str) -> None:
    settings = {f"{RESOURCES}/application{at}.yml": f"url: jdbc:{url}\n" for at, url in urls.items()}
    assert read(write, "V1__a.sql", settings=settings).dialect == dialect


def test_a_driver_in_the_build_is_no_url_and_the_folder_outweighs_one(write: Write) -> None:
    build = {"build.gradle": 'runtimeOnly "org.mariadb.jdbc:mariadb-java-client:3.1.0"\n'}
    assert read(write, "V1__a.sql", settings=build).dialect == "postgres"
    url = {"flyway.conf": "flyway.url=jdbc:mysql://localhost/a\n"}
    write({"db/migration/V1__a.sql": "SELECT 1;"} | url)
    assert find_histories(["."])[0].dialect == "mysql"
    write({"sql/postgres/V1__a.sql": "SELECT 1;"})
    assert [h.dialect for h in find_histories(["."])] == ["mysql", "postgres"]


CONCURRENTLY = "CREATE INDEX CONCURRENTLY i ON a (id);"
INSIDE, OUTSIDE = TransactionMode.PER_MIGRATION, TransactionMode.PER_STATEMENT


@pytest.mark.parametrize(
    ("sql", "conf", "settings", "mode", "refused"),
    [
        ("SELECT 1;", "", "", INSIDE, []),
        (f"-- a\n{CONCURRENTLY}\n{CONCURRENTLY}", "", "", OUTSIDE, []),
        (f"SET lock_timeout = '5s';\n{CONCURRENTLY}", "", "", OUTSIDE, [2]),
        (f"{CONCURRENTLY}\nSELECT 1;", "", "", OUTSIDE, [2]),
        (f"{CONCURRENTLY}\nSELECT 1;", "", "flyway.mixed=true", OUTSIDE, []),
        (f"{CONCURRENTLY}\nSELECT 1;", "executeInTransaction=false", "", OUTSIDE, []),
        (f"{CONCURRENTLY}\nSELECT 1;", "executeInTransaction=true", "", INSIDE, []),
        (CONCURRENTLY, "executeInTransaction=true", "", INSIDE, []),
        (CONCURRENTLY, "encoding=UTF-8", "", OUTSIDE, []),
        (f"{CONCURRENTLY}\nSELECT 1;", "", "flyway.executeInTransaction=false", OUTSIDE, []),
        ("REINDEX INDEX CONCURRENTLY i;", "", "", INSIDE, []),
        (f"SELECT '; {CONCURRENTLY}';", "", "", INSIDE, []),
    ],
)
def test_what_runs_outside_a_transaction(
    write: Write, sql: str, conf: str, settings: str, mode: TransactionMode, refused: list[int]
) -> None:
    base = "db/migration/V1__a.sql"
    write({base: sql, "flyway.conf": settings} | ({f"{base}.conf": conf} if conf else {}))
    (history,) = find_histories(["."])
    up = history.migrations[0].up
    assert up is not None
    assert up.mode is mode
    assert all(isinstance(odd, RefusedFile) for odd in history.irregularities)
    assert [odd.source.position(odd.span.start).line for odd in history.irregularities] == refused


SETTINGS = {
    "flyway.conf": "flyway.postgresql.transactional.lock=false",
    "flyway.toml": "[flyway.postgresql.transactional]\nlock = false",
    f"{RESOURCES}/application.properties": "spring.flyway.postgresql.transactional-lock=false",
    f"{RESOURCES}/application.yml": "spring:\n  flyway:\n    postgresql:\n      transactional-lock: false",
    "pom.xml": "<pluginConfiguration><postgresqlTransactionalLock>false</postgresqlTransactionalLock>",
    "build.gradle": "flyway {\n  pluginConfiguration = [postgresqlTransactionalLock: 'false']\n}",
    "build.gradle.kts": 'flyway { pluginConfiguration = mapOf("postgresqlTransactionalLock" to "false") }',
}


@pytest.mark.parametrize("path", SETTINGS)
def test_a_lock_of_the_session_lets_concurrently_run(write: Write, path: str) -> None:
    advice = read(write, "V1__a.sql", settings={path: SETTINGS[path]}).advice
    assert (advice.holds_transaction, advice.let_go) == ("", "")
    assert "transactional.lock" not in advice.run_alone[0].how


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"flyway.conf": "# flyway.postgresql.transactional.lock=false"},
        {"flyway.conf": "flyway.postgresql.transactional.lock=true"},
        {"build.gradle": 'implementation "org.flywaydb:flyway-core:9.1.2"'},
        {"build.gradle": "plugins { id 'org.springframework.boot' version '3.2.0' }"},
    ],
)
def test_flyway_holds_a_transaction_of_its_own(write: Write, settings: dict[str, str]) -> None:
    advice = read(write, "V1__a.sql", settings=settings).advice
    assert advice.holds_transaction
    assert "flyway.postgresql.transactional.lock=false" in advice.let_go
    assert "flyway.postgresql.transactional.lock=false" in advice.run_alone[0].how


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pom.xml", "<artifactId>flyway-core</artifactId>\n<version>8.5.13</version>"),
        ("pom.xml", "<properties><flyway.version>9.0.4</flyway.version></properties>"),
        ("build.gradle", "plugins { id 'org.flywaydb.flyway' version '7.15.0' }"),
        ("build.gradle.kts", 'plugins { id("org.flywaydb.flyway") version "9.1.1" }'),
        ("build.gradle.kts", 'implementation("org.flywaydb:flyway-core:8.0.0")'),
        ("pom.xml", "<artifactId>spring-boot-starter-parent</artifactId><version>2.7.18</version>"),
        ("build.gradle", "plugins { id 'org.springframework.boot' version '2.7.0' }"),
    ],
)
def test_older_versions_take_a_lock_of_the_session(write: Write, path: str, text: str) -> None:
    assert read(write, "V1__a.sql", settings={path: text}).advice.holds_transaction == ""


@pytest.mark.parametrize("name", ["mybatis-spring-boot-starter", "spring-boot-extension-maven"])
def test_what_is_called_after_spring_boot_has_a_version_of_its_own(write: Write, name: str) -> None:
    pom = f"<artifactId>{name}</artifactId>\n<version>2.3.1</version>"
    assert read(write, "V1__a.sql", settings={"pom.xml": pom}).advice.holds_transaction


CODE = "server/src/main/kotlin/shop/MigrationRunner.kt"
DATABASE = "server/src/main/kotlin/shop/config/DatabaseSetup.kt"
PLUGIN = "flyway.pluginRegister.getPlugin(PostgreSQLConfigurationExtension::class.java)"


@pytest.mark.parametrize(
    ("path", "text", "is_off"),
    [
        (CODE, 'configuration(mapOf("flyway.postgresql.transactional.lock" to "false"))', True),
        ("server/src/main/java/shop/flyway/Config.java", "postgresql.setTransactionalLock(false);", True),
        (CODE, 'config.configuration(Map.of("flyway.postgresql.transactional.lock", OFF));', True),
        (CODE, 'config.configuration(Map.of("flyway.postgresql.transactional.lock", "true"));', False),
        (DATABASE, f"{PLUGIN}\n    .isTransactionalLock = false", True),
        (DATABASE, f"{PLUGIN}\n    .isTransactionalLock = true", False),
        (DATABASE, f"{PLUGIN}.setTransactionalLock(false)", True),
        (DATABASE, f"{PLUGIN}.apply {{ isTransactionalLock=false }}", True),
        (DATABASE, f"// {PLUGIN}.isTransactionalLock = false", False),
        (
            "server/src/main/java/shop/DataSourceConfig.java",
            "configuration.getConfigurationExtension(PostgreSQLConfigurationExtension.class)"
            ".setTransactionalLock( false );",
            True,
        ),
        (CODE, '// without flyway.postgresql.transactional.lock = "false"', False),
        ("server/src/test/java/shop/FlywayTest.java", "postgresql.setTransactionalLock(false);", False),
        ("server/src/main/java/shop/Orders.java", "postgresql.setTransactionalLock(false);", False),
    ],
)
def test_the_lock_can_be_set_in_code(write: Write, path: str, text: str, is_off: bool) -> None:
    build = {"build.gradle": 'implementation "org.flywaydb:flyway-core:10.7.1"', "server/build.gradle": ""}
    root = f"db/{RESOURCES}/db/migration"
    write({f"{root}/V1__a.sql": "CREATE INDEX CONCURRENTLY a ON b (c);", path: text, **build})
    (history,) = find_histories([root])
    assert bool(history.advice.holds_transaction) is not is_off


def test_undo_scripts_are_asked_for_where_somebody_has_begun_with_them(write: Write) -> None:
    write({f"db/plain/V{number}__a.sql": "SELECT 1;" for number in (1, 2, 3)})
    write({"db/begun/V1__a.sql": "SELECT 1;", "db/begun/V2__b.sql": "SELECT 1;", "db/begun/U2__b.sql": ""})
    begun, plain = find_histories(["."])
    assert (plain.root, plain.advice.begin_downs) == ("db/plain", "")
    assert begun.advice.begin_downs.startswith("write U<version>__<name>.sql beside each new V script")


def test_undo_scripts_are_called_as_the_project_has_it(write: Write) -> None:
    conf = {"flyway.conf": "flyway.undoSqlMigrationPrefix=BACK\nflyway.sqlMigrationSuffixes=.psql,.sql\n"}
    history = read(write, "V1__a.psql", "V2__b.sql", "BACK2__b.sql", settings=conf)
    assert [migration.down is not None for migration in history.migrations] == [False, True]
    assert history.advice.down_file == "BACK1__name.psql beside V1__name.psql"
    assert "BACK<version>__<name>.psql" in history.advice.begin_downs
