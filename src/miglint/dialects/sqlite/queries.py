"""What SELECT, INSERT, UPDATE and DELETE read and write."""

from collections.abc import Iterator, Sequence

from miglint.dialects.sqlite.reader import NotUnderstood, Reader
from miglint.model import Delete, Filter, Insert, Name, Operation, Query, Select, Span, Update
from miglint.text.tokens import Token

_ENDS = ("where", "group", "having", "window", "union", "intersect", "except", "order", "limit", "returning")
_FEWER = ("where", "group", "having", "union", "intersect", "except", "limit", "distinct")
"""With one of these, a query may leave out rows of its table."""
_LITERALS = ("null", "true", "false", "current_timestamp", "current_date", "current_time")


def query_of(read: Reader, tokens: Sequence[Token]) -> Query:
    """Give what is known of a SELECT: the tables that stand behind FROM and JOIN, at any depth."""
    reads: dict[Name, None] = {}
    inner = Reader(tokens, read.text, read.schema)
    listed = [0]
    while not inner.done:
        token = inner.take()
        if token.text == "(":
            listed.append(0)
        elif token.text == ")":
            listed = listed[:-1] or [0]
        elif token.kind == "word" and token.text in ("from", "join"):
            listed[-1] = 1
            _relation(inner, reads)
        elif token.text == "," and listed[-1]:
            _relation(inner, reads)
        elif token.kind == "word" and token.text in (*_ENDS, "on", "select", "set"):
            listed[-1] = 0
    functions = read.expression(tokens).functions if tokens else ()
    limited = any(token.text == "limit" for token in tokens)
    return Query(reads=tuple(reads), functions=functions, limited=limited)


def _relation(read: Reader, reads: dict[Name, None]) -> None:
    if read.next.kind in ("word", "quoted") and read.next.text not in ("select", "values"):
        reads.setdefault(read.name())


def copy_of(read: Reader, tokens: Sequence[Token], query: Query) -> Query:
    """Give a query with the columns that it copies out of its one table, if it takes all rows of it."""
    tokens = _without_subqueries(tokens)
    reads = query_of(read, tokens).reads
    words = [token.text for token in tokens if token.kind == "word"]
    table = read.schema.table(reads[0]) if len(reads) == 1 else None
    if table is None or words.count("select") != 1 or not set(words).isdisjoint(_FEWER):
        return query
    inner = Reader(tokens, read.text, read.schema)
    inner.expect("select")
    listed = inner.until("from")
    whole = any(a.text == "*" for a in listed[:1]) or [t.text for t in listed[-2:]] == [".", "*"]
    named = [c.name for c in table.columns] if whole else read.expression(listed).columns
    known = {column.name for column in table.columns}
    spelled = (read.column_of(table.name, column) for column in named)
    return query._replace(copies=tuple((table.name, column) for column in spelled if column in known))


def _without_subqueries(tokens: Sequence[Token]) -> list[Token]:
    """Leave out what stands in parentheses with a SELECT: its columns and conditions are its own."""
    found: list[Token] = []
    opened: list[int] = []
    for token in tokens:
        found.append(token)
        if token.text == "(":
            opened.append(len(found))
        elif token.text == ")" and opened:
            start = opened.pop()
            if any(inner.text == "select" for inner in found[start:]):
                del found[start:-1]
    return found


def insert(read: Reader, span: Span, keyword: str) -> list[Operation]:
    """Read an INSERT or REPLACE behind its first word."""
    if read.words("or"):
        keyword = read.take().text
    read.expect("into")
    table = read.name()
    if read.words("as"):
        read.identifier()
    columns: tuple[str, ...] = ()
    if read.next.text == "(" and read.tokens[read.at + 1].text not in ("select", "values", "with"):
        columns = tuple(part.column(table) for part in read.inside().parts())
    updates = keyword == "replace"
    if read.words("default", "values"):
        return [Insert(span, table, columns, rows=1, updates=updates)]
    if read.words("values"):
        rows = 0
        while read.next.text == "(":
            read.enclosed()
            rows += 1
            if not read.words(","):
                break
        rest = [token.text for token in read.rest()]
        return [Insert(span, table, columns, rows=rows, updates=updates or "update" in rest)]
    tokens = _without_upsert(read.rest())
    updates = updates or any(t.text == "conflict" for t in read.tokens)
    query = copy_of(read, tokens, query_of(read, tokens))
    return [Insert(span, table, columns, query=query, updates=updates)]


