"""What all objects share: DROP, RENAME and SET SCHEMA."""

from typing import Any

from miglint.dialects.postgres.creations import end_of_word
from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.others import deed, doubt, object_of
from miglint.dialects.postgres.scope import Scope, items, strings
from miglint.dialects.postgres.types import argument_type
from miglint.model import (
    AlterCompositeType,
    AlterDomain,
    Deed,
    DropExtension,
    DropFunction,
    DropIndex,
    DropSchema,
    DropSequence,
    DropTable,
    DropTrigger,
    DropType,
    DropView,
    MoveTable,
    MoveType,
    Name,
    Opaque,
    Operation,
    RenameColumn,
    RenameConstraint,
    RenameFunction,
    RenameSchema,
    RenameTable,
    RenameTrigger,
    RenameType,
    Setting,
    TableCommand,
)

_RELATIONS = {
    "OBJECT_TABLE": "table",
    "OBJECT_FOREIGN_TABLE": "table",
    "OBJECT_VIEW": "view",
    "OBJECT_MATVIEW": "materialized view",
    "OBJECT_SEQUENCE": "sequence",
    "OBJECT_INDEX": "index",
}


def lower_drop(node: Node, scope: Scope) -> list[Operation]:
    """`DROP` of anything: one operation per object."""
    return [_drop(item, node, scope) for item in node.get("objects", ())]


def _drop(item: Node, node: Node, scope: Scope) -> Operation:
    kind = node["removeType"]
    span = scope.raw.span
    if_exists = bool(node.get("missing_ok"))
    cascade = node.get("behavior") == "DROP_CASCADE"
    parts = strings(items(item)) or ([item["String"]["sval"]] if "String" in item else [])
    if kind in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
        type_ = scope.type_name(strings(item["TypeName"]["names"]))
        return DropType(span=span, type=type_, if_exists=if_exists, cascade=cascade)
    if kind in ("OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE", "OBJECT_AGGREGATE"):
        name, arguments = function_with_arguments(item["ObjectWithArgs"], scope)
        return DropFunction(
            span=span, function=name, arguments=arguments, if_exists=if_exists, cascade=cascade
        )
    if kind == "OBJECT_SCHEMA":
        return DropSchema(span=span, schema=parts[0], if_exists=if_exists, cascade=cascade)
    if kind == "OBJECT_EXTENSION":
        return DropExtension(span=span, extension=parts[0], if_exists=if_exists, cascade=cascade)
    if kind in ("OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE") and len(parts) > 1:
        table = scope.existing(parts[-2], parts[-3] if len(parts) > 2 else None)
        if kind == "OBJECT_TRIGGER":
            return DropTrigger(span=span, trigger=parts[-1], table=table, if_exists=if_exists)
        action = "drop policy" if kind == "OBJECT_POLICY" else "drop rule"
        deeds = (deed("drop", kind, item, scope),) if kind == "OBJECT_RULE" else ()
        return TableCommand(span, table, action, part=parts[-1], deeds=deeds, if_exists=if_exists)
    if kind in _RELATIONS:
        name = scope.existing(parts[-1], parts[-2] if len(parts) > 1 else None)
        return _drop_relation(kind, name, node, scope)
    dropped = deed("drop with all" if cascade else "drop", kind, item, scope)
    # What other kinds of objects may fall with it is not known.
    unsure = cascade and kind not in ("OBJECT_FDW", "OBJECT_FOREIGN_SERVER")
    done = (dropped, doubt(scope)) if unsure else (dropped,)
    return Opaque(span, f"drop {kind.removeprefix('OBJECT_').lower()}", deeds=done)


def _drop_relation(kind: str, name: Name, node: Node, scope: Scope) -> Operation:
    span = scope.raw.span
    if_exists = bool(node.get("missing_ok"))
    cascade = node.get("behavior") == "DROP_CASCADE"
    if kind == "OBJECT_INDEX":
        return DropIndex(
            span=span,
            name=name,
            concurrently=bool(node.get("concurrent")),
            if_exists=if_exists,
            cascade=cascade,
            keyword=end_of_word("index", scope),
        )
    if kind == "OBJECT_SEQUENCE":
        return DropSequence(span=span, sequence=name, if_exists=if_exists, cascade=cascade)
    if kind in ("OBJECT_VIEW", "OBJECT_MATVIEW"):
        return DropView(
            span=span,
            view=name,
            materialized=kind == "OBJECT_MATVIEW",
            if_exists=if_exists,
            cascade=cascade,
        )
    foreign = kind == "OBJECT_FOREIGN_TABLE"
    return DropTable(span=span, table=name, if_exists=if_exists, cascade=cascade, foreign=foreign)


