"""Liquibase's changes, one by one: the SQL that Liquibase writes of them for PostgreSQL."""

import pytest
from migration_project import Write, only_history

CHANGES = [
    ('<dropColumn tableName="a" columnName="b"/>', "ALTER TABLE a DROP COLUMN b;"),
    (
        '<dropColumn tableName="a"><column name="b"/><column name="Cd"/></dropColumn>',
        'ALTER TABLE a DROP COLUMN b, DROP COLUMN "Cd";',
    ),
    ('<dropTable tableName="a" cascadeConstraints="true"/>', "DROP TABLE a CASCADE;"),
    ('<dropTable tableName="a" schemaName="s"/>', "DROP TABLE s.a;"),
    ('<renameTable oldTableName="a" newTableName="Order"/>', 'ALTER TABLE a RENAME TO "Order";'),
    (
        '<renameColumn tableName="a" oldColumnName="b" newColumnName="user"/>',
        'ALTER TABLE a RENAME COLUMN b TO "user";',
    ),
    (
        '<createIndex tableName="a" indexName="i" unique="true"><column name="b" descending="true"/>'
        '<column name="lower(c)" computed="true"/></createIndex>',
        "CREATE UNIQUE INDEX i ON a(b DESC, lower(c));",
    ),
    (
        '<createIndex tableName="a"><column name="b"/><column name="lower(c)"/></createIndex>',
        "CREATE INDEX ON a(b, lower(c));",
    ),
    (
        '<createIndex tableName="a" associatedWith="foreignKey"><column name="b"/></createIndex>'
        "<sql>SELECT 1</sql>",
        "SELECT 1",
    ),
    ('<dropIndex tableName="a" indexName="i" schemaName="s"/>', "DROP INDEX s.i;"),
    (
        '<addForeignKeyConstraint baseTableName="a" baseColumnNames="b, c" baseTableSchemaName="s" '
        'constraintName="k" referencedTableName="t" referencedColumnNames="d,e" '
        'referencedTableSchemaName="r" onDelete="SET NULL" onUpdate="CASCADE" deferrable="true" '
        'initiallyDeferred="true"/>',
        "ALTER TABLE s.a ADD CONSTRAINT k FOREIGN KEY (b, c) REFERENCES r.t (d, e) "
        "ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED;",
    ),
    (
        '<addForeignKeyConstraint baseTableName="a" baseColumnNames="b" constraintName="k" '
        'referencedTableName="t" deleteCascade="true" validate="false"/>',
        "ALTER TABLE a ADD CONSTRAINT k FOREIGN KEY (b) REFERENCES t ON DELETE CASCADE NOT VALID;",
    ),
    (
        '<addPrimaryKey tableName="a" columnNames="b, c" constraintName="k"/>',
        "ALTER TABLE a ADD CONSTRAINT k PRIMARY KEY (b, c);",
    ),
    (
        '<addPrimaryKey tableName="a" columnNames="b" constraintName="k" forIndexName="i"/>',
        "ALTER TABLE a ADD CONSTRAINT k PRIMARY KEY USING INDEX i;",
    ),
    (
        '<addUniqueConstraint tableName="a" columnNames="b" deferrable="true"/>',
        "ALTER TABLE a ADD UNIQUE (b) DEFERRABLE;",
    ),
    ('<dropPrimaryKey tableName="a"/>', "ALTER TABLE a DROP CONSTRAINT a_pkey;"),
    ('<dropPrimaryKey tableName="a" constraintName="k"/>', "ALTER TABLE a DROP CONSTRAINT k;"),
    ('<dropUniqueConstraint tableName="a" constraintName="k"/>', "ALTER TABLE a DROP CONSTRAINT k;"),
    (
        '<dropForeignKeyConstraint baseTableName="a" baseTableSchemaName="s" constraintName="k"/>',
        "ALTER TABLE s.a DROP CONSTRAINT k;",
    ),
    (
        '<addNotNullConstraint tableName="a" columnName="b" defaultNullValue="it\'s"/>',
        "UPDATE a SET b = 'it''s' WHERE b IS NULL; ALTER TABLE a ALTER COLUMN b SET NOT NULL;",
    ),
    ('<dropNotNullConstraint tableName="a" columnName="b"/>', "ALTER TABLE a ALTER COLUMN b DROP NOT NULL;"),
    (
        '<addDefaultValue tableName="a" columnName="b" defaultValueNumeric="7.0"/>',
        "ALTER TABLE a ALTER COLUMN b SET DEFAULT 7;",
    ),
    (
        '<addDefaultValue tableName="a" columnName="b" defaultValueBoolean="true"/>',
        "ALTER TABLE a ALTER COLUMN b SET DEFAULT TRUE;",
    ),
    (
        '<addDefaultValue tableName="a" columnName="b" defaultValueSequenceNext="s"/>',
        "ALTER TABLE a ALTER COLUMN b SET DEFAULT nextval('s');",
    ),
    (
        '<addDefaultValue tableName="a" columnName="b" defaultValueDate="2024-01-01"/>',
        "ALTER TABLE a ALTER COLUMN b SET DEFAULT '2024-01-01';",
    ),
    (
        '<addDefaultValue tableName="a" columnName="b" defaultValue="null"/>',
        "ALTER TABLE a ALTER COLUMN b SET DEFAULT NULL;",
    ),
    ('<dropDefaultValue tableName="a" columnName="b"/>', "ALTER TABLE a ALTER COLUMN b DROP DEFAULT;"),
    (
        '<addAutoIncrement tableName="a" columnName="b"/>',
        "CREATE SEQUENCE IF NOT EXISTS a_b_seq; ALTER TABLE a ALTER COLUMN b SET NOT NULL; "
        "ALTER TABLE a ALTER COLUMN b SET DEFAULT nextval('a_b_seq'); ALTER SEQUENCE a_b_seq OWNED BY a.b;",
    ),
    (
        '<modifyDataType tableName="a" columnName="b" newDataType="varchar2(20)"/>',
        "ALTER TABLE a ALTER COLUMN b TYPE varchar(20) USING (b::varchar(20));",
    ),
    (
        '<createSequence sequenceName="s" dataType="int" startValue="5" incrementBy="10" minValue="1" '
        'maxValue="99" cacheSize="3" cycle="true"/>',
        "CREATE SEQUENCE IF NOT EXISTS s AS int START WITH 5 INCREMENT BY 10 MINVALUE 1 MAXVALUE 99 "
        "CACHE 3 CYCLE;",
    ),
    (
        '<alterSequence sequenceName="s" incrementBy="10" schemaName="t"/>',
        "ALTER SEQUENCE t.s INCREMENT BY 10;",
    ),
    ('<dropSequence sequenceName="s"/>', "DROP SEQUENCE s CASCADE;"),
    ('<createView viewName="v">SELECT 1</createView>', "CREATE VIEW v AS SELECT 1"),
    (
        '<createView viewName="v" replaceIfExists="true">SELECT 1</createView>',
        "CREATE OR REPLACE VIEW v AS SELECT 1",
    ),
    (
        '<createView viewName="v" fullDefinition="true">CREATE VIEW w AS SELECT 1</createView>',
        "CREATE VIEW w AS SELECT 1",
    ),
    ('<dropView viewName="v"/>', "DROP VIEW v;"),
    (
        '<insert tableName="a"><column name="b" value="x"/><column name="c" valueNumeric="1"/>'
        '<column name="d"/></insert>',
        "INSERT INTO a (b, c, d) VALUES ('x', 1, NULL);",
    ),
    (
        '<update tableName="a"><column name="b" value="x"/><column name="c"/><where>d = 1</where></update>',
        "UPDATE a SET b = 'x', c = NULL WHERE d = 1;",
    ),
    ('<delete tableName="a"/>', "DELETE FROM a;"),
    ('<delete tableName="a"><where> b = 2 </where></delete>', "DELETE FROM a WHERE b = 2;"),
    ('<setTableRemarks tableName="a" remarks="it\'s"/>', "COMMENT ON TABLE a IS 'it''s';"),
    ('<setColumnRemarks tableName="a" columnName="b" remarks="c"/>', "COMMENT ON COLUMN a.b IS 'c';"),
    ('<output>done</output><tagDatabase tag="t"/><empty/><sql>SELECT 1</sql>', "SELECT 1"),
]  # fmt: skip

