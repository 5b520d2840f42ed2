"""Shape: views, joins and splits. A view shares its tensor's memory, and the gradient goes back the same way."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named, wrap
from ..autograd.inplace import view as declare_view
from ..autograd.record import not_a_tensor, op, shape_error
from ..dtypes import dtype
from .spelling import spelled


def _reshaping(name: str, grad_name: str) -> Callable[..., Any]:
    """A change of shape that keeps the order of the elements, under one of PyTorch's names for it."""
    return declare_view(
        name, lambda input, shape: input.reshape(shape), lambda g, input_shape: g.reshape(input_shape), grad_name
    )


def _permuting(name: str) -> Callable[..., Any]:
    """An exchange of dimensions."""
    return declare_view(
        name,
        lambda input, dims: input.transpose(dims),
        lambda g, dims: np.transpose(g, np.argsort(dims).tolist()),
    )


_reshape = _reshaping("view", "ViewBackward0")
_reshaped_result = op(
    "unsafe_view",
    lambda input, shape: input.reshape(shape),
    grad_name="UnsafeViewBackward0",
    input=lambda g, input_shape: g.reshape(input_shape),
)
_unsqueeze = _reshaping("unsqueeze", "UnsqueezeBackward0")
_squeeze = _reshaping("squeeze", "SqueezeBackward0")
_squeeze_dim = _reshaping("squeeze_dim", "SqueezeBackward1")
_squeeze_dims = _reshaping("squeeze_dims", "SqueezeBackward2")
_permute = _permuting("permute")
_transpose = _permuting("transpose")


def _expand_forward(input: Any, shape: tuple[int, ...]) -> Any:
    """NumPy's broadcast, which is read-only; one in which no element repeats may be written to."""
    out = np.broadcast_to(input, shape)
    out.flags.writeable = input.flags.writeable and out.size <= input.size
    return out


_expand = declare_view("expand", _expand_forward, lambda g: g)


def require(name: str, input: Any) -> Any:
    """The tensor itself; TypeError for anything else."""
    if not isinstance(input, TensorBase):
        raise not_a_tensor(name, 1, input)
    return input


def number(name: str, position: int, value: Any, argument: str) -> Any:
    """A Python number: itself, or that of a NumPy scalar or a 0-d tensor without history. TypeError for anything else.

    OverflowError for integers beyond 64 bits.
    """
    single = isinstance(value, TensorBase) and not value._a.ndim and value._node is None
    out = value.item() if single or isinstance(value, np.generic) else value
    if isinstance(out, int) and not -(1 << 63) <= out < 1 << 64:
        raise OverflowError(f"int too big to convert: {name}() got {argument}={out}")
    if isinstance(out, (bool, int, float)):
        return out
    if isinstance(out, complex):
        raise TypeError(f"complex tensors are not implemented in microdl: {out}")
    raise TypeError(
        f"{name}(): argument '{argument}' (position {position}) must be Number, not {type(value).__name__} ({value!r})"
    )


def integer(name: str, argument: str, value: Any) -> int:
    """An int of PyTorch's kinds: Python's, NumPy's and one-element integer tensors; no bool."""
    if not isinstance(value, (bool, np.bool_)):
        try:
            return operator.index(value)
        except TypeError:
            pass
    raise TypeError(f"{name}(): argument '{argument}' must be int, not {type(value).__name__} ({value!r})")


def sizes(shape: tuple[Any, ...]) -> tuple[int, ...]:
    """Sizes spelled `f(2, 3)`, `f((2, 3))`, `f(x.shape)` or `f(n)`, as a tuple of ints."""
    if not shape:
        raise TypeError("missing 1 required positional arguments: the sizes or dimensions. For none of them write ().")
    if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
        shape = tuple(shape[0])
    for n in shape:
        if type(n) is not int:
            break
    else:
        return shape
    try:
        if any(isinstance(n, bool) for n in shape):
            raise TypeError
        return tuple(operator.index(n) for n in shape)
    except TypeError:
        raise TypeError(f"sizes must be integers, not {shape!r}") from None


def wrap_dim(dim: Any, ndim: int) -> int:
    """A dimension counted from the front; IndexError outside [-ndim, ndim - 1] (a 0-d tensor counts as 1-d)."""
    n = max(ndim, 1)
    d = operator.index(dim)
    if not -n <= d < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {d})")
    return d % n


def wrap_dims(dims: Any, ndim: int) -> tuple[int, ...]:
    """Several dimensions, each once; RuntimeError where one appears twice."""
    out = tuple(wrap_dim(d, ndim) for d in (dims if isinstance(dims, (tuple, list)) else (dims,)))
    if len(set(out)) != len(out):
        raise RuntimeError(f"dim appears multiple times in the list of dims: {list(out)}")
    return out


