"""SQLite's locks: there is one for the whole database file, which a transaction keeps until it ends.

https://www.sqlite.org/lockingv3.html
"""

from miglint.model import LockMode

SHARED = LockMode(1, "SHARED")
# Readers go on until the COMMIT, in WAL mode during it as well.
RESERVED = LockMode(2, "RESERVED", blocks_writes=True, exclusive=True)
EXCLUSIVE = LockMode(3, "EXCLUSIVE", blocks_writes=True, blocks_reads=True, exclusive=True)
