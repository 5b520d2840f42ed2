"""Samples of activations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from microdl.ops import activation, gaussian, shrinkage, softmax

from .kinds import BETWEEN, NONZERO, REAL, Array, Case, arrays, eighths, one_axis, raw, unary, with_arguments

OFF_THREES = eighths(-5, 5, 1 / 16)  # off the corners at -3, -1, 0, 1 and 3


def sigmoid(x: Array) -> Any:
    return 1 / (1 + np.exp(-x))


def softmaxed(x: Array, dim: int) -> Any:
    e = np.exp(x)
    return e / e.sum(dim, keepdims=True) if x.ndim else np.ones_like(x)


@st.composite
def prelus(draw: st.DrawFn) -> Case:
    x = draw(arrays(NONZERO, hnp.array_shapes(min_dims=2, max_dims=3, max_side=3)))
    weight = draw(arrays(REAL, (x.shape[1],)) | arrays(REAL, (1,)))
    wide = (-1,) + (1,) * (x.ndim - 2)
    return Case(activation.prelu, (x, weight), lambda a, w: np.where(a > 0, a, a * w.reshape(wide)))


@st.composite
def softmax_rules(draw: st.DrawFn, name: str) -> Case:
    """The backward of softmax, as the operation that it is: its two inputs are independent here."""
    g = draw(arrays(REAL, hnp.array_shapes(max_dims=2, max_side=3)))
    y = draw(arrays(REAL, g.shape))
    dim = draw(st.integers(0, g.ndim - 1))
    return Case(lambda a, b: raw(name)(a, b, dim), (g, y))


@st.composite
def rrelus(draw: st.DrawFn) -> Case:
    x = draw(arrays(NONZERO))
    slopes = np.where(x > 0, 1, draw(arrays(eighths(1 / 8, 3 / 8), x.shape)))
    return Case(lambda t: shrinkage.rrelu_of(t, slopes.astype(t._a.dtype), False), (x,), lambda a: a * slopes)


@st.composite
def glus(draw: st.DrawFn) -> Case:
    half = hnp.array_shapes(max_dims=2, max_side=2)
    shape = draw(half)
    dim = draw(st.integers(0, len(shape) - 1))
    x = draw(arrays(REAL, (*shape[:dim], 2 * shape[dim], *shape[dim + 1 :])))

    def reference(a: Array) -> Any:
        values, gate = np.split(a, 2, dim)
        return values * sigmoid(gate)

    return Case(lambda t: shrinkage.glu(t, dim), (x,), reference)


def axis(x: Array) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(one_axis(x))


def dims(x: Array) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(st.integers(0, max(x.ndim - 1, 0)))


ACTIVATIONS: dict[str, st.SearchStrategy[Case]] = {
    "sigmoid": unary(activation.sigmoid, sigmoid),
    "log_sigmoid": unary(activation.logsigmoid, lambda x: np.log(sigmoid(x))),
    "softplus_one": unary(raw("softplus_one"), lambda x: np.log1p(np.exp(x))),
    "softplus": with_arguments(
        activation.softplus,
        lambda x, beta, threshold: np.where(x * beta > threshold, x, np.log1p(np.exp(beta * x)) / beta),
        lambda x: st.sampled_from([(1.0, 20.0), (2.0, 20.0), (0.5, 0.9)]),
    ),
    "silu": unary(activation.silu, lambda x: x * sigmoid(x)),
    "mish": unary(activation.mish, lambda x: x * np.tanh(np.log1p(np.exp(x)))),
    "relu": unary(activation.relu, lambda x: np.maximum(x, 0), NONZERO),
    "leaky_relu": with_arguments(
        activation.leaky_relu, lambda x, s: np.where(x > 0, x, s * x), lambda x: st.tuples(st.just(0.25)), NONZERO
    ),
    "prelu": prelus(),
    "elu": unary(lambda x: activation.elu(x, 0.5), lambda x: np.where(x > 0, x, 0.5 * np.expm1(x)), NONZERO),
    "celu": unary(lambda x: activation.celu(x, 2), lambda x: np.where(x > 0, x, 2 * np.expm1(x / 2)), NONZERO),
    "gelu": unary(activation.gelu, lambda x: x * normal_cdf(x))
    | unary(
        lambda x: activation.gelu(x, approximate="tanh"),
        lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    ),
    "glu": glus(),
    "hardshrink": unary(shrinkage.hardshrink, lambda x: np.where(np.abs(x) > 0.5, x, 0), BETWEEN),
    "softshrink": unary(shrinkage.softshrink, lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0), BETWEEN),
    "rrelu_with_noise": rrelus(),
    "normal_cdf": unary(gaussian.normal_cdf, lambda x: normal_cdf(x)),
    "hardtanh": unary(activation.hardtanh, lambda x: np.clip(x, -1, 1), OFF_THREES),
    "hardsigmoid": unary(activation.hardsigmoid, lambda x: np.clip(x + 3, 0, 6) / 6, OFF_THREES),
    "hardswish": unary(activation.hardswish, lambda x: x * np.clip(x + 3, 0, 6) / 6, OFF_THREES),
    "threshold": unary(
        lambda x: activation.threshold(x, 0.5, -2.0), lambda x: np.where(x > 0.5, x, -2.0), eighths(-3, 3, 1 / 16)
    ),
    "softmax": with_arguments(softmax.softmax, softmaxed, axis),
    "log_softmax": with_arguments(softmax.log_softmax, lambda x, d: np.log(softmaxed(x, d)), axis),
    "softmax_backward": softmax_rules("softmax_backward"),
    "log_softmax_backward": softmax_rules("log_softmax_backward"),
}


def normal_cdf(x: Array) -> Any:
    return 0.5 * (1 + np.vectorize(math.erf, otypes=[float])(x / math.sqrt(2)))
