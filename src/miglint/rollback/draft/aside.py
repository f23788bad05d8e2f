"""What has to go, and to come again: no statement changes it in place, or it stands in the way of one."""

from miglint.model import DropColumn, DropFunction, DropView, Schema, Table, View
from miglint.model.remedy import NOWHERE
from miglint.rollback.draft.code import takes_new_text, takes_replacing
from miglint.rollback.draft.world import World


def without_what_is_in_the_way(now: Schema, then: Schema, world: World) -> Schema:
    """Give the schema without what must be dropped first; all that depends on it falls, to come again."""
    schema = now
    for name in now.functions.changed(then.functions):
        theirs = {function.arguments: function for function in then.functions.get(name) or ()}
        for function in now.functions.get(name) or ():
            was = theirs.get(function.arguments)
            changes = was is not None and was.definition != function.definition
            if was is not None and changes and not takes_new_text(function, was):
                dropped = DropFunction(NOWHERE, name, function.arguments, cascade=True)
                schema = world.apply(dropped, schema)
    for name in now.relations.changed(then.relations):
        one, other = now.relations.get(name), then.relations.get(name)
        if isinstance(one, View) and isinstance(other, View):
            if one.definition != other.definition and not takes_replacing(one, other):
                schema = world.apply(DropView(NOWHERE, name, one.materialized, cascade=True), schema)
        elif isinstance(one, Table) and isinstance(other, Table):
            schema = _columns(one, other, schema, world)
    return schema


def _columns(now: Table, then: Table, schema: Schema, world: World) -> Schema:
    for column in now.columns:
        other = then.column(column.name)
        if other is None or other == column:
            continue
        if other.generated and other.generated != column.generated:
            schema = world.apply(DropColumn(NOWHERE, now.name, column.name, cascade=True), schema)
        elif other.type != column.type:
            for view in now.dependents:
                reader = schema.view(view)
                if reader is not None and (now.name, column.name) in reader.columns_read:
                    schema = world.apply(DropView(NOWHERE, view, reader.materialized, cascade=True), schema)
    return schema
