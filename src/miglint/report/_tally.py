"""How many findings of each severity, in words."""

from miglint.model import Report, Severity


def counted(number: int, noun: str, plural: str = "") -> str:
    """Give `1 error`, `2 errors`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def tally(report: Report) -> str:
    """Give `2 errors, 1 note`: the severities that occur among the shown findings; "" if none does."""
    shown = [d.severity for d in report.shown]
    counts = ((shown.count(severity), str(severity)) for severity in sorted(Severity, reverse=True))
    return ", ".join(counted(number, name) for number, name in counts if number)


def suppressed(report: Report) -> int:
    """Count the findings that a comment hides."""
    return len(report.diagnostics) - len(report.shown)
