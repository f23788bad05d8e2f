"""Views, sequences, types, schemas, extensions, functions, triggers."""

from itertools import chain, count
from typing import Any

from miglint.dialects.sql.replay.callers import without_callers
from miglint.dialects.sql.replay.drops import remove_view, without_triggers
from miglint.dialects.sql.replay.naming import part_words, routine_words
from miglint.dialects.sql.replay.others import apply_deeds
from miglint.dialects.sql.replay.properties import with_setting
from miglint.model import (
    ANYTHING,
    HISTORY,
    AddEnumValue,
    AlterCompositeType,
    AlterDomain,
    AlterSequence,
    Column,
    CompositeType,
    Constraint,
    ConstraintDefinition,
    CreateCompositeType,
    CreateDomain,
    CreateEnum,
    CreateExtension,
    CreateFunction,
    CreateOtherType,
    CreateSchema,
    CreateSequence,
    CreateTrigger,
    CreateView,
    Deed,
    Definition,
    DoBlock,
    DomainType,
    DropExtension,
    DropFunction,
    EnumType,
    Function,
    Name,
    Other,
    OtherType,
    RefreshMaterializedView,
    RenameEnumValue,
    Schema,
    Sequence,
    Setting,
    Table,
    Trigger,
    Type,
    Unparsed,
    View,
)

# The types that well-known extensions bring.
EXTENSION_TYPES = {
    "citext": ("citext",),
    "hstore": ("hstore",),
    "ltree": ("ltree", "lquery", "ltxtquery"),
    "cube": ("cube",),
    "isn": ("ean13", "isbn", "isbn13", "ismn", "ismn13", "issn", "issn13", "upc"),
    "postgis": ("geometry", "geography", "box2d", "box3d", "raster"),
    "vector": ("vector", "halfvec", "sparsevec"),
    "seg": ("seg",),
    "intarray": ("query_int",),
}


def create_view(operation: CreateView, schema: Schema) -> Schema:
    """`CREATE VIEW` and `CREATE MATERIALIZED VIEW`."""
    existing = schema.view(operation.view)
    if operation.if_not_exists and operation.view in schema.relations:
        return schema
    dependents: tuple[Name, ...] = ()
    properties = operation.options
    if existing is not None:
        dependents = existing.dependents
        # Its comment and privileges stay.
        properties += tuple(each for each in existing.properties if not each[0].startswith("the parameter"))
        schema = remove_view(operation.view, _without_dependents(existing, schema))
    columns = None
    kept = {c.name: c.properties for c in existing.columns or ()} if existing is not None else {}
    if operation.query.output is not None:
        names = operation.column_names
        columns = tuple(
            Column(name=name, type=c.type or Type("unknown"), properties=kept.get(name, ()))
            # The server refuses more names than columns.
            for name, c in zip(
                (*names, *(c.name for c in operation.query.output[len(names) :])),
                operation.query.output,
                strict=False,
            )
        )
    view = View(
        name=operation.view,
        materialized=operation.materialized,
        reads=operation.query.reads,
        columns_read=operation.query.columns_read,
        columns=columns,
        dependents=dependents,
        populated=operation.with_data,
        temporary=operation.temporary,
        definition=Definition(
            operation.definition, operation.query.reads, operation.query.columns_read, columns
        ),
        properties=tuple(sorted(properties)),
    )
    schema = schema.with_relation(view)
    for source in view.reads:
        relation = schema.relations.get(source)
        if isinstance(relation, (Table, View)) and view.name not in relation.dependents:
            schema = schema.with_relation(relation._replace(dependents=(*relation.dependents, view.name)))
    return schema


def _without_dependents(view: View, schema: Schema) -> Schema:
    """`CREATE OR REPLACE` keeps the views on top of the old one."""
    return schema.with_relation(view._replace(dependents=()))


def refresh_view(operation: RefreshMaterializedView, schema: Schema) -> Schema:
    view = schema.view(operation.view)
    if view is None:
        return schema
    return schema.with_relation(view._replace(populated=operation.with_data))


