"""The order of JavaScript's `localeCompare`, in which Prisma runs migrations."""

# Punctuation and digits as the root collation of Unicode's CLDR orders them; letters come after.
# Unlike in byte order `_` stands before `-` and before digits, so "0_init" runs before "000_next".
_BEFORE_LETTERS = {sign: at for at, sign in enumerate(" _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789")}
_FIRST_LETTER = len(_BEFORE_LETTERS)

LocaleKey = tuple[tuple[int, ...], tuple[tuple[int, ...], ...], tuple[bool, ...], str]


def locale_key(name: str) -> LocaleKey:
    """Give a key that sorts names as `a.localeCompare(b)` does in Node.js.

    Compared are all base characters first, then accents, then case with lower case first.
    Exact for ASCII and for Latin letters with accents; other scripts sort by code point.
    Source: packages/migrate/src/utils/listMigrations.ts in prisma/prisma, and https://cldr.unicode.org.
    """
    if not name.isascii():
        from unicodedata import combining, normalize

        name = normalize("NFD", name)
    else:
        combining = _never
    primary: list[int] = []
    accents: list[tuple[int, ...]] = []
    upper: list[bool] = []
    for sign in name:
        if combining(sign) and accents:
            accents[-1] = (*accents[-1], ord(sign))
            continue
        lower = sign.lower()
        weight = _BEFORE_LETTERS.get(sign)
        primary.append(_FIRST_LETTER + ord(lower[0]) if weight is None else weight)
        accents.append(())
        upper.append(sign != lower)
    return tuple(primary), tuple(accents), tuple(upper), name


def _never(_: str) -> int:
    return 0
