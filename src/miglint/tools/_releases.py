"""
Which migrations are deployed together, as far as their names tell.

In 20 public repositories, 828 neighbours are at most ten minutes apart by their names: 92 % of them came into
the main branch with one commit, 96 % on one day. With one commit came 68 % of those that are up to half an
hour apart, 52 % of those up to an hour, and 19 % of those with the very same time and no number behind it:
two people pick the same round hour.
"""

from collections.abc import Iterable

from miglint.model.migration import Migration
from miglint.text.lazy import expression

# In seconds: a table that is used ten minutes after it was made up has no rows worth waiting for.
_APART = 600
# A row of them, each written shortly after the one before, has an end as well.
_LONGEST = 3600
_DAY = 86_400

_NAMED = expression(
    r"[vV]?(?P<year>(?:19|20)\d\d)(?P<between>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=between)"
    r"(?P<day>0[1-9]|[12]\d|3[01])[-_.T]?(?P<hour>[01]\d|2[0-3])[-_.]?(?P<minute>[0-5]\d)"
    # Generators number what they write in one second, in more digits or behind a dash.
    r"(?:[-_.]?(?P<second>[0-5]\d)(?P<number>-\d{4}(?=_)|\d{0,9}))?(?!\d)"
)
_DATED = expression(
    r"[vV]?(?P<year>(?:19|20)\d\d)(?P<between>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=between)"
    r"(?P<day>0[1-9]|[12]\d|3[01])(?!\d)"
)
_EPOCH = expression(r"[vV]?(1\d{9})(\d{3})?(?!\d)")

Moment = tuple[int, int]
"""A time in seconds, and the number of what was written then."""


def moment(name: str) -> Moment | None:
    """Give the time that the name of a migration begins with; only the distance of two means something."""
    found = _NAMED.match(name)
    # Behind a date alone stands a count, such as 0001, rather than hours and minutes.
    if found and (found["second"] or found[0].lstrip("vV").isdigit()):
        year, month, day, hour, minute, second = (
            int(found[part] or 0) for part in ("year", "month", "day", "hour", "minute", "second")
        )
        days = (year * 12 + month) * 31 + day
        return ((days * 24 + hour) * 60 + minute) * 60 + second, int((found["number"] or "0").lstrip("-"))
    epoch = _EPOCH.match(name)
    return (int(epoch[1]), int(epoch[2] or 0)) if epoch else None


def day(name: str) -> int | None:
    """Give the day that the name of a migration begins with, with a time or without one."""
    if (now := moment(name)) is not None:
        return now[0] // _DAY
    found = _DATED.match(name)
    return (int(found["year"]) * 12 + int(found["month"])) * 31 + int(found["day"]) if found else None


def with_releases(
    migrations: tuple[Migration, ...], moments: Iterable[Moment | None] | None = None
) -> tuple[Migration, ...]:
    """Set the day of each migration, and the release of what was written shortly after or before another.

    `moments` are the times, if others know them better than the names. A release or day that is known stays.
    """
    names = [one.id.rpartition("/")[2] for one in migrations]
    if moments is None:
        days = [day(name) for name in names]
        moments = [None if one.release else moment(name) for one, name in zip(migrations, names, strict=True)]
    else:
        moments = list(moments)
        days = [now and now[0] // _DAY for now in moments]
    migrations = tuple(
        one if one.day is not None else one._replace(day=written)
        for one, written in zip(migrations, days, strict=True)
    )
    groups: list[list[Migration]] = []
    first = last = None
    for migration, now in zip(migrations, moments, strict=True):
        if now and first and last and _is_soon(last, now) and now[0] - first[0] <= _LONGEST:
            groups[-1].append(migration)
        else:
            groups.append([migration])
            first = now
        last = now
    return tuple(
        one if len(group) == 1 else one._replace(release=group[0].id) for group in groups for one in group
    )


def _is_soon(before: Moment, now: Moment) -> bool:
    return before < now and now[0] - before[0] <= _APART
