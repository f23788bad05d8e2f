"""The order of changelogs: what a master includes, in the order in which it does."""

import os
from collections import ChainMap
from collections.abc import Iterator, Mapping
from operator import itemgetter

from miglint.model.irregularity import DuplicateVersion, Irregularity, RefusedFile
from miglint.model.migration import Migration, Problem
from miglint.model.source import Source, Span
from miglint.project.files import Files, Folder, below, join, parent
from miglint.text.lazy import expression
from miglint.text.settings import properties
from miglint.text.sql import has_sql
from miglint.text.tree import Malformed, Node
from miglint.tools.liquibase import ENDINGS, HEADER, formatted
from miglint.tools.liquibase.changesets import (
    Changeset,
    Headline,
    databases,
    is_for_postgres,
    may_be_chosen,
)
from miglint.tools.liquibase.keys import PrimaryKeys
from miglint.tools.liquibase.modelled import changeset, expanded
from miglint.tools.liquibase.splitting import cut_in_body

_ALL = (*ENDINGS, ".sql")
_ROOT = "databaseChangeLog"
_DEEPEST = 12
_QUOTING = "objectQuotingStrategy"
_RESOURCES = "/src/main/resources/"
_RUN_ORDER = {"first": -1, "last": 1}
# The name that generated changesets bear: author, the moment in milliseconds, and a number.
_GENERATED = expression(r".*?([0-9]{13})-[0-9]+")
# Others, such as H2 and SQLite, stand in for PostgreSQL in tests.
_SERVERS = frozenset(("mysql", "mariadb", "oracle", "mssql", "db2"))
_NO_MODULES = frozenset(("src", "node_modules", "target", "build", "dist", "bin", "out"))


