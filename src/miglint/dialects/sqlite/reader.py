"""Reads a statement token by token."""

from collections.abc import Iterator, Sequence

from miglint.model import ColumnPlace, Expression, Name, Schema, Span
from miglint.text.tokens import Token

HOME = ""
TEMPORARY = "temp"
_SCHEMAS = {"main": HOME, "temp": TEMPORARY, "temporary": TEMPORARY}
_END = Token("end", "", -1, -1)
# Words in expressions that are no columns.
_WORDS = frozenset(
    "all and as asc between by case cast collate current_date current_time current_timestamp desc distinct"
    " else end escape except exists false from glob group having in intersect is isnull join left like limit"
    " match not notnull null nulls offset on or order over partition raise regexp select then true union"
    " using values when where with".split()
)
_NULLS = ("null",)


class NotUnderstood(Exception):
    """The statement goes on in a way that is not read here; the server may well accept it."""


class Reader:
    """Where in a statement the reading stands; names are resolved on a schema."""

    def __init__(self, tokens: Sequence[Token], text: str, schema: Schema) -> None:
        self.tokens = tokens
        self.text = text
        self.schema = schema
        self.at = 0

    @property
    def next(self) -> Token:
        """The token that comes next; one without text at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    @property
    def done(self) -> bool:
        """Whether all is read."""
        return self.at >= len(self.tokens)

    def words(self, *words: str) -> bool:
        """Read these words if they come next."""
        if tuple(token.text for token in self.tokens[self.at : self.at + len(words)]) != words:
            return False
        self.at += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Read these words, which have to come next."""
        if not self.words(*words):
            raise NotUnderstood

    def take(self) -> Token:
        """Read a token."""
        token = self.next
        self.at += 1
        return token

    def identifier(self) -> str:
        """Read a name; a string is taken for one as well."""
        token = self.take()
        if token.kind not in ("word", "quoted", "string"):
            raise NotUnderstood
        return self.spelled(token)

    def spelled(self, token: Token) -> str:
        """Give the name that a token writes, its case as written."""
        written = self.text[token.start : token.end]
        if token.kind == "word":
            return written
        quote = written[0]
        return written[1:-1] if quote == "[" else written[1:-1].replace(quote * 2, quote)

    def new_name(self, *, temporary: bool = False) -> Name:
        """Read the name of an object that is made."""
        first = self.identifier()
        if self.words("."):
            return Name(_SCHEMAS.get(first.lower(), first), self.identifier())
        return Name(TEMPORARY if temporary else HOME, first)

    def name(self) -> Name:
        """Read the name of an object that should be there; a temporary one hides another."""
        first = self.identifier()
        if self.words("."):
            return self.resolved(Name(_SCHEMAS.get(first.lower(), first), self.identifier()))
        hidden = self.resolved(Name(TEMPORARY, first))
        return hidden if hidden in self.schema.relations else self.resolved(Name(HOME, first))

    def resolved(self, name: Name) -> Name:
        """Give a name as its object is spelled: the server does not tell cases apart."""
        if name in self.schema.relations:
            return name
        folded = Name(name.schema, name.name.lower())
        known = self.schema.spelled.get(folded) or folded
        return known if known in self.schema.relations else name

    def column(self, table: Name) -> str:
        """Read the name of a column of a table."""
        return self.column_of(table, self.identifier())

    def column_of(self, table: Name, written: str) -> str:
        """Give a column as its table spells it."""
        found = self.schema.table(table)
        if found is None or found.column(written) is not None:
            return written
        folded = written.lower()
        return next((c.name for c in found.columns if c.name.lower() == folded), written)

    def enclosed(self) -> list[Token]:
        """Read what stands in parentheses, with them."""
        if self.next.text != "(":
            raise NotUnderstood
        start, depth = self.at, 0
        while not self.done:
            text = self.take().text
            depth += (text == "(") - (text == ")")
            if depth == 0:
                return list(self.tokens[start : self.at])
        raise NotUnderstood

    def inside(self) -> "Reader":
        """Read what stands in parentheses; give a reader of what they hold."""
        return Reader(self.enclosed()[1:-1], self.text, self.schema)

    def parts(self) -> "Iterator[Reader]":
        """Cut what is left at the commas outside of parentheses."""
        depth = 0
        found: list[Token] = []
        while not self.done:
            token = self.take()
            depth += (token.text == "(") - (token.text == ")")
            if token.text == "," and depth == 0:
                yield Reader(found, self.text, self.schema)
                found = []
            else:
                found.append(token)
        yield Reader(found, self.text, self.schema)

    def rest(self) -> list[Token]:
        """Read all that is left."""
        found = list(self.tokens[self.at :])
        self.at = len(self.tokens)
        return found

    def until(self, *words: str) -> list[Token]:
        """Read up to one of some words outside of parentheses."""
        start, depth = self.at, 0
        while not self.done and not (depth == 0 and self.next.text in words):
            text = self.take().text
            depth += (text == "(") - (text == ")")
        return list(self.tokens[start : self.at])

    def expression(self, tokens: Sequence[Token]) -> Expression:
        """Give an expression with the columns that it may name."""
        if not tokens:
            raise NotUnderstood
        start = tokens[0].start
        places, functions = [], []
        for token, following in zip(tokens, (*tokens[1:], _END), strict=True):
            if token.kind == "word" and following.text == "(" and token.text not in _WORDS:
                functions.append(token.text)
            elif following.text != "." and (
                token.kind == "quoted" or (token.kind == "word" and token.text not in _WORDS)
            ):
                places.append(ColumnPlace(self.spelled(token), token.start - start, token.end - start))
        return Expression(
            text=self.text[start : tokens[-1].end],
            columns=tuple(dict.fromkeys(place.column for place in places)),
            functions=tuple(functions),
            is_null=tuple(token.text for token in tokens) == _NULLS,
            has_subquery=any(token.text == "select" for token in tokens),
            places=tuple(places),
        )

    def span(self, first: int = 0) -> Span:
        """Give the place from a token to the last that was read."""
        return Span(self.tokens[first].start, self.tokens[max(first, self.at - 1)].end)
