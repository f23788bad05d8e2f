"""
Play evolutions: `conf/evolutions/<database>/N.sql` with `# --- !Ups` and `# --- !Downs`, in the order of N.

Play cuts each part at every single semicolon, also in strings, bodies and comments; `;;` stands for one that
does not cut. Each piece commits on its own, unless `autocommit = false` in application.conf puts all pending
evolutions into one transaction. The numbers begin with 1 and have no gaps. When an evolution that has run is
edited, Play wants to run its Downs and then its new Ups.

Facts from its source: EvolutionsApi.scala (names, parts, transactions), Evolutions.scala (cuts) and
ApplicationEvolutions.scala (settings).
"""

import os
import re
from collections.abc import Iterator

from miglint.model.irregularity import Irregularity, RefusedFile, UnreachableFile
from miglint.model.migration import Advice, Checksum, Commands, History, Migration, Reaction, TransactionMode
from miglint.model.source import Segment, Source, Span
from miglint.project.dialects import POSTGRES, dialect_of, dialect_of_provider
from miglint.project.files import Files, Folder, parent
from miglint.text.lazy import expression
from miglint.text.placeholders import filler
from miglint.text.source_map import replaced
from miglint.text.sql import blanked, parts
from miglint.tools._flat import marked, numbered
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Sql,
    Written,
    each,
    file_of,
    in_root,
    inside,
    statements,
    with_section,
)
from miglint.tools._scripts import Cut, MigrationFiles, Section, Wrapping, joined, read_sections
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"(\d{1,15})\.sql")
_MARK = expression(r"^[ \t]*(?:#|--)[^\n]*!(Ups|Downs)[^\n]*", re.MULTILINE)
_CUT = expression(r"(?<!;);(?!;)")
_ESCAPED = expression(r";;")
_FILL = filler(r"\$evolutions\{\{\{[^{}\n]{1,200}\}\}\}")

_SETTING = expression(r"^[ \t]*[\w.]*\bautocommit[ \t]*[=:][ \t]*\"?(true|false)\b", re.MULTILINE)
_DATABASE = expression(
    r"^[^#\n]*?(?:jdbc:(\w+):|slick\.(?:jdbc|driver)\.(\w+?)(?:Profile|Driver)\b)", re.MULTILINE
)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by `!Ups` in one of its files, which are called by a number alone."""
    names = [name for name in folder.sample(".sql") if _NAME.fullmatch(name)]
    name = marked(folder, files, _MARK, names) if names else None
    return Evidence(Rank.MARKER, f"`!Ups` in {name} in {files.shown(folder.path)}") if name else None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their numbers."""
    conf = _configuration(folder, files)
    together = {found[1] for found in _SETTING.finditer(conf)} == {"false"}
    order, odd = numbered(folder, files, _NAME, tool.title)
    if os.path.basename(parent(files.full(folder.path))) == "evolutions":
        odd += _behind_a_gap(order, files)

    def cut(unit: MigrationFiles, source: Source) -> list[Cut]:
        return [_cut(unit, source, together=together)]

    reading = read_sections(files, order, cut)
    named = {(found[1] or found[2]).lower() for found in _DATABASE.finditer(conf)}
    providers = {provider for provider in named if dialect_of_provider(provider)}
    provider = providers.pop() if len(providers) == 1 else None
    dialect = dialect_of(folder, files, reading.texts(), provider)
    if dialect != POSTGRES:
        # Where strings and comments end was taken from PostgreSQL.
        reading = reading._replace(irregularities=())
    advice = _IN_ONE_TRANSACTION if together else _ADVICE
    return reading.history(tool.name, files.shown(folder.path), dialect, advice, odd)


def _configuration(folder: Folder, files: Files) -> str:
    for name in ("application.conf", "conf/application.conf"):
        path = files.nearest(folder.path, name)
        if path is not None:
            return files.text(path)
    return ""


def _behind_a_gap(order: list[MigrationFiles], files: Files) -> Iterator[Irregularity]:
    """Give the first file that Play does not come to."""
    for expected, unit in enumerate(order, 1):
        if int(unit.id) > expected:
            message = (
                f"Play never runs this evolution: it stops at the first number without a file, {expected}"
            )
            help_text = f"call it {expected}.sql"
            yield UnreachableFile(
                Source(files.shown(unit.up or ""), ""), message, help_text, migration=unit.id
            )
            return


def _cut(unit: MigrationFiles, source: Source, *, together: bool) -> Cut:
    """Put the parts of each direction together; what stands above the first mark is none."""
    text = source.text
    marks = list(_MARK.finditer(text))
    ends = [*(mark.start() for mark in marks), len(text)][1:]
    spans: dict[str, list[Span]] = {"Ups": [], "Downs": []}
    odd: list[Irregularity] = []
    if not marks:
        message = "Play runs nothing in this file: it has no `# --- !Ups`"
        help_text = "write `# --- !Ups` above the statements"
        odd.append(UnreachableFile(source, message, help_text, migration=unit.id))
    for mark, end in zip(marks, ends, strict=False):
        span = Span(mark.end(), end)
        spans[mark[1]].append(span)
        odd += _wrong_cuts(unit, source, span)
    up, down = (_section(source, own, together=together) for own in spans.values())
    return Cut(up, down, irregularities=tuple(odd))


