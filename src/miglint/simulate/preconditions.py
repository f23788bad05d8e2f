"""What a migration may ask of the schema before it runs."""

from collections.abc import Iterator

from miglint.model import Absent, Index, Name, Relation, Schema, Sequence, Table, View

_KINDS: dict[str, type] = {"table": Table, "view": View, "sequence": Sequence, "index": Index}


def passes_over(what: Absent, schema: Schema) -> bool:
    """Tell whether a migration does not run; where the replay does not know what is lacking, it does."""
    return _lacks(what, schema) if what.wanted else exists(what, schema)


def _lacks(what: Absent, schema: Schema) -> bool:
    """Whether a table of which all is known does not have a part."""
    tables = [found for found in _relations(what, what.table, schema) if isinstance(found, Table)]
    known = schema.is_read and all(table.complete and not table.unsure for table in tables)
    return bool(tables) and known and what.kind not in _KINDS and not exists(what, schema)


def exists(what: Absent, schema: Schema) -> bool:
    """Tell whether it is there; what the replay does not know counts as absent."""
    kind = _KINDS.get(what.kind)
    if kind is not None:
        return any(isinstance(found, kind) for found in _relations(what, what.name, schema))
    tables = [found for found in _relations(what, what.table, schema) if isinstance(found, Table)]
    names = _spellings(what.name)
    if what.kind == "column":
        return any(table.column(name) for table in tables for name in names)
    if what.kind == "primary key":
        return any(table.primary_key for table in tables)
    return any(table.constraint(name) for table in tables for name in names)


def _relations(what: Absent, name: str, schema: Schema) -> Iterator[Relation]:
    for spelling in _spellings(name):
        found = schema.relations.get(Name(what.schema or schema.home, spelling))
        if found is not None:
            yield found


def _spellings(name: str) -> set[str]:
    return {name, name.lower()}