COLUMNS = [
    ('name="a" type="int"', "", "a int"),
    ('name="a" type="int"', '<constraints nullable="false"/>', "a int NOT NULL"),
    (
        'name="a" type="bigserial" autoIncrement="true"',
        "",
        "a bigint GENERATED BY DEFAULT AS IDENTITY NOT NULL",
    ),
    ('name="a" type="int" defaultValue="7"', "", "a int DEFAULT 7"),
    ('name="a" type="text" defaultValue="7"', "", "a text DEFAULT '7'"),
    ('name="a" type="boolean" defaultValue="true"', "", "a boolean DEFAULT true"),
    ('name="a" type="int" defaultValueComputed="f(1)"', "", "a int DEFAULT f(1)"),
    ('name="a" type="datetime"', "", "a timestamp"),
    ('name="a" type="timestamp with timezone"', "", "a timestamp with time zone"),
    ('name="a" type="double(9,2)"', "", "a double precision"),
    ('name="a" type="varchar(2147483647)"', "", "a varchar"),
    ('name="a" type="java.sql.Types.VARCHAR(20)"', "", "a varchar(20)"),
    ('name="a" type="clob(4000)"', "", "a text"),
    ('name="a" type="number(9,2)"', "", "a numeric(9,2)"),
    ('name="a" type="int"', '<constraints unique="true"/>', "a int, UNIQUE (a)"),
    (
        'name="a" type="int"',
        '<constraints unique="true" uniqueConstraintName="u"/>',
        "a int, CONSTRAINT u UNIQUE (a)",
    ),
    (
        'name="a" type="int"',
        '<constraints primaryKey="true" primaryKeyName="k"/>',
        "a int NOT NULL, CONSTRAINT k PRIMARY KEY (a)",
    ),
    (
        'name="a" type="int"',
        '<constraints foreignKeyName="k" references="u(id)" deleteCascade="true" deferrable="true"/>',
        "a int, CONSTRAINT k FOREIGN KEY (a) REFERENCES u(id) ON DELETE CASCADE DEFERRABLE",
    ),
    (
        'name="a" type="int"',
        '<constraints referencedTableName="u" referencedColumnNames="b, c" initiallyDeferred="true"/>',
        "a int, FOREIGN KEY (a) REFERENCES u(b, c) INITIALLY DEFERRED",
    ),
    ('name="a" type="int"', '<constraints foreignKeyName="k" referencedTableName="u"/>', "a int"),
]  # fmt: skip

