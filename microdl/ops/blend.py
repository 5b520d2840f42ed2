"""Elementwise operations of more than two operands, or beside the usual: lerp, addcmul, logaddexp, isclose, ..."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named, wrap
from ..autograd.kinds import no_kernel, of_kinds
from ..autograd.record import BY_UFUNC, binary, not_a_tensor, op, promoted
from ..dtypes import check_fits, from_numpy_dtype, result_dtype
from .activation import sigmoid_of
from .arithmetic import _mul, add, cast, memory_order
from .division import true_divide
from .join import cat
from .products import C_NAMES
from .shape import broadcast_tensors, number, require, wrap_dim
from .slices import expand_pair
from .spelling import or_factors_between, spelled


def _legacy(x: Any) -> str:
    return from_numpy_dtype(x._a.dtype).legacy


# --- several operands -------------------------------------------------------------------------------------


def _lerp_forward(input: Any, end: Any, weight: Any) -> Any:
    """From the nearer end, so that weight 1 gives `end` exactly."""
    step = end - input
    if isinstance(weight, (int, float)):
        return input + weight * step if builtins.abs(weight) < 0.5 else end - step * (1 - weight)
    return np.where(np.abs(weight) < 0.5, input + weight * step, end - step * (1 - weight))


_lerp = op(
    "lerp",
    _lerp_forward,
    grad_name=lambda node: f"LerpBackward{len(node.plan.tensors) - 2}",
    input=lambda g, weight: g * (1 - weight),
    end=lambda g, weight: g * weight,
    weight=lambda g, input, end: g * (end - input),
)


def lerp(input: Any, end: Any, weight: Any) -> Any:
    """`input + weight * (end - input)`; `weight` is a number or a tensor. The dtypes must agree.

    >>> import microdl as torch
    >>> torch.lerp(torch.tensor([0., 10.]), torch.tensor([10., 20.]), 0.25)
    tensor([ 2.5000, 12.5000])

    Source: https://pytorch.org/docs/stable/generated/torch.lerp.html
    """
    a = require("lerp", input)._a
    if isinstance(end, TensorBase) and end._a.dtype != a.dtype:
        raise _unlike(a, end._a, "end")
    if isinstance(weight, TensorBase) and not weight._a.ndim and weight._a.dtype != a.dtype:  # it counts as a number
        common = from_numpy_dtype(result_dtype([a, weight._a]))
        input, weight = cast(input, common), cast(weight, common)
        end = cast(end, common) if isinstance(end, TensorBase) else end
        a = input._a
    for name, other in (("end", end), ("weight", weight)):
        if isinstance(other, TensorBase):
            if other._a.dtype != a.dtype:
                raise _unlike(a, other._a, name)
            expand_pair(a, other._a)
        elif name == "end":
            raise not_a_tensor("lerp", 2, end, "end")
        else:
            weight = number("lerp", 3, weight, "weight")
    broadcast_tensors(*(t for t in (input, end, weight) if isinstance(t, TensorBase)))  # raises what does not fit
    if a.dtype.kind != "f":
        raise no_kernel("lerp_kernel", a.dtype)
    return _lerp(input, end, weight)


def _unlike(a: Any, b: Any, name: str) -> RuntimeError:
    return RuntimeError(f"expected dtype {C_NAMES[a.dtype.name]} for `{name}` but got dtype {C_NAMES[b.dtype.name]}")


@or_factors_between(3, "value")
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """`input + value * tensor1 * tensor2`.

    >>> import microdl as torch
    >>> torch.addcmul(torch.tensor([1.]), torch.tensor([2.]), torch.tensor([3.]), value=0.5)
    tensor([4.])
    """
    input, tensor1, tensor2 = _of_one_dtype("addcmul", input, tensor1, tensor2)
    return named(add(input, _mul(tensor1, tensor2), alpha=_factor(input, value)), "AddcmulBackward0")


@or_factors_between(3, "value")
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """`input + value * tensor1 / tensor2`. RuntimeError where both are integers.

    >>> import microdl as torch
    >>> torch.addcdiv(torch.tensor([1.]), torch.tensor([2.]), torch.tensor([4.]))
    tensor([1.5000])
    """
    x, y = require("addcdiv", tensor1), require("addcdiv", tensor2)
    if x._a.dtype.kind != "f" and y._a.dtype.kind != "f":
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported. Write input + value * torch.trunc(tensor1 / tensor2)"
            f", or convert {x.dtype} first, for example with .float()."
        )
    input, x, y = _of_one_dtype("addcdiv", input, x, y)
    return named(add(input, true_divide(x, y), alpha=_factor(input, value)), "AddcdivBackward0")


def _of_one_dtype(name: str, *operands: Any) -> list[Any]:
    common = result_dtype([require(name, t)._a for t in operands])
    return [t if t._a.dtype == common else cast(t, from_numpy_dtype(common)) for t in operands]


def _factor(input: Any, value: Any) -> Any:
    """What multiplies a product is of the tensors' kind: for integers, the whole part. TypeError unless a number."""
    value = number("addcmul", 4, value, "value")
    check_fits(value, input._a.dtype)
    return float(value) if input._a.dtype.kind == "f" else int(value)


# --- two operands -----------------------------------------------------------------------------------------


logaddexp = binary(
    "logaddexp",
    of_kinds("f", "logaddexp_cpu", np.logaddexp),
    lambda g, input, other: g * sigmoid_of(input - other),
    lambda g, input, other: g * sigmoid_of(other - input),
    numbers=False,
    doc="`log(exp(input) + exp(other))` without overflow.",
)
hypot = binary(
    "hypot",
    of_kinds("f", "hypot_cpu", np.hypot),
    lambda g, input, out: g * (input / out),
    lambda g, other, out: g * (other / out),
    numbers=False,
    doc="`sqrt(input^2 + other^2)` without overflow.",
)


