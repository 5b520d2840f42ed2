"""The statements that programs are made of: lines of Python in which `T` is the library, and x, y, z are tensors.

A line may hold placeholders, filled from a pool of literals: `{d}` a dimension, `{s}` a number, `{i}` an index. A
filled line is what runs, what counts, and what a found program prints.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from .lines import LINES as TEXTS

_SHAPES = ((2, 3), (), (3,), (2, 2), (3, 2), (1, 3), (1,), (2, 1, 3), (0,), (0, 3))
_GRID = (0.5, -1.25, 2.0, 1.5, -0.75, 0.25, -2.0, 1.0, -0.5, 1.75, -1.5, 0.75)
_WHOLE = (1, 0, 2, 3, 1, 0, 2, 4)


def _nested(shape: tuple[int, ...], values: list[str]) -> str:
    if not shape:
        return values[0]
    step = len(values) // shape[0] if shape[0] else 0
    rows = [_nested(shape[1:], values[i * step : (i + 1) * step]) for i in range(shape[0])]
    return f"[{', '.join(rows)}]"


def _literals(values: tuple[float, ...], start: int) -> list[str]:
    """One literal for each shape, its elements taken in order from `values`."""
    literals = []
    for shape in _SHAPES:
        size = 1
        for n in shape:
            size *= n
        if size:
            literals.append(_nested(shape, [repr(values[(start + i) % len(values)]) for i in range(size)]))
    return literals


POOLS: dict[str, tuple[str, ...]] = {
    "v": (*_literals(_GRID, 0), *_literals(_GRID, 5)),
    "w": tuple(_literals(_WHOLE, 0)),
    "m": tuple(_literals((True, False, False, True, True), 0)),
    "n": (
        "[1.0, float('nan'), 1.0]", "float('inf')", "[[0.0, -0.0], [float('-inf'), 1.0]]", "[[1.0, 1.0], [0.0, 1.0]]",
    ),
    "shape": tuple(repr(list(s)) for s in (*_SHAPES, (2, 0))),
    "to": (
        "[-1]", "[2, 3]", "[3, 2]", "[6]", "[2, -1]", "[1, -1]", "[3]", "[]", "[2, 1, 3]", "[4]", "[-1, -1]", "[0, 3]",
    ),
    "wide": ("[2, 3]", "[2, 2, 3]", "[-1, 3]", "[3]", "[2, -1]", "[2, 2]", "[]", "[0, 3]"),
    "d": ("-1", "0", "1", "-2", "2", "-3"),
    "e": ("0", "-1", "1", "-2", "(0, 1)", "()", "(0, -1)", "(-1,)", "(1, 1)"),
    "k": ("False", "True"),
    "s": ("2", "0.5", "-1", "0", "1.5", "True", "-0.25", "3"),
    "p": ("2", "3", "0.5", "-1", "1", "0", "2.0", "1.5"),
    "c": ("1", "0", "2", "-1", "3"),
    "dt": ("T.float64", "T.float32", "T.int64", "T.int32", "T.uint8", "T.bool"),
    "fl": ("T.float64", "T.float32"),
    "wh": ("T.int64", "T.int32", "T.uint8"),
    "i": (
        "0", "-1", "1", "slice(1, None)", "slice(None, None, 2)", "...", "None", "(..., 0)", "(slice(None), 1)",
        "(0, 0)", "(..., None)", "(slice(None), slice(0, 1))", "slice(0, 0)", "(0, ..., 0)", "5",
        "(0, slice(None, -1))", "(None, 0, None)", "True", "()",
    ),
    "j": (
        "[0]", "[1, 0]", "[0, 0, 1]", "T.tensor([0, -1])", "(slice(None), [0])", "([0, 1], [1, 0])", "(0, [1, 0])",
        "T.tensor(0)", "(..., [0, 0])", "([0], slice(None))", "(None, [0])", "T.tensor([[0, 1], [1, 0]])",
        "T.tensor([True, False])", "T.tensor([], dtype=T.int64)", "T.tensor([True, False, True])", "[7]",
        "T.tensor([0.5])",
    ),
    "q": ("[0, 1]", "[1]", "[0, 0, 1]", "[0]", "[]", "[2, 0]", "[[0, 1]]", "-1"),
    "r": ("'mean'", "'sum'", "'none'"),
    "eq": ("'ij,jk->ik'", "'ij,ij->'", "'i,j->ij'", "'ij,kj->ik'", "'...i,...i->...'"),
}  # fmt: skip

_KIND_WEIGHTS = {"binary": 3, "views": 5, "in place": 7, "graph": 5, "unary": 2, "indexing": 2, "reduction": 2}
PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Line(NamedTuple):
    """One kind of statement: its text, the pools of its placeholders, and how many tensors it names."""

    kind: str
    text: str
    pools: tuple[str, ...]
    operands: int
    is_statement: bool  # it has no value

    def filled(self, choices: tuple[int, ...]) -> str:
        picks = iter(choices)
        return PLACEHOLDER.sub(lambda m: POOLS[m[1]][next(picks)], self.text)


def _line(kind: str, text: str) -> Line:
    pools = tuple(PLACEHOLDER.findall(text))
    bare = PLACEHOLDER.sub("", text)
    operands = max((n + 1 for n, name in enumerate("xyz") if re.search(rf"\b{name}\b", bare)), default=0)
    return Line(kind, text, pools, operands, bool(re.search(r"(?<![=!<>])=(?!=)", _without_calls(text))))


def _without_calls(text: str) -> str:
    """The text without what stands in parentheses, where an equals sign names an argument."""
    while (shorter := re.sub(r"\([^()]*\)", "", text)) != text:
        text = shorter
    return text


LINES: tuple[Line, ...] = tuple(
    _line(kind, text.strip()) for kind, block in TEXTS.items() for text in block.strip().splitlines()
)
CHANGING = {"in place", "graph"}


@cache
def by_kind(kind: str) -> tuple[int, ...]:
    return tuple(n for n, line in enumerate(LINES) if line.kind == kind)


KINDS: tuple[str, ...] = tuple(kind for kind in TEXTS for _ in range(_KIND_WEIGHTS.get(kind, 1)))