ADDED = [
    ('name="b" type="int"', "", "ALTER TABLE a ADD b int;"),
    (
        'name="b" type="int"',
        '<constraints primaryKey="true"/>',
        "ALTER TABLE a ADD b int NOT NULL PRIMARY KEY;",
    ),
    ('name="b" type="int" valueNumeric="3"', "", "ALTER TABLE a ADD b int; UPDATE a SET b = 3;"),
    (
        'name="b" type="int" valueNumeric="3"',
        '<constraints nullable="false"/>',
        "ALTER TABLE a ADD b int; UPDATE a SET b = 3; ALTER TABLE a ALTER COLUMN b SET NOT NULL;",
    ),
    (
        'name="b" type="int"',
        '<constraints unique="true" foreignKeyName="k" references="u(id)"/>',
        "ALTER TABLE a ADD b int; ALTER TABLE a ADD UNIQUE (b); "
        "ALTER TABLE a ADD CONSTRAINT k FOREIGN KEY (b) REFERENCES u(id);",
    ),
]  # fmt: skip


def sql_of(write: Write, change: str) -> str:
    body = f'<changeSet id="1" author="me">{change}</changeSet>'
    write({"changelog/master.xml": f"<databaseChangeLog>{body}</databaseChangeLog>"})
    (migration,) = only_history().migrations
    assert migration.up is not None
    return " ".join(migration.up.sql.replace(";", "; ").split()).replace("( ", "(").replace(" ,", ",")


@pytest.mark.parametrize(("change", "sql"), CHANGES)
def test_a_change_is_the_sql_that_liquibase_writes(write: Write, change: str, sql: str) -> None:
    assert sql_of(write, change) == sql


@pytest.mark.parametrize(("attributes", "constraints", "sql"), COLUMNS)
def test_a_column_is_written_with_its_constraints(
    write: Write, attributes: str, constraints: str, sql: str
) -> None:
    change = f'<createTable tableName="t"><column {attributes}>{constraints}</column></createTable>'
    assert sql_of(write, change) == f"CREATE TABLE t ({sql});"


@pytest.mark.parametrize(("attributes", "constraints", "sql"), ADDED)
def test_a_column_that_is_added_is_filled_before_it_is_required(
    write: Write, attributes: str, constraints: str, sql: str
) -> None:
    change = f'<addColumn tableName="a"><column {attributes}>{constraints}</column></addColumn>'
    assert sql_of(write, change) == sql


@pytest.mark.parametrize(
    ("before", "key"),
    [
        ("", "a_pkey"),
        (
            '<createTable tableName="a"><column name="b" type="int"><constraints primaryKey="true" '
            'primaryKeyName="own"/></column></createTable>',
            "own",
        ),
        ('<addPrimaryKey tableName="a" columnNames="b" constraintName="own"/>', "own"),
        (
            '<addPrimaryKey tableName="a" columnNames="b" constraintName="own"/>'
            '<dropPrimaryKey tableName="a"/><addPrimaryKey tableName="a" columnNames="b"/>',
            "a_pkey",
        ),
        ('<renameTable oldTableName="z" newTableName="a"/>', "z_pkey"),
        (
            '<addPrimaryKey tableName="z" columnNames="b" constraintName="own"/>'
            '<renameTable oldTableName="z" newTableName="a"/>',
            "own",
        ),
        ('<addPrimaryKey schemaName="s" tableName="a" columnNames="b" constraintName="own"/>', "a_pkey"),
    ],
)  # fmt: skip
def test_a_primary_key_is_dropped_by_the_name_that_it_has(write: Write, before: str, key: str) -> None:
    sql = sql_of(write, f'{before}<dropPrimaryKey tableName="a"/>')
    assert sql.endswith(f"ALTER TABLE a DROP CONSTRAINT {key};")


def test_a_primary_key_that_another_database_names_is_not_dropped_by_that_name(write: Write) -> None:
    add = '<addPrimaryKey tableName="a" columnNames="b" constraintName="own"/>'
    drop = '<dropPrimaryKey tableName="a"/>'
    write(
        {
            "changelog/master.xml": "<databaseChangeLog>"
            f'<changeSet id="1" author="me" dbms="oracle">{add}</changeSet>'
            f'<changeSet id="2" author="me">{drop}</changeSet></databaseChangeLog>'
        }
    )
    (migration,) = only_history().migrations
    assert migration.up is not None
    assert migration.up.sql.strip() == "ALTER TABLE a DROP CONSTRAINT a_pkey;"
