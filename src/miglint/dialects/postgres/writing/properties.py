"""What is set on objects: comments, storage parameters, owners, policies, privileges."""

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

from miglint.dialects.postgres.literals import literal
from miglint.dialects.postgres.writing.others import other
from miglint.dialects.postgres.writing.tables import altering
from miglint.dialects.postgres.writing.words import Pen, enclosed, parameters, role
from miglint.dialects.sql.words import NotSpelled, listed, spaced
from miglint.model import Opaque, PolicyDefinition, Setting, TableCommand, quote

_PLAIN = frozenset(
    {
        "set logged",
        "set unlogged",
        "enable row level security",
        "disable row level security",
        "force row level security",
        "no force row level security",
    }
)
_FIRING = {None: "ENABLE", "always": "ENABLE ALWAYS", "on replicas": "ENABLE REPLICA", "disabled": "DISABLE"}
_PARTS = ("constraint", "trigger", "policy")


def table_command(made: TableCommand, pen: Pen) -> str:
    """Write a command on a table of which only its effects matter."""
    for word, statement in _STATEMENTS.items():
        if made.action.startswith(word):
            return statement(made, pen)
    kind, _, action = made.action.partition(" ")
    if kind in ("view", "matview", "sequence"):
        words = {"view": "VIEW", "matview": "MATERIALIZED VIEW", "sequence": "SEQUENCE"}[kind]
        return f"ALTER {words} {pen.name(made.table)} {_action(made._replace(action=action))}"
    return f"{altering(made, pen)} {_action(made)}"


def _action(made: TableCommand) -> str:
    action = made.action
    if action in _PLAIN:
        return action.upper()
    if action == "set access method" or (action == "set tablespace" and made.argument):
        return f"{action.upper()} {quote(made.argument) if made.argument else 'DEFAULT'}"
    if action in ("enable trigger", "disable trigger") and made.argument in ("all", "user"):
        return f"{action} {made.argument}".upper()
    if made.sets and action in _OF_SETTINGS:
        return _OF_SETTINGS[action](made.sets)
    raise NotSpelled("TableCommand", f"what {action} does is not kept")


def _trigger(sets: tuple[Setting, ...]) -> str:
    return f"{_FIRING[sets[0].value]} TRIGGER {quote(sets[0].part)}"


def _parameters(sets: tuple[Setting, ...]) -> str:
    taken = sets[0].value is None
    return f"{'RESET' if taken else 'SET'} {parameters((each.key, each.value) for each in sets)}"


def _column_parameters(sets: tuple[Setting, ...]) -> str:
    return f"ALTER COLUMN {quote(sets[0].part)} {_parameters(sets)}"


def _of_column(words: str, usual: str, spell: Callable[[str], str]) -> Callable[[tuple[Setting, ...]], str]:
    def write(sets: tuple[Setting, ...]) -> str:
        said = sets[0].value
        return f"ALTER COLUMN {quote(sets[0].part)} {words} {usual if said is None else spell(said)}"

    return write


def _cluster(sets: tuple[Setting, ...]) -> str:
    return "SET WITHOUT CLUSTER" if sets[0].value is None else f"CLUSTER ON {quote(sets[0].object.name)}"


def _identity(sets: tuple[Setting, ...]) -> str:
    index = f"USING INDEX {quote(sets[-1].object.name)}"
    return f"REPLICA IDENTITY {index if len(sets) > 1 else (sets[0].value or 'default').upper()}"


def _owner(sets: tuple[Setting, ...]) -> str:
    return f"OWNER TO {role(sets[0].value or '')}"


_OF_SETTINGS = {
    "enable trigger": _trigger,
    "disable trigger": _trigger,
    "set storage parameter": _parameters,
    "set column options": _column_parameters,
    "set statistics": _of_column("SET STATISTICS", "-1", str),
    "set storage": _of_column("SET STORAGE", "DEFAULT", str.upper),
    "set compression": _of_column("SET COMPRESSION", "DEFAULT", quote),
    "cluster on": _cluster,
    "replica identity": _identity,
    "owner": _owner,
}


