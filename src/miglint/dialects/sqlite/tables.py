"""Tables and their columns, as CREATE TABLE and ALTER TABLE write them."""

from miglint.dialects.sqlite.reader import NotUnderstood, Reader
from miglint.model import (
    AddColumn,
    AddConstraint,
    ColumnDefinition,
    ConstraintDefinition,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropNotNull,
    Expression,
    Name,
    Operation,
    RenameColumn,
    RenameTable,
    SetNotNull,
    Span,
    Type,
    Unparsed,
)
from miglint.text.tokens import Token

_COLUMN = (
    "constraint", "primary", "not", "null", "unique", "check", "default", "collate", "references",
    "generated", "as", "deferrable", "on",
)  # fmt: skip
_TABLE = ("constraint", "primary", "unique", "check", "foreign")
_ACTIONS = (("set", "null"), ("set", "default"), ("cascade",), ("restrict",), ("no", "action"))


def column_definition(read: Reader) -> ColumnDefinition:
    """Read a column with its type and constraints.

    A type is any row of words, so that `AFTER x` belongs to it.
    """
    name = read.identifier()
    start = read.at
    while not read.done and read.next.text not in _COLUMN:
        if read.next.text == "(":
            read.enclosed()
        else:
            read.take()
    words = read.tokens[start : read.at]
    written = read.text[words[0].start : words[-1].end] if words else ""
    column = ColumnDefinition(name, Type(written))
    constraints: list[ConstraintDefinition] = []
    label: str | None = None
    while not read.done:
        begin = read.at
        if read.words("constraint"):
            label = read.identifier()
            continue
        if read.words("not", "null"):
            _conflict(read)
            column = column._replace(not_null=True)
        elif read.words("null"):
            _conflict(read)
        elif read.words("default"):
            column = column._replace(default=_default(read))
        elif read.words("collate"):
            column = column._replace(collation=read.identifier())
        elif read.words("generated", "always", "as") or read.words("as"):
            inner = read.enclosed()
            stored = read.words("stored")
            read.words("virtual")
            column = column._replace(
                generated="stored" if stored else "virtual", generation=read.expression(inner)
            )
        else:
            constraints.append(_column_constraint(read, name, label, begin))
        label = None
    return column._replace(constraints=tuple(constraints))


def _default(read: Reader) -> Expression:
    if read.next.text == "(":
        # The server keeps what stands in the outer parentheses.
        return read.expression(read.enclosed()[1:-1])
    start = read.at
    if read.next.text in ("+", "-"):
        read.take()
    number = read.take()
    if number.kind == "number" and number.text[-1] in "eE" and read.next.text in ("+", "-"):
        read.at += 2
    return read.expression(read.tokens[start : read.at])


def _column_constraint(read: Reader, column: str, label: str | None, begin: int) -> ConstraintDefinition:
    made = ConstraintDefinition(Span(0, 0), "check", label, (column,))
    if read.words("primary", "key"):
        _ = read.words("asc") or read.words("desc")
        _conflict(read)
        read.words("autoincrement")
        made = made._replace(kind="primary")
    elif read.words("unique"):
        _conflict(read)
        made = made._replace(kind="unique")
    elif read.words("check"):
        made = made._replace(expression=read.expression(read.enclosed()))
    elif read.words("references"):
        made = _reference(read, made._replace(kind="foreign"))
    else:
        raise NotUnderstood
    return made._replace(span=read.span(begin))


def _reference(read: Reader, made: ConstraintDefinition) -> ConstraintDefinition:
    table = read.name()
    columns: tuple[str, ...] = ()
    if read.next.text == "(":
        columns = tuple(part.column(table) for part in read.inside().parts())
    made = made._replace(references=table, referenced_columns=columns)
    while True:
        if read.words("on", "delete"):
            made = made._replace(on_delete=_action(read))
        elif read.words("on", "update"):
            made = made._replace(on_update=_action(read))
        elif read.words("match"):
            read.identifier()
        elif read.words("not", "deferrable") or read.words("deferrable"):
            deferred = read.words("initially", "deferred")
            read.words("initially", "immediate")
            made = made._replace(deferrable=deferred)
        else:
            return made


def _action(read: Reader) -> str:
    for words in _ACTIONS:
        if read.words(*words):
            return " ".join(words)
    raise NotUnderstood


def _conflict(read: Reader) -> None:
    if read.words("on", "conflict"):
        read.take()


def _table_constraint(read: Reader) -> ConstraintDefinition:
    begin = read.at
    label = read.identifier() if read.words("constraint") else None
    made = ConstraintDefinition(Span(0, 0), "check", label)
    if read.words("primary", "key") or read.words("unique"):
        made = made._replace(kind="primary" if read.tokens[read.at - 1].text == "key" else "unique")
        made = made._replace(columns=tuple(part.identifier() for part in read.inside().parts()))
        _conflict(read)
    elif read.words("check"):
        made = made._replace(expression=read.expression(read.enclosed()))
        _conflict(read)
    elif read.words("foreign", "key"):
        columns = tuple(part.identifier() for part in read.inside().parts())
        read.expect("references")
        made = _reference(read, made._replace(kind="foreign", columns=columns))
    else:
        raise NotUnderstood
    if not read.done and read.next.text not in _TABLE:
        raise NotUnderstood
    return made._replace(span=read.span(begin))


