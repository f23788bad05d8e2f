"""What a Prisma schema, in one file or several, declares a PostgreSQL database to be."""

from collections.abc import Iterable, Sequence

from miglint.model.declared import Declared, DeclaredEnum, DeclaredValue, Unread
from miglint.model.source import Source, Span
from miglint.tools.prisma.columns import SCALARS, EnumNames
from miglint.tools.prisma.links import Version, link_tables
from miglint.tools.prisma.models import column_name, context_of, table, table_name
from miglint.tools.prisma.parser import Array, Block, Call, Text, Value, Word, parse

_POSTGRES = ("postgresql", "postgres")
_COMMAND = "prisma migrate dev"
# Its own table, and those of PostGIS: table_should_be_ignored() in the engine's schema_differ.rs.
_IGNORED = frozenset(
    (
        "_prisma_migrations",
        "spatial_ref_sys",
        "geometry_columns",
        "geography_columns",
        "raster_columns",
        "raster_overviews",
    )
)


def datasource_provider(schema: str) -> str | None:
    """Give the provider of the schema's datasource block; None if it has none, or takes it from env()."""
    return _provider(parse(Source("", schema)).blocks)


def declared(sources: Sequence[Source], *, version: Version | None = None) -> Declared | None:
    """Read the schema files of one project; None unless they are for PostgreSQL.

    `version` is Prisma's: it decides what a many-to-many relation is in the database. A line that
    cannot be read is noted, and its table counts as incomplete.
    """
    files = [parse(source) for source in sources]
    blocks = [block for file in files for block in file.blocks]
    if _provider(blocks) not in _POSTGRES:
        return None
    datasource = next(block for block in blocks if block.keyword == "datasource")
    named, doubles = _named(blocks)
    enums = {name: _enum_names(block) for name, block in named.items() if block.keyword == "enum"}
    models = {name: block for name, block in named.items() if block.keyword in ("model", "view")}
    strange = [note for model in models.values() for note in _unknown_types(model, named)]
    odd = {note.span for note in strange}
    models = {
        name: model._replace(complete=model.complete and odd.isdisjoint(f.span for f in model.fields))
        for name, model in models.items()
    }
    context = context_of(models, enums, datasource.name, foreign_keys=_foreign_keys(datasource))
    unread = (*(note for file in files for note in file.unread), *doubles, *strange)
    first = sources[0]
    return Declared(
        source=first,
        span=_first_line(first),
        command=_COMMAND,
        tables=(
            *(table(model, context) for model in models.values() if model.keyword == "model"),
            *link_tables(context, version),
        ),
        enums=tuple(_enum(block) for block in named.values() if block.keyword == "enum"),
        schemas=tuple(dict.fromkeys(("public", *_texts(datasource.setting("schemas"))))),
        extensions=tuple(_extensions(datasource)),
        ignored=_IGNORED,
        partial_indexes="partialIndexes" in _preview_features(blocks),
        complete=not unread,
        unread=unread,
    )


def _provider(blocks: Iterable[Block]) -> str | None:
    values = (block.setting("provider") for block in blocks if block.keyword == "datasource")
    return next((value.text for value in values if isinstance(value, Text)), None)


def _named(blocks: Iterable[Block]) -> tuple[dict[str, Block], list[Unread]]:
    """Give the models, views, types and enums by name, and note the names that occur twice."""
    named: dict[str, Block] = {}
    doubles: list[Unread] = []
    for block in blocks:
        if block.keyword in ("datasource", "generator"):
            continue
        if block.name in named:
            doubles.append(Unread(block.source, block.span, f"a second {block.keyword} {block.name}"))
        named.setdefault(block.name, block)
    return named, doubles


def _unknown_types(model: Block, named: dict[str, Block]) -> Iterable[Unread]:
    for field in model.fields:
        if field.type not in SCALARS and field.type not in named and field.sql is None:
            yield Unread(model.source, field.span, f"nothing named {field.type} is declared")


def _enum_names(block: Block) -> EnumNames:
    return EnumNames(table_name(block), {value.name: column_name(value) for value in block.fields})


def _enum(block: Block) -> DeclaredEnum:
    return DeclaredEnum(
        name=table_name(block),
        values=tuple(DeclaredValue(column_name(value), value.span) for value in block.fields),
        label=f"enum {block.name}",
        source=block.source,
        span=block.span,
        complete=block.complete,
    )


def _foreign_keys(datasource: Block) -> bool:
    mode = datasource.setting("relationMode") or datasource.setting("referentialIntegrity")
    return not (isinstance(mode, Text) and mode.text == "prisma")


def _texts(value: Value | None) -> Iterable[str]:
    items = value.items if isinstance(value, Array) else ()
    return (item.text for item in items if isinstance(item, Text) and item.text)


def _preview_features(blocks: Iterable[Block]) -> set[str]:
    generators = (block for block in blocks if block.keyword == "generator")
    return {text for block in generators for text in _texts(block.setting("previewFeatures"))}


def _extensions(datasource: Block) -> Iterable[str]:
    """Give the extensions by their names in the database: `[citext, uuid_ossp(map: "uuid-ossp")]`."""
    listed = datasource.setting("extensions")
    for item in listed.items if isinstance(listed, Array) else ():
        if isinstance(item, Word):
            yield item.text
        elif isinstance(item, Call):
            mapped = next((a.value for a in item.arguments if a.name == "map"), None)
            yield (mapped.text if isinstance(mapped, Text) else "") or item.name


def _first_line(source: Source) -> Span:
    return Span(0, len(source.line(1)))
