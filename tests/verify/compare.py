"""Prediction against observation, as rates and differences in words. Pure functions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tests.verify.observe import MODES, Loss, Observation, TableLock

_LEAST_MODE = MODES.index("ROW EXCLUSIVE")
_LASTING_LOSSES = {"table", "materialized view", "column"}
_EXPRESSION = "(expression)"
_TYPES_WITHOUT_MODIFIER = ("geometry", "geography")
_WRITES_ROWS = {"insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"}
_CODE = {"do_stmt", "call_stmt", "select_stmt"}
BOOKKEEPING = {
    "__diesel_schema_migrations", "_sqlx_migrations", "_prisma_migrations", "flyway_schema_history",
    "goose_db_version", "schema_migrations", "alembic_version",
}  # fmt: skip
"""The migration tools' own tables."""


class Rate(NamedTuple):
    compared: int = 0
    equal: int = 0

    def plus(self, other: "Rate") -> "Rate":
        """Add two rates."""
        return Rate(self.compared + other.compared, self.equal + other.equal)

    @property
    def percent(self) -> float | None:
        """The share of equal ones; None when nothing was compared."""
        return 100 * self.equal / self.compared if self.compared else None


class Difference(NamedTuple):
    """`predicted` and `real` in words; `where` is path:line, or the name of a schema object."""

    kind: str
    where: str
    predicted: str
    real: str
    detail: str = ""

    def __str__(self) -> str:
        detail = f"\n    {self.detail}" if self.detail else ""
        return f"{self.kind}: {self.where}: predicted {self.predicted}, server {self.real}{detail}"


class Comparison(NamedTuple):
    """Rates by kind, and everything that differs."""

    rates: Mapping[str, Rate] = {}
    differences: tuple[Difference, ...] = ()

    def plus(self, other: "Comparison") -> "Comparison":
        """Add two comparisons."""
        return Comparison(add_rates(self.rates, other.rates), self.differences + other.differences)


class Predicted(NamedTuple):
    """One statement of `miglint plan`, tables as schema.name."""

    locks: Mapping[str, str]
    rewrites: frozenset[str]
    scans: frozenset[str]
    index_builds: frozenset[str]
    destroys: frozenset[Loss]
    fails_if_rows: frozenset[str]

    @property
    def tables(self) -> frozenset[str]:
        """All tables that it speaks of."""
        lost = frozenset(loss.table for loss in self.destroys)
        return self.rewrites | self.scans | self.index_builds | self.fails_if_rows | lost | self.locks.keys()

    def only(self, tables: frozenset[str]) -> "Predicted":
        """Leave out what it says of other tables, of views and sequences that is."""
        return Predicted(
            locks={table: mode for table, mode in self.locks.items() if table in tables},
            rewrites=self.rewrites & tables,
            scans=self.scans & tables,
            index_builds=self.index_builds & tables,
            destroys=frozenset(loss for loss in self.destroys if loss.table in tables),
            fails_if_rows=self.fails_if_rows & tables,
        )


def add_rates(first: Mapping[str, Rate], second: Mapping[str, Rate]) -> dict[str, Rate]:
    """Add rates kind by kind."""
    kinds = [*first, *(kind for kind in second if kind not in first)]
    return {kind: first.get(kind, Rate()).plus(second.get(kind, Rate())) for kind in kinds}


def predicted(row: Mapping[str, Any]) -> Predicted:
    """Read one statement of `miglint plan --output-format json`; items are names or objects with `table`."""
    locks: dict[str, str] = {}
    for lock in row.get("locks", ()):
        locks[lock["table"]] = _stronger(lock["mode"], locks.get(lock["table"]))
    return Predicted(
        locks=locks,
        rewrites=_tables(row.get("rewrites", ())),
        scans=_tables(row.get("scans", ())),
        index_builds=_tables(row.get("index_builds", ())),
        destroys=frozenset(_loss(item) for item in row.get("destroys", ())),
        fails_if_rows=_tables(row.get("fails_if_rows", ())),
    )


def compare_plan(rows: Sequence[Mapping[str, Any]], observations: Sequence[Observation]) -> Comparison:
    """Compare predictions with observations, matched by path and start offset.

    Statements that failed or were not run are left out.
    """
    by_place = {(row["path"], row["start"]): row for row in rows}
    total = Comparison()
    for seen in observations:
        row = by_place.get((seen.statement.path, seen.statement.start))
        if row is None or seen.failure or seen.skipped:
            continue
        total = _collect(total, list(compare_statement(predicted(row), seen)), seen)
    return total


def compare_statement(plan: Predicted, seen: Observation) -> Iterator[tuple[str, str, str, bool]]:
    """Give (kind, predicted, real, equal) for everything that either side claims of a statement.

    Work on a table without rows is left out: it takes no time, predicted or not.
    A table of the plan that the server does not have counts once, as a missing table.
    What code claims (DO, CALL, functions) is a kind of its own: it may not have been reached.
    """
    prefix = "code: " if seen.kind in _CODE else ""
    for table in sorted(plan.tables - seen.tables - seen.others):
        if table.partition(".")[2] in BOOKKEEPING:
            continue
        yield "missing tables", table, "no such table", False
    for kind, foretold, real, equal in _compare_effects(plan.only(seen.tables), seen):
        yield prefix + kind, foretold, real, equal


