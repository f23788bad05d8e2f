"""What the body of a function names: tables, columns, functions, types, values of enums.

The server keeps a body as text and looks its names up at each call, so nothing keeps what it names from being
dropped, and no rename reaches it. Only what is sure is given: no text made at run time, no name that a
variable or an unknown relation could have as well, nothing in a block whose handlers would catch the error.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from miglint.dialects.postgres.builtin_functions import NOT_VOLATILE, OF_EXTENSIONS, VOLATILE
from miglint.dialects.postgres.expressions import walk
from miglint.dialects.postgres.lexer import scannable
from miglint.dialects.postgres.library import Node, SyntaxProblem, parse_plpgsql
from miglint.dialects.postgres.parser import statements
from miglint.dialects.postgres.queries import figure_name
from miglint.dialects.postgres.scope import TEMPORARY_SCHEMA, Scope, items, strings
from miglint.dialects.sql.replay.naming import SYSTEM_COLUMNS
from miglint.model import BodyNames, EnumType, Function, Name, Schema, Sought, Table, View
from miglint.text.lazy import expression

_TYPE_OF = expression(r'^(?:"?(\w+)"?\.)?"?(\w+)"?\."?(\w+)"?\s*%type', flags=2)
_ROW_OF = expression(r'^(?:"?(\w+)"?\.)?"?(\w+)"?\s*%rowtype', flags=2)
_ROWS = ("new", "old")
_OF_QUERY = ("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt")
_SOURCES = ("fromClause", "usingClause", "relation")


def names_in(function: Function, schema: Schema, search_path: tuple[str, ...]) -> BodyNames | None:
    """Give what the body of a function names in a schema; None where it cannot be told."""
    node = next((raw.node for raw in statements(function.definition) if raw.kind == "CreateFunctionStmt"), {})
    options = [option["DefElem"] for option in node.get("options", ())]
    source = strings(items(next((o.get("arg", {}) for o in options if o["defname"] == "as"), {})))
    if len(source) != 1 or function.language not in ("plpgsql", "sql"):
        return None
    for option in options:
        setting = option.get("arg", {}).get("VariableSetStmt", {}) if option["defname"] == "set" else {}
        if setting.get("name") == "search_path":
            values = (
                arg.get("A_Const", {}).get("sval", {}).get("sval", "") for arg in setting.get("args", ())
            )
            search_path = tuple(value for value in values if value)
    parameters = (parameter["FunctionParameter"].get("name", "") for parameter in node.get("parameters", ()))
    body = _Body(schema, search_path, {*parameters, function.name.name})
    try:
        texts, typed = [source[0]], list[str]()
        if function.language == "plpgsql":
            texts, typed = _plpgsql(function.definition, source[0], body)
        trees = [raw for text in texts for raw in statements(text)]
    except SyntaxProblem:
        return None
    if body.handled or any(raw.reason for raw in trees):
        return None
    body.made = {made for raw in trees for made in _made(raw.kind, raw.node)}
    for name in typed:
        body.type_written(name)
    for raw in trees:
        body.statement(raw.kind, raw.node, (), frozenset())
    return body.names()


def columns_sought(kind: str, statement: Node, scope: Scope) -> tuple[Sought, ...]:
    """Give the columns that a statement names where none of the relations there has one of that name."""
    body = _Body(scope.schema, (TEMPORARY_SCHEMA, *scope.search_path), set())
    body.statement(kind, statement, (), scope.common)
    return tuple(body.sought)


def _plpgsql(definition: str, source: str, body: "_Body") -> tuple[list[str], list[str]]:
    """Give the SQL of a PL/pgSQL body, each expression as a SELECT, and the types that it declares."""
    texts, typed = [], []
    code = scannable(source)
    text = scannable(definition.replace(source, code)).encode("utf-8", "surrogatepass")
    for item in parse_plpgsql(text):
        for kind, node in walk(item):
            if kind == "PLpgSQL_expr":
                texts.append(_as_query(node.get("query", ""), node.get("parseMode", 0)))
            elif kind == "PLpgSQL_type":
                typed.append(node.get("typname", ""))
            elif kind == "PLpgSQL_exception_block":
                body.handled = True
            elif kind in ("PLpgSQL_var", "PLpgSQL_rec", "PLpgSQL_row"):
                body.variables.add(node.get("refname", ""))
                body.variables.update(field.get("name", "") for field in node.get("fields", ()))
    return [text for text in texts if text], typed


def _as_query(query: str, mode: int) -> str:
    """Give an expression, or an assignment to so many parts of a name, as a query."""
    if mode == 0:
        return query
    if mode <= 2:
        return f"SELECT {query}"
    target, mark, value = query.partition(":=")
    if not mark or "=" in target:
        target, _, value = query.partition("=")
    return f"SELECT {target}, {value}" if "[" not in target else f"SELECT {value}"


def _made(kind: str, node: Node) -> Iterator[str]:
    """Give the names of tables that a statement of the body makes."""
    if kind == "CreateStmt":
        yield node["relation"]["relname"]
    elif kind == "CreateTableAsStmt":
        yield node["into"]["rel"]["relname"]
    elif kind == "SelectStmt" and "intoClause" in node:
        yield node["intoClause"]["rel"]["relname"]


def _given(select: Node) -> set[str]:
    """Give the names of the columns that a SELECT gives, by which it can be ordered and grouped."""
    targets = [target["ResTarget"] for target in select.get("targetList", ()) if "ResTarget" in target]
    return {target.get("name") or figure_name(target.get("val", {})) or "" for target in targets}


def _names(item: Node, columns: set[str]) -> bool:
    """Whether an item of ORDER BY, GROUP BY or DISTINCT ON is one of these columns, or has it in a set."""
    expression_ = item.get("SortBy", {}).get("node", item)
    found = walk(expression_) if "GroupingSet" in expression_ else expression_.items()
    named = (strings(node.get("fields")) for kind, node in found if kind == "ColumnRef")
    return any(len(names) == 1 and names[0] in columns for names in named)


class _Source(NamedTuple):
    """One entry of a FROM; `relation` is None for what has columns of its own."""

    alias: str
    relation: Name | None


_Levels = tuple[tuple[_Source, ...], ...]


class _Body:
    """Collects what the statements of one body name."""

    def __init__(self, schema: Schema, search_path: tuple[str, ...], variables: set[str]) -> None:
        self.schema = schema
        self.search_path = search_path
        self.variables = variables
        self.handled = False
        self.made: set[str] = set()
        self.sought: list[Sought] = []
        self._relations: set[Name] = set()
        self._columns: set[tuple[Name, str]] = set()
        self._functions: set[Name] = set()
        self._types: set[Name] = set()
        self._values: set[tuple[Name, str]] = set()
        self._of_rows: set[str] = set()

    def names(self) -> BodyNames:
        """Give what was found."""
        return BodyNames(
            relations=frozenset(self._relations),
            columns=frozenset(self._columns),
            functions=frozenset(self._functions),
            types=frozenset(self._types),
            values=frozenset(self._values),
            of_rows=frozenset(self._of_rows),
        )

    def statement(self, kind: str, node: Node, outer: _Levels, common: frozenset[str]) -> None:
        """Take in a statement; `common` are the queries in WITH around it."""
        ctes = [item["CommonTableExpr"] for item in node.get("withClause", {}).get("ctes", ())]
        common |= {cte.get("ctename", "") for cte in ctes}
        for cte in ctes:
            self._nested(cte.get("ctequery", {}), outer, common)
        for side in ("larg", "rarg"):
            if side in node:
                self.statement("SelectStmt", node[side], outer, common)
        rest = {key: value for key, value in node.items() if key not in ("withClause", "larg", "rarg")}
        own: list[_Source] = []
        target = node.get("relation") if kind in ("InsertStmt", "UpdateStmt", "DeleteStmt") else None
        written = self._source(target, common) if isinstance(target, dict) else None
        if written is not None:
            own.append(written)
        if written is not None and written.relation is not None:
            self._targets(kind, node, written.relation)
        for clause in ("fromClause", "usingClause"):
            for item in node.get(clause, ()):
                self._from(item, own, outer, common)
        if kind == "InsertStmt":
            own.append(_Source("excluded", written.relation if written else None))
            self._nested(rest.pop("selectStmt", {}), outer, common)
        if kind in _OF_QUERY:
            rest = {key: value for key, value in rest.items() if key not in _SOURCES}
        if kind == "SelectStmt":
            own_names = _given(node)
            for clause in ("sortClause", "groupClause", "distinctClause"):
                rest[clause] = [item for item in rest.get(clause, ()) if not _names(item, own_names)]
            if "larg" in node:
                rest["sortClause"] = []
        self._rest(rest, (tuple(own), *outer), common)

    def _targets(self, kind: str, node: Node, table: Name) -> None:
        """Take in the columns that a statement writes."""
        lists = [node.get("cols", ())] if kind == "InsertStmt" else []
        lists += [node.get("targetList", ())] if kind == "UpdateStmt" else []
        lists += [node.get("onConflictClause", {}).get("targetList", ())]
        for target in (item["ResTarget"] for items_ in lists for item in items_ if "ResTarget" in item):
            self._column(table, target.get("name", ""))
        infer = node.get("onConflictClause", {}).get("infer", {})
        for element in infer.get("indexElems", ()):
            self._column(table, element.get("IndexElem", {}).get("name", ""))

    def _from(self, item: Node, own: list[_Source], outer: _Levels, common: frozenset[str]) -> None:
        if "JoinExpr" in item:
            join = item["JoinExpr"]
            for side in ("larg", "rarg"):
                self._from(join.get(side, {}), own, outer, common)
            if "alias" in join or "usingClause" in join or join.get("isNatural"):
                # Columns that are joined by name belong to both sides.
                own.append(_Source(join.get("alias", {}).get("aliasname", ""), None))
            self._rest(join.get("quals", {}), (tuple(own), *outer), common)
        elif "RangeVar" in item:
            own.append(self._source(item["RangeVar"], common))
        elif "RangeSubselect" in item:
            node = item["RangeSubselect"]
            self._nested(node.get("subquery", {}), (tuple(own), *outer), common)
            own.append(_Source(node.get("alias", {}).get("aliasname", ""), None))
        else:
            for kind, node in item.items():
                alias = node.get("alias", {}).get("aliasname", "") if isinstance(node, dict) else ""
                self._rest({kind: node}, (tuple(own), *outer), common)
                own.append(_Source(alias, None))

    def _source(self, node: Node, common: frozenset[str]) -> _Source:
        alias, name = node.get("alias", {}), node["relname"]
        relation: Name | None = None
        if "schemaname" in node or name not in common | self.made:
            relation = self._relation(name, node.get("schemaname"))
        if relation is not None:
            self._relations.add(relation)
        # `users AS u(a, b)` gives the columns other names.
        renamed = "colnames" in alias
        return _Source(alias.get("aliasname", name), None if renamed else relation)

    def _nested(self, tagged: Node, levels: _Levels, common: frozenset[str]) -> None:
        for kind, node in tagged.items():
            if kind in _OF_QUERY:
                self.statement(kind, node, levels, common)
            else:
                self._rest(node, levels, common)

    def _rest(self, node: Any, levels: _Levels, common: frozenset[str]) -> None:
        """Take in the names in all that is no query of its own."""
        stack = [node]
        while stack:
            current = stack.pop()
            if isinstance(current, list):
                stack += current
                continue
            if not isinstance(current, dict):
                continue
            for key, value in current.items():
                if key == "typmods":
                    continue  # `geometry(Point)`: its words look like columns.
                if key in _OF_QUERY:
                    self.statement(key, value, levels, common)
                    continue
                if key == "ColumnRef":
                    self._reference(value, levels)
                elif key == "RangeVar" or (key == "relation" and isinstance(value, dict)):
                    self._source(value.get("RangeVar", value), common)
                    continue
                elif key in ("FuncCall", "funccall"):
                    self._call(strings(value.get("funcname")))
                elif key == "TypeCast":
                    self._cast(value)
                elif key == "A_Expr":
                    self._compared(value, levels)
                stack.append(value)

    def _reference(self, node: Node, levels: _Levels) -> tuple[Name, str] | None:
        fields = strings(node.get("fields"))
        if not fields or any("A_Star" in field for field in node.get("fields", ())):
            return None
        column, qualifier = fields[-1], fields[:-1]
        if len(qualifier) == 1 and qualifier[0] in _ROWS:
            self._of_rows.add(column)
        found = self._qualified(qualifier, levels) if qualifier else self._bare(column, levels)
        if found is None:
            return None
        if qualifier and not self._may_be(found, column):
            self.sought.append(Sought(column, (found,)))
        self._column(found, column)
        return found, column

    def _may_be(self, relation: Name, word: str) -> bool:
        """Whether a word after a relation means something: a column, or a function of the row, as in f(t)."""
        functions = (NOT_VOLATILE, VOLATILE, OF_EXTENSIONS)
        if word in SYSTEM_COLUMNS or any(word in names for names in functions):
            return True
        known = self.schema.relations.get(relation)
        if (
            not isinstance(known, (Table, View))
            or known.all_columns is None
            or known.column(word) is not None
        ):
            return True
        return any(name.name == word for name in self.schema.functions)

    def _qualified(self, qualifier: list[str], levels: _Levels) -> Name | None:
        if qualifier[0] in self.variables:
            return None
        for level in levels:
            for source in level:
                whole = len(qualifier) > 1 and source.relation == Name(qualifier[-2], qualifier[-1])
                if whole or (len(qualifier) == 1 and source.alias == qualifier[0]):
                    return source.relation
        return None

    def _bare(self, column: str, levels: _Levels) -> Name | None:
        """Give the relation whose column a bare name is; None where another could have it as well."""
        if column in self.variables or column in SYSTEM_COLUMNS:
            return None
        among: list[Name] = []
        for level in levels:
            found = []
            for relation in (self.schema.relations.get(s.relation) if s.relation else None for s in level):
                if not isinstance(relation, (Table, View)) or relation.all_columns is None:
                    return None
                among.append(relation.name)
                found += [relation.name for each in relation.all_columns if each.name == column]
            if found:
                return found[0] if len(set(found)) == 1 else None
        # The name of a relation is a row of it.
        if not any(source.alias == column for level in levels for source in level):
            self.sought.append(Sought(column, tuple(dict.fromkeys(among))))
        return None

    def _column(self, relation: Name, column: str) -> None:
        if column:
            self._columns.add((relation, column))

    def _call(self, parts: list[str]) -> None:
        if len(parts) == 1 and (parts[0] in NOT_VOLATILE or parts[0] in VOLATILE):
            return
        name = self._among(parts, self.schema.functions)
        if name is not None:
            self._functions.add(name)

    def _cast(self, node: Node) -> None:
        name = self._among(strings(node["typeName"].get("names")), self.schema.types)
        if name is None:
            return
        self._types.add(name)
        constant = node.get("arg", {}).get("A_Const", {}).get("sval", {}).get("sval")
        if constant is not None:
            self._values.add((name, constant))

    def _compared(self, node: Node, levels: _Levels) -> None:
        """Take in the constants that a column of an enum is compared with."""
        reference = node.get("lexpr", {}).get("ColumnRef")
        if reference is None or strings(node.get("name"))[-1:] not in (["="], ["<>"]):
            return
        found = self._reference(reference, levels)
        table = self.schema.table(found[0]) if found else None
        column = table.column(found[1]) if table and found else None
        enum = self.schema.types.get(column.type.qualified) if column and column.type.qualified else None
        if not isinstance(enum, EnumType):
            return
        right = node.get("rexpr", {})
        for constant in (right, *items(right)) if isinstance(right, dict) else ():
            value = constant.get("A_Const", {}).get("sval", {}).get("sval")
            if value is not None:
                self._values.add((enum.name, value))

    def type_written(self, written: str) -> None:
        """Take in a type that a variable is declared with."""
        written = written if '"' in written else written.lower()
        for pattern in (_TYPE_OF, _ROW_OF):
            match = pattern.match(written)
            if match is None:
                continue
            place, name, *column = match.groups()
            relation = self._relation(name, place)
            if relation is not None:
                self._relations.add(relation)
                self._column(relation, column[0] if column else "")
            return
        name_ = self._among(written.replace('"', "").split("."), self.schema.types)
        if name_ is not None:
            self._types.add(name_)

    def _relation(self, name: str, schema: str | None) -> Name | None:
        return self._among([name] if schema is None else [schema, name], self.schema.relations)

    def _among(self, parts: list[str], known: Any) -> Name | None:
        """Give the object that a name means; None for one that is not there."""
        places = parts[-2:-1] or self.search_path
        return next((name for place in places if (name := Name(place, parts[-1])) in known), None)
