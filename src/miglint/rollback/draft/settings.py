"""What is set on objects, taken back: comments, parameters, owners, privileges, statistics targets."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from miglint.model import (
    HISTORY,
    AlterSequence,
    Index,
    Name,
    Opaque,
    Operation,
    Relation,
    Setting,
    Table,
    TableCommand,
    View,
)
from miglint.model.remedy import NOWHERE
from miglint.rollback.draft.definitions import OPTION, PARAMETER, Properties
from miglint.rollback.draft.plan import Lost, Phase, Way, planned

_PRIVILEGE = "the privilege "
_EVERYTHING = "MAINTAIN"
"""What nobody names, for older servers do not know it: who has it was granted ALL."""
IDENTITY = "the replica identity"
CLUSTERED = "the clustering mark"
_BY_DEFAULT = "granted by default"
_ROW_SECURITY = {
    "row level security": ("enable row level security", "disable row level security"),
    "forced row level security": ("force row level security", "no force row level security"),
}
_OF_COLUMN = {
    "the statistics target": "set statistics",
    "the storage": "set storage",
    "the compression": "set compression",
    "the firing": "enable trigger",
}
_MADE_WITH = (
    "the type",
    "the query",
    "the server",
    "the definition",
    "the collation",
    "the options",
    "the elements",
)
"""What an object has from the statement that made it, and what nothing sets later."""


class Holder(NamedTuple):
    """What something is set on: a `Setting` without the thing itself."""

    kind: str
    object: Name
    word: str = ""
    part: str = ""
    arguments: tuple[str, ...] | None = None

    def setting(self, key: str, value: str | None) -> Setting:
        """Give what sets one thing on it."""
        return Setting(self.kind, self.object, key, value, self.part, self.arguments, self.word)

    @property
    def display(self) -> str:
        """Its kind and name."""
        kind = self.word or self.kind
        name = self.object.name if self.kind == "other" else self.object.display
        kind = self.object.schema if self.kind == "other" else kind
        return f"{self.kind} {self.part} of {name}" if self.part else f"{kind} {name}"


def word_of(relation: Relation) -> str:
    """Give the word that statements name a kind of relations by."""
    if isinstance(relation, View):
        return "materialized view" if relation.materialized else "view"
    if isinstance(relation, Table) and relation.foreign:
        return "foreign table"
    return type(relation).__name__.lower()


def of_relation(relation: Relation) -> Holder:
    """Give a relation as what something is set on."""
    return Holder("relation", relation.name, word_of(relation))


def settings(holder: Holder, now: Properties, then: Properties, *, owner: str = "current_user") -> Way:
    """Set what is set in one list of properties and not in another."""
    if now == then:
        return
    has, had = dict(now), dict(then)
    differing = [key for key in sorted({*has, *had}) if has.get(key) != had.get(key)]
    privileges = [key for key in differing if key.startswith(_PRIVILEGE)]
    # Default privileges give them to what is made.
    by_default = {key for key in privileges if had.get(key) == _BY_DEFAULT and key not in has}
    differing = [key for key in differing if key not in by_default]
    privileges = [key for key in privileges if key not in by_default]
    yield from _privileges(holder, {key: (has.get(key), had.get(key)) for key in privileges})
    options: list[tuple[str, str | None]] = []
    parameters: list[tuple[str, str | None]] = []
    for key in differing:
        value = had.get(key)
        if key in privileges or (key == IDENTITY and (holder.word == "index" or value == "index")):
            continue  # The index of the identity is set with the table.
        if key == HISTORY:
            yield Lost(holder.display, "what ALTER statements have set on it is not kept")
        elif key.startswith(OPTION):
            options.append((key, value))
        elif key.startswith(PARAMETER):
            parameters.append((key, value))
        else:
            operation = _one(holder, key, value, owner)
            if operation is not None:
                yield planned(Phase.SETTINGS, operation)
            else:
                yield Lost(holder.display, f"{key} cannot be set again")
    if options:
        yield planned(Phase.SETTINGS, AlterSequence(NOWHERE, holder.object, options=tuple(options)))
    for _, some in groupby(parameters, key=lambda each: each[1] is None):
        yield planned(Phase.SETTINGS, _parameters(holder, tuple(some)))


def _parameters(holder: Holder, some: tuple[tuple[str, str | None], ...]) -> Operation:
    sets = tuple(holder.setting(key, value) for key, value in some)
    if holder.word == "index":
        return Opaque(NOWHERE, "alter index set storage parameter", sets)
    if holder.kind == "column":
        return TableCommand(NOWHERE, holder.object, "set column options", sets=sets)
    kind = {"view": "view ", "materialized view": "matview "}.get(holder.word, "")
    return TableCommand(NOWHERE, holder.object, f"{kind}set storage parameter", sets=sets)


def _one(holder: Holder, key: str, value: str | None, owner: str) -> Operation | None:
    sets = (holder.setting(key, value),)
    if key == "the comment":
        if value is None and holder.object.schema == "extension":
            return None  # It had one of its own.
        return Opaque(NOWHERE, "comment", sets)
    if key == "the owner":
        return Opaque(NOWHERE, "AlterOwnerStmt", (holder.setting(key, value or owner),))
    if key in _ROW_SECURITY:
        return TableCommand(NOWHERE, holder.object, _ROW_SECURITY[key][value is None], sets=sets)
    if key in _OF_COLUMN and holder.part:
        return TableCommand(NOWHERE, holder.object, _OF_COLUMN[key], sets=sets)
    if key == IDENTITY and holder.word == "table":
        return TableCommand(NOWHERE, holder.object, "replica identity", sets=sets)
    return None


def marks(table: Name, index: Index, now: Properties) -> Iterator[Operation]:
    """Set what marks an index of a table: that of CLUSTER, and that of the replica identity."""
    has, had = dict(now), dict(index.properties)
    if had.get(CLUSTERED) != has.get(CLUSTERED):
        if had.get(CLUSTERED):
            sets: tuple[Setting, ...] = (Setting("relation", index.name, CLUSTERED, "set"),)
        else:
            sets = (Setting("relation", table, CLUSTERED, None),)
        yield TableCommand(NOWHERE, table, "cluster on", sets=sets)
    if had.get(IDENTITY) and not has.get(IDENTITY):
        sets = (
            Setting("relation", table, IDENTITY, "index"),
            Setting("relation", index.name, IDENTITY, "set"),
        )
        yield TableCommand(NOWHERE, table, "replica identity", sets=sets)


def without_marks(properties: Properties) -> Properties:
    """Leave out what marks an index, and what an object has from the statement that made it."""
    left_out = (CLUSTERED, *_MADE_WITH)
    return tuple(each for each in properties if each[0] not in left_out)


def _privileges(holder: Holder, changes: dict[str, tuple[str | None, str | None]]) -> Way:
    """Grant and revoke, for each role what goes into one statement."""
    found: dict[tuple[str, str, str | None], list[str]] = {}
    for key, (now, then) in changes.items():
        privilege, _, role = key.removeprefix(_PRIVILEGE).partition(" of ")
        for verb, value in _verbs(now, then):
            found.setdefault((verb, role, value), []).append(privilege)
    by_default = holder.object.schema == "default privileges"
    for (verb, role, value), names in sorted(found.items(), key=lambda each: each[0][0] == "grant"):
        everything = " all" if _EVERYTHING in names else ""
        sets = tuple(holder.setting(f"{_PRIVILEGE}{name} of {role}", value) for name in names)
        kind = "AlterDefaultPrivilegesStmt" if by_default else f"{verb}{everything}"
        yield planned(Phase.SETTINGS, Opaque(NOWHERE, kind, sets))


def _verbs(now: str | None, then: str | None) -> Iterator[tuple[str, str | None]]:
    option = "granted with grant option"
    if then == "revoked":
        yield "revoke", then
    elif now == "revoked":
        yield "grant", None
        if then is not None:
            yield "grant", then
    elif then is None:
        yield "revoke", None
    elif now == option and then == "granted":
        yield "grant option", then
    else:
        yield "grant", then
