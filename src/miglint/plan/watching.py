"""What to watch while a migration is deployed, when to go back, and what to have done before."""

from collections.abc import Iterator, Sequence

from miglint.model import Thresholds
from miglint.plan.code import Need
from miglint.plan.copies import Copy
from miglint.plan.unit import Unit, listed, named
from miglint.plan.value import Item
from miglint.plan.work import Done, blocking, has_work

_BLOCKED = (
    "SELECT pid, pg_blocking_pids(pid) AS blocked_by, now() - query_start AS waiting,\n"
    "       left(query, 80) AS query\n"
    "FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0 ORDER BY query_start;"
)
_CONDITIONS = {
    "22P02": "invalid text representation",
    "23502": "not null violation",
    "23503": "foreign key violation",
    "23505": "unique violation",
    "23514": "check violation",
    "23P01": "exclusion violation",
    "42703": "undefined column",
    "42883": "undefined function",
    "42P01": "undefined table",
}
_LAG = "SELECT application_name, write_lag, replay_lag FROM pg_stat_replication;"


def watch(unit: Unit, statements: Sequence[Done], old: Sequence[Need]) -> Iterator[Item]:
    """Give what shows from outside that something goes wrong."""
    for code, needs in _by_code(old).items():
        name = f" ({_CONDITIONS[code]})" if code in _CONDITIONS else ""
        yield Item(f"Errors {named(code)}{name}: {'; '.join(need.words for need in needs[:4])}.")
    tables = dict.fromkeys(table for each in statements for table, _ in blocking(each))
    if tables:
        names = listed([named(table.display) for table in tables])
        yield Item(f"Sessions that wait for {names}.", _BLOCKED, "sql", "no row")
    heavy = any(each.effects.rewrites or _rewrites_rows(each) for each in statements)
    if heavy:
        yield Item(
            "Replication lag, if there are replicas: all that is written goes there as well.", _LAG, "sql"
        )


def _rewrites_rows(each: Done) -> bool:
    return any(not rows.bounded for rows in each.effects.rows_written)


def _by_code(needs: Sequence[Need]) -> dict[str, list[Need]]:
    found: dict[str, list[Need]] = {}
    for need in needs:
        if need.sqlstate:
            found.setdefault(need.sqlstate, []).append(need)
    return found


def triggers(
    statements: Sequence[Done], old: Sequence[Need], limits: Thresholds, *, is_quiet: bool
) -> Iterator[Item]:
    """Give when to go back; of what nobody can notice, nothing."""
    if is_quiet:
        return
    codes = [named(code) for code in _by_code([need for need in old if need.certain])]
    if codes:
        yield Item(f"Any {listed(codes, 'or')} after the old version is gone: some code still needs it.")
    uncertain = [named(code) for code in _by_code([need for need in old if not need.certain])]
    if uncertain:
        yield Item(f"Any {listed(uncertain, 'or')}.")
    yield Item(f"Errors in more than {limits.error_rate:g} % of requests.")
    yield Item(f"Latency over {limits.latency:g} times the usual one for {limits.minutes:g} minutes.")
    if any(blocking(each) for each in statements):
        yield Item(
            f"Sessions that wait for a lock for more than {limits.lock_wait:g} s: cancel the migration first."
        )


def checklist(
    unit: Unit,
    level: str,
    statements: Sequence[Done],
    old: Sequence[Need],
    copies: Sequence[Copy],
    *,
    forward: bool,
) -> Iterator[Item]:
    """Give what is to be done before, as much as the risk asks for, and nothing that does not apply."""
    works = any(has_work(each.effects) for each in statements)
    blocks = any(blocking(each) for each in statements)
    back_works = any(
        has_work(unit.live(step.effects)) for back in unit.backs if back.trace for step in back.trace.steps
    )
    undoes = unit.reversal.verdict != "nothing to undo" and not forward
    if not (statements or undoes):
        return
    timed = " and timed" if level == "high" and works else ""
    yield Item(f"Applied{timed} on a copy of production.")
    if undoes:
        after = ", after the new version has written" if unit.reversal.in_the_way else ""
        timed = " and timed" if level == "high" and back_works else ""
        yield Item(f"Way back run once{timed} on that copy{after}.")
    if level == "low":
        return
    if works:
        yield Item("Sizes looked up.")
    unset = any(blocking(each) and not each.step.lock_timeout for each in statements)
    if unset and not unit.policy.runner_sets_lock_timeout:
        yield Item("lock_timeout set.")
    gone = [
        named(need.subject) for need in old if need.certain and need.subject and need.sqlstate[:2] == "42"
    ]
    if gone:
        yield Item(f"Code of the new version searched for {listed(gone[:4], 'and')}: nothing names it.")
    if level == "high":
        if copies:
            yield Item(
                f"{listed([named(copy.name) for copy in copies])} counted, and filling in from it tried."
            )
        if blocks and works:
            yield Item("Window, or low traffic, chosen for the time that others wait.")
        yield Item("People who depend on it told.")
        yield Item("One person decides whether to go back.")
    else:
        yield Item("Somebody watches while it runs.")
    if copies:
        yield Item(f"Date set on which {listed([named(copy.name) for copy in copies])} goes.")
