"""Indexes, views, sequences, types, functions, triggers, schemas, extensions."""

from miglint.dialects.postgres.literals import literal
from miglint.dialects.postgres.writing.definitions import column, constraint, element
from miglint.dialects.postgres.writing.tables import dropped
from miglint.dialects.postgres.writing.words import (
    Pen,
    collated,
    columns,
    default,
    enclosed,
    parameters,
    role,
    sequence_option,
    text_of,
)
from miglint.dialects.sql.words import NotSpelled, listed, spaced
from miglint.model import (
    AddEnumValue,
    AlterCompositeType,
    AlterDomain,
    AlterSequence,
    AttachIndex,
    CreateCompositeType,
    CreateDomain,
    CreateEnum,
    CreateExtension,
    CreateFunction,
    CreateIndex,
    CreateOtherType,
    CreateSchema,
    CreateSequence,
    CreateTrigger,
    CreateView,
    DropExtension,
    DropFunction,
    DropIndex,
    DropSchema,
    DropSequence,
    DropTrigger,
    DropType,
    DropView,
    MoveType,
    Name,
    RefreshMaterializedView,
    Reindex,
    RenameEnumValue,
    RenameFunction,
    RenameSchema,
    RenameTrigger,
    RenameType,
    quote,
)


def create_index(made: CreateIndex, pen: Pen) -> str:
    """Write a CREATE INDEX."""
    return spaced(
        "CREATE UNIQUE INDEX" if made.unique else "CREATE INDEX",
        "CONCURRENTLY" if made.concurrently else "",
        "IF NOT EXISTS" if made.if_not_exists else "",
        quote(made.name) if made.name is not None else "",
        "ON",
        "ONLY" if made.only else "",
        pen.name(made.table),
        "" if made.method == "btree" else f"USING {quote(made.method)}",
        f"({listed(element(each, pen) for each in made.elements)})",
        f"INCLUDE {columns(made.include)}" if made.include else "",
        "NULLS NOT DISTINCT" if made.nulls_not_distinct else "",
        f"WITH {parameters(made.options)}" if made.options else "",
        f"WHERE {text_of(made.predicate)}" if made.predicate is not None else "",
    )


def drop_index(made: DropIndex, pen: Pen) -> str:
    """Write a DROP INDEX."""
    return dropped("INDEX CONCURRENTLY" if made.concurrently else "INDEX", pen.name(made.name), made)


def attach_index(made: AttachIndex, pen: Pen) -> str:
    """Write how the index of a partition becomes a part of that of its table."""
    return f"ALTER INDEX {pen.name(made.name)} ATTACH PARTITION {pen.name(made.partition)}"


def reindex(made: Reindex, pen: Pen) -> str:
    """Write a REINDEX of an index or a table."""
    if made.target is None:
        raise NotSpelled("Reindex", f"which {made.kind} it is for is not kept")
    how = "CONCURRENTLY" if made.concurrently else ""
    return spaced(f"REINDEX {made.kind.upper()}", how, pen.name(made.target))


def create_view(made: CreateView, _pen: Pen) -> str:
    """Give the text that made a view: a query is kept as it was written."""
    if not made.definition:
        raise NotSpelled("CreateView", "its text is not known")
    return made.definition


def drop_view(made: DropView, pen: Pen) -> str:
    """Write a DROP VIEW."""
    return dropped("MATERIALIZED VIEW" if made.materialized else "VIEW", pen.name(made.view), made)


def refresh(made: RefreshMaterializedView, pen: Pen) -> str:
    """Write a REFRESH MATERIALIZED VIEW."""
    how = "CONCURRENTLY" if made.concurrently else ""
    data = "" if made.with_data else "WITH NO DATA"
    return spaced("REFRESH MATERIALIZED VIEW", how, pen.name(made.view), data)


def _owner(owner: tuple[Name, str] | tuple[()] | None, pen: Pen) -> str:
    if owner is None:
        return ""
    return f"OWNED BY {pen.name(owner[0])}.{quote(owner[1])}" if owner else "OWNED BY NONE"


def create_sequence(made: CreateSequence, pen: Pen) -> str:
    """Write a CREATE SEQUENCE."""
    return spaced(
        "CREATE TEMPORARY SEQUENCE" if made.temporary else "CREATE SEQUENCE",
        "IF NOT EXISTS" if made.if_not_exists else "",
        quote(made.sequence.name) if made.temporary else pen.name(made.sequence),
        *(sequence_option(*option) for option in made.options),
        _owner(made.owned_by, pen),
    )


