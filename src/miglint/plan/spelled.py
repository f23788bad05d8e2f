"""Plans with names as the files have them, where the migration tool fills something in."""

from collections.abc import Mapping
from typing import Any

from miglint.checks.written import help_as_written, message_as_written
from miglint.model import History
from miglint.plan.value import Answer, DeploymentPlan, Item


def as_written(plan: DeploymentPlan, history: History) -> DeploymentPlan:
    """Name tables as the files do: SQL holds the placeholder, sentences leave out a schema that is one."""
    sources = {script.source for migration in history.migrations for script in migration.scripts}
    known: dict[str, str] = {}
    for source in sources:
        if source.sql is not source.text:
            known.update(source.placeholders())
    if not known and not history.home_as_written:
        return plan

    def spelled(value: object) -> object:
        if isinstance(value, Item):
            return _item(value, known, history.home_as_written)
        if isinstance(value, Answer):
            return value._replace(because=tuple(message_as_written(text, known) for text in value.because))
        return message_as_written(value, known) if isinstance(value, str) else value

    kept = ("migrations", "files", "root", "tool")
    changed: dict[str, Any] = {
        name: tuple(map(spelled, value)) if type(value) is tuple else spelled(value)
        for name, value in plan._asdict().items()
        if name not in kept
    }
    return plan._replace(**changed)


def _item(item: Item, known: Mapping[str, str], home: str) -> Item:
    code = help_as_written(item.code, known, home) if item.language == "sql" else item.code
    notes = tuple(_item(note, known, home) for note in item.notes)
    return item._replace(text=message_as_written(item.text, known), code=code, notes=notes)
