"""How often miglint is right: its findings beside what a real server did for each statement.

`python -m tests.verify.precision FOLDER [FOLDER ...]` replays each folder of migrations on a server with
rows in every table and prints recall and precision, as in `docs/verification.md`.
"""

import argparse
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tests.verify.contract import Broken
from tests.verify.histories import MiglintFailed, _miglint, from_plan, run
from tests.verify.observe import MODES, Observation

from miglint.verify.server import MAJORS, running_server

Place = tuple[str, int]

_BLOCKING_MODES = frozenset(MODES[MODES.index("SHARE") :])
_LOST = ("table", "column", "materialized view", "rows")
# Rules of the category locks that do not say that the statement itself works under its own lock.
_BRIEF = frozenset(
    {
        "blocking-index-drop",
        "foreign-key-locks-parent",
        "slow-work-after-lock",
    }
)
_CATEGORIES = {
    "blocks writers while it works": ("locks", "rewrites"),
    "destroys data": ("data-loss",),
    "fails on any row": ("required-column",),
    "refused whatever the rows": (
        "certain-failure",
        "command-in-transaction",
        "concurrently-in-transaction",
        "dependent-objects",
        "missing-object",
        "name-taken",
        "needs-newer-server",
        "refused-cast",
        "uncommitted-enum-value",
        "unparsed-statement",
    ),
}
_REFUSED = "refused whatever the rows"
_BREAKS = "breaks running code"
_OF_CODE = (
    "dropped-column",
    "dropped-materialized-view",
    "dropped-object",
    "dropped-table",
    "drop-cascade",
    "newly-required-column",
    "renamed-column",
    "renamed-object",
    "renamed-table",
    "required-column",
    "retyped-column",
)
"""The rules that say of a name or of a column that code of the version before no longer works with it."""
_ALSO_OF_CODE = ("recreated-enum", "type-change-rewrite")
"""Rules that add it to what else they say, in the words `_SAID_OF_CODE`."""
_SAID_OF_CODE = "code of the version before"
_OUTSIDE = re.compile(r"^(?:21|22|23|53|57|58|P0|XX|42501)")
"""SQLSTATEs that speak of rows, of the machine or of the rights of a role, and not of the statement."""
_MADE_TO_RUN = ("ran outside the transaction", "committed before it")


class Verdicts(NamedTuple):
    """For one hazard: statements that have it and are reported, that are only reported, that are missed."""

    hits: tuple[Place, ...] = ()
    alarms: tuple[Place, ...] = ()
    misses: tuple[Place, ...] = ()

    def plus(self, other: "Verdicts") -> "Verdicts":
        """Add two."""
        return Verdicts(self.hits + other.hits, self.alarms + other.alarms, self.misses + other.misses)


class Measured(NamedTuple):
    """One history: verdicts by hazard; harmless migrations, and those of them with a finding.

    `said` is with what words the server refused a statement.
    """

    verdicts: Mapping[str, Verdicts]
    harmless: int
    disturbed: tuple[tuple[str, str], ...]
    migrations: int
    findings: Counter[str]
    said: Mapping[Place, str]


def blocks(seen: Observation) -> bool:
    """Whether writers of an old table wait while the statement rewrites, scans or builds an index."""
    if seen.failure or seen.skipped or not seen.locks_seen:
        return False
    worked = {*seen.rewrites, *seen.scans, *(build.table for build in seen.index_builds)}
    if not worked:
        return False
    locked = {lock.table for lock in (*seen.locks, *seen.held) if lock.mode in _BLOCKING_MODES}
    return bool(worked & locked)


def refused(seen: Observation, row: Mapping[str, Any]) -> bool:
    """Whether the server does not do a statement as it stands there."""
    if seen.failure is not None and not _OUTSIDE.match(seen.failure.sqlstate):
        return True
    made_to_run = any(note.startswith(_MADE_TO_RUN) for note in seen.notes)
    return made_to_run and row["transaction"] is not None


