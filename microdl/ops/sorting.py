"""Order: sort, topk, quantiles, distinct values, counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named, wrap
from ..autograd.kinds import no_kernel
from ..autograd.record import op
from . import return_types
from .along import picked
from .arithmetic import clone
from .blend import lerp
from .extremum import _shared_by_all, check_not_empty
from .gather import as_vector
from .reduction import check_flag
from .shape import number, require, reshape, unsafe_view, wrap_dim
from .spelling import AXIS, spelled

Array = np.ndarray[Any, Any]

_sort = picked("sort")
_topk = picked("topk")
_kthvalue = picked("kthvalue")
_median = picked("median", "MedianBackward1")
_mode = picked("mode")


def _order(a: Array, dim: int, descending: bool) -> Array:
    """The stable order; NaN counts as the greatest. Descending is ascending backwards, ties in their order."""
    if not descending:
        return a.argsort(dim, kind="stable")
    back = (slice(None),) * dim + (slice(None, None, -1),)
    return np.ascontiguousarray(a.shape[dim] - 1 - a[back].argsort(dim, kind="stable")[back])


@spelled(axis="dim")
def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The pair (values, indices) in order along `dim`. Equal elements keep their order; NaN counts as the greatest.

    >>> import microdl as torch
    >>> torch.sort(torch.tensor([3., 1., 2.]), descending=True)
    torch.return_types.sort(
    values=tensor([3., 2., 1.]),
    indices=tensor([0, 2, 1]))

    Source: https://pytorch.org/docs/stable/generated/torch.sort.html
    """
    a = require("sort", input)._a
    d = wrap_dim(dim, a.ndim)
    if not a.ndim:
        return return_types.sort((named(clone(input), "SortBackward0"), wrap(np.zeros((), np.int64))))
    index = _order(a, d, descending)
    values = _sort(input, d, index, True)
    return return_types.sort((named(values, "SortBackward1") if stable else values, wrap(index)))


@spelled(axis="dim")
def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The indices that sort along `dim`; see `sort`.

    >>> import microdl as torch
    >>> torch.argsort(torch.tensor([3., 1., 2.]))
    tensor([1, 2, 0])
    """
    a = require("argsort", input)._a
    d = wrap_dim(dim, a.ndim)
    return wrap(_order(a, d, descending) if a.ndim else np.zeros((), np.int64))


def msort(input: Any) -> Any:
    """The values sorted along the first dimension."""
    return sort(input, 0)[0]


def _selected(a: Array, k: int, dim: int, largest: bool) -> Array:
    """The indices of the k first in the order, sorted; found by partition where that saves work."""
    n = a.shape[dim]
    first = (slice(None),) * dim + (slice(0, k),)
    if k * 4 > n or n < 256:
        return _order(a, dim, largest)[first]
    if largest:
        part = a.argpartition(n - k, dim)[(slice(None),) * dim + (slice(n - k, None),)]
    else:
        part = a.argpartition(k - 1, dim)[first]
    part.sort(dim)  # ties in their order
    inside = _order(np.take_along_axis(a, part, dim), dim, largest)
    return np.take_along_axis(part, inside, dim)


@spelled(axis="dim")
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The pair (values, indices) of the `k` largest (or smallest) along `dim`, in order.

    RuntimeError where `k` is negative or greater than the size.

    >>> import microdl as torch
    >>> torch.topk(torch.tensor([1., 4., 3.]), 2).indices
    tensor([1, 2])

    Source: https://pytorch.org/docs/stable/generated/torch.topk.html
    """
    a = require("topk", input)._a
    d = wrap_dim(dim, a.ndim)
    size = a.shape[d] if a.ndim else 1
    if not 0 <= k <= size:
        raise RuntimeError(f"selected index k out of range: k is {k}, dimension {d} has size {size}")
    if not a.ndim:
        return return_types.topk((named(clone(input), "TopkBackward0"), wrap(np.zeros((), np.int64))))
    index = np.ascontiguousarray(_selected(a, k, d, largest))
    return return_types.topk((_topk(input, d, index, True), wrap(index)))


def _one_of(name: str, call: Any, input: Any, index: Array, dim: int, keepdim: bool) -> Any:
    """The pair (values, indices) of one element along `dim`, chosen by `index` (with the dimension kept)."""
    values = call(input, dim, index, keepdim)
    return getattr(return_types, name)((values, wrap(np.ascontiguousarray(index).reshape(values._a.shape))))


