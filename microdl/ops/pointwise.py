"""Elementwise operations beside the arithmetic ones: inverse hyperbolic functions, signs, parts of floats, divisors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, no_gradient, wrap
from ..autograd.inplace import kinked
from ..autograd.kinds import of_kinds
from ..autograd.record import binary, op, unary
from ..autograd.table import by_tensors
from . import return_types
from .activation import sigmoid_of
from .arithmetic import cast, mul, pow
from .shape import require
from .spelling import one_step

# --- inverse hyperbolic functions, degrees ------------------------------------------------------------------

asinh = unary(
    "asinh", np.arcsinh, lambda g, input: g / np.sqrt(input * input + 1), floating=True,
    doc="The inverse of `sinh`.",
)  # fmt: skip
acosh = unary(
    "acosh", np.arccosh, lambda g, input: g / np.sqrt(input * input - 1), floating=True,
    doc="The inverse of `cosh`; NaN below 1.",
)  # fmt: skip
atanh = unary(
    "atanh", np.arctanh, lambda g, input: g / (1 - input * input), floating=True,
    doc="The inverse of `tanh`; infinite at -1 and 1, NaN beyond.",
)  # fmt: skip
deg2rad = unary(
    "deg2rad",
    lambda a: a * a.dtype.type(math.pi / 180),
    lambda g: g * (math.pi / 180),
    floating=True,
    grad_name="Deg2RadBackward0",
    doc="Degrees in radians: `input * pi / 180`.",
)
rad2deg = unary(
    "rad2deg",
    lambda a: a * a.dtype.type(180 / math.pi),
    lambda g: g * (180 / math.pi),
    floating=True,
    grad_name="Rad2DegBackward0",
    doc="Radians in degrees: `input * 180 / pi`.",
)


# --- signs, kinds of number -----------------------------------------------------------------------------------

signbit = unary("signbit", lambda a: np.signbit(a) if a.dtype.kind == "f" else a < 0, doc="Where the sign is minus.")
isneginf = unary("isneginf", lambda a: a == -np.inf, doc="Where the element is minus infinity.")
isposinf = unary("isposinf", lambda a: a == np.inf, doc="Where the element is plus infinity.")
isreal = unary("isreal", lambda a: np.ones(a.shape, np.bool_), doc="True everywhere: microdl has no complex numbers.")
angle = unary(
    "angle",
    lambda a: np.where(np.isnan(a), a, np.where(a < 0, a.dtype.type(math.pi), a.dtype.type(0))),
    no_gradient,
    floating=True,
    doc="pi where the element is negative, else 0.",
)
copysign = binary(
    "copysign",
    np.copysign,
    lambda g, input, out: kinked(np.where(input == 0, 0, np.where((input > 0) == (out > 0), g, -g)), out),
    no_gradient,
    floating=True,
    grad_name=by_tensors("CopysignBackward0", {("input",): "CopysignBackward1"}),
    doc="""The size of `input` with the sign of `other`.

    >>> import microdl as torch
    >>> torch.copysign(torch.tensor([1., -2.]), torch.tensor([-1., 1.]))
    tensor([-1.,  2.])
    """,
)


def positive(input: Any) -> Any:
    """The tensor itself: `+x`. RuntimeError for bool."""
    if require("positive", input)._a.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported. Convert it first, as with .int().")
    return input


# --- the larger and the smaller, NaN aside ----------------------------------------------------------------------

fmax = binary(
    "fmax",
    np.fmax,
    lambda g, input, other: np.where((input >= other) | np.isnan(other), g, 0),
    lambda g, input, other: np.where((input >= other) | np.isnan(other), 0, g),
    numbers=False,
    doc="`maximum`, but a NaN gives way to a number.",
)
fmin = binary(
    "fmin",
    np.fmin,
    lambda g, input, other: np.where((input <= other) | np.isnan(other), g, 0),
    lambda g, input, other: np.where((input <= other) | np.isnan(other), 0, g),
    numbers=False,
    doc="`minimum`, but a NaN gives way to a number.",
)


# --- parts of floating-point numbers, powers of two ---------------------------------------------------------------

nextafter = binary(
    "nextafter", of_kinds("f", "nextafter_cpu", np.nextafter), doc="The next float after `input` on the way to `other`."
)

logaddexp2 = binary(
    "logaddexp2",
    of_kinds("f", "logaddexp2_cpu", np.logaddexp2),
    lambda g, input, other: g * sigmoid_of((input - other) * math.log(2)),
    lambda g, input, other: g * sigmoid_of((other - input) * math.log(2)),
    numbers=False,
    doc="`log2(2^input + 2^other)` without overflow.",
)
_frexp = op("frexp", lambda input: np.frexp(input)[0], input=lambda g, input: g / _power_of_2(input))


def _power_of_2(input: Any) -> Any:
    a = input._a if isinstance(input, TensorBase) else input
    powers = np.ldexp(np.ones((), a.dtype), np.frexp(a)[1])
    return wrap(powers) if isinstance(input, TensorBase) else powers


def frexp(input: Any) -> Any:
    """The pair (mantissa, exponent) with `input = mantissa * 2^exponent` and the mantissa in (-1, -0.5] or [0.5, 1).

    The exponent is int32. RuntimeError for integers.

    >>> import microdl as torch
    >>> torch.frexp(torch.tensor([8., 0.3])).exponent
    tensor([ 4, -1], dtype=torch.int32)
    """
    a = require("frexp", input)._a
    if a.dtype.kind != "f":
        raise RuntimeError(f"torch.frexp() only supports floating-point dtypes, not {input.dtype}")
    return return_types.frexp((_frexp(input), wrap(np.frexp(a)[1])))


@one_step("LdexpBackward0")
def ldexp(input: Any, other: Any) -> Any:
    """`input * 2^other`.

    >>> import microdl as torch
    >>> torch.ldexp(torch.tensor([1.]), torch.tensor([1, 2, 3]))
    tensor([2., 4., 8.])
    """
    return mul(require("ldexp", input), pow(2.0, other))


def float_power(input: Any, exponent: Any) -> Any:
    """`input ** exponent`, computed in float64.

    >>> import microdl as torch
    >>> torch.float_power(torch.tensor([2, 3]), 2)
    tensor([4., 9.], dtype=torch.float64)
    """
    base, power = (cast(x, np.dtype(np.float64)) if isinstance(x, TensorBase) else float(x) for x in (input, exponent))
    return pow(base, power)


def float_power_in_place(input: Any, exponent: Any) -> Any:
    """`float_power` of a tensor that can hold the result; RuntimeError for any other."""
    if input._a.dtype != np.float64:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {input.dtype.legacy} but the operation's result requires dtype "
            "Double: use pow_, or float_power, which makes a new tensor"
        )
    return float_power(input, exponent)


# --- whole numbers --------------------------------------------------------------------------------------------------


gcd = binary("gcd", of_kinds("iu", "gcd_cpu", np.gcd), numbers=False, doc="The greatest common divisor of integers.")
lcm = binary("lcm", of_kinds("iu", "lcm_cpu", np.lcm), numbers=False, doc="The least common multiple of integers.")