def hazards(seen: Observation, row: Mapping[str, Any]) -> Iterator[str]:
    """Give the hazards that the server showed for a statement."""
    if refused(seen, row):
        yield _REFUSED
    if blocks(seen) and not seen.failed_on_rows:
        yield "blocks writers while it works"
    if any(loss.kind in _LOST for loss in seen.destroyed):
        yield "destroys data"
    if seen.failed_on_rows is not None and row["fails_if_rows"]:
        yield "fails on any row"


def judged_by_code(
    broken: Mapping[str, Sequence[Broken]], findings: Iterable[Mapping[str, Any]]
) -> tuple[Verdicts, frozenset[str]]:
    """Judge what is said of code that still runs, object by object, and give the migrations that break some.

    A finding about a table speaks of all that breaks there, one about something else of the names in it.
    """
    hits: list[Place] = []
    misses: list[Place] = []
    said: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for finding in findings:
        also = finding["rule"] in _ALSO_OF_CODE and _SAID_OF_CODE in finding["message"]
        if also or finding["rule"] in _OF_CODE:
            said[finding["migration"]].append(finding)
    spoken: set[int] = set()
    for migration, parts in broken.items():
        owners: dict[str, list[Broken]] = defaultdict(list)
        for each in parts:
            owners[each.part.owner].append(each)
        for owner, group in owners.items():
            words = {
                owner.rpartition(".")[2],
                *(each.part.part for each in group if each.part.kind != "function"),
            }
            about = [f for f in said[migration] if owner in f["tables"] or words & _words(f)]
            spoken.update(map(id, about))
            place = (f"{migration}: {group[0].how}: {group[0].part}", len(group))
            (hits if about else misses).append(place)
    alarms = [
        (f"{f['path']}: {f['rule']}", f["line"])
        for found in said.values()
        for f in found
        if id(f) not in spoken and f["category"] == "compatibility"
    ]
    breaking = frozenset(migration for migration, parts in broken.items() if parts)
    return Verdicts(tuple(hits), tuple(alarms), tuple(misses)), breaking


def _words(finding: Mapping[str, Any]) -> set[str]:
    texts = (finding["message"], *(each["message"] for each in finding["related"]))
    return {word for text in texts for word in re.findall(r"\w+", text)}


def measure(folder: str, server: Any, rows: int) -> Measured:
    """Replay a history and judge its findings."""
    history = from_plan(folder)
    result = run(history, server, rows)
    report = _miglint("check", folder)
    plan = {(row["path"], row["start"]): row for row in history.plan or ()}
    places: dict[str, set[Place]] = defaultdict(set)
    of_code, breaking = judged_by_code(result.replayed.broken, report["findings"])
    harmful = set(breaking)
    unclear: set[Place] = set()
    said: dict[Place, str] = {}
    for seen in result.replayed.observations:
        row = plan[seen.statement.path, seen.statement.start]
        place = (row["path"], row["line"])
        found = list(hazards(seen, row))
        for hazard in found:
            places[hazard].add(place)
        if seen.failure or seen.skipped or not seen.locks_seen or (seen.failed_on_rows and not found):
            unclear.add(place)
        if seen.failure:
            said[place] = f"{seen.failure.sqlstate} {seen.failure.message}"
        many = any(w.updated > 1 or w.deleted > 1 for w in seen.rows_written)
        unbounded = any(
            not written["bounded"] and written["kind"] in ("update", "delete")
            for written in row["rows_written"]
        )
        if found or seen.failure or seen.failed_on_rows or many or unbounded or row["may_fail"]:
            harmful.add(row["migration"])
    reported: dict[str, set[Place]] = defaultdict(set)
    named: dict[str, set[Place]] = defaultdict(set)
    disturbed: set[tuple[str, str]] = set()
    migrations = {row["migration"] for row in plan.values()}
    for finding in report["findings"]:
        place = (finding["path"], finding["statement"]["line"])
        for hazard, categories in _CATEGORIES.items():
            known = finding["category"] in categories or finding["rule"] in categories
            if known and finding["rule"] not in _BRIEF:
                reported[hazard].add(place)
                named[hazard] |= {(other["path"], other["line"]) for other in finding["related"]}
        if finding["migration"] not in harmful:
            disturbed.add((finding["migration"], finding["rule"]))
    verdicts = {
        hazard: Verdicts(
            # One finding speaks for all statements of a cause, and names them.
            hits=tuple(sorted(places[hazard] & (reported[hazard] | named[hazard]))),
            alarms=tuple(
                sorted(reported[hazard] - places[hazard] - (set() if hazard == _REFUSED else unclear))
            ),
            misses=tuple(sorted(places[hazard] - reported[hazard] - named[hazard])),
        )
        for hazard in _CATEGORIES
    }
    verdicts[_BREAKS] = of_code
    return Measured(
        verdicts=verdicts,
        harmless=len(migrations - harmful),
        disturbed=tuple(sorted(disturbed)),
        migrations=len(migrations),
        findings=Counter(finding["rule"] for finding in report["findings"]),
        said=said,
    )


