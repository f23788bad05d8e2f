"""Which server a project runs, by compose files, pipelines and Supabase's settings."""

import pytest
from migration_project import Write, only_history

from miglint.dialects import load
from miglint.engine import Plan, server_of
from miglint.model import Server
from miglint.rule import Policy

MIGRATION = {"db/migrations/V1__init.sql": "CREATE TABLE t (id int);"}


def service(image: str) -> str:
    return f"services:\n  db:\n    image: {image}\n    ports: ['5432:5432']\n"


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("postgres:14", 14),
        ("postgres:16.2-alpine", 16),
        ('"docker.io/library/postgres:15-bookworm"', 15),
        ("postgis/postgis:13-3.4", 13),
        ("timescale/timescaledb:2.11.0-pg15", 15),
        ("timescale/timescaledb-ha:pg14-latest", 14),
        ("pgvector/pgvector:0.8.0-pg17", 17),
        ("supabase/postgres:15.1.0.117", 15),
        ("bitnami/postgresql:16", 16),
        ("postgres:${POSTGRES_VERSION:-14}", 14),
        ("${DB_IMAGE:-postgres:14}", 14),
        ("postgres", None),
        ("postgres:latest", None),
        ("postgres:9.6", None),
        ("postgres:11", None),
        ("postgres:${{ matrix.postgres }}", None),
        ("timescale/timescaledb:2.11.0", None),
        ("prometheuscommunity/postgres-exporter:v15.0", None),
        ("redis:14 # instead of postgres:15", None),
    ],
)
def test_an_image_has_a_version(write: Write, image: str, version: int | None) -> None:
    write({**MIGRATION, "docker-compose.yml": service(image)})

    found = only_history().server
    expected = Server("postgres", (version,), "docker-compose.yml", is_found=True) if version else None
    assert found == expected


@pytest.mark.parametrize(
    ("files", "version", "said_by"),
    [
        ({"compose.yaml": service("postgres:14")}, 14, "compose.yaml"),
        ({"docker-compose.test.yml": service("postgres:14")}, 14, "docker-compose.test.yml"),
        ({".github/workflows/ci.yml": f"jobs:\n {service('postgres:13')}"}, 13, ".github/workflows/ci.yml"),
        ({".gitlab-ci.yml": service("postgres:13")}, 13, ".gitlab-ci.yml"),
        ({".circleci/config.yml": "docker:\n  - image: cimg/postgres:14.0\n"}, 14, ".circleci/config.yml"),
        ({"supabase/config.toml": "[db]\nport = 1\nmajor_version = 15\n"}, 15, "supabase/config.toml"),
        ({"supabase/config.toml": "[api]\nmajor_version = 15\n"}, None, ""),
        # The nearest folder that says something is the one that is asked.
        (
            {"db/compose.yml": service("postgres:13"), "compose.yml": service("postgres:16")},
            13,
            "db/compose.yml",
        ),
        # What does not agree says nothing.
        ({"compose.yml": service("postgres:13"), "compose.ci.yml": service("postgres:16")}, None, ""),
        ({"compose.yml": f"# image: postgres:12\n{service('postgres:13')}"}, 13, "compose.yml"),
        ({"deploy/compose.yml": service("postgres:13")}, None, ""),
    ],
)
def test_where_it_is_said(write: Write, files: dict[str, str], version: int | None, said_by: str) -> None:
    write({**MIGRATION, **files})

    found = only_history().server
    assert (found.version, found.said_by) == ((version,), said_by) if version else found is None


def test_the_configuration_wins(write: Write) -> None:
    write({**MIGRATION, "compose.yml": service("postgres:13")})
    history, dialect = only_history(), load("postgres")

    for said_by, version in (("", 13), ("miglint.toml", 16)):
        policy = Policy(servers=(Server("postgres", (16,), said_by),))
        assert server_of(dialect, Plan(policy=policy), history).version == (version,)


def test_nothing_is_asked_of_other_databases(write: Write) -> None:
    write(
        {
            "migrations/0001_init.sql": "CREATE TABLE `t` (id int) ENGINE=InnoDB;",
            "compose.yml": service("postgres:13"),
        }
    )

    assert only_history().server is None
