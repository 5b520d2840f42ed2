"""Reading and writing by index tensors: gather and scatter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named
from ..autograd.record import not_a_tensor, op, shape_error
from ..dtypes import check_fits, from_numpy_dtype
from .along import along, flat, pick
from .shape import expand, require, reshape, unsafe_view, wrap_dim
from .spelling import spelled

Array = np.ndarray[Any, Any]
_UNSIGNED = {np.dtype(np.int64): np.uint64, np.dtype(np.int32): np.uint32}


# --- checks -----------------------------------------------------------------------------------------------


def legacy(a: Array) -> str:
    return from_numpy_dtype(a.dtype).legacy


def index_array(name: str, index: Any, error: str = "Expected dtype int32/int64 for index", position: int = 3) -> Array:
    """The index tensor's array; an error unless it holds integers."""
    if not isinstance(index, TensorBase):
        raise not_a_tensor(name, position, index, "index")
    a = index._a
    if a.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"{name}(): {error}, but it is {from_numpy_dtype(a.dtype)!r}. Convert it with .long().")
    return a


def check_range(index: Array, n: int, dim: int, error: type[Exception] = RuntimeError, text: str = "") -> None:
    if index.size and np.maximum.reduce(index.view(_UNSIGNED[index.dtype]), None) >= n:  # negative ones are great there
        worst = int(index.min() if index.min() < 0 else index.max())
        raise error(f"{text}index {worst} is out of bounds for dimension {dim} with size {n}")


def as_vector(x: Any) -> Any:
    return x if x._a.ndim else reshape(x, 1)


def _fits(index: Array, shape: tuple[int, ...], dim: int, text: str) -> None:
    for i, (n, m) in enumerate(zip(index.shape, shape, strict=True)):
        if i != dim and n > m:
            raise RuntimeError(text.format(i=i))


# --- along a dimension ------------------------------------------------------------------------------------


@spelled(axis="dim")
def gather(input: Any, dim: int, index: Any) -> Any:
    """`out[i][j][k] = input[i][index[i][j][k]][k]` (for dim 1 of 3): picks along `dim`, one index for each place.

    `index` has as many dimensions, and no larger sizes except along `dim`; it is not broadcast.
    Raises RuntimeError for indices out of range, sizes or dtypes that do not fit.

    >>> import microdl as torch
    >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])

    Source: https://pytorch.org/docs/stable/generated/torch.gather.html
    """
    a = require("gather", input)._a
    d = wrap_dim(dim, a.ndim)
    where = index_array("gather", index)
    if max(where.ndim, 1) != max(a.ndim, 1):
        raise RuntimeError(
            f"Index tensor must have the same number of dimensions as input tensor: {where.ndim} and {a.ndim}"
        )
    shape = where.shape
    if not a.ndim or not where.ndim:
        input, where = as_vector(input), where.reshape(-1)
    sizes = f"expected index {list(shape)} to be no larger than self {list(a.shape)} apart from dimension {d}"
    if where.size:
        _fits(where, input._a.shape, d, "Size does not match at dimension {i} " + sizes)
    check_range(where, input._a.shape[d], d)
    out = pick(input, d, where, False)
    return out if out._a.shape == shape else named(unsafe_view(out, shape), "GatherBackward0")


@spelled(axis="dim")
def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """`gather` whose index is broadcast against the input; without `dim`, picks in the flattened input.

    >>> import microdl as torch
    >>> x = torch.tensor([[3, 1], [2, 4]])
    >>> torch.take_along_dim(x, x.argmax(1, keepdim=True), dim=1)
    tensor([[3],
            [4]])
    """
    if dim is None:
        return gather(reshape(require("take_along_dim", input), -1), 0, reshape(indices, -1))
    a, where = require("take_along_dim", input)._a, index_array("take_along_dim", indices, position=2)
    if where.dtype != np.int64:
        raise RuntimeError(f"torch.take_along_dim(): dtype of indices should be Long but got {legacy(where)}")
    if a.ndim != where.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{a.ndim} dimensions for input, and {where.ndim} dimensions for indices"
        )
    d = wrap_dim(dim, a.ndim)
    try:
        rest = np.broadcast_shapes(*((*x.shape[:d], 1, *x.shape[d + 1 :]) for x in (a, where)))
    except ValueError:
        raise shape_error(a, where) from None
    wide = expand(input, *rest[:d], a.shape[d], *rest[d + 1 :])
    return gather(wide, d, expand(indices, *rest[:d], where.shape[d], *rest[d + 1 :]))


def _region(x: Any, shape: tuple[int, ...]) -> Any:
    """The first part of an array or tensor, of the index's shape."""
    return x if tuple(x.shape) == shape else x[tuple(slice(0, n) for n in shape)]


def _padded(g: Any, shape: tuple[int, ...]) -> Any:
    return g if tuple(g.shape) == shape else pad_to(g, shape)


def _pad_forward(input: Any, shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape, input.dtype)
    out[tuple(slice(0, n) for n in input.shape)] = input
    return out


