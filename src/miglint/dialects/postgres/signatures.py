"""What calls of a function depend on, besides the types of its arguments."""

from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.scope import Scope
from miglint.dialects.postgres.types import argument_type
from miglint.model import Signature

OUTPUT_MODES = ("FUNC_PARAM_OUT", "FUNC_PARAM_TABLE")
_GIVEN = (*OUTPUT_MODES, "FUNC_PARAM_INOUT")


def lower_signature(node: Node, scope: Scope) -> Signature | None:
    """Give it for a CREATE FUNCTION; None where a type is that of a column, which the text does not tell."""
    parameters = [item["FunctionParameter"] for item in node.get("parameters", ())]
    returns = node.get("returnType")
    if any("pct_type" in type_ for type_ in (*(p["argType"] for p in parameters), returns or {})):
        return None
    inputs = [p for p in parameters if p.get("mode") not in OUTPUT_MODES]
    given = [
        (p.get("name", ""), argument_type(p["argType"], scope)) for p in parameters if p.get("mode") in _GIVEN
    ]
    result = argument_type(returns, scope) if returns is not None else "void"
    if given:
        result = given[0][1] if len(given) == 1 else "record"
    return Signature(
        inputs=tuple(p.get("name", "") for p in inputs),
        defaults=sum("defexpr" in p for p in inputs),
        result=f"SETOF {result}" if returns is not None and returns.get("setof") else result,
        columns=tuple(f"{name} {type_}" for name, type_ in given) if len(given) > 1 else (),
    )