def _resolved(shape: tuple[int, ...], n: int) -> tuple[int, ...]:
    """The shape with -1 filled in for `n` elements."""
    if shape and min(shape) >= 0 and math.prod(shape) == n:
        return shape
    unknown = shape.count(-1)
    if unknown > 1:
        raise RuntimeError("only one dimension can be inferred")
    if any(s < -1 for s in shape):
        raise RuntimeError(f"invalid shape dimension {min(shape)} in {list(shape)}")
    known = math.prod(s for s in shape if s != -1)
    if unknown and known == 0 and n == 0:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension size "
            "-1 can be any value and is ambiguous"
        )
    if known != n if not unknown else known == 0 or n % known:
        raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {n}")
    return tuple(n // known if s == -1 else s for s in shape)


@spelled(shape="*")
def reshape(input: Any, *shape: Any) -> Any:
    """The same elements in another shape; one size may be -1. A view where the strides allow, else a copy.

    Raises RuntimeError where the number of elements differs.

    >>> import microdl as torch
    >>> torch.arange(6).reshape(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    return _reshaped(require("reshape", input), _resolved(sizes(shape), input._a.size))


def _reshaped(input: Any, shape: tuple[int, ...]) -> Any:
    """`input.reshape(shape)`, whose step PyTorch names after what had to be done."""
    out = _reshape(input, shape)
    if input._node is None or input._a.flags.c_contiguous:
        return out
    return named(out, "UnsafeViewBackward0" if out._view_of is None else "ReshapeAliasBackward0")


def unsafe_view(input: Any, shape: tuple[int, ...]) -> Any:
    """What an operation has just made in another shape, and not known as a view: nobody else sees that memory."""
    return _reshaped_result(input, shape)


@spelled(size="*", dtype="*")
def view(input: Any, *shape: Any) -> Any:
    """`reshape` that never copies; RuntimeError where the strides do not allow a view. `view(dtype)` converts bits.

    >>> import microdl as torch
    >>> x = torch.zeros(4)
    >>> x.view(2, 2)[0, 0] = 1
    >>> x
    tensor([1., 0., 0., 0.])
    """
    a = input._a
    if len(shape) == 1 and isinstance(shape[0], dtype):
        return _bits_as(input, shape[0])
    new = _resolved(sizes(shape), a.size)
    out = _reshape(input, new)
    if out._view_of is None and a.size:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across "
            "two contiguous subspaces). Use .reshape(...) instead."
        )
    return out


def _bits_as(input: Any, wanted: dtype) -> Any:
    if input._a.dtype == wanted.numpy:
        return _reshape(input, input._a.shape)
    try:
        return wrap(input._a.view(wanted.numpy), None, input._version_counter)
    except (TypeError, ValueError):
        raise RuntimeError(
            f"view(dtype): a tensor of {input.dtype} and shape {list(input._a.shape)} has no view of {wanted}: the "
            "last dimension must lie in one piece and its bytes divide evenly."
        ) from None


def view_as(input: Any, other: Any) -> Any:
    """`input.view(other.shape)`."""
    return view(input, other._a.shape)


def reshape_as(input: Any, other: Any) -> Any:
    """`input.reshape(other.shape)`."""
    return reshape(input, other._a.shape)


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Joins the dimensions from `start_dim` to `end_dim` into one.

    >>> import microdl as torch
    >>> torch.zeros(2, 3, 4).flatten(1).shape
    torch.Size([2, 12])
    """
    shape = require("flatten", input)._a.shape
    first, last = wrap_dim(start_dim, len(shape)), wrap_dim(end_dim, len(shape))
    if first > last:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return _reshape(input, (1,))
    return (
        input
        if first == last
        else _reshaped(input, (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))
    )


def matrix_transpose(input: Any) -> Any:
    """The last two dimensions exchanged: `mT`. RuntimeError for a vector."""
    if input._a.ndim == 1:
        raise RuntimeError("tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return transpose(input, -1, -2) if input._a.ndim else input


@spelled(axis="dim")
def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    """Splits one dimension into several; the inverse of `flatten`."""
    shape = input._a.shape
    if not tuple(sizes):
        raise RuntimeError("unflatten: sizes must be non-empty")
    d = wrap_dim(dim, len(shape))
    if not shape:
        raise RuntimeError(f"unflatten: dimension specified as {dim} but tensor has no dimensions")
    return _reshape(input, (*shape[:d], *_resolved(tuple(sizes), shape[d]), *shape[d + 1 :]))


@spelled(dims="*")
def permute(input: Any, *dims: Any) -> Any:
    """The dimensions in another order: a view.

    >>> import microdl as torch
    >>> torch.zeros(2, 3, 4).permute(2, 0, 1).shape
    torch.Size([4, 2, 3])
    """
    order = sizes(dims)
    ndim = require("permute", input)._a.ndim
    if len(order) != ndim:
        raise RuntimeError(
            f"permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
            f"desired ordering of dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(order)}"
        )
    return _permute(input, wrap_dims(order, ndim))


@spelled(axis0="dim0", axis1="dim1")
def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Two dimensions exchanged: a view."""
    ndim = require("transpose", input)._a.ndim
    a, b = wrap_dim(dim0, ndim), wrap_dim(dim1, ndim)
    if ndim == 0:
        return _transpose(input, ())
    order = list(range(ndim))
    order[a], order[b] = b, a
    return _transpose(input, tuple(order))


_t = declare_view("t", lambda input: input.T, lambda g: g.T, "TBackward0")


def t(input: Any) -> Any:
    """The transpose of a matrix; a tensor of fewer dimensions as it is. RuntimeError for more than 2.

    >>> import microdl as torch
    >>> torch.tensor([[1, 2], [3, 4]]).t()
    tensor([[1, 3],
            [2, 4]])
    """
    ndim = require("t", input)._a.ndim
    if ndim > 2:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {ndim}D. Use transpose(dim0, dim1) or permute."
        )
    return _t(input)


@spelled(axis="dim")
def squeeze(input: Any, dim: Any = None, *others: int) -> Any:
    """Without the dimensions of size 1, or without those of `dim` that have size 1: a view."""
    shape = require("squeeze", input)._a.shape
    if dim is None:
        return _squeeze(input, tuple([n for n in shape if n != 1]))
    dim = (dim, *others) if others else dim
    dims = wrap_dims(dim, len(shape))
    step = _squeeze_dims if isinstance(dim, (tuple, list)) else _squeeze_dim
    return step(input, tuple([n for i, n in enumerate(shape) if n != 1 or i not in dims]))


@spelled(axis="dim")
def unsqueeze(input: Any, dim: int) -> Any:
    """With a dimension of size 1 put in at `dim`: a view.

    >>> import microdl as torch
    >>> torch.zeros(3).unsqueeze(1).shape
    torch.Size([3, 1])
    """
    shape = require("unsqueeze", input)._a.shape
    d = wrap_dim(dim, len(shape) + 1)
    return _unsqueeze(input, (*shape[:d], 1, *shape[d:]))


@spelled(size="*")
def expand(input: Any, *shape: Any) -> Any:
    """A view in which dimensions of size 1 are repeated without copying; -1 leaves a size as it is."""
    new = list(sizes(shape))
    old = require("expand", input)._a.shape
    lead = len(new) - len(old)
    if lead < 0:
        raise RuntimeError(
            f"expand: the number of sizes provided ({len(new)}) must be greater or equal to the number of dimensions "
            f"in the tensor ({len(old)})"
        )
    for i, n in enumerate(old, start=lead):
        if new[i] == -1:
            new[i] = n
        elif n not in (1, new[i]):
            raise RuntimeError(
                f"The expanded size of the tensor ({new[i]}) must match the existing size ({n}) at non-singleton "
                f"dimension {i}. Target sizes: {new}. Tensor sizes: {list(old)}"
            )
    if min(new, default=0) < 0:
        raise RuntimeError(f"expand: the size -1 is not allowed in a leading, non-existing dimension: {new}")
    return _expand(input, tuple(new))


def expand_as(input: Any, other: Any) -> Any:
    """`input.expand(other.shape)`."""
    return expand(input, other._a.shape)


def broadcast_to(input: Any, size: Any) -> Any:
    """`input.expand(size)`."""
    return expand(input, size)


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """All tensors expanded to their common shape; those that have it, themselves."""
    for i, t in enumerate(tensors):
        if not isinstance(t, TensorBase):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(t).__name__}")
    try:
        shape = np.broadcast_shapes(*(t._a.shape for t in tensors))
    except ValueError:
        raise next(shape_error(a, b) for a in tensors for b in tensors if not _fit(a, b)) from None
    return tuple(t if t._a.shape == shape else expand(t, shape) for t in tensors)


def _fit(a: Any, b: Any) -> bool:
    pairs = zip(reversed(a._a.shape), reversed(b._a.shape), strict=False)
    return all(m == n or 1 in (m, n) for m, n in pairs)
