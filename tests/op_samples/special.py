"""Samples of special functions, and of the elementwise operations beside the arithmetic ones."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microdl as torch
from microdl.ops import special

from .kinds import (
    ABOVE_ONE,
    INSIDE_ONE,
    NONZERO,
    POSITIVE,
    REAL,
    UNIT,
    Array,
    Case,
    binary,
    eighths,
    of_two,
    unary,
)

NO_POWER_OF_2 = eighths(1 / 8, 3, 1 / 16)


def precise(function: Any) -> Any:
    """The function of one number in mpmath, for arrays."""

    def each(x: Array) -> Array:
        with mpmath.workdps(60):
            return np.array([float(function(mpmath.mpf(v))) for v in x.ravel().tolist()]).reshape(x.shape)

    return each


def whole(call: Any, reference: Any) -> st.SearchStrategy[Case]:
    numbers = hnp.arrays(np.int64, (2, 3), elements=st.integers(-9, 9))
    return st.tuples(numbers, numbers).map(lambda xs: Case(call, xs, reference))


def normal(x: Any) -> Any:
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


SPECIAL: dict[str, st.SearchStrategy[Case]] = {
    "erf": unary(torch.erf, precise(mpmath.erf)),
    "erfc": unary(torch.erfc, precise(mpmath.erfc)),
    "erfinv": unary(torch.erfinv, precise(mpmath.erfinv), INSIDE_ONE),
    "erfcx": unary(torch.special.erfcx, precise(lambda x: mpmath.exp(x * x) * mpmath.erfc(x))),
    "ndtr": unary(torch.special.ndtr, precise(normal)),
    "log_ndtr": unary(  # below -1e3 its second derivative, as PyTorch's, has lost ten digits
        torch.special.log_ndtr, precise(lambda x: mpmath.log(normal(x))), (-1e3, math.inf)
    ),
    "inverse_mills": unary(  # below -30 its second derivative, the third of log_ndtr, loses too many digits
        special._inverse_mills, precise(lambda x: mpmath.npdf(x) / normal(x)), (-30.0, math.inf)
    ),
    "ndtri": unary(torch.special.ndtri, precise(lambda x: mpmath.sqrt(2) * mpmath.erfinv(2 * x - 1)), UNIT),
    "digamma": unary(torch.digamma, precise(mpmath.digamma), POSITIVE),
    "lgamma": unary(torch.lgamma, precise(mpmath.loggamma), POSITIVE),
    "polygamma": unary(lambda x: torch.polygamma(2, x), precise(lambda x: mpmath.polygamma(2, x)), POSITIVE),
    "zeta": unary(lambda x: torch.special.zeta(2.5, x), precise(lambda x: mpmath.zeta(2.5, x)), POSITIVE),
    "xlogy": binary(torch.xlogy, lambda x, y: x * np.log(y), REAL, POSITIVE),
    "xlog1py": binary(torch.special.xlog1py, lambda x, y: x * np.log1p(y), REAL, (-1.0, np.inf)),
    "entr": unary(torch.special.entr, lambda x: -x * np.log(x), POSITIVE),
    "logit": unary(torch.logit, lambda x: np.log(x / (1 - x)), UNIT),
    "sinc": unary(torch.sinc, np.sinc),
}

POINTWISE: dict[str, st.SearchStrategy[Case]] = {
    "asinh": unary(torch.asinh, np.arcsinh),
    "acosh": unary(torch.acosh, np.arccosh, ABOVE_ONE),
    "atanh": unary(torch.atanh, np.arctanh, INSIDE_ONE),
    "deg2rad": unary(torch.deg2rad, np.deg2rad),
    "rad2deg": unary(torch.rad2deg, np.rad2deg),
    "angle": unary(torch.angle, np.angle, NONZERO),
    "copysign": binary(torch.copysign, np.copysign, NONZERO, NONZERO),
    "fmax": of_two(torch.fmax, np.fmax),
    "fmin": of_two(torch.fmin, np.fmin),
    "frexp": unary(lambda x: torch.frexp(x)[0], lambda x: np.frexp(x)[0], NO_POWER_OF_2),
    "logaddexp2": of_two(torch.logaddexp2, np.logaddexp2),
    "signbit": unary(torch.signbit, np.signbit),
    "isneginf": unary(torch.isneginf, np.isneginf),
    "isposinf": unary(torch.isposinf, np.isposinf),
    "isreal": unary(torch.isreal, np.isreal),
    "nextafter": binary(torch.nextafter, np.nextafter),
    "gcd": whole(torch.gcd, np.gcd),
    "lcm": whole(torch.lcm, np.lcm),
}
