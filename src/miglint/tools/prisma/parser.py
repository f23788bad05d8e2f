"""The blocks of a Prisma schema, read by recursive descent; what makes no sense is passed over and noted.

More is read than the engine accepts (arguments over several lines, comments inside a field), so that
a schema that is being written still compares. Nothing here raises, whatever the text.
"""

from typing import NamedTuple

from miglint.model.declared import Unread
from miglint.model.source import Source, Span
from miglint.tools.prisma.tokens import END, MARK, NEWLINE, STRING, WORD, Token, tokenize, unquoted

# Of arguments in arguments. Real schemas have three.
_MAX_DEPTH = 20
_TABLES = ("model", "view", "type")
_SETTINGS = ("datasource", "generator")
_KEYWORDS = (*_TABLES, *_SETTINGS, "enum")


class Text(NamedTuple):
    """A string."""

    text: str


class Word(NamedTuple):
    """A name, a path (`a.b`), a number, `true`, `false` or `null`."""

    text: str


class Call(NamedTuple):
    """A function with its arguments: `now()`, `title(sort: Desc)`."""

    name: str
    arguments: "tuple[Argument, ...]" = ()


class Array(NamedTuple):
    """A list in brackets."""

    items: "tuple[Value, ...]" = ()


class Mapping(NamedTuple):
    """Pairs in braces: `{ deletedAt: null }`."""

    pairs: "tuple[Argument, ...]" = ()


Value = Text | Word | Call | Array | Mapping


class Argument(NamedTuple):
    """A value with its name; the name is "" where it is told by its place."""

    name: str
    value: Value


class Attribute(NamedTuple):
    """`@name(...)` or `@@name(...)`; `written` is the text between its parentheses."""

    name: str
    arguments: tuple[Argument, ...]
    written: str
    span: Span

    def argument(self, name: str, place: int | None = None) -> Value | None:
        """Give the argument of that name, or the one without a name at a place."""
        found = next((a.value for a in self.arguments if a.name == name), None)
        if found is None and place is not None:
            unnamed = [a.value for a in self.arguments if not a.name]
            found = unnamed[place] if place < len(unnamed) else None
        return found

    def text(self, name: str, place: int | None = None) -> str | None:
        """Give a string argument."""
        value = self.argument(name, place)
        return value.text if isinstance(value, Text) else None


class Field(NamedTuple):
    """A field of a model, or a value of an enum (which has no type).

    `sql` is the text in `Unsupported("...")`, else None; `arity` is "", "?" or "[]".
    """

    name: str
    type: str
    arity: str
    sql: str | None
    attributes: tuple[Attribute, ...]
    span: Span

    def attribute(self, name: str) -> Attribute | None:
        """Give the attribute of that name."""
        return next((a for a in self.attributes if a.name == name), None)


