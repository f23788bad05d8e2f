"""What the server refuses, whatever the rows: alone, or because a transaction is open."""

from tests.verify.form import LINKED, ORDERS, PARTS, Form

_VIEW = ORDERS + "CREATE VIEW v AS SELECT status FROM orders;"

REFUSED = (
    Form(_VIEW, "ALTER TABLE orders ALTER status TYPE varchar", refused="0A000"),
    Form(_VIEW, "ALTER TABLE orders DROP COLUMN status", refused="2BP01"),
    Form(
        PARTS + "CREATE TABLE users (id int PRIMARY KEY);",
        "ALTER TABLE parts ADD FOREIGN KEY (id) REFERENCES users NOT VALID",
        until=16,
        refused="42809",
    ),
    Form(PARTS, "CREATE INDEX CONCURRENTLY i ON parts (id)", refused="0A000"),
    Form(ORDERS, "DROP INDEX orders_pkey", refused="2BP01"),
    Form(LINKED, "DROP TABLE users", refused="2BP01"),
    Form(LINKED, "TRUNCATE users", refused="0A000"),
    Form("", "SAVEPOINT s", refused="25P01"),
    Form("", "COMMIT AND CHAIN", refused="2D000".replace("2D000", "25P01")),
    Form("", "ROLLBACK AND CHAIN", refused="25P01"),
    Form(ORDERS, "LOCK TABLE orders", refused="25P01"),
    Form("", "COMMIT PREPARED 'x'", refused="25001"),
    Form("", "CREATE DATABASE other", refused="25001"),
    Form("", "REINDEX SCHEMA {schema}", refused="25001"),
    Form("", "REINDEX DATABASE", refused="25001"),
    Form(ORDERS, "VACUUM orders", refused="25001"),
    Form(ORDERS, "CREATE INDEX CONCURRENTLY i ON orders (n)", refused="25001"),
    Form(ORDERS + "CREATE INDEX i ON orders (n);", "DROP INDEX CONCURRENTLY i", refused="25001"),
    # The history goes on as if the statement were not there.
    Form(ORDERS, "ALTER TABLE orders ADD PRIMARY KEY (n)", refused="42P16"),
    Form(ORDERS, "ALTER TABLE orders ADD CONSTRAINT orders_pkey UNIQUE (n)", refused="42P07"),
    Form(
        ORDERS + "ALTER TABLE orders ADD CONSTRAINT c CHECK (n > 0) NOT VALID;",
        "ALTER TABLE orders ADD CONSTRAINT c CHECK (n > 1)",
        refused="42710",
    ),
    Form(ORDERS, "ALTER TABLE orders ADD COLUMN n int", refused="42701"),
    Form(ORDERS, "CREATE INDEX orders_pkey ON orders (n)", refused="42P07"),
    Form(ORDERS, "CREATE TABLE orders (a int)", refused="42P07"),
    # Not foretold.
    Form("", "CREATE TABLE t (a int) INHERITS (t)", refused="42P01", foretold=False),
    Form("", "CREATE DOMAIN d AS d", refused="42704", foretold=False),
    Form("CREATE TABLE t (a int);", "ALTER TABLE t INHERIT t", refused="42P07", foretold=False),
    Form(PARTS, "ALTER TABLE parts ATTACH PARTITION parts_1 DEFAULT", refused="42809", foretold=False),
)
