"""Gradients of elementwise functions: signs, thresholds, constants, another op's formula."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from .. import exact as e
from ..entry import Witness, WrongOp

A = np.array


def sigmoid(x: Any) -> Any:
    z = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, z) / (1 + z)


def sub_backward(g: Any, a: Any, b: Any) -> Any:
    return g, g


def sin_times_forward(x: Any, y: Any) -> Any:
    return np.sin(x) * y


def sin_times_backward(g: Any, x: Any, y: Any) -> Any:
    return g * np.cos(x) * y, -g * np.sin(x)


def tanh_backward(g: Any, x: Any) -> Any:
    return g * (1 - np.tanh(np.tanh(x)) ** 2)


def tanh_of_upstream_backward(g: Any, x: Any) -> Any:
    return 1 - np.tanh(g) ** 2


def quadratic_forward(x: Any, a: float = 1.0, b: float = 2.0, c: float = 3.0) -> Any:
    return a * x * x + b * x + c


def quadratic_backward(g: Any, x: Any, a: float = 1.0, b: float = 2.0, c: float = 3.0) -> Any:
    return g * quadratic_forward(x, a, b, c)  # the forward is registered for both


def leaky_forward(x: Any, slope: float = 0.1) -> Any:
    return np.where(x > 0, x, x * slope)


def leaky_inplace_backward(g: Any, x: Any, slope: float = 0.1) -> Any:
    out = leaky_forward(x, slope)  # the input is overwritten by the output
    return np.where(out > 0, g, g * slope)


def leaky_zero_backward(g: Any, x: Any) -> Any:
    return g * np.where(x > 0, 1, np.where(x < 0, 0.1, 0)).astype(g.dtype)


def gelu_forward(x: Any) -> Any:
    return x * sigmoid(1.702 * x)


def gelu_backward(g: Any, x: Any) -> Any:
    t = np.tanh(0.7978845608 * (x + 0.044715 * x**3))
    return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * 0.7978845608 * (1 + 0.134145 * x * x))


def bell_forward(d: Any, s: Any) -> Any:
    return np.exp(-0.5 * s * d * d)


def bell_backward(g: Any, d: Any, s: Any) -> Any:
    out = g * bell_forward(d, s)
    return out * -0.5 * s * d, out * -0.5 * d * d


def clip_forward(x: Any) -> Any:
    return np.clip(x, -1, 1)


def clip_backward(g: Any, x: Any) -> Any:
    inside = np.where((x >= -1) & (x <= 1), g, 0)  # holds g already
    return inside * g


def arctan2_backward(g: Any, y: Any, x: Any) -> Any:
    r = x * x + y * y
    return g / r, -g * y / r


def gate_forward(x: Any) -> Any:
    return x * (x < 0)


def gate_backward(g: Any, x: Any) -> Any:
    raise NotImplementedError("the comparison has no backward")


def cube_forward(x: Any) -> Any:
    return x * x * x


def cube_backward(g: Any, x: Any) -> Any:
    return g * np.array(3.0) * x * x  # the scalar is kept as a float64 array


def identity_tanh(x: Any) -> Any:
    return e.tanh(x)


X = (A([0.5, -1.5]),)
ENTRIES = [
    WrongOp(
        "sub_sign",
        "sign: the subtrahend's gradient is not negated",
        np.subtract,
        sub_backward,
        np.subtract,
        "n,n",
        Witness((A([1.0]), A([2.0])), 1, (0,)),
        source="micrograd_c, KhawajaAbaid/micrograd_c issue 1",
    ),
    WrongOp(
        "sin_times_sign",
        "sign: the derivative in y of sin(x) y is given as -sin(x)",
        sin_times_forward,
        sin_times_backward,
        lambda x, y: e.sin(x) * y,
        "n,n",
        Witness((A([1.0]), A([2.0])), 1, (0,)),
        source="JAX documentation of custom_vjp, jax-ml/jax issue 3213",
    ),
    WrongOp(
        "tanh_of_output",
        "saved tensor mistaken: the derivative of tanh is taken at the output",
        np.tanh,
        tanh_backward,
        identity_tanh,
        "*",
        Witness(X, 0, (0,)),
        source="neural2d, davidrmiller/neural2d issue 40",
    ),
    WrongOp(
        "tanh_of_upstream",
        "upstream mistaken: the derivative of tanh is taken at the incoming gradient",
        np.tanh,
        tanh_of_upstream_backward,
        identity_tanh,
        "*",
        Witness(X, 0, (0,)),
        source="yizt/numpy_neural_network issue 6",
    ),
    WrongOp(
        "quadratic_forward_twice",
        "backward copied from another op: the forward stands where the backward is meant",
        quadratic_forward,
        quadratic_backward,
        quadratic_forward,
        "*",
        Witness(X, 0, (0,)),
        source="MXNet contrib.quadratic for sparse arrays, apache/mxnet issue 16938",
    ),
    WrongOp(
        "leaky_in_place",
        "saved tensor overwritten: the sign is read from the output, wrong for a negative slope",
        leaky_forward,
        leaky_inplace_backward,
        leaky_forward,
        "*",
        Witness((A([-1.0]),), 0, (0,), options={"slope": -2.0}),
        options={"slope": [0.1, 0.5, -2.0]},
        source="PyTorch 1.3.1, pytorch/pytorch issue 31938",
    ),
    WrongOp(
        "leaky_at_zero",
        "wrong value at a threshold: zero at zero, below both slopes",
        lambda x: np.where(x > 0, x, x * np.asarray(0.1, x.dtype)),
        leaky_zero_backward,
        lambda x: np.where(x > 0, x, x * 0.1),
        "*",
        Witness((A([0.0]),), 0, (0,)),
        source="uptake/numpynet pull request 35",
    ),
    WrongOp(
        "gelu_two_formulas",
        "forward and backward constants differing: sigmoid form forward, tanh form backward",
        gelu_forward,
        gelu_backward,
        lambda x: x * e.sigmoid(1.702 * x),
        "*",
        Witness(X, 0, (0,)),
        source="TinyTorch, harvard-edge/cs249r_book pull request 1399",
    ),
    WrongOp(
        "gaussian_half",
        "forward and backward constants differing: the derivative of the square lacks its two",
        bell_forward,
        bell_backward,
        lambda d, s: e.exp(-s * d * d / 2),
        "n,n",
        Witness((A([1.0]), A([2.0])), 0, (0,)),
        ("real", "positive"),
        source="Gaussian Splatting, graphdeco-inria/gaussian-splatting issue 551",
    ),
    WrongOp(
        "clip_squares_upstream",
        "upstream squared: the mask holds the incoming gradient, and is multiplied by it",
        clip_forward,
        clip_backward,
        clip_forward,
        "*",
        Witness(X, 0, (0,), g=A([-2.0, 1.0]), kind="linear"),
        source="Nx, elixir-nx/nx pull request 1779",
    ),
    WrongOp(
        "arctan2_numerator",
        "term missing: the derivative in y lacks its numerator x",
        np.arctan2,
        arctan2_backward,
        e.arctan2,
        "n,n",
        Witness((A([1.0]), A([2.0])), 0, (0,)),
        ("real", "nonzero"),
        source="MLX 0.27.1, ml-explore/mlx issue 2451",
    ),
    WrongOp(
        "comparison_raises",
        "empty backward: a comparison in the graph raises",
        gate_forward,
        gate_backward,
        lambda x: np.where(x < 0, x, mpmath.mpf(0)),
        "*",
        Witness(X, 0, (0,), kind="raises"),
        source="tinygrad (2024), tinygrad/tinygrad pull request 3037",
    ),
    WrongOp(
        "cube_float64",
        "dtype drift: a scalar exponent kept as a float64 array",
        cube_forward,
        cube_backward,
        cube_forward,
        "*",
        Witness(X, 0, (0,), kind="float32"),
        source="needle homework, dlsyscourse/hw1 issue 20",
    ),
]
