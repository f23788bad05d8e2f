"""When two texts are one definition to the server: what it keeps of them counts, not how they are written.

Casts that it adds, parentheses, the case of words, qualified names, IN lists and the like make no difference.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from miglint.dialects.postgres.expressions import literal_of, walk
from miglint.dialects.postgres.library import Node, SyntaxProblem, parse
from miglint.dialects.postgres.queries import figure_name
from miglint.dialects.postgres.scope import items, strings
from miglint.model import Expression, Function, Name, View
from miglint.text.tokens import tokens

Form = Any
"""A tree of tuples and strings: (kind, parts) for what the server's tree has a node for."""

_TEXTS = frozenset({"text", "varchar", "bpchar", "name", "citext"})
_OF_OPERANDS = frozenset({"int4", "int8", "numeric", "float8", "timestamp", "timestamptz", "interval"})
"""The types that operands are cast to without a word of it, at most."""
_WITH_OPERANDS = frozenset({("operation",), ("any",), ("all",)})
_ROUTINE_OPTIONS = {
    "volatility": "volatile",
    "strict": "false",
    "security": "false",
    "leakproof": "false",
    "parallel": "unsafe",
    "window": "false",
}
_NO_FACT = frozenset({"location", "funcformat", "replace", "relpersistence", "name_location", "skipData"})


class _Renamed(NamedTuple):
    """What a text's names mean now: relations and columns by the name that it was written with.

    `given` are the columns that the query gave when it was written, `outputs` their names now.
    """

    relations: Mapping[Name, Name] = {}
    columns: Mapping[tuple[str, str], str] = {}
    given: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


def alike(one: object, other: object) -> bool | None:
    """Say whether two expressions, views or functions are kept alike; None where that cannot be told."""
    try:
        if isinstance(one, Expression) and isinstance(other, Expression):
            return _alike(*(_Reader().expression(each.text) for each in (one, other)))
        if isinstance(one, View) and isinstance(other, View):
            return _views_alike(one, other)
        if isinstance(one, Function) and isinstance(other, Function) and one.definition and other.definition:
            return _alike(*(_Reader().routine(each.definition) for each in (one, other)))
    except (SyntaxProblem, RecursionError):
        return None
    return None


def _views_alike(one: View, other: View) -> bool | None:
    if one.definition is None or other.definition is None:
        return None
    forms = [_reader_of(view).query(view.definition.text) for view in (one, other) if view.definition]
    # All columns of something that the history does not tell: more than one query may be meant.
    return None if any(map(_holds_star, forms)) else _alike(*forms)


def _reader_of(view: View) -> "_Reader":
    definition = view.definition
    if definition is None:
        return _Reader()
    relations = dict(zip(definition.reads, view.reads, strict=False))
    columns: dict[tuple[str, str], str] = {}
    for (table, old), (_, new) in zip(definition.columns_read, view.columns_read, strict=False):
        if old != new:
            columns[table.name, old] = new
    given, outputs = (tuple(c.name for c in each or ()) for each in (definition.columns, view.columns))
    return _Reader(_Renamed(relations, columns, given, outputs))


def _is_star(target: Node) -> bool:
    fields = target["ResTarget"].get("val", {}).get("ColumnRef", {}).get("fields", ())
    return any("A_Star" in field for field in fields)


def _holds_star(form: Form) -> bool:
    if not isinstance(form, tuple):
        return False
    return form == ("star",) or any(_holds_star(part) for part in form)


