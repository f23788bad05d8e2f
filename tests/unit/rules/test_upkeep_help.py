"""What rules of upkeep advise where a schema file declares the database: change both, or it is undone."""

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = {rule.name: rule for rule in load_rules()}
SQL = """
CREATE TABLE "User" ("id" BIGINT NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));
CREATE TABLE "Post" ("id" BIGINT NOT NULL, "userId" BIGINT, CONSTRAINT "Post_pkey" PRIMARY KEY ("id"));
ALTER TABLE "Post" ADD CONSTRAINT "Post_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id");
"""
SCHEMA = """
datasource db {
  provider = "postgresql"
}
model User {
  id    BigInt @id
  posts Post[]
}
model Post {
  id     BigInt  @id
  userId BigInt?
  user   User?   @relation(fields: [userId], references: [id])
}
"""


def help_of(files: dict[str, str]) -> str:
    (found,) = lint((RULES["foreign-key-without-index"],), Bad("", files=files))
    return found.finding.help


def test_an_index_is_made_in_the_schema_file_as_well():
    files = {
        "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
        "prisma/migrations/1_posts/migration.sql": SQL,
        "prisma/schema.prisma": SCHEMA,
    }
    assert help_of(files).splitlines() == [
        'CREATE INDEX "Post_userId_idx" ON "Post" ("userId");',
        "-- and change the schema file alike, or the next migration that is made of it undoes this",
    ]


def test_without_a_schema_file_there_is_nothing_to_change():
    assert (
        help_of({"migrations/1_posts.up.sql": SQL}) == 'CREATE INDEX "Post_userId_idx" ON "Post" ("userId");'
    )
