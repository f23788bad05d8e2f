"""What roles may do with a table, for a view that takes its place."""

from collections.abc import Iterator

from miglint.model import Name, Table, quote

_OF_VIEWS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def granted(view: Name, table: Table | None) -> Iterator[str]:
    """Write what the history grants on the table for the view, which has none of it."""
    given: dict[tuple[str, str], list[str]] = {}
    for key, value in table.properties if table is not None else ():
        privilege, _, role = key.removeprefix("the privilege ").partition(" of ")
        if key.startswith("the privilege ") and value.startswith("granted") and privilege in _OF_VIEWS:
            given.setdefault((role, value.removeprefix("granted")), []).append(privilege)
    for (role, option), privileges in given.items():
        to = role.upper() if role == "public" else quote(role)
        yield f"GRANT {', '.join(privileges)} ON {view.sql} TO {to}{option.upper()};"