def _compare_effects(plan: Predicted, seen: Observation) -> Iterator[tuple[str, str, str, bool]]:
    if seen.locks_seen:
        yield from _compare_locks(plan, seen)
    rewritten = frozenset(seen.rewrites)
    yield from _compare_sets("rewrites", plan.rewrites - seen.empty, rewritten - seen.empty)
    left_out = rewritten | plan.rewrites | seen.empty
    yield from _compare_sets("scans", plan.scans - left_out, frozenset(seen.scans) - left_out)
    builds = frozenset(build.table for build in seen.index_builds)
    yield from _compare_sets("index builds", plan.index_builds - left_out, builds - left_out)
    foretold = frozenset(_words(loss) for loss in plan.destroys if loss.kind in _LASTING_LOSSES)
    real = frozenset(_words(loss) for loss in seen.destroyed if loss.kind in _LASTING_LOSSES)
    yield from _compare_sets("losses", foretold, real)
    failed = seen.failed_on_rows is not None
    if plan.fails_if_rows - seen.empty or (plan.fails_if_rows and failed):
        yield "fails if rows", "failure", "failure" if failed else "success", failed


def _collect(total: Comparison, verdicts: list[tuple[str, str, str, bool]], seen: Observation) -> Comparison:
    rates: dict[str, Rate] = {"statements": Rate(1, int(all(verdict[3] for verdict in verdicts)))}
    for kind, _, _, equal in verdicts:
        rates[kind] = rates.get(kind, Rate()).plus(Rate(1, int(equal)))
    where = f"{seen.statement.path}:{seen.statement.line}"
    detail = " ".join(seen.statement.text.split())[:160]
    differences = tuple(
        Difference(kind, where, foretold, real, detail)
        for kind, foretold, real, equal in verdicts
        if not equal
    )
    return Comparison(add_rates(total.rates, rates), total.differences + differences)


def _compare_locks(plan: Predicted, seen: Observation) -> Iterator[tuple[str, str, str, bool]]:
    real: dict[str, str] = {}
    for lock in seen.locks:
        real[lock.table] = _stronger(lock.mode, real.get(lock.table))
    for table in sorted(plan.locks.keys() | real.keys()):
        if table.partition(".")[2] in BOOKKEEPING:
            continue
        foretold, taken = _strong(plan.locks.get(table)), _strong(real.get(table))
        if foretold is None and taken is None:
            continue
        already = foretold is not None and TableLock(table, foretold) in seen.held
        equal = foretold == taken or (already and _rank(taken) < _rank(foretold))
        fired = seen.kind in _WRITES_ROWS and foretold is None
        yield "locks by triggers" if fired else "locks", f"{foretold} on {table}", f"{taken}", equal


def _rank(mode: str | None) -> int:
    return -1 if mode is None else MODES.index(mode)


def _strong(mode: str | None) -> str | None:
    return mode if _rank(mode) >= _LEAST_MODE else None


def _stronger(mode: str, other: str | None) -> str:
    return other if other is not None and _rank(other) > _rank(mode) else mode


def _compare_sets(
    kind: str, foretold: frozenset[str], real: frozenset[str]
) -> Iterator[tuple[str, str, str, bool]]:
    for item in sorted(foretold | real):
        yield (
            kind,
            item if item in foretold else f"no {item}",
            item if item in real else "none",
            (item in foretold and item in real),
        )


def _words(loss: Loss) -> str:
    return f"{loss.kind} {loss.table}" + (f".{loss.column}" if loss.column else "")


def _tables(items: Iterable[Any]) -> frozenset[str]:
    return frozenset(item if isinstance(item, str) else str(item["table"]) for item in items)


def _loss(item: Any) -> Loss:
    if isinstance(item, str):
        kind, _, name = item.rpartition(" ")
        return Loss(kind, name)
    return Loss(item["kind"], item["table"], item.get("column"))


def compare_schemas(
    foretold: Mapping[str, Any], real: Mapping[str, Any], only_btree: bool = False
) -> Comparison:
    """Compare two dumps in the form of `miglint schema --output-format json`.

    `only_btree`: leave out other indexes, because some were built in another form than written.
    """
    ours, theirs = foretold["schemas"], real["schemas"]
    comparison = Comparison()
    for schema in sorted(ours.keys() | theirs.keys()):
        comparison = comparison.plus(
            _compare_namespace(schema, ours.get(schema, {}), theirs.get(schema, {}), only_btree)
        )
    return comparison


