"""What the reader of Prisma schemas makes of them; the verdicts on odd spellings are the engine's own."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miglint.model.declared import (
    Declared,
    DeclaredColumn,
    DeclaredIndex,
    DeclaredTable,
    Default,
    DefaultKind,
)
from miglint.model.names import Name
from miglint.model.source import Source
from miglint.tools.prisma.schema import datasource_provider, declared

DATASOURCE = 'datasource db {\n  provider = "postgresql"\n}\n'


def read(*texts: str, version: tuple[int, int, int] | None = None, datasource: str = DATASOURCE) -> Declared:
    files = [datasource + texts[0], *texts[1:]]
    found = declared([Source(f"{n}.prisma", text) for n, text in enumerate(files)], version=version)
    assert found is not None
    return found


def table(text: str, name: str = "A", **options: str) -> DeclaredTable:
    found = read(text, **options)
    assert not found.unread, found.unread
    return next(t for t in found.tables if t.name.name == name)


def model(*lines: str) -> str:
    return "model A {\n  id Int @id\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def column(line: str, name: str = "c", rest: str = "", **options: str) -> DeclaredColumn:
    found = table(model(line) + rest, **options).column(name)
    assert found is not None
    return found


def index(line: str) -> DeclaredIndex:
    (found,) = table(model("a Int", "b Int", "j Json", "t String", line)).indexes
    return found


def unread(text: str) -> list[str]:
    found = read(text)
    return [note.source[note.span] for note in found.unread]


# --- the datasource -------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["postgresql", "postgres"])
def test_a_schema_for_postgresql_is_read(provider: str) -> None:
    assert declared([Source("a", f'datasource db {{\n provider = "{provider}"\n}}')]) is not None


@pytest.mark.parametrize("text", ["", "model A {\n id Int @id\n}\n"])
def test_a_schema_without_a_datasource_is_not_compared(text: str) -> None:
    assert declared([Source("a", text)]) is None


@pytest.mark.parametrize("provider", ['"mysql"', '"cockroachdb"', '"sqlite"', 'env("PROVIDER")'])
def test_a_schema_for_another_database_is_not_compared(provider: str) -> None:
    assert declared([Source("a", f"datasource db {{\n provider = {provider}\n}}")]) is None


def test_no_files_declare_nothing() -> None:
    assert declared([]) is None


def test_the_provider_is_found_behind_a_comment_and_among_other_blocks() -> None:
    generator = 'generator c {\n provider = "js"\n}\n'
    text = generator + '/* { */ datasource x { // {\n // provider = "no"\n provider="mysql"\n}'
    assert datasource_provider(text) == "mysql"


def test_the_provider_of_a_variable_is_unknown() -> None:
    assert datasource_provider('datasource db {\n provider = env("X")\n}') is None


def test_schemas_extensions_and_preview_features_are_read() -> None:
    found = read(
        'generator c {\n previewFeatures = ["partialIndexes", "views"]\n}\n',
        datasource='datasource db {\n provider = "postgresql"\n schemas = ["public", "audit"]\n'
        ' extensions = [citext, uuid_ossp(map: "uuid-ossp", schema: "x")]\n}\n',
    )
    assert found.schemas == ("public", "audit")
    assert found.extensions == ("citext", "uuid-ossp")
    assert found.partial_indexes


# --- lines ----------------------------------------------------------------------------------------


def test_a_string_keeps_two_slashes() -> None:
    assert column('c String @default("http://x//y") // real comment').default.text == "http://x//y"


def test_attributes_inside_a_string_are_text() -> None:
    found = table(model('c String @default("{ } @@map(\\"x\\") @id")'))
    assert found.name == Name("public", "A")
    assert found.columns[1].default.text == '{ } @@map("x") @id'


def test_a_string_has_the_escapes_of_json() -> None:
    found = column(r'c String @default("a\"b\\c\n\u00e9\ud83d\ude00\/")')
    assert found.default.text == 'a"b\\c\né😀/'


def test_a_line_with_single_quotes_is_noted_and_the_rest_is_read() -> None:
    found = read(model("a String @default('x')", "c Int"))
    assert [note.source.position(note.span.start).line for note in found.unread] == [6]
    (made,) = found.tables
    assert [c.name for c in made.columns] == ["id", "c"]
    assert not made.complete
    assert not found.complete


def test_braces_in_a_block_comment_do_not_count() -> None:
    assert table(model("/* a", "b String @id", "} */", "c Int")).column("c") is not None


@pytest.mark.parametrize(
    "line",
    [
        'c String /* x */ @default("y")',
        'c String @default(\n    "y"\n  )',
        'c    String@default("y")',
        'c\u00a0String\t@default ( "y" )',
        'c: String @default("y")',
    ],
)
def test_odd_spacing_changes_nothing(line: str) -> None:
    assert column(line).default == Default(DefaultKind.VALUE, "y", written='"y"')


def test_block_attributes_may_span_lines() -> None:
    found = table("model A {\n  a Int\n  b Int\n  @@id(\n    [a,\n     b]\n  )\n}\n")
    assert found.primary_key is not None
    assert found.primary_key.columns == ("a", "b")


@pytest.mark.parametrize(
    "text",
    [
        "model A{\n  id Int @id\n}\n",
        "model A { // x {\n  id Int @id\n}\n",
        "model A {\n  id Int @id\n} // bye\n",
        "model A {\r\n  id Int @id\r\n}\r\n",
        "model A {\r  id Int @id\r}\r",
        "\ufeffmodel A {\n  id Int @id // é\n}\n",
        "/// doc\nmodel A {\n  /// doc\n  id Int @id /// doc\n}",
    ],
)
def test_forms_of_a_block(text: str) -> None:
    assert [c.name for c in table(text).columns] == ["id"]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("model A\n{\n  id Int @id\n}\n", ["id"]),
        ("model A { id Int @id }\n", []),
        ("model A {\n  id Int @id }\n", ["id"]),
        ("model A {\n  id Int @id\n", ["id"]),
    ],
)
def test_a_block_that_the_engine_refuses_is_noted_and_ends_where_it_seems_to(
    text: str, columns: list[str]
) -> None:
    found = read(f"{text}model B {{\n  id Int @id\n}}\n")
    first, second = found.tables
    assert found.unread
    assert [c.name for c in first.columns] == columns
    assert not first.complete
    assert [c.name for c in second.columns] == ["id"]
    assert second.complete


def test_a_keyword_is_an_ordinary_name_inside_a_block() -> None:
    text = "model model {\n  model String @id\n  enum String\n  type Int\n  view Int\n  datasource Int\n}\n"
    found = table(text, "model")
    assert [c.name for c in found.columns] == ["model", "enum", "type", "view", "datasource"]


def test_a_field_called_enum_opens_no_block() -> None:
    assert column('enum String @default("{")', "enum").default.text == "{"


def test_commented_out_code_has_no_effect() -> None:
    found = table(model("// model B {", '/// @@map("no")', "c Int"))
    assert found.name.name == "A"
    assert found.column("c") is not None


def test_unknown_blocks_and_stray_braces_are_noted() -> None:
    assert unread("modell X {\n  a Int\n}\n}\nmodel A {\n  id Int @id\n}\n")


def test_what_follows_a_line_that_makes_no_sense_is_read() -> None:
    found = read(model("@@index([a", "? ? ?", "c Int", "d Int @default(f(g(", "e Int"))
    assert [c.name for c in found.tables[0].columns] == ["id", "c", "e"]


def test_arguments_nested_without_end_are_noted() -> None:
    assert unread(model("c Int @default(" + "[" * 5000 + ")"))


# --- columns --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("String", "text"),
        ("Boolean", "boolean"),
        ("Int", "integer"),
        ("BigInt", "bigint"),
        ("Float", "double precision"),
        ("Decimal", "numeric(65,30)"),
        ("DateTime", "timestamp(3) without time zone"),
        ("Json", "jsonb"),
        ("Bytes", "bytea"),
        ("String[]", "text[]"),
        ("String @db.VarChar(10)", "character varying(10)"),
        ("String[] @db.VarChar(10)", "character varying(10)[]"),
        ("Decimal? @db.Decimal(10, 2)", "numeric(10,2)"),
        ("DateTime @db.Timestamptz(6)", "timestamp(6) with time zone"),
        ("String @db.Uuid", "uuid"),
        ("Int @db.SmallInt", "smallint"),
        ("Json @db.Json", "json"),
        ("String @db.Citext", "citext"),
        ('Unsupported("geometry(Point, 4326)")?', "geometry(Point, 4326)"),
        ('Unsupported("vector")[]', "vector[]"),
        ("E", '"E"'),
        ("E[]", '"E"[]'),
        ("String @db.Novel(3)", "None"),
    ],
)
def test_types(declaration: str, expected: str) -> None:
    assert str(column(f"c {declaration}", rest="enum E {\n  X\n}\n").type) == expected


def test_native_types_carry_the_name_of_the_datasource() -> None:
    datasource = 'datasource pg {\n  provider = "postgresql"\n}\n'
    assert str(column("c String @pg.VarChar(3)", datasource=datasource).type) == "character varying(3)"


@pytest.mark.parametrize(("arity", "nullable"), [("", False), ("?", True), ("[]", False)])
def test_nullability(arity: str, nullable: bool) -> None:
    assert column(f"c String{arity}").nullable is nullable


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ("String", Default()),
        ('String @default("")', Default(DefaultKind.VALUE, "")),
        ("String @default(uuid(7))", Default()),
        ("String @default(cuid())", Default()),
        ("String @default(ulid())", Default()),
        ("String @default(nanoid(10))", Default()),
        ("DateTime @updatedAt", Default()),
        ("DateTime @default(now())", Default(DefaultKind.NOW)),
        ("Int @default(autoincrement())", Default(DefaultKind.SEQUENCE)),
        ("Int @default(-5)", Default(DefaultKind.VALUE, "-5")),
        ("Float @default(1.50)", Default(DefaultKind.VALUE, "1.50")),
        ("Boolean @default(true)", Default(DefaultKind.VALUE, "true")),
        ("Boolean @default(value: true)", Default(DefaultKind.VALUE, "true")),
        ("E @default(two)", Default(DefaultKind.VALUE, "2")),
        ("E[] @default([one, two])", Default(DefaultKind.LIST, items=("one", "2"))),
        ("String[] @default([])", Default(DefaultKind.LIST)),
        ('Bytes @default("AP8=")', Default(DefaultKind.VALUE, "\\x00ff")),
        ('Bytes @default("é")', Default(DefaultKind.ANY)),
        (
            "String @default(dbgenerated(\"concat('a)', (now())::text)\"))",
            Default(DefaultKind.EXPRESSION, "concat('a)', (now())::text)"),
        ),
        ("String @default(dbgenerated())", Default(DefaultKind.ANY)),
        ("String @default(novel())", Default(DefaultKind.ANY)),
    ],
)
def test_defaults(declaration: str, expected: Default) -> None:
    enum = 'enum E {\n  one\n  two @map("2")\n}\n'
    assert column(f"c {declaration}", rest=enum).default._replace(written="") == expected


def test_names_in_the_database_come_from_map() -> None:
    found = table('model B {\n  id Int@id@map("i d")\n  c Int @map("sé")\n  @@map("a-1")\n}\n', "a-1")
    assert [c.name for c in found.columns] == ["i d", "sé"]
    assert found.columns[1].label == "field c of model B"
    assert found.primary_key is not None
    assert (found.primary_key.name, found.primary_key.columns) == ("a-1_pkey", ("i d",))


def test_an_ignored_field_or_model_is_in_the_database() -> None:
    found = table(model("c Int @ignore", "@@ignore"))
    assert found.column("c") is not None


def test_a_view_is_no_table() -> None:
    assert read("view V {\n  id Int @unique\n}\n").tables == ()


def test_an_enum_has_the_names_of_map() -> None:
    found = read('enum E {\n  A @map("a-1") // x\n  B\n\n  @@map("e_db")\n}\n')
    (enum,) = found.enums
    assert enum.name == Name("public", "e_db")
    assert [value.name for value in enum.values] == ["a-1", "B"]
    assert enum.source[enum.values[0].span] == 'A @map("a-1")'


def test_tables_and_enums_lie_in_the_schema_that_they_name() -> None:
    found = read('model A {\n  id Int @id\n  e E\n  @@schema("x")\n}\nenum E {\n  V\n  @@schema("y")\n}\n')
    assert found.tables[0].name == Name("x", "A")
    assert found.enums[0].name == Name("y", "E")
    assert str(found.tables[0].columns[1].type) == 'y."E"'


# --- keys and indexes -----------------------------------------------------------------------------


def test_a_primary_key_may_be_named() -> None:
    found = table('model A {\n  a Int\n  b Int\n  @@id([b, a(sort: Desc)], name: "ba", map: "pk")\n}\n')
    assert found.primary_key is not None
    assert (found.primary_key.name, found.primary_key.columns) == ("pk", ("b", "a"))


@pytest.mark.parametrize(
    ("line", "name", "columns", "unique", "method"),
    [
        ("@@index([a, b])", "A_a_b_idx", ("a", "b"), False, "btree"),
        ("@@index(a)", "A_a_idx", ("a",), False, "btree"),
        ("@@index(fields: [b, a])", "A_b_a_idx", ("b", "a"), False, "btree"),
        ('@@index([a], name: "old")', "old", ("a",), False, "btree"),
        ('@@index([a], map: "new", name: "old")', "new", ("a",), False, "btree"),
        ("@@unique([b, a])", "A_b_a_key", ("b", "a"), True, "btree"),
        ('@@unique([b, a], name: "ba")', "A_b_a_key", ("b", "a"), True, "btree"),
        ('@@unique([b, a], name: "ba", map: "uq")', "uq", ("b", "a"), True, "btree"),
        (
            '@@index([j(ops: JsonbPathOps), t(sort: Desc)], type: Gin, map: "i\\"x")',
            'i"x',
            ("j", "t"),
            False,
            "gin",
        ),
        ('@@index(fields: [t(ops: raw("gin_trgm_ops"))], type: Gin)', "A_t_idx", ("t",), False, "gin"),
        ("@@index([a], type: SpGist)", "A_a_idx", ("a",), False, "spgist"),
    ],
)
def test_indexes(line: str, name: str, columns: tuple[str, ...], unique: bool, method: str) -> None:
    found = index(line)
    assert (found.name, found.columns, found.unique, found.method) == (name, columns, unique, method)
    assert not found.partial


@pytest.mark.parametrize(
    "line",
    ["@@unique([a], where: { b: 1, t: { not: null } })", '@@index([a], where: raw("b = 1 AND (a) > 3"))'],
)
def test_an_index_with_a_condition_is_partial(line: str) -> None:
    assert index(line).partial


def test_a_unique_field_is_a_unique_index() -> None:
    first, second = table(model('a Int @unique @map("b")', 'c Int @unique(map: "u")')).indexes
    assert (first.name, first.columns, first.unique) == ("A_b_key", ("b",), True)
    assert second.name == "u"


@pytest.mark.parametrize(("letter", "kept"), [("x", 57), ("é", 28)])
def test_a_long_name_is_cut_before_its_ending_at_63_bytes(letter: str, kept: int) -> None:
    (found,) = table(f'model A {{\n  id Int @id @map("{letter * 80}")\n  @@index([id])\n}}\n').indexes
    assert found.name == f"A_{letter * kept}_idx"


# --- relations ------------------------------------------------------------------------------------

TWO = (
    'model B {{\n  id Int @id @map("b_id")\n  as A[]\n}}\n'
    'model A {{\n  id Int @id\n{0}\n  @@map("a_db")\n}}\n'
)


@pytest.mark.parametrize(
    ("fields", "on_delete", "on_update"),
    [
        ("  bId Int\n  b B @relation(fields: [bId], references: [id])", "restrict", "cascade"),
        ("  bId Int?\n  b B? @relation(fields: [bId], references: [id])", "set null", "cascade"),
        (
            "  bId Int?\n"
            "  b B? @relation(fields: [bId], references: [id], onDelete: Cascade, onUpdate: NoAction)",
            "cascade",
            "no action",
        ),
    ],
)
def test_a_relation_with_fields_is_a_foreign_key(fields: str, on_delete: str, on_update: str) -> None:
    (key,) = table(TWO.format(fields), "a_db").foreign_keys
    assert (key.name, key.columns) == ("a_db_bId_fkey", ("bId",))
    assert (key.references, key.referenced_columns) == (Name("public", "B"), ("b_id",))
    assert (key.on_delete, key.on_update) == (on_delete, on_update)


def test_a_foreign_key_may_be_named_and_its_column_mapped() -> None:
    fields = '  bId Int @map("b")\n  b B @relation("r", fields: [bId], references: [id], map: "fk")'
    (key,) = table(TWO.format(fields), "a_db").foreign_keys
    assert (key.name, key.columns) == ("fk", ("b",))


def test_one_required_column_makes_a_relation_required() -> None:
    text = (
        "model B {\n  x Int\n  y Int\n  as A[]\n  @@id([x, y])\n}\n"
        "model A {\n  id Int @id\n  x Int\n  y Int?\n"
        "  b B? @relation(fields: [x, y], references: [x, y])\n}\n"
    )
    (key,) = table(text).foreign_keys
    assert key.on_delete == "restrict"


@pytest.mark.parametrize("setting", ["relationMode", "referentialIntegrity"])
def test_relation_mode_prisma_has_no_foreign_keys(setting: str) -> None:
    datasource = f'datasource db {{\n  provider = "postgresql"\n  {setting} = "prisma"\n}}\n'
    fields = "  bId Int\n  b B @relation(fields: [bId], references: [id])"
    assert table(TWO.format(fields), "a_db", datasource=datasource).foreign_keys == ()


MANY = (
    'model B {\n  id String @id @db.Uuid\n  as A[] @relation("AB_rel")\n}\n'
    'model A {\n  id Int @id @map("a_id")\n  bs B[] @relation("AB_rel")\n  @@map("as")\n}\n'
)


def test_lists_on_both_sides_make_a_table_between() -> None:
    found = table(MANY, "_AB_rel")
    assert [(c.name, str(c.type), c.nullable) for c in found.columns] == [
        ("A", "integer", False),
        ("B", "uuid", False),
    ]
    assert found.label == "the relation of model A with model B"
    assert [
        (k.columns, k.references.name, k.referenced_columns, k.on_delete) for k in found.foreign_keys
    ] == [
        (("A",), "as", ("a_id",), "cascade"),
        (("B",), "B", ("id",), "cascade"),
    ]
    assert [(i.name, i.columns, i.unique) for i in found.indexes] == [("_AB_rel_B_index", ("B",), False)]


def test_the_key_of_the_table_between_goes_by_the_version() -> None:
    new, old, any_ = (
        next(t for t in read(MANY, version=version).tables if t.name.name == "_AB_rel")
        for version in ((6, 0, 0), (5, 22, 0), None)
    )
    assert new.primary_key is not None
    assert (new.primary_key.name, new.primary_key.or_unique) == ("_AB_rel_AB_pkey", False)
    assert old.primary_key is None
    assert [i.name for i in old.indexes if i.unique] == ["_AB_rel_AB_unique"]
    assert any_.primary_key is not None
    assert any_.primary_key.or_unique


def test_an_unnamed_relation_takes_the_names_of_the_models_in_alphabetical_order() -> None:
    text = (
        "model Post {\n  id Int @id\n  cats Cat[]\n}\n"
        'model Cat {\n  id Int @id\n  posts Post[]\n  @@map("zz")\n}\n'
    )
    assert table(text, "_CatToPost").foreign_keys[0].references.name == "zz"


def test_a_list_on_one_side_makes_no_table() -> None:
    fields = "  bId Int\n  b B @relation(fields: [bId], references: [id])"
    assert len(read(TWO.format(fields)).tables) == 2


def test_a_relation_of_a_model_with_itself_has_two_fields() -> None:
    text = 'model A {\n  id Int @id\n  up A[] @relation("r")\n  down A[] @relation("r")\n}\n'
    assert [c.name for c in table(text, "_r").columns] == ["A", "B"]


# --- several files --------------------------------------------------------------------------------


def test_files_make_one_schema() -> None:
    found = read("model A {\n  id Int @id\n  b B\n}\n", "enum B {\n  X\n}\n")
    assert not found.unread
    assert found.tables[0].source.path == "0.prisma"
    assert found.enums[0].source.path == "1.prisma"


def test_a_second_declaration_of_a_name_is_noted() -> None:
    found = read("model A {\n  id Int @id\n}\n", "model A {\n  id Int @id\n}\n")
    assert [note.reason for note in found.unread] == ["a second model A"]
    assert not found.complete


def test_a_type_that_no_file_declares_makes_its_model_incomplete() -> None:
    found = read(model("c Elsewhere"))
    assert [note.reason for note in found.unread] == ["nothing named Elsewhere is declared"]
    assert not found.tables[0].complete


# --- any text -------------------------------------------------------------------------------------

WORDS = (
    'model enum type view datasource generator db provider = "postgresql" A B id Int String [] ? @id @@id '
    '@@index @unique @relation ( ) [ ] { } , : . @default now() "x" " \\ // /// /* */ \n \r \t é \u00a0 -1 '
    '1.5 fields: references: map: Unsupported("x") @db.VarChar(3) @@map("x") 🐘 \x00'
).split(" ")
schema_like = st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)
texts = st.one_of(st.text(max_size=200), schema_like, schema_like.map(lambda text: DATASOURCE + text))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(texts, max_size=3))
def test_no_text_makes_the_reader_raise(files: list[str]) -> None:
    sources = [Source(f"{n}.prisma", text) for n, text in enumerate(files)]
    found = declared(sources)
    for note in found.unread if found else ():
        assert 0 <= note.span.start <= note.span.end <= len(note.source.text)


@pytest.mark.parametrize(
    "text",
    [
        '"\\' * 50_000,
        "/*" * 50_000,
        "{" * 50_000,
        "}\n" * 50_000,
        "model a {\n" * 20_000,
        "model A {\n" + "a T @x([\n" * 20_000,
        "model A {\n" + "f(a,\n" * 20_000,
        "model A {\n a Int @x(" + "1," * 50_000,
        "model A {\n a Int @x(" + "[" * 50_000,
        "model A {\n id Int @id\n" + "".join(f" f{n} A @relation(fields: [f{n}])\n" for n in range(10_000)),
    ],
    ids=lambda text: text[:20],
)
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    declared([Source("a", DATASOURCE + text)])
    assert time.process_time() - start < 5
