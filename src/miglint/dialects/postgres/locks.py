"""PostgreSQL's table lock modes.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""

from miglint.model import LockMode

ACCESS_SHARE = LockMode(1, "ACCESS SHARE")
ROW_SHARE = LockMode(2, "ROW SHARE")
ROW_EXCLUSIVE = LockMode(3, "ROW EXCLUSIVE")
SHARE_UPDATE_EXCLUSIVE = LockMode(4, "SHARE UPDATE EXCLUSIVE", exclusive=True)
SHARE = LockMode(5, "SHARE", blocks_writes=True)
SHARE_ROW_EXCLUSIVE = LockMode(6, "SHARE ROW EXCLUSIVE", blocks_writes=True, exclusive=True)
EXCLUSIVE = LockMode(7, "EXCLUSIVE", blocks_writes=True, exclusive=True)
ACCESS_EXCLUSIVE = LockMode(8, "ACCESS EXCLUSIVE", blocks_writes=True, blocks_reads=True, exclusive=True)

MODES = {
    mode.name: mode
    for mode in (
        ACCESS_SHARE,
        ROW_SHARE,
        ROW_EXCLUSIVE,
        SHARE_UPDATE_EXCLUSIVE,
        SHARE,
        SHARE_ROW_EXCLUSIVE,
        EXCLUSIVE,
        ACCESS_EXCLUSIVE,
    )
}