class Walk:
    """A walk through changelogs, and what it has met so far.

    `reached` are the absolute paths of the changelogs; `gaps` what is not read. `names_postgres`: there is a
    changeset for PostgreSQL and not for all databases.
    """

    # How many changesets there are up to the last for another server; None if PostgreSQL has its own before.
    _taken_over: int | None = 0
    _has_own = False

    def __init__(self, folder: Folder, files: Files) -> None:
        self._folder = folder
        self._files = files
        self._is_included = False
        self._roots: list[str] | None = None
        # Liquibase's own.
        self._properties = {"database.defaultSchemaName": "public", "database.liquibaseSchemaName": "public"}
        self._taken: dict[str, list[Changeset]] = {}
        self._named_files: dict[str, Source | Problem] = {}
        self._keys = PrimaryKeys()
        self.reached: set[str] = set()
        self.names_postgres = False
        self._found: list[tuple[int, str, Changeset, str]] = []
        self.problems: list[Problem] = []
        self.gaps: list[Problem] = []
        self.irregularities: list[Irregularity] = []

    @property
    def migrations(self) -> tuple[Migration, ...]:
        """Give the migrations in the order in which they run.

        What a project that moved to PostgreSQL took over runs there at once, before there is a row.
        """
        taken_over = self._found[: self._taken_over or 0] if self._has_own else []
        together = {id_: taken_over[0][1] for _, id_, _, _ in taken_over}
        return tuple(
            migration
            for _, id_, one, release in sorted(self._found, key=itemgetter(0))
            for migration in one.migrations(id_, together.get(id_, release))
        )

    def read(self, path: str, *, one_of_many: bool = False) -> None:
        """Read a changelog and what it includes, each once, however deep.

        `one_of_many`: it stands among others that something else includes.
        """
        waiting = [self._reading(path)]
        while waiting:
            self._is_included = one_of_many or len(waiting) > 1
            included = next(waiting[-1], None)
            if included is None:
                waiting.pop()
            else:
                waiting.append(self._reading(included))

    def _reading(self, path: str) -> Iterator[str]:
        """Read a changelog; give each changelog that it includes, to be read before it goes on."""
        full = self._files.full(path)
        if full in self.reached:
            return
        self.reached.add(full)
        source = self._files.read(path)
        if isinstance(source, Problem):
            self.problems.append(source)
        elif path.lower().endswith(".sql"):
            for one in _of_sql(source, path):
                if one.headline.applies:
                    self._add(source, path, one)
                self._meet(databases(one.headline.dbms))
        else:
            yield from self._document(source, path)

    def _document(self, source: Source, path: str) -> Iterator[str]:
        try:
            root = parsed(source.text, path)
        except Malformed as error:
            self.problems.append(
                Problem(source.path, f"not a readable changelog: {error.reason}", error.line)
            )
            return
        local: dict[str, str] = {}
        properties = ChainMap(self._properties, local)
        for child in root.children:
            node = expanded(child, properties)
            if node.name == "changeSet":
                node.attributes.setdefault(_QUOTING, root.get(_QUOTING))
                one = changeset(source, self._keys.named(node), lambda change: self._named(change, path))
                if one is not None:
                    self._add(source, path, one)
                self._meet(databases(node.get("dbms"), *(each.get("dbms") for each in node.children)))
            elif node.name == "include":
                yield from self._include(source, node, path)
            elif node.name == "includeAll":
                yield from self._include_all(source, node, path)
            elif node.name == "property" and _is_defined(node):
                kept = local if node.get("global").lower() == "false" else self._properties
                # The first definition counts.
                for name, value in self._defined(node, path).items():
                    kept.setdefault(name, value)

    def _meet(self, named: frozenset[str]) -> None:
        """Take down for which databases a changeset says something of its own."""
        self._has_own |= "postgresql" in named
        if not named.isdisjoint(_SERVERS) and self._taken_over is not None:
            self._taken_over = None if self._has_own else len(self._found)

    def _add(self, source: Source, path: str, one: Changeset) -> None:
        self.names_postgres |= "postgresql" in (
            *one.headline.dbms.replace(",", " ").split(),
            one.headline.chosen_by[0],
        )
        stem = self._shown(path).rpartition(".")[0]
        id_ = f"{stem}#{one.headline.name}"
        others = self._taken.setdefault(id_, [])
        twin = next((other for other in others if other.headline.chosen_by == one.headline.chosen_by), None)
        others.append(one)
        if twin is not None:
            line = source.position(twin.place.start).line
            message = f"{one.headline.name} is already a changeset in line {line}: Liquibase refuses to run"
            self.irregularities.append(
                DuplicateVersion(source, message, "give it an id of its own", one.place, id_)
            )
            return
        # A changelog that is included is written for a release: of 100 with several changesets in public
        # repositories, three got another one more than a month later. To one that stands alone, all are
        # added for years, those that one `liquibase diff-changelog` wrote together.
        release = source.path if self._is_included else _generated_with(one.headline.name)
        rank = _RUN_ORDER.get(one.headline.run_order, 0)
        name = id_ if len(others) == 1 else f"{id_}({len(others)})"
        if one.is_cut_at_semicolons:
            self.irregularities += (odd for up in one.ups for odd in _cut(up, name))
        self._found.append((rank, name, one.ready(), release))
        # A changeset of which nothing is read stands in the sequence as such.
        self.gaps += one.opaque if one.ups else one.opaque[1:]

    def _defined(self, node: Node, path: str) -> Mapping[str, str]:
        """Give what a `property` defines: itself, or the lines of a file."""
        if not node.get("file"):
            return {node.get("name"): node.get("value")} if node.get("name") else {}
        found = self._find(node.get("file"), path, node.get("relativeToChangelogFile"))
        return properties(self._files.text(found)) if found else {}

    def _include(self, source: Source, node: Node, path: str) -> Iterator[str]:
        found = self._find(node.get("file"), path, node.get("relativeToChangelogFile"))
        if found is not None:
            yield found
        elif node.get("errorIfMissing").lower() != "false":
            self._missing(source, node, node.get("file"))

    def _missing(self, source: Source, node: Node, name: str) -> None:
        # It can stand in another module, or in a library.
        line = source.position(node.span.start).line
        self.gaps.append(Problem(source.path, f"{name}, which it includes, was not found", line, line))

    def _include_all(self, source: Source, node: Node, path: str) -> Iterator[str]:
        name = node.get("path")
        places = [
            place
            for place in self._places(name, path, node.get("relativeToChangelogFile"))
            if self._files.folder(place).files or self._files.folder(place).folders
        ]
        if not places:
            if node.get("errorIfMissingOrEmpty").lower() != "false":
                self._missing(source, node, name)
            return
        ending = node.get("endsWithFilter").lower()
        found = {
            inside: f"{place}/{inside}"
            for place in reversed(places)
            for inside in below(self._files.folder(place), self._files, _DEEPEST)
            if inside.lower().endswith(_ALL) and inside.lower().endswith(ending)
        }
        yield from (found[inside] for inside in sorted(found))

    def _named(self, change: Node, path: str) -> Source | Problem:
        """Read the file of SQL that a change names."""
        name = change.get("path")
        found = self._find(name, path, change.get("relativeToChangelogFile"))
        if found is None:
            return Problem(self._files.shown(path), f"{name}, which it runs, was not found")
        source = self._named_files.get(found) or self._files.read(found)
        self._named_files[found] = source
        if isinstance(source, Source) and not found.lower().endswith(".sql") and not has_sql(source.text):
            # Whatever it is, such as a key, nothing of it is shown.
            return Problem(source.path, "it holds no SQL: not read")
        return source

    def _find(self, name: str, path: str, relative: str) -> str | None:
        return next(filter(self._files.is_file, self._places(name, path, relative)), None)

    def _places(self, name: str, path: str, relative: str) -> Iterator[str]:
        """Give where a name may stand: beside the changelog, or below a folder above, or other resources."""
        name = name.replace("\\", "/").removeprefix("classpath*:").removeprefix("classpath:").strip("/")
        if not name or "\0" in name:
            return
        inside = self._files.full(path).replace(os.sep, "/").partition(_RESOURCES)[2]
        own = parent(path)
        steps = self._files.upward(own)
        is_relative = relative.lower() == "true"
        places = (self._files.resolve(step, name, own) for step in ((own,) if is_relative else steps))
        yield from (place for place in places if place is not None)
        if is_relative and inside:
            name = os.path.normpath(join(parent(inside), name))
        # A module's resources are on the class path of others.
        if inside and not name.startswith(".."):
            found = (self._files.resolve(root, name, own) for root in self._resources(steps[-1]))
            yield from (place for place in found if place is not None)

    def _resources(self, top: str) -> list[str]:
        """Give the absolute paths of the resources of all modules of the project."""
        if self._roots is None:
            self._roots = sorted(_modules(top, self._files))
        return self._roots

    def _shown(self, path: str) -> str:
        shown, root = self._files.shown(path), self._files.shown(self._folder.path)
        return shown.removeprefix(f"{root}/")


