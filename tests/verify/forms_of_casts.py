"""Types, defaults and keys that the servers do not cast or compare, and those that they do."""

from tests.verify.form import Form

_T = (
    "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TYPE mode AS ENUM ('a'); CREATE DOMAIN small AS int;"
    "CREATE TABLE t (i int, x text, b boolean, m mood, s small, a int[], n int DEFAULT 0, d mood DEFAULT 'a',"
    " w text DEFAULT 'a', at timestamptz DEFAULT now(), k bigint DEFAULT 3000000000, f numeric DEFAULT 1.5);"
)
_KEYS = (
    "CREATE TABLE p (id int PRIMARY KEY, u uuid UNIQUE); CREATE TABLE c (p int REFERENCES p, big bigint, t text, f numeric);"
    "CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree);"
)


def _typed(change: str, refused: str = "") -> Form:
    return Form(_T, f"ALTER TABLE t ALTER {change}", refused=refused)


CASTS = (
    _typed("x TYPE int", "42804"),
    _typed("x TYPE int USING x", "42804"),
    _typed("x TYPE int USING x::int"),
    _typed("x TYPE mood", "42804"),
    _typed("x TYPE mood USING x::mood"),
    _typed("m TYPE text"),
    _typed("m TYPE mode", "42804"),
    _typed("m TYPE mode USING m::mode", "42846"),
    _typed("m TYPE mode USING CAST(m AS mode)", "42846"),
    _typed("i TYPE boolean", "42804"),
    _typed("i TYPE boolean USING i::boolean"),
    _typed("i TYPE uuid USING (i)::uuid", "42846"),
    _typed("i TYPE boolean USING (i > 0)::boolean"),
    _typed("b TYPE int USING b::int"),
    _typed("b TYPE bigint USING b::bigint", "42846"),
    _typed("s TYPE bigint"),
    _typed("s TYPE boolean", "42804"),
    _typed("a TYPE bigint[]"),
    _typed("a TYPE text[]"),
    _typed("a TYPE boolean[]", "42804"),
    _typed("a TYPE int USING a[1]"),
    _typed("a TYPE int", "42804"),
    Form(
        "CREATE TYPE pair AS (a int, b int); CREATE TABLE t (p pair);",
        "ALTER TABLE t ALTER p TYPE text",
    ),
    # Defaults of what changes
    _typed("n TYPE boolean USING n = 1", "42804"),
    _typed("n TYPE boolean USING n = 1, ALTER n DROP DEFAULT"),
    _typed("n TYPE boolean USING n = 1, ALTER n SET DEFAULT false", "42804"),
    _typed("n TYPE text"),
    _typed("d TYPE mode USING d::text::mode", "42804"),
    _typed("d TYPE text"),
    _typed("w TYPE mood USING w::mood", "42804"),
    _typed("at TYPE date"),
    _typed("at TYPE int USING 1", "42804"),
    _typed("k TYPE boolean USING true", "42804"),
    _typed("f TYPE boolean USING true", "42804"),
    # Defaults
    _typed("b SET DEFAULT 0", "42804"),
    _typed("b SET DEFAULT (1)", "42804"),
    _typed("b SET DEFAULT 'yes'"),
    _typed("b SET DEFAULT 'maybe'", "22P02"),
    _typed("b SET DEFAULT NULL"),
    _typed("i SET DEFAULT 'abc'", "22P02"),
    _typed("i SET DEFAULT ' 7 '"),
    _typed("i SET DEFAULT false", "42804"),
    _typed("i SET DEFAULT now()", "42804"),
    _typed("x SET DEFAULT now()"),
    _typed("x SET DEFAULT 1"),
    _typed("m SET DEFAULT 'c'", "22P02"),
    _typed("m SET DEFAULT 'b'"),
    _typed("m SET DEFAULT 'b'::text", "42804"),
    _typed("m SET DEFAULT 'a'::mode", "42804"),
    _typed("a SET DEFAULT '{}'"),
    _typed("a SET DEFAULT '{}'::text[]", "42804"),
    Form(_T, "ALTER TABLE t ADD u uuid DEFAULT 'abc'", refused="22P02"),
    Form(_T, "ALTER TABLE t ADD u uuid DEFAULT '00000000-0000-0000-0000-000000000000'"),
    Form(_T, "ALTER TABLE t ADD j jsonb DEFAULT 0", refused="42804"),
    Form(_T, "ALTER TABLE t ADD j jsonb DEFAULT '{}'"),
    Form(_T, "CREATE TABLE r (m mood DEFAULT 'z')", refused="22P02"),
    Form(_T, "CREATE TABLE r (m mood DEFAULT 'b', n numeric DEFAULT 'NaN')"),
    # Keys
    Form(_KEYS, "ALTER TABLE c ADD FOREIGN KEY (t) REFERENCES p (id)", refused="42804"),
    Form(_KEYS, "ALTER TABLE c ADD FOREIGN KEY (t) REFERENCES p (u)", refused="42804"),
    Form(_KEYS, "ALTER TABLE c ADD FOREIGN KEY (big) REFERENCES p"),
    Form(_KEYS, "ALTER TABLE c ADD FOREIGN KEY (f) REFERENCES p", refused="42804"),
    Form(_KEYS, "CREATE TABLE d (p uuid REFERENCES p)", refused="42804"),
    Form(_KEYS, "CREATE TABLE d (p uuid, FOREIGN KEY (p) REFERENCES p (u))"),
    Form(_KEYS, "ALTER TABLE c ADD COLUMN q text REFERENCES p", refused="42804"),
    Form(_KEYS, "ALTER TABLE p ALTER id TYPE text", refused="42804"),
    Form(_KEYS, "ALTER TABLE c ALTER p TYPE text", refused="42804"),
    Form(_KEYS, "ALTER TABLE c ALTER p TYPE bigint"),
    Form(_KEYS, "ALTER TABLE c ALTER big TYPE numeric"),
    Form(_KEYS, "ALTER TABLE tree ALTER id TYPE text", refused="42804"),
    Form(_KEYS, "ALTER TABLE tree ALTER id TYPE text, ALTER parent TYPE text"),
)
