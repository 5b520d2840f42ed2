"""Variance and standard deviation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._warning import warn
from ..autograd.graph import named
from ..autograd.record import op
from ..autograd.summation import Axes, add_up
from .reduction import check_flag, count_of, mean, reduced_axes, with_axes
from .shape import require
from .spelling import AXIS, spelled


def _centred(input: Any, dim: Axes) -> Any:
    return input - add_up(input, dim, True) / count_of(input.shape, dim)


def _var_forward(input: Any, dim: Axes, correction: float, keepdim: bool) -> Any:
    """Two passes: the squares of what is left after the mean is taken away."""
    d = _centred(input, dim)
    d *= d
    return add_up(d, dim, keepdim) / np.maximum(count_of(input.shape, dim) - correction, 0).astype(input.dtype)


def _var_vjp(g: Any, input: Any, dim: Axes, correction: float, keepdim: bool) -> Any:
    """2 (x - mean) / (n - correction); without degrees of freedom infinite, and NaN where x is the mean."""
    g, d = with_axes(g, input.shape, dim, keepdim), _centred(input, dim)
    freedom = count_of(input.shape, dim) - correction
    if freedom == 0 and dim is None:  # without its sign, as PyTorch has it for all elements
        return g * np.where(d == 0, math.nan, math.inf)
    return g * (2 / freedom if freedom else math.inf) * d


def _std_vjp(g: Any, input: Any, out: Any, dim: Axes, correction: float, keepdim: bool) -> Any:
    """The variance's, over 2 std; 0 where the deviation is 0."""
    flat = out == 0
    half = np.where(flat, 0, g / np.where(flat, 1, 2 * out))
    return _var_vjp(half, input, dim, correction, keepdim)


_var = op("var", _var_forward, input=_var_vjp)
_std = op(
    "std",
    lambda input, dim, correction, keepdim: np.sqrt(_var_forward(input, dim, correction, keepdim)),
    input=_std_vjp,
)


def _moment(name: str, call: Any, input: Any, dim: Any, unbiased: Any, keepdim: bool, correction: Any) -> Any:
    """`call` with PyTorch's spellings sorted out: `var(x, False)` gives `unbiased`, `correction` stands for it."""
    a = require(name, input)._a
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased or unbiased is None else 0
    elif unbiased is not None:
        raise TypeError(f"{name}() takes either unbiased or correction, not both: unbiased=False is correction=0")
    if a.dtype.kind != "f":
        raise RuntimeError(
            f"std and var only support floating point and complex dtypes, not {input.dtype}. Convert the tensor "
            "first, for example with .float()."
        )
    axes = reduced_axes(dim, a.ndim)
    if count_of(a.shape, axes) <= correction:
        warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
            "(input numel divided by output numel)."
        )
    return call(input, axes, correction, check_flag(name, keepdim))


@spelled(AXIS)
def var(input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = None) -> Any:
    """The variance `sum((x - mean)^2) / (n - correction)`; unbiased (correction 1) unless told otherwise.

    Warns where n <= correction (the result is NaN or infinite); RuntimeError for integers.

    >>> import microdl as torch
    >>> x = torch.tensor([1., 2., 3., 6.])
    >>> torch.var(x), torch.var(x, unbiased=False)
    (tensor(4.6667), tensor(3.5000))

    Source: https://pytorch.org/docs/stable/generated/torch.var.html
    """
    return _moment("var", _var, input, dim, unbiased, keepdim, correction)


@spelled(AXIS)
def std(input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = None) -> Any:
    """The standard deviation, the square root of `var`; its gradient is 0 where it is 0.

    >>> import microdl as torch
    >>> torch.std(torch.tensor([[1., 3.], [2., 2.]]), dim=1)
    tensor([1.4142, 0.0000])

    Source: https://pytorch.org/docs/stable/generated/torch.std.html
    """
    return _moment("std", _std, input, dim, unbiased, keepdim, correction)


@spelled(AXIS)
def var_mean(
    input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = None
) -> tuple[Any, Any]:
    """The variance and the mean.

    >>> import microdl as torch
    >>> torch.var_mean(torch.tensor([1., 3.]))
    (tensor(2.), tensor(2.))
    """
    spread = _moment("var", _var, input, dim, unbiased, keepdim, correction)
    middle = mean(input, None if isinstance(dim, bool) else dim, keepdim)
    return named(spread, "VarMeanBackward0"), named(middle, "VarMeanBackward0")


@spelled(AXIS)
def std_mean(
    input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: Any = None
) -> tuple[Any, Any]:
    """The standard deviation and the mean.

    >>> import microdl as torch
    >>> torch.std_mean(torch.tensor([1., 3.]), correction=0)
    (tensor(1.), tensor(2.))
    """
    spread = _moment("std", _std, input, dim, unbiased, keepdim, correction)
    middle = mean(input, None if isinstance(dim, bool) else dim, keepdim)
    return named(spread, "StdMeanBackward0"), named(middle, "StdMeanBackward0")
