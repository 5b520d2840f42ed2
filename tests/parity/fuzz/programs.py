"""Programs: what Hypothesis draws, how it is run by either library, and how it is printed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from hypothesis import strategies as st

from .grammar import KINDS, LINES, POOLS, by_kind

OPERANDS = "xyz"


class Statement(NamedTuple):
    """A line, the tensors it names (counted back from the newest), its placeholders, and whether under no_grad."""

    line: int
    tensors: tuple[int, ...]
    choices: tuple[int, ...]
    no_grad: bool

    @property
    def text(self) -> str:
        return LINES[self.line].filled(self.choices)


Program = list[Statement]
Pick = Callable[[int], int]  # a number below the one given
LONGEST = 10
_below = [st.integers(0, n) for n in range(max(map(len, POOLS.values())) + len(KINDS) + len(LINES))]


def make(pick: Pick) -> Program:
    """A program from a source of numbers: a few tensors, then statements."""
    first = [_statement(pick, pick(5), 0) for _ in range(1 + pick(3))]
    return first + [_of_any_kind(pick) for _ in range(1 + pick(LONGEST))]


def _of_any_kind(pick: Pick) -> Statement:
    among = by_kind(KINDS[pick(len(KINDS))])
    return _statement(pick, among[pick(len(among))], pick(10))


def _statement(pick: Pick, number: int, quiet: int) -> Statement:
    line = LINES[number]
    tensors = tuple(pick(7) for _ in range(line.operands))
    return Statement(number, tensors, tuple(pick(len(POOLS[p])) for p in line.pools), quiet == 9)


@st.composite
def programs(draw: Callable[[Any], Any]) -> Program:
    return make(lambda n: draw(_below[n - 1]))


def square(T: Any) -> Any:
    """A step with a backward of its own, in either library."""

    class Square(T.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 2 * g * x

    return Square


@lru_cache(maxsize=200_000)
def _compiled(text: str, is_statement: bool) -> Callable[..., Any]:
    scope: dict[str, Any] = {"copy": copy, "SQUARE": square}
    body = f"    {text}\n    return x" if is_statement else f"    return {text}"
    exec(f"def run(T, F, x=None, y=None, z=None):\n{body}", scope)
    return scope["run"]


def execute(statement: Statement, T: Any, operands: list[Any]) -> Any:
    """The statement's value, computed by the library `T`."""
    run = _compiled(statement.text, LINES[statement.line].is_statement)
    if statement.no_grad:
        with T.no_grad():
            return run(T, T.nn.functional, *operands)
    return run(T, T.nn.functional, *operands)


def simpler(program: Program, made: list[range]) -> Iterator[Program]:
    """Programs with a little less: without a statement whose results nobody names, or with an earlier choice."""
    sizes = [m.start for m in made]
    for k in reversed(range(len(made) - 1)):
        rest = [_shifted(s, n, made[k]) for s, n in zip(program[k + 1 : len(made)], sizes[k + 1 :], strict=True)]
        if all(s is not None for s in rest):
            yield program[:k] + [s for s in rest if s is not None]
    program = program[: len(made)]
    for k, statement in enumerate(program):
        for less in _lesser(statement):
            yield [*program[:k], less, *program[k + 1 :]]


def _lesser(statement: Statement) -> Iterator[Statement]:
    if statement.no_grad:
        yield statement._replace(no_grad=False)
    for i, n in enumerate(statement.choices):
        yield from (
            statement._replace(choices=(*statement.choices[:i], m, *statement.choices[i + 1 :])) for m in range(n)
        )


def _shifted(statement: Statement, size: int, gone: range) -> Statement | None:
    """The statement once the variables `gone` are no more; None where it names one of them."""
    at = [size - 1 - n % size for n in statement.tensors] if size else []
    if any(i in gone for i in at):
        return None
    left = size - len(gone)
    places = [i - len(gone) if i >= gone.stop else i for i in at]
    return statement._replace(tensors=tuple(left - 1 - i for i in places))
