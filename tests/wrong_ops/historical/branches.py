"""Gradients of elementwise functions that overflow, divide by zero, or leak NaN from a branch not taken."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from .. import exact as e
from ..entry import Witness, WrongOp

A = np.array
QUIET = {"over": "ignore", "divide": "ignore", "invalid": "ignore"}


def sigmoid(x: Any) -> Any:
    z = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, z) / (1 + z)


def softplus_forward(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softplus_backward(g: Any, x: Any) -> Any:
    with np.errstate(**QUIET):
        z = np.exp(x)
        return g * z / (1 + z)


def surrogate_forward(x: Any) -> Any:
    return sigmoid(4 * x)


def surrogate_backward(g: Any, x: Any) -> Any:
    with np.errstate(**QUIET):
        z = np.exp(-4 * x)
        return g * 4 * z / (1 + z) ** 2


def select_exp_forward(x: Any) -> Any:
    return np.where(x > 0, 0, np.exp(np.minimum(x, 0)))


def select_exp_backward(g: Any, x: Any) -> Any:
    with np.errstate(**QUIET):
        return (g * (x <= 0)) * np.exp(x)


def guarded_norm_forward(x: Any) -> Any:
    n = np.sqrt((x * x).sum(-1))
    return np.where(n > 0.5, n, 1)


def guarded_norm_backward(g: Any, x: Any) -> Any:
    with np.errstate(**QUIET):
        n = np.sqrt((x * x).sum(-1))
        return np.expand_dims(np.where(n > 0.5, g, 0) / n, -1) * x


def transfer_forward(x: Any) -> Any:
    return np.where(x < 0, 1 / (1 + np.abs(x)), 1 + np.log1p(np.abs(x)))


def transfer_backward(g: Any, x: Any) -> Any:
    with np.errstate(**QUIET):
        low = np.where(x < 0, g, 0) / (1 - x) ** 2
        high = np.where(x < 0, 0, g) / (1 + x)
        return low + high


def pow_forward(a: Any, b: Any) -> Any:
    return np.abs(a) ** b


def pow_backward(g: Any, a: Any, b: Any) -> Any:
    with np.errstate(**QUIET):
        size = np.abs(a)
        slope = b * np.where(size == 0, 1, size) ** (b - 1) * np.sign(a)
        return g * slope, g * size**b * np.log(size)


def dropout_forward(x: Any, keep: Any) -> Any:
    return x * keep * 2


def dropout_backward(g: Any, x: Any, keep: Any) -> Any:
    ratio = dropout_forward(x, keep) / np.where(x == 0, 1, x)  # the mask is inferred from output and input
    return np.where(x == 0, g, g * ratio), None


def first_root_forward(x: Any) -> Any:
    return np.sqrt(x * x)[:, 0]


def first_root_backward(g: Any, x: Any) -> Any:
    full = np.zeros_like(x)
    full[:, 0] = g
    with np.errstate(**QUIET):
        roots = np.sqrt(x * x)
        gx = full / roots * x
    gx[:, 0] = g * np.sign(x[:, 0])
    return gx  # elsewhere zero times infinity


ENTRIES = [
    WrongOp(
        "softplus_overflow",
        "sigmoid and softplus overflow: exp(x) over itself",
        softplus_forward,
        softplus_backward,
        lambda x: e.log1p(e.exp(x)),
        "*",
        Witness((A([800.0]),), 0, (0,)),
        source="Burn, tracel-ai/burn issue 5373; TT-NN (zero there), tenstorrent/tt-metal pull request 56397",
    ),
    WrongOp(
        "sigmoid_overflow",
        "sigmoid and softplus overflow: infinity over infinity for very negative values",
        surrogate_forward,
        surrogate_backward,
        lambda x: e.sigmoid(4 * x),
        "*",
        Witness((A([-200.0]),), 0, (0,)),
        source="snnTorch, jeshraghian/snntorch pull request 433",
    ),
    WrongOp(
        "select_exp",
        "NaN leaking through where: zero times the exponential of a large value",
        select_exp_forward,
        select_exp_backward,
        lambda x: np.where(x > 0, mpmath.mpf(0), e.exp(x)),
        "*",
        Witness((A([1000.0]),), 0, (0,)),
        source="TensorFlow (2016), tensorflow/tensorflow issue 2540",
    ),
    WrongOp(
        "where_norm",
        "NaN leaking through where: the norm of a zero vector that is not selected",
        guarded_norm_forward,
        guarded_norm_backward,
        lambda x: np.where((x * x).sum(-1) > 0.25, e.sqrt((x * x).sum(-1)), mpmath.mpf(1)),
        "nd",
        Witness((A([[1.0, 2.0], [0.0, 0.0]]),), 0, (1, 0)),
        source="JAX, jax-ml/jax issue 347",
    ),
    WrongOp(
        "where_pole",
        "NaN leaking through where: the other branch has a pole at 1 and at -1",
        transfer_forward,
        transfer_backward,
        lambda x: np.where(x < 0, 1 / (1 + abs(x)), 1 + e.log1p(abs(x))),
        "*",
        Witness((A([1.0]),), 0, (0,)),
        source="TensorFlow 1.8, tensorflow/tensorflow issue 20355",
    ),
    WrongOp(
        "pow_zero_base",
        "NaN from a logarithm of zero: the exponent's gradient at a zero base",
        pow_forward,
        pow_backward,
        pow_forward,
        "n,n",
        Witness((A([0.0]), A([1.0])), 1, (0,)),
        ("real", "positive"),
        source="PyTorch 1.2 nightly, pytorch/pytorch issue 27134",
    ),
    WrongOp(
        "dropout_at_zero",
        "only at zero: a dropped element counts as kept where the input is zero",
        dropout_forward,
        dropout_backward,
        lambda x, keep: np.where(keep, 2 * x, 0 * x),
        "*,*",
        Witness((A([0.0, 1.0]), A([False, True])), 0, (0,)),
        ("real", "mask"),
        source="Kaldi, kaldi-asr/kaldi issue 3890",
    ),
    WrongOp(
        "root_not_selected",
        "NaN leaking through where: the root of a zero that indexing does not select",
        first_root_forward,
        first_root_backward,
        lambda x: abs(x[:, 0]),
        "nm",
        Witness((A([[1.0, 0.0]]),), 0, (0, 1)),
        source="Theano, Theano/Theano issue 1996",
    ),
]
