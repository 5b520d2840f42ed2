"""Samples of special functions, and of the elementwise operations beside the arithmetic ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import microdl as torch

from .kinds import BETWEEN, INSIDE_ONE, NONZERO, POSITIVE, REAL, Case, arrays, binary, eighths, of_two, unary

NO_POWER_OF_2 = eighths(1 / 8, 3, 1 / 16)
ABOVE_ONE = eighths(9 / 8, 3)
INSIDE = eighths(1 / 8, 7 / 8)


def each(function: Any) -> Any:
    return np.vectorize(function, otypes=[float])


def whole(call: Any, reference: Any) -> st.SearchStrategy[Case]:
    numbers = hnp.arrays(np.int64, (2, 3), elements=st.integers(-9, 9))
    return st.tuples(numbers, numbers).map(lambda xs: Case(call, xs, reference))


def entropy(x: float) -> float:
    return -x * math.log(x)


SPECIAL: dict[str, st.SearchStrategy[Case]] = {
    "erf": unary(torch.erf, each(math.erf)),
    "erfc": unary(torch.erfc, each(math.erfc)),
    "erfinv": unary(torch.erfinv, None, INSIDE_ONE),
    "erfcx": unary(torch.special.erfcx, each(lambda x: math.exp(x * x) * math.erfc(x))),
    "ndtr": unary(torch.special.ndtr, each(lambda x: math.erfc(-x * math.sqrt(0.5)) / 2)),
    "log_ndtr": unary(torch.special.log_ndtr, each(lambda x: math.log(math.erfc(-x * math.sqrt(0.5)) / 2))),
    "ndtri": unary(torch.special.ndtri, None, INSIDE),
    "digamma": unary(torch.digamma, None, ABOVE_ONE),
    "lgamma": unary(torch.lgamma, each(math.lgamma), ABOVE_ONE),
    "polygamma": unary(lambda x: torch.polygamma(2, x), None, ABOVE_ONE),
    "zeta": arrays(ABOVE_ONE).map(lambda x: Case(lambda t: torch.special.zeta(2.5, t), (x,))),
    "xlogy": binary(torch.xlogy, lambda x, y: x * np.log(y), REAL, POSITIVE),
    "xlog1py": binary(torch.special.xlog1py, lambda x, y: x * np.log1p(y), REAL, POSITIVE),
    "entr": unary(torch.special.entr, each(entropy), POSITIVE),
    "logit": unary(torch.logit, lambda x: np.log(x / (1 - x)), INSIDE),
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
    "fmax": of_two(torch.fmax, np.fmax, REAL, BETWEEN),
    "fmin": of_two(torch.fmin, np.fmin, REAL, BETWEEN),
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