def _step(x: Any, y: Any) -> Any:
    return np.where(x == 0, y, x > 0).astype((x if isinstance(x, np.ndarray) else y).dtype, copy=False)


def _not_implemented(g: Any) -> Any:
    raise RuntimeError("derivative for aten::heaviside is not implemented. Compare, and multiply by the mask.")


_heaviside = binary(
    "heaviside",
    _step,
    _not_implemented,
    _not_implemented,
    grad_name="torch::autograd::NotImplemented",
)


def heaviside(input: Any, values: Any, *, out: Any = None) -> Any:
    """0 where `input` < 0, 1 where it is > 0, and `values` where it is 0. RuntimeError for two dtypes.

    >>> import microdl as torch
    >>> torch.heaviside(torch.tensor([-2., 0., 3.]), torch.tensor(0.5))
    tensor([0.0000, 0.5000, 1.0000])
    """
    if require("heaviside", input)._a.dtype != require("heaviside", values)._a.dtype:
        raise RuntimeError(
            f"heaviside is not yet implemented for tensors with different dtypes: {input.dtype} and {values.dtype}. "
            "Convert one of them with .to()."
        )
    return _heaviside(input, values, out=out)


bitwise_left_shift = binary(
    "bitwise_left_shift", of_kinds("iu", "lshift_cpu", np.left_shift), doc="`input * 2^other`, for integers."
)
bitwise_right_shift = binary(
    "bitwise_right_shift",
    of_kinds("iu", "rshift_cpu", np.right_shift),
    doc="`input / 2^other`, rounded down, for integers.",
)
BY_UFUNC[np.heaviside] = heaviside


# --- one operand ------------------------------------------------------------------------------------------

_nan_to_num = op(
    "nan_to_num",
    lambda input, nan, posinf, neginf: np.nan_to_num(
        input.copy(memory_order(input)), copy=False, nan=nan, posinf=posinf, neginf=neginf
    ),
    input=lambda g, input: np.where(np.isfinite(input), g, 0),
)


def nan_to_num(input: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """NaN replaced by `nan`, and infinities by the greatest and least numbers of the dtype, or those given.

    >>> import microdl as torch
    >>> torch.nan_to_num(torch.tensor([float("nan"), 1.]))
    tensor([0., 1.])
    """
    given = enumerate((("nan", 0.0 if nan is None else nan), ("posinf", posinf), ("neginf", neginf)), start=2)
    replacements = [x if x is None else number("nan_to_num", i, x, argument) for i, (argument, x) in given]
    if require("nan_to_num", input)._a.dtype.kind != "f":
        return input.clone()
    return _nan_to_num(input, *replacements)


@spelled(axis="dim")
def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """The differences of neighbours along `dim`, `n` times over.

    >>> import microdl as torch
    >>> torch.diff(torch.tensor([1, 4, 9, 16]))
    tensor([3, 5, 7])
    """
    if not require("diff", input)._a.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    d = wrap_dim(dim, input._a.ndim)
    parts = [t for t in (prepend, input, append) if t is not None] if n else [input]
    out = cat(parts, d) if len(parts) > 1 else input
    if n and not out._a.shape[d]:
        return out  # nothing has no neighbours
    for _ in range(n):
        size = out._a.shape[d]
        low, high = out.narrow(d, 0, max(size - 1, 0)), out.narrow(d, min(1, size), max(size - 1, 0))
        out = low != high if out._a.dtype.kind == "b" else high - low
    return out if n else named(out.clone(), "torch::autograd::CopyBackwards")


# --- comparing whole tensors --------------------------------------------------------------------------------


def isclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """Where `|input - other| <= atol + rtol * |other|`. RuntimeError for tensors of two dtypes.

    >>> import microdl as torch
    >>> torch.isclose(torch.tensor([1., 2.]), torch.tensor([1., 2.1]))
    tensor([ True, False])
    """
    return wrap(_close("isclose", input, other, rtol, atol, equal_nan))


def _close(name: str, input: Any, other: Any, rtol: float, atol: float, equal_nan: bool) -> Any:
    for position, (argument, t) in enumerate((("input", input), ("other", other)), start=1):
        if not isinstance(t, TensorBase):
            raise not_a_tensor(name, position, t, argument)
    if input._a.dtype != other._a.dtype:
        raise RuntimeError(f"{_legacy(input)} did not match {_legacy(other)}. Convert one of them with .to().")
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"rtol and atol must be greater than or equal to zero, but got {rtol} and {atol}")
    expand_pair(input._a, other._a)
    x, y = input._a, other._a
    out = x == y
    if x.dtype.kind == "b":
        return out | (atol + rtol * y >= 1)  # True and False are 1 apart
    with np.errstate(invalid="ignore"):
        near = np.abs(x - y) <= atol + np.abs(rtol * y)
    out = out | near & np.isfinite(y) if x.dtype.kind == "f" else out | near
    return out | ((x != x) & (y != y)) if equal_nan else out


def allclose(input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether `isclose` holds everywhere, as a Python bool.

    >>> import microdl as torch
    >>> torch.allclose(torch.tensor([1.]), torch.tensor([1.000001]))
    True
    """
    return bool(np.all(_close("allclose", input, other, rtol, atol, equal_nan)))


def equal(input: Any, other: Any) -> bool:
    """Whether shapes and all elements agree, as a Python bool.

    >>> import microdl as torch
    >>> torch.equal(torch.tensor([1, 2]), torch.tensor([1, 2]))
    True
    """
    a, b = require("equal", input)._a, require("equal", other)._a
    if a.shape != b.shape:
        return False
    x, y = promoted(input, other)
    return bool(np.array_equal(x, y))