class _Reader:
    """Reads one text."""

    def __init__(self, renamed: _Renamed | None = None) -> None:
        self.renamed = renamed or _Renamed()
        self.aliases: dict[str, str] = {}

    def expression(self, text: str) -> Form:
        """Read an expression. Raises SyntaxProblem."""
        node = _parsed(f"SELECT ({text}\n)")["SelectStmt"]["targetList"][0]["ResTarget"]["val"]
        return self.form(node)

    def query(self, text: str) -> Form:
        """Read the statement that made a view. Raises SyntaxProblem."""
        ((_, node),) = _parsed(text).items()
        query = node.get("query", {})
        for tag, value in walk(query):
            if tag == "RangeVar":
                self.aliases[value.get("alias", {}).get("aliasname", value["relname"])] = value["relname"]
        select = query.get("SelectStmt", {})
        if "targetList" in select and self.renamed.outputs:
            targets = self._expanded(select["targetList"], has_names="aliases" in node)
            if len(targets) == len(self.renamed.outputs):
                for target, name in zip(targets, self.renamed.outputs, strict=True):
                    target["ResTarget"]["name"] = name
            select["targetList"] = targets
        return (self.form(query), self.renamed.outputs, node.get("withCheckOption", ""))

    def _expanded(self, targets: list[Node], *, has_names: bool) -> list[Node]:
        """Put columns in the place of a star, where it is the only one."""
        stars = [at for at, target in enumerate(targets) if _is_star(target)]
        if len(stars) != 1 or has_names:
            return targets
        (at,) = stars
        columns = self.renamed.given[at : at + 1 + len(self.renamed.given) - len(targets)]
        owner = targets[at]["ResTarget"]["val"]["ColumnRef"]["fields"][:-1]
        fields = ([*owner, {"String": {"sval": name}}] for name in columns)
        made = [{"ResTarget": {"val": {"ColumnRef": {"fields": each}}}} for each in fields]
        return [*targets[:at], *made, *targets[at + 1 :]]

    def routine(self, text: str) -> Form:
        """Read the statement that made a function or procedure. Raises SyntaxProblem."""
        node = _parsed(text)["CreateFunctionStmt"]
        options: dict[str, Form] = dict(_ROUTINE_OPTIONS)
        settings: list[Form] = []
        language = "sql"
        for item in node.get("options", ()):
            element = item["DefElem"]
            name, argument = element["defname"], element.get("arg", {})
            if name == "set":
                settings.append(self.form(argument))
            elif name == "as":
                options[name] = tuple(_code(text) for text in strings(items(argument)))
            elif name == "language":
                language = argument.get("String", {}).get("sval", "").lower()
            else:
                options[name] = str(next(iter(next(iter(argument.values()), {}).values()), "false")).lower()
        parameters = [self._parameter(item["FunctionParameter"]) for item in node.get("parameters", ())]
        rest = (self.form(node.get(key)) for key in ("returnType", "sql_body", "is_procedure"))
        return (
            "routine",
            language,
            tuple(parameters),
            *rest,
            tuple(sorted(options.items())),
            tuple(settings),
        )

    def _parameter(self, node: Node) -> Form:
        mode = node.get("mode", "").removeprefix("FUNC_PARAM_").replace("DEFAULT", "IN")
        return (node.get("name", ""), self.form(node.get("argType")), mode, self.form(node.get("defexpr")))

    def form(self, node: Any) -> Form:
        """Give what the server keeps of a node."""
        if isinstance(node, list):
            return tuple(map(self.form, node))
        if not isinstance(node, dict):
            return "" if node is None else str(node)
        if len(node) == 1:
            ((tag, value),) = node.items()
            if tag[0].isupper() and isinstance(value, dict):
                read = _FORMS.get(tag)
                return read(self, value) if read else (tag, self._fields(value))
        return self._fields(node)

    def _fields(self, node: Node) -> Form:
        return tuple(
            (key, self.form(value))
            for key, value in sorted(node.items())
            if key not in _NO_FACT and not key.endswith(("_location", "list_start", "list_end"))
        )

    def _column(self, node: Node) -> Form:
        parts = strings(node.get("fields"))
        if any("A_Star" in field for field in node.get("fields", ())):
            return ("star",)
        owners = [self.aliases.get(parts[-2], parts[-2])] if len(parts) > 1 else set(self.aliases.values())
        name = next(
            (new for owner in owners if (new := self.renamed.columns.get((owner, parts[-1])))), parts[-1]
        )
        return ("column", ".".join(parts[:-1]), name)

    def _relation(self, node: Node) -> Form:
        name, schema = node["relname"], node.get("schemaname", "")
        found = [now for then, now in self.renamed.relations.items() if _means(then, name, schema)]
        if len(found) == 1:
            schema, name = found[0].schema, found[0].name
        alias = node.get("alias", {})
        return (
            "relation",
            schema,
            name,
            alias.get("aliasname", ""),
            self.form(alias.get("colnames", [])),
            str(node.get("inh", False)),
        )

    def _target(self, node: Node) -> Form:
        value = node.get("val", {})
        return ("target", node.get("name") or figure_name(value) or "?column?", self.form(value))

    def _call(self, node: Node) -> Form:
        name = strings(node.get("funcname"))
        rest = {key: value for key, value in node.items() if key != "funcname"}
        return ("call", name[-1], ".".join(n for n in name[:-1] if n != "pg_catalog"), self._fields(rest))

    def _current(self, node: Node) -> Form:
        if node.get("op") == "SVFOP_CURRENT_TIMESTAMP":
            return ("call", "now", "", ())
        return ("SQLValueFunction", self._fields(node))

    def _cast(self, node: Node) -> Form:
        return ("cast", self.form(node.get("arg", {})), self._type(node["typeName"]))

    def _type(self, node: Node) -> Form:
        names = [name for name in strings(node.get("names")) if name != "pg_catalog"]
        modifiers = self.form(node.get("typmods", []))
        rest = (
            str(bool(node.get("arrayBounds"))),
            str(bool(node.get("setof"))),
            str(bool(node.get("pct_type"))),
        )
        return ("type", names[-1] if names else "", ".".join(names[:-1]), modifiers, *rest)

    def _constant(self, node: Node) -> Form:
        text, is_null = literal_of({"A_Const": node})
        if is_null:
            return ("null",)
        return ("constant", text if text is not None else str(self._fields(node)), str("sval" in node))

    def _operation(self, node: Node) -> Form:
        kind = node.get("kind", "AEXPR_OP")
        name = strings(node.get("name"))[-1:]
        left, right = node.get("lexpr", {}), node.get("rexpr", {})
        if kind == "AEXPR_IN":
            word = "any" if name == ["="] else "all"
            values = tuple(map(self.form, items(right)))
            if len(values) == 1:
                return ("operation", name[0], self.form(left), values[0])
            return (word, name[0], self.form(left), ("array", values))
        if kind in ("AEXPR_OP_ANY", "AEXPR_OP_ALL"):
            word = kind.removeprefix("AEXPR_OP_").lower()
            return (word, *name, self.form(left), _without_cast(self.form(right)))
        if kind == "AEXPR_BETWEEN":
            low, high = map(self.form, items(right))
            value = self.form(left)
            return ("and", (("operation", ">=", value, low), ("operation", "<=", value, high)))
        if kind in ("AEXPR_OP", "AEXPR_LIKE", "AEXPR_ILIKE"):
            if name == ["-"] and not left and "A_Const" in right:
                text, _ = literal_of(right)
                return ("constant", f"-{text}", "False")
            return ("operation", *name, self.form(left), self.form(right))
        return ("A_Expr", self._fields(node))

    def _logic(self, node: Node) -> Form:
        word = node.get("boolop", "").removesuffix("_EXPR").lower()
        found: list[Form] = []
        for each in map(self.form, node.get("args", ())):
            found += each[1] if word != "not" and each[0] == word else [each]
        return (word, tuple(found))

    def _array(self, node: Node) -> Form:
        return ("array", tuple(map(self.form, node.get("elements", ()))))

    def _string(self, node: Node) -> Form:
        return str(node.get("sval", ""))


