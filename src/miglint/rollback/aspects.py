"""What makes up an object besides its name and its expressions, each aspect in words."""

from collections.abc import Callable, Mapping

from miglint.model import (
    Column,
    CompositeType,
    Constraint,
    DomainType,
    EnumType,
    Index,
    Policy,
    Relation,
    Sequence,
    Table,
    Trigger,
    UserType,
    View,
)


def words(relation: Relation) -> str:
    """Give the kind and the name of a relation."""
    if isinstance(relation, View):
        return f"{'materialized view' if relation.materialized else 'view'} {relation.name.display}"
    return f"{type(relation).__name__.lower()} {relation.name.display}"


def type_words(type_: UserType) -> str:
    """Give the kind and the name of a type."""
    kinds = {EnumType: "enum", DomainType: "domain", CompositeType: "composite type"}
    return f"{kinds.get(type(type_), 'type')} {type_.name.display}"


def owner(sequence: Sequence) -> str:
    """Give the column that a sequence goes with."""
    return f"{sequence.owner[0].display}.{sequence.owner[1]}" if sequence.owner else ""


def population(view: View) -> str:
    """Say whether a view has data; only a materialized one can be without."""
    return "there" if view.populated else "not there"


def attribute(column: Column) -> str:
    """Describe an attribute of a composite type."""
    return f"{column.name} {column.type}" + (f" COLLATE {column.collation}" if column.collation else "")


def nullability(column: Column) -> str:
    """Say whether a column takes nulls."""
    return not_null(not column.nullable)


def collation(column: Column) -> str:
    """Give the collation of a column; the database's own is as good as none."""
    return "" if column.collation in (None, "default", "pg_catalog.default") else column.collation or ""


def not_null(holds: bool) -> str:
    """Give the words of a constraint that holds or not."""
    return "NOT NULL" if holds else "NULL"


def validity(constraint: Constraint) -> str:
    """Say whether a constraint is known to hold for all rows."""
    return "VALID" if constraint.valid else "NOT VALID"


def _deferrability(deferrable: bool, initially_deferred: bool) -> str:
    if initially_deferred:
        return "INITIALLY DEFERRED"
    return "DEFERRABLE" if deferrable else "NOT DEFERRABLE"


OF_TABLE: Mapping[str, Callable[[Table], str]] = {
    "persistence": lambda table: "UNLOGGED" if table.unlogged else "LOGGED",
    "the tablespace": lambda table: table.tablespace,
    "the access method": lambda table: table.access_method,
    "the partition key": lambda table: f"{table.partition_by} ({', '.join(table.partition_columns)})",
    "the bound": lambda table: table.partition_bound,
    "the parent": lambda table: ", ".join(
        sorted({name.display for name in (*table.inherits, *filter(None, (table.partition_of,)))})
    ),
}
OF_CONSTRAINT: Mapping[str, Callable[[Constraint], str]] = {
    "the kind": lambda c: c.kind,
    "the list of columns": lambda c: ", ".join(sorted(c.columns) if c.kind == "check" else c.columns),
    "the referenced table": lambda c: c.references.display if c.references else "",
    "the list of referenced columns": lambda c: ", ".join(c.referenced_columns),
    "ON DELETE": lambda c: c.on_delete,
    "ON UPDATE": lambda c: c.on_update,
    "MATCH": lambda c: c.match,
    "the list of columns that ON DELETE sets": lambda c: ", ".join(c.set_columns),
    "deferrability": lambda c: _deferrability(c.deferrable, c.initially_deferred),
    "inheritance": lambda c: "NO INHERIT" if c.no_inherit else "INHERIT",
    "enforcement": lambda c: "ENFORCED" if c.enforced else "NOT ENFORCED",
}
OF_INDEX: Mapping[str, Callable[[Index], str]] = {
    "the table": lambda index: index.table.display,
    "uniqueness": lambda index: "UNIQUE" if index.unique else "not unique",
    "the method": lambda index: index.method,
    "INCLUDE": lambda index: ", ".join(index.include),
    "nulls": lambda index: "NULLS NOT DISTINCT" if index.nulls_not_distinct else "NULLS DISTINCT",
    "validity": lambda index: "valid" if index.valid else "invalid",
    "the constraint": lambda index: index.constraint or "",
    "the parent": lambda index: index.parent.display if index.parent else "",
}
OF_POLICY: Mapping[str, Callable[[Policy], str]] = {
    "the command": lambda policy: policy.command,
    "the kind": lambda policy: "permissive" if policy.permissive else "restrictive",
    "the list of roles": lambda policy: ", ".join(policy.roles),
}
OF_TRIGGER: Mapping[str, Callable[[Trigger], str]] = {
    "the function": lambda trigger: trigger.function.display if trigger.function else "",
    "the level": lambda trigger: "ROW" if trigger.row else "STATEMENT",
    "the event": lambda trigger: " or ".join(sorted(trigger.events)),
    "the time": lambda trigger: trigger.timing,
    "the list of columns": lambda trigger: ", ".join(trigger.columns),
    "the list of arguments": lambda trigger: ", ".join(trigger.arguments),
    "REFERENCING": lambda trigger: ", ".join(map(" ".join, sorted(trigger.transitions))),
    "the kind": lambda trigger: "constraint trigger" if trigger.constraint else "trigger",
    "the referenced table": lambda trigger: trigger.from_table.display if trigger.from_table else "",
    "deferrability": lambda trigger: _deferrability(trigger.deferrable, trigger.initially_deferred),
}
