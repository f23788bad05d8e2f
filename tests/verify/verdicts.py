"""What server and miglint say of a migration there and back, side by side, and how often they agree."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from miglint.model import FailureCause
from miglint.rollback.reversal import Reversal
from miglint.simulate import Ran

OF_THE_SERVER = (
    "up not replayed", "needs a newer server", "empty down", "fails", "fails on rows", "equal", "different",
)  # fmt: skip
_WORD = re.compile(r'"[^"]+"|[^\s.()",]+')


class Pair(NamedTuple):
    """A migration there and back: the server's verdict with its words, miglint's with its own.

    `objects` are those of which only one of them speaks. `lost`: what rows and values the server no longer
    has. `kind`, `reasons` and `losses` are miglint's on the whole way; `again`: the way there failed then.
    """

    history: str
    migration: str
    path: str
    server: str
    said: tuple[str, ...] = ()
    miglint: str = ""
    words: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    again: str = ""
    kind: str = ""
    reasons: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def ran(self) -> bool:
        """Whether the way back ran, with rows or without."""
        return self.server in ("equal", "different", "fails on rows")

    @property
    def misses_loss(self) -> bool:
        """Whether values are gone, and miglint does not say so."""
        return bool(self.lost) and not self.losses

    @property
    def agrees(self) -> str:
        """What miglint's verdict is worth: right, not known, or how it is wrong."""
        if self.server == "fails":
            return "right" if self.failing else "failure missed"
        if self.failing and self.ran:
            return "failure alarmed"
        if self.server not in ("equal", "different"):
            return ""
        if self.miglint == "not known":
            return "not known"
        if self.miglint != self.server:
            return f"said {self.miglint}"
        return "other objects" if self.objects else "right"


def with_miglint(pair: Pair, ran: Ran, way: Reversal) -> Pair:
    """Put miglint's verdict beside the server's."""
    comparison = way.comparison
    if pair.server == "empty down" or comparison is None or ran.down is None:
        return pair
    ignored = {f"extension {name}" for name in pair.extensions}
    ours = [d for d in comparison.differences if d.weight != "information" and d.object not in ignored]
    unknown = [each for each in comparison.unknown if each not in ignored]
    newer = any(f.cause is FailureCause.NEWER for record in ran.down.records for f in record.effects.failures)
    return pair._replace(
        server="needs a newer server" if pair.server == "fails" and newer else pair.server,
        miglint="different" if ours else "not known" if unknown else "equal",
        words=(*map(str, ours), *(f"not known: {each}" for each in unknown)),
        failing=tuple(f"{reason.sqlstate} {reason.words}" for reason in way.failures),
        kind=way.verdict,
        reasons=tuple(f"{reason.verdict}: {reason.kind}: {reason.words}" for reason in way.reasons),
        losses=tuple(reason.words for reason in (*way.lost, *way.in_the_way)),
        objects=tuple(_not_shared(pair.changed, [d.object for d in ours])),
    )


def _not_shared(theirs: Iterable[str], ours: Iterable[str]) -> Iterator[str]:
    """Give objects that only one side speaks of, parts of a whole that is gone or came left out."""
    names = [name.lower().replace('"', "") for name in theirs]
    said = [each.lower().replace('"', "") for each in ours]
    whole = {name.partition(" ")[2] for name in names if name.startswith(("relation ", "type ", "index "))}
    for name in names:
        kind, _, rest = name.partition(" ")
        owner = rest.rpartition(".")[0]
        if kind in ("column", "constraint", "trigger", "policy", "rule", "index", "comment", "sequence") and (
            rest in whole or owner in whole or f"public.{owner}" in whole
        ):
            continue
        last = _WORD.findall(rest)[-1:] or [rest]
        if kind == "function":
            last = [rest.partition("(")[0].split(".")[1]] if "." in rest else last
        if kind != "comment" and not any(last[0] in _WORD.findall(each) for each in said):
            yield f"the server: {name}"
    words = {word for name in names for word in _WORD.findall(name)}
    for each in said:
        found = [word for word in _WORD.findall(each) if word in words]
        if len(_WORD.findall(each)) > 1 and not found:
            yield f"miglint: {each}"


def table(found: Sequence[Pair]) -> Iterator[str]:
    """Print how often the server says what, and how often miglint agrees."""
    counts = Counter(pair.server for pair in found)
    for verdict in OF_THE_SERVER:
        agreed = Counter(pair.agrees for pair in found if pair.server == verdict and pair.agrees)
        yield f"{verdict:16} {counts[verdict]:5}  " + ", ".join(f"{k} {n}" for k, n in agreed.most_common())
    compared = [pair for pair in found if pair.server in ("equal", "different")]
    right = sum(pair.agrees in ("right", "other objects") for pair in compared)
    unknown = sum(pair.agrees == "not known" for pair in compared)
    failing = [pair for pair in found if pair.server == "fails"]
    ran = [pair for pair in found if pair.ran]
    lossy = [pair for pair in compared if pair.lost]
    called = [pair for pair in lossy if pair.losses or pair.kind in ("lossy", "conditional")]
    kept = [pair for pair in compared if not pair.lost]
    alarmed = [pair for pair in kept if pair.kind == "lossy"]
    yield f"verdict on downs that run: {_share(right, len(compared))}, not known {unknown}"
    yield f"  of those with a verdict: {_share(right, len(compared) - unknown)}"
    yield f"  that name the same objects: {_share(sum(p.agrees == 'right' for p in compared), len(compared))}"
    yield f"failing downs that are found: {_share(sum(bool(p.failing) for p in failing), len(failing))}"
    yield f"downs that run and are called failing: {_share(sum(bool(p.failing) for p in ran), len(ran))}"
    yield f"round trips that lose values, called so: {_share(len(called), len(lossy))}"
    yield f"round trips that lose none, called lossy: {_share(len(alarmed), len(kept))}"
    rows = [pair for pair in found if pair.server == "fails on rows"]
    yield f"fail on rows, called conditional: {_share(sum(bool(p.losses) for p in rows), len(rows))}"
    yield f"ups that fail after the down: {sum(bool(pair.again) for pair in found)}"
    seconds = sorted(pair.seconds for pair in found)
    if seconds:
        yield f"seconds per pair: median {seconds[len(seconds) // 2]:.2f}, all {sum(seconds):.0f}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} % ({part} of {whole})" if whole else "-"


def shown(pair: Pair) -> Iterator[str]:
    """Print a pair on which miglint is wrong, or unsure."""
    loss = "loss missed, " if pair.misses_loss else ""
    yield f"{loss}{pair.agrees}: {pair.server}: {pair.history} {pair.migration} ({pair.path})"
    yield from (f"    server: {words[:300]}" for words in pair.said[:6])
    yield from (f"    miglint: {words[:300]}" for words in pair.words[:6])
    yield from (f"    fails, miglint says: {words[:300]}" for words in pair.failing[:3])
    yield from (f"    lost: {words[:300]}" for words in pair.lost[:3] if loss)
    yield from (f"    only {words}" for words in pair.objects[:6])
    yield from (f"    note: {note[:200]}" for note in pair.notes[:3])


def as_json(pair: Pair) -> dict[str, Any]:
    """Give a pair as JSON."""
    return {**pair._asdict(), "agrees": pair.agrees}


def of_json(row: Mapping[str, Any]) -> Pair:
    """Read a pair."""
    fields = {name: tuple(v) if isinstance(v, list) else v for name, v in row.items() if name in Pair._fields}
    return Pair(**fields)
