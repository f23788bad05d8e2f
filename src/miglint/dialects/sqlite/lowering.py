"""Statements, turned into operations."""

from collections.abc import Callable

from miglint.dialects.sqlite import queries
from miglint.dialects.sqlite.parser import RawStatement
from miglint.dialects.sqlite.reader import TEMPORARY, NotUnderstood, Reader
from miglint.dialects.sqlite.tables import alter_table, table_body
from miglint.model import (
    Begin,
    Commit,
    CreateIndex,
    CreateTable,
    CreateTrigger,
    CreateView,
    DropIndex,
    DropTable,
    DropTrigger,
    DropView,
    Expression,
    IndexElement,
    Maintenance,
    Name,
    Opaque,
    Operation,
    OutputColumn,
    Query,
    Rollback,
    Savepoint,
    Schema,
    SetVariable,
    Source,
    Span,
    Statement,
    Type,
    Unparsed,
)

_NOT_READ = "this form is not read"


def lower_statement(raw: RawStatement, source: Source, schema: Schema, _path: tuple[str, ...]) -> Statement:
    """Turn a raw statement into operations, with the names resolved on the schema as it stands."""
    read = Reader(raw.tokens, source.sql, schema)
    first = read.take()
    form = _FORMS.get(first.text)
    if form is None:
        near = source.sql[first.start : first.end]
        operations: list[Operation] = [Unparsed(raw.span, f'near "{near}": syntax error', first.start)]
    else:
        try:
            operations = form(read, raw.span)
        except (NotUnderstood, IndexError):
            operations = [
                Unparsed(raw.span, _NOT_READ, refused=False, creates=_created_in(raw, source.sql, schema))
            ]
    return Statement(source=source, span=raw.span, operations=tuple(operations))


def _created_in(raw: RawStatement, text: str, schema: Schema) -> tuple[Name, ...]:
    """Give the table that a statement which is not read makes."""
    read = Reader(raw.tokens, text, schema)
    read.expect(read.next.text)
    temporary = read.words("temp") or read.words("temporary")
    read.words("virtual")
    if not read.words("table"):
        return ()
    read.words("if", "not", "exists")
    return (read.new_name(temporary=temporary),) if read.next.kind in ("word", "quoted") else ()


def _create(read: Reader, span: Span) -> list[Operation]:
    temporary = read.words("temp") or read.words("temporary")
    if read.words("table"):
        return _create_table(read, span, temporary=temporary)
    unique = read.words("unique")
    if read.words("index"):
        return _create_index(read, span, unique=unique)
    if read.words("view"):
        guarded = read.words("if", "not", "exists")
        view = read.new_name(temporary=temporary)
        if read.next.text == "(":
            read.enclosed()
        read.expect("as")
        query = queries.query_of(read, read.rest())
        return [CreateView(span, view, query, if_not_exists=guarded, temporary=temporary)]
    if read.words("trigger"):
        read.words("if", "not", "exists")
        trigger = read.new_name(temporary=temporary)
        events = [token.text for token in read.until("on")]
        read.expect("on")
        kinds = tuple(event for event in ("insert", "update", "delete") if event in events)
        return [CreateTrigger(span, trigger.name, read.name(), events=kinds, row=True)]
    if read.words("virtual", "table"):
        guarded = read.words("if", "not", "exists")
        # What its columns are is up to the module.
        return [CreateTable(span, read.new_name(), if_not_exists=guarded, query=Query(), foreign=True)]
    raise NotUnderstood


def _create_table(read: Reader, span: Span, *, temporary: bool) -> list[Operation]:
    guarded = read.words("if", "not", "exists")
    name = read.new_name(temporary=temporary)
    table = CreateTable(span, name, if_not_exists=guarded, temporary=name.schema == TEMPORARY)
    if not read.words("as"):
        return [table_body(read, table)]
    tokens = read.rest()
    query = queries.copy_of(read, tokens, queries.query_of(read, tokens))
    return [table._replace(query=query._replace(output=_output(read, query)))]


def _output(read: Reader, query: Query) -> tuple[OutputColumn, ...] | None:
    columns = [column for _, column in query.copies]
    found = read.schema.table(query.reads[0]) if len(query.reads) == 1 else None
    if found is None or columns != [column.name for column in found.columns]:
        return None
    return tuple(OutputColumn(column.name, _stored_type(column.type)) for column in found.columns)


def _stored_type(declared: Type) -> Type:
    """Give the type that CREATE TABLE ... AS declares: https://www.sqlite.org/datatype3.html, section 3.1."""
    words = declared.name.upper()
    if "INT" in words:
        return Type("INT")
    if any(word in words for word in ("CHAR", "CLOB", "TEXT")):
        return Type("TEXT")
    if "BLOB" in words or not words:
        return Type("")
    return Type("REAL" if any(word in words for word in ("REAL", "FLOA", "DOUB")) else "NUM")


