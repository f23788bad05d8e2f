"""One cause, one finding: the first of several stands for all of them."""

from collections.abc import Iterable

from miglint.model import Diagnostic, Edit, Fix, Related

_SEVERAL = 2
_LISTED = 3


def together(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Let the first of several findings of one cause stand for all of them; what is hidden does not count.

    So the second speaks where a comment hides the first.
    """
    found = list(diagnostics)
    groups: dict[tuple[str, ...], list[Diagnostic]] = {}
    for diagnostic in found:
        if diagnostic.group and diagnostic.suppressed is None:
            groups.setdefault(diagnostic.group, []).append(diagnostic)
    kept: list[Diagnostic] = []
    for diagnostic in found:
        group = groups.get(diagnostic.group, []) if diagnostic.suppressed is None else []
        if len(group) < _SEVERAL:
            kept.append(diagnostic)
        elif diagnostic is group[0]:
            kept.append(_standing_for(group))
    return tuple(kept)


def _standing_for(group: list[Diagnostic]) -> Diagnostic:
    first, *others = group
    finding = first.finding
    places = {(other.finding.source or other.source, other.finding.span) for other in group}
    related = tuple(
        Related(
            other.finding.span,
            "and here" if other.finding.message == finding.message else f"and here: {other.finding.message}",
            other.finding.source or other.source,
        )
        for other in others
    )
    return first._replace(
        finding=finding._replace(
            message=_message_of(group),
            help=_help_of(group),
            # What is a finding of its own by now is named as such.
            related=(
                *(r for r in finding.related if (r.source or first.source, r.span) not in places),
                *related,
            ),
            fix=_fix_of(group),
        ),
        severity=max(diagnostic.severity for diagnostic in group),
        more=tuple(others),
    )


def _help_of(group: list[Diagnostic]) -> str:
    from miglint.checks.remedies.steps import several

    return several(list(dict.fromkeys(other.finding.help for other in group)))[0]


def _message_of(group: list[Diagnostic]) -> str:
    finding = group[0].finding
    listed = finding.listed
    if listed is None:
        return f"{finding.message} (the first of {len(group)} such {group[0].group[0]}s)"
    lists = [d.finding.listed for d in group if d.finding.listed]
    items = list(dict.fromkeys(item for each in lists for item in (each.item, *each.others)))
    if len(items) < _SEVERAL:
        return finding.message
    last = items.pop() if len(items) <= _LISTED else f"{len(items) - _LISTED} more"
    return f"{listed.before}{', '.join(items[:_LISTED])} and {last}{listed.after}"


def _fix_of(group: list[Diagnostic]) -> Fix | None:
    """Give one fix for all of them that have one in the first's file: each was tried out with the others."""
    first = group[0]
    place = first.finding.source or first.source
    fixes = [
        d.finding.fix for d in group if d.finding.fix and (d.finding.source or d.source).path == place.path
    ]
    if not fixes:
        return None
    edits: list[Edit] = []
    for edit in sorted({edit for fix in fixes for edit in fix.edits}):
        if not edits or edits[-1].end <= edit.start:
            edits.append(edit)
    return Fix(fixes[0].title, tuple(edits), all(fix.safe for fix in fixes))
