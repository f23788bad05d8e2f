"""Tables that are nobody's data: where extensions keep settings, and migration tools what they have run."""

from miglint.model import Name

# Tables with a row for each queue, partitioned table, job or projection, and the schema that has to be said
# for the name to mean them: pgmq, pg_partman, pg_cron, PostGIS.
_SETTINGS = {
    "meta": "pgmq",
    "part_config": "",
    "part_config_sub": "",
    "job": "cron",
    "spatial_ref_sys": "",
}

# A row for each migration. With each the tools here that keep it, or may: some runners are not known.
_RECORDS: dict[str, tuple[str, ...]] = {
    "__diesel_schema_migrations": ("diesel",),
    "__drizzle_migrations": ("drizzle",),
    "__efmigrationshistory": (),
    "__yuniql_schema_version": ("yuniql",),
    "_prisma_migrations": ("prisma",),
    "_sqlx_migrations": ("sqlx",),
    "_yoyo_log": ("yoyo",),
    "_yoyo_migration": ("yoyo",),
    "_yoyo_version": ("yoyo",),
    "alembic_version": (),
    "ar_internal_metadata": (),
    "atlas_schema_revisions": ("atlas",),
    "bun_migration_locks": ("bun",),
    "bun_migrations": ("bun",),
    "databasechangelog": ("liquibase",),
    "databasechangeloglock": ("liquibase",),
    "django_migrations": (),
    "doctrine_migration_versions": (),
    "flyway_schema_history": ("flyway",),
    "goose_db_version": ("goose",),
    "gopg_migrations": ("go-pg-migrations",),
    "gorp_migrations": ("sql-migrate",),
    "knex_migrations": (),
    "knex_migrations_lock": (),
    "kysely_migration": (),
    "kysely_migration_lock": (),
    "micrate_db_version": ("micrate",),
    "mikro_orm_migrations": (),
    "pgmigrations": ("node-pg-migrate",),
    "phinxlog": (),
    "play_evolutions": ("play-evolutions",),
    "play_evolutions_lock": ("play-evolutions",),
    "refinery_schema_history": ("refinery",),
    "schema_migration": ("pop", "popx"),
    "schema_migrations": (
        "dbmate", "encore", "golang-migrate", "sourcegraph", "supabase",
        "custom", "numbered-folders", "plain-sql", "up-down-folders",
    ),
    "schemaversions": ("dbup",),
    "seaql_migrations": (),
    "sequelizemeta": ("umzug",),
    "typeorm_metadata": (),
}  # fmt: skip


def keeps_settings(name: Name) -> bool:
    """Tell whether a table that the history does not make is one in which an extension keeps its settings."""
    return _SETTINGS.get(name.name) in ("", name.schema)


def keeps_records(name: Name) -> bool:
    """Tell whether a table that the history does not make is one in which a tool records its migrations."""
    return name.name.lower() in _RECORDS


def keeps_records_of_another(name: Name, tool: str) -> bool:
    """Tell the same of a table of a tool that the project does not use, or no longer."""
    return keeps_records(name) and tool not in _RECORDS[name.name.lower()]
