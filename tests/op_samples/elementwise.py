"""Samples of elementwise operations."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microdl as torch
from microdl.autograd.inplace import overwrite
from microdl.ops import arithmetic, blend, division

from .kinds import (
    INSIDE_ONE,
    NONZERO,
    OFF_HALVES,
    PLAIN,
    POSITIVE,
    REAL,
    Array,
    Case,
    arrays,
    binary,
    broadcastable,
    eighths,
    numbers,
    of_two,
    unary,
    with_arguments,
)  # fmt: skip

SWAPPED = st.just((2, 3))  # not contiguous once transposed
INTEGERS = hnp.arrays(np.int64, (2, 3), elements=st.integers(-9, 9)) | hnp.arrays(np.bool_, (2, 3))


def integral(call: Callable[..., Any], reference: Any, count: int = 2) -> st.SearchStrategy[Case]:
    return st.tuples(*[INTEGERS] * count).map(
        lambda xs: Case(call, xs if len({x.dtype for x in xs}) == 1 else (xs[0],) * count, reference)
    )


def clamps() -> st.SearchStrategy[Case]:
    """Bounds that differ: where they are equal, PyTorch gives neither a gradient, and the number a whole one."""

    def bounds(x: Array) -> st.SearchStrategy[tuple[Any, ...]]:
        low, high = numbers((-2.0, 0.1)), numbers((0.2, 2.0))
        return st.tuples(low, high) | st.tuples(low, st.none()) | st.tuples(st.none(), high)

    tensors = broadcastable(REAL, PLAIN, PLAIN).map(lambda xs: (*xs[:2], np.asarray(xs[2] + 1 / 32)))
    return with_arguments(torch.clamp, np.clip, bounds) | tensors.map(
        lambda xs: Case(torch.clamp, xs, lambda x, low, high: np.minimum(np.maximum(x, low), high))
    )


@st.composite
def wheres(draw: st.DrawFn) -> Case:
    x, y, where = draw(broadcastable(REAL, REAL, REAL))
    condition = np.asarray(where > 0)
    return Case(
        lambda a, b: torch.where(torch.from_numpy(condition), a, b), (x, y), lambda a, b: np.where(condition, a, b)
    )


def powers() -> st.SearchStrategy[Case]:
    """Positive bases to any power but 0, whose mixed second derivative is 0 as PyTorch has it; whole powers of all."""
    exponents = st.sampled_from([0, 1, 3, 2.0])
    whole = with_arguments(torch.pow, np.power, lambda x: st.tuples(exponents))
    return whole | binary(torch.pow, np.power, POSITIVE, NONZERO)


def casts() -> st.SearchStrategy[Case]:
    return arrays(REAL).map(lambda x: Case(lambda t: t.to(torch.float32), (x,), lambda a: a.astype(np.float32)))


def shifts(call: Callable[..., Any], reference: Any) -> st.SearchStrategy[Case]:
    numbers = hnp.arrays(np.int64, (2, 3), elements=st.integers(0, 9))
    return st.tuples(numbers, numbers).map(lambda xs: Case(call, xs, reference))


# Comparisons, predicates and integer operations: no derivative, so only values are checked.
WITHOUT_DERIVATIVE: dict[str, st.SearchStrategy[Case]] = {
    "eq": binary(torch.eq, np.equal),
    "ne": binary(torch.ne, np.not_equal),
    "lt": binary(torch.lt, np.less),
    "le": binary(torch.le, np.less_equal),
    "gt": binary(torch.gt, np.greater),
    "ge": binary(torch.ge, np.greater_equal),
    "logical_and": of_two(torch.logical_and, np.logical_and),
    "logical_or": of_two(torch.logical_or, np.logical_or),
    "logical_xor": of_two(torch.logical_xor, np.logical_xor),
    "logical_not": unary(torch.logical_not, np.logical_not),
    "isnan": unary(torch.isnan, np.isnan),
    "isinf": unary(torch.isinf, np.isinf),
    "isfinite": unary(torch.isfinite, np.isfinite),
    "floor_divide": binary(division.floor_divide, np.floor_divide, REAL, NONZERO),
    "div_floor": binary(division._div_floor, np.floor_divide, eighths(-3, 3, 1 / 32), st.sampled_from([1.0, -0.5])),
    "div_trunc": binary(
        division._div_trunc,
        lambda x, y: np.trunc(np.true_divide(x, y)),
        eighths(-3, 3, 1 / 32),
        st.sampled_from([1.0, -0.5]),
    ),
    "bitwise_left_shift": shifts(blend.bitwise_left_shift, np.left_shift),
    "bitwise_right_shift": shifts(blend.bitwise_right_shift, np.right_shift),
    "bitwise_and": integral(torch.bitwise_and, np.bitwise_and),
    "bitwise_or": integral(torch.bitwise_or, np.bitwise_or),
    "bitwise_xor": integral(torch.bitwise_xor, np.bitwise_xor),
    "bitwise_not": integral(torch.bitwise_not, np.bitwise_not, 1),
}

ARITHMETIC: dict[str, st.SearchStrategy[Case]] = {
    "add": binary(torch.add, np.add),
    "sub": binary(torch.sub, np.subtract),
    "mul": binary(torch.mul, np.multiply),
    "div": binary(torch.div, np.true_divide, REAL, NONZERO),
    "pow": powers(),
    "square": unary(torch.square, np.square),
    "maximum": of_two(torch.maximum, np.maximum),
    "minimum": of_two(torch.minimum, np.minimum),
    # quotients such as 1/8 : 1 + 1/16 are never whole, so the remainder does not jump
    "fmod": binary(torch.fmod, np.fmod, eighths(-3, 3, 1 / 32), st.sampled_from([1.0, -0.5, 2.0])),
    "remainder": binary(torch.remainder, np.remainder, eighths(-3, 3, 1 / 32), st.sampled_from([1.0, -0.5, 2.0])),
    "atan2": of_two(torch.atan2, np.arctan2, NONZERO, REAL),
    "neg": unary(torch.neg, np.negative),
    "abs": unary(torch.abs, np.abs),
    "sign": unary(torch.sign, np.sign, NONZERO),
    "exp": unary(torch.exp, np.exp),
    "exp2": unary(torch.exp2, np.exp2),
    "expm1": unary(torch.expm1, np.expm1),
    "log": unary(torch.log, np.log, POSITIVE),
    "log2": unary(torch.log2, np.log2, POSITIVE),
    "log10": unary(torch.log10, np.log10, POSITIVE),
    "log1p": unary(torch.log1p, np.log1p, (-1.0, math.inf)),
    "sqrt": unary(torch.sqrt, np.sqrt, POSITIVE),
    "rsqrt": unary(torch.rsqrt, lambda x: x**-0.5, POSITIVE),
    "reciprocal": unary(torch.reciprocal, np.reciprocal, NONZERO),
    "sin": unary(torch.sin, np.sin),
    "cos": unary(torch.cos, np.cos),
    "tan": unary(torch.tan, np.tan),
    "asin": unary(torch.asin, np.arcsin, INSIDE_ONE),
    "acos": unary(torch.acos, np.arccos, INSIDE_ONE),
    "atan": unary(torch.atan, np.arctan),
    "sinh": unary(torch.sinh, np.sinh),
    "cosh": unary(torch.cosh, np.cosh),
    "tanh": unary(torch.tanh, np.tanh),
    "floor": unary(torch.floor, np.floor, OFF_HALVES),
    "ceil": unary(torch.ceil, np.ceil, OFF_HALVES),
    "trunc": unary(torch.trunc, np.trunc, OFF_HALVES),
    "frac": unary(torch.frac, lambda x: x - np.trunc(x), OFF_HALVES),
    "round": unary(torch.round, np.rint, OFF_HALVES),
    "contiguous": with_arguments(
        lambda x, _: x.T.contiguous(), lambda a, _: a.T, lambda x: st.just((None,)), REAL, SWAPPED
    ),
    "clone": unary(torch.clone, np.copy),
    "clamp": clamps(),
    "where": wheres(),
    "to_copy": casts(),
    "overwrite": st.tuples(arrays(REAL, (2, 3)), arrays(REAL, (2, 3))).map(
        lambda xs: Case(overwrite, xs, lambda x, y: y)
    ),
    "times": arrays(REAL).map(lambda x: Case(lambda t: arithmetic._times(t, 0.5), (x,), lambda a: a * 0.5)),
    "heaviside": binary(blend._heaviside, np.heaviside),
    "lerp": broadcastable(REAL, REAL, REAL).map(lambda xs: Case(blend.lerp, xs, lambda x, y, w: x + w * (y - x))),
    "logaddexp": of_two(blend.logaddexp, np.logaddexp),
    "hypot": of_two(blend.hypot, np.hypot, REAL, NONZERO),
    "nan_to_num": unary(blend.nan_to_num, np.nan_to_num),
}
