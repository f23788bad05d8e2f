"""The C library libpg_query, as the package `postgast` ships it.

Importing `postgast` itself would load protobuf (75 ms); the library is found beside it and called
through ctypes, and its JSON tree is read with the standard library.

Three facts about the library, found by trying:
it stops silently at a NUL byte; it needs about 130 bytes of stack for each level when it prints a tree,
without any check (an expression of 100,000 terms kills the process on an 8 MiB stack);
beyond 10,000 levels of parentheses its grammar gives up by itself.
So the text has no NUL, long texts run on a thread with a deep stack, and a statement's size is bounded.
"""

import ctypes
import json
import os
import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from miglint.text.lazy import expression

MAX_STATEMENT_BYTES = 2 * 1024 * 1024
_DEEP_STACK_BYTES = 512 * 1024 * 1024
_SHORT_TEXT_BYTES = 8 * 1024
_MAX_TREE_DEPTH = 50_000
# From here on Python's decoder in C has a limit that no setting changes: found 1,497 levels in 3.12.1, where
# 900 terms are too many, and 9,998 in 3.13.0. The one in Python keeps to the recursion limit.
_LIMITS_C = (3, 12)
# "near ..." quotes the token at which the parser stops, however long it is.
_MOST_QUOTED = expression(r"(?<=[^\n]{100})[^\"]+(?=\")", re.DOTALL)

Node = dict[str, Any]
T = TypeVar("T")


TOO_DEEP = "nested too deeply to analyse"


class SyntaxProblem(Exception):
    """The parser refused the text; `at` is a 0-based byte offset, None if it did not tell.

    `refused` is false where the server may accept what only cannot be read here.
    """

    def __init__(self, message: str, at: int | None, *, refused: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.refused = refused


class _Error(ctypes.Structure):
    _fields_ = [
        ("message", ctypes.c_char_p),
        ("funcname", ctypes.c_char_p),
        ("filename", ctypes.c_char_p),
        ("lineno", ctypes.c_int),
        ("cursorpos", ctypes.c_int),
        ("context", ctypes.c_char_p),
    ]


class _TreeResult(ctypes.Structure):
    _fields_ = [
        ("tree", ctypes.c_char_p),
        ("stderr", ctypes.c_char_p),
        ("error", ctypes.POINTER(_Error)),
    ]


class _PlpgsqlResult(ctypes.Structure):
    _fields_ = [("tree", ctypes.c_char_p), ("error", ctypes.POINTER(_Error))]


def _load() -> ctypes.CDLL:
    name = {"win32": "pg_query.dll", "darwin": "libpg_query.dylib"}.get(sys.platform, "libpg_query.so")
    paths = (os.path.join(folder, "postgast", name) for folder in sys.path)
    path = next((path for path in paths if os.path.isfile(path)), None)
    if path is None:
        raise ImportError(f"the package 'postgast' with its {name} is not installed")
    library = ctypes.CDLL(path)
    for function, result in (
        ("pg_query_parse", _TreeResult),
        ("pg_query_parse_plpgsql", _PlpgsqlResult),
    ):
        getattr(library, function).argtypes = [ctypes.c_char_p]
        getattr(library, function).restype = result
    for function, result in (
        ("pg_query_free_parse_result", _TreeResult),
        ("pg_query_free_plpgsql_parse_result", _PlpgsqlResult),
    ):
        getattr(library, function).argtypes = [result]
        getattr(library, function).restype = None
    return library


_library = _load()


def parse(text: bytes) -> list[Node]:
    """Parse SQL into the library's list of raw statements.

    Raises SyntaxProblem where the server's parser would, and for trees too deep to read.
    """
    return _on_deep_stack(text, _parse)


def parse_plpgsql(text: bytes) -> list[Node]:
    """Parse a CREATE FUNCTION or DO statement whose body is PL/pgSQL. Raises SyntaxProblem."""
    return _on_deep_stack(text, _parse_plpgsql)


def _parse(text: bytes) -> list[Node]:
    result = _library.pg_query_parse(text)
    try:
        _raise_for(result.error)
        found: list[Node] = _read_json(result.tree)["stmts"]
        return found
    finally:
        _library.pg_query_free_parse_result(result)


def _parse_plpgsql(text: bytes) -> list[Node]:
    result = _library.pg_query_parse_plpgsql(text)
    try:
        _raise_for(result.error)
        # The library closes the hidden variables of a trigger function (TG_OP, ...) twice.
        variables, mark, body = result.tree.partition(b'],"action":')
        found: list[Node] = _read_json(variables.replace(b"{}},", b"{},") + mark + body)
        return found
    finally:
        _library.pg_query_free_plpgsql_parse_result(result)


def _read_json(tree: bytes) -> Any:
    try:
        return json.loads(tree)
    except RecursionError:
        if sys.version_info >= _LIMITS_C:
            return _read_deep_json(tree)
        raise SyntaxProblem(TOO_DEEP, None, refused=False) from None
    except ValueError as error:
        reason = f"the parser's tree cannot be read: {error}"
        raise SyntaxProblem(reason, None, refused=False) from error


def _read_deep_json(tree: bytes) -> Any:
    """Read JSON with the decoder in Python, which goes as deep as Python's own limit lets it."""
    decoder = json.JSONDecoder()
    decoder.parse_object = json.decoder.JSONObject  # type: ignore[attr-defined]
    decoder.scan_once = json.scanner.py_make_scanner(decoder)  # type: ignore[attr-defined]
    try:
        return decoder.decode(tree.decode())
    except RecursionError:
        raise SyntaxProblem(TOO_DEEP, None, refused=False) from None


def _raise_for(error: Any) -> None:
    if error:
        found = error.contents
        message = _MOST_QUOTED.sub("...", (found.message or b"unknown error").decode("utf-8", "replace"))
        raise SyntaxProblem(message, found.cursorpos - 1 if found.cursorpos > 0 else None)


def _on_deep_stack(text: bytes, call: Callable[[bytes], T]) -> T:
    if len(text) <= _SHORT_TEXT_BYTES:
        try:
            return call(text)
        except SyntaxProblem as problem:
            if problem.refused:
                raise
    import threading

    outcome: list[T | SyntaxProblem] = []

    def run() -> None:
        try:
            outcome.append(call(text))
        except SyntaxProblem as problem:
            outcome.append(problem)

    stack, depth = threading.stack_size(_DEEP_STACK_BYTES), sys.getrecursionlimit()
    sys.setrecursionlimit(max(depth, _MAX_TREE_DEPTH))
    try:
        thread = threading.Thread(target=run, name="parse")
        thread.start()
        thread.join()
    finally:
        threading.stack_size(stack)
        sys.setrecursionlimit(depth)
    if isinstance(outcome[0], SyntaxProblem):
        raise outcome[0]
    return outcome[0]
