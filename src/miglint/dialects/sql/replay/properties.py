"""What is set on an object is a part of its value: it goes where the object goes, and falls with it."""

from typing import Any

from miglint.model import (
    HISTORY,
    Function,
    Index,
    Maintenance,
    Name,
    Opaque,
    Other,
    Policy,
    PolicyDefinition,
    Schema,
    Setting,
    Table,
    TableCommand,
    View,
)

CLUSTERED = "the clustering mark"
IDENTITY = "the replica identity"
_WHO_RUNS_IT = ("current_user", "session_user")
_FIELDS = {"column": "columns", "constraint": "constraints", "trigger": "triggers", "policy": "policies"}


def apply_settings(operation: TableCommand | Opaque, schema: Schema) -> Schema:
    """Set what a command sets, each on the object that has it as a part of its value."""
    for setting in operation.sets:
        schema = _applied(setting, schema)
    return schema


def cluster(operation: Maintenance, schema: Schema) -> Schema:
    """`CLUSTER ... USING` also marks the index, as `ALTER TABLE ... CLUSTER ON` does."""
    if not operation.ordered_by or not operation.tables:
        return schema
    index = Name(operation.tables[0].schema, operation.ordered_by)
    return _applied(Setting("relation", index, CLUSTERED, "set"), schema)


def _applied(setting: Setting, schema: Schema) -> Schema:
    if setting.kind == "function":
        return _on_functions(setting, schema)
    type_: Any = schema.types.get(setting.object)
    relation: Any = schema.relations.get(setting.object)
    if setting.kind == "type" and type_ is not None:
        return schema.with_type(with_setting(type_, setting))
    if setting.kind == "relation" and relation is not None:
        if setting.key in (CLUSTERED, IDENTITY):
            schema = _marked(setting, schema)
            relation = schema.relations.get(setting.object)
        relation = with_setting(relation, setting)
        if setting.value is None and setting.key.startswith("the privilege"):
            relation = _columns_too(relation, setting)
        return schema.with_relation(relation)
    holder = relation if relation is not None else type_
    field = {**_FIELDS, "domain constraint": "checks"}.get(setting.kind, "")
    parts = () if isinstance(holder, Index) else getattr(holder, field, None) or ()
    if all(part.name != setting.part for part in parts):
        return _on_other(setting, schema)
    kept = tuple(with_setting(part, setting) if part.name == setting.part else part for part in parts)
    changed = holder._replace(**{field: kept})
    return schema.with_type(changed) if holder is type_ else schema.with_relation(changed)


def _columns_too(relation: Any, setting: Setting) -> Any:
    """What is revoked of a table is revoked of its columns."""
    if not isinstance(relation, (Table, View)) or not relation.columns:
        return relation
    columns = tuple(with_setting(c, setting) if c.properties else c for c in relation.columns)
    return relation._replace(columns=columns)


def _on_other(setting: Setting, schema: Schema) -> Schema:
    """Set it on an object that nothing looks into, or that the history does not make."""
    kind, name = setting.object if setting.kind == "other" else (setting.kind, setting.object.display)
    if setting.part:
        name = f"{setting.part} of {name}"
    other = with_setting(schema.others.get((kind, name)) or Other(kind, name), setting)
    if other.statements or other.properties:
        return schema.with_other(other)
    return schema.without_other(kind, name)


def _marked(setting: Setting, schema: Schema) -> Schema:
    """Take a mark from one index of a table to another: an index that is dropped takes it along."""
    relation = schema.relations.get(setting.object)
    if isinstance(relation, Index):
        relation = schema.relations.get(relation.table)
    for index in schema.indexes_of(relation) if isinstance(relation, (Table, View)) else ():
        if dict(index.properties).get(setting.key):
            schema = schema.with_relation(with_setting(index, setting._replace(value=None)))
    return schema


def _on_functions(setting: Setting, schema: Schema) -> Schema:
    def changed(function: Function) -> Function:
        named = setting.arguments is None or setting.arguments == function.arguments
        return with_setting(function, setting) if named else function

    overloads = schema.functions.get(setting.object) or ()
    return schema.with_functions(setting.object, tuple(map(changed, overloads)))


def with_setting(holder: Any, setting: Setting) -> Any:
    """Give an object's value with one thing set, or taken back to what it is without it."""
    others = tuple(each for each in holder.properties if each[0] != setting.key)
    # Whoever runs the migration is the owner without a word of it.
    is_usual = setting.value is None or (setting.key == "the owner" and setting.value in _WHO_RUNS_IT)
    new = () if is_usual else ((setting.key, setting.value),)
    if setting.key == HISTORY:
        done = dict(holder.properties).get(HISTORY)
        new = ((HISTORY, f"{done}; {setting.value}" if done else str(setting.value)),)
    return holder._replace(properties=tuple(sorted((*others, *new))))


def change_policies(operation: TableCommand, table: Table) -> Table:
    """`CREATE`, `ALTER`, `DROP` and `RENAME` of a policy; what ALTER does not name stays."""
    if operation.action == "drop policy":
        return table._replace(policies=tuple(p for p in table.policies if p.name != operation.part))
    if operation.action == "rename policy":
        renamed = (
            p._replace(name=operation.argument) if p.name == operation.part else p for p in table.policies
        )
        return table._replace(policies=tuple(renamed))
    definition = operation.policy
    if definition and operation.action == "create policy":
        return table._replace(policies=(*table.policies, _policy(definition)))
    changed = (
        p if definition is None or p.name != definition.name else _altered(p, definition)
        for p in table.policies
    )
    return table._replace(policies=tuple(changed))


def _policy(definition: PolicyDefinition) -> Policy:
    return Policy(
        definition.name,
        definition.command,
        definition.permissive,
        definition.roles or ("public",),
        definition.using,
        definition.check,
    )


def _altered(policy: Policy, definition: PolicyDefinition) -> Policy:
    return policy._replace(
        roles=definition.roles or policy.roles,
        using=definition.using or policy.using,
        check=definition.check or policy.check,
    )
