"""Constraints and indexes in stages: what reads a table does so while writers go on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from miglint.checks.remedies.nullability import not_null_check, not_null_proved, null_checks
from miglint.checks.strategies.words import answered, filling, slug
from miglint.model import (
    AddConstraint,
    ConstraintDefinition,
    CreateIndex,
    DropIndex,
    DropNotNull,
    Name,
    SetNotNull,
)
from miglint.model.remedy import (
    NOWHERE,
    Given,
    RemedyStep,
    Say,
    do,
    key_of_index,
    unique_index,
    validated,
    without_constraint,
)
from miglint.model.strategy import NotDrafted, Stage, Strategy

if TYPE_CHECKING:
    from miglint.checks.context import Context

_KINDS = {"primary": "primary key", "unique": "unique constraint", "foreign": "foreign key", "check": "check"}


def set_not_null(ctx: "Context", change: SetNotNull, value: str = "") -> Strategy | NotDrafted | None:
    """Give the stages of a SET NOT NULL that would read the whole table; `value` is what old rows get."""
    if not ctx.waits.blocked(ctx.effects.works):
        return None
    where = f"{change.table.display}.{change.column}"
    why = f"everybody is kept off {change.table.display} while SET NOT NULL reads all rows"
    written = f"writes {where} in every INSERT, and never NULL"
    required = not_null_stages(change.table, (change.column,), written)
    if not value:
        return Strategy("required column", why, required)
    loop = filling(ctx, change.table, change.column, value, may_be_null=True)
    if not loop:
        return NotDrafted("required column", f"no key of {change.table.display} is known that makes batches")
    fill = Stage(
        "backfill",
        f"give rows without {where} a value, in batches that commit",
        slug("fill", change.table.name, change.column),
        (Given(loop),),
        (Say("the schema is the same before and after this"),),
        written,
        outside=True,
        loss=f"Nothing tells afterwards which rows had no {where}.",
    )
    return Strategy("required column", why, (fill, *required))


def not_null_stages(table: Name, columns: Sequence[str], deploy: str = "") -> tuple[Stage, ...]:
    """Give the two stages that make columns NOT NULL; `deploy` is what code does before the first."""
    if not columns:
        return ()
    names = " and ".join(f"{table.display}.{column}" for column in columns)
    dropped = [do(without_constraint(table, not_null_check(table, column))) for column in reversed(columns)]
    nullable = [do(DropNotNull(NOWHERE, table, column)) for column in columns]
    return (
        Stage(
            "constrain",
            f"refuse new rows without {names}; old rows are not read yet",
            slug(table.name, *columns, "check"),
            null_checks(table, columns),
            tuple(dropped),
            deploy,
        ),
        Stage(
            "validate",
            f"read the rows while writers go on, then make {names} NOT NULL without reading them again",
            slug(table.name, *columns, "required"),
            not_null_proved(table, columns),
            (*nullable, *null_checks(table, columns)),
        ),
    )


def add_constraint(ctx: "Context", add: AddConstraint) -> Strategy | NotDrafted | None:
    """Give the stages of a constraint that would keep writers off a table while its rows are read."""
    table, constraint = add.table, add.constraint
    if not ctx.waits.blocked(ctx.effects.works) or constraint.using_index:
        return None
    name = ctx.constraint_name(table, constraint)
    kind = _KINDS.get(constraint.kind, "")
    if not kind:
        return NotDrafted(f"{constraint.kind} constraint", "the server adds it only as a whole")
    found = ctx.table(table)
    if constraint.kind in ("primary", "unique"):
        if found is not None and found.partition_by:
            return NotDrafted(kind, f"{table.display} is partitioned: its index is built for each partition")
        why = f"{kind} {name} keeps everybody off {table.display} while its index is built"
        nullable = (
            [c.name for c in found.columns if c.name in constraint.columns and c.nullable] if found else []
        )
        required = not_null_stages(table, nullable if constraint.kind == "primary" else ())
        own = constraint._replace(name=name)
        return Strategy(kind, why, (*required, *unique_stages(ctx, table, own)))
    if ctx.remedies.refuses_not_valid(table, constraint):
        return NotDrafted(kind, f"{table.display} is partitioned: it is added to each partition first")
    why = f"{kind} {name} keeps writers off while the rows of {table.display} are read"
    return Strategy(kind, why, checked_stages(table, constraint._replace(name=name)))


def checked_stages(table: Name, constraint: ConstraintDefinition) -> tuple[Stage, ...]:
    """Give the two stages of a foreign key or check, whose definition has a name."""
    name, kind = constraint.name or "", _KINDS[constraint.kind]
    later = AddConstraint(NOWHERE, table, constraint._replace(not_valid=True))
    drop = without_constraint(table, name)
    return (
        Stage(
            "constrain",
            f"hold new rows of {table.display} to the {kind} {name}; old rows are not read yet",
            slug(name, "not_valid"),
            (do(later),),
            (do(drop),),
            f"writes no row of {table.display} that breaks the {kind} {name}",
        ),
        Stage(
            "validate",
            f"read the rows of {table.display} for the {kind} {name} while writers go on",
            slug(name, "validate"),
            (do(validated(table, name)),),
            (do(drop, later),),
        ),
    )


def unique_stages(
    ctx: "Context", table: Name, key: ConstraintDefinition, apart: str = ""
) -> tuple[Stage, ...]:
    """Give the two stages of a primary key or unique constraint: its index, and the constraint of that."""
    name = key.name or ""
    index = unique_index(table, name, key.columns)._replace(
        include=key.include, nulls_not_distinct=key.nulls_not_distinct, options=key.options
    )
    same = f"writes no two rows of {table.display} with the same {', '.join(key.columns)}"
    made = key_of_index(table, name, key.kind, name)
    made = made._replace(
        constraint=made.constraint._replace(
            deferrable=key.deferrable, initially_deferred=key.initially_deferred
        )
    )
    return (
        index_stage(ctx, index, same, apart),
        Stage(
            "validate",
            f"make the {_KINDS[key.kind]} {name} of its index, without reading a row",
            slug(name, "constraint"),
            (do(made),),
            (
                do(without_constraint(table, name)),
                Say("the index goes with it"),
                do(index),
            ),
        ),
    )


def index_stage(ctx: "Context", index: CreateIndex, deploy: str = "", apart: str = "") -> Stage:
    """Give the stage that builds an index, which has a name, while writers go on.

    `apart`: why the rows are fit for a unique one; else people look before.
    """
    name, table = index.name or "", index.table
    dropped = DropIndex(NOWHERE, Name(table.schema, name), concurrently=True, if_exists=True)
    by_hand = index._replace(concurrently=False, if_not_exists=True)
    return Stage(
        "constrain",
        f"build the {'unique ' if index.unique else ''}index {name} while writers go on",
        slug(name, "index"),
        _built(ctx, index._replace(concurrently=True), apart),
        (do(dropped),),
        deploy,
        outside=True,
        again=(answered(ctx, "blocking-index-build", "built by hand before", by_hand),),
    )


def create_index(ctx: "Context", index: CreateIndex) -> Strategy | NotDrafted | None:
    """Give the stage of an index that would keep writers off its table while it is built."""
    table = index.table
    if index.concurrently or not ctx.waits.blocked(ctx.effects.works):
        return None
    found = ctx.table(table)
    if found is not None and found.partition_by:
        return NotDrafted(
            "index", f"{table.display} is partitioned: it is built for each partition, and attached"
        )
    name = index.name or _name_of_new(ctx, table)
    if not name:
        return NotDrafted("index", "it has no name, which its way back needs")
    why = f"building {name} keeps writers off {table.display}"
    return Strategy("index", why, (index_stage(ctx, index._replace(name=name)),))


def _name_of_new(ctx: "Context", table: Name) -> str:
    after = ctx.record.after.table(table) if ctx.record else None
    before = ctx.table(table)
    known = before.indexes if before is not None else ()
    return next((each.name for each in (after.indexes if after else ()) if each not in known), "")


def _built(ctx: "Context", index: CreateIndex, apart: str) -> tuple[RemedyStep, ...]:
    if not index.unique:
        return (do(index),)
    query = () if apart else ctx.rows.in_the_way.splitlines()
    looked = (Say("before this, look for rows in the way; this must give none:"), *map(Say, query))
    why = apart or "looked for before"
    return (*(looked if query else ()), answered(ctx, "duplicates-in-the-way", why, index))
