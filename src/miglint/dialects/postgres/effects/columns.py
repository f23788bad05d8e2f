"""What the server does when a column is added, dropped or altered."""

from miglint.dialects.postgres.effects.constraints import constraint_effects
from miglint.dialects.postgres.effects.situation import Situation, locks
from miglint.dialects.postgres.locks import ACCESS_EXCLUSIVE
from miglint.dialects.postgres.narrowing import narrowing
from miglint.dialects.postgres.retyping import retyping
from miglint.dialects.postgres.types import needs_rewrite, operator_family
from miglint.dialects.sql.replay.before_history import UNTOLD
from miglint.dialects.sql.replay.constraints import not_null_columns
from miglint.model import (
    AddColumn,
    AlterColumnType,
    ColumnDefinition,
    Constraint,
    ConstraintDefinition,
    DropColumn,
    Effects,
    Failure,
    Index,
    Lock,
    Loss,
    Name,
    SetExpression,
    SetNotNull,
    Table,
    Type,
    Work,
    WorkCause,
)

NOT_NULL_PROOF_VERSION = 12


def add_column(operation: AddColumn, situation: Situation) -> Effects:
    """`ADD COLUMN`: a rewrite when the value of each row has to be computed."""
    table = situation.schema.table(operation.table)
    column = operation.column
    family = situation.family(operation.table)
    total = Effects(locks=locks(ACCESS_EXCLUSIVE, family))
    if operation.if_not_exists and table is not None and table.column(column.name) is not None:
        return total
    reasons = _reasons_to_copy(column, situation)
    stored = situation.stored(operation.table)
    if reasons:
        copies = rewrite(stored, situation, next(iter(reasons.values())), *reasons)
        if [*reasons] == ["default"] and _is_guess(column, situation):
            unsure = tuple(work._replace(sure=False) for work in copies.rewrites)
            copies = copies._replace(rewrites=unsure)
        total = total.also(copies)
    if column.generated == "virtual" and column.not_null:
        for name in stored:
            read = f"every row is read to check that {column.name} is not null"
            nulls = situation.fails(name, f"rows with {column.name} IS NULL", certain=False)
            total = total.also(Effects(scans=situation.works_on(name, read, "not null"), failures=nulls))
    if _is_required(column, situation):
        text = f"column {column.name} is NOT NULL and has no default"
        failures = [f for name in stored for f in situation.fails(name, text, certain=True)]
        read = "every row is read for the NOT NULL"
        scans = [w for name in stored for w in situation.works_on(name, read, "not null")]
        total = total.also(Effects(failures=tuple(failures), scans=tuple(scans) if not reasons else ()))
    for constraint in column.constraints:
        total = total.also(_inline_constraint(operation, constraint, situation))
    return _of_copies(total, stored, situation) if reasons else total


def rewrite(
    tables: tuple[Name, ...],
    situation: Situation,
    reason: str,
    *causes: WorkCause,
    copies_dead: bool = False,
) -> Effects:
    """A copy of each table, and with it of each of its indexes.

    Rows that the transaction has deleted are not copied, unless `copies_dead` says so: after a DELETE of a
    million rows a change of type takes 0.05 s instead of 2 s.
    """
    rewrites: list[Work] = []
    builds: list[Work] = []
    for name in tables:
        if not (copies_dead or situation.session.has_rows(name)):
            continue
        rewrites += situation.works_on(name, reason, *causes)
        table = situation.schema.table(name)
        for index in situation.schema.indexes_of(table) if table else ():
            rebuilt = "the index is rebuilt with the table"
            builds += situation.builds(name, index.name.name, rebuilt, *causes)
    return Effects(rewrites=tuple(rewrites), index_builds=tuple(builds))


