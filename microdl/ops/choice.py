"""Choosing element by element: into a range, or between two tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._warning import warn
from ..autograd.graph import OpNode, TensorBase, named, wrap
from ..autograd.record import not_a_tensor, op, operand, shape_error, store
from ..dtypes import check_fits, from_numpy_dtype, promote_scalar, result_dtype
from .arithmetic import cast, number_array
from .queries import result_type
from .shape import broadcast_tensors


def _clamp_forward(input: Any, min: Any, max: Any) -> Any:
    if min is not None:
        input = np.maximum(input, min)
    return input if max is None else np.minimum(input, max)


def _inside(input: Any, min: Any, max: Any) -> Any:
    low = True if min is None else input >= min
    return low if max is None else low & (input <= max)


def _clamp_name(node: OpNode) -> str:
    return "ClampBackward1" if node.plan.tensors == ("input",) else "ClampBackward0"


_clamp = op(
    "clamp",
    _clamp_forward,
    grad_name=_clamp_name,
    input=lambda g, input, min, max: np.where(_inside(input, min, max), g, 0),
    min=lambda g, input, min, max: np.where((input < min) & (True if max is None else min < max), g, 0),
    max=lambda g, input, min, max: np.where((input > max) | (False if min is None else max < min), g, 0),
)


def clamp(input: Any, min: Any = None, max: Any = None, *, out: Any = None) -> Any:
    """Each element moved into [min, max]; either bound may be absent, a number or a tensor.

    The gradient passes where the element lies inside, bounds included. Raises RuntimeError without a bound.

    >>> import microdl as torch
    >>> torch.clamp(torch.tensor([-2., 0.5, 3.]), 0, 1)
    tensor([0.0000, 0.5000, 1.0000])

    Source: https://pytorch.org/docs/stable/generated/torch.clamp.html
    """
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    input, min, max = _agreeing(input, min, max)
    try:
        result = _clamp(input, min, max)
    except ValueError:
        raise _do_not_broadcast(input, min, max) from None
    return result if out is None else store("clamp", out, result)


def _do_not_broadcast(input: Any, *bounds: Any) -> RuntimeError:
    shapes = [b for b in bounds if isinstance(b, TensorBase)]
    for other in shapes:
        try:
            np.broadcast_shapes(input._a.shape, other._a.shape)
        except ValueError:
            return shape_error(input, other)
    return shape_error(*shapes)


def _agreeing(input: Any, *bounds: Any) -> tuple[Any, ...]:
    """The tensor and the bounds in their common dtype; numbers as 0-d arrays of it."""
    if not isinstance(input, TensorBase):
        raise not_a_tensor("clamp", 1, input)
    given = [None if b is None else operand("clamp", 2, b) for b in bounds]
    tensors = [input, *(b for b in given if isinstance(b, TensorBase))]
    if any(t._a.shape != input._a.shape for t in tensors):
        broadcast_tensors(*tensors)  # raises what does not fit
    common = result_dtype([t._a for t in tensors])
    numbers = [b for b in given if b is not None and not isinstance(b, TensorBase)]
    if numbers and any(isinstance(b, TensorBase) for b in given):
        raise TypeError(
            "clamp() received an invalid combination of arguments: its bounds must be two numbers or tensors"
        )
    for b in numbers:
        common = promote_scalar(common, b)
    for b in numbers:
        check_fits(b, common)
    cast_bounds = (
        b if b is None else cast(b, common) if isinstance(b, TensorBase) else np.asarray(b).astype(common)
        for b in given
    )
    return (cast(input, common), *cast_bounds)


def _check_bound(name: str, argument: str, bound: Any) -> None:
    if bound is None:
        raise TypeError(f"{name}(): argument '{argument}' (position 2) must be Number or Tensor, not NoneType")


def clamp_min(input: Any, min: Any) -> Any:
    """`clamp` with a lower bound only."""
    _check_bound("clamp_min", "min", min)
    return named(clamp(input, min), f"ClampMinBackward{isinstance(min, TensorBase):d}")


def clamp_max(input: Any, max: Any) -> Any:
    """`clamp` with an upper bound only."""
    _check_bound("clamp_max", "max", max)
    return named(clamp(input, None, max), f"ClampMaxBackward{isinstance(max, TensorBase):d}")


def _where_forward(condition: Any, input: Any, other: Any) -> Any:
    return np.where(condition, input, other)


_where = op(
    "where",
    _where_forward,
    input=lambda g, condition: np.where(condition, g, 0),
    other=lambda g, condition: np.where(condition, 0, g),
)


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """`input` where `condition` holds, else `other`; with `condition` alone, the indices where it holds.

    The gradient goes only to the side that was taken: NaN and infinity on the other side do not leak.

    >>> import microdl as torch
    >>> torch.where(torch.tensor([True, False]), torch.tensor([1., 2.]), 0.)
    tensor([1., 0.])

    Source: https://pytorch.org/docs/stable/generated/torch.where.html
    """
    if not isinstance(condition, TensorBase):
        condition = operand("where", 1, condition)
        condition = condition if isinstance(condition, TensorBase) else wrap(np.asarray(condition))
    if input is None and other is None:
        return tuple(wrap(i.copy()) for i in np.nonzero(np.atleast_1d(condition._a)))
    if condition._a.dtype == np.uint8:
        warn(
            "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future "
            "version of PyTorch. Use a boolean condition instead.",
        )
        condition = wrap(condition._a.astype(np.bool_))
    if condition._a.dtype.kind != "b":
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{dtype_name(condition)}. Compare it first, for example condition != 0."
        )
    if input is None or other is None:
        raise TypeError("where() takes the condition alone, or both input and other: one of them is missing or None")
    sides = [operand("where", i, side) for i, side in ((2, input), (3, other))]
    arrays = [s._a if isinstance(s, TensorBase) else number_array(s) for s in sides]
    common = result_type(*sides).numpy
    for side in sides:
        if not isinstance(side, TensorBase):
            check_fits(side, common)
    input, other = (
        cast(s, common) if isinstance(s, TensorBase) else wrap(a.astype(common))
        for s, a in zip(sides, arrays, strict=True)
    )
    try:
        return _where(condition, input, other)
    except ValueError:
        shapes = [list(t._a.shape) for t in (condition, input, other)]
        raise RuntimeError(f"where: shapes {shapes[0]}, {shapes[1]} and {shapes[2]} do not broadcast") from None


def dtype_name(t: TensorBase) -> str:
    return repr(from_numpy_dtype(t._a.dtype))
