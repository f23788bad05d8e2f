"""Where a small fault can be put, and what it is: over the syntax tree, one place at a time."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).parents[2] / "src" / "miglint"
ROOMS: dict[str, tuple[str, ...]] = {
    "readers": ("tools", "text"),
    "effects": ("dialects/postgres/effects",),
    "replay": ("dialects/sql/replay",),
    "session": ("dialects/sql/session", "dialects/postgres/settings.py"),
    "findings": ("findings",),
    "git": ("git",),
    "simulate": ("simulate", "engine.py"),
    "checks": ("checks",),
}

_SWAPPED: dict[type, type] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
_PAIRS = (
    ("any", "all"), ("min", "max"), ("startswith", "endswith"), ("union", "intersection"),
    ("partition", "rpartition"), ("lstrip", "rstrip"), ("removeprefix", "removesuffix"),
)  # fmt: skip
_NAMES = dict(_PAIRS) | {second: first for first, second in _PAIRS}
_LONGEST_LIST = 40
_SHOWN = 60
_NEVER_SWAPPED = {"cast", "getattr", "hasattr", "isinstance", "issubclass"}
"""The other way round they fail at once, or change nothing."""
_NOT_RUN = {"annotation", "returns", "decorator_list", "bases", "keywords", "targets", "target", "ctx"}


class Mutant(NamedTuple):
    """One fault; `number` is its place in the order of its file, `first` and `last` lines whose tests see it.

    `by_import`: it stands outside of every function's body, so that it is there only for who imports it anew.
    """

    path: str
    number: int
    line: int
    first: int
    last: int
    function: str
    before: str
    after: str
    by_import: bool
    value: str = ""

    @property
    def name(self) -> str:
        """What its module calls the value that it is in."""
        return self.value or self.function.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.function or 'module'}: {self.before}  ->  {self.after}"


class _Fault(NamedTuple):
    """How one node becomes another: `field` of `owner` gets `new`, at `index` where the field is a list."""

    owner: ast.AST
    field: str
    index: int | None
    new: ast.AST | None


class _Place(NamedTuple):
    """A fault with the definitions and statements around it."""

    fault: _Fault
    around: tuple[ast.AST, ...]
    by_import: bool


def paths(room: str) -> list[Path]:
    """Give the files of a room."""
    found: list[Path] = []
    for place in ROOMS[room]:
        path = SOURCE / place
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return found


def mutants(path: Path) -> list[Mutant]:
    """Give all mutants of a file, in its order."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name = path.relative_to(SOURCE).as_posix()
    return [_described(name, number, place) for number, place in enumerate(_places(tree))]


def mutated(mutant: Mutant) -> tuple[ast.Module, list[ast.stmt]]:
    """Give the tree of its file with a mutant in it, and the definitions down to the outermost function."""
    tree = ast.parse((SOURCE / mutant.path).read_text(encoding="utf-8"))
    place = list(_places(tree))[mutant.number]
    _put(place.fault)
    definitions: list[ast.stmt] = []
    for node in place.around:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            definitions.append(node)
        if isinstance(node, ast.FunctionDef):
            break
    return ast.fix_missing_locations(tree), definitions


