"""Samples of activations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from microdl.ops import activation, gaussian, shrinkage, softmax
from microdl.testing.strategies import shapes

from .kinds import BETWEEN, REAL, Array, Case, arrays, eighths, one_axis, raw, unary, with_arguments


def sigmoid(x: Array) -> Any:
    return np.exp(-softplus(-x))


def softplus(x: Array) -> Any:
    return np.logaddexp(x, 0)


def log_softmaxed(x: Array, dim: int) -> Any:
    return x - np.logaddexp.reduce(x, dim, keepdims=True) if x.ndim else np.zeros_like(x)


def softmaxed(x: Array, dim: int) -> Any:
    e = np.exp(x - x.max(dim, keepdims=True, initial=-np.inf)) if x.ndim else x
    return e / e.sum(dim, keepdims=True) if x.ndim else np.ones_like(x)


@st.composite
def prelus(draw: st.DrawFn) -> Case:
    x = draw(arrays(REAL, shapes(2, 3, 1, 3)))
    weight = draw(arrays(REAL, (x.shape[1],)) | arrays(REAL, (1,)))
    wide = (-1,) + (1,) * (x.ndim - 2)
    return Case(activation.prelu, (x, weight), lambda a, w: np.where(a > 0, a, a * w.reshape(wide)))


@st.composite
def softmax_rules(draw: st.DrawFn, name: str) -> Case:
    """The backward of softmax, as the operation that it is: its two inputs are independent here."""
    g = draw(arrays(REAL, shapes(1, 2, 1)))
    y = draw(arrays(REAL, g.shape))
    dim = draw(st.integers(0, g.ndim - 1))
    return Case(lambda a, b: raw(name)(a, b, dim), (g, y))


@st.composite
def rrelus(draw: st.DrawFn) -> Case:
    x = draw(arrays(REAL))
    slopes = np.where(x > 0, 1, draw(arrays((0.1, 0.4), x.shape)))
    return Case(lambda t: shrinkage.rrelu_of(t, slopes.astype(t._a.dtype), False), (x,), lambda a: a * slopes)


@st.composite
def glus(draw: st.DrawFn) -> Case:
    half = shapes(1, 2, 1, 2)
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
    "log_sigmoid": unary(activation.logsigmoid, lambda x: -softplus(-x)),
    "softplus_one": unary(raw("softplus_one"), softplus),
    "softplus": with_arguments(
        activation.softplus,
        lambda x, beta, threshold: np.where(x * beta > threshold, x, softplus(beta * x) / beta),
        lambda x: st.sampled_from([(1.0, 20.0), (2.0, 20.0), (0.5, 0.9)]),
    ),
    "silu": unary(activation.silu, lambda x: x * sigmoid(x)),
    "mish": unary(activation.mish, lambda x: x * np.tanh(softplus(x))),
    "relu": unary(activation.relu, lambda x: np.maximum(x, 0)),
    "leaky_relu": with_arguments(
        activation.leaky_relu, lambda x, s: np.where(x > 0, x, s * x), lambda x: st.tuples(st.just(0.25))
    ),
    "prelu": prelus(),
    "elu": unary(lambda x: activation.elu(x, 0.5), lambda x: np.where(x > 0, x, 0.5 * np.expm1(np.minimum(x, 0)))),
    "celu": unary(lambda x: activation.celu(x, 2), lambda x: np.where(x > 0, x, 2 * np.expm1(np.minimum(x, 0) / 2))),
    "gelu": unary(activation.gelu, lambda x: x * normal_cdf(x))
    | unary(
        lambda x: activation.gelu(x, approximate="tanh"),
        lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    ),
    "glu": glus(),
    "hardshrink": unary(shrinkage.hardshrink, lambda x: np.where(np.abs(x) > 0.5, x, 0), BETWEEN),
    "softshrink": unary(shrinkage.softshrink, lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0)),
    "rrelu_with_noise": rrelus(),
    "normal_cdf": unary(gaussian.normal_cdf, lambda x: normal_cdf(x)),
    "hardtanh": unary(activation.hardtanh, lambda x: np.clip(x, -1, 1)),
    "hardsigmoid": unary(activation.hardsigmoid, lambda x: np.clip(x + 3, 0, 6) / 6),
    "hardswish": unary(activation.hardswish, lambda x: x * np.clip(x + 3, 0, 6) / 6),
    "threshold": unary(
        lambda x: activation.threshold(x, 0.5, -2.0), lambda x: np.where(x > 0.5, x, -2.0), eighths(-3, 3, 1 / 16)
    ),
    "softmax": with_arguments(softmax.softmax, softmaxed, axis),
    "log_softmax": with_arguments(softmax.log_softmax, log_softmaxed, axis),
    "softmax_backward": softmax_rules("softmax_backward"),
    "log_softmax_backward": softmax_rules("log_softmax_backward"),
}


def normal_cdf(x: Array) -> Any:
    return 0.5 * np.vectorize(math.erfc, otypes=[float])(-x / math.sqrt(2))
