"""Objects that nothing looks into: dropped by their name, and made again by the statements that made them."""

from miglint.model import DEFAULT_SCHEMA, Deed, Name, Opaque, Other, Schema
from miglint.model.remedy import NOWHERE
from miglint.rollback.draft.plan import Lost, Phase, Way, given, planned
from miglint.rollback.draft.settings import Holder, settings

_HELD = ("server", "foreign data wrapper", "operator family", "text search configuration", "language")
"""What others are made of, so that it cannot go and come again."""


_OF_SERVER = ("role", "tablespace", "database")


def set_on(schema: Schema, kind: str, name: str) -> dict[str, str]:
    """Give what is set on an object of that kind."""
    found = schema.others.get((kind, name))
    return dict(found.properties) if found is not None else {}


def changed(now: Other | None, then: Other | None, schema: Schema) -> Way:
    """Drop it, make it, or both; then set what is set on it."""
    each = then or now
    if each is None or (then is None and _is_gone(each, schema)):
        return
    if each.kind in _OF_SERVER:
        if (now.statements if now else ()) != (then.statements if then else ()):
            yield Lost(f"{each.kind} {each.name}", "it stays: it belongs to the whole server")
        return
    made = now.statements if now is not None else ()
    wanted = then.statements if then is not None else ()
    if made != wanted:
        if made:
            falls = each.part_of is not None and each.part_of not in schema.relations
            if not falls and each.kind in _HELD and wanted and wanted == made[: len(wanted)]:
                yield Lost(f"{each.kind} {each.name}", "what ALTER has changed of it is not kept")
                wanted = ()
            elif not falls:
                yield planned(Phase.NO_TRIGGERS, dropped(each))
        for statement in wanted:
            yield from _made(each, statement)
    has = () if made != wanted or now is None else now.properties
    had = then.properties if then is not None else ()
    if then is None and made:
        return
    left_out = ("the owner", "the schema") if now is None else ()
    had = tuple(one for one in had if one[0] not in left_out or each.kind not in ("schema", "extension"))
    yield from settings(_holder(each), has, had)


def _holder(each: Other) -> Holder:
    """Give what something is set on: a part of a relation that nothing else tells of, or an object."""
    part, of, relation = each.name.rpartition(" of ")
    if not of or each.kind not in ("column", "constraint", "policy", "trigger"):
        return Holder("other", Name(each.kind, each.name))
    place, _, name = relation.rpartition(".")
    return Holder(each.kind, Name(place or DEFAULT_SCHEMA, name), "table", part)


def _is_gone(each: Other, schema: Schema) -> bool:
    """Whether the schema or extension is gone on which something is set."""
    there = {"schema": schema.schemas, "extension": schema.extensions}.get(each.kind)
    return there is not None and each.name not in there


def _made(each: Other, statement: str) -> Way:
    own = each.name.partition(" of ")[0].partition("(")[0].rpartition(".")[2].rpartition(" ")[2]
    named = each.kind in ("cast", "transform", "user mapping") or own in statement
    named = named and (each.kind != "statistics" or each.part_of is None or each.part_of.name in statement)
    if statement.split(" ", 1)[0].upper() not in ("CREATE", "ALTER") or not named:
        yield Lost(f"{each.kind} {each.name}", "the text that made it is not kept")
        return
    early = each.part_of is None and each.kind not in ("publication", "event trigger", "cast", "aggregate")
    yield given(Phase.TYPES if early else Phase.TRIGGERS, f"{statement.rstrip(';')};")


def dropped(each: Other) -> Opaque:
    """Give the DROP of an object."""
    deed = Deed("drop", each.kind, each.name, part_of=each.part_of)
    return Opaque(NOWHERE, f"drop {each.kind}", deeds=(deed,))