def _reasons_to_copy(column: ColumnDefinition, situation: Situation) -> dict[WorkCause, str]:
    """Say for each cause why adding this column copies the table; each alone would be enough."""
    if column.generated:
        stored = column.generated == "stored"
        return {"generated column": "a stored generated column is computed for every row"} if stored else {}
    if column.serial:
        return {"serial": "a serial column takes a number from its sequence for every row"}
    if column.identity:
        return {"identity": "an identity column takes a number from its sequence for every row"}
    reasons: dict[WorkCause, str] = {}
    domain = situation.domain(column.type)
    if column.default is not None and not column.default.is_null:
        culprit = situation.is_volatile(column.default)
        if culprit:
            reasons["default"] = f"the default calls {culprit}(), which is {_known(culprit, situation)}"
    if domain is not None and domain.constrained:
        constrained = f"the domain {domain.name.display} has constraints, which are tested for every row"
        reasons["domain"] = constrained
    if domain is not None and column.default is None and domain.default is not None:
        culprit = situation.is_volatile(domain.default)
        if culprit:
            known = _known(culprit, situation)
            reasons["default"] = f"the domain's default calls {culprit}(), which is {known}"
    return reasons


def _known(function: str, situation: Situation) -> str:
    return "not known from the history" if situation.is_unknown(function) else "volatile"


def _is_guess(column: ColumnDefinition, situation: Situation) -> bool:
    """Whether nothing is known of the function for which a default is taken to be volatile."""
    domain = situation.domain(column.type)
    default = column.default or (domain.default if domain is not None else None)
    return default is not None and situation.is_unknown(situation.is_volatile(default))


def _is_required(column: ColumnDefinition, situation: Situation) -> bool:
    if not column.not_null or column.serial or column.identity or column.generated:
        return False
    if column.default is not None:
        return column.default.is_null
    domain = situation.domain(column.type)
    return domain is None or domain.default is None


def _inline_constraint(
    operation: AddColumn, constraint: ConstraintDefinition, situation: Situation
) -> Effects:
    column = operation.column
    has_value = column.default is not None and not column.default.is_null
    if constraint.kind == "foreign" and column.default is None:
        # Every new value is NULL: the server skips the check of the rows (not so with DEFAULT NULL).
        constraint = constraint._replace(not_valid=True)
    effects = constraint_effects(operation.table, constraint, situation, columns_are_new=True)
    if constraint.kind == "check":
        return effects
    if constraint.kind in ("unique", "primary") and column.default is not None and has_value:
        same = not situation.is_volatile(column.default)
        text = f"every row gets the same value in the unique column {column.name}"
        failures = situation.fails(operation.table, text, certain=False) if same else ()
        return effects._replace(failures=failures)
    return effects._replace(failures=effects.failures if has_value else ())


def drop_column(operation: DropColumn, situation: Situation) -> Effects:
    """`DROP COLUMN`: short, and the data is gone; foreign keys lock the other table."""
    table = situation.schema.table(operation.table)
    family = situation.family(operation.table)
    found = table.column(operation.column) if table else None
    if table is not None and found is None and table.complete:
        return Effects(locks=locks(ACCESS_EXCLUSIVE, family))
    others: list[Name] = []
    if table is not None:
        others += _parents_through(table, operation.column)
        others += _children_through(table, operation.column, situation)
    losses: tuple[Loss, ...] = ()
    if not situation.session.is_new_column(operation.table, operation.column):
        losing = (operation.table,) if operation.only else family
        losses = tuple(Loss("column", name, operation.column) for name in losing if situation.may_lose(name))
    if operation.cascade:
        views = [view for name in family for view in _computed_from(name, operation.column, situation)]
        others += views
        losses += tuple(Loss("materialized view", view) for view in views if situation.may_lose(view))
    return Effects(locks=locks(ACCESS_EXCLUSIVE, (*family, *others)), destroys=losses)


def _computed_from(table: Name, column: str, situation: Situation) -> list[Name]:
    """Give the materialized views that CASCADE takes along with a column."""
    schema = situation.schema
    relation = schema.table(table)
    readers = [view for name in (relation.dependents if relation else ()) if (view := schema.view(name))]
    reading = [view.name for view in readers if (table, column) in view.columns_read]
    names = dict.fromkeys(name for view in reading for name in (view, *schema.views_on(view)))
    return [name for name in names if (view := schema.view(name)) is not None and view.materialized]


def _parents_through(table: Table, column: str) -> list[Name]:
    return [
        key.references
        for key in table.foreign_keys
        if column in key.columns and key.references and key.references != table.name
    ]


