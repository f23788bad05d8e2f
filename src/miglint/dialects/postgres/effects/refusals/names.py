"""Which names are taken: each kind of objects has a name space of its own, and some have two."""

from collections.abc import Iterable
from operator import attrgetter

from miglint.dialects.postgres.effects.situation import Situation
from miglint.dialects.sql.replay.naming import SYSTEM_COLUMNS
from miglint.model import Column, CompositeType, Failure, FailureCause, Name, Table, View

NONE: tuple[Failure, ...] = ()
_TEMPORARY = "pg_temp"
_NAME = attrgetter("name")


def failure(
    table: Name | None, reason: str, sqlstate: str, *, sure: bool = True, remedy: str = ""
) -> tuple[Failure, ...]:
    """Give the failure for which a statement is refused; it is not `sure` where code may have made room."""
    return (Failure(table, reason, sure, FailureCause.TAKEN, sqlstate, remedy),)


def relation_taken(name: Name, situation: Situation, about: Name | None = None) -> tuple[Failure, ...]:
    """Tables, views, indexes, sequences and composite types share one name space in each schema."""
    schema = situation.schema
    # The server drops temporary ones with the session, of which the history does not tell.
    if name.schema == _TEMPORARY:
        return NONE
    if name not in schema.relations and not isinstance(schema.types.get(name), CompositeType):
        return NONE
    sure = not schema.may_lack(name) and not schema.is_from_before(name)
    return failure(about or name, f"relation {name.name} already exists", "42P07", sure=sure)


def type_taken(name: Name, situation: Situation) -> tuple[Failure, ...]:
    """Types share one with the rows of tables and views, which have a type of their name."""
    schema = situation.schema
    if name.schema == _TEMPORARY:
        return NONE
    if name not in schema.types and not isinstance(schema.relations.get(name), (Table, View)):
        return NONE
    sure = not schema.may_lack(name) and not schema.is_from_before(name)
    return failure(None, f"type {name.name} already exists", "42710", sure=sure)


def schema_taken(name: str, situation: Situation) -> tuple[Failure, ...]:
    """A schema that a branch may have made, or into which the tool puts all, need not be there."""
    schema = situation.schema
    if name not in schema.schemas or (name == schema.home and name != "public"):
        return NONE
    sure = f"schema {name}" not in schema.doubts.values()
    return failure(None, f"schema {name} already exists", "42P06", sure=sure)


def function_taken(name: Name, arguments: tuple[str, ...], situation: Situation) -> tuple[Failure, ...]:
    """Functions and procedures of one name differ in the types of their arguments."""
    found = situation.schema.functions.get(name) or ()
    if all(function.arguments != arguments for function in found):
        return NONE
    return failure(None, f"function {name.name}({', '.join(arguments)}) already exists", "42723")


def column_taken(
    owner: Name, columns: Iterable[Column], name: str, situation: Situation
) -> tuple[Failure, ...]:
    """Columns share one with those that every table has."""
    if name in SYSTEM_COLUMNS:
        return failure(owner, f"{name} is the name of a system column", "42701")
    if name not in map(_NAME, columns):
        return NONE
    sure = not situation.schema.may_lack(owner)
    return failure(owner, f"column {name} already exists", "42701", sure=sure)


def constraint_taken(table: Table, name: str, situation: Situation) -> tuple[Failure, ...]:
    """Each table has its own constraints."""
    if table.constraint(name) is None:
        return NONE
    sure = not situation.schema.may_lack(table.name)
    return failure(table.name, f"constraint {name} already exists", "42710", sure=sure)


def trigger_taken(table: Name, name: str, situation: Situation) -> tuple[Failure, ...]:
    """Each table has its own triggers."""
    found = situation.schema.table(table)
    if found is None or name not in {trigger.name for trigger in found.triggers}:
        return NONE
    sure = not situation.schema.may_lack(table)
    return failure(table, f"trigger {name} already exists", "42710", sure=sure)
