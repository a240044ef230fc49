"""Source code as accidents leave it: tokens lost, doubled, swapped; files cut off; names and whole files exchanged."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

_TOKEN = re.compile(r"[^\W\d]\w*|\d+|\s+|[^\w\s]")
_NAME = re.compile(r"[^\W\d]\w*")
_STRAY = [
    "(",
    ")",
    "[",
    "{",
    ":",
    "*",
    "**",
    ".",
    ",",
    "=",
    "\n",
    "    ",
    "@",
    "%",
    "'",
    '"""',
    "\\",
    "\0",
    "é",
    "\ud7ff",
]
_WORDS = [
    "self",
    "class",
    "return",
    "yield",
    "lambda",
    "objects",
    "super()",
    "None",
    "import",
    "*args",
    "await",
    "del",
    "async",
]

Files = dict[str, str]
Mutation = Callable[[Random, Files, str], str]


def mutated(files: Files, seed: int, most: int = 6) -> Files:
    """The files with up to ``most`` accidents, the same for the same seed."""
    random = Random(seed)
    found = dict(files)
    for _ in range(random.randint(1, most)):
        file = random.choice(sorted(found))
        found[file] = random.choice(MUTATIONS)(random, found, file)
    return found


def _delete(random: Random, files: Files, file: str) -> str:
    tokens = _TOKEN.findall(files[file])
    for _ in range(random.randint(1, 3)):
        if tokens:
            start = random.randrange(len(tokens))
            del tokens[start : start + random.choice([1, 1, 2, 12])]
    return "".join(tokens)


def _double(random: Random, files: Files, file: str) -> str:
    tokens = _TOKEN.findall(files[file])
    start = random.randrange(len(tokens) + 1)
    piece = tokens[start : start + random.choice([1, 2, 5, 40])]
    return "".join([*tokens[:start], *piece * random.choice([2, 2, 9]), *tokens[start + len(piece) :]])


def _swap(random: Random, files: Files, file: str) -> str:
    tokens = _TOKEN.findall(files[file])
    for _ in range(random.randint(1, 3)):
        if len(tokens) > 1:
            one, other = random.sample(range(len(tokens)), 2)
            tokens[one], tokens[other] = tokens[other], tokens[one]
    return "".join(tokens)


def _truncate(random: Random, files: Files, file: str) -> str:
    return files[file][: random.randrange(len(files[file]) + 1)]


def _lose_a_line(random: Random, files: Files, file: str) -> str:
    lines = files[file].splitlines(keepends=True)
    if lines:
        lines.pop(random.randrange(len(lines)))
    return "".join(lines)


def _exchange_names(random: Random, files: Files, file: str) -> str:
    names = sorted(set(_NAME.findall(files[file])))
    if len(names) < 2:
        return files[file]
    one, other = random.sample(names, 2)
    swapped = {one: other, other: one}
    return _NAME.sub(lambda match: swapped.get(match[0], match[0]), files[file])


def _name_everything_alike(random: Random, files: Files, file: str) -> str:
    names = sorted(set(_NAME.findall(files[file])))
    chosen = set(random.sample(names, min(len(names), 3)))
    kept = random.choice(sorted(chosen)) if chosen else ""
    return _NAME.sub(lambda match: kept if match[0] in chosen else match[0], files[file])


def _strew(random: Random, files: Files, file: str) -> str:
    tokens = _TOKEN.findall(files[file])
    for _ in range(random.randint(1, 4)):
        tokens.insert(random.randrange(len(tokens) + 1), random.choice(_STRAY + _WORDS))
    return "".join(tokens)


def _exchange_files(random: Random, files: Files, file: str) -> str:
    return files[random.choice(sorted(files))]


def _splice(random: Random, files: Files, file: str) -> str:
    lines, other = (
        text.splitlines(keepends=True) for text in (files[file], _exchange_files(random, files, file))
    )
    start = random.randrange(len(other) + 1)
    place = random.randrange(len(lines) + 1)
    return "".join([*lines[:place], *other[start : start + random.randint(1, 30)], *lines[place:]])


MUTATIONS: tuple[Mutation, ...] = (
    _delete, _double, _swap, _truncate, _lose_a_line, _exchange_names, _exchange_names, _exchange_names,
    _name_everything_alike, _strew, _exchange_files, _splice, _splice,
)  # fmt: skip
"""Those that keep a file's grammar come more often: a broken file says nothing of the resolver."""