def _described(path: str, number: int, place: _Place) -> Mutant:
    fault, around = place.fault, place.around
    shown = _shown(around)
    before = _text(shown)
    old = getattr(fault.owner, fault.field)
    node = old[fault.index] if fault.index is not None else old
    _put(fault)
    after = _text(fault.new if isinstance(fault.new, ast.stmt) else shown)
    setattr(fault.owner, fault.field, old)
    names = [n.name for n in around if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    line = next(n.lineno for n in (node, fault.owner, *reversed(around)) if hasattr(n, "lineno"))
    first, last = _lines_of_tests(place, line)
    before, after = _differing(before, after)
    value = _target(around[0])
    return Mutant(path, number, line, first, last, ".".join(names), before, after, place.by_import, value)


def _target(statement: ast.AST) -> str:
    """Give the name that a statement of a module gives to a value."""
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return ""
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    return target.id if isinstance(target, ast.Name) else ""


def _differing(before: str, after: str) -> tuple[str, str]:
    """Cut away what long texts have in common."""
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    head, tail = max(start - _SHOWN, 0), max(end - _SHOWN, 0)
    return before[head : len(before) - tail], after[head : len(after) - tail]


def _alike(one: str, other: str) -> int:
    """Give how many characters two texts have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (first, second) in pairs if first != second), min(len(one), len(other)))


def _lines_of_tests(place: _Place, line: int) -> tuple[int, int]:
    """Give the lines that a test runs if it can tell: up to the fault's own, or the whole of a function."""
    if place.by_import:
        function = next((n for n in place.around if isinstance(n, ast.FunctionDef)), None)
        statement = function.body[0] if function else place.around[0]
        end = function.end_lineno if function else getattr(place.around[0], "end_lineno", line)
        return getattr(statement, "lineno", line), end or line
    return next(n.lineno for n in reversed(place.around) if isinstance(n, ast.stmt)), line


def _shown(around: Sequence[ast.AST]) -> ast.AST:
    """Give the smallest statement or comprehension around a place: what a reader has to see."""
    return next(n for n in reversed(around) if isinstance(n, (ast.stmt, ast.comprehension, ast.arguments)))


def _text(node: ast.AST) -> str:
    if isinstance(node, (ast.If, ast.While)):
        node = node.test
    if isinstance(node, ast.For):
        node = node.iter
    return " ".join(ast.unparse(node).split())


def _put(fault: _Fault) -> None:
    if fault.index is None:
        setattr(fault.owner, fault.field, fault.new)
        return
    items = list(getattr(fault.owner, fault.field))
    items[fault.index : fault.index + 1] = [] if fault.new is None else [fault.new]
    setattr(fault.owner, fault.field, items)


def _places(tree: ast.Module) -> Iterator[_Place]:
    for statement in tree.body:
        yield from _in_body(statement, ())


def _in_body(statement: ast.stmt, around: tuple[ast.AST, ...]) -> Iterator[_Place]:
    """Give the places of a statement of a module or a class."""
    here = (*around, statement)
    if isinstance(statement, ast.ClassDef):
        for inner in statement.body:
            yield from _in_body(inner, here)
    elif isinstance(statement, ast.FunctionDef):
        yield from _in_node(statement.args, (*here, statement.args), by_import=True)
        for number, inner in enumerate(statement.body):
            if not _is_text(inner):
                yield from _in_child(statement, "body", number, inner, here, by_import=False)
    elif isinstance(statement, (ast.Assign, ast.AnnAssign)) and _is_data(statement):
        yield from _in_node(statement, here, by_import=True)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_data(statement: ast.Assign | ast.AnnAssign) -> bool:
    """Whether a module's statement assigns a value, and not a type."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return statement.value is not None and all(
        isinstance(t, ast.Name) and t.id != "__all__" and len(t.id) > 1 for t in targets
    )


def _in_node(node: ast.AST, around: tuple[ast.AST, ...], by_import: bool) -> Iterator[_Place]:
    for field, value in ast.iter_fields(node):
        if field in _NOT_RUN and not (field == "keywords" and isinstance(node, ast.Call)):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                yield from _in_child(node, field, index, child, around, by_import)


def _in_child(
    owner: ast.AST,
    field: str,
    index: int | None,
    node: ast.AST,
    around: tuple[ast.AST, ...],
    by_import: bool,
) -> Iterator[_Place]:
    here = (*around, node) if isinstance(node, (ast.stmt, ast.comprehension)) else around
    if _never_runs(node):
        return
    for new in _of_statement(node) if isinstance(node, ast.stmt) else _of_expression(owner, field, node):
        if new is not None:
            ast.copy_location(new, node)
        yield _Place(_Fault(owner, field, index, new), here, by_import)
    for fault in _of_parts(node):
        yield _Place(fault, here, by_import)
    yield from _in_node(node, here, by_import)


def _never_runs(node: ast.AST) -> bool:
    """Whether it is the mark of what cannot be, or a declaration."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        return isinstance(node.exc.func, ast.Name) and node.exc.func.id == "AssertionError"
    return isinstance(node, (ast.Assert, ast.Import, ast.ImportFrom))


def _of_statement(node: ast.stmt) -> Iterator[ast.AST]:
    if isinstance(node, (ast.AugAssign, ast.Raise)) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield ast.Pass()
    elif isinstance(node, ast.Expr) and isinstance(node.value, (ast.Yield, ast.YieldFrom)):
        yield ast.Expr(ast.YieldFrom(ast.Tuple([], ast.Load())))
    elif isinstance(node, ast.Return) and isinstance(node.value, (ast.Tuple, ast.List)):
        if node.value.elts:
            yield ast.Return(ast.Tuple([], ast.Load()))
    elif isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Continue):
        yield ast.Break()
    elif isinstance(node, ast.Break):
        yield ast.Continue()


