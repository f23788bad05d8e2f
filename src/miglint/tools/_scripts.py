"""From the files of a history, in order, to its migrations."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from miglint.model.irregularity import Irregularity
from miglint.model.migration import Advice, Direction, History, Migration, Problem, Script, TransactionMode
from miglint.model.source import Segment, Source, Span
from miglint.project.files import Files
from miglint.text.layout import only


class MigrationFiles(NamedTuple):
    """Where one migration's SQL stands: paths of whole files.

    `opaque` is the path of a step in code, which stands in the sequence and is not analysed.
    """

    id: str
    up: str | None
    down: str | None = None
    opaque: str | None = None
    repeatable: bool = False
    baseline: bool = False


class Wrapping(NamedTuple):
    """How a script runs, and why in words; `resumable` and `guessed` as in `Script`."""

    mode: TransactionMode
    reason: str
    resumable: bool = False
    guessed: bool = False


class Section(NamedTuple):
    """One direction's SQL within a file.

    `sql` is what the server gets for the span's text: a text of the same length, or a source of any; None
    for the text itself.
    """

    span: Span
    wrapping: Wrapping
    sql: str | Source | None = None


class Cut(NamedTuple):
    """One migration in a file that holds both directions, or several migrations.

    `id` is added to the file's own, with a `#`, where a file holds more than one.
    """

    up: Section | None
    down: Section | None = None
    id: str = ""
    irregularities: tuple[Irregularity, ...] = ()
    repeatable: bool = False


class Reading(NamedTuple):
    """What reading gave: the migrations in order, the files that could not be read, and what is odd."""

    migrations: tuple[Migration, ...]
    problems: tuple[Problem, ...] = ()
    irregularities: tuple[Irregularity, ...] = ()

    def history(
        self,
        tool: str,
        root: str,
        dialect: str,
        advice: Advice,
        odd: Iterable[Irregularity] = (),
        *,
        problems: Iterable[Problem] = (),
        gaps: Iterable[Problem] = (),
    ) -> History:
        """Give the history of what was read, with what else was seen in its folder."""
        return History(
            tool=tool,
            root=root,
            dialect=dialect,
            migrations=self.migrations,
            advice=advice,
            problems=(*problems, *self.problems),
            gaps=tuple(gaps),
            irregularities=(*odd, *self.irregularities),
        )

    def texts(self) -> Iterable[str]:
        """Give the text of every script that was read, up scripts only."""
        return (migration.up.source.text for migration in self.migrations if migration.up)


def read_migrations(
    files: Files,
    order: Iterable[MigrationFiles],
    wrap: Callable[[MigrationFiles, Direction, Source], Wrapping],
    fill: Callable[[Source], Source] | None = None,
) -> Reading:
    """Read the files of each migration, each file being one script.

    `fill` gives what the server gets of a file.
    A migration whose up script cannot be read is left out: without it, its down script reverts nothing.
    """
    migrations: list[Migration] = []
    problems: list[Problem] = []

    def script(unit: MigrationFiles, direction: Direction, path: str | None) -> Script | None:
        if path is None:
            return None
        source = files.read(path)
        if isinstance(source, Problem):
            problems.append(source)
            return None
        if fill is not None:
            source = fill(source)
        return Script(source, Span(0, len(source.sql)), direction, *wrap(unit, direction, source))

    for unit in order:
        up = script(unit, Direction.UP, unit.up)
        if up is None and unit.up is not None:
            continue
        down = script(unit, Direction.DOWN, unit.down)
        if up is not None or down is not None or unit.opaque is not None:
            step = Migration(unit.id, up, down, _opaque(unit, files), unit.repeatable, baseline=unit.baseline)
            migrations.append(step._replace(down_unread=down is None and unit.down is not None))
    return Reading(tuple(migrations), tuple(problems))


def read_sections(
    files: Files,
    order: Iterable[MigrationFiles],
    cut: Callable[[MigrationFiles, Source], Iterable[Cut]],
) -> Reading:
    """Read files that hold both directions, or several migrations: `cut` says what stands where in `up`."""
    migrations: list[Migration] = []
    problems: list[Problem] = []
    found: list[Irregularity] = []
    for unit in order:
        if unit.up is None:
            migrations.append(Migration(unit.id, None, None, _opaque(unit, files)))
            continue
        source = files.read(unit.up)
        if isinstance(source, Problem):
            problems.append(source)
            continue
        try:
            parts = list(cut(unit, source))
        except TimeoutError:
            problems.append(Problem(source.path, "its directives take too long to read"))
            continue
        for part in parts:
            found += part.irregularities
            up = part.up and _script(source, part.up, Direction.UP)
            down = part.down and _script(source, part.down, Direction.DOWN)
            if up is None and down is None:
                continue
            name = f"{unit.id}#{part.id}" if part.id else unit.id
            repeatable = part.repeatable or unit.repeatable
            migrations.append(Migration(name, up, down, repeatable=repeatable))
    return Reading(tuple(migrations), tuple(problems), tuple(found))


def words(fill: Callable[[str], str]) -> Callable[[Source], Source]:
    """Make of what puts words in a text, at equal length, what does so in a source."""
    return lambda source: source.filled(fill(source.sql))


def joined(text: str, spans: Sequence[Span], wrapping: Wrapping) -> Section | None:
    """Give one section of all these spans of a text, in order, with what stands between them blank."""
    if len(spans) < 2:
        return Section(spans[0], wrapping) if spans else None
    whole = Span(spans[0].start, spans[-1].end)
    return Section(whole, wrapping, only(text, spans)[whole.start : whole.end])


def _script(source: Source, section: Section, direction: Direction) -> Script:
    span, wrapping, sql = section
    if sql is not None:
        source = sql if isinstance(sql, Source) else Source.mapped((Segment(sql, source, span),))
        span = Span(0, len(source.sql))
    return Script(source, span, direction, *wrapping)


def _opaque(unit: MigrationFiles, files: Files) -> Problem | None:
    if unit.opaque is None:
        return None
    ending = unit.opaque.rpartition(".")[2]
    language = _LANGUAGES.get(ending, f".{ending}")
    return Problem(files.shown(unit.opaque), f"a migration in {language}, which is not read")


_LANGUAGES = {
    "go": "Go",
    "rs": "Rust",
    "ts": "TypeScript",
    "mts": "TypeScript",
    "cts": "TypeScript",
    "js": "JavaScript",
    "mjs": "JavaScript",
    "cjs": "JavaScript",
    "py": "Python",
    "java": "Java",
    "kt": "Kotlin",
    "fizz": "Fizz",
    "cs": "C#",
}
