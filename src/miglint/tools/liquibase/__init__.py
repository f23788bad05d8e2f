"""
Liquibase: changesets in the order in which a master changelog includes them, in XML, YAML, JSON or SQL.

A changeset runs in a transaction; `runInTransaction` false turns it off. Modelled changes such as
`createTable` read as the SQL that Liquibase makes of them for PostgreSQL; what cannot be known without
running it (`customChange`, `loadData`) is listed as not analysed. The down script is `rollback`, or what
Liquibase works out on its own. `dbms`, and preconditions that ask for the database, leave out changesets for
others; one that requires a table or column not to exist is skipped where it exists. `${name}` stands for a
property, which can be defined in the changelog or in a file. `runOrder` moves a changeset to one of the ends.
What `--ignoreLines` removes from formatted SQL is not read.
A folder without a master is read in the order of the names.

Facts from its source: FormattedSqlChangeLogParser.java, DatabaseChangeLog.java (includes) and change/core.
"""

import os
import re
from collections.abc import Iterable

from miglint.model.migration import Advice, Checksum, Commands, History, Migration, Problem, Reaction, Way
from miglint.model.source import Source
from miglint.project.dialects import POSTGRES, dialect_of, dialect_of_provider
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.tools._places import Place
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings
from miglint.tools.liquibase.places import place_down, place_new

ENDINGS = (".xml", ".yaml", ".yml", ".json")
HEADER = expression(r"\A\s*--\s*liquibase\s*formatted", re.IGNORECASE)
_INCLUDES = expression(r"<include(?:All)?\b|\binclude(?:All)?[\"']?\s*:")
# Dropwizard's own changelog is called migrations.xml.
_WORDS = ("changelog", "liquibase", "master", "migration")
_PLACES = ("changelog", "liquibase")
_CONFIGURATIONS = ("liquibase.properties", "application.properties", "application.yml", "application.yaml")
_URL = expression(r"jdbc:(\w+)")
_NAMED = expression(r"change-?log-?file\s*[:=]\s*(\S+)", re.IGNORECASE)
_HOME = "${database.defaultSchemaName}"
_NAMES_HOME = expression(r"\bpublic\.")
_DEEPEST = 6
# A folder of so many changelogs without a master is included by something else, from a module or a framework.
_MANY = 5


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a changelog that includes others, or by changesets in it."""
    shown = files.shown(folder.path)
    for name in _empty_masters(folder, files):
        return Evidence(Rank.MARKER, f"the name of {name} in {shown}")
    masters = _masters(folder, files)
    if masters:
        return Evidence(Rank.MARKER, f"the changelog {masters[0]} in {shown}")
    for name in folder.sample(".sql"):
        if HEADER.match(files.beginning(folder.file(name))):
            return Evidence(Rank.MARKER, f"`liquibase formatted` in {name} in {shown}", 0)
    for name in _changelogs(folder, files):
        return Evidence(Rank.MARKER, f"`databaseChangeLog` in {name} in {shown}", 0)
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read what the master includes; without one, the files in the order of their names."""
    from miglint.tools.liquibase.order import Walk

    configuration = files.nearest(folder.path, *_CONFIGURATIONS)
    configured = files.text(configuration) if configuration else ""
    walk = Walk(folder, files)
    masters = _masters(folder, files) or _masters(folder, files, any_name=True)
    named = _NAMED.search(configured)
    own = named[1].rpartition("/")[2] if named else ""
    for name in [own] if own in masters else masters:
        walk.read(folder.file(name))
    rest = sorted({*_changelogs(folder, files, any_name=True), *_formatted(folder, files)})
    left = [name for name in rest if files.full(folder.file(name)) not in walk.reached]
    if not masters:
        for name in left:
            walk.read(folder.file(name), one_of_many=len(left) >= _MANY)
    elif left:
        others = f"{left[0]} and {len(left) - 1} more" if len(left) > 1 else left[0]
        reason = f"{others}: changelogs that no master includes are not read"
        walk.gaps.append(Problem(files.shown(folder.path), reason))
    for name in _empty_masters(folder, files):
        read = files.read(folder.file(name))
        reason = (
            read.reason if isinstance(read, Problem) else "an empty changelog: what it included is not read"
        )
        walk.problems.append(Problem(files.shown(folder.file(name)), reason))
    url = _URL.search(configured)
    migrations = walk.migrations
    texts = (one.up.sql for one in migrations if one.up)
    return History(
        tool=tool.name,
        root=files.shown(folder.path),
        # The URL can be that of one of several databases.
        dialect=POSTGRES if walk.names_postgres else dialect_of(folder, files, texts, url and url[1]),
        migrations=migrations,
        advice=_advice(_formats(walk.migrations, walk.reached)),
        problems=tuple(walk.problems),
        gaps=tuple(walk.gaps),
        irregularities=tuple(walk.irregularities),
        home_as_written=_home(one.up.source for one in migrations if one.up),
    )


def _home(sources: Iterable[Source]) -> str:
    """Give the placeholder for the schema in which Liquibase begins, unless files name it as well."""
    texts = {file.path: file.text for source in sources for file in source.files}
    used = any(_HOME in text for text in texts.values())
    return _HOME if used and not any(map(_NAMES_HOME.search, texts.values())) else ""