pad_to = op(
    "pad_to", _pad_forward, polymorphic=True, input=lambda g, input_shape: g[tuple(slice(0, n) for n in input_shape)]
)


def _put(input: Any, dim: int, index: Array, src: Any) -> Any:
    out = input.copy()
    out[along(index, dim)] = _region(src, index.shape) if np.ndim(src) else src
    return out


scatter_put: Callable[..., Any] = op(
    "scatter",
    _put,
    polymorphic=True,
    grad_name=lambda node: f"ScatterBackward{'src' not in node.plan.tensors:d}",
    input=lambda g, dim, index: scatter_put(g, dim, index, 0),
    src=lambda g, dim, index, src_shape: _padded(pick(g, dim, index, False), src_shape),
)


def _add_forward(input: Any, dim: int, index: Array, src: Any) -> Any:
    out = np.array(input, order="C")  # so that its flattened form is a view
    values = _region(src, index.shape) if np.ndim(src) else np.broadcast_to(np.asarray(src, out.dtype), index.shape)
    np.add.at(out.reshape(-1), flat(index, dim, out.shape).ravel(), values.ravel())
    return out


_scatter_add = op(
    "scatter_add",
    _add_forward,
    input=lambda g: g,
    src=lambda g, dim, index, src_shape: _padded(pick(g, dim, index, False), src_shape),
)


def _multiply_forward(input: Any, dim: int, index: Array, src: Any) -> Any:
    out = input.copy()
    np.multiply.at(out, along(index, dim), _region(src, index.shape) if np.ndim(src) else np.asarray(src, out.dtype))
    return out


_scatter_multiply = op("scatter_multiply", _multiply_forward)


def _scatter_arguments(name: str, input: Any, dim: int, index: Any, src: Any) -> tuple[Any, int, Array, Any]:
    a = require(name, input)._a
    d = wrap_dim(dim, a.ndim)
    where = index_array("scatter", index)
    held = isinstance(src, TensorBase)
    if held and src._a.dtype != a.dtype:
        raise RuntimeError(
            f"scatter(): Expected self.dtype to be equal to src.dtype, but they are {legacy(a)} and {legacy(src._a)}"
        )
    if not held and not isinstance(src, (bool, int, float)):
        raise TypeError(f"{name}(): argument 'src' (position 4) must be Tensor or a number, not {type(src).__name__}")
    if not held:
        check_fits(src, a.dtype)
        src = np.asarray(src).astype(a.dtype).item()  # negative ones wrap
    if max(where.ndim, 1) != max(a.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as self tensor")
    where = where.reshape(-1) if not where.ndim else where
    src = as_vector(src) if held else src
    if held and where.size and src._a.ndim != where.ndim:
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    if where.size:
        sizes = f"Expected index {list(where.shape)} to be no larger than self {list(a.shape)} apart from dimension {d}"
        _fits(
            where,
            a.shape or (1,),
            d,
            sizes + (f" and to be no larger size than src {list(src._a.shape)}" if held else ""),
        )
        if held:
            _fits(where, src._a.shape, -1, sizes + f" and to be no larger size than src {list(src._a.shape)}")
    check_range(where, a.shape[d] if a.ndim else 1, d)
    return as_vector(input), d, where, src


@spelled(axis="dim")
def scatter(input: Any, dim: int, index: Any, src: Any = None, value: Any = None, *, reduce: str | None = None) -> Any:
    """A copy with `src` (a tensor or a number) put at `index` along `dim`: the reverse of `gather`.

    `reduce="add"` adds and "multiply" multiplies instead (a product has no gradient: RuntimeError).
    Where an index repeats, the last value counts. Raises RuntimeError for what does not fit.

    >>> import microdl as torch
    >>> torch.zeros(2, 3).scatter(1, torch.tensor([[0], [2]]), 1.)
    tensor([[1., 0., 0.],
            [0., 0., 1.]])

    Source: https://pytorch.org/docs/stable/generated/torch.scatter.html
    """
    shape = require("scatter", input)._a.shape
    x, d, where, values = _scatter_arguments("scatter", input, dim, index, value if src is None else src)
    if reduce not in (None, "add", "multiply"):
        raise RuntimeError(f"reduce argument must be either add or multiply, not {reduce!r}.")
    if reduce == "multiply":
        if x._node is not None or getattr(values, "_node", None) is not None:
            raise RuntimeError("derivative for scatter with reduce='multiply' is not implemented")
        out = _scatter_multiply(x, d, where, values)
    else:
        out = (_scatter_add if reduce else scatter_put)(x, d, where, values)
    return out if shape else unsafe_view(out, ())


@spelled(axis="dim")
def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """A copy with `src` added at `index` along `dim`; what repeats accumulates.

    >>> import microdl as torch
    >>> torch.zeros(3).scatter_add(0, torch.tensor([0, 0, 2]), torch.tensor([1., 2., 3.]))
    tensor([3., 0., 3.])

    Source: https://pytorch.org/docs/stable/generated/torch.scatter_add.html
    """
    if not isinstance(src, TensorBase):
        raise not_a_tensor("scatter_add", 4, src, "src")
    return scatter(input, dim, index, src, reduce="add")
