"""Division: true, rounded, and its remainders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, no_gradient
from ..autograd.kinds import kind_of, no_kernel
from ..autograd.record import BY_UFUNC, binary
from ..autograd.table import BOTH, SECOND, by_tensors

true_divide = binary(
    "div",
    np.true_divide,
    lambda g, other: g / other,
    lambda g, input, other: -g * ((input / other) / other),
    floating=True,
    grad_name="DivBackward0",
)


def _dividing(name: str, ufunc: Callable[..., Any]) -> Any:
    """A ufunc that raises where whole numbers are divided by 0; NumPy gives 0."""

    def forward(x: Any, y: Any) -> Any:
        kind = kind_of(x, y)
        if kind == "b":
            raise no_kernel(name, np.dtype(np.bool_))
        if kind != "f" and not np.all(y):
            raise RuntimeError(f"ZeroDivisionError: {name} of integers by 0. Convert them first, as with .float().")
        return ufunc(x, y)

    return forward


def _remainder(x: Any, y: Any) -> Any:
    """With the sign of the divisor; a zero has that of the dividend, where NumPy's has the divisor's."""
    if kind_of(x, y) != "f":
        return np.remainder(x, y)
    out = np.fmod(x, y)
    return np.where((out != 0) & (np.less(out, 0) != np.less(y, 0)), out + y, out)


fmod = binary(
    "fmod",
    _dividing("fmod", np.fmod),
    lambda g: g,
    lambda g, input, other: -g * np.trunc(input / other),
    grad_name=by_tensors("FmodBackward0", {BOTH: "FmodBackward1"}),
)


def _floored(x: Any, y: Any) -> Any:
    return _div_floor(x, y) if isinstance(x, TensorBase) or isinstance(y, TensorBase) else np.floor_divide(x, y)


remainder = binary(
    "remainder",
    _dividing("remainder", _remainder),
    lambda g: g,
    lambda g, input, other: -g * _floored(input, other),
    grad_name=by_tensors("RemainderBackward0", {BOTH: "RemainderBackward1", SECOND: "RemainderBackward1"}),
)


def _no_derivative(g: Any) -> Any:
    raise RuntimeError("derivative for aten::floor_divide is not implemented. Divide with / and round.")


floor_divide = binary(
    "floor_divide",
    _dividing("floor_divide", np.floor_divide),
    _no_derivative,
    _no_derivative,
    grad_name="torch::autograd::NotImplemented",
)


def _truncated(x: Any, y: Any) -> Any:
    """The quotient without its fraction; of whole numbers without a detour through floats."""
    if kind_of(x, y) == "f":
        return np.trunc(np.true_divide(x, y))
    quotient = np.floor_divide(x, y)
    return quotient + ((np.remainder(x, y) != 0) & (np.less(x, 0) != np.less(y, 0)))


_div_floor = binary(
    "div_floor",
    _dividing("floor_divide", np.floor_divide),
    no_gradient,
    no_gradient,
    grad_name="DivBackward2",
)
_div_trunc = binary("div_trunc", _dividing("div_trunc", _truncated), no_gradient, no_gradient, grad_name="DivBackward2")
BY_UFUNC.update({np.fmod: fmod, np.remainder: remainder, np.floor_divide: floor_divide})


def div(input: Any, other: Any, *, rounding_mode: str | None = None, out: Any = None) -> Any:
    """The quotient; integers give floats unless `rounding_mode` is "trunc" or "floor".

    Raises RuntimeError for any other rounding mode.

    >>> import microdl as torch
    >>> torch.div(torch.tensor([7]), 2), torch.div(torch.tensor([-7]), 2, rounding_mode="trunc")
    (tensor([3.5000]), tensor([-3]))
    """
    if rounding_mode is None:
        return true_divide(input, other, out=out)
    if rounding_mode not in ("trunc", "floor"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    return (_div_floor if rounding_mode == "floor" else _div_trunc)(input, other, out=out)
