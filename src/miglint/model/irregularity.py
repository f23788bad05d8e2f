"""What the reader of a migration folder saw that the migration tool will stumble over, or pass over.

Each kind is a type of its own, so that a rule can ask for it. The reader knows the tool, so it also words
the message: what the tool does about it. How bad that is, is the rule's business.
"""

from typing import NamedTuple

from miglint.model.finding import Finding
from miglint.model.source import Source, Span


class _Fields(NamedTuple):
    source: Source
    message: str
    help: str = ""
    span: Span = Span(0, 0)
    migration: str = ""


class Irregularity(_Fields):
    """One thing that is wrong with a folder, where it shows, and the migration that it concerns.

    `message` and `help` are those of the finding.
    """

    __slots__ = ()

    @property
    def finding(self) -> Finding:
        """What a rule reports of it."""
        return Finding(self.span, self.message, help=self.help, source=self.source)


class DuplicateVersion(Irregularity):
    """Two migrations have one version."""

    __slots__ = ()


class VersionGap(Irregularity):
    """A number is missing in a sequence that may have no gaps."""

    __slots__ = ()


class SeveralHeads(Irregularity):
    """More than one migration has no successor, or several have no parent."""

    __slots__ = ()


class MissingFile(Irregularity):
    """The tool expects a file that is not there."""

    __slots__ = ()


class UnreachableFile(Irregularity):
    """A file in the folder that the tool never runs."""

    __slots__ = ()


class SkippedMigration(Irregularity):
    """A migration that databases which are up to date will never run."""

    __slots__ = ()


class RefusedFile(Irregularity):
    """A file that the tool cannot read, or whose name it refuses."""

    __slots__ = ()


class StaleChecksum(Irregularity):
    """A checksum file does not fit the migrations."""

    __slots__ = ()


class IgnoredDirective(Irregularity):
    """A directive in a form that the tool does not see."""

    __slots__ = ()


class ProviderMismatch(Irregularity):
    """The tool's files name different databases."""

    __slots__ = ()


class UnstableOrder(Irregularity):
    """Two migrations whose order depends on how names are compared."""

    __slots__ = ()