def _of_expression(owner: ast.AST, field: str, node: ast.AST) -> Iterator[ast.AST | None]:
    if type(node) in _SWAPPED:
        yield _SWAPPED[type(node)]()
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
        for left_out in range(len(node.values)):
            rest = [value for at, value in enumerate(node.values) if at != left_out]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.Name) and isinstance(owner, ast.Call) and field == "func" and node.id in _NAMES:
        yield ast.Name(_NAMES[node.id], ast.Load())
    elif isinstance(node, ast.Attribute) and node.attr in _NAMES:
        yield ast.Attribute(node.value, _NAMES[node.attr], ast.Load())
    elif isinstance(node, ast.Call) and len(node.args) > 1:
        yield from _swapped_arguments(node)
    elif isinstance(node, ast.keyword) and node.arg is not None and _can_do_without(owner):
        yield None
    if field == "test" and isinstance(owner, (ast.If, ast.While)):
        yield ast.Constant(False)
        if isinstance(owner, ast.If):
            yield ast.Constant(True)


def _of_parts(node: ast.AST) -> Iterator[_Fault]:
    """Leave out a part of a node: a filter, a bound of a slice, an element of a list of constants."""
    if isinstance(node, ast.comprehension):
        for at in range(len(node.ifs)):
            yield _Fault(node, "ifs", at, None)
    elif isinstance(node, ast.Slice):
        for bound in ("lower", "upper", "step"):
            if getattr(node, bound) is not None:
                yield _Fault(node, bound, None, None)
    elif isinstance(node, (ast.Tuple, ast.List, ast.Set)) and 1 < len(node.elts) < _LONGEST_LIST:
        for at, element in enumerate(node.elts):
            if isinstance(element, ast.Constant):
                yield _Fault(node, "elts", at, None)


def _swapped_arguments(call: ast.Call) -> Iterator[ast.Call]:
    if isinstance(call.func, ast.Name) and call.func.id in _NEVER_SWAPPED:
        return
    for at in range(len(call.args) - 1):
        first, second = call.args[at : at + 2]
        if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
            yield ast.Call(call.func, [*call.args[:at], second, first, *call.args[at + 2 :]], call.keywords)


def _can_do_without(call: ast.AST) -> bool:
    """Whether a call may have a field less: that of a value, or of what is replaced in one."""
    if not isinstance(call, ast.Call):
        return False
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name == "_replace" or name[:1].isupper()


def _constants(node: ast.Constant) -> Iterator[ast.Constant]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
    elif isinstance(value, str) and value and " " not in value.strip():
        yield ast.Constant(value + "x" if value.isidentifier() else "")
