"""A change in several migrations, as a value: its stages, and what has to be deployed between them."""

from typing import Literal, NamedTuple

from miglint.model.remedy import RemedyStep

StageKind = Literal["expand", "backfill", "constrain", "validate", "switch", "contract"]
"""What a stage is for, in the order in which stages of several strategies can run together."""
STAGE_KINDS: tuple[StageKind, ...] = ("expand", "backfill", "constrain", "validate", "switch", "contract")


class Stage(NamedTuple):
    """One migration of a strategy.

    `title` says in words what it does, `name` in a few that make the name of a file. `deploy` is what every
    running instance of the application must do before the stage runs, "" where nothing has to be deployed.
    `up` and `down` are its steps and those that undo them: `down` leaves the schema that the stage found;
    `loss` says what its way back cannot bring again.
    `outside`: it is one statement, which runs outside a transaction, and so is its way back; `again` are the
    steps of the migration where the tool runs nothing outside one, so that people run `up` by hand before.
    """

    kind: StageKind
    title: str
    name: str
    up: tuple[RemedyStep, ...]
    down: tuple[RemedyStep, ...] = ()
    deploy: str = ""
    outside: bool = False
    again: tuple[RemedyStep, ...] = ()
    loss: str = ""


class Strategy(NamedTuple):
    """How a hazardous operation is done in several migrations, each of which blocks nobody for long.

    `name` is the kind of change in words ("required column"), `why` what the operation would do at once.
    `steps` are its stages in order; after the last of them the schema is the one that the operation makes.
    `covers` are the places, among the records of its migration, of the operations that it stands for.
    """

    name: str
    why: str
    steps: tuple[Stage, ...]
    covers: tuple[int, ...] = ()

    @property
    def deploys(self) -> int:
        """How many times the application has to be deployed on the way."""
        return len({stage.deploy for stage in self.steps if stage.deploy})


class NotDrafted(NamedTuple):
    """A hazardous operation of which no strategy is drafted, and the reason, as a clause."""

    name: str
    reason: str
    covers: tuple[int, ...] = ()
