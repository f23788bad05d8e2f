"""From when on a release goes back."""

from typing import NamedTuple


class Thresholds(NamedTuple):
    """What a release goes back for: errors in percent of the requests, latency in times of the usual one for
    some minutes, and seconds that sessions wait for a lock.
    """

    error_rate: float = 1.0
    latency: float = 2.0
    minutes: float = 5.0
    lock_wait: float = 30.0
