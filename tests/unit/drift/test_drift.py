"""What a Prisma schema and its migrations differ in, as Prisma's own engine sees it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miglint.checks.remedies.shown import shown
from miglint.dialects import load
from miglint.drift import differences
from miglint.engine import Plan, run
from miglint.model import Advice, Direction, History, Migration, Schema, Script, Source, Span, TransactionMode
from miglint.model.declared import Declared, Drift
from miglint.tools.prisma.schema import declared

DATASOURCE = 'datasource db {\n  provider = "postgresql"\n}\n'
PARTIAL = 'generator c {\n  previewFeatures = ["partialIndexes"]\n}\n'
TABLE = 'CREATE TABLE "A" (id int CONSTRAINT "A_pkey" PRIMARY KEY, a int NOT NULL, b int NOT NULL);'
NO_ONE = "00000000-0000-0000-0000-000000000000"
MODEL = "model A {{\n  id Int @id\n  a Int\n  b Int\n  {0}\n}}\n"


def help_of(difference):
    return difference.help(lambda step: shown((step,), load("postgres").write, Advice()))


def replayed(sql: str) -> Schema:
    script = Script(
        source=Source("migration.sql", sql),
        span=Span(0, len(sql)),
        direction=Direction.UP,
        mode=TransactionMode.PER_STATEMENT,
    )
    migrations = (Migration(id="1", up=script),)
    history = History(tool="prisma", root=".", dialect="postgres", migrations=migrations)
    result = run(history, Plan())
    assert not result.not_analysed, result.not_analysed
    return result.schema


def declaration(schema: str, version: tuple[int, int, int] | None = None, head: str = DATASOURCE) -> Declared:
    found = declared([Source("schema.prisma", head + schema)], version=version)
    assert found is not None
    return found


def found(schema: str, sql: str, version: tuple[int, int, int] | None = None) -> tuple[Drift, ...]:
    return differences(declaration(schema, version), replayed(sql))


def messages(schema: str, sql: str, version: tuple[int, int, int] | None = None) -> list[str]:
    return [difference.message for difference in found(schema, sql, version)]


def kinds(schema: str, sql: str, version: tuple[int, int, int] | None = None) -> list[str]:
    return [difference.kind.value for difference in found(schema, sql, version)]


def column(declaration: str, sql: str, *, extra: str = "") -> list[str]:
    """Compare one column of a table that both sides have."""
    schema = f'model A {{\n  id Int @id\n  c {declaration}\n}}\nenum E {{\n  one\n  two @map("2")\n}}\n'
    return messages(
        schema,
        f"CREATE TYPE \"E\" AS ENUM ('2', 'one');{extra}"
        f'CREATE TABLE "A" (id int NOT NULL, c {sql}, CONSTRAINT "A_pkey" PRIMARY KEY (id));',
    )


# --- agreement ------------------------------------------------------------------------------------

SHOP = """
model User {
  id        Int       @id @default(autoincrement())
  email     String    @unique
  name      String?   @map("full_name") @db.VarChar(50)
  role      Role      @default(member)
  tags      String[]  @default([])
  settings  Json      @default("{}")
  createdAt DateTime  @default(now())
  updatedAt DateTime  @updatedAt
  orders    Order[]
  groups    Group[]
  @@map("users")
}

model Order {
  id     String  @id @default(uuid()) @db.Uuid
  userId Int
  user   User    @relation(fields: [userId], references: [id])
  total  Decimal @db.Decimal(10, 2)
  note   String?
  @@index([userId, total])
}

model Group {
  id    Int    @id
  users User[]
}