def _section(source: Source, spans: list[Span], *, together: bool) -> Section | None:
    whole = joined(source.text, spans, _TOGETHER)
    if whole is None:
        return None
    sql = whole.sql if isinstance(whole.sql, str) else source[whole.span]
    pieces = [blanked(piece) for piece in _CUT.split(sql)]
    pieces = [piece for piece in pieces if piece.strip(" \t\r\n;")]
    if together:
        wrapping = _TOGETHER
    elif len(pieces) == 1 and len([one for one in pieces[0].split(";") if one.strip()]) > 1:
        wrapping = _IN_ONE_PIECE
    else:
        wrapping = _IN_PIECES
    made = replaced(Source.mapped((Segment(sql, source, whole.span),)), _ESCAPED, lambda _: ";")
    return Section(whole.span, wrapping, made.filled(_FILL(made.sql)))


def _wrong_cuts(unit: MigrationFiles, source: Source, span: Span) -> Iterator[RefusedFile]:
    """Give the first semicolon of a part that cuts where no statement ends."""
    text = source.text
    for part in parts(text, span.start, span.end):
        cut = _CUT.search(text, part.start, part.end)
        if cut is None:
            continue
        if part.kind == "comment":
            rest = text[cut.end() : part.end].strip()
            if not rest or rest.startswith("--"):
                continue
            message = "Play cuts the comment here, and sends the rest of it to the server as SQL"
        else:
            message = (
                f"Play cuts the statement here: a single semicolon in a {_KINDS[part.kind]} ends it as well"
            )
        yield RefusedFile(source, message, "write `;;` in its place", Span(*cut.span()), unit.id)
        return


_KINDS = {"block": "comment", "string": "string", "quoted": "name", "body": "body"}

_TOGETHER = Wrapping(
    TransactionMode.PER_RUN, "with `autocommit = false`, Play runs all pending evolutions in one transaction"
)
_IN_PIECES = Wrapping(
    TransactionMode.PER_STATEMENT, "Play sends the statements one by one, and each commits on its own"
)
_IN_ONE_PIECE = Wrapping(
    TransactionMode.PIPELINE,
    "statements that end in `;;` are one to Play, and the driver sends them as one batch",
)

_ADVICE = Advice(
    has_downs=True,
    down_file="SQL below `# --- !Downs`",
    without_down="Play takes an evolution without Downs back by removing its row, and undoes nothing",
    begin_downs="write `# --- !Downs` below the Ups of each new evolution, and what undoes them",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="end each statement of the evolution with a single `;`: Play sends it on its own",
    inner_semicolon=";;",
    edited=Reaction.STOPS,
    checksum=Checksum.CHARACTERS,
    removed=Reaction.STOPS,
    commands=Commands(unmark="DELETE FROM play_evolutions WHERE id = {version};"),
    version=r"\d+",
)
_IN_ONE_TRANSACTION = _ADVICE._replace(
    run_outside_transaction="",
    always_in_transaction="with `autocommit = false`, Play runs all pending evolutions in one transaction",
)


def _place_down(history: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    file = file_of(migration)
    marks = list(_MARK.finditer(file.text))
    downs = [mark for mark in marks if mark[1] == "Downs"]
    if len(downs) > 1 or any(mark.start() > downs[0].start() for mark in marks if downs and mark[1] == "Ups"):
        return NoPlace("its sections are not one of each kind, the way back last")
    at = (downs[0].start(), downs[0].end(), len(file.text)) if downs else None
    refused = inside(back, history.advice.always_in_transaction)
    return refused or with_section(file, "# --- !Downs", _escaped(back.text), at)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    down = f"\n# --- !Downs\n{_escaped(written.down)}" if written.down.strip() else ""
    made = FileText(in_root(history, f"{stem.number}.sql"), f"# --- !Ups\n{_escaped(written.up)}{down}")
    return inside(written.ups, history.advice.always_in_transaction) or (made,)


def _escaped(sql: str) -> str:
    """Double each semicolon that ends no statement: Play cuts at every single one."""
    lines = []
    for statement in statements(sql):
        text = statement.rstrip().removesuffix(";")
        lines.append(text.replace(";", ";;") + ";")
    return "\n".join(lines) + "\n"


tool = Tool(
    name="play-evolutions",
    title="Play",
    recognise=recognise,
    read=read,
    copy_fails=True,
    place=Place(down=_place_down, new=each(_place_new)),
)
