"""Light stand-ins for what a throw-away server lacks: extensions, roles, operator classes."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_CREATE_EXTENSION = re.compile(
    r"^\s*CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?\"?(?P<name>[\w-]+)\"?"
    r"(?:.*?\bSCHEMA\s+\"?(?P<schema>\w+)\"?)?",
    re.I | re.S,
)
_OTHER_EXTENSION_STATEMENT = re.compile(r"^\s*(?:ALTER|DROP|COMMENT\s+ON)\s+EXTENSION\b", re.I)
_ACCESS_METHOD = re.compile(r"\bUSING\s+\"?(?:gin|gist|spgist|brin|rum|bloom)\"?(?=\s*\()", re.I)
_OPERATOR_CLASS = re.compile(
    r"\s+\"?(?:\w+\"?\.\"?)?\w+_ops\"?(?:\s*\(\s*siglen[^()]*\))?(?=\s*[,)(]|\s+(?:ASC|DESC|NULLS)\b)", re.I
)
_EQUALITY_ELEMENT = re.compile(
    r"(?:\"[^\"]+\"|[\w:]+)\s+WITH\s*=\s*,|,\s*(?:\"[^\"]+\"|[\w:]+)\s+WITH\s*=(?=\s*\))", re.I
)

_ICU_COLLATION = re.compile(r"\((?=[^()]*\bicu\b)[^()]*\)", re.I)

_DIGEST = "SELECT decode(md5($1::text || $2), 'hex')"

_CODE = "IMMUTABLE STRICT PARALLEL SAFE LANGUAGE"
_OPERATORS = {
    "=": "texteq",
    "<>": "textne",
    "<": "text_lt",
    "<=": "text_le",
    ">": "text_gt",
    ">=": "text_ge",
}
_BTREE = {1: "<", 2: "<=", 3: "=", 4: ">=", 5: ">"}


def _text_like(name: str, modifiers: bool = False) -> str:
    """Make a base type that is stored, ordered and cast like text, as citext is; case is not folded."""
    lines = [
        f"CREATE TYPE {name};",
        f"CREATE FUNCTION {name}_in(cstring, oid, integer) RETURNS {name} {_CODE} internal AS 'textin';",
        f"CREATE FUNCTION {name}_out({name}) RETURNS cstring {_CODE} internal AS 'textout';",
    ]
    modifier = ""
    if modifiers:
        modifier = f", TYPMOD_IN = {name}_typmod"
        lines.append(
            f"CREATE FUNCTION {name}_typmod(cstring[]) RETURNS integer {_CODE} sql "
            "AS $$ SELECT abs(hashtext(array_to_string($1, ',')) / 2) $$;"
        )
    like = "LIKE = pg_catalog.text, COLLATABLE = true"
    lines.append(f"CREATE TYPE {name} (INPUT = {name}_in, OUTPUT = {name}_out, {like}{modifier});")
    for known in ("text", "varchar"):
        lines.append(f"CREATE CAST ({name} AS {known}) WITHOUT FUNCTION AS IMPLICIT;")
        lines.append(f"CREATE CAST ({known} AS {name}) WITHOUT FUNCTION AS ASSIGNMENT;")
    for number, (operator, function) in enumerate(_OPERATORS.items()):
        made = f"{name}_op{number}"
        lines += [
            f"CREATE FUNCTION {made}({name}, {name}) RETURNS boolean {_CODE} internal AS '{function}';",
            f"CREATE OPERATOR {operator} (FUNCTION = {made}, LEFTARG = {name}, RIGHTARG = {name});",
        ]
    members = ", ".join(f"OPERATOR {number} {operator}" for number, operator in _BTREE.items())
    lines += [
        f"CREATE FUNCTION {name}_cmp({name}, {name}) RETURNS integer {_CODE} internal AS 'bttextcmp';",
        f"CREATE FUNCTION {name}_hash({name}) RETURNS integer {_CODE} internal AS 'hashtext';",
        f"CREATE OPERATOR CLASS {name}_btree DEFAULT FOR TYPE {name} USING btree AS",
        f"{members}, FUNCTION 1 {name}_cmp({name}, {name});",
        f"CREATE OPERATOR CLASS {name}_hash DEFAULT FOR TYPE {name} USING hash AS",
        f"OPERATOR 1 =, FUNCTION 1 {name}_hash({name});",
    ]
    return "\n".join(lines)


_SQL = {
    "uuid-ossp": """
        CREATE FUNCTION uuid_nil() RETURNS uuid IMMUTABLE LANGUAGE sql
            AS $$ SELECT '00000000-0000-0000-0000-000000000000'::uuid $$;
        CREATE FUNCTION uuid_ns_dns() RETURNS uuid IMMUTABLE LANGUAGE sql
            AS $$ SELECT '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid $$;
        CREATE FUNCTION uuid_ns_url() RETURNS uuid IMMUTABLE LANGUAGE sql
            AS $$ SELECT '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::uuid $$;
        CREATE FUNCTION uuid_generate_v1() RETURNS uuid VOLATILE LANGUAGE sql
            AS $$ SELECT pg_catalog.gen_random_uuid() $$;
        CREATE FUNCTION uuid_generate_v1mc() RETURNS uuid VOLATILE LANGUAGE sql
            AS $$ SELECT pg_catalog.gen_random_uuid() $$;
        CREATE FUNCTION uuid_generate_v4() RETURNS uuid VOLATILE LANGUAGE sql
            AS $$ SELECT pg_catalog.gen_random_uuid() $$;
        CREATE FUNCTION uuid_generate_v3(uuid, text) RETURNS uuid IMMUTABLE LANGUAGE sql
            AS $$ SELECT md5($1::text || $2)::uuid $$;
        CREATE FUNCTION uuid_generate_v5(uuid, text) RETURNS uuid IMMUTABLE LANGUAGE sql
            AS $$ SELECT md5($1::text || $2)::uuid $$;
    """,
    "pgcrypto": f"""
        CREATE FUNCTION gen_random_uuid() RETURNS uuid VOLATILE LANGUAGE sql
            AS $$ SELECT pg_catalog.gen_random_uuid() $$;
        CREATE FUNCTION gen_random_bytes(integer) RETURNS bytea VOLATILE LANGUAGE sql
            AS $$ SELECT substring(decode(repeat(md5(random()::text), $1 / 16 + 1), 'hex') for $1) $$;
        CREATE FUNCTION digest(text, text) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ {_DIGEST} $$;
        CREATE FUNCTION digest(bytea, text) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ {_DIGEST} $$;
        CREATE FUNCTION hmac(text, text, text) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ {_DIGEST} $$;
        CREATE FUNCTION hmac(bytea, bytea, text) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ {
        _DIGEST.replace("$2", "$2::text")
    } $$;
        CREATE FUNCTION crypt(text, text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT md5($1 || $2) $$;
        CREATE FUNCTION gen_salt(text) RETURNS text VOLATILE LANGUAGE sql AS $$ SELECT md5(random()::text) $$;
        CREATE FUNCTION gen_salt(text, integer) RETURNS text VOLATILE LANGUAGE sql
            AS $$ SELECT md5(random()::text) $$;
        CREATE FUNCTION pgp_sym_encrypt(text, text) RETURNS bytea VOLATILE LANGUAGE sql AS $$ {_DIGEST} $$;
        CREATE FUNCTION pgp_sym_decrypt(bytea, text) RETURNS text IMMUTABLE LANGUAGE sql
            AS $$ SELECT $1::text $$;
    """,
    "citext": _text_like("citext"),
    "hstore": _text_like("hstore")
    + """
        CREATE FUNCTION hstore(text, text) RETURNS hstore IMMUTABLE LANGUAGE sql
            AS $$ SELECT ($1 || $2)::hstore $$;
    """,
    "ltree": _text_like("ltree")
    + _text_like("lquery")
    + """
        CREATE FUNCTION text2ltree(text) RETURNS ltree IMMUTABLE LANGUAGE sql AS $$ SELECT $1::ltree $$;
        CREATE FUNCTION ltree2text(ltree) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1 $$;
        CREATE FUNCTION nlevel(ltree) RETURNS integer IMMUTABLE LANGUAGE sql
            AS $$ SELECT cardinality(string_to_array($1::text, '.')) $$;
        CREATE FUNCTION subpath(ltree, integer) RETURNS ltree IMMUTABLE LANGUAGE sql AS $$ SELECT $1 $$;
        CREATE FUNCTION subpath(ltree, integer, integer) RETURNS ltree IMMUTABLE LANGUAGE sql
            AS $$ SELECT $1 $$;
        CREATE FUNCTION ltree_within(text, text) RETURNS boolean IMMUTABLE LANGUAGE sql
            AS $$ SELECT starts_with($1, $2) $$;
        CREATE FUNCTION ltree_contains(text, text) RETURNS boolean IMMUTABLE LANGUAGE sql
            AS $$ SELECT starts_with($2, $1) $$;
        CREATE OPERATOR <@ (FUNCTION = ltree_within, LEFTARG = text, RIGHTARG = text);
        CREATE OPERATOR @> (FUNCTION = ltree_contains, LEFTARG = text, RIGHTARG = text);
    """,
    "cube": _text_like("cube"),
    "isn": _text_like("isbn") + _text_like("isbn13") + _text_like("ean13"),
    "semver": _text_like("semver"),
    "pg_trgm": """
        CREATE FUNCTION similarity(text, text) RETURNS real IMMUTABLE LANGUAGE sql
            AS $$ SELECT CASE WHEN $1 = $2 THEN 1 ELSE 0 END::real $$;
        CREATE FUNCTION word_similarity(text, text) RETURNS real IMMUTABLE LANGUAGE sql
            AS $$ SELECT CASE WHEN $1 = $2 THEN 1 ELSE 0 END::real $$;
        CREATE FUNCTION trgm_similar(text, text) RETURNS boolean IMMUTABLE LANGUAGE sql
            AS $$ SELECT $1 = $2 $$;
        CREATE OPERATOR <% (FUNCTION = trgm_similar, LEFTARG = text, RIGHTARG = text);
        CREATE OPERATOR %> (FUNCTION = trgm_similar, LEFTARG = text, RIGHTARG = text);
        CREATE OPERATOR % (FUNCTION = trgm_similar, LEFTARG = text, RIGHTARG = text);
    """,
    "unaccent": """
        CREATE FUNCTION unaccent(text) RETURNS text STABLE LANGUAGE sql AS $$ SELECT $1 $$;
        CREATE TEXT SEARCH DICTIONARY unaccent (TEMPLATE = simple);
    """,
    "fuzzystrmatch": """
        CREATE FUNCTION levenshtein(text, text) RETURNS integer IMMUTABLE LANGUAGE sql AS $$ SELECT 0 $$;
        CREATE FUNCTION soundex(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT left($1, 4) $$;
    """,
    "moddatetime": """
        CREATE FUNCTION moddatetime() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    """,
    "postgis": _text_like("geometry", modifiers=True)
    + _text_like("geography", modifiers=True)
    + """
        CREATE FUNCTION st_makepoint(double precision, double precision) RETURNS geometry IMMUTABLE
            LANGUAGE sql AS $$ SELECT ($1::text || ' ' || $2::text)::geometry $$;
        CREATE FUNCTION st_point(double precision, double precision) RETURNS geometry IMMUTABLE
            LANGUAGE sql AS $$ SELECT ($1::text || ' ' || $2::text)::geometry $$;
        CREATE FUNCTION st_geomfromtext(text, integer = 0) RETURNS geometry IMMUTABLE
            LANGUAGE sql AS $$ SELECT $1::geometry $$;
        CREATE FUNCTION st_setsrid(geometry, integer) RETURNS geometry IMMUTABLE LANGUAGE sql
            AS $$ SELECT $1 $$;
    """,
    "tablefunc": "",
    "timescaledb": """
        CREATE FUNCTION create_hypertable(
            relation regclass, time_column_name name,
            if_not_exists boolean = false, migrate_data boolean = false,
            chunk_time_interval anyelement = null::bigint
        ) RETURNS void LANGUAGE sql AS $$ $$;
    """,
}

_LAZY_FUNCTIONS = {
    "uuid_generate_v4": "uuid-ossp",
    "uuid_generate_v1": "uuid-ossp",
    "uuid_generate_v1mc": "uuid-ossp",
    "uuid_generate_v5": "uuid-ossp",
    "gen_random_uuid": "pgcrypto",
    "gen_random_bytes": "pgcrypto",
    "digest": "pgcrypto",
    "hmac": "pgcrypto",
    "crypt": "pgcrypto",
    "similarity": "pg_trgm",
    "unaccent": "unaccent",
    "moddatetime": "moddatetime",
    "citext": "citext",
    "hstore": "hstore",
    "ltree": "ltree",
    "geometry": "postgis",
    "geography": "postgis",
    "st_geomfromtext": "postgis",
    "st_point": "postgis",
    "create_hypertable": "timescaledb",
    "text2ltree": "ltree",
}
_MISSING_NAME = re.compile(r"(?:function|type) \"?(?:(?P<schema>\w+)\.)?(?P<name>\w+)")
_MISSING_RELATION = re.compile(r'relation "(?:public\.)?(?P<name>\w+)" does not exist')
_MISSING_SCHEMA = re.compile(r'schema "(?P<name>[^"]+)" does not exist')
_MISSING_COLLATION = re.compile(r'collation "(?P<name>[^"]+)" for encoding "UTF8" does not exist')
_MISSING_SETTING = re.compile(r'unrecognized configuration parameter "(?P<name>\w+\.\w+)"')
_MISSING_ROLE = re.compile(r'role "(?P<name>[^"]+)" does not exist')


_CREATE_SEARCHED_SCHEMA = """
DO $$ BEGIN
    EXECUTE format('CREATE SCHEMA %I', trim(' "' FROM split_part(current_setting('search_path'), ',', 1)));
END $$
"""

_BOOKKEEPING = {
    "__diesel_schema_migrations": "version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL DEFAULT now()",
    "_sqlx_migrations": (
        "version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz DEFAULT now(), "
        "success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL"
    ),
    "_prisma_migrations": (
        "id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, "
        "migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, "
        "started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0"
    ),
    "goose_db_version": (
        "id integer PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL, "
        "tstamp timestamp NOT NULL DEFAULT now()"
    ),
    "schema_migrations": "version varchar(255) PRIMARY KEY, dirty boolean NOT NULL DEFAULT false",
}
"""The migration tools' own tables, which some migrations touch."""


class ExtensionStatement(NamedTuple):
    """A statement about an extension; `name` is "" for ALTER, DROP and COMMENT."""

    name: str
    schema: str


def extension_statement(text: str) -> ExtensionStatement | None:
    """Recognise a statement about an extension."""
    if match := _CREATE_EXTENSION.match(text):
        return ExtensionStatement(match["name"].lower(), match["schema"] or "public")
    if _OTHER_EXTENSION_STATEMENT.match(text):
        return ExtensionStatement("", "")
    return None


def stand_in(extension: str, schema: str) -> str | None:
    """Give the SQL that makes an extension's most used objects in a schema; None if there is none."""
    sql = _SQL.get(extension)
    if not sql:
        return None
    quoted = '"' + schema.replace('"', '""') + '"'
    sql = sql.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    return f"""
        SET LOCAL search_path = {quoted};
        {sql}
    """


def extension_of(message: str) -> ExtensionStatement | None:
    """Find the extension whose function or type an error message misses."""
    match = _MISSING_NAME.search(message)
    if match is None or match["name"] not in _LAZY_FUNCTIONS:
        return None
    return ExtensionStatement(_LAZY_FUNCTIONS[match["name"]], match["schema"] or "public")


def missing_role(message: str) -> str | None:
    """Find the role that an error message misses."""
    match = _MISSING_ROLE.search(message)
    return match["name"] if match else None


def setup_for(message: str) -> str | None:
    """Give the SQL that makes what an error message misses: a tool's own table, a custom setting."""
    if (match := _MISSING_RELATION.search(message)) and match["name"] in _BOOKKEEPING:
        return f"CREATE TABLE public.{match['name']} ({_BOOKKEEPING[match['name']]})"
    if match := _MISSING_SETTING.search(message):
        return f"SET {match['name']} = 'verify'"
    if match := _MISSING_SCHEMA.search(message):
        return f'CREATE SCHEMA "{match["name"]}"'
    if match := _MISSING_COLLATION.search(message):
        return f"CREATE COLLATION \"{match['name']}\" (LOCALE = 'C')"
    if message.startswith("no schema has been selected"):
        return _CREATE_SEARCHED_SCHEMA
    return None


def other_texts(message: str, text: str) -> Iterator[str]:
    """Give other forms of a statement to run instead, after an error about what this server lacks."""
    if "operator class" in message and _EQUALITY_ELEMENT.search(text):
        yield _EQUALITY_ELEMENT.sub("", text)
    if "operator class" in message:
        yield _OPERATOR_CLASS.sub("", _ACCESS_METHOD.sub("USING btree", text))
    if "ICU is not supported" in message:
        yield _ICU_COLLATION.sub("(LOCALE = 'C')", text)
