"""Special functions: the error function and its kin, entropies, logit, sinc.

Python's `math` supplies erf and erfc, element by element; the rest is NumPy. All is computed in float64 and rounded to
the tensor's dtype.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.record import binary, op, unary
from ..autograd.table import SECOND, by_tensors
from .convert import floating
from .gaussian import normal_pdf, scaled_tail
from .shape import require

Array = np.ndarray[Any, Any]
_ROOT_2 = math.sqrt(2)
_TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)


def wide(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """A function of a float64 array, for a floating array of any dtype."""
    return lambda a: np.asarray(function(a.astype(np.float64)), a.dtype)


def each(function: Callable[[float], float]) -> Callable[[Array], Array]:
    """A function of a Python float, for every element of a floating array."""
    return lambda a: np.fromiter(map(function, a.ravel().tolist()), np.float64, a.size).astype(a.dtype).reshape(a.shape)


# --- the error function -------------------------------------------------------------------------------------


erf = unary(
    "erf",
    each(math.erf),
    lambda g, input: g * (_TWO_OVER_ROOT_PI * np.exp(-input * input)),
    floating=True,
    doc="""The error function, `2 / sqrt(pi)` times the integral of `exp(-t^2)` from 0 to each element.

    >>> import microdl as torch
    >>> torch.erf(torch.tensor([0., -1., 10.]))
    tensor([ 0.0000, -0.8427,  1.0000])

    Source: https://pytorch.org/docs/stable/special.html#torch.special.erf
    """,
)
erfc = unary(
    "erfc",
    each(math.erfc),
    lambda g, input: g * (-_TWO_OVER_ROOT_PI * np.exp(-input * input)),
    floating=True,
    doc="""`1 - erf(input)`, exact also where that is tiny.

    >>> import microdl as torch
    >>> torch.erfc(torch.tensor([0., 5.]))
    tensor([1.0000e+00, 1.5375e-12])
    """,
)


def _erfinv_of(x: float) -> float:
    from statistics import NormalDist  # loads decimal and fractions: only where it is used

    size = abs(x)
    if not size < 1:
        return math.copysign(math.inf, x) if size == 1 else math.nan
    y = -NormalDist().inv_cdf((1 - size) / 2) / _ROOT_2  # Wichura's AS241: exact in the tail
    if size < 0.5:  # where 1 - size is rounded, one step of Newton's gives back the digits
        y -= (math.erf(y) - size) / (_TWO_OVER_ROOT_PI * math.exp(-y * y))
    return math.copysign(y, x)


erfinv = unary(
    "erfinv",
    each(_erfinv_of),
    lambda g, out: g * (np.exp(out * out) / _TWO_OVER_ROOT_PI),
    floating=True,
    doc="""The inverse of `erf` on (-1, 1): infinite at its ends, NaN beyond.

    >>> import microdl as torch
    >>> torch.erfinv(torch.tensor([0., 0.5, -1.]))
    tensor([0.0000, 0.4769,   -inf])
    """,
)


def _erfcx_array(x: Array) -> Array:
    """exp(x^2) erfc(x): what is left of erfc when its fall is taken out."""
    size = np.abs(x)
    right = 2 * scaled_tail(_ROOT_2 * size)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.where(x < 0, 2 * np.exp(x * x) - right, right))


_erfcx_forward = wide(_erfcx_array)
erfcx: Callable[..., Any] = unary(
    "erfcx",
    _erfcx_forward,
    lambda g, input, out: g * (2 * input * out - _TWO_OVER_ROOT_PI),
    floating=True,
    grad_name="SpecialErfcxBackward0",
    doc="`exp(input^2) erfc(input)`, without underflow.",
)
ndtr = unary(
    "ndtr",
    each(lambda x: math.erfc(-x / _ROOT_2) / 2),
    lambda g, input: g * normal_pdf(input),
    floating=True,
    grad_name="SpecialNdtrBackward0",
    doc="""The probability that a standard normal number is at most each element.

    >>> import microdl as torch
    >>> torch.special.ndtr(torch.tensor([0., 1.96]))
    tensor([0.5000, 0.9750])

    Source: https://pytorch.org/docs/stable/special.html#torch.special.ndtr
    """,
)


def _log_ndtr_array(x: Array) -> Array:
    left = np.minimum(x, -1)
    low = np.log(_erfcx_array(-left / _ROOT_2) / 2) - left * left / 2
    return np.where(x < -1, low, np.log1p(-each(math.erfc)(np.maximum(x, -1) / _ROOT_2) / 2))


# pdf / cdf of a standard normal number (the inverse Mills ratio) = sqrt(2 / pi) / erfcx(-x / sqrt(2)).
_inverse_mills: Callable[[Any], Any] = op(
    "inverse_mills",
    lambda input: math.sqrt(2 / math.pi) / _erfcx_forward(-input / _ROOT_2),
    polymorphic=True,
    input=lambda g, input, out: -g * (out * (input + out)),
)
log_ndtr = unary(
    "log_ndtr",
    wide(_log_ndtr_array),
    lambda g, input: g * _inverse_mills(input),
    floating=True,
    grad_name="SpecialLogNdtrBackward0",
    doc="""The logarithm of `ndtr`, exact in the lower tail too.

    >>> import microdl as torch
    >>> torch.special.log_ndtr(torch.tensor([-20., 0.]))
    tensor([-203.9172,   -0.6931])
    """,
)


def _ndtri_of(p: float) -> float:
    from statistics import NormalDist

    if not 0 < p < 1:
        return math.copysign(math.inf, p - 0.5) if p in (0, 1) else math.nan
    return NormalDist().inv_cdf(p)


ndtri = unary(
    "ndtri",
    each(_ndtri_of),
    lambda g, out: g / normal_pdf(out),
    floating=True,
    grad_name="SpecialNdtriBackward0",
    doc="The inverse of `ndtr`: the quantiles of the standard normal distribution.",
)


# --- with logarithms -----------------------------------------------------------------------------------------


def _times_log(x: Any, y: Any, logarithm: np.ufunc) -> Any:
    with np.errstate(all="ignore"):
        product = np.asarray(x * (logarithm(y) if isinstance(y, np.ndarray) else float(logarithm(y))))
    return np.where((x == 0) & ~np.isnan(y), 0, product).astype(product.dtype)


def _log_factor(g: Any, input: Any, other: Any, log: np.ufunc = np.log, start: float = 0.0) -> Any:
    """g * log(other), and 0 where the input is 0 and the logarithm, defined above `start`, is NaN or infinite."""
    if isinstance(other, (int, float)):
        with np.errstate(all="ignore"):
            factor = float(log(other))
        return g * factor if other > start else np.where(input == 0, 0, g * factor)
    zero = (input == 0) & (other <= start)
    return np.where(zero, 0, g * log(np.where(zero, 1, other)))


xlogy = binary(
    "xlogy",
    lambda x, y: _times_log(x, y, np.log),
    lambda g, input, other: _log_factor(g, input, other),
    lambda g, input, other: g * input / other,
    floating=True,
    grad_name=by_tensors("XlogyBackward0", {("input",): "XlogyBackward2", SECOND: "XlogyBackward1"}),
    doc="""`input * log(other)`, and 0 where `input` is 0 (unless `other` is NaN).

    >>> import microdl as torch
    >>> torch.xlogy(torch.tensor([0., 2.]), torch.tensor([0., 1.]))
    tensor([0., 0.])

    Source: https://pytorch.org/docs/stable/special.html#torch.special.xlogy
    """,
)
xlog1py = binary(
    "xlog1py",
    lambda x, y: _times_log(x, y, np.log1p),
    lambda g, input, other: _log_factor(g, input, other, np.log1p, -1.0),
    lambda g, input, other: g * input / (other + 1),
    floating=True,
    grad_name="SpecialXlog1PyBackward0",
    doc="`input * log1p(other)`, and 0 where `input` is 0 (unless `other` is NaN).",
)


def _entr_array(x: Array) -> Array:
    with np.errstate(all="ignore"):
        positive = -x * np.log(np.where(x > 0, x, 1))
    return np.where(np.isnan(x), x, np.where(x > 0, positive, np.where(x == 0, 0, -np.inf))).astype(x.dtype)


entr = unary(
    "entr",
    _entr_array,
    lambda g, input: g * (-np.log(input) - 1),
    floating=True,
    grad_name="SpecialEntrBackward0",
    doc="""`-x log(x)`, 0 at 0 and -inf below: the terms of an entropy.

    >>> import microdl as torch
    >>> torch.special.entr(torch.tensor([0., 0.5, 1.]))
    tensor([0.0000, 0.3466, -0.0000])
    """,
)

_logit = op(
    "logit",
    lambda input: np.log(input / (1 - input)),
    input=lambda g, input: np.where((input < 0) | (input > 1), np.nan, g / (input * (1 - input))),
)


def logit(input: Any, eps: float | None = None) -> Any:
    """`log(p / (1 - p))`, the inverse of `sigmoid`; with `eps`, p is first clamped to [eps, 1 - eps].

    >>> import microdl as torch
    >>> torch.logit(torch.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])

    Source: https://pytorch.org/docs/stable/generated/torch.logit.html
    """
    x = floating(require("logit", input))
    return _logit(x if eps is None else x.clamp(eps, 1 - eps))


def _sinc_array(x: Array) -> Array:
    y = np.pi * np.where(x == 0, 1, x)
    return np.where(x == 0, 1, np.sin(y) / y).astype(x.dtype)


def _sinc_vjp(g: Any, input: Any, out: Any) -> Any:
    """By the series next to 0, where the quotient loses all digits (PyTorch's does, from |x| = 1e-6 on)."""
    small = np.abs(input) < 0.01
    x, y = np.where(small, 1, input), math.pi * input
    z = y * y
    near = -math.pi * y * (1 / 3 - z * (1 / 30 - z * (1 / 840 - z / 45360)))
    return g * np.where(small, near, (np.cos(math.pi * x) - out) / x)


sinc = unary(
    "sinc",
    _sinc_array,
    _sinc_vjp,
    floating=True,
    doc="""`sin(pi x) / (pi x)`, 1 at 0.

    >>> import microdl as torch
    >>> torch.sinc(torch.tensor([0., 0.5]))
    tensor([1.0000, 0.6366])
    """,
)
