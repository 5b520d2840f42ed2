"""The logarithm of the gamma function and its derivatives, the multivariate one, and Hurwitz's zeta function."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase
from ..autograd.record import binary, op, unary
from .arithmetic import add
from .convert import floating
from .shape import require
from .special import Array, each, wide
from .spelling import one_step


def _lgamma_of(x: float) -> float:
    if x in (math.inf, -math.inf) or (x <= 0 and x == math.floor(x)):
        return math.inf
    try:
        return math.lgamma(x)
    except OverflowError:
        return math.inf


# -B_2k / (2k), the asymptotic series of digamma, highest power first
_DIGAMMA = (-1 / 12, 691 / 32760, -1 / 132, 1 / 240, -1 / 252, 1 / 120, -1 / 12)


def _digamma_array(x: Array) -> Array:
    """The recurrence up to 10, the asymptotic series beyond, the reflection psi(1 - x) - pi / tan(pi x) below 0."""
    with np.errstate(all="ignore"):
        pole = (x <= 0) & (x == np.floor(x))
        y = np.where(pole, 1, np.where(x < 0, 1 - x, x))
        shift = np.zeros_like(y)
        for _ in range(10):
            small = y < 10
            shift -= np.where(small, 1 / np.where(small, y, 1), 0)
            y = np.where(small, y + 1, y)
        z = 1 / (y * y)
        series = np.zeros_like(z)
        for c in _DIGAMMA:
            series = (series + c) * z
        out = shift + np.log(y) - 0.5 / y + series
        out = np.where(x < 0, out - np.pi / np.tan(np.pi * (x - np.trunc(x))), out)
        return np.where(pole, np.where(x == 0, -np.copysign(np.inf, x), np.nan), out)


_FAR = 20.0
# B_2k / (2k)!, the coefficients of the Euler-Maclaurin formula
_BERNOULLI = (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600)


def _zeta_array(s: Any, q: Array) -> Array:
    """Hurwitz's zeta function, sum_k (q + k)^-s, by the Euler-Maclaurin formula from where q + k reaches 20.

    inf for s = 1 and for q a whole number <= 0, NaN for s < 1 and for q < 0 unless s is whole.
    """
    with np.errstate(all="ignore"):
        total = np.zeros(np.broadcast_shapes(np.shape(s), q.shape))
        a = q + total
        least = np.min(q, initial=_FAR, where=np.isfinite(q))
        for _ in range(int(_FAR - max(least, -1e5))):
            near = a < _FAR
            total += np.where(near, a**-s, 0)
            a = np.where(near, a + 1, a)
        total += a ** (1 - s) / (s - 1) + 0.5 * a**-s
        factor, power = s * 1.0, a ** (-s - 1)
        for k, c in enumerate(_BERNOULLI):
            total += c * factor * power
            factor, power = factor * (s + 2 * k + 1) * (s + 2 * k + 2), power / (a * a)
        total = np.where((q <= 0) & (q == np.floor(q)), np.inf, np.where((q < 0) & (s != np.floor(s)), np.nan, total))
        return np.where(s == 1, np.inf, np.where(s < 1, np.nan, total))


def _polygamma_forward(input: Array, n: int) -> Array:
    if n == 0:
        return wide(_digamma_array)(input)
    sign = 1 if n % 2 else -1
    return wide(lambda x: sign * math.factorial(n) * _zeta_array(float(n + 1), x))(input)


_polygamma: Callable[..., Any] = op(
    "polygamma", _polygamma_forward, polymorphic=True, input=lambda g, input, n: g * _polygamma(input, n + 1)
)
digamma = unary(
    "digamma",
    wide(_digamma_array),
    lambda g, input: g * _polygamma(input, 1),
    floating=True,
    doc="""The derivative of `lgamma`.

    >>> import microdl as torch
    >>> torch.digamma(torch.tensor([1., 0.5]))
    tensor([-0.5772, -1.9635])

    Source: https://pytorch.org/docs/stable/special.html#torch.special.digamma
    """,
)
lgamma = unary(
    "lgamma",
    each(_lgamma_of),
    lambda g, input: g * _polygamma(input, 0),
    floating=True,
    doc="""The logarithm of the gamma function's absolute value: `log((x - 1)!)` for whole numbers; inf at its poles.

    >>> import microdl as torch
    >>> torch.lgamma(torch.tensor([1., 5., 0.]))
    tensor([0.0000, 3.1781,    inf])

    Source: https://pytorch.org/docs/stable/special.html#torch.special.gammaln
    """,
)


@one_step("PolygammaBackward0")
def polygamma(n: int, input: Any) -> Any:
    """The n-th derivative of `digamma`. RuntimeError for n < 0.

    >>> import microdl as torch
    >>> torch.polygamma(1, torch.tensor([1.]))
    tensor([1.6449])
    """
    if n < 0:
        raise RuntimeError(f"polygamma(n, x) does not support negative n, but n is {n}")
    input = floating(require("polygamma", input))
    return _polygamma(input, n) if n else digamma(input)


def polygamma_of(input: Any, n: int) -> Any:
    """`polygamma` with the arguments of the method."""
    return polygamma(n, input)


@one_step("MvlgammaBackward0")
def mvlgamma(input: Any, p: int) -> Any:
    """The logarithm of the multivariate gamma function: `log(pi) p (p - 1) / 4 + sum_j lgamma(input - j / 2)`, j < p.

    RuntimeError unless p >= 1.

    >>> import microdl as torch
    >>> torch.mvlgamma(torch.tensor([2.]), 2)
    tensor([0.4516])
    """
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1, but it is {p}")
    x = require("mvlgamma", input)
    if x._a.dtype.kind == "b":
        raise RuntimeError("The input tensor may not be a boolean tensor. Convert it first, as with .float().")
    x = floating(x)
    halves = np.arange(p) / -2
    terms = [lgamma(add(x, float(h))) for h in halves]
    out = terms[0]
    for term in terms[1:]:
        out = add(out, term)
    return add(out, p * (p - 1) / 4 * math.log(math.pi))


def _no_derivative(g: Any) -> Any:
    raise NotImplementedError("the derivative for 'zeta' is not implemented: there is none by its first argument")


def _zeta_forward(x: Any, y: Any) -> Array:
    wide = _zeta_array(np.asarray(x, np.float64), np.asarray(y, np.float64))
    return np.asarray(wide, next(v.dtype for v in (x, y) if isinstance(v, (np.ndarray, np.generic))))


zeta: Callable[..., Any] = binary(
    "zeta",
    _zeta_forward,
    _no_derivative,
    lambda g, input, other: (
        g * -input * zeta(input + 1, other)
        if isinstance(other, TensorBase)
        else g * -input * _zeta_array(input + 1.0, other)
    ),
    floating=True,
    grad_name="SpecialZetaBackward0",
    doc="Hurwitz's zeta function, the sum over k = 0, 1, ... of `(other + k)^-input`. No gradient by `input`.",
)