def _children_through(table: Table, column: str, situation: Situation) -> list[Name]:
    found = []
    for holder in table.referenced_by:
        child = situation.schema.table(holder)
        if child is not None and any(
            key.references == table.name and column in key.referenced_columns for key in child.foreign_keys
        ):
            found.append(holder)
    return found


def alter_type(operation: AlterColumnType, situation: Situation) -> Effects:
    """`ALTER COLUMN TYPE`: free, a rebuild of indexes, new checks, or a copy of the table."""
    table = situation.schema.table(operation.table)
    column = table.column(operation.column) if table else None
    family = situation.family(operation.table)
    stored = situation.stored(operation.table)
    total = Effects(locks=locks(ACCESS_EXCLUSIVE, family))
    if column is None or column.type == UNTOLD:
        reason = f"column {operation.column} changes to {operation.type}; its old type is unknown"
        return total.also(rewrite(stored, situation, reason, "type change"))
    change = f"column {column.name} changes from {column.type} to {operation.type}"
    computed = _uses_expression(operation)
    copies = computed or needs_rewrite(column.type, operation.type, situation.schema, utc=situation.utc)
    total = total.also(_narrowed(operation, column.type, situation))
    noticed = retyping(column.type, operation.type, situation.schema)
    total = total.also(Effects(breaks=(noticed,))) if noticed is not None else total
    if copies:
        copy = rewrite(stored, situation, change, "type change")
        if situation.session.settings.time_zone is None and not computed:
            sure = needs_rewrite(column.type, operation.type, situation.schema, utc=True)
            copy = copy._replace(rewrites=tuple(work._replace(sure=sure) for work in copy.rewrites))
        total = total.also(copy)
    elif operation.collation != column.collation:
        total = total.also(_rebuild_indexes(stored, column.name, situation))
    for name in stored:
        total = total.also(_recheck(name, operation, situation, copies=copies))
    return _of_copies(total, stored, situation) if copies else total


def _of_copies(effects: Effects, tables: tuple[Name, ...], situation: Situation) -> Effects:
    """What reads the copies of tables, in which dead rows are not."""
    empty = [name for name in tables if not situation.session.has_rows(name)]
    return effects._replace(
        scans=tuple(work for work in effects.scans if work.table not in empty),
        index_builds=tuple(work for work in effects.index_builds if work.table not in empty),
    )


def _narrowed(operation: AlterColumnType, old: Type, situation: Situation) -> Effects:
    """What becomes of values that the new type cannot hold; nothing is said of what USING computes."""
    using, column = operation.using, operation.column
    if using is not None and (_uses_expression(operation) or using.text.count("::") > _CASTS_TO_ENUM):
        return Effects()
    found = narrowing(old, operation.type, situation.schema, explicit=using is not None)
    losses: list[Loss] = []
    failures: list[Failure] = []
    for name in situation.stored(operation.table):
        if found.loses and situation.session.has_rows(name):
            losses.append(Loss(found.kind, name, column, found.loses))
        if found.refuses and not (old.qualified and (name, column) in situation.session.backfilled):
            failures += situation.fails(name, found.refuses, certain=False)
    return Effects(destroys=tuple(losses), failures=tuple(failures))


# An enum is cast to another one by way of text.
_CASTS_TO_ENUM = 2


def _uses_expression(operation: AlterColumnType) -> bool:
    """Whether USING computes something: the bare column, or a cast of it to the new type, does not."""
    using = operation.using
    if using is None:
        return False
    plain = not using.functions and not using.has_subquery and using.columns == (operation.column,)
    text = using.text.replace('"', "").replace(" ", "").lower()
    name = operation.column.lower()
    return not (plain and (text == name or text.startswith((f"{name}::", "cast(", f"({name})::"))))


def _rebuild_indexes(tables: tuple[Name, ...], column: str, situation: Situation) -> Effects:
    builds: list[Work] = []
    for name in tables:
        table = situation.schema.table(name)
        for index in situation.schema.indexes_of(table) if table else ():
            if column in index.columns:
                reason = "the index is rebuilt, as its collation changes"
                builds += situation.builds(name, index.name.name, reason, "type change")
    return Effects(index_builds=tuple(builds))


