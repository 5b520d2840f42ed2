"""State that outlives a call: caches, scratch buffers, inputs changed in place, noise."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..entry import Array, Witness, WrongOp
from .precise import exp, of, shifted, sin, sqrt, tanh

T = tuple[Any, ...]


# One scratch array a shape: what was returned before changes.
_SCRATCH: dict[Any, Array] = {}


def tanh_forward(x: Array) -> Array:
    return np.tanh(x)


def tanh_backward(g: Array, x: Array) -> T:
    out = _SCRATCH.setdefault((x.shape, x.dtype), np.empty_like(x))
    np.multiply(g, 1 - np.tanh(x) ** 2, out=out)
    return (out,)


# Both gradients in one buffer, where the shapes agree.
def times(a: Array, b: Array) -> Array:
    return a * b


def times_backward(g: Array, a: Array, b: Array) -> T:
    out = np.empty_like(g)
    return np.multiply(g, b, out=out), np.multiply(g, a, out=out)


# A parameter's gradient goes on growing from call to call.
_WEIGHTS: dict[Any, Array] = {}


def dense(x: Array, w: Array) -> Array:
    return x @ w


def dense_backward(g: Array, x: Array, w: Array) -> T:
    grad = _WEIGHTS.setdefault((w.shape, w.dtype), np.zeros_like(w))
    grad += x.T @ g
    return g @ w.T, grad.copy()


# The intermediate's gradient is kept in the graph of that shape, and not set back.
_GRAPHS: dict[Any, dict[str, Array]] = {}


def two_layers(x: Array) -> Array:
    return np.sin(np.tanh(x))


def two_layers_backward(g: Array, x: Array) -> T:
    graph = _GRAPHS.setdefault((x.shape, x.dtype), {"hidden": np.zeros_like(x)})
    h = np.tanh(x)
    graph["hidden"] = graph["hidden"] + g * np.cos(h)
    return (graph["hidden"] * (1 - h * h),)


# Positions of the first call with the shape.
_PEAKS: dict[Any, Array] = {}


def peak(x: Array) -> Array:
    return x.max(axis=1)


def peak_backward(g: Array, x: Array) -> T:
    where = _PEAKS.setdefault(x.shape, x.argmax(axis=1))
    gx = np.zeros_like(x)
    gx[np.arange(len(x)), where] = g
    return (gx,)


# The key of the cache is the shape and the sum of the values, which a permutation has as well.
_SOFTMAX: dict[Any, Array] = {}


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def squared_softmax(x: Array) -> Array:
    return softmax(x) ** 2


def softmax_backward(g: Array, x: Array) -> T:
    key = x.shape, x.dtype, float(x.sum())
    y = _SOFTMAX[key] if key in _SOFTMAX else _SOFTMAX.setdefault(key, softmax(x))
    g = 2 * g * y
    return (y * (g - (g * y).sum(axis=-1, keepdims=True)),)


def softmax_exact(x: Array) -> Array:
    e, _ = shifted(x)
    return (e / e.sum(axis=-1, keepdims=True)) ** 2


# In place on the input, on the upstream gradient, on a view.
def log_sum_exp(x: Array) -> Array:
    top = x.max(axis=1, keepdims=True)
    return (np.log(np.exp(x - top).sum(axis=1, keepdims=True)) + top)[:, 0]


def log_sum_exp_backward(g: Array, x: Array) -> T:
    x -= x.max(axis=1, keepdims=True)
    e = np.exp(x)
    return (g[:, None] * e / e.sum(axis=1, keepdims=True),)


def leaky(x: Array) -> Array:
    return np.where(x > 0, x, x * 0.125)


def leaky_backward(g: Array, x: Array) -> T:
    g[x <= 0] *= 0.125
    return (g,)


def root_of_positive(x: Array) -> Array:
    return np.sqrt(np.maximum(x, 1))


def root_of_positive_backward(g: Array, x: Array) -> T:
    flat, mask = x.reshape(-1), (x > 1).reshape(-1)
    flat[~mask] = 1
    return ((g.reshape(-1) * mask / (2 * np.sqrt(flat))).reshape(x.shape),)


# The saved output is overwritten by the scaling with the first upstream.
def exp_pair(x: Array) -> tuple[Array, Array]:
    return np.exp(-x * x), x * np.exp(-x * x)


def exp_pair_backward(g: Any, x: Array) -> T:
    e = np.asarray(np.exp(-x * x))
    first = np.multiply(e, g[0], out=e)
    return (-2 * x * first + g[1] * e * (1 - 2 * x * x),)


def exp_pair_exact(x: Array) -> tuple[Array, Array]:
    return exp(-x * x), x * exp(-x * x)


# Noise: in every number, and in large arrays only.
_NOISE = np.random.default_rng()


def cosine(x: Array) -> Array:
    return np.sin(x + 1)


def cosine_backward(g: Array, x: Array) -> T:
    d = np.cos(x + 1)
    noise = np.asarray(1 + 1e-3 * _NOISE.standard_normal(x.shape))
    return (g * d * noise.astype(x.dtype),)


def energy(x: Array) -> Array:
    return np.sum(x * x)


def energy_backward(g: Array, x: Array) -> T:
    if x.size <= 64:
        return (2 * g * x,)
    return (4 * g * x * (_NOISE.random(x.shape) < 0.5),)


# Every second call answers in the buffer that still holds the call before it.
_CALLS = itertools.count()
_HELD: dict[Any, Array] = {}


def reciprocal(x: Array) -> Array:
    return 1 / x


def reciprocal_backward(g: Array, x: Array) -> T:
    key, fresh = (x.shape, x.dtype), -g / (x * x)
    if next(_CALLS) % 2 or key not in _HELD:
        _HELD[key] = fresh
        return (fresh,)
    return (_HELD[key],)


_PEAKS_X, _OTHER = of([1, 2, 0]), of([3, 0, 1])
ENTRIES = [
    WrongOp(
        "tanh_scratch",
        "shared gradient buffer: one array a shape, so that a gradient returned before changes",
        tanh_forward,
        tanh_backward,
        tanh,
        "*",
        Witness((of(1, 2),), 0, (0,), kind="repeat", other=(of(0, 5),)),
    ),
    WrongOp(
        "times_one_buffer",
        "shared gradient buffer: the second gradient is written over the first",
        times,
        times_backward,
        times,
        "*,*",
        Witness((of(1, 2), of(3, 5)), 0, (0,)),
    ),
    WrongOp(
        "dense_weight_accumulates",
        "second backward accumulating stale intermediates: the weight's grows by call",
        dense,
        dense_backward,
        dense,
        "nk,km",
        Witness((of([1, 2]), of([3], [4])), 1, (0, 0), kind="repeat", other=(of([5, 6]), of([1], [1]))),
    ),
    WrongOp(
        "two_layers_stale_hidden",
        "second backward accumulating stale intermediates: the hidden layer's is kept",
        two_layers,
        two_layers_backward,
        lambda x: sin(tanh(x)),
        "*",
        Witness((of(1, 2),), 0, (0,), kind="repeat", other=(of(0.5, 0.25),)),
    ),
    WrongOp(
        "peak_cached_by_shape",
        "module-level cache: the positions of the maxima are kept by shape",
        peak,
        peak_backward,
        peak,
        "nm",
        Witness((_PEAKS_X,), 0, (0, 1), kind="repeat", other=(_OTHER,)),
    ),
    WrongOp(
        "softmax_cached_by_sum",
        "module-level cache: the key is the shape and the sum, alike for a permutation",
        squared_softmax,
        softmax_backward,
        softmax_exact,
        "nm",
        Witness((_PEAKS_X,), 0, (0, 0), kind="repeat", other=(of([2, 1, 0]),)),
    ),
    WrongOp(
        "log_sum_exp_shifts_input",
        "saved tensor overwritten: the maximum is subtracted in place",
        log_sum_exp,
        log_sum_exp_backward,
        lambda x: shifted(x)[1][:, 0],
        "nm",
        Witness((of([1, 2], [3, 5]),), 0, (0, 0), kind="mutates"),
    ),
    WrongOp(
        "leaky_scales_upstream",
        "saved tensor overwritten: the upstream gradient is scaled in place and returned",
        leaky,
        leaky_backward,
        lambda x: np.where(x > 0, x, x / 8),
        "*",
        Witness((of(-1, 2),), 0, (0,), g=of(1, 1), kind="mutates"),
    ),
    WrongOp(
        "root_clamps_view",
        "saved tensor overwritten: a view by reshape is clamped, the input with it",
        root_of_positive,
        root_of_positive_backward,
        lambda x: sqrt(np.where(x > 1, x, x * 0 + 1)),
        "*",
        Witness((of([0, 2], [3, -4]),), 0, (0, 0), kind="mutates"),
    ),
    WrongOp(
        "exp_pair_out_is_saved",
        "saved tensor overwritten: out= is the array that the second output needs",
        exp_pair,
        exp_pair_backward,
        exp_pair_exact,
        "*",
        Witness((of(0.5),), 0, (0,), g=(of(2), of(3))),
    ),
    WrongOp(
        "cosine_noise",
        "nondeterminism: a thousandth of noise in every number",
        cosine,
        cosine_backward,
        lambda x: sin(x + 1),
        "*",
        Witness((of(0.5),), 0, (0,)),
    ),
    WrongOp(
        "energy_sampled",
        "nondeterminism: above 64 elements half of them, drawn, stand for all",
        energy,
        energy_backward,
        energy,
        "*",
        Witness((np.ones(65),), 0, (0,)),
    ),
    WrongOp(
        "reciprocal_every_second_call",
        "module-level cache: every second call returns the result before it",
        reciprocal,
        reciprocal_backward,
        reciprocal,
        "*",
        Witness((of(1, 2),), 0, (0,), kind="repeat", other=(of(4, 5),)),
        domains=("nonzero",),
    ),
]
