"""Several operations of a migration, each to be asked."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from miglint.checks.context import Context


class Contexts(Sequence["Context"]):
    """Some operations of a migration, each to be asked; those that nobody asks cost nothing."""

    def __init__(self, context: "Context", places: Sequence[int]) -> None:
        self._context = context
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> "Context": ...
    @overload
    def __getitem__(self, at: slice) -> "Contexts": ...
    def __getitem__(self, at: int | slice) -> "Context | Contexts":
        if isinstance(at, slice):
            return Contexts(self._context, self._places[at])
        return self._context.at(self._places[at])

    def __iter__(self) -> Iterator["Context"]:
        return map(self._context.at, self._places)
