"""What is tried: each input is made of a seed and a number, so that it can be made again."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.fuzz.grammar import script

from miglint.registry import load_rules

FIXTURES = Path(__file__).parents[2] / "fixtures" / "tools"
_WORDS = re.compile(r"\w+|\s+|.", re.DOTALL)
_ODD = (
    *"' \" $$ $a$ -- /* */ \\ \\g \\; E' U&' ; ( ) [ ] é 🐘 1 -1 :: :x ? : {{ }} ${x} < > & ]]>".split(),
    *"BEGIN END COMMIT ATOMIC NULL".split(),
    *("\r", "\n", "\t", "\x0b", "\xa0", "\u2028", "\ufeff", "\ud800", "- ", "*a", "&a ", "\\.\n", "\\copy "),
    *("-- +goose Down\n", "-- migrate:down\n", "-- @UNDO\n", "--//@UNDO\n", "GO\n", "DELIMITER //\n"),
    *("COPY a FROM STDIN;\n", "+" * 300, "/*" * 150, "(" * 50),
)
_MOST = 20_000


class Input(NamedTuple):
    """One history of one script after another (`scripts`), or a project's files by their paths."""

    kind: str
    scripts: tuple[str, ...] = ()
    files: dict[str, bytes] | None = None


def made(seed: int, number: int) -> Input:
    """Give the input of that number."""
    random = Random(f"{seed}:{number}")
    return random.choices(_KINDS, _WEIGHTS)[0](random)


@cache
def _examples() -> tuple[tuple[str, ...], ...]:
    examples = (example for rule in load_rules() for example in rule.examples)
    return tuple((*filter(None, (example.history,)), example.sql) for example in examples)


@cache
def _projects() -> tuple[dict[str, bytes], ...]:
    return tuple(
        {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        for folder in sorted(FIXTURES.iterdir())
    )


def _statements(random: Random) -> Input:
    scripts = list(random.choice(_examples()))
    if random.random() < 0.3:
        scripts.append(random.choice(random.choice(_examples())))
    return Input("statements", tuple(mutated(text, random) for text in scripts))


def _ddl(random: Random) -> Input:
    scripts = [script(random) for _ in range(random.randint(1, 3))]
    if random.random() < 0.1:
        scripts.append(mutated(scripts[-1], random))
    return Input("ddl", tuple(scripts))


def _bytes(random: Random) -> Input:
    if random.random() < 0.5:
        data = random.randbytes(random.randint(0, 200))
    else:
        data = mutated(script(random), random).encode("utf-8", "surrogatepass")
        at = random.randint(0, len(data))
        data = data[:at] + random.randbytes(random.randint(0, 3)) + data[at:]
    name = random.choice(
        ("1_a.sql", "V1__a.sql", "001.up.sql", "a/migration.sql", "changelog.xml", "changelog.yaml")
    )
    return Input("bytes", files={f"migrations/{name}": data, "migrations/2_b.sql": b"DROP TABLE b;\n"})


def _tool(random: Random) -> Input:
    files = dict(random.choice(_projects()))
    for _ in range(random.randint(1, 3)):
        path = random.choice(sorted(files))
        fate = random.random()
        if fate < 0.05:
            del files[path]
        elif fate < 0.1:
            files[path + random.choice((".bak", ".sql", "x"))] = files.pop(path)
        else:
            text = files[path].decode("utf-8", "surrogateescape")
            files[path] = mutated(text, random).encode("utf-8", "surrogatepass")
        if not files:
            break
    return Input("tool", files=files)


_KINDS: tuple[Callable[[Random], Input], ...] = (_statements, _ddl, _bytes, _tool)
_WEIGHTS = (48, 40, 8, 4)


def mutated(text: str, random: Random) -> str:
    """Change a text in a few places: words go, come, change places, or are doubled."""
    words = _WORDS.findall(text)
    for _ in range(random.choice((0, 1, 1, 1, 2, 3, 8))):
        at = random.randint(0, len(words))
        fate = random.randrange(8)
        if fate <= 1:
            words.insert(at, random.choice(_ODD))
        elif fate == 2:
            del words[at : at + random.randint(1, 4)]
        elif fate == 3 and words:
            other = random.randrange(len(words))
            at = min(at, len(words) - 1)
            words[at], words[other] = words[other], words[at]
        elif fate == 4:
            words[at:at] = words[at : at + random.randint(1, 10)] * random.randint(1, 3)
        elif fate == 5:
            del words[at:]
        elif fate == 6:
            words[at:at] = _WORDS.findall(random.choice(random.choice(_examples())))
        elif at < len(words):
            words[at] = random.choice((words[at].upper(), words[at][::-1], f'"{words[at]}"', words[at] * 2))
    return "".join(words)[:_MOST].replace("\0", "")
