"""Random numbers of the gamma and the Dirichlet distribution: PyTorch's own from the same seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ..autograd.graph import named
from ..autograd.record import op
from ..dtypes import float64
from ..ops.gamma import digamma
from ..ops.shape import require
from .fills import chosen, floating
from .generator import Generator
from .transforms import Array

__all__ = ["sample_dirichlet", "standard_gamma"]

_THIRD, _SQUEEZE = (float(np.float32(x)) for x in (1 / 3, 0.0331))  # PyTorch writes them in float32


def _gamma(alpha: float, draw: Generator) -> float:
    """A transformed normal number, rejected or not; below 1 the shape is raised by 1, and the number scaled down.

    Source: G. Marsaglia, W. W. Tsang, A simple method for generating gamma variables, 2000.
    """

    def uniform() -> float:
        return (draw.random64() & (2**53 - 1)) * 2.0**-53

    scale = 1.0
    if alpha < 1:
        if alpha == 0:
            return 0.0
        scale *= (1 - uniform()) ** (1 / alpha)
        alpha += 1
    d = alpha - _THIRD
    c = 1 / math.sqrt(9 * d)
    while True:
        x = float(draw.normal_array(1, np.float64)[0])
        y = 1 + c * x
        if y <= 0:
            continue
        v, u, xx = y * y * y, 1 - uniform(), x * x
        if u < 1 - _SQUEEZE * xx * xx or math.log(u) < 0.5 * xx + d * (1 - v + math.log(v)):
            return scale * d * v


def _slope(alpha: Array, x: Array) -> Array:
    """The derivative of a gamma number by its shape, at a fixed probability: -(dF / d alpha) / (dF / dx).

    With F = sum_n x^(alpha + n) e^-x / Gamma(alpha + n + 1) it is sum_n t_n (psi(alpha + n + 1) - log x), where
    t_0 = x / alpha and t_(n+1) = t_n x / (alpha + n + 1). From a shape of 1000 on, the derivative of Wilson and
    Hilferty's approximation x = alpha (1 - h + z sqrt(h))^3, h = 1 / (9 alpha).
    """
    alpha, x = alpha.astype(np.float64), x.astype(np.float64)
    with np.errstate(all="ignore"):
        h = 1 / (9 * alpha)
        root = np.cbrt(x / alpha)
        far = root**3 + 3 * alpha * root**2 * (h / alpha - (root - 1 + h) / (2 * alpha))
        small = np.minimum(alpha, 1000.0)
        term = x / small
        psi, log_x, total = digamma.op.forward(small + 1), np.log(x), np.zeros_like(x)  # type: ignore[attr-defined]
        for n in range(100_000):
            total += np.where(term > 0, term * (psi - log_x), 0)
            rise = small + n + 1
            psi, term = psi + 1 / rise, term * x / rise
            if not ((term > 1e-18 * np.abs(total)) & (alpha < 1000)).any():
                break
        return np.where(alpha < 1000, total, far)


@cache
def _step() -> Callable[..., Any]:
    """The operation `(input, numbers) -> numbers` with the derivative by the shape; none of second order."""

    def missing(g: Any) -> Any:
        raise NotImplementedError("derivative for _standard_gamma_grad is not implemented")

    slope = op(
        "standard_gamma_grad",
        lambda input, numbers: _slope(input, numbers).astype(input.dtype),
        polymorphic=True,
        input=missing,
        numbers=missing,
    )
    return op(
        "standard_gamma",
        lambda input, numbers: numbers,
        grad_name="StandardGammaBackward0",
        input=lambda g, input, numbers: g * slope(input, numbers),
    )


def standard_gamma(input: Any, generator: Any = None) -> Any:
    """Random numbers of the gamma distribution of rate 1, each of the shape that the element of `input` gives.

    Differentiable by `input`, as a sample at a fixed probability is (PyTorch approximates that derivative).
    RuntimeError for a shape that is not >= 0, NotImplementedError for integers.
    """
    a = require("_standard_gamma", input)._a
    floating("gamma_cpu", a.dtype)
    if not (a >= 0).all():
        raise RuntimeError(f"expected shapes of gamma distributions to be non-negative, but the least is {a.min()}")
    draw = chosen(generator)
    numbers = np.array([_gamma(float(alpha), draw) for alpha in a.ravel()], np.float64)
    return _step()(input, np.maximum(numbers.astype(a.dtype), np.finfo(a.dtype).tiny).reshape(a.shape))


def sample_dirichlet(input: Any, generator: Any = None) -> Any:
    """Random vectors of positive numbers with the sum 1: gamma numbers of the shapes `input` (..., K) by their sum.

    They are PyTorch's, but their gradients are those of this quotient: another unbiased estimate than PyTorch's.
    """
    gammas = standard_gamma(require("_sample_dirichlet", input).to(float64), generator)
    out = (gammas / gammas.sum(-1, True)).to(input.dtype)
    limits, one = np.finfo(out._a.dtype), out._a.dtype.type(1)
    np.clip(out._a, limits.tiny, np.nextafter(one, 0 * one), out=out._a)
    return named(out, "_DirichletBackward")
