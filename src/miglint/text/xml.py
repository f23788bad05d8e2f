"""XML documents, with the offset of every element and of every run of text."""

from xml.parsers import expat

from miglint.model.source import Span
from miglint.text.source_map import Piece
from miglint.text.tree import MAX_DEPTH, Malformed, Node


def parse(text: str) -> Node:
    """Give the root element of an XML document.

    Raises Malformed for what is not well formed, and for entities of the document's own: no changelog
    needs them, and they can expand without end.
    """
    builder = _Builder(text)
    try:
        builder.parser.Parse(builder.data, True)
    except expat.ExpatError as error:
        raise Malformed(expat.ErrorString(error.code), error.lineno) from None
    return builder.root


class _Builder:
    def __init__(self, text: str) -> None:
        self.text = text
        self.data = text.encode("utf-8", "replace")
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartCdataSectionHandler = self._cdata_start
        self.parser.EndCdataSectionHandler = self._cdata_end
        self.parser.EntityDeclHandler = self._entity
        self._open = [Node("", Span(0, len(text)), {}, [], [])]
        self._seen = (0, 0)
        self._is_cdata = False

    @property
    def root(self) -> Node:
        return self._open[0].children[0]

    def _offset(self) -> int:
        """Give the parser's place in characters."""
        index: int = self.parser.CurrentByteIndex
        in_bytes, in_characters = self._seen
        in_characters += len(self.data[in_bytes:index].decode("utf-8", "replace"))
        self._seen = (index, in_characters)
        return in_characters

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        start = self._offset()
        attributes = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if len(self._open) > MAX_DEPTH:
            raise Malformed("nested too deeply", self.parser.CurrentLineNumber)
        node = Node(name.rpartition(":")[2], Span(start, start), attributes, [], [])
        self._open[-1].children.append(node)
        self._open.append(node)

    def _end(self, _name: str) -> None:
        at = self._offset()
        # An empty element ends where the parser stands, another after its end tag.
        end = self.text.find(">", at) + 1 if self.text.startswith("</", at) else at
        node = self._open.pop()
        self._open[-1].children[-1] = node._replace(span=Span(node.span.start, end))

    def _text(self, data: str) -> None:
        start = self._offset()
        stands_for_it = self.text.startswith("&", start) and not self._is_cdata
        end = self.text.find(";", start) + 1 if stands_for_it else start + len(data)
        self._open[-1].pieces.append(Piece(Span(start, end), data))

    def _cdata_start(self) -> None:
        self._is_cdata = True

    def _cdata_end(self) -> None:
        self._is_cdata = False

    def _entity(self, *_declared: object) -> None:
        raise Malformed("declares entities of its own", self.parser.CurrentLineNumber)
