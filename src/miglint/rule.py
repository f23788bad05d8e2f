"""All that a rule's author imports: `Rule`, `Bad`, `Good`, `Context`, and the events besides operations.

A rule is a value and pure generators::

    rule = Rule(__name__, severity=Severity.ERROR, since="0.1.0", examples=(Bad(...), Good(...)))

    @rule.check(CreateIndex)
    def blocking_index_build(index: CreateIndex, ctx: Context) -> Iterator[Finding]:
        ...

Its name comes from the module's name, its category from the package's, its page from the docstring.
"""

from miglint.checks.context import Context
from miglint.checks.events import HistoryEnd, MigrationEnd, SuppressionProblem, WayBack
from miglint.checks.given import gives_itself, needs_a_value
from miglint.checks.kept import kept
from miglint.checks.lock_order import Taken
from miglint.checks.losses import is_copied, lost_columns, lost_tables
from miglint.checks.origins import MadeColumn, MadeConstraint, MadeIndex, Origin
from miglint.checks.policy import Policy
from miglint.checks.refused import refused
from miglint.checks.remade import Remade, is_filled, names_before, remade_columns, successors
from miglint.checks.replaced import Copied, copies, takers
from miglint.checks.retyped import Retyped, also_breaks_code, retyped
from miglint.checks.rules import Bad, Example, Good, Rule, Together
from miglint.checks.spelled import bare_tables, command_of, long_names, passwords
from miglint.checks.stale import Stale, Taking, stale_functions
from miglint.checks.whereabouts import unmade
from miglint.dialects.sql.session import Held
from miglint.simulate.since_base import EditedMigration, LateMigration, RemovedMigration, SquashedMigrations
from miglint.simulate.trace import Record

__all__ = [
    "Bad",
    "Context",
    "Copied",
    "EditedMigration",
    "Example",
    "Good",
    "Held",
    "HistoryEnd",
    "LateMigration",
    "MadeColumn",
    "MadeConstraint",
    "MadeIndex",
    "MigrationEnd",
    "Origin",
    "Policy",
    "Record",
    "Remade",
    "RemovedMigration",
    "Retyped",
    "Rule",
    "SquashedMigrations",
    "Stale",
    "SuppressionProblem",
    "Taken",
    "Taking",
    "Together",
    "WayBack",
    "also_breaks_code",
    "bare_tables",
    "command_of",
    "copies",
    "gives_itself",
    "is_copied",
    "is_filled",
    "kept",
    "long_names",
    "lost_columns",
    "lost_tables",
    "names_before",
    "needs_a_value",
    "passwords",
    "refused",
    "remade_columns",
    "retyped",
    "stale_functions",
    "successors",
    "takers",
    "unmade",
]
