"""What the configuration names in the words of SQL: kinds of statements, and settings of the server."""

from miglint.errors import did_you_mean
from miglint.model import ACTIONS, KINDS
from miglint.text.lazy import expression

_MOST_NAMED = 6
_USUAL = ("table", "column", "index", "constraint", "view", "function", "trigger", "type", "schema")
_VERBS = "create drop alter"


def kinds_like(asked: str) -> str:
    """Give a hint to the kinds of statements that a word or several may stand for."""
    words = frozenset(asked.split())
    found = [kind for kind in KINDS if words < set(kind.split())]
    alike = [kind for kind in sorted(KINDS) if kind.count(" ") == asked.count(" ")]
    if not found and (near := did_you_mean(asked, alike, likeness=0.8)):
        return near
    found = found or [kind for kind in ACTIONS if words > set(kind.split())]
    found = found or [kind for kind in KINDS if words > set(kind.split())]
    if not found:
        return "the documentation of the configuration lists the kinds"
    found.sort(key=_usual_first)
    *first, last = [repr(kind) for kind in found[:_MOST_NAMED]]
    if len(found) > _MOST_NAMED:
        return f"name those that you mean: {', '.join([*first, last])} or another of {len(found)}"
    return f"did you mean {', '.join(first)} or {last}?" if first else f"did you mean {last}?"


def _usual_first(kind: str) -> tuple[int, int, str]:
    verb, _, what = kind.partition(" ")
    return (_USUAL.index(what) if what in _USUAL else len(_USUAL), _VERBS.find(verb), kind)


_NAME = expression(r"[a-z_][\w$]*(\.[a-z_][\w$]*)*")
_ASKED_FOR = (
    "application_name|check_function_bodies|client_encoding|client_min_messages|deadlock_timeout"
    "|default_tablespace|idle_in_transaction_session_timeout|idle_session_timeout|lock_timeout|log_statement"
    "|maintenance_work_mem|max_parallel_maintenance_workers|role|row_security|search_path"
    "|session_replication_role|statement_timeout|synchronous_commit|timezone|transaction_timeout|work_mem"
).split("|")
# No name of a setting that PostgreSQL 16 or 18 has is so much like one of these.
_LIKENESS = 0.85


def is_setting(name: str) -> bool:
    """Whether something, in lower case, can be the name of a setting."""
    return _NAME.fullmatch(name) is not None


def misspelt_setting(name: str) -> str:
    """Give a hint where a name can only be another one of those that migrations set, else ""."""
    return "" if name in _ASKED_FOR or "." in name else did_you_mean(name, _ASKED_FOR, likeness=_LIKENESS)
