"""A deployment plan as a value: what people do with a migration, what they look at, and how they go back."""

from typing import Literal, NamedTuple

from miglint.rollback.reasons import Verdict

Language = Literal["sql", "sh", ""]
Word = Literal["yes", "yes, unless", "no", "not known"]


class Item(NamedTuple):
    """One line of a plan: a sentence or two, and what is run for it, SQL or a command.

    `wants` is what a query has to give, "" where people look at what it gives; `notes` go with it.
    """

    text: str
    code: str = ""
    language: Language = ""
    wants: str = ""
    notes: "tuple[Item, ...]" = ()


class Answer(NamedTuple):
    """Whether code of one version runs on the schema of the other, and why, as clauses."""

    word: Word
    because: tuple[str, ...] = ()


class DeploymentPlan(NamedTuple):
    """The plan of a migration, or of several that are released together; what does not apply is empty.

    `risk` comes with the one reason that makes it so, `verdict` with all of them. `is_forward`: the team
    writes no ways back, so that `back` says how to go forward; `in_two_releases`: no order suits them all.
    """

    migrations: tuple[str, ...]
    tool: str
    root: str
    files: tuple[str, ...]
    statements: int
    transaction: str
    risk: str
    risk_reason: str
    verdict: Verdict
    verdict_reasons: tuple[str, ...]
    has_down: bool
    is_forward: bool
    in_two_releases: bool
    old_code: Answer
    new_code: Answer
    no_return: tuple[Item, ...] = ()
    instead: tuple[Item, ...] = ()
    before: tuple[Item, ...] = ()
    order: tuple[Item, ...] = ()
    up: tuple[Item, ...] = ()
    after_up: tuple[Item, ...] = ()
    watch: tuple[Item, ...] = ()
    triggers: tuple[Item, ...] = ()
    back: tuple[Item, ...] = ()
    after_back: tuple[Item, ...] = ()
    checklist: tuple[Item, ...] = ()
