"""Elementwise arithmetic, comparisons and logic: one declaration each, derivative beside forward."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from .. import kernels
from ..autograd.graph import TensorBase, named, no_gradient, wrap
from ..autograd.kinds import kind_of, no_kernel, of_kinds
from ..autograd.record import BY_UFUNC, binary, op, operand, promoted, unary
from ..autograd.table import BOTH, SECOND, by_tensors
from ..device import contiguous_format
from ..dtypes import bool_, check_fits, converted, of_number, result_dtype, to_numpy_dtype
from .spelling import or_factors_between

# --- two operands -----------------------------------------------------------------------------------------

_add = binary("add", np.add, lambda g: g, lambda g: g)
_mul = binary("mul", np.multiply, lambda g, other: g * other, lambda g, input: g * input)


_times = op("times", lambda input, factor: input * factor, input=lambda g, factor: g * factor)


def _no_bool(x: Any, y: Any) -> None:
    if any(isinstance(v, bool) or getattr(v, "dtype", None) in (np.bool_, bool_) for v in (x, y)):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert "
            "a mask, use the `~` or `logical_not()` operator instead."
        )


def _subtract(x: Any, y: Any) -> Any:
    if getattr(x, "dtype", None) == np.bool_:
        _no_bool(x, y)
    return np.subtract(x, y)


_sub = binary(
    "sub",
    _subtract,
    lambda g: g,
    lambda g: -g,
    refuse=_no_bool,
    grad_name=by_tensors("SubBackward0", {SECOND: "RsubBackward1"}),
)
BY_UFUNC[np.subtract] = _sub


def _pow_forward(x: Any, y: Any) -> Any:
    kind = kind_of(x, y)
    if kind == "b":
        raise no_kernel("pow", np.dtype(np.bool_))
    if kind == "i" and np.any(y < 0):
        return _negative_power(x, y)
    exactly = _EXACT_POWERS.get(y) if kind == "f" and isinstance(y, (int, float)) else None
    return np.power(x, y) if exactly is None else exactly(x)


# PyTorch computes these powers so; NumPy's general power takes forty times as long.
_EXACT_POWERS: dict[float, Any] = {
    3: lambda x: x * x * x,
    0.5: np.sqrt,
    -0.5: lambda x: 1 / np.sqrt(x),
    -1: lambda x: 1 / x,
    -2: lambda x: 1 / (x * x),
}


def _negative_power(x: Any, y: Any) -> Any:
    """Whole numbers to powers some of which are negative: 1 / x^|y| without its fraction."""
    whole = np.where(x == 1, 1, np.where(x == -1, 1 - 2 * (y % 2), 0))
    return np.where(y < 0, whole, np.power(x, np.maximum(y, 0))).astype(np.result_type(x, y))


def _pow_base_vjp(g: Any, input: Any, other: Any) -> Any:
    """other * input^(other - 1), and 0 for the power 0 even where the base is 0 or infinite."""
    if isinstance(other, (int, float)) and other:
        power = _pow(input, other - 1) if isinstance(input, TensorBase) else _pow_forward(input, other - 1)
        return g * (other * power)
    if isinstance(other, (int, float)):
        return no_gradient(g)
    return g * np.where(other == 0, 0, other * input ** np.where(other == 0, 1, other - 1))


def _pow_exponent_vjp(g: Any, input: Any, other: Any, out: Any) -> Any:
    """0 where the base is 0 and the power is not negative: the limit, where log alone would give NaN."""
    if isinstance(input, (np.ndarray, TensorBase)) and input.dtype != out.dtype:
        input = cast(input, out.dtype) if isinstance(input, TensorBase) else input.astype(out.dtype)
    slope = out * np.log(np.where(input == 0, 1, input))
    return g * np.where((input == 0) & (other >= 0), 0, np.where(input == 0, -math.inf, slope))


_pow = binary(
    "pow",
    _pow_forward,
    _pow_base_vjp,
    _pow_exponent_vjp,
    grad_name=by_tensors("PowBackward0", {BOTH: "PowBackward1", SECOND: "PowBackward2"}),
)
_square = unary("square", np.square, lambda g, input: g * (2 * input), grad_name="PowBackward0")
BY_UFUNC[np.power] = _pow


def _masked_half(g: Any, lost: Any, tied: Any) -> Any:
    """The gradient of what won; half of it at a tie; all of it on both sides of a NaN, as in PyTorch."""
    return np.where(tied, g / 2, np.where(lost, 0, g))


maximum = binary(
    "maximum",
    np.maximum,
    lambda g, input, other: _masked_half(g, input <= other, input == other),
    lambda g, input, other: _masked_half(g, other <= input, input == other),
    numbers=False,
)
minimum = binary(
    "minimum",
    np.minimum,
    lambda g, input, other: _masked_half(g, input >= other, input == other),
    lambda g, input, other: _masked_half(g, other >= input, input == other),
    numbers=False,
)


def _over_square(part: Any, x: Any, y: Any) -> Any:
    """part / (x^2 + y^2), and 0 where both are 0."""
    square = x * (x * 1.0) + y * (y * 1.0)  # an operand of bytes could not hold it
    return np.where(square == 0, 0, part / np.where(square == 0, 1, square))


atan2 = binary(
    "atan2",
    np.arctan2,
    lambda g, input, other: g * _over_square(other, input, other),
    lambda g, input, other: -g * _over_square(input, input, other),
    floating=True,
    numbers=False,
)

eq = binary("eq", np.equal)
ne = binary("ne", np.not_equal)
lt = binary("lt", np.less)
le = binary("le", np.less_equal)
gt = binary("gt", np.greater)
ge = binary("ge", np.greater_equal)
logical_and = binary("logical_and", np.logical_and, numbers=False)
logical_or = binary("logical_or", np.logical_or, numbers=False)
logical_xor = binary("logical_xor", np.logical_xor, numbers=False)


bitwise_and = binary("bitwise_and", of_kinds("biu", "bitwise_and_cpu", np.bitwise_and))
bitwise_or = binary("bitwise_or", of_kinds("biu", "bitwise_or_cpu", np.bitwise_or))
bitwise_xor = binary("bitwise_xor", of_kinds("biu", "bitwise_xor_cpu", np.bitwise_xor))


@or_factors_between(2, "alpha")
def add(input: Any, other: Any, *, alpha: float = 1, out: Any = None) -> Any:
    """`input + alpha * other`, broadcast and promoted.

    >>> import microdl as torch
    >>> torch.add(torch.tensor([1., 2.]), torch.tensor([10.]), alpha=0.5)
    tensor([6., 7.])

    Source: https://pytorch.org/docs/stable/generated/torch.add.html
    """
    return _add(input, other if type(alpha) is int and alpha == 1 else _scaled(input, other, alpha), out=out)


@or_factors_between(2, "alpha")
def sub(input: Any, other: Any, *, alpha: float = 1, out: Any = None) -> Any:
    """`input - alpha * other`, broadcast and promoted.

    >>> import microdl as torch
    >>> torch.sub(torch.tensor([1., 2.]), 1)
    tensor([0., 1.])
    """
    if type(alpha) is not int or alpha != 1:
        _no_bool(*(getattr(x, "_a", x) for x in (input, other)))
        other = _scaled(input, other, alpha)
    return _sub(input, other, out=out)


def _scaled(input: Any, other: Any, alpha: Any) -> Any:
    """`alpha * other`; RuntimeError where the dtype of the result does not take such a factor."""
    kind = kind_of(*promoted(operand("add", 1, input), operand("add", 2, other)))
    if isinstance(alpha, bool) and kind != "b":
        raise RuntimeError(f"Boolean alpha only supported for Boolean results. Write {int(alpha)} for {alpha}.")
    if isinstance(alpha, str):
        raise TypeError(f"argument 'alpha' must be Number, not str ({alpha!r})")
    if isinstance(alpha, float) and kind != "f":
        raise RuntimeError(
            f"For integral input tensors, argument alpha must not be a floating point number, but it is {alpha}."
        )
    if not isinstance(other, TensorBase):
        return other * (bool(alpha) if kind == "b" else alpha)
    common = result_dtype([input._a, other._a]) if isinstance(input, TensorBase) else other._a.dtype
    check_fits(alpha, common)
    factor = alpha if kind == "f" else np.asarray(alpha).astype(common).item()  # negative ones wrap in bytes
    return _times(cast(other, common), factor)


def rsub(input: Any, other: Any, alpha: float = 1) -> Any:
    """`other - alpha * input`."""
    out = sub(other, input, alpha=alpha)
    return named(out, "RsubBackward0") if isinstance(other, TensorBase) else out


def mul(input: Any, other: Any, *, out: Any = None) -> Any:
    """The product, broadcast and promoted: `out_i = input_i * other_i`.

    >>> import microdl as torch
    >>> torch.mul(torch.tensor([1., 2.]), 3)
    tensor([3., 6.])
    """
    return _mul(input, other, out=out)


def pow(input: Any, exponent: Any, *, out: Any = None) -> Any:
    """`input ** exponent`. Either may be a number; integers to negative powers raise RuntimeError.

    The gradient for the exponent is `out * log(input)`, and 0 where the base is 0 and the exponent >= 0.

    >>> import microdl as torch
    >>> torch.pow(torch.tensor([1., 2., 3.]), 2)
    tensor([1., 4., 9.])

    Source: https://pytorch.org/docs/stable/generated/torch.pow.html
    """
    if (
        type(exponent) in (int, float)
        and exponent == 2
        and isinstance(input, TensorBase)
        and input._a.dtype.kind == "f"
    ):
        return _square(input, out=out)
    if type(exponent) is int and exponent < 0 and isinstance(input, TensorBase) and input._a.dtype.kind != "f":
        raise RuntimeError(
            f"Integers to negative integer powers are not allowed, and the exponent is {exponent}. Use .float() first."
        )
    return _pow(input, exponent, out=out)


def square(input: Any, *, out: Any = None) -> Any:
    """`input ** 2`.

    >>> import microdl as torch
    >>> torch.square(torch.tensor([-2., 3.]))
    tensor([4., 9.])
    """
    return pow(input, 2, out=out)


def rpow(input: Any, base: Any) -> Any:
    return _pow(base, input)


# --- one operand ------------------------------------------------------------------------------------------


def _negative(x: Any) -> Any:
    if x.dtype == np.bool_:
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a "
            "mask, use the `~` or `logical_not()` operator instead."
        )
    return np.negative(x)


neg = unary("neg", _negative, lambda g: -g)
BY_UFUNC[np.negative] = neg


def _sign(x: Any) -> Any:
    """Of a NaN 0, as in PyTorch."""
    if isinstance(x, TensorBase):
        return sign(x)
    return np.subtract(x > 0, x < 0, dtype=x.dtype) if x.dtype.kind != "b" else x.copy()


abs = unary("abs", np.abs, lambda g, input: g * _sign(input), refuses=("abs_cpu", "b"))
sign = unary("sign", _sign, no_gradient)
BY_UFUNC[np.sign] = sign


def sgn(input: Any) -> Any:
    """`sign`, under the name that PyTorch has for complex numbers too."""
    return named(sign(input), "SgnBackward0")


exp = unary("exp", np.exp, lambda g, out: g * out, floating=True)
exp2 = unary("exp2", np.exp2, lambda g, out: g * (out * math.log(2)), floating=True)
expm1 = unary("expm1", np.expm1, lambda g, out: g * (out + 1), floating=True)
log = unary("log", np.log, lambda g, input: g / input, floating=True)
log2 = unary("log2", np.log2, lambda g, input: g / (input * math.log(2)), floating=True)
log10 = unary(  # NumPy's float32 logarithm of 1000 is not 3
    "log10",
    lambda x: np.log10(x, dtype="d").astype(x.dtype),
    lambda g, input: g / (input * math.log(10)),
    floating=True,
)
log1p = unary("log1p", np.log1p, lambda g, input: g / (input + 1), floating=True)
sqrt = unary("sqrt", np.sqrt, lambda g, out: g / (2 * out), floating=True)
rsqrt = unary("rsqrt", lambda x: 1 / np.sqrt(x), lambda g, out: g * (-0.5 * out**3), floating=True)
reciprocal = unary("reciprocal", lambda x: 1 / x, lambda g, out: -g * (out * out), floating=True)
sin = unary("sin", np.sin, lambda g, input: g * np.cos(input), floating=True)
cos = unary("cos", np.cos, lambda g, input: -g * np.sin(input), floating=True)
tan = unary("tan", np.tan, lambda g, out: g * (1 + out * out), floating=True)
asin = unary("asin", np.arcsin, lambda g, input: g / np.sqrt(1 - input * input), floating=True)
acos = unary("acos", np.arccos, lambda g, input: -g / np.sqrt(1 - input * input), floating=True)
atan = unary("atan", np.arctan, lambda g, input: g / (input * input + 1), floating=True)
sinh = unary("sinh", np.sinh, lambda g, input: g * np.cosh(input), floating=True)
cosh = unary("cosh", np.cosh, lambda g, input: g * np.sinh(input), floating=True)
tanh = unary("tanh", np.tanh, lambda g, out: g * (1 - out * out), floating=True)
floor = unary("floor", np.floor, no_gradient, refuses=("floor_vml_cpu", "b"))
ceil = unary("ceil", np.ceil, no_gradient, refuses=("ceil_vml_cpu", "b"))
trunc = unary("trunc", np.trunc, no_gradient, refuses=("trunc_vml_cpu", "b"))
frac = unary("frac", lambda x: x - np.trunc(x), lambda g: g, refuses=("frac_cpu", "biu"))
isnan = unary("isnan", np.isnan)
isinf = unary("isinf", np.isinf)
isfinite = unary("isfinite", np.isfinite)
logical_not = unary("logical_not", np.logical_not)
bitwise_not = unary("bitwise_not", of_kinds("biu", "bitwise_not_cpu", np.bitwise_not))
BY_UFUNC[np.log10] = log10


def invert(input: Any) -> Any:
    """`~input`: TypeError for floats, where `bitwise_not` raises NotImplementedError, as in PyTorch."""
    if input._a.dtype.kind == "f":
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors: use .long()")
    return bitwise_not(input)


def memory_order(a: Any) -> Any:
    """What NumPy calls the order of a new array like `a`: the same, unless elements of `a` share memory."""
    return "C" if 0 in a.strides else "K"


raw_clone = unary("clone", lambda x: x.copy(memory_order(x)), lambda g: g)
contiguous_clone = unary("contiguous", lambda x: x.copy(order="C"), lambda g: g, grad_name="CloneBackward0")


def clone(input: Any, *, memory_format: Any = None) -> Any:
    """A copy, of the same shape and dtype, to which gradients flow; in C order with `torch.contiguous_format`.

    Source: https://pytorch.org/docs/stable/generated/torch.clone.html
    """
    return contiguous_clone(input) if memory_format is contiguous_format else raw_clone(input)


_round = unary(
    "round", lambda x: np.rint(x) if x.dtype.kind == "f" else x.copy(), no_gradient, refuses=("round_vml_cpu", "b")
)
BY_UFUNC[np.rint] = _round


def round(input: Any, *, decimals: int = 0, out: Any = None) -> Any:
    """To the nearest integer, halves to even; `decimals` digits after the point.

    >>> import microdl as torch
    >>> torch.round(torch.tensor([0.5, 1.5, 2.5, -0.5]))
    tensor([0., 2., 2., -0.])
    """
    if decimals == 0 or not isinstance(input, TensorBase):
        return _round(input, out=out)
    if input._a.dtype.kind != "f":
        raise no_kernel("round_cpu", input._a.dtype)
    scale = 10.0 ** builtins.abs(decimals)
    result = _round(input * scale) / scale if decimals > 0 else _round(input / scale) * scale  # type: ignore[operator]
    return named(result, "RoundBackward1")


def number_array(value: Any) -> np.ndarray[Any, Any]:
    """A Python number as a 0-d array of PyTorch's dtype for it."""
    return np.asarray(value, of_number(value))


_PIXELS = 2**18  # bytes from which it repays to have Numba loaded


def _convert(input: Any, dtype: Any) -> Any:
    if input.size >= _PIXELS and input.dtype == np.uint8 and dtype == np.float32 and input.flags.carray:
        return kernels.convert.to_float(input)
    return converted(input, dtype)


_cast = op("to_copy", _convert, input=lambda g: g)


def cast(input: Any, dtype: Any) -> Any:
    """The tensor in another dtype (itself where it has it already); the gradient is cast back."""
    wanted = dtype if isinstance(dtype, np.dtype) else to_numpy_dtype(dtype)
    if input._a.dtype == wanted:
        return input
    return _cast(input, wanted) if wanted.kind == "f" else wrap(converted(input._a, wanted))
