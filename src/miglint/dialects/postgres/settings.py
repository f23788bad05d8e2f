"""The settings of a PostgreSQL session that matter, and what SET makes of them."""

from miglint.dialects.sql.session import Session, SessionWays, Settings
from miglint.model import SetVariable

_DEFAULTS = Settings(search_path=("public",))
_MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def _changed(settings: Settings, operation: SetVariable, _session: Session) -> Settings:
    name, value = operation.name, operation.value
    if name == "all":
        return _DEFAULTS
    if name == "lock_timeout":
        return settings._replace(lock_timeout=milliseconds(value))
    if name == "statement_timeout":
        return settings._replace(statement_timeout=milliseconds(value))
    if name == "timezone":
        return settings._replace(time_zone=value)
    if name == "search_path":
        return settings._replace(search_path=_search_path(value))
    return settings


def milliseconds(value: str | None) -> float | None:
    """Read a timeout as the server does: `5s`, `500ms`, `2min`, a bare number of milliseconds."""
    if value is None:
        return None
    text = value.strip()
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = text[len(number) :].strip() or "ms"
    try:
        return float(number) * _MILLISECONDS[unit]
    except (ValueError, KeyError):
        return None


def _search_path(value: str | None) -> tuple[str, ...]:
    if value is None:
        return _DEFAULTS.search_path
    parts = (part.strip().strip('"') for part in value.split(","))
    return tuple(part for part in parts if part and part != "$user")


session_ways = SessionWays(
    settings=_DEFAULTS,
    # Nobody waits for a temporary table, and no migration owns the server's catalogs.
    private_schemas=frozenset({"pg_temp", "pg_catalog", "information_schema"}),
    changed=_changed,
)
