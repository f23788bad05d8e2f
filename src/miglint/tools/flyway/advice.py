"""What to tell the users of Flyway, by its settings and its version."""

import re
from collections.abc import Iterable

from miglint.model.migration import Advice, Checksum, Commands, Reaction, Way
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.tools.flyway.code import code_lets_go
from miglint.tools.flyway.settings import LOCK_SINCE, FlywaySettings, version_near

# What Flyway runs outside a transaction by itself, from the beginning of a statement.
ALONE_TEXT = (
    r"(?:CREATE|DROP)\s+(?:DATABASE|TABLESPACE|SUBSCRIPTION)\b|ALTER\s+SYSTEM\b"
    r"|CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\b|DROP\s+INDEX\s+CONCURRENTLY\b"
    r"|REINDEX\s+(?:\(?VERBOSE\)?\s+)?(?:SCHEMA|DATABASE|SYSTEM)\b|VACUUM\b|DISCARD\s+ALL\b"
)
_CONCURRENTLY = expression(r"\bCONCURRENTLY\b", re.IGNORECASE)

_LET_GO = "set `flyway.postgresql.transactional.lock=false`"


def advice(
    folder: Folder, files: Files, settings: FlywaySettings, texts: Iterable[str], *, undone: bool
) -> Advice:
    """Say what goes for these settings and for the version, which may not be known.

    `undone`: some script undoes another.
    """
    return _with_undo(_of_version(folder, files, settings, texts), settings, undone=undone)


def _of_version(folder: Folder, files: Files, settings: FlywaySettings, texts: Iterable[str]) -> Advice:
    version = version_near(folder.path, files)
    if not settings.transactional_lock or (version is not None and version < LOCK_SINCE):
        return _ADVICE
    # Only who builds CONCURRENTLY has had a reason to set it in code: the others are spared the search.
    if any(map(_CONCURRENTLY.search, texts)) and code_lets_go(folder.path, files):
        return _ADVICE
    alone = [
        way._replace(
            how=f"{way.how}; {_LET_GO}, otherwise CONCURRENTLY waits for Flyway's own transaction forever"
        )
        for way in _ADVICE.run_alone
    ]
    return _ADVICE._replace(
        run_alone=tuple(alone),
        holds_transaction="from version 9.1.2 on, Flyway keeps a transaction open for its own lock",
        let_go=_LET_GO,
    )


def _with_undo(advice: Advice, settings: FlywaySettings, *, undone: bool) -> Advice:
    """Say how undo scripts are called here, and ask for more of them only where somebody has begun.

    Only the paid editions run them; in the others nothing is missing.
    """
    end = f"{settings.separator}name{settings.suffixes[0]}"
    advice = advice._replace(down_file=f"{settings.undo}1{end} beside {settings.prefix}1{end}")
    if not settings.undo_set and not undone:
        return advice
    name = f"{settings.undo}<version>{settings.separator}<name>{settings.suffixes[0]}"
    return advice._replace(
        begin_downs=f"write {name} beside each new {settings.prefix} script, and try it on a copy",
    )


_ADVICE = Advice(
    has_downs=False,
    roll_back_needs="a paid edition of Flyway",
    half_way="nothing of it stays",
    older_program=(
        "a program without the newest files starts: by default Flyway ignores versions above its own"
    ),
    down_file="U1__name.sql beside V1__name.sql",
    without_down="`flyway undo`, of the paid editions, stops at a version without its U script",
    set_lock_timeout="set `flyway.initSql=SET lock_timeout = '5s'` where production migrates",
    run_outside_transaction=(
        "put it alone in its file, and `executeInTransaction=false` into a file beside it with the same name "
        "and `.conf` at the end"
    ),
    run_alone=(
        Way(ALONE_TEXT, "put the statement alone in its file, which Flyway runs without a transaction"),
    ),
    edited=Reaction.STOPS,
    checksum=Checksum.LINES,
    removed=Reaction.STOPS,
    late=Reaction.STOPS,
    reset_edited="`flyway repair` takes the new checksum",
    number=r"\d+(?:[._]\d+)*(?=__|$)",
    commands=Commands(
        apply="flyway migrate",
        roll_back="flyway undo",
        mark_applied="flyway migrate -skipExecutingMigrations=true -target={version}",
        unmark="DELETE FROM flyway_schema_history WHERE version = '{version}';",
        apply_to="flyway migrate -target={version}",
        check="flyway info",
        mend="flyway repair",
    ),
)
