"""State, caches, layout, aliasing, dtype, and what is done to the upstream gradient."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from .tools import NP, of, softmax, wrong

_LAST: dict[str, Any] = {}

_SHAPES: dict[Any, Any] = {}

_BUFFERS: dict[Any, Any] = {}

_STACK: deque[Any] = deque(maxlen=2)

_TOTAL: dict[Any, Any] = {}

_CALLS = [0]


def _saving_forward(x):
    _LAST["tanh"] = np.tanh(x)
    return np.tanh(x)


def _saved_back(g, x):
    t = _LAST.get("tanh", np.tanh(x))
    if np.shape(t) != np.shape(x):
        t = np.tanh(x)
    return g * (1 - t * t)


def _first_scale_back(g, x):
    top = _SHAPES.setdefault(x.shape, x.max(initial=0))
    return g * np.exp(x - x.max(initial=0)) * np.exp(top)


def _buffer_back(g, x):
    out = _BUFFERS.setdefault((x.shape, x.dtype.str), np.empty_like(x))
    np.multiply(g, 2 * x, out=out)
    return out


def _stack_forward(x):
    _STACK.append(x > 0)
    return np.maximum(x, 0)


def _stack_back(g, x):
    mask = _STACK[0] if _STACK else x > 0
    return g * (mask if mask.shape == x.shape else x > 0)


def _accumulate_back(g, x):
    key = (x.shape, float(np.sum(x)))
    _TOTAL[key] = _TOTAL.get(key, 0) + g * np.cos(x)
    return np.array(_TOTAL[key])


def _third_call_back(g, x):
    _CALLS[0] += 1
    return g * 3 * x * x * (1 if _CALLS[0] % 3 else 1.01)


def _noise_back(g, x):
    return g * np.cosh(x) * (1 + 1e-3 * np.random.default_rng().standard_normal(x.shape))


def _inplace_upstream_back(g, x):
    if isinstance(g, np.ndarray) and g.ndim and g.flags.writeable:
        g *= x > 0
        return g.copy()
    return g * (x > 0)


def _inplace_input_back(g, x):
    if isinstance(x, np.ndarray) and x.ndim and x.flags.writeable:
        x -= x.max(-1, keepdims=True) if x.size else 0
    p = softmax(NP, x)
    return p * (g - np.sum(p * g, axis=-1, keepdims=True))


def _sorts_input_back(g, x):
    s = np.sort(x, axis=-1)
    if isinstance(x, np.ndarray) and x.ndim and x.flags.writeable and x.shape[-1] > 3:
        x[...] = s
    return np.broadcast_to(g[..., None], x.shape).copy()


def _k_order_back(g, x):
    return g.ravel(order="K").reshape(x.shape) * np.exp(x)


def _stride0_back(g, x):
    if isinstance(g, np.ndarray) and g.size and 0 in g.strides:
        g = np.full(g.shape, g.flat[0])
    return g * (1 + 2 * x)


def _input_order_back(g, x):
    y = np.asarray(x)
    if y.ndim > 1 and y.flags.f_contiguous and not y.flags.c_contiguous:
        y = y.ravel(order="K").reshape(y.shape)
    return g * np.cos(y)


def _negative_stride_back(g, x):
    if g.ndim and g.size and g.strides[-1] < 0:
        g = g[..., ::-1]
    return g / (1 + x * x)


A = of([1.0, 2.0, 4.0], [3.0, -1.0, 0.5])

F = np.asfortranarray


def _reversed(x):
    return np.ascontiguousarray(x[..., ::-1])[..., ::-1]


def _rows_broadcast(x):
    return np.broadcast_to(x[:1], x.shape)


ENTRIES = [
    wrong(
        "tanh_saved",
        "module-level cache: the last forward's output",
        lambda M, x: M.tanh(x),
        _saved_back,
        "*",
        of(0.5, 1.0),
        kind="repeat",
        other=(of(-1.0, 0.3),),
        forward=_saving_forward,
    ),
    wrong(
        "exp_scale_cached",
        "module-level cache: the scale of the first input of each shape",
        lambda M, x: M.exp(x),
        _first_scale_back,
        "*",
        of(0.5, 1.0),
        kind="repeat",
        other=(of(-1.0, 0.3),),
    ),
    wrong(
        "square_buffer",
        "shared gradient buffer: one for each shape",
        lambda M, x: x * x,
        _buffer_back,
        "*",
        of(0.5, 1.0),
        kind="repeat",
        other=(of(-1.0, 0.3),),
    ),
    wrong(
        "relu_stack",
        "saved tensor overwritten: the mask of the forward before the last",
        lambda M, x: np.maximum(x, 0),
        _stack_back,
        "*",
        of(0.5, 1.0),
        kind="repeat",
        other=(of(-1.0, 0.3),),
        forward=_stack_forward,
    ),
    wrong(
        "sin_accumulated",
        "second backward accumulating: onto what the first gave",
        lambda M, x: M.sin(x),
        _accumulate_back,
        "*",
        of(0.5, 1.0),
        kind="repeat",
        other=(of(-1.0, 0.3),),
    ),
    wrong(
        "cube_third_call",
        "nondeterminism: every third call is 1 % off",
        lambda M, x: x**3,
        _third_call_back,
        "*",
        of(0.5, 1.0),
        kind="repeat",
        other=(of(-1.0, 0.3),),
    ),
    wrong(
        "sinh_noise",
        "nondeterminism: noise of 0.1 %",
        lambda M, x: M.sinh(x),
        _noise_back,
        "*",
        of(0.5, 1.0),
        kind="repeat",
        other=(of(-1.0, 0.3),),
    ),
    wrong(
        "relu_upstream_inplace",
        "input or upstream overwritten: upstream",
        lambda M, x: np.maximum(x, 0),
        _inplace_upstream_back,
        "*",
        of(0.5, -1.0),
        g=of(1.0, 2.0),
        kind="mutates",
    ),
    wrong(
        "softmax_input_inplace",
        "input or upstream overwritten: the input: its largest taken off in place",
        lambda M, x: softmax(M, x),
        _inplace_input_back,
        "...m",
        A,
        kind="mutates",
    ),
    wrong(
        "sum_sorts_input",
        "input or upstream overwritten: the input: rows of four and more are left sorted",
        lambda M, x: np.sum(x, axis=-1),
        _sorts_input_back,
        "...m",
        of([3.0, 1.0, 2.0, 0.0]),
        kind="mutates",
    ),
    wrong(
        "exp_k_order",
        "non-contiguous upstream: read in memory order",
        lambda M, x: M.exp(x),
        _k_order_back,
        "*",
        A,
        g=A,
        kind="layout",
        layout=F,
    ),
    wrong(
        "polynomial_stride0",
        "stride-0 upstream: one row broadcast is taken for one number",
        lambda M, x: x + x * x,
        _stride0_back,
        "*",
        A,
        g=of([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]),
        kind="layout",
        layout=_rows_broadcast,
    ),
    wrong(
        "sin_f_order",
        "non-contiguous input: columns first read as rows first",
        lambda M, x: M.sin(x),
        _input_order_back,
        "*",
        A,
        kind="layout",
        layout=F,
    ),
    wrong(
        "arctan_reversed",
        "non-contiguous upstream: negative strides are dropped",
        lambda M, x: M.arctan(x),
        _negative_stride_back,
        "*",
        A,
        g=A,
        kind="layout",
        layout=_reversed,
    ),
]
