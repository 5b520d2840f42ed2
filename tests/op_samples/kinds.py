"""What samples are made of: values, shapes, and the usual kinds of call.

A sample is a strategy of `Case`s. Values lie on a grid of eighths, so that float32 holds them exactly, and keep
away from the points where the operation has no derivative.
"""

from __future__ import annotations

import functools
import importlib
import math
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microdl.ops
from microdl.autograd.record import TABLE

Array = np.ndarray[Any, Any]
Values = st.SearchStrategy[float]


@dataclass(frozen=True)
class Case:
    """`call` on tensors of `inputs`; `reference` on the arrays themselves gives the value NumPy computes."""

    call: Callable[..., Any]
    inputs: tuple[Array, ...]
    reference: Callable[..., Any] | None = None
    keeps_dtype: bool = True
    differentiable: bool = True  # else backward raises


# --- values ---------------------------------------------------------------------------------------------


def eighths(low: float, high: float, offset: float = 0.0) -> Values:
    """Multiples of 1/8 in [low, high], moved by `offset`; they shrink to the one nearest 0."""
    return st.integers(math.ceil(low * 8), math.floor(high * 8)).map(lambda k: k / 8 + offset)


REAL = eighths(-3, 3)
BETWEEN = eighths(-3, 3, 1 / 16)  # never equal to a value of REAL
OFF_HALVES = st.integers(-12, 12).map(lambda k: k / 4 + 1 / 8)  # neither whole nor halfway
POSITIVE = eighths(1 / 8, 3)
NONZERO = POSITIVE | POSITIVE.map(lambda v: -v)
INSIDE_ONE = eighths(-7 / 8, 7 / 8)

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
MATRICES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=3)


def arrays(values: Values, shapes: Any = SHAPES) -> st.SearchStrategy[Array]:
    return hnp.arrays(np.float64, shapes, elements=values, fill=st.nothing())


@st.composite
def broadcastable(draw: st.DrawFn, *values: Values) -> tuple[Array, ...]:
    """One array for each kind of values, of shapes that broadcast together."""
    shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=len(values), max_dims=3, min_side=0, max_side=3))
    return tuple(draw(arrays(v, s)) for v, s in zip(values, shapes.input_shapes, strict=True))


# --- kinds of sample ------------------------------------------------------------------------------------


def unary(call: Callable[..., Any], reference: Any = None, values: Values = REAL) -> st.SearchStrategy[Case]:
    return arrays(values).map(lambda x: Case(call, (x,), reference))


def of_two(
    call: Callable[..., Any], reference: Any, first: Values = REAL, second: Values = REAL
) -> st.SearchStrategy[Case]:
    """Two tensors that broadcast."""
    return broadcastable(first, second).map(lambda xy: Case(call, xy, reference))


def binary(
    call: Callable[..., Any], reference: Any, first: Values = REAL, second: Values = REAL
) -> st.SearchStrategy[Case]:
    """Two tensors that broadcast, or a tensor and a Python number on either side."""
    numbers = st.tuples(arrays(first), second).map(
        lambda p: Case(lambda x: call(x, p[1]), (p[0],), lambda x: reference(x, p[1]))
    )
    numbers_first = st.tuples(first, arrays(second)).map(
        lambda p: Case(lambda y: call(p[0], y), (p[1],), lambda y: reference(p[0], y))
    )
    return of_two(call, reference, first, second) | numbers | numbers_first


def with_arguments(
    call: Callable[..., Any],
    reference: Any,
    arguments: Callable[[Array], st.SearchStrategy[tuple[Any, ...]]],
    values: Values = REAL,
    shapes: Any = SHAPES,
) -> st.SearchStrategy[Case]:
    """One tensor and Python values that depend on it: `call(x, *args)`."""

    def case(x: Array, args: tuple[Any, ...]) -> Case:
        return Case(lambda t: call(t, *args), (x,), reference and (lambda a: reference(a, *args)))

    return arrays(values, shapes).flatmap(lambda x: arguments(x).map(lambda args: case(x, args)))


def axes(x: Array) -> st.SearchStrategy[tuple[int, ...]]:
    """Any different dimensions of `x`, counted from either end."""
    if not x.ndim:
        return st.just(())
    unique = st.lists(st.integers(0, x.ndim - 1), unique=True, max_size=x.ndim)
    return unique.map(lambda dims: tuple(d - x.ndim if i % 2 else d for i, d in enumerate(dims)))


def one_axis(x: Array) -> st.SearchStrategy[int]:
    return st.integers(-x.ndim, x.ndim - 1) if x.ndim else st.sampled_from([0, -1])


# --- operations that only formulas use ------------------------------------------------------------------


@functools.cache
def _declared() -> dict[Any, Callable[..., Any]]:
    modules = [importlib.import_module(f"microdl.ops.{m.name}") for m in pkgutil.iter_modules(microdl.ops.__path__)]
    calls = [call for module in modules for call in vars(module).values() if hasattr(call, "op")]
    return {call.op: call for call in calls}


def raw(name: str) -> Callable[..., Any]:
    """The declared operation itself, without the public function in front of it."""
    return lambda *args: _declared()[TABLE[name]](*args)
