"""
Frameworks whose migrations are code, which no tool here reads: each is one value, and needs nothing else.

Where a framework prints SQL, by its own documentation or source, `sql` says how to have that checked.
"""

from typing import NamedTuple

_ANY = r"(?!_|index\.|env\.py|conftest\.|.*_test\.go|.*\.d\.[mc]?ts$|.*[._-](?:test|spec)\.).+"
_NUMBERED = r"\d.*(?<!\.d\.ts)"
_SCRIPTS = (".ts", ".js", ".mts", ".cts", ".mjs", ".cjs")
_JVM = (".java", ".kt", ".scala", ".groovy")
_UP = r"\bup\b\s*[(=:]"


class Framework(NamedTuple):
    """A framework and its marks.

    `name` is what reports call it as a tool, `title` what sentences say.
    `marks` are patterns for what stands in each of its migrations, `names` one for the names of their files.
    `counted` is how sentences count its files, with `{n}`, where it is no framework with a name.
    `sql` is a command that has their SQL checked, "" if there is none. In it, `{last}` is the newest file
    without its ending, `{previous}` the one before it ("0" if none), `{app}` the folder that holds theirs.
    """

    name: str
    title: str
    language: str
    endings: tuple[str, ...]
    marks: tuple[str, ...]
    names: str = _ANY
    sql: str = ""
    counted: str = ""


