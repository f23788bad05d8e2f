"""What calls a function, and falls with it."""

import re
from collections.abc import Callable

from miglint.dialects.sql.replay.columns import change_column
from miglint.dialects.sql.replay.drops import remove_column, remove_constraint, remove_view
from miglint.dialects.sql.replay.indexes import remove_index
from miglint.model import Expression, Index, Name, Schema, Table, View


def without_callers(function: Name, schema: Schema) -> Schema:
    """Remove what calls a function in an expression or a view, as CASCADE does."""
    spelled = {function.name, str(function)}

    def calls(expression: Expression | None) -> bool:
        return expression is not None and not spelled.isdisjoint(expression.functions)

    in_text = re.compile(rf"(?i)(?<![\w$]){re.escape(function.name)}\"?\s*\(")
    for name in list(schema.relations):
        relation = schema.relations.get(name)
        if isinstance(relation, View):
            if relation.definition is not None and in_text.search(relation.definition.text):
                schema = remove_view(name, schema)
        elif isinstance(relation, Index):
            if calls(relation.predicate) or any(map(calls, relation.expressions)):
                schema = remove_index(name, schema)
        elif isinstance(relation, Table):
            schema = _without_calls(relation, calls, schema)
    return schema


def _without_calls(table: Table, calls: Callable[[Expression | None], bool], schema: Schema) -> Schema:
    for column in table.columns:
        if column.generated and calls(column.default):
            schema = remove_column(table.name, column.name, schema)
        elif calls(column.default):
            schema = change_column(table.name, column.name, schema, lambda c: c._replace(default=None))
    for constraint in table.constraints:
        if calls(constraint.expression):
            schema = remove_constraint(table.name, constraint, schema)
    for left in schema.tables_among([table.name]):
        policies = tuple(p for p in left.policies if not (calls(p.using) or calls(p.check)))
        triggers = tuple(t for t in left.triggers if not calls(t.condition))
        if (policies, triggers) != (left.policies, left.triggers):
            schema = schema.with_relation(left._replace(policies=policies, triggers=triggers))
    return schema
