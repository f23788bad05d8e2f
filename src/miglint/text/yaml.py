"""YAML and JSON documents as the tree that XML gives, with the offset of every text."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from miglint.model.source import Source, Span
from miglint.text.lazy import expression
from miglint.text.source_map import Piece, laid_out, pieces_of
from miglint.text.tree import MAX_DEPTH, Malformed, Node

# Lists that have no element of their own in XML: what is in them stands in the element itself.
_TRANSPARENT = frozenset(("changes",))
# Values that are an element's text in XML.
_TEXTS = frozenset(("sql", "procedureText", "procedureBody", "selectQuery"))
_WITH_TEXT = frozenset(("createProcedure", "createView", "createTrigger", "createFunction"))
# Keys that are elements in XML even where their value is a mere text.
_ELEMENTS = frozenset(("rollback", "sql", "comment", "dropAllForeignKeyConstraints"))
# Aliases of aliases can make a short file a tree without end.
_MOST_REPEATED = 100_000
# An anchor and a tag stand before the text that they are of.
_PROPERTIES = expression(r"(?:[&!]\S*\s+)+")
_ESCAPE = expression(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r?\n[ \t]*|.)", re.DOTALL)
_QUOTES = expression("''")
_FILTERED = expression(r"@[\w.-]{1,100}@")
_MEANING = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "_": "\xa0", "N": "\x85", "e": "\x1b"}


def parse(text: str, root: str = "") -> Node:
    """Give what a YAML or JSON document has under the key `root`, else under its first key.

    Raises Malformed for what is neither.
    """
    tree = _composed(text)
    if not isinstance(tree, yaml.MappingNode) or not tree.value:
        raise Malformed("not a mapping")
    found = next((entry for entry in tree.value if _word(entry[0]) == root), tree.value[0])
    return _Builder(text).child(*found)


def texts_of(source: Source, key: str) -> Source:
    """Give the texts under a key in a document, wherever it is, as SQL, a statement each.

    Raises Malformed for what is not YAML.
    """
    root = Node("", Span(0, len(source.text)), {}, [], [])
    _Builder(source.text).fill(root, _composed(source.text))
    pieces: list[Piece] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.name == key:
            pieces += (*node.pieces, Piece(Span(0, 0), "\n;", made=True))
        waiting += reversed(node.children)
    laid = laid_out(source, root.span, pieces)
    if laid is None:
        raise Malformed("its aliases repeat too much")
    return laid


def settings(text: str) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Give the path of keys of each text or list of texts in all documents, with what it says.

    Raises Malformed for what is not YAML.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # Build tools put something in place of `@name@`, which as it is would be no YAML.
    text = _FILTERED.sub("_", text)
    try:
        trees = list(yaml.compose_all(text, Loader=loader))
    except (yaml.YAMLError, RecursionError) as error:
        raise _malformed(error) from None
    builder = _Builder(text)
    for tree in trees:
        yield from builder.settings(tree, ())


def _composed(text: str) -> yaml.Node | None:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        tree: yaml.Node | None = yaml.compose(text, Loader=loader)
    except yaml.composer.ComposerError as error:
        # PyYAML refuses an anchor that is defined again; YAML 1.1 (3.2.2.2) and the others allow it.
        if error.context is None or not error.context.startswith("found duplicate anchor"):
            raise _malformed(error) from None
        tree = _recomposed(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise _malformed(error) from None
    return tree


def _recomposed(text: str) -> yaml.Node | None:
    """Compose a document in which an alias means the last anchor of its name before it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        tree: yaml.Node | None = _Redefining(list(yaml.parse(text, Loader=loader))).get_single_node()
    except (yaml.YAMLError, RecursionError) as error:
        raise _malformed(error) from None
    return tree


class _Redefining(yaml.composer.Composer, yaml.resolver.Resolver):
    """PyYAML's composer over events that are there already, which forgets an anchor that comes again."""

    def __init__(self, events: "list[yaml.Event]") -> None:
        yaml.composer.Composer.__init__(self)
        yaml.resolver.Resolver.__init__(self)
        self._events = events
        self._at = 0

    def peek_event(self) -> yaml.Event:
        return self._events[self._at]

    def check_event(self, *kinds: type[yaml.Event]) -> bool:
        return self._at < len(self._events) and (not kinds or isinstance(self._events[self._at], kinds))

    def get_event(self) -> yaml.Event:
        self._at += 1
        return self._events[self._at - 1]

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.NodeEvent) and not isinstance(event, yaml.AliasEvent):
            self.anchors.pop(event.anchor, None)
        return super().compose_node(parent, index)


def _malformed(error: Exception) -> Malformed:
    if isinstance(error, yaml.MarkedYAMLError):
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return Malformed(error.problem or "not YAML", line)
    return Malformed(str(error).partition("\n")[0] or "nested too deeply")


