"""A mapping that never changes and whose next version costs little."""

from collections.abc import Hashable, Iterator, Mapping
from typing import TypeVar

_BUCKETS = 64

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class FrozenMap(Mapping[K, V]):
    """An immutable mapping in 64 buckets: `with_item` copies one of them, not the whole.

    A history of ten thousand migrations makes tens of thousands of schemas; copying every
    table for each of them would make the replay quadratic. The buckets depend on the hashes of
    strings, which differ from run to run, so iteration goes by the order of the keys.
    """

    __slots__ = ("_buckets", "_size")

    def __init__(self, buckets: tuple[dict[K, V], ...] = (), size: int = 0) -> None:
        self._buckets: tuple[dict[K, V], ...] = buckets or tuple({} for _ in range(_BUCKETS))
        self._size = size

    def __getitem__(self, key: K) -> V:
        return self._buckets[hash(key) % _BUCKETS][key]

    def get(self, key: K, default: V | None = None) -> V | None:  # type: ignore[override]
        """Give the value of a key, or the default."""
        return self._buckets[hash(key) % _BUCKETS].get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self._buckets[hash(key) % _BUCKETS]

    def __iter__(self) -> Iterator[K]:
        return iter(sorted(key for bucket in self._buckets for key in bucket))  # type: ignore[type-var]

    def __len__(self) -> int:
        return self._size

    def with_item(self, key: K, value: V) -> "FrozenMap[K, V]":
        """Give a mapping in which `key` has `value`."""
        at = hash(key) % _BUCKETS
        bucket = {**self._buckets[at], key: value}
        grown = len(bucket) - len(self._buckets[at])
        return FrozenMap((*self._buckets[:at], bucket, *self._buckets[at + 1 :]), self._size + grown)

    def without(self, key: K) -> "FrozenMap[K, V]":
        """Give a mapping without `key`; the same mapping if it was not there."""
        at = hash(key) % _BUCKETS
        if key not in self._buckets[at]:
            return self
        bucket = {k: v for k, v in self._buckets[at].items() if k != key}
        return FrozenMap((*self._buckets[:at], bucket, *self._buckets[at + 1 :]), self._size - 1)

    def __repr__(self) -> str:
        return f"FrozenMap({dict(self)!r})"