def alter_sequence(made: AlterSequence, pen: Pen) -> str:
    """Write an ALTER SEQUENCE."""
    if not made.options and made.owned_by is None:
        raise NotSpelled("AlterSequence", "the number that RESTART sets is not kept")
    return spaced(
        "ALTER SEQUENCE",
        "IF EXISTS" if made.if_exists else "",
        pen.name(made.sequence),
        *(sequence_option(*option) for option in made.options),
        _owner(made.owned_by, pen),
    )


def drop_sequence(made: DropSequence, pen: Pen) -> str:
    """Write a DROP SEQUENCE."""
    return dropped("SEQUENCE", pen.name(made.sequence), made)


def create_enum(made: CreateEnum, pen: Pen) -> str:
    """Write a CREATE TYPE of an enum."""
    return f"CREATE TYPE {pen.name(made.type)} AS ENUM ({listed(map(literal, made.values))})"


def add_enum_value(made: AddEnumValue, pen: Pen) -> str:
    """Write an ALTER TYPE ... ADD VALUE."""
    return spaced(
        f"ALTER TYPE {pen.name(made.type)} ADD VALUE",
        "IF NOT EXISTS" if made.if_not_exists else "",
        literal(made.value),
        f"BEFORE {literal(made.before)}" if made.before is not None else "",
        f"AFTER {literal(made.after)}" if made.after is not None else "",
    )


def rename_enum_value(made: RenameEnumValue, pen: Pen) -> str:
    """Write an ALTER TYPE ... RENAME VALUE."""
    return f"ALTER TYPE {pen.name(made.type)} RENAME VALUE {literal(made.value)} TO {literal(made.new_value)}"


def create_domain(made: CreateDomain, pen: Pen) -> str:
    """Write a CREATE DOMAIN."""
    return spaced(
        f"CREATE DOMAIN {pen.name(made.domain)} AS {pen.type(made.type)}",
        collated(made.collation),
        f"DEFAULT {default(made.default)}" if made.default is not None else "",
        "NOT NULL" if made.not_null else "",
        *(constraint(each, pen, inline=True) for each in made.checks),
    )


def create_other_type(made: CreateOtherType, _pen: Pen) -> str:
    """Give the text that made a range or base type."""
    if not made.definition:
        raise NotSpelled("CreateOtherType", "its text is not known")
    return made.definition


def alter_domain(made: AlterDomain, pen: Pen) -> str:
    """Write an ALTER DOMAIN."""
    words = made.action.upper()
    if made.action == "set default" and made.default is not None:
        words = f"SET DEFAULT {default(made.default)}"
    elif made.action == "add constraint" and made.constraint is not None:
        words = f"ADD {constraint(made.constraint, pen, inline=True)}"
    elif made.action in ("drop constraint", "validate constraint") and made.name:
        words = f"{words} {quote(made.name)}"
    elif made.action == "rename constraint" and made.name:
        words = f"RENAME CONSTRAINT {quote(made.name)} TO {quote(made.new_name)}"
    elif made.action not in ("drop default", "set not null", "drop not null"):
        raise NotSpelled("AlterDomain", f"the action {made.action!r} without what it is about")
    return f"ALTER DOMAIN {pen.name(made.domain)} {words}"


def create_composite_type(made: CreateCompositeType, pen: Pen) -> str:
    """Write a CREATE TYPE with columns."""
    return f"CREATE TYPE {pen.name(made.type)} AS ({listed(column(each, pen) for each in made.columns)})"


def alter_composite_type(made: AlterCompositeType, pen: Pen) -> str:
    """Write an action on a column of a composite type."""
    words = ""
    if made.action == "add" and made.column is not None:
        words = f"ADD ATTRIBUTE {column(made.column, pen)}"
    elif made.action == "drop" and made.name:
        words = f"DROP ATTRIBUTE {quote(made.name)}"
    elif made.action == "rename" and made.name:
        words = f"RENAME ATTRIBUTE {quote(made.name)} TO {quote(made.new_name)}"
    elif made.action == "alter" and made.name and made.column is not None:
        type_ = spaced(pen.type(made.column.type), collated(made.column.collation))
        words = f"ALTER ATTRIBUTE {quote(made.name)} TYPE {type_}"
    if not words:
        raise NotSpelled("AlterCompositeType", f"the action {made.action!r} without what it is about")
    return spaced(f"ALTER TYPE {pen.name(made.type)}", words, "CASCADE" if made.cascade else "")