class Block(NamedTuple):
    """A block: `keyword` is model, view, type, enum, datasource or generator.

    `settings` are the `key = value` lines of a datasource or generator.
    `complete` is false when a line in it could not be read.
    """

    keyword: str
    name: str
    source: Source
    span: Span
    fields: tuple[Field, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    settings: tuple[Argument, ...] = ()
    complete: bool = True

    def attribute(self, name: str) -> Attribute | None:
        """Give the block attribute of that name."""
        return next((a for a in self.attributes if a.name == name), None)

    def setting(self, name: str) -> Value | None:
        """Give the value of a setting."""
        return next((s.value for s in self.settings if s.name == name), None)


class Parsed(NamedTuple):
    """The blocks of one file, and the lines that could not be read."""

    blocks: tuple[Block, ...]
    unread: tuple[Unread, ...]


def parse(source: Source) -> Parsed:
    """Read one schema file."""
    try:
        return _Parser(source).parse()
    except TimeoutError:
        return Parsed((), (Unread(source, Span(0, len(source.text)), "it takes too long to read"),))


class _UnexpectedToken(Exception):
    """The line goes on in no way that the grammar knows."""


class _Parser:
    """A place in the tokens of one file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens = tokenize(source.text)
        self.at = 0
        self.unread: list[Unread] = []

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def parse(self) -> Parsed:
        blocks: list[Block] = []
        while self.token.kind != END:
            if self.token.kind == NEWLINE:
                self.at += 1
            elif self._starts_block():
                blocks.append(self._block())
            else:
                self._pass_line("not the start of a block", self.token)
        return Parsed(tuple(blocks), tuple(self.unread))

    # --- blocks -----------------------------------------------------------------------------------

    def _starts_block(self) -> bool:
        """Whether a block begins here; a keyword is an ordinary name everywhere else."""
        if self.token.kind != WORD or self.token.text not in _KEYWORDS:
            return False
        following = self.tokens[self.at + 1 : self.at + 3]
        return (
            len(following) == 2
            and following[0].kind == WORD
            and following[1].text in ("{", "\n", "\r\n", "\r")
        )

    def _block(self) -> Block:
        keyword, name = self.token, self.tokens[self.at + 1]
        notes = len(self.unread)
        self.at += 2
        opened = self._open()
        fields: list[Field] = []
        attributes: list[Attribute] = []
        settings: list[Argument] = []
        while opened and not self._closed(keyword):
            start = self.at
            try:
                if keyword.text in _SETTINGS:
                    settings.append(self._setting())
                elif self.token.text == "@@":
                    attributes.append(self._attribute())
                else:
                    fields.append(self._field(typed=keyword.text != "enum"))
                self._end_of_line()
            except _UnexpectedToken as error:
                at, self.at = self.token, start
                self._pass_line(str(error), at)
        return Block(
            keyword=keyword.text,
            name=name.text,
            source=self.source,
            span=Span(keyword.start, name.end),
            fields=tuple(fields),
            attributes=tuple(attributes),
            settings=tuple(settings),
            complete=len(self.unread) == notes,
        )

    def _open(self) -> bool:
        """Pass the opening brace and what follows it on its line, which the engine does not look at."""
        if self.token.kind == NEWLINE:
            at = self.at
            while self.token.kind == NEWLINE:
                self.at += 1
            if self.token.text != "{":
                self.at = at
                self._note("a block without braces", self.tokens[at - 2])
                return False
            self._note("the brace is not on the line of the name", self.token)
        self.at += 1
        while self.token.kind not in (NEWLINE, END):
            if self.token.text == "}":
                self._note("a block on one line", self.token)
                self.at += 1
                return False
            self.at += 1
        return True

    def _closed(self, keyword: Token) -> bool:
        """Pass empty lines; say whether the block ends here."""
        while self.token.kind == NEWLINE:
            self.at += 1
        if self.token.text == "}":
            self.at += 1
            return True
        lost = self.token.kind == END or (self._starts_block() and self.tokens[self.at + 2].text == "{")
        if lost:
            self._note("a block without a closing brace", keyword)
        return lost

    def _end_of_line(self) -> None:
        if self.token.kind not in (NEWLINE, END):
            raise _UnexpectedToken("more than one thing on a line")

    def _pass_line(self, reason: str, token: Token) -> None:
        """Note a token, and go on at the next line."""
        self._note(reason, token)
        while self.token.kind not in (NEWLINE, END):
            self.at += 1

    def _note(self, reason: str, token: Token) -> None:
        end = self.tokens[-1].end if token.kind == END else token.end
        self.unread.append(Unread(self.source, Span(token.start, end), reason))

    # --- lines ------------------------------------------------------------------------------------

    def _setting(self) -> Argument:
        name = self._expect(WORD)
        self._expect(MARK, "=")
        return Argument(name.text, self._value(0))

    def _field(self, *, typed: bool) -> Field:
        name = self._expect(WORD)
        type_, arity, sql = self._type() if typed else ("", "", None)
        attributes: list[Attribute] = []
        while self.token.text == "@":
            attributes.append(self._attribute())
        return Field(name.text, type_, arity, sql, tuple(attributes), Span(name.start, self._last_end))

    def _type(self) -> tuple[str, str, str | None]:
        self._take(":")
        if self._take("["):
            type_ = self._expect(WORD).text
            self._expect(MARK, "]")
            return type_, "[]", None
        type_, sql = self._expect(WORD).text, None
        if type_ == "Unsupported" and self._take("("):
            sql = unquoted(self._expect(STRING).text)
            self._expect(MARK, ")")
        arity = ""
        if self._take("["):
            self._expect(MARK, "]")
            arity = "[]"
        if self._take("?") and not arity:
            arity = "?"
        self._take("!")
        return type_, arity, sql

    def _attribute(self) -> Attribute:
        start = self.token.start
        self.at += 1
        name = self._path()
        if self.token.text != "(":
            return Attribute(name, (), "", Span(start, self._last_end))
        inside = self.token.end
        arguments = self._arguments(0)
        written = self.source.text[inside : self.tokens[self.at - 1].start].strip()
        return Attribute(name, arguments, written, Span(start, self._last_end))

    # --- values -----------------------------------------------------------------------------------

    def _value(self, depth: int) -> Value:
        if depth > _MAX_DEPTH:
            raise _UnexpectedToken("too many levels of brackets")
        if self.token.kind == STRING:
            self.at += 1
            return Text(unquoted(self.tokens[self.at - 1].text))
        if self.token.text == "[":
            return Array(tuple(a.value for a in self._items("[", "]", depth)))
        if self.token.text == "{":
            return Mapping(self._items("{", "}", depth))
        name = self._path()
        return Call(name, self._arguments(depth)) if self.token.text == "(" else Word(name)

    def _arguments(self, depth: int) -> tuple[Argument, ...]:
        return self._items("(", ")", depth)

    def _items(self, opening: str, closing: str, depth: int) -> tuple[Argument, ...]:
        """Read what stands in brackets, on one line or more, with a comma after the last one or not."""
        self._expect(MARK, opening)
        found: list[Argument] = []
        self._pass_newlines()
        while not self._take(closing):
            name = ""
            following = self.tokens[self.at + 1] if self.token.kind == WORD else None
            if following is not None and following.text == ":":
                name = self.token.text
                self.at += 2
                self._pass_newlines()
            found.append(Argument(name, self._value(depth + 1)))
            self._pass_newlines()
            if not self._take(",") and self.token.text != closing:
                raise _UnexpectedToken(f"no {closing} after this")
            self._pass_newlines()
        return tuple(found)

    def _path(self) -> str:
        path = self._expect(WORD).text
        while self._take("."):
            path += "." + self._expect(WORD).text
        return path

    # --- tokens -----------------------------------------------------------------------------------

    @property
    def _last_end(self) -> int:
        return self.tokens[self.at - 1].end

    def _pass_newlines(self) -> None:
        while self.token.kind == NEWLINE:
            self.at += 1

    def _take(self, mark: str) -> bool:
        if self.token.text == mark:
            self.at += 1
            return True
        return False

    def _expect(self, kind: str, text: str | None = None) -> Token:
        token = self.token
        if token.kind != kind or (text is not None and token.text != text):
            raise _UnexpectedToken(_expectation(kind, text))
        self.at += 1
        return token


def _expectation(kind: str, text: str | None) -> str:
    return f"{text or ('a name' if kind == WORD else 'a string')} is missing here"
