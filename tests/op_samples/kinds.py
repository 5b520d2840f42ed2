"""What samples are made of: values, shapes, and the usual kinds of call.

A sample is a strategy of `Case`s. Values are those of `microdl.testing.strategies.tensors`: zeros, ties, near-kinks,
huge and tiny ones occur. A sample declares its operation's domain; for what jumps, values lie on a grid between.
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
from microdl.testing.strategies import broadcastable_shapes, shapes, tensors

Array = np.ndarray[Any, Any]
Domain = str | tuple[float, float] | st.SearchStrategy[float]  # one of `tensors`, or single values to draw from


@dataclass(frozen=True)
class Case:
    """`call` on tensors of `inputs`; `reference` on the arrays themselves gives the value NumPy computes."""

    call: Callable[..., Any]
    inputs: tuple[Array, ...]
    reference: Callable[..., Any] | None = None


# --- values ---------------------------------------------------------------------------------------------


def eighths(low: float, high: float, offset: float = 0.0) -> st.SearchStrategy[float]:
    """Multiples of 1/8 in [low, high], moved by `offset`; they shrink to the one nearest 0."""
    return st.integers(math.ceil(low * 8), math.floor(high * 8)).map(lambda k: k / 8 + offset)


REAL = "real"
POSITIVE = "positive"
NONZERO = "nonzero"
UNIT = "unit"  # between 0 and 1
PLAIN = "plain"  # real numbers with zeros and ties, no huge or tiny ones
INSIDE_ONE = (-1.0, 1.0)
ABOVE_ONE = (1.0, math.inf)
BETWEEN = eighths(-3, 3, 1 / 16)  # no multiple of 1/8
OFF_HALVES = st.integers(-12, 12).map(lambda k: k / 4 + 1 / 8)  # neither whole nor halfway

SHAPES = shapes()
MATRICES = shapes(2, 2)


def arrays(domain: Domain, shape: Any = SHAPES) -> st.SearchStrategy[Array]:
    if domain == PLAIN:
        return tensors(REAL, shape, specials=False)
    if isinstance(domain, (str, tuple)):
        return tensors(domain, shape)
    return hnp.arrays(np.float64, shape, elements=domain, fill=st.nothing())


def numbers(domain: Domain) -> st.SearchStrategy[float]:
    return arrays(domain, ()).map(float)


@st.composite
def broadcastable(draw: st.DrawFn, *domains: Domain) -> tuple[Array, ...]:
    """One array for each domain, of shapes that broadcast together."""
    sizes = draw(broadcastable_shapes(len(domains)))
    return tuple(draw(arrays(d, s)) for d, s in zip(domains, sizes, strict=True))


# --- kinds of sample ------------------------------------------------------------------------------------


def unary(call: Callable[..., Any], reference: Any = None, domain: Domain = REAL) -> st.SearchStrategy[Case]:
    return arrays(domain).map(lambda x: Case(call, (x,), reference))


def of_two(
    call: Callable[..., Any], reference: Any, first: Domain = REAL, second: Domain = REAL
) -> st.SearchStrategy[Case]:
    """Two tensors that broadcast."""
    return broadcastable(first, second).map(lambda xy: Case(call, xy, reference))


def binary(
    call: Callable[..., Any], reference: Any, first: Domain = REAL, second: Domain = REAL
) -> st.SearchStrategy[Case]:
    """Two tensors that broadcast, or a tensor and a Python number on either side."""
    number_second = st.tuples(arrays(first), numbers(second)).map(
        lambda p: Case(lambda x: call(x, p[1]), (p[0],), lambda x: reference(x, p[1]))
    )
    number_first = st.tuples(numbers(first), arrays(second)).map(
        lambda p: Case(lambda y: call(p[0], y), (p[1],), lambda y: reference(p[0], y))
    )
    return of_two(call, reference, first, second) | number_second | number_first


def with_arguments(
    call: Callable[..., Any],
    reference: Any,
    arguments: Callable[[Array], st.SearchStrategy[tuple[Any, ...]]],
    domain: Domain = REAL,
    shape: Any = SHAPES,
) -> st.SearchStrategy[Case]:
    """One tensor and Python values that depend on it: `call(x, *args)`."""

    def case(x: Array, args: tuple[Any, ...]) -> Case:
        return Case(lambda t: call(t, *args), (x,), reference and (lambda a: reference(a, *args)))

    return arrays(domain, shape).flatmap(lambda x: arguments(x).map(lambda args: case(x, args)))


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