def _without_upsert(tokens: list[Token]) -> list[Token]:
    for at, token in enumerate(tokens):
        if token.text == "on" and tokens[at + 1 : at + 2] and tokens[at + 1].text == "conflict":
            return tokens[:at]
    return tokens


def update(read: Reader, span: Span) -> list[Operation]:
    """Read an UPDATE behind its first word."""
    if read.words("or"):
        read.take()
    table = read.name()
    if read.words("indexed", "by") or read.words("not", "indexed") or read.words("as"):
        read.identifier()
    read.expect("set")
    assigned = Reader(read.until("from", "where", "order", "limit", "returning"), read.text, read.schema)
    columns: list[str] = []
    nulls: list[str] = []
    constants: list[tuple[str, str]] = []
    for part in assigned.parts():
        if part.next.text == "(":
            columns += [each.column(table) for each in part.inside().parts()]
            continue
        column = part.column(table)
        part.expect("=")
        value = part.rest()
        columns.append(column)
        if [token.text for token in value] == ["null"]:
            nulls.append(column)
        if len(value) == 1 and (value[0].kind in ("string", "number") or value[0].text in _LITERALS):
            constants.append((column, read.text[value[0].start : value[0].end]))
    source: list[Token] = []
    if read.words("from"):
        source = read.until("where", "order", "limit", "returning")
    filter_ = _filter(read, table, joined=bool(source))
    query = query_of(read, [*assigned.tokens, *read.tokens[read.at :]])
    return [Update(span, table, tuple(columns), filter_, query, tuple(nulls), tuple(constants))]


def delete(read: Reader, span: Span) -> list[Operation]:
    """Read a DELETE behind its first word."""
    read.expect("from")
    table = read.name()
    if read.words("as"):
        read.identifier()
    return [Delete(span, table, _filter(read, table), Query())]


def _filter(read: Reader, table: Name, *, joined: bool = False) -> Filter:
    """Give what a WHERE tells; conditions that are joined by AND alone."""
    if not read.words("where"):
        return Filter(absent=True, joins=joined, limited=read.next.text == "limit")
    tokens = read.until("order", "limit", "returning")
    limited = any(token.text == "limit" for token in read.tokens[read.at :])
    subquery = any(token.text == "select" for token in tokens)
    named = tuple(read.column_of(table, column) for column in read.expression(tokens).columns)
    if any(token.text == "or" for token in tokens):
        return Filter(joins=joined or subquery, limited=limited, columns=named)
    equals, nulls = [], []
    for condition in _conditions(tokens):
        words = [token.text for token in condition[1:]]
        name = read.column_of(table, read.spelled(condition[0])) if condition else ""
        if words in (["is", "null"], ["isnull"]):
            nulls.append(name)
        elif len(words) == 2 and words[0] == "=" and condition[2].kind in ("string", "number"):
            equals.append(name)
    tautology = [token.text for token in tokens] in (["1"], ["true"], ["1", "=", "1"])
    return Filter(
        tautology=tautology,
        equals=tuple(equals),
        nulls=tuple(nulls),
        limited=limited,
        joins=joined or subquery,
        columns=named,
    )


def _conditions(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    found: list[Token] = []
    for token in tokens:
        if token.text == "and":
            if found:
                yield found
            found = []
        else:
            found.append(token)
    if found:
        yield found


def select(read: Reader, span: Span) -> list[Operation]:
    """Read a SELECT or VALUES as a whole."""
    return [Select(span, query_of(read, read.tokens))]


def behind_with(read: Reader, span: Span) -> list[Operation]:
    """Read the statement behind WITH and its subqueries."""
    read.until("select", "insert", "replace", "update", "delete", "values")
    word = read.next.text
    if word in ("select", "values"):
        return select(read, span)
    read.take()
    if word in ("insert", "replace"):
        return insert(read, span, word)
    if word == "update":
        return update(read, span)
    if word == "delete":
        return delete(read, span)
    raise NotUnderstood