enum Role {
  member
  admin  @map("ADMIN")
}
"""
SHOP_SQL = """
CREATE TYPE "Role" AS ENUM ('member', 'ADMIN');
CREATE TABLE "users" (
    "id" SERIAL NOT NULL,
    "email" TEXT NOT NULL,
    "full_name" VARCHAR(50),
    "role" "Role" NOT NULL DEFAULT 'member',
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "settings" JSONB NOT NULL DEFAULT '{}',
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3) NOT NULL,
    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "Order" (
    "id" UUID NOT NULL,
    "userId" INTEGER NOT NULL,
    "total" DECIMAL(10,2) NOT NULL,
    "note" TEXT,
    CONSTRAINT "Order_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "Group" ("id" INTEGER NOT NULL, CONSTRAINT "Group_pkey" PRIMARY KEY ("id"));
CREATE TABLE "_GroupToUser" (
    "A" INTEGER NOT NULL,
    "B" INTEGER NOT NULL,
    CONSTRAINT "_GroupToUser_AB_pkey" PRIMARY KEY ("A","B")
);
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");
CREATE INDEX "Order_userId_total_idx" ON "Order"("userId", "total");
CREATE INDEX "_GroupToUser_B_index" ON "_GroupToUser"("B");
ALTER TABLE "Order" ADD CONSTRAINT "Order_userId_fkey" FOREIGN KEY ("userId")
    REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "_GroupToUser" ADD CONSTRAINT "_GroupToUser_A_fkey" FOREIGN KEY ("A")
    REFERENCES "Group"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "_GroupToUser" ADD CONSTRAINT "_GroupToUser_B_fkey" FOREIGN KEY ("B")
    REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
"""


def test_what_prisma_writes_for_a_schema_is_no_difference() -> None:
    assert messages(SHOP, SHOP_SQL) == []


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            'DROP TABLE "Order";',
            ["model Order declares the table Order, which does not exist after the last migration"],
        ),
        (
            'ALTER TABLE "users" DROP COLUMN "full_name";',
            [
                "field name of model User declares the column users.full_name, "
                "which does not exist after the last migration"
            ],
        ),
        (
            'ALTER TABLE "users" RENAME COLUMN "email" TO "mail";',
            [
                "field email of model User declares the column users.email, "
                "which does not exist after the last migration",
                "the migrations create the column users.mail, which model User does not declare",
            ],
        ),
        (
            'ALTER TABLE "Order" ADD COLUMN "legacy" TEXT;',
            ["the migrations create the column Order.legacy, which model Order does not declare"],
        ),
        (
            'ALTER TABLE "Order" ALTER COLUMN "total" TYPE DECIMAL(12,2);',
            [
                "field total of model Order declares the type numeric(10,2), "
                "but the migrations give Order.total the type numeric(12,2)"
            ],
        ),
        (
            'ALTER TABLE "Order" ALTER COLUMN "note" SET NOT NULL;',
            ["field note of model Order is optional, but the migrations make Order.note NOT NULL"],
        ),
        (
            'ALTER TABLE "users" ALTER COLUMN "email" DROP NOT NULL;',
            ["field email of model User is required, but the migrations make users.email nullable"],
        ),
        (
            'ALTER TABLE "users" ALTER COLUMN "updatedAt" SET DEFAULT now();',
            [
                "field updatedAt of model User declares no default, "
                "but the migrations give users.updatedAt the default `now()`"
            ],
        ),
        (
            'ALTER TABLE "users" ALTER COLUMN "role" DROP DEFAULT;',
            [
                "field role of model User declares the default `member`, "
                "but the migrations give users.role none"
            ],
        ),
        (
            'DROP INDEX "users_email_key";',
            [
                "model User declares the unique index users_email_key on (email), "
                "which does not exist after the last migration"
            ],
        ),
        (
            'CREATE INDEX "by_note" ON "Order" USING gin ("note");',
            ["the migrations create the gin index by_note on (note), which model Order does not declare"],
        ),
        (
            'ALTER INDEX "Order_userId_total_idx" RENAME TO "other";',
            [
                "model Order calls the index on (userId, total) Order_userId_total_idx, "
                "but the migrations call it other"
            ],
        ),
        (
            'ALTER TABLE "Order" DROP CONSTRAINT "Order_userId_fkey";',
            [
                "model Order declares the foreign key Order_userId_fkey on (userId), "
                "which does not exist after the last migration"
            ],
        ),
        (
            'ALTER TABLE "Order" RENAME CONSTRAINT "Order_userId_fkey" TO "fk";',
            [
                "model Order calls the foreign key on (userId) Order_userId_fkey, "
                "but the migrations call it fk"
            ],
        ),
        (
            'ALTER TABLE "Order" RENAME CONSTRAINT "Order_pkey" TO "pk";',
            ["model Order calls its primary key Order_pkey, but the migrations call it pk"],
        ),
        (
            'ALTER TABLE "Order" DROP CONSTRAINT "Order_pkey";',
            ["model Order declares the primary key (id), but the migrations leave Order without one"],
        ),
        (
            "CREATE TABLE stray (id int);",
            ["the migrations create the table stray, which nothing declares"],
        ),
        (
            "CREATE TYPE mood AS ENUM ('good');",
            ["the migrations create the enum mood, which nothing declares"],
        ),
        (
            "ALTER TYPE \"Role\" ADD VALUE 'owner';",
            ["the migrations give Role the value 'owner', which enum Role does not declare"],
        ),
        (
            "ALTER TYPE \"Role\" RENAME VALUE 'ADMIN' TO 'admin';",
            [
                "enum Role declares the value 'ADMIN', which Role does not have after the last migration",
                "the migrations give Role the value 'admin', which enum Role does not declare",
            ],
        ),
    ],
)
def test_each_change_by_hand_is_told_once(sql: str, expected: list[str]) -> None:
    assert messages(SHOP, SHOP_SQL + sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        'ALTER TABLE "Order" ADD CONSTRAINT positive CHECK (total > 0);',
        'ALTER TABLE "Order" ADD CONSTRAINT one EXCLUDE ("note" WITH =);',
        'CREATE INDEX ON "Order" (lower("note")); CREATE INDEX ON "Order" ("total", lower("note"));',
        'CREATE INDEX ON "Order" ("note") WHERE "note" IS NOT NULL;',
        'CREATE UNIQUE INDEX ON "users" ("full_name") WHERE "role" = \'ADMIN\';',
        'ALTER TABLE "users" ALTER COLUMN "tags" SET NOT NULL;',
        "CREATE VIEW v AS SELECT 1; CREATE MATERIALIZED VIEW m AS SELECT 1 AS x; CREATE INDEX ON m (x);",
        "CREATE SEQUENCE s; CREATE DOMAIN d AS text; CREATE TYPE pair AS (x int, y int);",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "CREATE SCHEMA other; CREATE TABLE other.t (id int); CREATE TYPE other.e AS ENUM ('x');",
        'CREATE TEMPORARY TABLE t (id int); CREATE TABLE "_prisma_migrations" (id text);',
        "CREATE TABLE spatial_ref_sys (srid int);",
        'ALTER TABLE "Order" ENABLE ROW LEVEL SECURITY; COMMENT ON TABLE "Order" IS \'x\';',
        "CREATE TYPE new_role AS ENUM ('ADMIN', 'member'); ALTER TABLE \"users\" ALTER role DROP DEFAULT,"
        " ALTER role TYPE new_role USING role::text::new_role, ALTER role SET DEFAULT 'member';"
        'DROP TYPE "Role"; ALTER TYPE new_role RENAME TO "Role";',
        'ALTER TABLE "users" ALTER "createdAt" SET DEFAULT now();',
        'ALTER TABLE "users" ALTER "createdAt" SET DEFAULT (CURRENT_TIMESTAMP);',
        'ALTER TABLE "users" ADD CONSTRAINT one_mail UNIQUE ("email"); DROP INDEX "users_email_key";'
        'ALTER TABLE "users" RENAME CONSTRAINT one_mail TO "users_email_key";',
        'ALTER TABLE "Order" DROP CONSTRAINT "Order_userId_fkey"; ALTER TABLE "Order"'
        ' ADD CONSTRAINT "Order_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users"'
        " ON DELETE RESTRICT ON UPDATE CASCADE DEFERRABLE NOT VALID;",
        'ALTER TABLE "_GroupToUser" RENAME CONSTRAINT "_GroupToUser_A_fkey" TO anything;',
        'ALTER TABLE "users" ALTER "id" DROP DEFAULT, ALTER "id" ADD GENERATED BY DEFAULT AS IDENTITY;',
    ],
)
def test_what_prisma_does_not_look_at_is_no_difference(sql: str) -> None:
    assert messages(SHOP, SHOP_SQL + sql) == []


def test_a_partition_goes_with_its_parent() -> None:
    sql = (
        'CREATE TABLE "A" (id int NOT NULL, CONSTRAINT "A_pkey" PRIMARY KEY (id)) PARTITION BY RANGE (id);'
        'CREATE TABLE part PARTITION OF "A" FOR VALUES FROM (1) TO (2);'
    )
    assert messages("model A {\n  id Int @id\n}\n", sql) == []


# --- types ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declaration", "sql"),
    [
        ("String?", "text"),
        ("String? @db.VarChar(10)", "varchar(10)"),
        ("String? @db.Char", "char(1)"),
        ("String? @db.Bit", "bit"),
        ("DateTime? @db.Timestamptz", "timestamptz(3)"),
        ("DateTime? @db.Timestamptz(6)", "timestamptz"),
        ("DateTime? @db.Time(6)", "time"),
        ("Decimal? @db.Decimal", "numeric"),
        ("Decimal? @db.Decimal(10, 0)", "numeric(10)"),
        ("Int[]", "int[]"),
        ("DateTime[] @db.Timestamp(6)", "timestamp[]"),
        ("E?", '"E"'),
        ("E[]", '"E"[]'),
        ('Unsupported("tsvector")?', "tsvector"),
        ('Unsupported("interval")?', "interval"),
        ('Unsupported("geometry(Point, 4326)")?', "geometry(Polygon, 4326)"),
        ("String? @db.Novel", "text"),
    ],
)
def test_types_that_count_as_the_same(declaration: str, sql: str) -> None:
    assert column(declaration, sql) == []


@pytest.mark.parametrize(
    ("declaration", "sql", "declares", "gives"),
    [
        ("String?", "varchar(10)", "text", "character varying(10)"),
        ("String? @db.VarChar(10)", "varchar", "character varying(10)", "character varying"),
        ("DateTime?", "timestamp", "timestamp(3) without time zone", "timestamp without time zone"),
        ("DateTime?", "timestamptz(3)", "timestamp(3) without time zone", "timestamp(3) with time zone"),
        ("Int?", "bigint", "integer", "bigint"),
        ("Int[]", "int", "integer[]", "integer"),
        ("E?", "text", '"E"', "text"),
        ("String?", '"E"', "text", '"E"'),
        ("String?", "interval", "text", "interval"),
        ('Unsupported("x")?', "text", "x", "text"),
    ],
)
def test_types_that_differ(declaration: str, sql: str, declares: str, gives: str) -> None:
    assert column(declaration, sql) == [
        f"field c of model A declares the type {declares}, but the migrations give A.c the type {gives}"
    ]


def test_a_domain_counts_as_what_it_is_made_of() -> None:
    assert column("String? @db.VarChar(9)", "short", extra="CREATE DOMAIN short AS varchar(9);") == []


# --- defaults -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declaration", "sql"),
    [
        ('String? @default("it\'s")', "text DEFAULT 'it''s'"),
        ('String? @default("a")', "text DEFAULT E'a'::text"),
        ('String? @default("a")', "text DEFAULT CAST('a' AS text)"),
        ("String?", "text DEFAULT NULL"),
        ("String? @default(dbgenerated())", "text DEFAULT upper('a')"),
        ("String? @default(dbgenerated())", "text"),
        ("String? @default(uuid())", "text"),
        ('String? @default(dbgenerated("gen_random_uuid()"))', "text DEFAULT gen_random_uuid()"),
        (
            'String? @default(dbgenerated("(gen_random_uuid())::text"))',
            "text DEFAULT public.GEN_random_uuid()",
        ),
        ("String? @default(dbgenerated(\"upper('a'::text)\"))", "text DEFAULT upper('a')"),
        ("Int? @default(-1)", "int DEFAULT '-1'::integer"),
        ("Int? @default(1)", "int DEFAULT (1)"),
        ("Float? @default(1.50)", "float8 DEFAULT 1.5"),
        ("Float? @default(1000)", "float8 DEFAULT 1e3"),
        ("Decimal? @default(0)", "numeric(65,30) DEFAULT 0.00"),
        ("Boolean? @default(true)", "bool DEFAULT 't'"),
        ('Json? @default("{\\"a\\": [1, 2]}")', "jsonb DEFAULT '{\"a\":[1,2]}'::jsonb"),
        ('Bytes? @default("AP8=")', "bytea DEFAULT '\\x00FF'"),
        ("E? @default(two)", '"E" DEFAULT \'2\'::"E"'),
        ('Int? @default(dbgenerated("(id + 1)"))', "int GENERATED ALWAYS AS (id + 1) STORED"),
        (f"String? @default(dbgenerated(\"'{NO_ONE}'::uuid\")) @db.Uuid", f"uuid DEFAULT '{NO_ONE}'"),
        ("String[] @default([])", "text[] DEFAULT '{}'"),
        ('String[] @default(["a", "b c"])', "text[] DEFAULT '{a,\"b c\"}'"),
        ("Int[] @default([1, -2])", "int[] DEFAULT ARRAY[1, -2]"),
        ("E[] @default([one])", '"E"[] DEFAULT ARRAY[\'one\']::"E"[]'),
        ("DateTime? @default(now())", "timestamp(3) DEFAULT now()"),
        ("DateTime? @default(now()) @db.Date", "date DEFAULT CURRENT_TIMESTAMP"),
        ('DateTime? @default("2020-01-01T00:00:00Z")', "timestamp(3) DEFAULT '2021-01-01'"),
        ('DateTime? @default("2020-01-01T00:00:00Z")', "timestamp(3) DEFAULT now()"),
        ('DateTime[] @default(["2020-01-01T00:00:00Z"])', "timestamp(3)[] DEFAULT array_fill(now(), '{1}')"),
        (
            "DateTime? @default(dbgenerated(\"(now() + '1 day'::interval)\"))",
            "timestamp(3) DEFAULT now() + interval '1 day'",
        ),
        (
            "DateTime? @default(dbgenerated(\"timezone('utc'::text, now())\"))",
            "timestamp(3) DEFAULT (now() AT TIME ZONE 'utc')",
        ),
    ],
)
def test_defaults_that_count_as_the_same(declaration: str, sql: str) -> None:
    assert column(declaration, sql) == []


@pytest.mark.parametrize(
    ("declaration", "sql"),
    [
        ('String? @default("a")', "text DEFAULT 'b'"),
        ('String? @default("a")', "text DEFAULT upper('a')"),
        ('String? @default("a")', "text DEFAULT 'a' || ''"),
        ("String?", "text DEFAULT ''"),
        ('String? @default(dbgenerated("gen_random_uuid()"))', "text DEFAULT uuid_generate_v4()"),
        ('String? @default(dbgenerated("gen_random_uuid()"))', "text"),
        ("String? @default(dbgenerated(\"'a'::text\"))", "text DEFAULT 'a'"),
        (
            f'String? @default("{NO_ONE}") @db.Uuid',
            "uuid DEFAULT gen_random_uuid()",
        ),
        (f'String? @default("{NO_ONE}") @db.Uuid', f"uuid DEFAULT '{NO_ONE}'"),
        ("Int? @default(1)", "int DEFAULT 2"),
        ("Float? @default(0.1)", "float8 DEFAULT 0.01"),
        ("Float? @default(0.1)", "float8 DEFAULT -0.1"),
        ("Boolean? @default(true)", "bool DEFAULT false"),
        ('Json? @default("{}")', "jsonb DEFAULT '[]'"),
        ('Bytes? @default("AP8=")', "bytea DEFAULT '\\x00'"),
        ("E? @default(two)", "\"E\" DEFAULT 'one'"),
        ("String[]", "text[] DEFAULT '{}'"),
        ('String[] @default(["a"])', "text[] DEFAULT '{a,b}'"),
        ("DateTime?", "timestamp(3) DEFAULT now()"),
        ("DateTime? @default(now())", "timestamp(3)"),
        ("DateTime? @default(now())", "timestamp(3) DEFAULT CURRENT_TIMESTAMP(3)"),
        ("DateTime? @default(now())", "timestamp(3) DEFAULT (now() AT TIME ZONE 'utc')"),
        ('DateTime? @default(dbgenerated("now()"))', "timestamp(3) DEFAULT now()"),
        ('DateTime? @default("2020-01-01T00:00:00Z")', "timestamp(3)"),
    ],
)
def test_defaults_that_differ(declaration: str, sql: str) -> None:
    (message,) = column(declaration, sql)
    assert message.startswith("field c of model A declares ")
    assert "default" in message


@pytest.mark.parametrize(
    ("declaration", "sql", "expected"),
    [
        ("Int @default(autoincrement())", "serial", []),
        ("Int @default(autoincrement())", "int GENERATED ALWAYS AS IDENTITY", []),
        ("Int @default(autoincrement())", "int NOT NULL DEFAULT nextval('s'::regclass)", []),
        (
            "Int @default(autoincrement())",
            "int NOT NULL",
            ["field c of model A declares the default `autoincrement()`, but the migrations give A.c none"],
        ),
        (
            "Int @default(autoincrement())",
            "int NOT NULL DEFAULT nextval('s') + 1",
            [
                "field c of model A declares the default `autoincrement()`, "
                "but the migrations give A.c the default `nextval('s') + 1`"
            ],
        ),
        (
            "Int",
            "int GENERATED ALWAYS AS IDENTITY",
            [
                "field c of model A declares no default, "
                "but the migrations give A.c the default `generated always as identity`"
            ],
        ),
    ],
)
def test_a_sequence_is_an_autoincrement(declaration: str, sql: str, expected: list[str]) -> None:
    assert column(declaration, sql, extra="CREATE SEQUENCE s;") == expected


def test_a_renamed_value_keeps_its_place_in_the_default() -> None:
    sql = "CREATE TYPE \"E\" AS ENUM ('old', 'one');"
    sql += 'CREATE TABLE "A" (id int PRIMARY KEY, c "E" DEFAULT \'old\');'
    schema = "model A {\n  id Int @id\n  c E? @default(new)\n}\nenum E {\n  new\n  one\n}\n"
    assert messages(schema, sql + "ALTER TYPE \"E\" RENAME VALUE 'old' TO 'new';") == []


def test_a_generated_column_cannot_be_declared() -> None:
    (difference,) = found(
        "model A {\n  id Int @id\n  c Int?\n}\n",
        'CREATE TABLE "A" (id int PRIMARY KEY, c int GENERATED ALWAYS AS (id * 2) STORED);',
    )
    assert difference.message == (
        "field c of model A declares no default, but the migrations generate A.c from `id * 2`"
    )
    assert "every time" in help_of(difference)


def test_a_long_default_is_cut_in_the_message() -> None:
    (message,) = column("String?", f"text DEFAULT 'a\n\n{'b' * 200}.'")
    assert "\n" not in message
    assert len(message) < 200


# --- indexes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declares", "sql", "expected"),
    [
        ("@@index([a])", 'CREATE INDEX "A_a_idx" ON "A" (a)', []),
        ("@@index([a])", 'CREATE INDEX "A_a_idx" ON "A" (a NULLS FIRST)', []),
        ("@@unique([a])", 'ALTER TABLE "A" ADD CONSTRAINT "A_a_key" UNIQUE (a)', []),
        ("@@index([a, b])", 'CREATE INDEX "A_a_b_idx" ON "A" (a) INCLUDE (b)', []),
        ("@@index([a, b(sort: Desc)])", 'CREATE INDEX "A_a_b_idx" ON "A" (a, b DESC)', []),
        ("@@index([a, b(sort: Asc)])", 'CREATE INDEX "A_a_b_idx" ON "A" (a, b ASC)', []),
        (
            "@@index([a, b(sort: Desc)])",
            'CREATE INDEX "A_a_b_idx" ON "A" (a, b)',
            [
                "model A declares the index A_a_b_idx on (a, b DESC), "
                "but the migrations create the index A_a_b_idx on (a, b)"
            ],
        ),
        (
            "@@unique([a, b])",
            'CREATE UNIQUE INDEX "A_a_b_key" ON "A" (a DESC, b)',
            [
                "model A declares the unique index A_a_b_key on (a, b), "
                "but the migrations create the unique index A_a_b_key on (a DESC, b)"
            ],
        ),
        ('@@index([a(ops: raw("text_ops"))])', 'CREATE INDEX "A_a_idx" ON "A" (a)', []),
        (
            '@@index([a(ops: raw("gin_trgm_ops"))], type: Gin)',
            'CREATE INDEX "A_a_idx" ON "A" USING gin (a extensions.gin_trgm_ops)',
            [],
        ),
        (
            "@@index([a(ops: JsonbPathOps)], type: Gin)",
            'CREATE INDEX "A_a_idx" ON "A" USING gin (a)',
            [
                "model A declares the gin index A_a_idx on (a jsonb_path_ops), "
                "but the migrations create the gin index A_a_idx on (a)"
            ],
        ),
        (
            "@@index([a], type: Brin)",
            'CREATE INDEX "A_a_idx" ON "A" USING brin (a int4_minmax_multi_ops)',
            [
                "model A declares the brin index A_a_idx on (a), "
                "but the migrations create the brin index A_a_idx on (a int4_minmax_multi_ops)"
            ],
        ),
        (
            "@@index([a(ops: Int4MinMaxMultiOps)], type: Brin)",
            'CREATE INDEX "A_a_idx" ON "A" USING brin (a int4_minmax_multi_ops)',
            [],
        ),
        ("@@index([a])", 'CREATE INDEX "A_a_idx" ON "A" (a text_pattern_ops)', []),
        ("@@index([a])", 'CREATE INDEX x ON "A" (a); CREATE INDEX y ON "A" (a)', []),
        (
            "@@index([a])",
            'CREATE INDEX "A_a_idx" ON "A" (a) INCLUDE (b)',
            [
                "model A declares the index A_a_idx on (a), "
                "but the migrations create the index A_a_idx on (a) including (b)"
            ],
        ),
        (
            "@@unique([a])",
            'CREATE INDEX "A_a_idx" ON "A" (a)',
            [
                "model A declares the unique index A_a_key on (a), "
                "but the migrations create the index A_a_idx on (a)"
            ],
        ),
        (
            "@@index([a], type: Hash)",
            'CREATE INDEX "A_a_idx" ON "A" (a)',
            [
                "model A declares the hash index A_a_idx on (a), "
                "but the migrations create the index A_a_idx on (a)"
            ],
        ),
        (
            "@@index([a, b])",
            'CREATE INDEX "A_a_b_idx" ON "A" (b, a)',
            [
                "model A declares the index A_a_b_idx on (a, b), "
                "but the migrations create the index A_a_b_idx on (b, a)"
            ],
        ),
        (
            "@@index([a])",
            'CREATE INDEX "A_a_idx" ON "A" ((a + 1))',
            ["model A declares the index A_a_idx on (a), which does not exist after the last migration"],
        ),
        (
            "@@index([a])\n  @@unique([a])",
            'CREATE UNIQUE INDEX "A_a_key" ON "A" (a)',
            ["model A declares the index A_a_idx on (a), which does not exist after the last migration"],
        ),
    ],
)
def test_indexes_match_by_all_but_their_names(declares: str, sql: str, expected: list[str]) -> None:
    assert messages(MODEL.format(declares), f"{TABLE}{sql};") == expected


@pytest.mark.parametrize(
    ("declares", "sql", "without", "with_feature"),
    [
        ("", 'CREATE INDEX x ON "A" (a) WHERE b > 1', [], ["undeclared index"]),
        (
            "@@index([a])",
            'CREATE INDEX "A_a_idx" ON "A" (a) WHERE b > 1',
            ["missing index"],
            ["different index"],
        ),
        ("@@index([a])", 'CREATE INDEX x ON "A" (a) WHERE b > 1', ["missing index"], ["different index"]),
        (
            '@@index([a], where: raw("b > 1"))',
            'CREATE INDEX "A_a_idx" ON "A" (a) WHERE (b > 1)',
            [],
            [],
        ),
        ('@@index([a], where: raw("b > 1"))', 'CREATE INDEX "A_a_idx" ON "A" (a)', [], ["different index"]),
    ],
)
def test_predicates_count_only_with_the_preview_feature(
    declares: str, sql: str, without: list[str], with_feature: list[str]
) -> None:
    assert kinds(MODEL.format(declares), f"{TABLE}{sql};") == without
    assert kinds(PARTIAL + MODEL.format(declares), f"{TABLE}{sql};") == with_feature


def test_the_index_of_a_column_goes_with_the_column() -> None:
    sql = f'{TABLE}ALTER TABLE "A" ADD c int; CREATE INDEX ON "A" (c); CREATE INDEX ON "A" (a, c);'
    assert kinds(MODEL.format("d Int @unique"), sql) == ["missing column", "undeclared column"]


# --- keys -----------------------------------------------------------------------------------------


def test_the_columns_of_a_primary_key_have_an_order() -> None:
    sql = 'CREATE TABLE "A" (x int, y int, CONSTRAINT "A_pkey" PRIMARY KEY (y, x));'
    assert messages("model A {\n  x Int\n  y Int\n  @@id([x, y])\n}\n", sql) == [
        "model A declares the primary key (x, y), but the migrations give A the primary key (y, x)"
    ]


def test_a_primary_key_that_is_declared_unique_only() -> None:
    sql = 'CREATE TABLE "A" (x int, CONSTRAINT "A_pkey" PRIMARY KEY (x));'
    assert messages("model A {\n  x Int @unique\n}\n", sql) == [
        "the migrations give A the primary key (x), which model A does not declare",
        "model A declares the unique index A_x_key on (x), which does not exist after the last migration",
    ]


@pytest.mark.parametrize(
    ("actions", "declares", "gives"),
    [
        ("ON DELETE CASCADE ON UPDATE CASCADE", "ON DELETE RESTRICT", "ON DELETE CASCADE"),
        ("ON DELETE RESTRICT", "ON UPDATE CASCADE", "ON UPDATE NO ACTION"),
        (
            "",
            "ON DELETE RESTRICT and ON UPDATE CASCADE",
            "ON DELETE NO ACTION and ON UPDATE NO ACTION",
        ),
    ],
)
def test_the_actions_of_a_foreign_key_count(actions: str, declares: str, gives: str) -> None:
    sql = SHOP_SQL.replace("ON DELETE RESTRICT ON UPDATE CASCADE", actions)
    assert messages(SHOP, sql) == [
        f"model Order declares the foreign key Order_userId_fkey on (userId) with {declares}, "
        f"but the migrations create it with {gives}"
    ]


def test_a_foreign_key_that_no_relation_declares() -> None:
    sql = f'{TABLE}ALTER TABLE "A" ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES "A" (id);'
    assert messages(MODEL.format(""), sql) == [
        "the migrations create the foreign key fk on (a), which model A does not declare"
    ]


def test_the_foreign_keys_of_a_table_go_with_the_table() -> None:
    assert kinds(SHOP, SHOP_SQL + 'DROP TABLE "users" CASCADE;') == ["missing table"]
    assert kinds(SHOP, SHOP_SQL + 'CREATE TABLE x (id int REFERENCES "users");') == ["undeclared table"]


def test_relation_mode_prisma_declares_no_foreign_keys() -> None:
    head = DATASOURCE.replace("}", '  relationMode = "prisma"\n}')
    left = differences(declaration(SHOP, head=head), replayed(SHOP_SQL))
    assert {d.kind.value for d in left} == {"undeclared foreign key"}


UNIQUE_LINK = SHOP_SQL.replace(
    ',\n    CONSTRAINT "_GroupToUser_AB_pkey" PRIMARY KEY ("A","B")\n);',
    ');CREATE UNIQUE INDEX "_GroupToUser_AB_unique" ON "_GroupToUser"("A", "B");',
)


@pytest.mark.parametrize(
    ("version", "key", "unique"),
    [
        (None, [], []),
        ((6, 1, 0), [], ["missing primary key", "undeclared index"]),
        ((5, 0, 0), ["undeclared primary key", "missing index"], []),
    ],
)
def test_the_key_of_a_many_to_many_relation_goes_by_the_version(
    version: tuple[int, int, int] | None, key: list[str], unique: list[str]
) -> None:
    assert kinds(SHOP, SHOP_SQL, version) == key
    assert kinds(SHOP, UNIQUE_LINK, version) == unique


# --- what is not known ----------------------------------------------------------------------------


def test_nothing_is_undeclared_where_a_line_could_not_be_read() -> None:
    sql = f"{TABLE}CREATE INDEX ON \"A\" (a); CREATE TABLE x (id int); CREATE TYPE e AS ENUM ('v');"
    assert kinds("model A {\n  id Int @id\n  ??\n}\n", sql) == []


def test_no_column_is_missing_in_a_table_that_the_history_does_not_tell() -> None:
    sql = 'CREATE TABLE "A" AS SELECT * FROM elsewhere;'
    assert messages("model A {\n  id Int @id\n  c Int @unique\n}\n", sql) == []


def test_nothing_is_said_of_what_a_statement_names_that_was_not_replayed() -> None:
    schema, database = declaration(MODEL.format("@@index([a])")), replayed(TABLE + "CREATE TABLE x (id int);")
    assert len(differences(schema, database)) == 2
    assert len(differences(schema, database, ['CREATE INDEX "A_a_idx" ON /* ? */."A" (a)'])) == 1
    assert differences(schema, database, ["EXECUTE 'DROP TABLE X'", "perform f(a_a_idx)"]) == ()
    assert len(differences(schema, database, ["SELECT 'xx', A_a_idx_2"])) == 2


# --- schemas, extensions --------------------------------------------------------------------------


def test_schemas_and_extensions_are_looked_up() -> None:
    head = DATASOURCE.replace("}", '  schemas = ["public", "x"]\n  extensions = [citext]\n}')
    model = 'model A {\n  id Int @id\n  @@schema("x")\n}\n'
    made = "CREATE SCHEMA x; CREATE EXTENSION citext;"
    made += 'CREATE TABLE x."A" (id int CONSTRAINT "A_pkey" PRIMARY KEY);'
    assert differences(declaration(model, head=head), replayed(made)) == ()
    assert [d.message for d in differences(declaration(model, head=head), replayed(""))] == [
        "the schema x is declared, and no migration creates it",
        "the extension citext is declared, and no migration creates it",
        "model A declares the table x.A, which does not exist after the last migration",
    ]


def test_a_table_in_a_declared_schema_is_undeclared_too() -> None:
    head = DATASOURCE.replace("}", '  schemas = ["public", "x"]\n}')
    left = differences(declaration("", head=head), replayed("CREATE SCHEMA x; CREATE TABLE x.t (id int);"))
    assert [d.message for d in left] == ["the migrations create the table x.t, which nothing declares"]


# --- where it is reported, and what helps ---------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        (
            'ALTER TABLE "users" DROP COLUMN "full_name";',
            'name      String?   @map("full_name") @db.VarChar(50)',
        ),
        ('ALTER TABLE "users" ADD COLUMN x int;', "model User"),
        ('DROP INDEX "Order_userId_total_idx";', "@@index([userId, total])"),
        ('DROP INDEX "users_email_key";', "email     String    @unique"),
        ('DROP TABLE "Group" CASCADE;', "model Group"),
        ("CREATE TABLE x (id int);", "datasource db {"),
        ("CREATE TYPE x AS ENUM ();", "datasource db {"),
        ("ALTER TYPE \"Role\" RENAME VALUE 'ADMIN' TO 'member2';", 'admin  @map("ADMIN")'),
        ("ALTER TYPE \"Role\" ADD VALUE 'x';", "enum Role"),
    ],
)
def test_a_difference_stands_at_the_declaration(sql: str, place: str) -> None:
    first = found(SHOP, SHOP_SQL + sql)[0]
    assert first.source[first.span] == place


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            'ALTER TABLE "users" DROP COLUMN "full_name";',
            "ALTER TABLE users ADD COLUMN full_name character varying(50);",
        ),
        (
            'ALTER TABLE "users" DROP COLUMN "role";',
            "ALTER TABLE users ADD COLUMN role \"Role\" NOT NULL DEFAULT 'member';",
        ),
        ('ALTER TABLE "users" ADD COLUMN x int;', "ALTER TABLE users DROP COLUMN x;"),
        ('DROP INDEX "users_email_key";', "CREATE UNIQUE INDEX users_email_key ON users (email);"),
        ('CREATE INDEX "by note" ON "Order" ("note");', 'DROP INDEX "by note";'),
        (
            'ALTER TABLE "Order" DROP CONSTRAINT "Order_userId_fkey";',
            'ALTER TABLE "Order" ADD CONSTRAINT "Order_userId_fkey" FOREIGN KEY ("userId") '
            "REFERENCES users (id) ON DELETE RESTRICT ON UPDATE CASCADE;",
        ),
    ],
)
def test_the_help_tells_what_the_next_migration_would_do(sql: str, expected: str) -> None:
    (difference,) = found(SHOP, SHOP_SQL + sql)
    assert help_of(difference).startswith("The next `prisma migrate dev` would write:\n")
    assert expected in help_of(difference)


def test_a_difference_names_its_table_and_object() -> None:
    (difference,) = found(SHOP, SHOP_SQL + 'ALTER TABLE "users" ADD COLUMN x int;')
    assert difference.table is not None
    assert (difference.table.display, difference.object) == ("users", "x")


# --- any declaration ------------------------------------------------------------------------------

NAMES = st.sampled_from(["A", "Order", "User", "users", "id", "email", "Role", "x", "é", "select", "0"])
MAPS = st.one_of(st.just(""), st.text(max_size=5).map(lambda t: '@map("' + t.replace('"', "") + '")'))
TYPES = st.sampled_from(
    ["Int", "String", "Role", "Order[]", "User", "String[]", 'Unsupported("x")?', "Json?"]
)
VALUES = st.sampled_from(
    ["", '@default("a.")', "@default(1)", "@default([])", '@default(dbgenerated("+("))', "@id", "@unique"]
)
FIELDS = st.tuples(NAMES, TYPES, MAPS, VALUES).map(" ".join)
MODELS = st.tuples(NAMES, st.lists(FIELDS, max_size=5)).map(
    lambda m: f"model {m[0]} {{\n" + "\n".join(m[1]) + "\n}\n"
)
REPLAYED = replayed(SHOP_SQL)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MODELS, max_size=4).map("".join))
def test_every_difference_can_be_reported(schema: str) -> None:
    for difference in differences(declaration(schema), REPLAYED):
        assert difference.message
        assert "\n" not in difference.message
        assert not difference.message.endswith(".")
        assert 0 <= difference.span.start <= difference.span.end <= len(difference.source.text)


def test_nothing_is_said_of_what_is_left_to_others() -> None:
    schema = declaration("model Users {\n  id Int @id\n}\nenum Mood {\n  good\n}\n")
    there = replayed("CREATE TABLE audit (id int PRIMARY KEY); CREATE TYPE level AS ENUM ('a');")
    assert len(differences(schema, there)) == 4
    others = frozenset(("users", "mood", "audit", "level"))
    assert differences(schema._replace(ignored=schema.ignored | others), there) == ()
