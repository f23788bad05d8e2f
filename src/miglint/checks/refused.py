"""What rules say of a statement that the server does not do."""

from collections.abc import Iterator

from miglint.checks.context import Context
from miglint.checks.whereabouts import went
from miglint.model import Confidence, FailureCause, Finding


def surely_fails(ctx: Context) -> bool:
    """Whether the server does nothing of the statement at hand, so that nothing of what it would do comes."""
    refusals = ctx.refusals if ctx.whole.is_read else ()
    return any(failure.cause is not FailureCause.NEWER for _, failure in refusals)


def refused(ctx: Context, cause: FailureCause) -> Iterator[Finding]:
    """Report that the statement at hand fails, if it is for this cause.

    The server stops at the first reason, and so do the rules: each statement is reported once.
    """
    for operation, failure in ctx.refusals[:1]:
        if failure.cause is cause:
            code = f" (SQLSTATE {failure.sqlstate})" if failure.sqlstate else ""
            # A setting may have stayed behind, and miglint's own is said for this purpose.
            unsure = cause is FailureCause.NEWER and ctx.server.is_found
            where = went(failure, ctx) if cause is FailureCause.MISSING else None
            yield Finding(
                operation.span,
                f"this statement fails: {failure.reason}{where.words if where else ''}{code}",
                help=failure.remedy,
                confidence=Confidence.MEDIUM if unsure or not ctx.whole.is_read else None,
                tables=(failure.table,) if failure.table else (),
                related=(where.place,) if where else (),
            )