def _create_index(read: Reader, span: Span, *, unique: bool) -> list[Operation]:
    guarded = read.words("if", "not", "exists")
    name = read.new_name()
    if name.name.lower() == "concurrently" and read.next.text != "on":
        return [
            Unparsed(
                span,
                "SQLite knows no CONCURRENTLY: nobody can write while it builds an index",
                read.next.start,
            )
        ]
    read.expect("on")
    table = read.name()
    elements = tuple(_element(part, table) for part in read.inside().parts())
    predicate = read.expression(read.rest()) if read.words("where") else None
    if predicate is not None:
        predicate = _spelled(predicate, read, table)
    return [
        CreateIndex(
            span, name.name, table, elements, unique=unique, predicate=predicate, if_not_exists=guarded
        )
    ]


def _element(read: Reader, table: Name) -> IndexElement:
    tokens = read.until("collate", "asc", "desc")
    descending = any(token.text == "desc" for token in read.rest())
    if len(tokens) == 1 and tokens[0].kind in ("word", "quoted"):
        column = read.column_of(table, read.spelled(tokens[0]))
        return IndexElement(column=column, label=column, descending=descending)
    expression = _spelled(read.expression(tokens), read, table)
    return IndexElement(expression=expression, label="expr", descending=descending)


def _spelled(expression: Expression, read: Reader, table: Name) -> Expression:
    return expression._replace(columns=tuple(read.column_of(table, c) for c in expression.columns))


def _drop(read: Reader, span: Span) -> list[Operation]:
    kind = read.take().text
    guarded = read.words("if", "exists")
    if kind == "trigger":
        return [_drop_trigger(read, span, guarded=guarded)]
    name = read.name()
    if not read.done:
        raise NotUnderstood
    if kind == "table":
        return [DropTable(span, name, if_exists=guarded)]
    if kind == "index":
        return [DropIndex(span, name, if_exists=guarded)]
    if kind == "view":
        return [DropView(span, name, if_exists=guarded)]
    raise NotUnderstood


def _drop_trigger(read: Reader, span: Span, *, guarded: bool) -> Operation:
    name = read.new_name()
    for relation in read.schema.relations.values():
        for trigger in getattr(relation, "triggers", ()):
            if trigger.name.lower() == name.name.lower():
                return DropTrigger(span, trigger.name, relation.name, guarded)
    return Opaque(span, "drop trigger")


def _pragma(read: Reader, span: Span) -> list[Operation]:
    name = read.new_name().name.lower()
    if not (read.words("=") or read.words("(")):
        return [Opaque(span, "set")]
    value = "".join(token.text for token in read.until(")")).strip("'\"")
    return [SetVariable(span, name, value.lower())]


def _begin(_read: Reader, span: Span) -> list[Operation]:
    return [Begin(span)]


def _commit(_read: Reader, span: Span) -> list[Operation]:
    return [Commit(span)]


def _rollback(read: Reader, span: Span) -> list[Operation]:
    read.words("transaction")
    if not read.words("to"):
        return [Rollback(span)]
    read.words("savepoint")
    return [Savepoint(span, "rollback_to", read.identifier().lower())]


def _savepoint(read: Reader, span: Span) -> list[Operation]:
    return [Savepoint(span, "savepoint", read.identifier().lower())]


def _release(read: Reader, span: Span) -> list[Operation]:
    read.words("savepoint")
    return [Savepoint(span, "release", read.identifier().lower())]


def _maintenance(read: Reader, span: Span) -> list[Operation]:
    return [Maintenance(span, read.tokens[0].text.upper())]


def _opaque(read: Reader, span: Span) -> list[Operation]:
    return [Opaque(span, read.tokens[0].text)]


# All words that a statement of SQLite's can begin with: https://www.sqlite.org/lang.html
_FORMS: dict[str, Callable[[Reader, Span], list[Operation]]] = {
    "alter": lambda read, span: alter_table(read, span) if read.words("table") else _no_alter(read, span),
    "analyze": _maintenance,
    "attach": _opaque,
    "begin": _begin,
    "commit": _commit,
    "create": _create,
    "delete": queries.delete,
    "detach": _opaque,
    "drop": _drop,
    "end": _commit,
    "explain": _opaque,
    "insert": lambda read, span: queries.insert(read, span, "insert"),
    "pragma": _pragma,
    "reindex": _maintenance,
    "release": _release,
    "replace": lambda read, span: queries.insert(read, span, "replace"),
    "rollback": _rollback,
    "savepoint": _savepoint,
    "select": queries.select,
    "update": queries.update,
    "vacuum": _maintenance,
    "values": queries.select,
    "with": queries.behind_with,
}


def _no_alter(read: Reader, span: Span) -> list[Operation]:
    return [Unparsed(span, f'near "{read.next.text}": syntax error', read.next.start)]