def _policy(made: TableCommand, pen: Pen) -> str:
    policy = made.policy
    if policy is None:
        raise NotSpelled("TableCommand", "the policy is not known")
    creates = made.action == "create policy"
    return spaced(
        f"{made.action.upper()} {quote(policy.name)} ON {pen.name(made.table)}",
        *(_kind_of(policy) if creates else ()),
        f"TO {listed(map(role, policy.roles))}" if policy.roles else "",
        f"USING {enclosed(policy.using)}" if policy.using is not None else "",
        f"WITH CHECK {enclosed(policy.check)}" if policy.check is not None else "",
    )


def _kind_of(policy: PolicyDefinition) -> tuple[str, str]:
    return (
        "" if policy.permissive else "AS RESTRICTIVE",
        "" if policy.command == "all" else f"FOR {policy.command.upper()}",
    )


def _of_part(made: TableCommand, pen: Pen) -> str:
    """Write the DROP or the renaming of a policy or rule."""
    verb, kind = made.action.upper().split()
    if not made.part:
        raise NotSpelled("TableCommand", f"the name of the {kind.lower()} is not kept")
    on = f"{quote(made.part)} ON {pen.name(made.table)}"
    if verb == "DROP":
        return f"DROP {kind} {'IF EXISTS ' if made.if_exists else ''}{on}"
    return f"ALTER {kind} {on} RENAME TO {quote(made.argument)}"


def _comment_on_table(made: TableCommand, pen: Pen) -> str:
    return comment(made.sets, pen)


_STATEMENTS: dict[str, Callable[[TableCommand, Pen], str]] = {
    "comment": _comment_on_table,
    "create policy": _policy,
    "alter policy": _policy,
    "drop policy": _of_part,
    "drop rule": _of_part,
    "rename policy": _of_part,
    "rename rule": _of_part,
}


def comment(sets: tuple[Setting, ...], pen: Pen) -> str:
    """Write a COMMENT ON."""
    if len(sets) != 1:
        raise NotSpelled("Opaque", "what the comment is on is not kept")
    (said,) = sets
    text = "NULL" if said.value is None else literal(said.value)
    return f"COMMENT ON {_commented(said, pen)} IS {text}"


def _commented(said: Setting, pen: Pen) -> str:
    if said.kind == "column":
        return f"COLUMN {pen.name(said.object)}.{quote(said.part)}"
    if said.kind in _PARTS:
        return f"{said.kind.upper()} {quote(said.part)} ON {pen.name(said.object)}"
    return _object(said, pen)


def _object(said: Setting, pen: Pen) -> str:
    if said.kind == "other":
        return other(*said.object)
    if said.kind in ("relation", "column") and not said.word:
        raise NotSpelled("Setting", "of which kind the relation is was not kept")
    arguments = "" if said.arguments is None else f"({listed(said.arguments)})"
    word = {"function": "ROUTINE", "type": "TYPE"}.get(said.kind, said.word.upper())
    return f"{word} {pen.name(said.object)}{arguments}"


def opaque(made: Opaque, pen: Pen) -> str:
    """Write a statement of whose shape only what it sets is known."""
    if made.kind == "comment":
        return comment(made.sets, pen)
    if made.kind.removesuffix(" all") in _GRANTS and made.sets:
        return _granted(made, pen)
    if made.kind == "alter index set storage parameter" and made.sets:
        return f"ALTER INDEX {pen.name(made.sets[0].object)} {_parameters(made.sets)}"
    if made.kind == "AlterOwnerStmt" and len(made.sets) == 1:
        return f"ALTER {_object(made.sets[0], pen)} {_owner(made.sets)}"
    if made.kind == "AlterDefaultPrivilegesStmt" and made.sets:
        return _default_privileges(made.sets)
    if made.kind.startswith("drop ") and len(made.deeds) == 1 and not made.deeds[0].text:
        return f"DROP {other(made.deeds[0].kind, made.deeds[0].name)}"
    raise NotSpelled("Opaque", f"of {made.kind} only the effects are known")


