"""The law of the writer over made-up operations: names, texts and options of any kind."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.written import bare, operations

from miglint.dialects.postgres import dialect
from miglint.dialects.postgres.writing import write
from miglint.model import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AlterColumnType,
    ColumnDefinition,
    ConstraintDefinition,
    CreateEnum,
    CreateIndex,
    CreateTable,
    DropConstraint,
    DropTable,
    Expression,
    IndexElement,
    Name,
    RenameColumn,
    RenameTable,
    Setting,
    Span,
    TableCommand,
    Type,
)

HERE = Span(0, 0)


def _made(kind: Any, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(*parts).map(lambda found: kind(HERE, *found))


WORDS = (
    "select",
    "Order",
    "a b",
    'say "hi"',
    "x",
    "table",
    "naïve",
    "user_id",
    "1st",
    "end",
    "value",
    "a$b",
    "over",
)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
identifiers = st.sampled_from(WORDS) | st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12
)
names = st.tuples(st.sampled_from(["public", "Other", "in"]), identifiers).map(Name._make)
flags = st.booleans()
conditions = st.sampled_from(
    ["x > 0", "x IS NOT NULL AND x <> ''", "x IN (1, 2)", "(x).y = 1", "lower(x) = 'a'"]
)
types = st.sampled_from(
    [
        Type("integer"),
        Type("character varying", modifiers=(9,)),
        Type("timestamp with time zone", modifiers=(3,)),
        Type("numeric", modifiers=(8, 2), array=True),
        Type("interval", fields="day to second"),
        Type("Mood", "public"),
        Type("order", "Other", array=True),
    ]
)


def _read(text: str) -> Expression:
    (check,) = operations(dialect, f"ALTER TABLE t ADD CHECK ({text})", dialect.schema, ("public",))
    assert isinstance(check, AddConstraint)
    expression = check.constraint.expression
    assert expression is not None
    return expression


expressions = conditions.map(_read)
checks = st.builds(
    lambda name, expression, inherit, valid: ConstraintDefinition(
        HERE, "check", name, expression.columns, expression=expression, no_inherit=inherit, not_valid=valid
    ),
    st.none() | identifiers,
    expressions,
    flags,
    flags,
)
foreign_keys = st.builds(
    lambda name, column, table, referenced, delete, update, match, valid: ConstraintDefinition(
        HERE, "foreign", name, (column,), references=table, referenced_columns=referenced, on_delete=delete,
        on_update=update, match=match, not_valid=valid,
    ),
    st.none() | identifiers,
    identifiers,
    names,
    st.just(()) | st.tuples(identifiers),
    st.sampled_from(["no action", "cascade", "restrict"]),
    st.sampled_from(["no action", "set null", "set default"]),
    st.sampled_from(["simple", "full"]),
    flags,
)  # fmt: skip
keys = st.builds(
    lambda kind, name, columns, include, deferred: ConstraintDefinition(
        HERE, kind, name, columns, include=include, deferrable=deferred, initially_deferred=deferred
    ),
    st.sampled_from(["primary", "unique"]),
    st.none() | identifiers,
    st.lists(identifiers, min_size=1, max_size=3).map(tuple),
    st.lists(identifiers, max_size=2).map(tuple),
    flags,
)
constraints = checks | foreign_keys | keys
columns = st.tuples(identifiers, types, flags).map(lambda found: ColumnDefinition(*found))
elements = st.builds(
    lambda column, descending, nulls: IndexElement(
        column, None, column, descending, nulls=nulls if nulls != ("first" if descending else "last") else ""
    ),
    identifiers,
    flags,
    st.sampled_from(["", "first", "last"]),
)
made = st.one_of(
    _made(CreateTable, names, st.lists(columns).map(tuple),
        st.lists(constraints, max_size=3).map(tuple), flags,
    ),
    _made(DropTable, names, flags, flags),
    _made(RenameTable, names, identifiers, st.sampled_from(["table", "view", "index"]), flags
    ),
    _made(AddColumn, names, columns, flags, flags, flags),
    _made(AddConstraint, names, constraints, flags),
    _made(DropConstraint, names, identifiers, flags, flags, flags),
    _made(AlterColumnType, names, identifiers, types, st.none() | expressions),
    _made(RenameColumn, names, identifiers, identifiers),
    _made(CreateEnum, names, st.lists(texts).map(tuple)),
    _made(AddEnumValue, names, texts, st.none(), st.none() | texts.filter(bool), flags),
    _made(CreateIndex, identifiers, names, st.lists(elements, min_size=1).map(tuple),
        st.lists(identifiers, max_size=2).map(tuple), flags, st.sampled_from(["btree", "gin", "Odd"]),
        st.none() | expressions, flags, flags, flags,
    ),
    st.builds(
        lambda table, text: TableCommand(
            HERE, table, "comment", sets=(Setting("relation", table, "the comment", text, word="table"),)
        ),
        names,
        st.none() | texts.filter(bool),
    ),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(made, flags)
def test_what_is_written_is_read_as_the_same_operation(operation, qualified):
    written = write(operation, qualified=qualified)

    assert [*map(bare, operations(dialect, written, dialect.schema, ("public",)))] == [bare(operation)]
