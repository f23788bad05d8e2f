"""What a check can subscribe to besides operations and the irregularities of a folder."""

from typing import NamedTuple

from miglint.model import History, Migration, Operation, Source, Span


class MigrationEnd(NamedTuple):
    """A migration has ended; `down` is what its down script would do at this moment, None without one."""

    migration: Migration
    span: Span
    down: tuple[Operation, ...] | None = None


class HistoryEnd(NamedTuple):
    """The history has ended."""

    history: History


class SuppressionProblem(NamedTuple):
    """What should hide findings and does not.

    `kind` is unused, malformed or unknown for a comment, stale for an entry of the baseline.
    """

    kind: str
    source: Source
    span: Span
    text: str
    hint: str


class EditedMigration(NamedTuple):
    """The change at hand edits a migration that was there before.

    `comments_only`: the server gets the same statements, only comments and layout differ.
    `noticed`: the tool's checksum covers what differs.
    """

    migration: Migration
    before: Migration
    comments_only: bool
    noticed: bool


class RemovedMigration(NamedTuple):
    """The change at hand deletes a migration, or renames it to `renamed_to`."""

    before: Migration
    renamed_to: Migration | None


class SquashedMigrations(NamedTuple):
    """The change at hand puts new migrations in the place of others that made the same tables.

    `before` are those others, `into` the new ones. `known`: all the new ones were there, and were edited.
    `fails`: they fail on a database that has run the others. `differences` is what they do not make as it
    was, in words. `newest` is what was there and comes after them, if anything does.
    """

    before: tuple[Migration, ...]
    into: tuple[Migration, ...]
    known: bool
    fails: bool
    differences: tuple[str, ...] = ()
    newest: Migration | None = None


class LateMigration(NamedTuple):
    """The change at hand adds a migration that comes before one that was there."""

    migration: Migration
    newest: Migration
