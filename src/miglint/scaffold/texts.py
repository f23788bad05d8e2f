"""Stages as the SQL of migrations: what the tool runs, and comments for the people who deploy."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from miglint.checks.remedies.shown import shown
from miglint.checks.remedies.steps import tools_way
from miglint.dialects.dialect import Write
from miglint.model import Advice, TransactionMode
from miglint.model.remedy import RemedyStep, Say
from miglint.model.strategy import Stage
from miglint.rollback.draft import text_of
from miglint.scaffold.waits import KEPT_WAITING
from miglint.text.wrap import wrapped

_WIDTH = 100
_OWN_COMMITS = (TransactionMode.PER_STATEMENT, TransactionMode.SCRIPT)
TIMEOUT = "SET lock_timeout = '5s'"


class Drafted(NamedTuple):
    """A migration of the row: its SQL, and what is to be known of it.

    `waits` are what waits for it, `waits_back` what waits for its way back. `by_hand` is SQL that people run
    before it with psql, for a tool that runs nothing outside a transaction; `up` is "" where nothing is left
    for the tool.
    """

    stage: Stage
    up: str
    down: str
    waits: tuple[str, ...] = ()
    waits_back: tuple[str, ...] = ()
    by_hand: str = ""

    @property
    def name(self) -> str:
        """The name of the migration, without its number."""
        return self.stage.name

    @property
    def title(self) -> str:
        """What it does, in words."""
        return self.stage.title


class Way(NamedTuple):
    """How SQL is written here: the dialect's writer, and how the tool runs a file.

    `settings` are the statements with which each file begins that waits for a lock.
    """

    write: Write
    advice: Advice
    mode: TransactionMode
    settings: tuple[str, ...] = ()


def drafted(stage: Stage, way: Way) -> Drafted:
    """Write a stage as a migration, still without what has to be said of it."""
    up = shown(stage.up, way.write, way.advice)
    down = text_of(stage.down, way.write)
    if not stage.outside:
        return Drafted(stage, _inside(up, stage.up, way), _inside(down, stage.down, way))
    if tools_way(way.advice, up) or not way.advice.always_in_transaction:
        return Drafted(stage, up, down)
    again = _inside(shown(stage.again, way.write, way.advice), stage.again, way)
    return Drafted(stage, again, down.replace(" CONCURRENTLY", "") if again else "", by_hand=up)


def _inside(sql: str, steps: Sequence[RemedyStep], way: Way) -> str:
    """Begin with the settings; commit all of it together where the tool does not see to that."""
    count = sum(not isinstance(step, Say) for step in steps)
    if not count:
        return sql
    lines = [_setting(text) for text in way.settings] + [sql]
    apart = way.mode in _OWN_COMMITS and count + len(way.settings) > 1
    return "\n".join(["BEGIN;", *lines, "COMMIT;"] if apart else lines)


def _setting(text: str) -> str:
    """Write a setting for the transaction alone: the next file may run in the same session."""
    words = text.split(None, 2)
    kept = words[1].upper() if len(words) > 1 else ""
    if words[0].upper() != "SET" or kept == "LOCAL":
        return f"{text};"
    return " ".join(("SET LOCAL", *(words[2:] if kept == "SESSION" else words[1:]))) + ";"


def headed(row: Sequence[Drafted]) -> Iterator[Drafted]:
    """Put before the SQL of each migration what it is, what is deployed before it, and what waits for it."""
    for number, each in enumerate(row, 1):
        said = [f"{number} of {len(row)}: {each.title}" if each.title else f"{number} of {len(row)}"]
        if each.stage.deploy:
            said.append(f"Before this, deploy a version that {each.stage.deploy};")
            said.append("run this when no instance of an older version is left.")
        said += [f"Locks: {text}." for text in each.waits]
        if each.by_hand:
            said.append(f"Before this, by hand with psql: {way_of(each)}")
        lost = [*([each.stage.loss] if each.stage.loss else []), *(f"Locks: {w}." for w in each.waits_back)]
        if any(text.endswith(KEPT_WAITING) for text in each.waits_back):
            lost.append("Run it at a quiet time where the table is large.")
        up = f"{_comment(said)}{each.up}" if each.up else ""
        back = f"{_comment([f'back from {number} of {len(row)}', *lost])}{each.down}" if each.down else ""
        yield each._replace(up=up, down=back)


def way_of(each: Drafted) -> str:
    """Say what is run by hand, on one line."""
    text = " ".join(each.by_hand.split())
    return text if len(text) <= _WIDTH else "what `miglint scaffold` has printed for this step"


def _comment(sentences: Sequence[str]) -> str:
    return "".join(f"-- {line}\n" for each in sentences for line in wrapped(each, _WIDTH - 3, ""))
