"""Maximum and minimum: the values, where they are, or both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named, wrap
from ..autograd.record import op
from ..autograd.summation import Axes
from . import arithmetic, return_types
from .along import put
from .reduction import check_flag, reduced_axes, with_axes
from .shape import require, reshape, wrap_dim
from .spelling import AXIS, spelled

# --- over all elements, or several dimensions: ties share the gradient --------------------------------------


def _shared(g: Any, input: Any, out: Any, dim: Axes, keepdim: bool) -> Any:
    """The gradient divided evenly among the elements that equal the result; NaN where the result is NaN."""
    shape = input.shape
    chosen = input == with_axes(out, shape, dim, keepdim)
    return np.where(chosen, with_axes(g, shape, dim, keepdim), 0) / np.add.reduce(chosen, axis=dim, keepdims=True)


def _shared_by_all(g: Any, input: Any, out: Any) -> Any:
    """The same over all elements, where the NaN in the input take part if the result is NaN."""
    chosen = input != input if (out != out).item() else input == out
    return np.where(chosen, g / np.add.reduce(chosen, axis=None), 0)


_max_all = op("max_all", lambda input: np.maximum.reduce(input, None), grad_name="MaxBackward1", input=_shared_by_all)
_min_all = op("min_all", lambda input: np.minimum.reduce(input, None), grad_name="MinBackward1", input=_shared_by_all)
_amax = op("amax", lambda input, dim, keepdim: np.maximum.reduce(input, dim, keepdims=keepdim), input=_shared)
_amin = op("amin", lambda input, dim, keepdim: np.minimum.reduce(input, dim, keepdims=keepdim), input=_shared)


def check_not_empty(name: str, a: np.ndarray[Any, Any], dim: Axes) -> None:
    """An error where there is nothing to choose from."""
    if a.size:
        return
    if dim is None:
        raise RuntimeError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with "
            "the 'dim' argument."
        )
    for d in dim:
        if a.ndim and a.shape[d] == 0:
            raise IndexError(
                f"{name}(): Expected reduction dim {d} to have non-zero size, but the shape is {list(a.shape)}."
            )


def _over_dims(name: str, call: Callable[..., Any], input: Any, dim: Any, keepdim: bool) -> Any:
    a = require(name, input)._a
    axes = reduced_axes(dim, a.ndim)
    check_not_empty(name, a, axes)
    return call(input, axes, check_flag(name, keepdim))


@spelled(AXIS)
def amax(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The maximum over all elements or over `dim` (one or several). Equal maxima share the gradient evenly.

    >>> import microdl as torch
    >>> x = torch.tensor([1., 3., 3.], requires_grad=True)
    >>> torch.amax(x).backward()
    >>> x.grad
    tensor([0.0000, 0.5000, 0.5000])

    Source: https://pytorch.org/docs/stable/generated/torch.amax.html
    """
    return _over_dims("amax", _amax, input, dim, keepdim)


@spelled(AXIS)
def amin(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The minimum over all elements or over `dim` (one or several). Equal minima share the gradient evenly.

    >>> import microdl as torch
    >>> torch.amin(torch.tensor([[1, 2], [4, 3]]), 1)
    tensor([1, 3])
    """
    return _over_dims("amin", _amin, input, dim, keepdim)


@spelled(AXIS)
def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The pair (min, max) over all elements or over one dimension.

    >>> import microdl as torch
    >>> torch.aminmax(torch.tensor([1, 5, 3]))
    torch.return_types.aminmax(
    min=tensor(1),
    max=tensor(5))
    """
    if not require("aminmax", input)._a.size and dim is None:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity. Its shape is "
            f"{list(input._a.shape)}."
        )
    ends = (named(end(input, dim, keepdim), "AminmaxBackward0") for end in (amin, amax))
    return return_types.aminmax(tuple(ends))


# --- over one dimension: the first of equal elements is chosen ----------------------------------------------


def _chosen_vjp(g: Any, input_shape: tuple[int, ...], dim: int, keepdim: bool, index: Any) -> Any:
    return put(with_axes(g, input_shape, (dim,), keepdim), input_shape, dim, index, True)


_max = op(
    "max",
    lambda input, dim, keepdim, index: np.maximum.reduce(input, dim, keepdims=keepdim),
    grad_name="MaxBackward0",
    input=_chosen_vjp,
)
_min = op(
    "min",
    lambda input, dim, keepdim, index: np.minimum.reduce(input, dim, keepdims=keepdim),
    grad_name="MinBackward0",
    input=_chosen_vjp,
)