def _nth(name: str, call: Any, input: Any, n: int, dim: Any, keepdim: bool) -> Any:
    """The nth smallest along `dim`; NaN where there is one and the nth is asked of the median."""
    scalar = not input._a.ndim
    d = wrap_dim(dim, input._a.ndim)
    index = _order(as_vector(input)._a, d, False)[(slice(None),) * d + (slice(n, n + 1),)]
    return _one_of(name, call, as_vector(input), index, d, keepdim and not scalar)


@spelled(AXIS)
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The pair (values, indices) of the `k`-th smallest (from 1) along `dim`.

    >>> import microdl as torch
    >>> torch.kthvalue(torch.tensor([30., 10., 20.]), 2).values
    tensor(20.)
    """
    a = require("kthvalue", input)._a
    d = wrap_dim(dim, a.ndim)
    size = a.shape[d] if a.ndim else 1
    if not 1 <= k <= size:
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {d}: k is {k}, its size {size}")
    return _nth("kthvalue", _kthvalue, input, k - 1, d, check_flag("kthvalue", keepdim))


# --- median and quantiles ---------------------------------------------------------------------------------


def _median_of_all(input: Array) -> Any:
    """The lower median; NaN if there is one, or no element."""
    if not input.size or (input.dtype.kind == "f" and np.isnan(input).any()):
        return np.asarray(np.iinfo(input.dtype).min if input.dtype.kind in "iu" else np.nan, input.dtype)
    middle = (input.size - 1) // 2
    return np.partition(input, middle, axis=None)[middle]


_median_all = op("median_all", _median_of_all, grad_name="MedianBackward0", input=_shared_by_all)


@spelled(AXIS)
def median(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The median, the lower of the two middle ones; with `dim`, the pair (values, indices).

    Over all elements, equal ones share the gradient evenly. NaN wins.

    >>> import microdl as torch
    >>> torch.median(torch.tensor([4., 1., 3., 2.]))
    tensor(2.)

    Source: https://pytorch.org/docs/stable/generated/torch.median.html
    """
    a = require("median", input)._a
    if a.dtype.kind == "b" and (a.size or dim is not None):
        raise no_kernel("median_cpu", a.dtype)
    if dim is None:
        return _median_all(input)
    d = wrap_dim(dim, a.ndim)
    check_not_empty("median", a, (d,))
    order = _order(as_vector(input)._a, d, False)
    index = order[(slice(None),) * d + (slice((order.shape[d] - 1) // 2, (order.shape[d] + 1) // 2),)]
    missing = as_vector(input)._a != as_vector(input)._a
    if missing.any():
        index = np.where(missing.any(d, keepdims=True), missing.argmax(d, keepdims=True), index)
    return _one_of("median", _median, as_vector(input), index, d, check_flag("median", keepdim) and a.ndim > 0)


@spelled(AXIS)
def mode(input: Any, dim: int = -1, keepdim: bool = False) -> Any:
    """The pair (values, indices) of the most frequent value along `dim` (the smallest of equals), and its last place.

    >>> import microdl as torch
    >>> torch.mode(torch.tensor([3, 1, 3, 1, 2])).values
    tensor(1)
    """
    a = as_vector(require("mode", input))._a
    d = wrap_dim(dim, input._a.ndim)
    check_not_empty("mode", a, (d,))
    rows = np.moveaxis(a, d, -1)
    index = np.empty((*rows.shape[:-1], 1), np.int64)
    for place in np.ndindex(rows.shape[:-1]):
        values, counts = np.unique(rows[place], return_counts=True)
        best = values[counts.argmax()]
        index[place] = np.flatnonzero((rows[place] == best) | ((rows[place] != rows[place]) & (best != best)))[-1]
    kept = check_flag("mode", keepdim) and input._a.ndim > 0
    return _one_of("mode", _mode, as_vector(input), np.moveaxis(index, -1, d), d, kept)


@spelled(AXIS)
def quantile(input: Any, q: Any, dim: Any = None, keepdim: bool = False, *, interpolation: str = "linear") -> Any:
    """The q-th quantiles (q in [0, 1], a number or a 1-D tensor), over all elements or along `dim`.

    Between two elements `interpolation` decides: linear, lower, higher, midpoint or nearest. A tensor `q`
    gives a first dimension of its size. RuntimeError for integers and for q outside [0, 1].

    >>> import microdl as torch
    >>> torch.quantile(torch.tensor([0., 1., 2., 3.]), 0.5)
    tensor(1.5000)

    Source: https://pytorch.org/docs/stable/generated/torch.quantile.html
    """
    a, qs = _quantile_arguments("quantile", input, q)
    d = wrap_dim(dim, a.ndim) if dim is not None else 0
    rows = reshape(input, -1) if dim is None or not a.ndim else input.transpose(d, -1)
    out = _between(sort(rows, -1)[0], qs.reshape(-1), interpolation)  # (..., q)
    shaped = _quantile_shape(out, a, qs, None if dim is None else d, keepdim)
    out = unsafe_view(shaped, shaped._a.shape)
    return out if shaped._node is None else named(out, shaped._node.name())


def _quantile_arguments(name: str, input: Any, q: Any) -> tuple[Array, Array]:
    """The arrays of the input and of q, checked."""
    a = require(name, input)._a
    if a.dtype not in (np.float32, np.float64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype, not {input.dtype}")
    qs = np.asarray(q._a if isinstance(q, TensorBase) else number(name, 2, q, "q"), np.float64)
    if qs.size and not (qs.min() >= 0 and qs.max() <= 1):
        raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q!r}")
    if isinstance(q, TensorBase) and q._a.dtype != a.dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor: {q._a.dtype} and {a.dtype}")
    if not a.size:
        raise RuntimeError(f"{name}() input tensor must be non-empty, but its shape is {list(a.shape)}")
    if qs.ndim > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor, not of shape {list(qs.shape)}")
    return a, qs


def _between(ordered: Any, qs: Array, interpolation: str) -> Any:
    rank = qs * (ordered._a.shape[-1] - 1)
    low, high = np.floor(rank).astype(np.int64), np.ceil(rank).astype(np.int64)
    weight = wrap(_weight(rank, interpolation).astype(ordered._a.dtype))
    below, above = ordered[..., wrap(low)], ordered[..., wrap(high)]
    missing = wrap((ordered._a != ordered._a).any(-1, keepdims=True))
    return lerp(below, above, weight).masked_fill(missing, float("nan"))


def _weight(rank: Array, interpolation: str) -> Array:
    """The part of the way from the element below a rank to the one above."""
    low = np.floor(rank)
    weights = {
        "linear": rank - low,
        "lower": np.zeros_like(rank),
        "higher": np.ones_like(rank),
        "midpoint": np.full_like(rank, 0.5),
        "nearest": np.rint(rank) - low,
    }
    if interpolation not in weights:
        raise RuntimeError(
            f"quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, not {interpolation}"
        )
    return weights[interpolation]


def _quantile_shape(out: Any, a: Array, qs: Array, dim: int | None, keepdim: bool) -> Any:
    """From (..., q), the reduced dimension last, to (q, ...) with that dimension kept or not."""
    if dim is None or not a.ndim:
        out = reshape(out, -1, *((1,) * a.ndim if keepdim else ()))
    else:
        out = out.unsqueeze(0).transpose(0, -1)  # (q, ..., 1)
        out = out.transpose(dim + 1, -1)
        out = out if keepdim else out.squeeze(dim + 1)
    out = out if qs.ndim else out.squeeze(0)
    return out if qs.ndim and keepdim else named(out, "SqueezeBackward4")


# --- distinct values and counts (not differentiable) --------------------------------------------------------


def _no_derivative(g: Any) -> Any:
    raise NotImplementedError("the derivative for '_unique2' is not implemented. Use unique on x.detach().")


_unique = op("unique", lambda input, values: values, grad_name="Unique2Backward0", input=_no_derivative)


@spelled(axis="dim")
def unique(
    input: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: Any = None
) -> Any:
    """The distinct values in order (slices along `dim`), and, if asked, where each element is among them, and counts.

    Not differentiable: backward through it raises NotImplementedError.

    >>> import microdl as torch
    >>> torch.unique(torch.tensor([3, 1, 1]), return_counts=True)
    (tensor([1, 3]), tensor([2, 1]))

    Source: https://pytorch.org/docs/stable/generated/torch.unique.html
    """
    a = require("unique", input)._a
    axis = None if dim is None else wrap_dim(dim, a.ndim)
    values, inverse, counts = np.unique(a, return_inverse=True, return_counts=True, axis=axis, equal_nan=False)
    shape = a.shape if dim is None else inverse.reshape(-1).shape
    extra = [inverse.reshape(shape)] * bool(return_inverse) + [counts] * bool(return_counts)
    distinct = _unique(input, values)
    return (distinct, *map(wrap, extra)) if extra else distinct