FRAMEWORKS = (
    # https://alembic.sqlalchemy.org/en/latest/offline.html; from the base on, every table would be new.
    Framework(
        "alembic",
        "Alembic",
        "Python",
        (".py",),
        (r"(?m)^down_revision\b", r"(?m)^revision\b"),
        sql="alembic upgrade LAST_APPLIED:head --sql | miglint check -",
    ),
    # https://docs.djangoproject.com/en/stable/ref/django-admin/#sqlmigrate
    Framework(
        "django",
        "Django",
        "Python",
        (".py",),
        (r"(?m)^class Migration\((?:\w+\.)*Migration\)",),
        sql="python manage.py sqlmigrate {app} {last} | miglint check -",
    ),
    Framework("aerich", "Aerich", "Python", (".py",), (r"(?m)^async def upgrade\(db: BaseDBAsyncClient\)",)),
    Framework("piccolo", "Piccolo", "Python", (".py",), (r"\bMigrationManager\(",)),
    Framework("peewee", "Peewee", "Python", (".py",), (r"(?m)^def migrate\(migrator\b",)),
    Framework("yoyo", "yoyo", "Python", (".py",), (r"(?m)^(?:from yoyo import|import yoyo)\b",)),
    Framework("rails", "Rails", "Ruby", (".rb",), (r"(?m)^[ \t]*class \S+ < \S*Migration\b",), _NUMBERED),
    Framework(
        "sequel", "Sequel", "Ruby", (".rb",), (r"(?m)^[ \t]*(?:Sequel\.migration|ROM::SQL\.migration)\b",)
    ),
    # From 9.21 on a statement a line: src/Illuminate/Console/resources/views/components/bullet-list.php.
    Framework(
        "laravel",
        "Laravel",
        "PHP",
        (".php",),
        (r"\bIlluminate\\Database\\Migrations\\Migration\b",),
        sql=r"php artisan migrate --pretend --no-ansi | sed -n 's/^ *⇂ \(.*\)/\1;/p' | miglint check -",
    ),
    # https://doctrine-project.org/projects/doctrine-migrations/en/stable/reference/managing-migrations.html
    Framework(
        "doctrine",
        "Doctrine",
        "PHP",
        (".php",),
        (r"\bDoctrine\\(?:DBAL\\)?Migrations\\AbstractMigration\b",),
        sql="doctrine-migrations migrate --write-sql=migrations.sql --no-interaction "
        "&& miglint check migrations.sql",
    ),
    Framework("phinx", "Phinx", "PHP", (".php",), (r"\bPhinx\\Migration\\AbstractMigration\b",)),
    Framework(
        "cakephp", "CakePHP", "PHP", (".php",), (r"(?m)^use Migrations\\(?:Abstract|Base)Migration\b",)
    ),
    Framework("yii", "Yii", "PHP", (".php",), (r"\byii\\db\\Migration\b",)),
    Framework(
        "flarum",
        "Flarum",
        "PHP",
        (".php",),
        (r"\bFlarum\\Database\\Migration\b|\bIlluminate\\Database\\Schema\\Builder\b",),
    ),
    Framework("nextcloud", "Nextcloud", "PHP", (".php",), (r"\bOCP\\Migration\\SimpleMigrationStep\b",)),
    Framework("phpbb", "phpBB", "PHP", (".php",), (r"\bphpbb\\db\\migration\\\w*migration\b",)),
    Framework("shopware", "Shopware", "PHP", (".php",), (r"\bextends MigrationStep\b",)),
    Framework("codeigniter", "CodeIgniter", "PHP", (".php",), (r"\bCodeIgniter\\Database\\Migration\b",)),
    Framework("ecto", "Ecto", "Elixir", (".exs", ".ex"), (r"(?m)^[ \t]*use Ecto\.Migration\b",)),
    Framework(
        "mikro-orm",
        "MikroORM",
        "TypeScript",
        _SCRIPTS,
        (r"""["']@mikro-orm/migrations["']""", r"\bextends Migration\b"),
    ),
    Framework("payload", "Payload", "TypeScript", _SCRIPTS, (r"""["']@payloadcms/db-\w+["']""", _UP)),
    Framework(
        "lucid",
        "Lucid",
        "TypeScript",
        _SCRIPTS,
        (r"(?i)@adonisjs/lucid|@ioc:Adonis/Lucid", r"\bextends BaseSchema\b"),
    ),
    Framework(
        "nocobase",
        "NocoBase",
        "TypeScript",
        _SCRIPTS,
        (r"""["']@nocobase/(?:server|database)["']""", r"\bextends Migration\b"),
    ),
    Framework("logto", "Logto", "TypeScript", _SCRIPTS, (r"\bAlterationScript\b",)),
    Framework("kysely", "Kysely", "TypeScript", _SCRIPTS, (r"""["']kysely["']""", _UP)),
    Framework(
        "typeorm",
        "TypeORM",
        "TypeScript",
        _SCRIPTS,
        (r"\bMigrationInterface\b|\bup\(queryRunner\b|\b(?:Irr|R)eversibleMigration\b", _UP),
    ),
    Framework(
        "node-pg-migrate",
        "node-pg-migrate",
        "JavaScript",
        _SCRIPTS,
        (r"""["']node-pg-migrate["']|\bpgm\b""", _UP),
    ),
    Framework(
        "db-migrate",
        "db-migrate",
        "JavaScript",
        _SCRIPTS,
        (r"\bdbmigrate\b|\bup = (?:async )?function ?\(db\b", _UP),
    ),
    Framework("sequelize", "Sequelize", "JavaScript", _SCRIPTS, (r"\bqueryInterface\b", _UP)),
    Framework("knex", "Knex", "JavaScript", _SCRIPTS, (r"(?i)\bknex\b", _UP)),
    # What is left of those that run a function `up`: Umzug, node-migrate, Ley, a project's own runner.
    Framework(
        "umzug",
        "Umzug",
        "JavaScript",
        _SCRIPTS,
        (r"\b(?:exports\.|export (?:const |(?:async )?function ))up\b",),
        _NUMBERED,
        counted="{n} migration{s} in JavaScript with `up`, as Umzug runs them",
    ),
    # https://learn.microsoft.com/ef/core/cli/dotnet#dotnet-ef-migrations-script; what else the program
    # prints would come through a pipe as well.
    Framework(
        "ef-core",
        "Entity Framework Core",
        "C#",
        (".cs",),
        (r"\bMigrationBuilder\b",),
        r"\d+_.+(?<!\.Designer)\.cs",
        "dotnet ef migrations script {previous} --output migrations.sql && miglint check migrations.sql",
    ),
    Framework(
        "ef6", "Entity Framework 6", "C#", (".cs",), (r":\s*DbMigration\b",), r"\d+_.+(?<!\.Designer)\.cs"
    ),
    # https://fluentmigrator.github.io/articles/runners/dotnet-fm.html
    Framework(
        "fluentmigrator",
        "FluentMigrator",
        "C#",
        (".cs",),
        (r"\busing FluentMigrator\b", r"\[\w*Migration\("),
        sql="dotnet fm migrate -p postgres -c CONNECTION -a ASSEMBLY --preview -o=migrations.sql "
        "&& miglint check migrations.sql",
    ),
    Framework(
        "flyway",
        "Flyway",
        "Java or Kotlin",
        _JVM,
        (r"\b(?:Base)?JavaMigration\b|\bJdbcMigration\b",),
        r"[VRUB].+",
    ),
    Framework(
        "liquibase",
        "Liquibase",
        "Java or Groovy",
        _JVM,
        (r"\bCustom(?:Sql|Task)Change\b|\bdatabaseChangeLog\s*=?\s*\{",),
    ),
    Framework("goose", "goose", "Go", (".go",), (r"\bgoose\.Add\w*Migration\w*\(",)),
    Framework("gormigrate", "gormigrate", "Go", (".go",), (r"\bgormigrate\.Migration\b",)),
    Framework(
        "bun",
        "Bun",
        "Go",
        (".go",),
        (r"\buptrace/bun\b|\bMigrations\.", r"\b[mM]igrations\.(?:Must)?Register\("),
        _NUMBERED,
    ),
    Framework(
        "go-pg", "go-pg", "Go", (".go",), (r"\bmigrations\.(?:MustRegister|Register)\w*\(",), _NUMBERED
    ),
    Framework("popx", "popx", "Go", (".go",), (r"\bpopx\.Migrations?\{",)),
    Framework("xormigrate", "Xormigrate", "Go", (".go",), (r"\bxormigrate\.Migration\b",)),
    Framework("xorm", "Xorm", "Go", (".go",), (r"\*xorm\.(?:Engine|Session)\b",), r"v?\d.*"),
    Framework("sea-orm", "SeaORM", "Rust", (".rs",), (r"\bMigrationTrait for\b",), r"m\d.*"),
    Framework("fluent", "Fluent", "Swift", (".swift",), (r"\bimport Fluent\b", r":\s*(?:Async)?Migration\b")),
    Framework(
        "pgroll",
        "pgroll",
        "YAML or JSON",
        (".yaml", ".yml", ".json"),
        (r"(?m)^[\s{]*\"?operations\"?[ \t]*:",),
        _NUMBERED,
    ),
    Framework("reshape", "Reshape", "TOML", (".toml",), (r"(?m)^\[\[actions\]\]",)),
    Framework("surrealdb", "SurrealDB", "SurrealQL", (".surql",), ()),
    Framework("cassandra", "Cassandra", "CQL", (".cql",), ()),
    Framework("neo4j", "Neo4j", "Cypher", (".cypher",), ()),
    Framework("avram", "Avram", "Crystal", (".cr",), (r"< Avram::Migrator::Migration\b",)),
)