def function_with_arguments(node: Node, scope: Scope) -> tuple[Name, tuple[str, ...] | None]:
    """Resolve `name(type, ...)`; no argument list gives None."""
    name = scope.function_name(strings(node["objname"]))
    if node.get("args_unspecified"):
        return name, None
    return name, tuple(
        argument_type(item["TypeName"], scope) for item in node.get("objargs", ()) if "TypeName" in item
    )


def lower_rename(node: Node, scope: Scope) -> list[Operation]:
    """`ALTER ... RENAME` of anything."""
    kind, new_name, span = node["renameType"], node["newname"], scope.raw.span
    if_table_exists = bool(node.get("missing_ok"))
    if kind in _RELATIONS:
        return [
            RenameTable(
                span=span,
                table=scope.relation(node["relation"]),
                new_name=new_name,
                keyword=_RELATIONS[kind],
                if_exists=bool(node.get("missing_ok")),
            )
        ]
    if kind == "OBJECT_COLUMN":
        table = scope.relation(node["relation"])
        return [RenameColumn(span, table, node["subname"], new_name, if_table_exists=if_table_exists)]
    if kind == "OBJECT_TABCONSTRAINT":
        table = scope.relation(node["relation"])
        return [RenameConstraint(span, table, node["subname"], new_name, if_table_exists=if_table_exists)]
    if kind in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
        return [
            RenameType(span=span, type=scope.type_name(strings(items(node["object"]))), new_name=new_name)
        ]
    if kind == "OBJECT_SCHEMA":
        return [RenameSchema(span=span, schema=node["subname"], new_name=new_name)]
    if kind in ("OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE", "OBJECT_AGGREGATE"):
        name, arguments = function_with_arguments(node["object"]["ObjectWithArgs"], scope)
        return [RenameFunction(span, name, Name(name.schema, new_name), arguments)]
    if kind == "OBJECT_TRIGGER":
        table = scope.relation(node["relation"])
        return [RenameTrigger(span=span, trigger=node["subname"], table=table, new_name=new_name)]
    if kind in ("OBJECT_POLICY", "OBJECT_RULE"):
        table = scope.relation(node["relation"])
        action, name = ("rename rule" if kind == "OBJECT_RULE" else "rename policy"), node["subname"]
        deeds: tuple[Deed, ...] = ()
        if kind == "OBJECT_RULE":
            old, new = (f"{part} of {table.display}" for part in (name, new_name))
            deeds = (Deed("rename", "rule", old, new),)
        return [TableCommand(span, table, action, argument=new_name, part=name, deeds=deeds)]
    if kind == "OBJECT_DOMCONSTRAINT":
        domain = scope.type_name(strings(items(node["object"])))
        name = node["subname"]
        return [AlterDomain(span, domain, "rename constraint", name=name, new_name=new_name)]
    if kind == "OBJECT_ATTRIBUTE":
        relation = node["relation"]
        type_ = scope.type_name([*filter(None, (relation.get("schemaname"),)), relation["relname"]])
        return [AlterCompositeType(span, type_, "rename", name=node["subname"], new_name=new_name)]
    return [Opaque(span, f"rename {kind.removeprefix('OBJECT_').lower()}", deeds=(_renamed(node, scope),))]


def _renamed(node: Node, scope: Scope) -> Deed:
    kind, name, _ = object_of(node["renameType"], node.get("object") or node.get("subname"), scope)
    place, dot, _ = name.partition("(")[0].rpartition(".")
    arguments = "".join(name.partition("(")[1:])
    return Deed("rename", kind, name, f"{place}{dot}{node['newname']}{arguments}")


def lower_set_schema(node: Node, scope: Scope) -> list[Operation]:
    """`ALTER ... SET SCHEMA` of anything."""
    kind, new_schema, span = node["objectType"], node["newschema"], scope.raw.span
    if kind in _RELATIONS:
        return [
            MoveTable(
                span=span,
                table=scope.relation(node["relation"]),
                new_schema=new_schema,
                keyword=_RELATIONS[kind],
                if_exists=bool(node.get("missing_ok")),
            )
        ]
    if kind in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
        name = scope.type_name(strings(items(node["object"])))
        return [MoveType(span=span, type=name, new_schema=new_schema)]
    if kind in ("OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE", "OBJECT_AGGREGATE"):
        name, arguments = function_with_arguments(node["object"]["ObjectWithArgs"], scope)
        return [RenameFunction(span, name, Name(new_schema, name.name), arguments)]
    what = f"set schema {kind.removeprefix('OBJECT_').lower()}"
    if kind == "OBJECT_EXTENSION":
        extension = Name("extension", node["object"]["String"]["sval"])
        return [Opaque(span, what, (Setting("other", extension, "the schema", new_schema),))]
    return [Opaque(span, what, deeds=(doubt(scope),))]


def named_relation(value: Any, scope: Scope) -> Name:
    """Resolve a dotted list of names to a relation."""
    parts = strings(items(value))
    return scope.existing(parts[-1], parts[-2] if len(parts) > 1 else None)