def lines(measured: Sequence[Measured]) -> Iterator[str]:
    """Give the table."""
    for hazard in (*_CATEGORIES, _BREAKS):
        total = Verdicts()
        for each in measured:
            total = total.plus(each.verdicts[hazard])
        hits, alarms, misses = map(len, total)
        recall = f"{100 * hits / (hits + misses):.1f}" if hits + misses else "-"
        precision = f"{100 * hits / (hits + alarms):.1f}" if hits + alarms else "-"
        noun = "objects" if hazard == _BREAKS else "statements"
        yield f"{hazard:32} recall {recall:>5}  precision {precision:>5}  ({hits + misses} {noun})"
    harmless = sum(each.harmless for each in measured)
    disturbed = sum(len({migration for migration, _ in each.disturbed}) for each in measured)
    migrations = sum(each.migrations for each in measured)
    findings: Counter[str] = Counter()
    for each in measured:
        findings += each.findings
    share = 100 * disturbed / harmless if harmless else 0.0
    yield f"harmless migrations with a finding: {share:.1f} % ({disturbed} of {harmless})"
    yield f"findings per migration: {findings.total() / max(migrations, 1):.2f} ({migrations} migrations)"
    yield "findings by rule: " + ", ".join(f"{rule} {count}" for rule, count in findings.most_common())


def main(argv: Iterable[str] | None = None) -> int:
    """Print the table, and the statements on which miglint was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.verify.precision", description=__doc__)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--server", type=int, default=16, choices=MAJORS)
    parser.add_argument("--rows", type=int, default=3)
    parser.add_argument("--show", type=int, default=10, help="how many wrong verdicts to print of each kind")
    options = parser.parse_args(None if argv is None else list(argv))
    measured: list[Measured] = []
    with running_server(options.server, {"timezone": "America/New_York"}) as server:
        for folder in options.folders:
            try:
                measured.append(measure(folder, server, options.rows))
            except (MiglintFailed, KeyError) as error:
                print(f"{folder}: {error!r}", file=sys.stderr)
                continue
            for hazard, verdicts in measured[-1].verdicts.items():
                for path, line in verdicts.misses[: options.show]:
                    said = f": {measured[-1].said.get((path, line), '')}" if hazard == _REFUSED else ""
                    print(f"missed: {hazard}: {path}:{line}{said}")
                for path, line in verdicts.alarms[: options.show]:
                    print(f"false alarm: {hazard}: {path}:{line}")
            for migration, rule in measured[-1].disturbed[: options.show]:
                print(f"finding on a harmless migration: {rule}: {folder}: {migration}")
    print("\n".join(lines(measured)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
