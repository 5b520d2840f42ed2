"""Correct elementwise and broadcasting ops."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from .. import exact as e
from ..pair import pair, reduce_to


def add_forward(a: Any, b: Any) -> Any:
    return a + 2 * b


def add_backward(g: Any, a: Any, b: Any) -> Any:
    return reduce_to(g, a.shape), reduce_to(g * 2, b.shape)


def mul_backward(g: Any, a: Any, b: Any) -> Any:
    return reduce_to(g * b, a.shape), reduce_to(g * a, b.shape)


def div_backward(g: Any, a: Any, b: Any) -> Any:
    return reduce_to(g / b, a.shape), reduce_to(-g * a / (b * b), b.shape)


def maximum_backward(g: Any, a: Any, b: Any) -> Any:
    first = np.where(a > b, 1, np.where(a == b, 0.5, 0)).astype(a.dtype)
    return reduce_to(g * first, a.shape), reduce_to(g * (1 - first), b.shape)


def where_forward(x: Any, y: Any, keep: Any) -> Any:
    return np.where(keep, x * y, x - y)


def where_backward(g: Any, x: Any, y: Any, keep: Any) -> Any:
    return g * np.where(keep, y, 1), g * np.where(keep, x, -1), None


def power_forward(a: Any, b: Any) -> Any:
    return a**b


def power_backward(g: Any, a: Any, b: Any) -> Any:
    return g * b * a ** (b - 1), g * a**b * np.log(a)


def tanh_backward(g: Any, x: Any) -> Any:
    out = np.tanh(x)
    return g * (1 - out * out)


def sigmoid_forward(x: Any) -> Any:
    z = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, z) / (1 + z)


def sigmoid_backward(g: Any, x: Any) -> Any:
    out = sigmoid_forward(x)
    return g * out * (1 - out)


def silu_forward(x: Any) -> Any:
    return x * sigmoid_forward(x)


def silu_backward(g: Any, x: Any) -> Any:
    s = sigmoid_forward(x)
    return g * (s + x * s * (1 - s))


def gelu_forward(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))


def gelu_backward(g: Any, x: Any) -> Any:
    t = np.tanh(0.7978845608 * (x + 0.044715 * x * x * x))
    slope = 0.7978845608 * (1 + 0.134145 * x * x)
    return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope)


def elu_forward(x: Any, alpha: float = 1.0) -> Any:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_backward(g: Any, x: Any, alpha: float = 1.0) -> Any:
    return g * np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))


def softplus_forward(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softplus_backward(g: Any, x: Any) -> Any:
    return g * sigmoid_forward(x)


def clip_forward(x: Any, low: float = -1.0, high: float = 1.0) -> Any:
    return np.clip(x, low, high)


def clip_backward(g: Any, x: Any, low: float = -1.0, high: float = 1.0) -> Any:
    return g * ((x >= low) & (x <= high))


def leaky_forward(x: Any, slope: float = 0.1) -> Any:
    return np.where(x > 0, x, slope * x)


def leaky_backward(g: Any, x: Any, slope: float = 0.1) -> Any:
    return np.where(x > 0, g, slope * g)


def arctan2_backward(g: Any, y: Any, x: Any) -> Any:
    r = x * x + y * y
    return g * x / r, -g * y / r


def sincos_forward(x: Any) -> Any:
    return np.sin(x), np.cos(x)


def sincos_backward(g: Any, x: Any) -> Any:
    return g[0] * np.cos(x) - g[1] * np.sin(x)


def lerp_forward(a: Any, b: Any, t: Any) -> Any:
    return a + t * (b - a)


def lerp_backward(g: Any, a: Any, b: Any, t: Any) -> Any:
    return reduce_to(g * (1 - t), a.shape), reduce_to(g * t, b.shape), reduce_to(g * (b - a), t.shape)


def rsqrt_forward(x: Any) -> Any:
    return 1 / np.sqrt(x * x + 0.25)


def rsqrt_backward(g: Any, x: Any) -> Any:
    out = rsqrt_forward(x)
    return -g * x * out * out * out


CORRECT = [
    pair("add", add_forward, add_backward, add_forward, "...,..."),
    pair("mul", np.multiply, mul_backward, np.multiply, "...,..."),
    pair("div", np.true_divide, div_backward, np.true_divide, "...,...", ("real", "nonzero")),
    pair("maximum", np.maximum, maximum_backward, np.maximum, "...,..."),
    pair("where", where_forward, where_backward, where_forward, "*,*,*", ("real", "real", "mask")),
    pair("power", power_forward, power_backward, power_forward, "n,n", ("positive", "real")),
    pair("tanh", np.tanh, tanh_backward, e.tanh, "*"),
    pair("sigmoid", sigmoid_forward, sigmoid_backward, e.sigmoid, "*"),
    pair("silu", silu_forward, silu_backward, lambda x: x * e.sigmoid(x), "*"),
    pair(
        "gelu",
        gelu_forward,
        gelu_backward,
        lambda x: 0.5 * x * (1 + e.tanh(0.7978845608 * (x + 0.044715 * x * x * x))),
        "*",
    ),
    pair(
        "elu",
        elu_forward,
        elu_backward,
        lambda x, alpha=1.0: np.where(x > 0, x, alpha * e.expm1(np.minimum(x, mpmath.mpf(0)))),
        "*",
        options={"alpha": [1.0, 0.5]},
    ),
    pair("softplus", softplus_forward, softplus_backward, lambda x: e.log1p(e.exp(x)), "*"),
    pair("clip", clip_forward, clip_backward, clip_forward, "*"),
    pair("leaky", leaky_forward, leaky_backward, leaky_forward, "*", options={"slope": [0.1, -0.5]}),
    pair("arctan2", np.arctan2, arctan2_backward, e.arctan2, "n,n", ("real", "nonzero")),
    pair("sincos", sincos_forward, sincos_backward, lambda x: (e.sin(x), e.cos(x)), "*"),
    pair("lerp", lerp_forward, lerp_backward, lerp_forward, "...,...,..."),
    pair("rsqrt", rsqrt_forward, rsqrt_backward, lambda x: 1 / e.sqrt(x * x + 0.25), "*"),
]