_GRANTS = {"grant": "GRANT", "revoke": "REVOKE", "grant option": "REVOKE GRANT OPTION FOR"}


class _Grant(NamedTuple):
    right: tuple[str, str]
    role: str


def _grant(said: Setting, *, everything: bool) -> _Grant:
    privilege, _, grantee = said.key.removeprefix("the privilege ").partition(" of ")
    return _Grant(("ALL" if everything else privilege, said.part), grantee)


def _granted(made: Opaque, pen: Pen) -> str:
    """Write a GRANT or REVOKE: each privilege on each object for each role."""
    found = [_grant(each, everything=made.kind.endswith(" all")) for each in made.sets]
    verb = _GRANTS[made.kind.removesuffix(" all")]
    rights = dict.fromkeys(each.right for each in found)
    objects = dict.fromkeys(_granted_on(each, pen) for each in made.sets)
    roles = dict.fromkeys(each.role for each in found)
    kinds = {kind for kind, _ in objects}
    if len(kinds) != 1 or set(product(rights, objects, roles)) != {
        (each.right, _granted_on(said, pen), each.role) for each, said in zip(found, made.sets, strict=True)
    }:
        raise NotSpelled("Opaque", "privileges that one statement does not grant")
    on = f"{kinds.pop()} {listed(name for _, name in objects)}"
    to = "TO" if verb == "GRANT" else "FROM"
    option = any(each.value == "granted with grant option" for each in made.sets)
    return spaced(
        verb,
        listed(_right(*right) for right in rights),
        f"ON {on} {to} {listed(map(role, roles))}",
        "WITH GRANT OPTION" if option else "",
    )


_LIKE_TABLES = ("FOREIGN TABLE ", "MATERIALIZED VIEW ", "TABLE ", "VIEW ")
"""What GRANT calls a table."""
_LONG_KINDS = ("FOREIGN DATA WRAPPER ", "FOREIGN SERVER ")


def _granted_on(said: Setting, pen: Pen) -> tuple[str, str]:
    """Give the kind of an object as GRANT names it, and its name."""
    written = _object(said, pen)
    if written.startswith("SERVER "):
        written = f"FOREIGN {written}"
    for word in _LIKE_TABLES:
        if written.startswith(word):
            return "TABLE", written.removeprefix(word)
    for word in _LONG_KINDS:
        if written.startswith(word):
            return word.strip(), written.removeprefix(word)
    kind, _, name = written.partition(" ")
    return kind, name


def _default_privileges(sets: tuple[Setting, ...]) -> str:
    """Write an ALTER DEFAULT PRIVILEGES for privileges on one kind of objects, of one role."""
    places = {each.object.name for each in sets}
    found = [_grant(each, everything=False) for each in sets]
    roles, values = {each.role for each in found}, {each.value for each in sets}
    if (len(places), len(roles), len(values)) != (1, 1, 1):
        raise NotSpelled("Opaque", "privileges that one statement does not grant")
    words, _, place = places.pop().partition(" in ")
    who, _, maker = roles.pop().partition(" on what ")
    maker = maker.removesuffix(" makes")
    grants = values.pop() == "granted" or (None in {each.value for each in sets} and who == "public")
    return spaced(
        "ALTER DEFAULT PRIVILEGES",
        f"FOR ROLE {role(maker)}" if maker else "",
        f"IN SCHEMA {quote(place)}" if place else "",
        "GRANT" if grants else "REVOKE",
        listed(each.right[0] for each in found),
        f"ON {words.upper()}S",
        "TO" if grants else "FROM",
        role(who),
    )


def _right(privilege: str, column: str) -> str:
    return f"{privilege} ({quote(column)})" if column else privilege
