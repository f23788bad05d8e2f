"""What concerns the session, its transaction, locks and upkeep."""

from miglint.dialects.postgres.literals import literal
from miglint.dialects.postgres.writing.words import Pen
from miglint.dialects.sql.words import NotSpelled, listed, spaced
from miglint.model import (
    Begin,
    Commit,
    LockTable,
    Maintenance,
    Rollback,
    Savepoint,
    SetVariable,
    Truncate,
    quote,
)

_LISTS = frozenset({"search_path", "temp_tablespaces"})
_SAVEPOINTS = {
    "savepoint": "SAVEPOINT",
    "release": "RELEASE SAVEPOINT",
    "rollback_to": "ROLLBACK TO SAVEPOINT",
}


def set_variable(made: SetVariable, _pen: Pen) -> str:
    """Write a SET or RESET."""
    if made.name == "all":
        return "RESET ALL"
    name = ".".join(map(quote, made.name.split(".")))
    if made.value is None:
        return f"SET LOCAL {name} TO DEFAULT" if made.local else f"RESET {name}"
    said = literal(made.value)
    if made.name in _LISTS and "," in made.value:
        said = listed(literal(each.strip()) for each in made.value.split(","))
    return spaced("SET", "LOCAL" if made.local else "", f"{name} = {said}")


def begin(_made: Begin, _pen: Pen) -> str:
    """Write a BEGIN."""
    return "BEGIN"


def commit(made: Commit, _pen: Pen) -> str:
    """Write a COMMIT."""
    return "COMMIT AND CHAIN" if made.chain else "COMMIT"


def rollback(made: Rollback, _pen: Pen) -> str:
    """Write a ROLLBACK."""
    return "ROLLBACK AND CHAIN" if made.chain else "ROLLBACK"


def savepoint(made: Savepoint, _pen: Pen) -> str:
    """Write what is done with a savepoint."""
    if made.action not in _SAVEPOINTS or not made.name:
        raise NotSpelled("Savepoint", f"the name of a {made.action} is not kept")
    return f"{_SAVEPOINTS[made.action]} {quote(made.name)}"


def maintenance(made: Maintenance, pen: Pen) -> str:
    """Write a VACUUM, ANALYZE or CLUSTER."""
    full = "(FULL)" if made.full and made.command == "VACUUM" else ""
    using = f"USING {quote(made.ordered_by)}" if made.ordered_by else ""
    return spaced(made.command, full, listed(map(pen.name, made.tables)), using)


def truncate(made: Truncate, pen: Pen) -> str:
    """Write a TRUNCATE."""
    return spaced("TRUNCATE", listed(map(pen.name, made.tables)), "CASCADE" if made.cascade else "")


def lock_table(made: LockTable, pen: Pen) -> str:
    """Write a LOCK TABLE."""
    return f"LOCK TABLE {listed(map(pen.name, made.tables))} IN {made.mode.upper()} MODE"
