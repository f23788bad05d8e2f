"""The settings of a SQLite connection that matter, and what PRAGMA makes of them.

https://www.sqlite.org/pragma.html
"""

from miglint.dialects.sql.session import Session, SessionWays, Settings
from miglint.dialects.sqlite.reader import HOME, TEMPORARY
from miglint.model import SetVariable

KEYS_ON, KEYS_OFF = "foreign_keys=on", "foreign_keys=off"
_ON = ("1", "on", "true", "yes")


def _changed(settings: Settings, operation: SetVariable, session: Session) -> Settings:
    if operation.name == "busy_timeout":
        number = operation.value or ""
        return settings._replace(lock_timeout=float(number) if number.isdecimal() else None)
    # "This pragma is a no-op within a transaction": nothing is said, and nothing changes.
    if operation.name == "foreign_keys" and not session.in_transaction:
        others = settings.switches - {KEYS_ON, KEYS_OFF}
        return settings._replace(switches=others | {KEYS_ON if operation.value in _ON else KEYS_OFF})
    return settings


session_ways = SessionWays(
    # Whether foreign keys are on in the beginning is up to the driver.
    settings=Settings(search_path=(HOME,)),
    private_schemas=frozenset({TEMPORARY}),
    changed=_changed,
    batches=False,
)