def _cut(source: Source, id_: str) -> Iterator[Irregularity]:
    """Give where Liquibase cuts a body in dollar quotes in two."""
    at = cut_in_body(source.sql)
    if at is not None:
        file, place = source.place(Span(at, at + 1))
        yield RefusedFile(
            file,
            "Liquibase cuts the statement at this semicolon in dollar quotes, and the server refuses both "
            "parts: it keeps only what stands between BEGIN and END together, and END IF counts as END",
            "set `splitStatements` to false, or an `endDelimiter` that does not occur in the body",
            place,
            id_,
        )


def parsed(text: str, path: str) -> Node:
    """Parse a changelog by the ending of its name. Raises Malformed."""
    if path.lower().endswith(".xml"):
        from miglint.text.xml import parse

        root = parse(text)
    else:
        from miglint.text import yaml

        # Other keys can stand before it, to define anchors.
        root = yaml.parse(text, _ROOT)
    if root.name != _ROOT:
        raise Malformed(f"its root is {root.name[:40]}, not {_ROOT}")
    return root


def _generated_with(name: str) -> str:
    """Give what tells the changesets of one diff, which are deployed together; "" if written by hand."""
    generated = _GENERATED.fullmatch(name)
    return generated[1] if generated else ""


def _is_defined(node: Node) -> bool:
    """Tell whether a property is defined on PostgreSQL."""
    context = node.get("contextFilter") or node.get("context")
    return is_for_postgres(node.get("dbms")) and may_be_chosen(context)


def _of_sql(source: Source, path: str) -> Iterator[Changeset]:
    """Give the changesets of formatted SQL, for whatever database; a file without its header is one.

    Liquibase sends such a file whole (SqlChangeLogParser.java).
    """
    if HEADER.match(source.text):
        yield from formatted.changesets(source)
    else:
        line = Headline.of("includeAll", "raw", {"splitstatements": "false"})
        yield Changeset(line, Span(0, len(source.text)), (source,))


def _modules(top: str, files: Files) -> Iterator[str]:
    """Find the folders of resources below the top of a repository."""
    waiting = [(top, 0)]
    while waiting:
        path, depth = waiting.pop()
        folder = files.folder(path)
        place = os.path.join(path, *_RESOURCES.strip("/").split("/"))
        if "src" in folder.folders and (files.folder(place).files or files.folder(place).folders):
            yield place
        if depth < _DEEPEST:
            names = (name for name in folder.folders if name not in _NO_MODULES and name[0] != ".")
            waiting += ((join(path, name), depth + 1) for name in names if name not in folder.links)