def _is_telling(folder: Folder, name: str) -> bool:
    """Tell whether the name of a file, or of its folder, speaks of changelogs."""
    place = os.path.basename(folder.path).lower()
    return any(word in name.lower() for word in _WORDS) or any(word in place for word in _PLACES)


def _changelogs(folder: Folder, files: Files, any_name: bool = False) -> list[str]:
    """Give the folder's changelogs that are not SQL; those whose names tell it, unless `any_name`."""
    return [
        name
        for name in folder.ending(*ENDINGS)
        if (any_name or _is_telling(folder, name))
        and "databaseChangeLog" in files.beginning(folder.file(name))
    ]


def _empty_masters(folder: Folder, files: Files) -> list[str]:
    """Give the files that by their names are master changelogs, and hold nothing that can be read."""
    return [
        name
        for name in folder.ending(*ENDINGS)
        if "changelog" in name.lower()
        and "master" in name.lower()
        and not files.beginning(folder.file(name)).strip()
    ]


def _formatted(folder: Folder, files: Files) -> list[str]:
    return [n for n in folder.ending(".sql") if HEADER.match(files.beginning(folder.file(n)))]


def _masters(folder: Folder, files: Files, any_name: bool = False) -> list[str]:
    """Give the changelogs that include others and are not included by one, the likeliest first.

    Those for another database, by their names, are left out where there are others.
    """
    texts = {name: files.beginning(folder.file(name)) for name in _changelogs(folder, files, any_name)}
    including = {name: text for name, text in texts.items() if _INCLUDES.search(text)}
    tops = [
        name
        for name in including
        if not any(name in text for other, text in including.items() if other != name)
    ]
    found = sorted(tops or including, key=lambda name: ("master" not in name.lower(), len(name), name))
    return [name for name in found if _may_be_for_postgres(name)] or found


def _may_be_for_postgres(name: str) -> bool:
    words = re.findall(r"[a-z]+[0-9]*", name.lower())
    dialects = {dialect for word in words if (dialect := dialect_of_provider(word))}
    return not dialects or POSTGRES in dialects


# How each format of changelogs spells an attribute of a changeset, one of the SQL in it, and the way back.
_SPELLINGS = {
    ".sql": ("runInTransaction:false", "splitStatements:false", "--rollback"),
    ".xml": ('runInTransaction="false"', '<sql splitStatements="false">', "<rollback>"),
    ".yaml": ("runInTransaction: false", "splitStatements: false", "rollback:"),
    ".json": ('"runInTransaction": false', '"splitStatements": false', '"rollback":'),
}


def _formats(migrations: Iterable[Migration], reached: Iterable[str]) -> list[str]:
    """Give the formats in which changesets are written; SQL without a header stands in another changelog."""
    others = {_format(path) for path in reached} - {".sql"}
    found: set[str] = set()
    for script in (migration.up for migration in migrations):
        if script is not None:
            own = _format(script.source.path)
            is_changelog = own != ".sql" or HEADER.match(script.source.text)
            found |= {own} if is_changelog else others
    return [format_ for format_ in _SPELLINGS if format_ in found] or [".sql"]


def _format(path: str) -> str:
    ending = os.path.splitext(path)[1].lower()
    return ".yaml" if ending == ".yml" else ending


def _advice(formats: list[str]) -> Advice:
    """Word the advice in the spelling of the formats in use."""
    alone = " or ".join(f"`{_SPELLINGS[format_][0]}`" for format_ in formats)
    whole = " or ".join(f"`{_SPELLINGS[format_][1]}`" for format_ in formats)
    back = " or ".join(f"`{_SPELLINGS[format_][2]}`" for format_ in formats)
    return _ADVICE._replace(
        begin_downs=f"end each changeset with {back} and the SQL that undoes it",
        run_outside_transaction=f"put the statement alone in a changeset with {alone}",
        # Liquibase knows no dollar quotes: it splits a block at its semicolons.
        run_alone=(Way(r"DO\b", f"put the block alone in a changeset with {alone} and {whole}"),),
    )


_ADVICE = Advice(
    has_downs=True,
    half_way="nothing of the changeset stays; those before it stay applied",
    half_way_back="Liquibase stops at the changeset, and those after it stay rolled back",
    older_program=("a program without the newest changesets starts, and ignores those that it does not know"),
    down_file="the `rollback` of the changeset",
    without_down="`liquibase rollback` stops at a changeset without rollback, unless it can work one out",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    edited=Reaction.STOPS,
    checksum=Checksum.WORDS,
    reset_edited="`validCheckSum` in the changeset accepts the new one",
    commands=Commands(
        apply="liquibase update",
        roll_back="liquibase rollback-count 1",
        mark_applied="liquibase mark-next-changeset-ran",
        unmark="DELETE FROM databasechangelog WHERE id = '{id}';",
        apply_some="liquibase update-count {count}",
        roll_back_some="liquibase rollback-count {count}",
        preview_back="liquibase rollback-count-sql {count}",
        check="liquibase status",
    ),
)

tool = Tool(
    name="liquibase",
    title="Liquibase",
    recognise=recognise,
    read=read,
    traces=(
        ".sql",
        *(f"{word}*{ending}" for word in _WORDS for ending in ENDINGS),
        *(f"{place}/{ending}" for place in _PLACES for ending in ENDINGS),
    ),
    depth=_DEEPEST,
    copy_fails=True,
    place=Place(down=place_down, new=place_new),
)