def _values_and_indices(name: str, call: Callable[..., Any], input: Any, dim: Any, keepdim: bool) -> tuple[Any, Any]:
    keepdim = check_flag(name, keepdim)
    a = input._a
    d = wrap_dim(dim, a.ndim)
    check_not_empty(name, a, (d,))
    if a.ndim == 0:
        values = reshape(call(reshape(input, 1), 0, False, np.zeros(1, np.int64)), ())
        return named(values, f"{name.title()}Backward0"), wrap(np.zeros((), np.int64))
    index = (a.argmax if name == "max" else a.argmin)(d, keepdims=True)
    values = call(input, d, keepdim, index)
    return values, wrap(index if keepdim else index.reshape(values._a.shape))


def _in_three_forms(name: str, whole: Any, one: Any, pairwise: Any, input: Any, dim: Any, keepdim: bool) -> Any:
    """`max(x)`, `max(x, dim)` and `max(x, other)`, told apart by the second argument."""
    a = require(name, input)._a
    if dim is None:
        check_not_empty(name, a, None)
        return whole(input)
    if isinstance(dim, TensorBase):
        return pairwise(input, dim)
    if isinstance(dim, (bool, float)) or not hasattr(dim, "__index__"):
        raise TypeError(
            f"{name}() received an invalid combination of arguments: the second must be a dimension (int) or a "
            f"Tensor, not {type(dim).__name__}. Use clamp to compare with a number."
        )
    return getattr(return_types, name)(_values_and_indices(name, one, input, dim, keepdim))


@spelled(AXIS, other="dim")
def max(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """`max(x)`: the maximum. `max(x, dim)`: the pair (values, indices). `max(x, other)`: elementwise.

    Of equal elements `max(x, dim)` takes the first and gives it the whole gradient; `max(x)` shares it
    evenly. NaN wins. Raises RuntimeError (or IndexError, with `dim`) where there are no elements.

    >>> import microdl as torch
    >>> values, indices = torch.max(torch.tensor([[1., 5.], [7., 2.]]), dim=1)
    >>> values, indices
    (tensor([5., 7.]), tensor([1, 0]))

    Source: https://pytorch.org/docs/stable/generated/torch.max.html
    """
    return _in_three_forms("max", _max_all, _max, arithmetic.maximum, input, dim, keepdim)


@spelled(AXIS, other="dim")
def min(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """`min(x)`: the minimum. `min(x, dim)`: the pair (values, indices). `min(x, other)`: elementwise.

    Ties and errors as in `max`.

    >>> import microdl as torch
    >>> torch.min(torch.tensor([4., 2., 3.]), 0)
    torch.return_types.min(
    values=tensor(2.),
    indices=tensor(1))

    Source: https://pytorch.org/docs/stable/generated/torch.min.html
    """
    return _in_three_forms("min", _min_all, _min, arithmetic.minimum, input, dim, keepdim)


def _arg(name: str, input: Any, dim: Any, keepdim: bool) -> Any:
    a = require(name, input)._a
    if a.dtype.kind == "b":
        raise RuntimeError(f"{name}(): does not support bool input. Convert it first, for example with .long().")
    find = a.argmax if name == "argmax" else a.argmin
    if dim is None:
        if not a.size:
            raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
        return wrap(np.reshape(find(), (1,) * a.ndim) if keepdim else find())
    d = wrap_dim(dim, a.ndim)
    check_not_empty(name, a, (d,))
    if not a.ndim:
        return wrap(np.zeros((), np.int64))
    return wrap(find(d, keepdims=True) if check_flag(name, keepdim) else find(d))


@spelled(AXIS)
def argmax(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The index of the maximum: in the flattened tensor, or along `dim`. The first of equal ones; NaN wins.

    Raises IndexError where there are no elements, RuntimeError for booleans.

    >>> import microdl as torch
    >>> torch.argmax(torch.tensor([[1., 5.], [7., 2.]]), dim=1)
    tensor([1, 0])

    Source: https://pytorch.org/docs/stable/generated/torch.argmax.html
    """
    return _arg("argmax", input, dim, keepdim)


@spelled(AXIS)
def argmin(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The index of the minimum: in the flattened tensor, or along `dim`. The first of equal ones; NaN wins.

    >>> import microdl as torch
    >>> torch.argmin(torch.tensor([3., 1., 1.]))
    tensor(1)
    """
    return _arg("argmin", input, dim, keepdim)