class _Builder:
    def __init__(self, text: str) -> None:
        self.text = text
        self.left = _MOST_REPEATED
        self.seen: set[int] = set()
        self.depth = 0

    def child(self, key: yaml.Node, value: yaml.Node) -> Node:
        """Give the node that a key and its value stand for."""
        start, end = key.start_mark.index, value.end_mark.index
        if start < end:
            # A block ends where the next token begins, on another line: what is blank there is not its own.
            end = start + len(self.text[start:end].rstrip())
        node = Node(_word(key), Span(start, end), {}, [], [])
        self.fill(node, value)
        return node

    def fill(self, node: Node, value: yaml.Node | None) -> None:
        """Put what a value says into a node."""
        self.depth += 1
        if value is not None and self.depth > MAX_DEPTH:
            raise Malformed("nested too deeply", value.start_mark.line + 1)
        if isinstance(value, yaml.ScalarNode):
            node.pieces.extend(self._pieces(value))
        elif isinstance(value, yaml.SequenceNode):
            for item in self._parts(value):
                self.fill(node, item)
        elif isinstance(value, yaml.MappingNode):
            for key, inner in self._parts(value):
                self._add(node, key, inner)
        self.depth -= 1

    def settings(
        self, value: yaml.Node | None, path: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Give what a value says, under the path of the keys that lead to it."""
        if value is not None and len(path) > MAX_DEPTH:
            raise Malformed("nested too deeply", value.start_mark.line + 1)
        if isinstance(value, yaml.ScalarNode):
            yield path, () if value.tag.endswith(":null") else (value.value,)
        elif isinstance(value, yaml.SequenceNode):
            items = self._parts(value)
            yield path, tuple(item.value for item in items if isinstance(item, yaml.ScalarNode))
            for item in items:
                if isinstance(item, yaml.MappingNode):
                    yield from self.settings(item, path)
        elif isinstance(value, yaml.MappingNode):
            for key, inner in self._parts(value):
                yield from self.settings(inner, (*path, *_word(key).split(".")))

    def _parts(self, value: yaml.CollectionNode) -> list[Any]:
        """Give what is in a list or a mapping, unless aliases repeat too much."""
        if id(value) in self.seen:
            self.left -= 1 + len(value.value)
            if self.left < 0:
                problem = f"its aliases repeat more than {_MOST_REPEATED:,} nodes"
                raise Malformed(problem, value.start_mark.line + 1)
        self.seen.add(id(value))
        found: list[Any] = value.value
        return found

    def _add(self, node: Node, key: yaml.Node, value: yaml.Node) -> None:
        name = _word(key)
        if name == "columns":
            for item in self._parts(value) if isinstance(value, yaml.SequenceNode) else (value,):
                if _is_bare_column(item):
                    node.children.append(self.child(key, item)._replace(name="column"))
                else:
                    self.fill(node, item)
        elif name in _TRANSPARENT or (name == "column" and isinstance(value, yaml.SequenceNode)):
            self.fill(node, value)
        elif isinstance(value, yaml.SequenceNode) and name.startswith("include"):
            node.children.extend(self.child(key, item) for item in self._parts(value))
        elif not isinstance(value, yaml.ScalarNode):
            node.children.append(self.child(key, value))
        elif name in _TEXTS and (name == node.name or node.name in _WITH_TEXT):
            node.pieces.extend(self._pieces(value))
        elif name in _ELEMENTS:
            node.children.append(self.child(key, value))
        elif not value.tag.endswith(":null"):  # Null is as good as not written.
            node.attributes[name] = value.value

    def _pieces(self, value: yaml.ScalarNode) -> Iterator[Piece]:
        start, end = value.start_mark.index, value.end_mark.index
        if value.tag.endswith(":null"):
            return
        if before := _PROPERTIES.match(self.text, start, end):
            start = before.end()
        raw = self.text[start:end]
        if value.style in ("|", ">"):
            header = raw.find("\n") + 1
            # Indentation is blank, so the text itself is the SQL.
            text = raw[header:].rstrip()
            yield Piece(Span(start + header, start + header + len(text)), text)
        elif value.style == '"':
            yield from pieces_of(raw[1:-1], start + 1, _ESCAPE, _meaning)
        elif value.style == "'":
            yield from pieces_of(raw[1:-1], start + 1, _QUOTES, lambda _: "'")
        else:
            yield Piece(Span(start, end), raw)


def _is_bare_column(value: yaml.Node) -> bool:
    """Tell a column that stands there without the word `column`, which Liquibase takes as well."""
    return isinstance(value, yaml.MappingNode) and any(_word(key) == "name" for key, _ in value.value)


def _word(key: yaml.Node) -> str:
    return key.value if isinstance(key, yaml.ScalarNode) else ""


def _meaning(escape: "re.Match[str]") -> str:
    """Give what an escape in double quotes says."""
    code = escape.group()[1:]
    if code[0] in "xuU":
        number = int(code[1:], 16)
        # Half a pair is no character that any server takes.
        return "?" if 0xD800 <= number < 0xE000 or number > 0x10FFFF else chr(number)
    return "" if code[0] in "\r\n" else _MEANING.get(code, code)
