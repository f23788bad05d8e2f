"""`miglint schema`: the simulated database after the last migration."""

from collections.abc import Iterable
from typing import Any

from miglint.model import Constraint, EnumType, Index, NotAnalysed, Schema, Sequence, Table, View
from miglint.text.visible import to_json, visible

VERSION = 1


def as_json(schema: Schema, not_analysed: Iterable[NotAnalysed] = ()) -> str:
    """Give the documented JSON of a schema, with what is not in it."""
    places = [place._asdict() for place in not_analysed]
    return to_json({"version": VERSION, **as_dict(schema), "not_analysed": places})


def as_dict(schema: Schema) -> dict[str, Any]:
    """Give the schemas by name, each with its tables, enums, views and sequences."""
    found: dict[str, Any] = {
        name: {"tables": {}, "enums": {}, "views": [], "materialized_views": [], "sequences": []}
        for name in sorted(schema.schemas)
    }
    for name in sorted(schema.relations):
        relation = schema.relations[name]
        place = found.get(name.schema)
        if place is None:
            continue
        if isinstance(relation, Table) and not (relation.temporary or relation.perhaps):
            place["tables"][name.name] = _table(relation, schema)
        elif isinstance(relation, View) and not relation.temporary:
            place["materialized_views" if relation.materialized else "views"].append(name.name)
        elif isinstance(relation, Sequence) and not relation.temporary:
            place["sequences"].append(name.name)
    for name in sorted(schema.types):
        type_ = schema.types[name]
        if isinstance(type_, EnumType) and name.schema in found:
            found[name.schema]["enums"][name.name] = list(type_.values)
    return {"schemas": found, "not_known": [str(name) for name in sorted(schema.unsure)]}


def _table(table: Table, schema: Schema) -> dict[str, Any]:
    key = table.primary_key
    by_name = sorted(table.constraints, key=lambda c: c.name)
    indexes = sorted(schema.indexes_of(table), key=lambda i: i.name)
    return {
        "columns": [
            {
                "name": column.name,
                "type": str(column.type),
                "nullable": column.nullable,
                "default": column.default.text if column.default else None,
                "identity": column.identity or None,
                "generated": column.generated or None,
            }
            for column in table.columns
        ],
        "primary_key": {"name": key.name, "columns": list(key.columns)} if key else None,
        "unique": [_named(c) for c in by_name if c.kind == "unique"],
        "foreign_keys": [
            {
                **_named(c),
                "references": str(c.references),
                "referenced_columns": list(c.referenced_columns),
                "valid": c.valid,
            }
            for c in by_name
            if c.kind == "foreign"
        ],
        "checks": [
            {"name": c.name, "columns": sorted(c.columns), "valid": c.valid}
            for c in by_name
            if c.kind == "check"
        ],
        "exclusions": [_named(c) for c in by_name if c.kind == "exclude"],
        "indexes": [_index(index) for index in indexes],
        "triggers": sorted(trigger.name for trigger in table.triggers),
        "complete": table.complete,
        "not_known": sorted(table.unsure),
    }


def _named(constraint: Constraint) -> dict[str, Any]:
    return {"name": constraint.name, "columns": list(constraint.columns)}


def _index(index: Index) -> dict[str, Any]:
    return {
        "name": index.name.name,
        "unique": index.unique,
        "columns": list(index.elements),
        "include": list(index.include),
        "method": index.method,
        "predicate": index.predicate.text if index.predicate else None,
        "valid": index.valid,
    }


def as_text(schema: Schema) -> str:
    """Give the tables with their columns, constraints and indexes, for people."""
    lines: list[str] = []
    for name in sorted(schema.relations):
        relation = schema.relations[name]
        if isinstance(relation, Table) and not relation.perhaps:
            lines += [f"table {name.display}", *_table_lines(relation, schema), ""]
        elif isinstance(relation, View):
            lines += [f"{'materialized view' if relation.materialized else 'view'} {name.display}", ""]
    for name in sorted(schema.types):
        type_ = schema.types[name]
        if isinstance(type_, EnumType):
            lines += [f"enum {name.display}: {', '.join(type_.values)}", ""]
    for name in sorted(schema.unsure):
        lines += [f"not known: {name.display}", ""]
    return "\n".join(visible(line) for line in lines)


def _table_lines(table: Table, schema: Schema) -> list[str]:
    width = max((len(c.name) for c in table.columns), default=0)
    lines = []
    for column in table.columns:
        extra = "" if column.nullable else " not null"
        if column.identity:
            extra += f" generated {column.identity} as identity"
        elif column.generated and column.default:
            extra += f" generated ({column.default.text}) {column.generated}"
        elif column.default:
            extra += f" default {column.default.text}"
        lines.append(f"  {column.name:<{width}}  {column.type}{extra}")
    for constraint in table.constraints:
        columns = ", ".join(constraint.columns)
        target = f" references {constraint.references.display}" if constraint.references else ""
        state = "" if constraint.valid else " not valid"
        lines.append(f"  {constraint.kind} {constraint.name} ({columns}){target}{state}")
    for index in schema.indexes_of(table):
        if index.constraint is None:
            unique = "unique " if index.unique else ""
            state = "" if index.valid else " invalid"
            lines.append(f"  {unique}index {index.name.name} ({', '.join(index.elements)}){state}")
    lines += [f"  not known: {part}" for part in sorted(table.unsure)]
    return lines