def create_sequence(operation: CreateSequence, schema: Schema) -> Schema:
    """`CREATE SEQUENCE`."""
    if operation.if_not_exists and operation.sequence in schema.relations:
        return schema
    schema = schema.with_relation(
        Sequence(
            operation.sequence, temporary=operation.temporary, properties=tuple(sorted(operation.options))
        )
    )
    return _own(operation.sequence, operation.owned_by, schema) if operation.owned_by else schema


def alter_sequence(operation: AlterSequence, schema: Schema) -> Schema:
    """`ALTER SEQUENCE ... OWNED BY`."""
    sequence = schema.sequence(operation.sequence)
    if sequence is None:
        return schema
    for key, value in operation.options:
        sequence = with_setting(sequence, Setting("relation", operation.sequence, key, value))
    schema = schema.with_relation(sequence)
    if operation.owned_by is None:
        return schema
    return _own(operation.sequence, operation.owned_by or None, schema)


def _own(name: Name, owner: "tuple[Name, str] | tuple[()] | None", schema: Schema) -> Schema:
    sequence = schema.sequence(name) or Sequence(name)
    if not owner:
        return schema.with_relation(sequence._replace(owner=None))
    schema = schema.with_relation(sequence._replace(owner=owner))
    table = schema.table(owner[0])
    if table is None:
        return schema
    columns = tuple(c._replace(sequence=name) if c.name == owner[1] else c for c in table.columns)
    return schema.with_relation(table._replace(columns=columns))


def create_enum(operation: CreateEnum, schema: Schema) -> Schema:
    return _put_type(EnumType(name=operation.type, values=operation.values), schema)


def add_enum_value(operation: AddEnumValue, schema: Schema) -> Schema:
    """`ADD VALUE`, in its place."""
    found = schema.types.get(operation.type)
    if not isinstance(found, EnumType) or operation.value in found.values:
        return schema
    at = len(found.values)
    if operation.before in found.values:
        at = found.values.index(operation.before or "")
    elif operation.after in found.values:
        at = found.values.index(operation.after or "") + 1
    values = (*found.values[:at], operation.value, *found.values[at:])
    return _put_type(found._replace(values=values), schema)


def rename_enum_value(operation: RenameEnumValue, schema: Schema) -> Schema:
    found = schema.types.get(operation.type)
    if not isinstance(found, EnumType):
        return schema
    values = tuple(operation.new_value if v == operation.value else v for v in found.values)
    old, new = ("'" + value.replace("'", "''") + "'" for value in (operation.value, operation.new_value))
    for table in schema.tables_with_type(operation.type):
        columns = tuple(
            c._replace(default=c.default._replace(text=c.default.text.replace(old, new)))
            if c.default is not None and c.type.qualified == operation.type
            else c
            for c in table.columns
        )
        schema = schema.with_relation(table._replace(columns=columns))
    return _put_type(found._replace(values=values), schema)


def create_domain(operation: CreateDomain, schema: Schema) -> Schema:
    if operation.type.qualified == operation.domain:
        return schema  # Of itself: the server knows no such type.
    checks: tuple[Constraint, ...] = ()
    for check in operation.checks:
        checks = (*checks, _domain_check(check, operation.domain, checks))
    return _put_type(
        DomainType(
            name=operation.domain,
            type=operation.type,
            not_null=operation.not_null,
            default=operation.default,
            checks=checks,
            properties=(("the collation", operation.collation),) if operation.collation else (),
        ),
        schema,
    )


def _domain_check(
    definition: ConstraintDefinition, domain: Name, others: tuple[Constraint, ...]
) -> Constraint:
    stem, taken = f"{domain.name}_check", {check.name for check in others}
    free = (name for name in chain((stem,), map(f"{stem}{{}}".format, count(1))) if name not in taken)
    return Constraint(
        name=definition.name or next(free),
        kind="check",
        expression=definition.expression,
        valid=not definition.not_valid,
    )