def table_body(read: Reader, table: CreateTable) -> CreateTable:
    """Read the columns and constraints in the parentheses of a CREATE TABLE."""
    columns: list[ColumnDefinition] = []
    constraints: list[ConstraintDefinition] = []
    for part in read.inside().parts():
        if part.next.kind == "word" and part.next.text in _TABLE and columns:
            while not part.done:  # The server wants no comma between constraints.
                constraints.append(_table_constraint(part))
        else:
            columns.append(column_definition(part))
    without_rowid = strict = False
    for option in read.parts():
        if not option.done:
            without_rowid = option.words("without", "rowid") or without_rowid
            strict = option.words("strict") or strict
            if not option.done:
                raise NotUnderstood
    names = {column.name.lower(): column.name for column in columns}

    def spelled(made: ConstraintDefinition) -> ConstraintDefinition:
        mine = tuple(names.get(column.lower(), column) for column in made.columns)
        return made._replace(columns=mine)

    words = {token.text for token in read.tokens if token.kind == "word"}
    given = {"autoincrement": "autoincrement" in words, "without rowid": without_rowid, "strict": strict}
    table = table._replace(
        columns=tuple(columns),
        constraints=tuple(map(spelled, constraints)),
        options=tuple((option, "true") for option, said in given.items() if said),
    )
    return _with_required_key(table, rowid=not without_rowid) if without_rowid or strict else table


def _with_required_key(table: CreateTable, *, rowid: bool) -> CreateTable:
    """The primary key is NOT NULL in a STRICT table and in one without rowid; an INTEGER one is the rowid."""
    inline = [constraint for column in table.columns for constraint in column.constraints]
    key = {c for made in (*inline, *table.constraints) if made.kind == "primary" for c in made.columns}
    if rowid and any({c.name} == key and c.type.name.upper() == "INTEGER" for c in table.columns):
        return table
    columns = (c._replace(not_null=c.not_null or c.name in key) for c in table.columns)
    return table._replace(columns=tuple(columns))


def alter_table(read: Reader, span: Span) -> list[Operation]:
    """Read an ALTER TABLE: it has one action."""
    table = read.name()
    start = read.at
    if read.words("rename", "to"):
        return [RenameTable(span, table, read.identifier())]
    if read.words("rename"):
        read.words("column")
        old = read.column(table)
        read.expect("to")
        return [RenameColumn(span, table, old, read.identifier())]
    if read.words("add"):
        return [_addition(read, span, table, start)]
    if read.words("drop", "constraint"):
        return [DropConstraint(span, table, read.identifier())]
    if read.words("drop"):
        read.words("column")
        if read.words("if", "exists"):
            return [_refused(read, span, "SQLite knows no IF EXISTS for columns")]
        name = read.column(table)
        if not read.done:
            return [_refused(read, span, "SQLite takes one action in an ALTER TABLE")]
        return [DropColumn(Span(read.tokens[start].start, span.end), table, name)]
    if read.words("alter"):
        read.words("column")
        column = read.column(table)
        if read.words("to"):
            raise NotUnderstood  # libSQL makes a column anew in this way, and is read by the same name.
        if read.words("set", "not", "null") and read.done:
            return [SetNotNull(span, table, column)]
        if read.words("drop", "not", "null") and read.done:
            return [DropNotNull(span, table, column)]
        return [_refused(read, span, "SQLite changes nothing of a column but NOT NULL")]
    return [_refused(read, span, f"SQLite knows no ALTER TABLE ... {read.next.text.upper()}")]


def _addition(read: Reader, span: Span, table: Name, start: int) -> Operation:
    if read.next.text in _TABLE and read.next.kind == "word":
        constraint = _table_constraint(read)
        if constraint.kind != "check" or not read.done:
            return _refused(read, span, "SQLite adds no constraint but CHECK to a table that is there")
        return AddConstraint(span, table, constraint)
    read.words("column")
    if read.words("if", "not", "exists"):
        return _refused(read, span, "SQLite knows no IF NOT EXISTS for columns")
    if any(token.text == "," for token in _outside(read)):
        return _refused(read, span, "SQLite takes one action in an ALTER TABLE")
    return AddColumn(Span(read.tokens[start].start, span.end), table, column_definition(read))


def _outside(read: Reader) -> list[Token]:
    """Give what is left outside of parentheses, and leave it."""
    found, depth = [], 0
    for token in read.tokens[read.at :]:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            found.append(token)
    return found


def _refused(read: Reader, span: Span, reason: str) -> Unparsed:
    return Unparsed(span, reason, read.tokens[min(read.at, len(read.tokens) - 1)].start)
