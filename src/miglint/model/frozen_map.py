"""A mapping and a set that never change and whose next version costs little."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Set
from typing import Any, TypeVar

_BITS = 5
_CHILDREN = 1 << _BITS
_LAST_CHILD = _CHILDREN - 1
_MOST_IN_LEAF = 32
_HASH_BITS = 60

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

# A leaf is a dictionary; beyond 32 entries it becomes a tuple of 32 nodes, chosen by five bits of the hash.
_Node = Any


class FrozenMap(Mapping[K, V]):
    """An immutable mapping, a trie over the hashes: `with_item` copies one leaf and the way to it.

    A history of ten thousand migrations makes tens of thousands of schemas; copying every
    table for each of them would make the replay quadratic. Hashes of strings differ from run
    to run, so iteration goes by the order of the keys.
    """

    __slots__ = ("_root", "_size")

    def __init__(self, root: _Node = None, size: int = 0) -> None:
        self._root: _Node = {} if root is None else root
        self._size = size

    def __getitem__(self, key: K) -> V:
        return self._leaf(key)[key]

    def get(self, key: K, default: V | None = None) -> V | None:  # type: ignore[override]
        """Give the value of a key, or the default."""
        # As `_leaf`, without a call: this is asked more than anything else.
        node, bits = self._root, hash(key)
        while type(node) is tuple:
            node = node[bits & _LAST_CHILD]
            bits >>= _BITS
        found: V | None = node.get(key, default)
        return found

    def __contains__(self, key: object) -> bool:
        node = self._root
        return key in (node if type(node) is dict else self._leaf(key))

    def __iter__(self) -> Iterator[K]:
        return iter(sorted(_keys(self._root)))

    def __len__(self) -> int:
        return self._size

    def with_item(self, key: K, value: V) -> "FrozenMap[K, V]":
        """Give a mapping in which `key` has `value`."""
        return FrozenMap(_put(self._root, 0, key, value), self._size + (key not in self))

    def without(self, key: K) -> "FrozenMap[K, V]":
        """Give a mapping without `key`; the same mapping if it was not there."""
        return FrozenMap(_taken(self._root, 0, key), self._size - 1) if key in self else self

    def changed(self, later: "FrozenMap[K, V]") -> list[K]:
        """Give the keys that a later version does not have, or for which it has another object.

        What both versions share is passed over: the cost is that of the changes between them.
        """
        return sorted(_changed(self._root, later._root))

    def _leaf(self, key: object) -> dict[K, V]:
        node, bits = self._root, hash(key)
        while type(node) is tuple:
            node = node[bits & _LAST_CHILD]
            bits >>= _BITS
        leaf: dict[K, V] = node
        return leaf

    def __repr__(self) -> str:
        return f"FrozenMap({dict(self)!r})"


class FrozenSet(Set[K]):
    """An immutable set with the same cost; it goes by the order of its elements."""

    __slots__ = ("_map",)

    def __init__(self, elements: Iterable[K] = ()) -> None:
        self._map: FrozenMap[K, None] = FrozenMap()
        for element in elements:
            self._map = self._map.with_item(element, None)

    def __contains__(self, element: object) -> bool:
        node = self._map._root
        return element in (node if type(node) is dict else self._map._leaf(element))

    def __iter__(self) -> Iterator[K]:
        return iter(self._map)

    def __len__(self) -> int:
        return len(self._map)

    def __or__(self, others: Iterable[K]) -> "FrozenSet[K]":  # type: ignore[override]
        found = self._map
        for other in others:
            if other not in found:
                found = found.with_item(other, None)
        return self._of(found)

    def __sub__(self, others: Iterable[Any]) -> "FrozenSet[K]":
        found = self._map
        for other in others:
            found = found.without(other)
        return self._of(found)

    def changed(self, later: "FrozenSet[K]") -> list[K]:
        """Give the elements that a later version does not have."""
        return self._map.changed(later._map)

    def _of(self, elements: FrozenMap[K, None]) -> "FrozenSet[K]":
        if elements is self._map:
            return self
        made: FrozenSet[K] = FrozenSet()
        made._map = elements
        return made


def _keys(node: _Node) -> Iterator[Any]:
    if type(node) is tuple:
        for child in node:
            yield from _keys(child)
    else:
        yield from node


def _changed(node: _Node, later: _Node) -> Iterator[Any]:
    if node is later:
        return
    if type(node) is tuple and type(later) is tuple:
        for one, other in zip(node, later, strict=True):
            yield from _changed(one, other)
        return
    its = dict(_items(later))
    yield from (key for key, value in _items(node) if its.get(key, its) is not value)


def _items(node: _Node) -> Iterator[tuple[Any, Any]]:
    if type(node) is tuple:
        for child in node:
            yield from _items(child)
    else:
        yield from node.items()


def _put(node: _Node, depth: int, key: Hashable, value: object) -> _Node:
    if type(node) is tuple:
        at = _branch(depth, key)
        return (*node[:at], _put(node[at], depth + _BITS, key, value), *node[at + 1 :])
    leaf = {**node, key: value}
    if len(leaf) <= _MOST_IN_LEAF or depth >= _HASH_BITS:
        return leaf
    children: list[dict[Hashable, object]] = [{} for _ in range(_CHILDREN)]
    for each, its in leaf.items():
        children[_branch(depth, each)][each] = its
    return tuple(children)


def _taken(node: _Node, depth: int, key: Hashable) -> _Node:
    if type(node) is tuple:
        at = _branch(depth, key)
        return (*node[:at], _taken(node[at], depth + _BITS, key), *node[at + 1 :])
    return {each: value for each, value in node.items() if each != key}


def _branch(depth: int, key: Hashable) -> int:
    return (hash(key) >> depth) & _LAST_CHILD