def alter_domain(operation: AlterDomain, schema: Schema) -> Schema:
    """`ALTER DOMAIN`."""
    domain = schema.types.get(operation.domain)
    if not isinstance(domain, DomainType):
        return schema
    if operation.action in ("set not null", "drop not null"):
        domain = domain._replace(not_null=operation.action == "set not null")
    elif operation.action in ("set default", "drop default"):
        domain = domain._replace(default=operation.default)
    elif operation.action == "add constraint" and operation.constraint is not None:
        check = _domain_check(operation.constraint, operation.domain, domain.checks)
        domain = domain._replace(checks=(*domain.checks, check))
    elif operation.action == "drop constraint":
        domain = domain._replace(checks=tuple(c for c in domain.checks if c.name != operation.name))
    elif operation.action == "validate constraint":
        domain = _with_check(domain, operation.name, {"valid": True})
    elif operation.action == "rename constraint":
        domain = _with_check(domain, operation.name, {"name": operation.new_name})
    return _put_type(domain, schema)


def _with_check(domain: DomainType, name: str | None, facts: dict[str, Any]) -> DomainType:
    checks = tuple(c._replace(**facts) if c.name == name else c for c in domain.checks)
    return domain._replace(checks=checks)


def create_composite(operation: CreateCompositeType, schema: Schema) -> Schema:
    columns = tuple(Column(name=c.name, type=c.type, collation=c.collation) for c in operation.columns)
    return _put_type(CompositeType(name=operation.type, columns=columns), schema)


def alter_composite(operation: AlterCompositeType, schema: Schema) -> Schema:
    """`ALTER TYPE ... ADD, DROP, ALTER, RENAME ATTRIBUTE`."""
    found = schema.types.get(operation.type)
    if not isinstance(found, CompositeType):
        return schema
    columns = found.columns
    if operation.action == "add" and operation.column is not None:
        added = operation.column
        columns = (*columns, Column(name=added.name, type=added.type, collation=added.collation))
    elif operation.action == "drop":
        columns = tuple(c for c in columns if c.name != operation.name)
    elif operation.action == "alter" and operation.column is not None:
        facts: dict[str, Any] = {"type": operation.column.type, "collation": operation.column.collation}
        columns = tuple(c._replace(**facts) if c.name == operation.name else c for c in columns)
    elif operation.action == "rename":
        columns = tuple(
            c._replace(name=operation.new_name) if c.name == operation.name else c for c in columns
        )
    return _put_type(found._replace(columns=columns), schema)


def create_other_type(operation: CreateOtherType, schema: Schema) -> Schema:
    definition = " ".join(operation.definition.split())
    properties = (("the definition", definition),) if definition else ()
    return _put_type(OtherType(name=operation.type, kind=operation.kind, properties=properties), schema)


def _put_type(type_: EnumType | DomainType | CompositeType | OtherType, schema: Schema) -> Schema:
    return schema.with_type(type_)


def create_schema(operation: CreateSchema, schema: Schema) -> Schema:
    if operation.owner and operation.schema not in schema.schemas:
        owner = (("the owner", operation.owner),)
        schema = schema.with_other(Other("schema", operation.schema, properties=owner))
    return schema._replace(schemas=schema.schemas | {operation.schema})


def create_extension(operation: CreateExtension, schema: Schema) -> Schema:
    """`CREATE EXTENSION`, with the types of well-known ones."""
    if operation.extension not in schema.extensions and operation.schema:
        place = (("the schema", operation.schema),)
        schema = schema.with_other(Other("extension", operation.extension, properties=place))
    schema = schema._replace(extensions=schema.extensions | {operation.extension})
    for name in EXTENSION_TYPES.get(operation.extension, ()):
        type_ = Name(operation.schema or schema.home, name)
        if type_ not in schema.types:
            schema = _put_type(OtherType(name=type_, kind="extension"), schema)
    return schema