_FORMS: dict[str, Callable[[_Reader, Node], Form]] = {
    "A_ArrayExpr": _Reader._array,
    "A_Const": _Reader._constant,
    "A_Expr": _Reader._operation,
    "BoolExpr": _Reader._logic,
    "ColumnRef": _Reader._column,
    "FuncCall": _Reader._call,
    "RangeVar": _Reader._relation,
    "ResTarget": _Reader._target,
    "SQLValueFunction": _Reader._current,
    "String": _Reader._string,
    "TypeCast": _Reader._cast,
    "TypeName": _Reader._type,
}


def _parsed(text: str) -> Node:
    found = parse(text.encode("utf-8", "surrogatepass"))
    if len(found) != 1:
        raise SyntaxProblem("not one statement", None)
    node: Node = found[0]["stmt"]
    return node


def _code(text: str) -> Form:
    """Give a function's body without blanks and comments, which do nothing."""
    return tuple(token.text for token in tokens(text))


def _means(then: Name, name: str, schema: str) -> bool:
    return then.name == name and schema in ("", then.schema)


def _alike(one: Form, other: Form, *, within: bool = False) -> bool:
    """Compare two forms; `within`: they stand in a call or an operation, whose operands the server casts."""
    if one == other:
        return True
    if not isinstance(one, tuple) or not isinstance(other, tuple):
        return False
    kinds = one[:1], other[:1]
    if ("cast",) in kinds:
        return _casts_alike(one, other, within)
    if kinds[0] == kinds[1] and kinds[0] in (("column",), ("relation",), ("call",), ("type",)):
        return _named_alike(one, other)
    if kinds == (("constant",), ("constant",)):
        return bool(_value(one) == _value(other))
    inside = within or kinds[0] in _WITH_OPERANDS
    return len(one) == len(other) and all(
        _alike(a, b, within=inside) for a, b in zip(one, other, strict=True)
    )


