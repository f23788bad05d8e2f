"""Names told apart, for readers that keep one of those that are equal."""

from collections.abc import Sequence


def distinct(names: Sequence[str], joint: str) -> list[str]:
    """Give the names, with a number after each that occurred before: `a`, `a-2`, `a-3`.

    No two of the result are equal: a number that makes a name of the list is passed over.
    """
    taken = set(names)
    last: dict[str, int] = {}
    told_apart = []
    for name in names:
        number = last.get(name, 0) + 1
        candidate = name if number == 1 else f"{name}{joint}{number}"
        while number > 1 and candidate in taken:
            number += 1
            candidate = f"{name}{joint}{number}"
        last[name] = number
        taken.add(candidate)
        told_apart.append(candidate)
    return told_apart