def drop_extension(operation: DropExtension, schema: Schema) -> Schema:
    schema = schema.without_other("extension", operation.extension)
    for name in EXTENSION_TYPES.get(operation.extension, ()):
        for found in [t for t in schema.types if t.name == name]:
            if schema.types[found] == OtherType(found, "extension"):
                schema = schema.without_type(found)
    if operation.cascade:
        schema = schema.with_doubt(f"what falls with the extension {operation.extension}")
    return schema._replace(extensions=schema.extensions - {operation.extension})


def leave_unknown(operation: Unparsed, schema: Schema) -> Schema:
    """Text that only the server knows to read, or that is made up while it runs."""
    schema = schema.with_doubt(f"what a statement does: {operation.reason}")
    if not operation.drops:
        return schema
    places = [Name(place, word) for place in (*schema.schemas, schema.home) for word in operation.drops]
    named = {name for name in places if name in schema.relations or name in schema.types}
    return schema._replace(shaken=schema.shaken | (named or {ANYTHING}))


def run_block(operation: DoBlock, schema: Schema) -> Schema:
    """A block whose code cannot be read; what the others do comes of the operations in them."""
    return schema if operation.parsed else schema.with_doubt(f"what a block does: {operation.reason}")


def create_function(operation: CreateFunction, schema: Schema) -> Schema:
    """`CREATE FUNCTION`: a new overload, or the replacement of the one with these arguments."""
    found = schema.functions.get(operation.function) or ()
    others = tuple(f for f in found if f.arguments != operation.arguments)
    replaced = next((f for f in found if f.arguments == operation.arguments), None)
    function = Function(
        name=operation.function,
        arguments=operation.arguments,
        volatility=operation.volatility,
        language=operation.language,
        procedure=operation.procedure,
        returns=operation.returns,
        body=operation.body,
        definition=operation.definition,
        signature=operation.signature,
        properties=tuple(p for p in replaced.properties if p[0] != HISTORY) if replaced is not None else (),
    )
    return schema.with_functions(operation.function, (*others, function))


def drop_function(operation: DropFunction, schema: Schema) -> Schema:
    """`DROP FUNCTION`; with CASCADE the triggers that call it go too."""
    found = schema.functions.get(operation.function) or ()
    rest = tuple(f for f in found if operation.arguments is not None and f.arguments != operation.arguments)
    schema = schema.with_functions(operation.function, rest)
    schema = schema.without_other("aggregate", routine_words(operation.function, operation.arguments))
    if operation.cascade and any(function.returns != "trigger" for function in found if function not in rest):
        if rest:
            schema = schema.with_doubt(f"what falls with the function {operation.function.display}")
        else:
            schema = without_callers(operation.function, schema)
    if operation.cascade and not operation.arguments:  # The function of a trigger has none.
        callers = schema.tables_calling(function=operation.function)
        schema = without_triggers(callers, lambda function: function == operation.function, schema)
    return schema


def create_trigger(operation: CreateTrigger, schema: Schema) -> Schema:
    """`CREATE TRIGGER`."""
    table = schema.table(operation.table)
    trigger = Trigger(
        name=operation.trigger,
        function=operation.function,
        row=operation.row,
        events=operation.events,
        timing=operation.timing,
        columns=operation.columns,
        condition=operation.condition,
        arguments=operation.arguments,
        transitions=operation.transitions,
        constraint=operation.constraint,
        from_table=operation.from_table,
        deferrable=operation.deferrable,
        initially_deferred=operation.initially_deferred,
    )
    if table is None:  # Of a view, which is known by its text: what the trigger says stands for its own.
        name = part_words(operation.trigger, operation.table)
        return apply_deeds((Deed("replace", "trigger", name, str(trigger), operation.table),), schema)
    others = tuple(t for t in table.triggers if t.name != trigger.name)
    return schema.with_relation(table._replace(triggers=(*others, trigger)))