def rename_type(made: RenameType, pen: Pen) -> str:
    """Write the renaming of a type or domain."""
    return f"ALTER TYPE {pen.name(made.type)} RENAME TO {quote(made.new_name)}"


def move_type(made: MoveType, pen: Pen) -> str:
    """Write how a type or domain goes to another schema."""
    return f"ALTER TYPE {pen.name(made.type)} SET SCHEMA {quote(made.new_schema)}"


def drop_type(made: DropType, pen: Pen) -> str:
    """Write the DROP of a type or domain."""
    return dropped("TYPE", pen.name(made.type), made)


def create_function(made: CreateFunction, _pen: Pen) -> str:
    """Give the text that made a function or procedure."""
    if not made.definition:
        raise NotSpelled("CreateFunction", "its text is not known")
    return made.definition


def drop_function(made: DropFunction, pen: Pen) -> str:
    """Write the DROP of a function or procedure: ROUTINE is the word for both."""
    arguments = "" if made.arguments is None else f"({listed(made.arguments)})"
    return dropped("ROUTINE", f"{pen.name(made.function)}{arguments}", made)


def rename_function(made: RenameFunction, pen: Pen) -> str:
    """Write the renaming of a function or procedure, or how it goes to another schema."""
    old, new = made.function, made.new_name
    words = f"RENAME TO {quote(new.name)}" if new.name != old.name else f"SET SCHEMA {quote(new.schema)}"
    arguments = "" if made.arguments is None else f"({listed(made.arguments)})"
    return f"ALTER ROUTINE {pen.name(old)}{arguments} {words}"


def create_trigger(made: CreateTrigger, pen: Pen) -> str:
    """Write a CREATE TRIGGER."""
    if made.function is None:
        raise NotSpelled("CreateTrigger", "its function is not known")
    of = f" OF {listed(map(quote, made.columns))}" if made.columns else ""
    events = " OR ".join(f"{e.upper()}{of if e == 'update' else ''}" for e in made.events)
    rows = (f"{which.upper()} TABLE AS {quote(name)}" for which, name in made.transitions)
    return spaced(
        "CREATE OR REPLACE" if made.replace else "CREATE",
        "CONSTRAINT TRIGGER" if made.constraint else "TRIGGER",
        quote(made.trigger),
        made.timing.upper(),
        events,
        f"ON {pen.name(made.table)}",
        f"FROM {pen.name(made.from_table)}" if made.from_table is not None else "",
        "DEFERRABLE" if made.deferrable else "",
        "INITIALLY DEFERRED" if made.initially_deferred else "",
        f"REFERENCING {' '.join(rows)}" if made.transitions else "",
        f"FOR EACH {'ROW' if made.row else 'STATEMENT'}",
        f"WHEN {enclosed(made.condition)}" if made.condition is not None else "",
        f"EXECUTE FUNCTION {pen.name(made.function)}({listed(map(literal, made.arguments))})",
    )


def drop_trigger(made: DropTrigger, pen: Pen) -> str:
    """Write a DROP TRIGGER."""
    return f"{dropped('TRIGGER', quote(made.trigger), made)} ON {pen.name(made.table)}"


def rename_trigger(made: RenameTrigger, pen: Pen) -> str:
    """Write the renaming of a trigger."""
    return f"ALTER TRIGGER {quote(made.trigger)} ON {pen.name(made.table)} RENAME TO {quote(made.new_name)}"


def create_schema(made: CreateSchema, _pen: Pen) -> str:
    """Write a CREATE SCHEMA."""
    owner = f"AUTHORIZATION {role(made.owner)}" if made.owner else ""
    return spaced("CREATE SCHEMA", "IF NOT EXISTS" if made.if_not_exists else "", quote(made.schema), owner)


def drop_schema(made: DropSchema, _pen: Pen) -> str:
    """Write a DROP SCHEMA."""
    return dropped("SCHEMA", quote(made.schema), made)


def rename_schema(made: RenameSchema, _pen: Pen) -> str:
    """Write the renaming of a schema."""
    return f"ALTER SCHEMA {quote(made.schema)} RENAME TO {quote(made.new_name)}"


def create_extension(made: CreateExtension, _pen: Pen) -> str:
    """Write a CREATE EXTENSION."""
    return spaced(
        "CREATE EXTENSION",
        "IF NOT EXISTS" if made.if_not_exists else "",
        quote(made.extension),
        f"SCHEMA {quote(made.schema)}" if made.schema else "",
    )


def drop_extension(made: DropExtension, _pen: Pen) -> str:
    """Write a DROP EXTENSION."""
    return dropped("EXTENSION", quote(made.extension), made)
