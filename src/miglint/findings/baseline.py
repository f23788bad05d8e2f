"""The findings that a project knows and has put aside: fingerprints in a file beside the configuration.

An entry is the rule, the migration and a fingerprint of the normalised statement, without line numbers, so
it outlives formatting, and no applied migration has to be edited. One entry stands on one line, in order,
so that two branches merge.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from miglint.checks.events import SuppressionProblem
from miglint.errors import ConfigError
from miglint.model import Diagnostic, Source, Span

VERSION = 1


class Entry(NamedTuple):
    """A known finding."""

    migration: str
    rule: str
    fingerprint: str


class Applied(NamedTuple):
    """The findings in their order, the known ones marked; and the entries that nothing fits any more."""

    diagnostics: tuple[Diagnostic, ...]
    stale: tuple[SuppressionProblem, ...]


def entry_of(diagnostic: Diagnostic) -> Entry:
    """Give the entry of a finding."""
    return Entry(diagnostic.migration, diagnostic.rule, diagnostic.fingerprint)


def render(entries: Iterable[Entry]) -> str:
    """Give the text of a baseline that holds these entries."""
    from json import dumps

    lines = ",\n".join("  " + dumps(entry._asdict(), ensure_ascii=False) for entry in sorted(entries))
    return f'{{"version": {VERSION}, "findings": [\n{lines}\n]}}\n' if lines else _EMPTY


_EMPTY = f'{{"version": {VERSION}, "findings": []}}\n'


def parse(source: Source) -> tuple[Entry, ...]:
    """Read a baseline; raises ConfigError."""
    from json import loads

    try:
        content = loads(source.text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(source.path, f"not JSON: {error}", _RENEW) from None
    listed = content.get("findings") if isinstance(content, dict) else None
    if not isinstance(listed, list) or content.get("version") != VERSION:
        raise ConfigError(source.path, f"not a baseline of version {VERSION}", _RENEW)
    return tuple(_entry(item, number, source.path) for number, item in enumerate(listed, 1))


def _entry(item: object, number: int, path: str) -> Entry:
    values = [item.get(field, "") for field in Entry._fields] if isinstance(item, dict) else []
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) < len(Entry._fields) or not all(texts[1:]):
        message = f"entry {number} of findings is not one of a baseline: {str(item)[:60]}"
        raise ConfigError(path, message, _RENEW)
    return Entry(*texts)


_RENEW = "`miglint baseline` writes it again"


def apply(
    diagnostics: Iterable[Diagnostic], source: Source, entries: Iterable[Entry], rules: Iterable[str]
) -> Applied:
    """Mark the findings that the entries know; an entry of a rule that did not run is never stale."""
    waiting = Counter(entries)
    found = []
    for diagnostic in diagnostics:
        entry = entry_of(diagnostic)
        known = diagnostic.suppressed is None and waiting[entry] > 0
        waiting[entry] -= known
        found.append(diagnostic._replace(suppressed="", in_baseline=True) if known else diagnostic)
    active = set(rules)
    stale = sorted(entry for entry, count in waiting.items() if count > 0 and entry.rule in active)
    return Applied(tuple(found), tuple(_stale(source, entry) for entry in stale))


def _stale(source: Source, entry: Entry) -> SuppressionProblem:
    at = max(source.text.find(entry.fingerprint), 0)
    start = source.text.rfind("\n", 0, at) + 1
    end = source.text.find("\n", at)
    span = Span(start, len(source.text) if end < 0 else end)
    what = f"{entry.rule} in {entry.migration}" if entry.migration else entry.rule
    return SuppressionProblem("stale", source, span, what, _RENEW)
