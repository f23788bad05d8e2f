"""What is set on an object is a part of its value: it goes where the object goes, and falls with it."""

from typing import Any

from miglint.model import (
    Function,
    Index,
    Opaque,
    Policy,
    PolicyDefinition,
    Schema,
    Setting,
    Table,
    TableCommand,
)

_FIELDS = {"column": "columns", "constraint": "constraints", "trigger": "triggers", "policy": "policies"}


def apply_settings(operation: TableCommand | Opaque, schema: Schema) -> Schema:
    """Set what a command sets, each on the object that has it as a part of its value."""
    for setting in operation.sets:
        schema = _applied(setting, schema)
    return schema


def _applied(setting: Setting, schema: Schema) -> Schema:
    if setting.kind == "function":
        return _on_functions(setting, schema)
    if setting.kind == "type":
        type_ = schema.types.get(setting.object)
        return schema.with_type(with_setting(type_, setting)) if type_ is not None else schema
    relation: Any = schema.relations.get(setting.object)
    if relation is None or (isinstance(relation, Index) and setting.kind == "column"):
        return schema  # The columns of an index have no values of their own.
    if setting.kind == "relation":
        return schema.with_relation(with_setting(relation, setting))
    field = _FIELDS[setting.kind]
    parts = getattr(relation, field, None) or ()
    if all(part.name != setting.part for part in parts):
        return schema
    kept = tuple(with_setting(part, setting) if part.name == setting.part else part for part in parts)
    return schema.with_relation(relation._replace(**{field: kept}))


def _on_functions(setting: Setting, schema: Schema) -> Schema:
    def changed(function: Function) -> Function:
        named = setting.arguments is None or setting.arguments == function.arguments
        return with_setting(function, setting) if named else function

    overloads = schema.functions.get(setting.object) or ()
    return schema.with_functions(setting.object, tuple(map(changed, overloads)))


def with_setting(holder: Any, setting: Setting) -> Any:
    """Give an object's value with one thing set, or taken back to what it is without it."""
    others = tuple(each for each in holder.properties if each[0] != setting.key)
    new = () if setting.value is None else ((setting.key, setting.value),)
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