def _named_alike(one: Form, other: Form) -> bool:
    """Compare names of which one may be qualified and the other not."""
    kind = one[0]
    schema, rest = (1, (2,)) if kind == "column" else (1, (2, 3, 4, 5)) if kind == "relation" else (2, (1,))
    if one[schema] and other[schema] and one[schema] != other[schema]:
        return False
    if kind in ("call", "type"):
        rest = (1, *range(3, len(one)))
    if kind == "call" and one[1] in ("nextval", "currval", "setval") and one[1] == other[1]:
        return _alike(_of_sequence(one), _of_sequence(other))
    return all(_alike(one[i], other[i], within=kind == "call") for i in rest)


def _of_sequence(form: Form) -> Form:
    """Give a call on a sequence without the schema, the quotes and the cast of its name."""
    if not isinstance(form, tuple):
        return form
    if form[:1] == ("cast",):
        return _of_sequence(form[1])
    if form[:1] == ("constant",):
        return ("constant", form[1].rpartition(".")[2].strip('"'), "True")
    return tuple(_of_sequence(part) for part in form)


def _casts_alike(one: Form, other: Form, within: bool) -> bool:
    both = one[:1] == other[:1] == ("cast",)
    if both and _alike(one[1], other[1], within=within) and _alike(one[2], other[2]):
        return True
    left, right = (_without_cast(form, within=within and not both) for form in (one, other))
    if (left, right) == (one, other) or (both and not (_is_text(one[2]) or _is_text(other[2]))):
        return False
    return _alike(left, right, within=within)


def _without_cast(form: Form, *, within: bool = False) -> Form:
    """Look through casts that the server adds: of constants, of lists of them, to text, of operands."""
    while form[:1] == ("cast",):
        inner = form[1]
        of_constant = inner[:1] in (("constant",), ("array",), ("cast",))
        if not (of_constant or _is_text(form[2]) or (within and form[2][1] in _OF_OPERANDS)):
            break
        form = inner
    return form


def _is_text(type_: Form) -> bool:
    return type_[1] in _TEXTS and not type_[3]


def _value(constant: Form) -> str:
    text: str = constant[1]
    if text.lower() in ("t", "true", "f", "false"):
        return text.lower()[0]
    return text
