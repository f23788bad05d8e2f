"""Functions, procedures and DO blocks. PL/pgSQL is code, not a string: the SQL within is lowered too."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from miglint.dialects.postgres.dynamic import dynamic_literal
from miglint.dialects.postgres.guards import catalog_tests
from miglint.dialects.postgres.lexer import scannable
from miglint.dialects.postgres.library import Node, SyntaxProblem, parse_plpgsql
from miglint.dialects.postgres.options import settings_of
from miglint.dialects.postgres.others import doubt
from miglint.dialects.postgres.parser import statements
from miglint.dialects.postgres.scope import Scope, items, strings
from miglint.dialects.postgres.signatures import OUTPUT_MODES, lower_signature
from miglint.dialects.postgres.types import argument_type
from miglint.model import (
    BlockStatement,
    Call,
    Column,
    Commit,
    CreateFunction,
    CreateIndex,
    CreateTable,
    Decision,
    DoBlock,
    DropIndex,
    Handled,
    Operation,
    RaiseError,
    Rollback,
    Span,
    Table,
    Unparsed,
)
from miglint.text.lazy import expression

Lower = Callable[[Node, Scope], list[Operation]]

# What the conditions of handlers that can catch a refusal stand for.
_SQLSTATES = {
    "others": "",
    "cannot_coerce": "42846",
    "datatype_mismatch": "42804",
    "dependent_objects_still_exist": "2BP01",
    "duplicate_column": "42701",
    "duplicate_function": "42723",
    "duplicate_object": "42710",
    "duplicate_schema": "42P06",
    "duplicate_table": "42P07",
    "feature_not_supported": "0A000",
    "invalid_function_definition": "42P13",
    "invalid_table_definition": "42P16",
    "invalid_text_representation": "22P02",
    "object_not_in_prerequisite_state": "55000",
    "syntax_error_or_access_rule_violation": "42000",
    "wrong_object_type": "42809",
}
_DYNAMIC = "EXECUTE of text that is only known at run time"
_DROP = expression(r"\b(?:drop|rename)\b", re.IGNORECASE)
_WORD = expression(r"\w+")
# Decisions within decisions. Nobody writes that many, and each takes some of the stack.
_TARGET = expression(r"^[^=]*=")
_ERROR = 21
_ASSIGNS = 3  # RAW_PARSE_PLPGSQL_ASSIGN1: the text begins with the target
_DEEPEST = 100


def lower_do(node: Node, scope: Scope, lower: Lower) -> list[Operation]:
    """`DO`: the operations of its body, in place."""
    options = {o["DefElem"]["defname"]: o["DefElem"].get("arg", {}) for o in node.get("args", ())}
    language = options.get("language", {}).get("String", {}).get("sval", "plpgsql")
    body = options.get("as", {}).get("String", {}).get("sval", "")
    span = scope.raw.span
    if language != "plpgsql":
        return [DoBlock(span=span, parsed=False, reason=f"the block is written in {language}")]
    try:
        found = _Block(scope, body, lower).statements(scope.text[span.start : span.end])
    except SyntaxProblem as problem:
        return [DoBlock(span=span, parsed=False, reason=problem.message)]
    return [DoBlock(span=span, body=tuple(found))]


def lower_function(node: Node, scope: Scope, lower: Lower) -> list[Operation]:
    """`CREATE FUNCTION` and `CREATE PROCEDURE`."""
    options = {o["DefElem"]["defname"]: o["DefElem"].get("arg", {}) for o in node.get("options", ())}
    names = strings(node["funcname"])
    language = options.get("language", {}).get("String", {}).get("sval", "sql").lower()
    returns = node.get("returnType", {})
    body: list[BlockStatement] = []
    source = strings(items(options.get("as", {})))
    if language == "plpgsql" and source:
        try:
            body = _Block(scope, source[0], lower).statements(scope.text[slice(*scope.raw.span)])
        except SyntaxProblem:
            body = []  # The server checks a body only when it runs; its effects stay unknown.
    elif language == "sql" and source:
        body = list(_sql_body(source[0], scope, lower))
    return [
        CreateFunction(
            span=scope.raw.span,
            function=scope.created(names[-1], names[-2] if len(names) > 1 else None),
            arguments=tuple(
                argument_type(item["FunctionParameter"]["argType"], scope)
                for item in node.get("parameters", ())
                if item["FunctionParameter"].get("mode") not in OUTPUT_MODES
            ),
            procedure=bool(node.get("is_procedure")),
            language=language,
            volatility=options.get("volatility", {}).get("String", {}).get("sval", "volatile"),
            returns=strings(returns.get("names"))[-1] if returns else "",
            body=tuple(body),
            definition=scope.sql,
            replace=bool(node.get("replace")),
            definer=bool(options.get("security", {}).get("Boolean", {}).get("boolval")),
            settings=tuple(settings_of(node)),
            signature=lower_signature(node, scope),
        )
    ]


def lower_call(node: Node, scope: Scope) -> list[Operation]:
    """`CALL procedure(...)`."""
    name = scope.function_name(strings(node["funccall"]["funcname"]))
    return [Call(scope.raw.span, name, () if scope.schema.functions.get(name) else (doubt(scope),))]


def _sql_body(body: str, scope: Scope, lower: Lower) -> Iterator[BlockStatement]:
    at = scope.text.find(body, scope.raw.span.start, scope.raw.span.end)
    shift = max(at, 0)
    text = scope.text if at >= 0 else body
    for raw in statements(body, shift):
        if raw.reason:
            continue
        inner = scope._replace(raw=raw, text=text, source=None)
        lowered = lower({raw.kind: raw.node}, inner)
        scope = _with_new_tables(lowered, scope)
        yield _pinned(lowered, raw.span if at >= 0 else scope.raw.span, at >= 0)


def _with_new_tables(operations: list[Operation], scope: Scope) -> Scope:
    """Let the names in the rest of a body mean the tables that it makes, temporary ones among them."""
    schema = scope.schema
    for operation in operations:
        if isinstance(operation, CreateTable) and operation.table not in schema.relations:
            columns = tuple(Column(name=c.name, type=c.type) for c in operation.columns)
            schema = schema.with_relation(Table(operation.table, columns, complete=False))
    return scope._replace(schema=schema)


class _Where(NamedTuple):
    loop: bool = False
    branches: tuple[tuple[Decision, int], ...] = ()
    handled: tuple[Handled, ...] = ()

    def way(self, decision: Decision, number: int) -> "_Where":
        return self._replace(branches=(*self.branches, (decision, number)))


class _Block:
    """Walks the tree of one PL/pgSQL body and lowers the SQL in it."""

    def __init__(self, scope: Scope, body: str, lower: Lower) -> None:
        self.scope = scope._replace(source=None)
        self.lower = lower
        at = scope.text.find(body, scope.raw.span.start, scope.raw.span.end)
        self.verbatim = at >= 0
        self.start = at if at >= 0 else scope.raw.span.start
        self.body = body
        self.decisions = 0
        self.may_have_ended = False
        self.line_starts = [0, *(m.end() for m in re.finditer("\n", body))]

    def statements(self, statement: str) -> list[BlockStatement]:
        """Give the SQL statements of the body in the order of the text."""
        found: list[BlockStatement] = []
        code = scannable(self.body)
        if code != self.body:
            statement = statement.replace(self.body, code)
        for item in parse_plpgsql(scannable(statement).encode("utf-8", "surrogatepass")):
            function = item.get("PLpgSQL_function", {})
            self.scope = self.scope._replace(variables=_variables(function))
            self._walk(function.get("action", {}), _Where(), found)
        return found

    def _walk(self, node: Any, where: _Where, found: list[BlockStatement]) -> None:
        if isinstance(node, list):
            for item in node:
                self._walk(item, where, found)
            return
        for kind, value in node.items():
            self._statement(kind, value, where, found)

    def _statement(self, kind: str, node: Node, where: _Where, found: list[BlockStatement]) -> None:
        line = node.get("lineno", 1)
        if kind == "PLpgSQL_stmt_block":
            handlers = node.get("exceptions", {}).get("PLpgSQL_exception_block", {}).get("exc_list", ())
            self._walk(node.get("body", []), self._handled(handlers, where), found)
            ways = [handler["PLpgSQL_exception"].get("action", []) for handler in handlers]
            self._ways(ways, Decision(self._number(), len(ways) + 1), where, found)
        elif kind in (
            "PLpgSQL_stmt_loop",
            "PLpgSQL_stmt_while",
            "PLpgSQL_stmt_fori",
            "PLpgSQL_stmt_foreach_a",
        ):
            self._walk(node.get("body", []), where._replace(loop=True), found)
        elif kind in ("PLpgSQL_stmt_fors", "PLpgSQL_stmt_dynfors", "PLpgSQL_stmt_forc"):
            self._query(node.get("query"), line, where, found, dynamic=kind == "PLpgSQL_stmt_dynfors")
            self._walk(node.get("body", []), where._replace(loop=True), found)
        elif kind == "PLpgSQL_stmt_if":
            others = [item["PLpgSQL_if_elsif"] for item in node.get("elsif_list", ())]
            for each in (node, *others):
                self._condition(each.get("cond"), line, where, found)
            ways = [node.get("then_body", []), *(each.get("stmts", []) for each in others)]
            tests = tuple(catalog_tests(_text_of(each.get("cond"))) for each in (node, *others))
            decision = Decision(self._number(), len(ways) + 1, tests)
            self._ways([*ways, node.get("else_body", [])], decision, where, found)
        elif kind == "PLpgSQL_stmt_case":
            cases = [item["PLpgSQL_case_when"] for item in node.get("case_when_list", ())]
            ways = [*(case.get("stmts", []) for case in cases), node.get("else_stmts", [])]
            # Without an ELSE the server fails where no case holds.
            count = len(ways) if node.get("have_else") else len(cases)
            self._ways(ways, Decision(self._number(), count), where, found)
        elif kind == "PLpgSQL_stmt_execsql":
            self._query(node.get("sqlstmt"), line, where, found)
        elif kind in ("PLpgSQL_stmt_perform", "PLpgSQL_stmt_call"):
            self._query(node.get("expr"), line, where, found)
        elif kind in ("PLpgSQL_stmt_assign", "PLpgSQL_stmt_return"):
            self._condition(node.get("expr"), line, where, found)
            self.may_have_ended = self.may_have_ended or kind == "PLpgSQL_stmt_return"
        elif kind == "PLpgSQL_stmt_dynexecute":
            self._query(node.get("query"), line, where, found, dynamic=True)
        elif kind == "PLpgSQL_stmt_raise" and node.get("elog_level", 0) >= _ERROR:
            if self.may_have_ended:
                return
            span = self._line_span(line)
            own = node.get("condname") or node.get("options")
            raised = RaiseError(span, node.get("message", ""), "" if own else "P0001")
            found.append(self._block_statement([raised], span, where, dynamic=False))
        elif kind in ("PLpgSQL_stmt_commit", "PLpgSQL_stmt_rollback"):
            end = Commit if kind.endswith("commit") else Rollback
            span = self._line_span(line)
            found.append(self._block_statement([end(span=span)], span, where, dynamic=False))

    def _condition(self, node: Any, line: int, where: _Where, found: list[BlockStatement]) -> None:
        """Note the queries in a condition, or in the value of a variable or a function."""
        condition = _text_of(node)
        if "select" in condition.lower():
            span = self._line_span(line)
            assigned = node["PLpgSQL_expr"].get("parseMode", 0) >= _ASSIGNS
            value = _TARGET.sub("", condition) if assigned else condition
            operations = self._lower_text(f"SELECT {value}", None, span)
            found.append(self._block_statement(operations, span, where, dynamic=False))

    def _handled(self, handlers: Sequence[Node], where: _Where) -> _Where:
        if not handlers:
            return where
        named = (
            condition["PLpgSQL_condition"]["condname"]
            for handler in handlers
            for condition in handler["PLpgSQL_exception"].get("conditions", ())
        )
        sqlstates = frozenset(_SQLSTATES.get(name, name) for name in named)
        block = Handled(self._number(), len(where.branches), sqlstates)
        return where._replace(handled=(*where.handled, block))

    @cached_property
    def _dropped(self) -> frozenset[str]:
        """The words of the body, among which are the names of what text made at run time may drop."""
        if not _DROP.search(self.body):
            return frozenset()
        words = frozenset(_WORD.findall(self.body))
        return words.union(map(str.lower, words))

    def _number(self) -> int:
        self.decisions += 1
        return self.decisions

    def _ways(self, ways: list[Any], decision: Decision, where: _Where, found: list[BlockStatement]) -> None:
        if len(where.branches) >= _DEEPEST:
            raise RecursionError
        for number, statements_ in enumerate(ways):
            self._walk(statements_, where.way(decision, number), found)

    def _query(
        self, node: Any, line: int, where: _Where, found: list[BlockStatement], *, dynamic: bool = False
    ) -> None:
        query = _text_of(node)
        at = self._find(query, line)
        span = self._line_span(line) if at is None else Span(at, at + len(query))
        if dynamic:
            literal = dynamic_literal(query)
            if literal is None:
                unknown = Unparsed(span=span, reason=_DYNAMIC, refused=False, drops=self._dropped)
                found.append(self._block_statement([unknown], span, where, dynamic=True))
                return
            operations = self._lower_text(literal, None, span)
        else:
            operations = self._lower_text(query, at, span)
        found.append(self._block_statement(operations, span, where, dynamic=dynamic))

    def _block_statement(
        self, operations: list[Operation], span: Span, where: _Where, *, dynamic: bool
    ) -> BlockStatement:
        return BlockStatement(
            operations=tuple(operations),
            span=span,
            loop=where.loop,
            branches=where.branches,
            dynamic=dynamic,
            handled=where.handled,
        )

    def _lower_text(self, text: str, at: int | None, span: Span) -> list[Operation]:
        found: list[Operation] = []
        for raw in statements(text, at or 0):
            if raw.reason:
                found.append(Unparsed(span=span, reason=raw.reason, refused=raw.refused))
                continue
            inner = self.scope._replace(raw=raw, text=self.scope.text if at is not None else text)
            lowered = self.lower({raw.kind: raw.node}, inner)
            self.scope = _with_new_tables(lowered, self.scope)
            found += _pinned(lowered, span, at is not None).operations
        return found

    def _find(self, query: str, line: int) -> int | None:
        """Give where a query stands in the source; None when it is not there to the letter.

        The library blanks the INTO clause of a SELECT, so runs of spaces match anything as long.
        """
        if not self.verbatim or not query:
            return None
        start = self.line_starts[min(line, len(self.line_starts)) - 1]
        # PERFORM becomes SELECT; the text behind the first word stays.
        at = self.body.find(query, start)
        if at < 0 and query.startswith("SELECT "):
            rest = self.body.find(query[len("SELECT ") :], start)
            at = rest - len("SELECT ") if rest >= len("SELECT ") else -1
        if at < 0 and "   " in query:
            pattern = re.sub(
                r"\\ {4,}|(?:\\ ){4,}", lambda m: f".{{{m.group().count(' ')}}}", re.escape(query)
            )
            match = re.compile(pattern, re.DOTALL).search(self.body, start)
            at = match.start() if match else -1
        return self.start + at if at >= 0 else None

    def _line_span(self, line: int) -> Span:
        if not self.verbatim:
            return self.scope.raw.span
        start = self.line_starts[min(line, len(self.line_starts)) - 1]
        end = self.body.find("\n", start)
        text = self.body[start : end if end >= 0 else len(self.body)]
        indent = len(text) - len(text.lstrip())
        begin = self.start + start + indent
        return Span(begin, begin + max(len(text.strip()), 1))


def _text_of(expression: Any) -> str:
    text: str = (expression or {}).get("PLpgSQL_expr", {}).get("query", "")
    return text


def _variables(function: Node) -> frozenset[str]:
    found = set()
    for datum in function.get("datums", ()):
        for value in datum.values():
            name = value.get("refname")
            if name and name not in ("found", "sqlstate", "sqlerrm"):
                found.add(name)
    return frozenset(found)


def _pinned(operations: list[Operation], span: Span, exact: bool) -> BlockStatement:
    """Give a block statement; where the text is not in the source, every span becomes the given one."""
    if not exact:
        operations = [_pin(operation, span) for operation in operations]
    return BlockStatement(operations=tuple(operations), span=span)


def _pin(value: Any, span: Span) -> Any:
    if isinstance(value, Span):
        return span
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        pinned: Any = type(value)(*(_pin(item, span) for item in value))
        # Offsets other than spans are of a text that the source does not hold.
        return pinned._replace(keyword=None) if isinstance(value, (CreateIndex, DropIndex)) else pinned
    if isinstance(value, tuple):
        return tuple(_pin(item, span) for item in value)
    return value