def _recheck(name: Name, operation: AlterColumnType, situation: Situation, *, copies: bool) -> Effects:
    """Constraints on the column are dropped and made again; the other side of a foreign key is locked."""
    table = situation.schema.table(name)
    total = Effects()
    changed = table.column(operation.column) if table else None
    for constraint in table.constraints if table else ():
        if operation.column in constraint.columns:
            total = total.also(_recheck_own(name, constraint, situation, copies=copies))
    for child in situation.schema.tables_among(table.referenced_by if table else ()):
        for key in child.foreign_keys:
            if key.references == name and operation.column in key.referenced_columns:
                reason = f"foreign key {key.name} is checked again"
                scans = situation.works_apart(child.name, reason, "type change") if copies else ()
                total = total.also(Effects(locks=(Lock(child.name, ACCESS_EXCLUSIVE),), scans=scans))
    remade = [
        i
        for i in (situation.schema.indexes_of(table) if table else ())
        if not copies and changed is not None and _index_is_remade(i, operation, changed.type)
    ]
    reason = f"the index is rebuilt, as it depends on {operation.column}"
    builds = [b for i in remade for b in situation.builds(name, i.name.name, reason, "type change")]
    return total.also(Effects(index_builds=tuple(builds)))


def _index_is_remade(index: Index, operation: AlterColumnType, old: Type) -> bool:
    """An index with an expression or a predicate is made again; a plain one only for other operators."""
    if operation.column not in index.columns:
        return False
    if index.predicate is not None or index.expressions:
        return True
    return operation.column in index.elements and operator_family(old) != operator_family(operation.type)


def _recheck_own(name: Name, constraint: Constraint, situation: Situation, *, copies: bool) -> Effects:
    if constraint.kind == "check" and constraint.valid:
        reason = f"constraint {constraint.name} is checked again"
        return Effects(scans=situation.works_on(name, reason, "type change"))
    if constraint.kind == "foreign" and constraint.references is not None:
        scans: tuple[Work, ...] = ()
        if copies and constraint.valid:
            reason = f"foreign key {constraint.name} is checked again"
            scans = situation.works_apart(name, reason, "type change")
        return Effects(locks=(Lock(constraint.references, ACCESS_EXCLUSIVE),), scans=scans)
    return Effects()


def set_not_null(operation: SetNotNull, situation: Situation) -> Effects:
    """`SET NOT NULL`: a scan, unless a valid CHECK or the column itself already proves it."""
    family = situation.family(operation.table, only=operation.only)
    scans: list[Work] = []
    failures: list[Failure] = []
    for name in situation.stored(operation.table, only=operation.only):
        table = situation.schema.table(name)
        if table is not None and _is_proved_not_null(table, operation.column, situation):
            continue
        reason = f"every row is read to check that {operation.column} is not null"
        scans += situation.works_on(name, reason, "not null")
        failures += situation.fails(name, f"rows with {operation.column} IS NULL", certain=False)
    return Effects(locks=locks(ACCESS_EXCLUSIVE, family), scans=tuple(scans), failures=tuple(failures))


def _is_proved_not_null(table: Table, column: str, situation: Situation) -> bool:
    """Whether the server can skip the scan: from version 12 a valid CHECK is enough."""
    found = table.column(column)
    if found is not None and not found.nullable:
        return True
    return situation.version >= NOT_NULL_PROOF_VERSION and column in not_null_columns(table)


def set_expression(operation: SetExpression, situation: Situation) -> Effects:
    """`SET EXPRESSION` of a stored generated column computes every row again."""
    family = situation.family(operation.table)
    table = situation.schema.table(operation.table)
    column = table.column(operation.column) if table else None
    total = Effects(locks=locks(ACCESS_EXCLUSIVE, family))
    if column is not None and column.generated == "virtual":
        return total
    reason = f"the generated column {operation.column} is computed again for every row"
    stored = situation.stored(operation.table)
    return total.also(rewrite(stored, situation, reason, "generated column"))
