"""The query of `miglint stats --sql` on real servers: what it says is what they hold."""

from datetime import UTC, datetime

from miglint.config.size_exports import read_exports
from miglint.config.sizes import read_sizes
from miglint.dialects import load
from miglint.model import Name, Size

SETUP = """
    CREATE TABLE orders (id int PRIMARY KEY, status text);
    CREATE INDEX ON orders (status);
    INSERT INTO orders SELECT g, repeat('x', 40) FROM generate_series(1, 5000) AS g;
    CREATE TABLE empty ();
    CREATE TABLE uncounted AS SELECT 1 AS a;
    CREATE TEMP TABLE passing (a int);
    CREATE SCHEMA app;
    CREATE TABLE app."a.b""c" (a int);
    CREATE MATERIALIZED VIEW app.totals AS SELECT count(*) FROM orders;
    CREATE TABLE events (at int) PARTITION BY RANGE (at);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (100) PARTITION BY RANGE (at);
    CREATE TABLE events_11 PARTITION OF events_1 FOR VALUES FROM (0) TO (100);
    CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (100) TO (200);
    CREATE INDEX ON events (at);
    INSERT INTO events SELECT g FROM generate_series(0, 149) AS g;
    ANALYZE orders, app.totals, events, events_1, events_11, events_2;
"""


def ask(connection):
    connection.execute("SET search_path = app, public")
    row = connection.execute(load("postgres").sizes_query).fetchone()
    return read_sizes("sizes.toml", row[0].encode(), datetime.now(UTC).date())


def test_the_query_says_what_the_server_holds(server):
    with server.database() as name, server.connect(name) as connection:
        connection.execute(SETUP)
        sizes = ask(connection)
        heap, indexes = connection.execute(
            "SELECT pg_table_size('orders'), pg_indexes_size('orders')"
        ).fetchone()

    assert sizes.server.startswith(f"PostgreSQL {server.major}")
    assert (sizes.age, sizes.search_path) == (0, ("app", "public"))
    tables = {str(name).removeprefix("public."): size for name, size in sizes.tables.items()}
    assert tables["orders"][:4] == (5000, heap, indexes, 2)
    assert tables["empty"][:4] == (0, 0, 0, 0)
    assert tables["app.totals"].rows == 1
    assert tables['app.a.b"c'] == sizes.tables[Name("app", 'a.b"c')]
    assert (tables["events"].rows, tables["events_1"].rows) == (150, 100)
    assert tables["events"].bytes == tables["events_11"].bytes + tables["events_2"].bytes
    assert tables["events"].indexes == 1
    assert tables.keys().isdisjoint({"passing", "pg_class"})
    assert sizes.of(Name("public", "totals")) == tables["app.totals"]


def test_what_nobody_has_counted_is_not_known(server):
    with server.database() as name, server.connect(name) as connection:
        connection.execute("CREATE TABLE uncounted AS SELECT 1 AS a; SELECT pg_stat_reset()")
        size = ask(connection).tables[Name("public", "uncounted")]

    assert (size.rows, size.bytes) == (None, 8192)
    assert (size.reads, size.writes) == (None, None)


def test_uses_are_counted_from_when_counting_began(server):
    query = load("postgres").sizes_query.replace(
        "extract(epoch FROM now() -", "extract(epoch FROM '2090-01-01' -"
    )
    with server.database() as name, server.connect(name) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 1 AS a")
        row = connection.execute(query).fetchone()

    assert "reads = " in row[0]
    assert Size() not in read_sizes("sizes.toml", row[0].encode(), datetime.now(UTC).date()).tables.values()


def test_it_needs_no_rights(server):
    with server.database() as name, server.connect(name) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 1 AS a; CREATE ROLE reader; SET ROLE reader")
        tables = ask(connection).tables
        connection.execute("RESET ROLE; DROP ROLE reader")

    assert Name("public", "orders") in tables


def test_exports_of_the_catalog_tell_the_same_of_rows_and_bytes(server):
    def export(relation):
        text = f"COPY (SELECT * FROM {relation}) TO STDOUT (FORMAT csv, HEADER)"
        with connection.cursor().copy(text) as copied:
            return b"".join(map(bytes, copied))

    with server.database() as name, server.connect(name) as connection:
        connection.execute(SETUP)
        connection.execute("VACUUM ANALYZE orders")
        files = {name: export(name) for name in ("pg_class", "pg_namespace", "pg_stat_user_tables")}
        asked = ask(connection).tables
    found = read_exports(files, 86400.0)

    assert found.nameless == 0
    assert found.tables.keys() == asked.keys()
    orders = Name("public", "orders")
    assert found.tables[orders].rows == asked[orders].rows == 5000
    assert 0 < found.tables[orders].bytes <= asked[orders].bytes
