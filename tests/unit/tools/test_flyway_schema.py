"""Flyway's sessions begin in its default schema: a name with it and one without it are one table."""

import pytest

from miglint.model import Name
from miglint.registry import load_rules
from miglint.rule import Good
from miglint.testing import lint

FOLDER = "src/main/resources"
RULES = tuple(rule for rule in load_rules() if rule.name in ("foreign-key-scan", "blocking-index-build"))
MIGRATIONS = {
    f"{FOLDER}/db/migration/V1__orders.sql": "CREATE TABLE shop.orders (id uuid PRIMARY KEY, unit_id uuid);",
    f"{FOLDER}/db/migration/V2__units.sql": """
        CREATE TABLE units (id uuid PRIMARY KEY);
        WITH made AS (UPDATE shop.orders SET unit_id = gen_random_uuid() RETURNING unit_id)
        INSERT INTO shop.units SELECT unit_id FROM made;
        ALTER TABLE shop.orders ADD CONSTRAINT orders_unit FOREIGN KEY (unit_id) REFERENCES units;
    """,
}


def said(settings, migrations=MIGRATIONS, **keys):
    files = {f"{FOLDER}/application.properties": settings, **migrations}
    found = lint(RULES, Good("", files=files, settings=tuple(keys.items())))
    return [report.finding.message for report in found]


@pytest.mark.parametrize(
    "settings",
    [
        "spring.flyway.schemas=shop",
        "spring.flyway.schemas=shop,audit",
        "spring.flyway.default-schema=shop\nspring.flyway.schemas=audit,shop",
        "flyway.defaultSchema=shop",
    ],
)
def test_a_name_without_the_schema_is_in_the_default_one(settings):
    (message,) = said(settings)

    assert message.startswith("foreign key orders_unit blocks writes to shop.orders while")


@pytest.mark.parametrize("settings", ["", "spring.flyway.schemas=${SCHEMA:shop}", "spring.flyway.table=shop"])
def test_without_a_plain_setting_it_is_the_usual_one(settings):
    (message,) = said(settings)

    assert message.endswith("units has no rows")


def test_the_configuration_need_not_name_the_default_schema():
    index = {f"{FOLDER}/db/migration/V3__index.sql": "CREATE INDEX ON orders (unit_id);"}
    first = {path: sql for path, sql in MIGRATIONS.items() if "V1" in path}

    assert len(said("flyway.defaultSchema=shop", {**first, **index})) == 1
    small = frozenset({Name("public", "orders")})
    assert said("flyway.defaultSchema=shop", {**first, **index}, small_tables=small) == []