def _compare_namespace(
    schema: str, ours: Mapping[str, Any], theirs: Mapping[str, Any], only_btree: bool
) -> Comparison:
    our_tables, their_tables = _own_tables(ours), _own_tables(theirs)
    result = _compare_items(
        "tables", schema, dict.fromkeys(our_tables, "table"), dict.fromkeys(their_tables, "table")
    )
    for name in sorted(our_tables.keys() & their_tables.keys()):
        result = result.plus(
            _compare_tables(f"{schema}.{name}", our_tables[name], their_tables[name], only_btree)
        )
    result = result.plus(_compare_items("enums", schema, ours.get("enums", {}), theirs.get("enums", {})))
    for kind in ("views", "materialized_views", "sequences"):
        named = dict.fromkeys(ours.get(kind, ()), kind)
        real = dict.fromkeys(theirs.get(kind, ()), kind)
        result = result.plus(_compare_items(kind.replace("_", " "), schema, named, real))
    return result


def _own_tables(space: Mapping[str, Any]) -> dict[str, Any]:
    return {name: table for name, table in space.get("tables", {}).items() if name not in BOOKKEEPING}


def _compare_tables(
    table: str, ours: Mapping[str, Any], theirs: Mapping[str, Any], only_btree: bool
) -> Comparison:
    foretold, real = _columns(ours), _columns(theirs)
    unknown = {column["name"] for column in ours["columns"] if column["type"] == "unknown"}
    result = _compare_items("columns", table, _without(foretold, unknown), _without(real, unknown))
    result = result.plus(Comparison({"columns of unknown type": Rate(len(unknown), 0)} if unknown else {}))
    order = [column["name"] for column in ours["columns"]], [column["name"] for column in theirs["columns"]]
    if sorted(order[0]) == sorted(order[1]):
        result = result.plus(_compare_items("column order", table, {"*": order[0]}, {"*": order[1]}))
    result = result.plus(_compare_items("constraints", table, _constraints(ours), _constraints(theirs)))
    behind = {name for name, *_ in (*_keys(ours), *_keys(theirs))}
    if only_btree:
        behind |= _other_methods(ours) | _other_methods(theirs)
    our_indexes, their_indexes = _indexes(ours, behind), _indexes(theirs, behind)
    return result.plus(_compare_items("indexes", table, our_indexes, their_indexes))


def _without(items: Mapping[str, str], names: set[str]) -> dict[str, str]:
    return {name: item for name, item in items.items() if name not in names}


def _columns(table: Mapping[str, Any]) -> dict[str, str]:
    return {
        column["name"]: ", ".join(
            (
                _type(column["type"]),
                "nullable" if column["nullable"] else "not null",
                "default" if _has_default(column) else "no default",
            )
        )
        for column in table["columns"]
    }


def _has_default(column: Mapping[str, Any]) -> bool:
    """Whether a value other than NULL comes in; the server keeps DEFAULT NULL as a cast of it."""
    default = column.get("default") or column.get("generated")
    return bool(default) and not str(default).upper().startswith("NULL")


def _type(shown: str) -> str:
    bare = shown.partition("(")[0].rpartition(".")[2]
    return bare if bare in _TYPES_WITHOUT_MODIFIER else shown


def _keys(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if primary := table.get("primary_key"):
        yield primary["name"], f"primary key ({', '.join(primary['columns'])})"
    for unique in table.get("unique", ()):
        yield unique["name"], f"unique ({', '.join(unique['columns'])})"


def _constraints(table: Mapping[str, Any]) -> dict[str, str]:
    found = dict(_keys(table))
    for key in table.get("foreign_keys", ()):
        target = f"{key['references']} ({', '.join(key['referenced_columns'])})"
        found[key["name"]] = f"foreign key ({', '.join(key['columns'])}) to {target}{_validity(key)}"
    for check in table.get("checks", ()):
        found[check["name"]] = f"check ({', '.join(sorted(check['columns']))}){_validity(check)}"
    return found


def _element(element: str, columns: set[str]) -> str:
    """Give the column of an index element without its collation, or say that it is an expression."""
    bare = element.partition(" COLLATE ")[0].strip('"')
    return bare if bare in columns else _EXPRESSION


def _other_methods(table: Mapping[str, Any]) -> set[str]:
    return {index["name"] for index in table.get("indexes", ()) if index["method"] not in ("btree", "hash")}


def _validity(item: Mapping[str, Any]) -> str:
    return "" if item.get("valid", True) else " not valid"


def _indexes(table: Mapping[str, Any], behind_constraints: set[str]) -> dict[str, str]:
    names = {column["name"] for column in table["columns"]}
    return {
        index["name"]: " ".join(
            (
                "unique" if index["unique"] else "plain",
                index["method"],
                "(" + ", ".join(_element(each, names) for each in index["columns"]) + ")",
            )
        )
        + _validity(index)
        for index in table.get("indexes", ())
        if index["name"] not in behind_constraints
    }


def _compare_items(kind: str, where: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Comparison:
    differences = []
    for name in sorted(ours.keys() | theirs.keys()):
        foretold, real = ours.get(name), theirs.get(name)
        if foretold != real:
            differences.append(Difference(kind, f"{where}.{name}", _shown(foretold), _shown(real)))
    compared = len(ours.keys() | theirs.keys())
    return Comparison({kind: Rate(compared, compared - len(differences))}, tuple(differences))


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)
