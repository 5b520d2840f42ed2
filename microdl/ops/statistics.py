"""Covariances, quantiles without NaN, integrals and slopes of samples, histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.graph import TensorBase, named, wrap
from ..autograd.kinds import no_kernel
from ..autograd.record import op
from . import return_types
from .arithmetic import cast
from .convert import floating
from .cumulative import cumsum
from .join import cat
from .matrix import diagonal
from .reduction import sum
from .shape import require, reshape, wrap_dim
from .sorting import _no_derivative, _quantile_arguments, _quantile_shape, _weight, sort

Array = np.ndarray[Any, Any]


# --- covariance -----------------------------------------------------------------------------------------------


def _weights(name: str, weights: Any, columns: int, kinds: str) -> Any:
    a = require("cov", weights)._a
    if a.ndim > 1:
        raise RuntimeError(f"cov(): expected {name} to have one or fewer dimensions but got {name} with {a.ndim}")
    if a.dtype.kind not in kinds:
        wanted = "integral" if "i" in kinds else "floating point"
        raise RuntimeError(f"cov(): expected {name} to have {wanted} dtype but got {name} with {weights.dtype} dtype")
    if a.size != columns:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input but got {a.size} "
            f"numel and {columns} observations"
        )
    if a.size and a.min() < 0:
        raise RuntimeError(f"cov(): {name} cannot be negative")
    return weights


def _too_many(name: str, a: Array) -> RuntimeError:
    return RuntimeError(
        f"{name}(): expected input to have two or fewer dimensions but got an input with {a.ndim} dimensions"
    )


def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """The covariance matrix of variables in rows, observations in columns; of a vector, its variance.

    `fweights` says how often each observation counts, `aweights` how much; the sum is divided by their total less
    `correction`. RuntimeError for more than two dimensions, bool, or weights that do not fit.

    >>> import microdl as torch
    >>> torch.cov(torch.tensor([[0., 1., 2.], [2., 1., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])

    Source: https://pytorch.org/docs/stable/generated/torch.cov.html
    """
    a = require("cov", input)._a
    if a.ndim > 2:
        raise _too_many("cov", a)
    if a.dtype.kind == "b":
        raise RuntimeError("cov(): bool dtype is not supported for input. Convert it first, as with .float().")
    x = reshape(input, 1, -1) if a.ndim < 2 else input
    n = x._a.shape[1]
    w = None
    if fweights is not None:
        w = _weights("fweights", fweights, n, "iu")
    if aweights is not None:
        scaled = _weights("aweights", aweights, n, "f")
        w = scaled if w is None else w * scaled
    total = float(n) if w is None else sum(w)
    if isinstance(total, TensorBase) and not total._a > 0:
        raise ZeroDivisionError("cov(): weights sum to zero, can't be normalized")
    mean = (sum(x, 1) if w is None else sum(x * w, 1)) / total
    free = total
    if w is not None and aweights is not None and correction:
        free = total - correction * sum(w * aweights) / total
    elif correction:
        free = total - correction
    centred = x - mean.unsqueeze(1)
    weighted = (centred if w is None else centred * w).t()
    out = (centred @ cast(weighted, centred._a.dtype)) / (free if isinstance(free, TensorBase) else max(free, 0))
    return out.squeeze()


def corrcoef(input: Any) -> Any:
    """Pearson's correlation coefficients of variables in rows: `cov_ij / sqrt(cov_ii cov_jj)`, within [-1, 1].

    >>> import microdl as torch
    >>> torch.corrcoef(torch.tensor([[0., 1., 2.], [2., 1., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])

    Source: https://pytorch.org/docs/stable/generated/torch.corrcoef.html
    """
    if require("corrcoef", input)._a.ndim > 2:
        raise _too_many("corrcoef", input._a)
    c = cov(input)
    if not c._a.ndim:
        return c / c
    deviation = diagonal(c).sqrt()
    return (c / deviation.reshape(-1, 1) / deviation).clamp(-1, 1)


# --- without NaN ------------------------------------------------------------------------------------------------


def nanmedian(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The median of what is not NaN, the lower of the two middle ones; NaN where there is nothing else.

    With `dim`, the pair (values, indices).

    >>> import microdl as torch
    >>> torch.nanmedian(torch.tensor([float("nan"), 3., 1.]))
    tensor(1.)
    """
    if dim is None:
        a = require("nanmedian", input)._a
        kept = input if a.dtype.kind != "f" or not np.isnan(a).any() else input[wrap(~np.isnan(a))]
        return named(kept.median(), "NanmedianBackward0")
    a = require("nanmedian", input)._a
    d = wrap_dim(dim, a.ndim)
    if not a.ndim:
        return return_types.nanmedian((reshape(input, ()), wrap(np.zeros((), np.int64))))
    order = a.argsort(d, kind="stable")  # NaN last
    count = (a == a).sum(d, keepdims=True)
    index = wrap(np.take_along_axis(order, np.maximum(count - 1, 0) // 2, d))
    values = input.gather(d, index)
    pair = (values, index) if keepdim else (values.squeeze(d), index.squeeze(d))
    return return_types.nanmedian((named(pair[0], "NanmedianBackward1"), pair[1]))


def nanquantile(input: Any, q: Any, dim: Any = None, keepdim: bool = False, *, interpolation: str = "linear") -> Any:
    """`quantile` of what is not NaN.

    >>> import microdl as torch
    >>> torch.nanquantile(torch.tensor([float("nan"), 3., 1.]), 0.5)
    tensor(2.)
    """
    a, qs = _quantile_arguments("nanquantile", input, q)
    d = wrap_dim(dim, a.ndim) if dim is not None else 0
    rows = reshape(input, -1) if dim is None or not a.ndim else input.transpose(d, -1)
    ordered = sort(rows, -1)[0]  # NaN last
    count = (ordered._a == ordered._a).sum(-1, keepdims=True)
    rank = qs.reshape(-1) * np.maximum(count - 1, 0)
    low, high = (wrap(limit(rank).astype(np.int64)) for limit in (np.floor, np.ceil))
    below, above = ordered.gather(-1, low), ordered.gather(-1, high)
    out = below + (above - below) * wrap(_weight(rank, interpolation).astype(a.dtype))
    return _quantile_shape(out, a, qs, None if dim is None else d, keepdim)


# --- integrals and slopes -----------------------------------------------------------------------------------------


def _strips(name: str, y: Any, x: Any, dx: Any, dim: int) -> tuple[Any, int]:
    """The areas (twice) of the trapezoids between neighbours along `dim`."""
    if not require(name, y)._a.ndim:
        raise RuntimeError(f"{name}: the input must have at least one dimension")
    d = wrap_dim(dim, y._a.ndim)
    n = y._a.shape[d]
    if y._a.dtype.kind == "b":
        raise RuntimeError(f"{name}: received a bool input for `y`, but bool is not supported")
    heights = y.narrow(d, 1, max(n - 1, 0)) + y.narrow(d, 0, max(n - 1, 0)) if n else y
    if x is None:
        return heights * dx, d
    if x._a.dtype.kind == "b":
        raise RuntimeError(f"{name}: received a bool input for `x`, but bool is not supported")
    if x._a.ndim == 1:
        if x._a.shape[0] != n:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point: {x._a.shape[0]} and {n}")
        x = x.reshape(*(-1 if i == d else 1 for i in range(y._a.ndim)))
    xd = d - y._a.ndim + x._a.ndim
    return heights * (x.narrow(xd, 1, x._a.shape[xd] - 1) - x.narrow(xd, 0, x._a.shape[xd] - 1)), d


def trapezoid(y: Any, x: Any = None, *, dx: float = 1, dim: int = -1) -> Any:
    """The integral along `dim` by the trapezoidal rule, of samples `dx` apart or at the places `x`.

    >>> import microdl as torch
    >>> torch.trapezoid(torch.tensor([1., 5., 10.]))
    tensor(10.5000)

    Source: https://pytorch.org/docs/stable/generated/torch.trapezoid.html
    """
    strips, d = _strips("trapezoid", y, x, dx, dim)
    return sum(strips, d) * 0.5


trapz = trapezoid


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: float = 1, dim: int = -1) -> Any:
    """The integrals up to each sample after the first, by the trapezoidal rule; see `trapezoid`.

    >>> import microdl as torch
    >>> torch.cumulative_trapezoid(torch.tensor([1., 5., 10.]))
    tensor([ 3.0000, 10.5000])
    """
    strips, d = _strips("cumulative_trapezoid", y, x, dx, dim)
    return cumsum(strips, d) / 2


def _edge_slope(y: Any, h: Any, d: int, order: int, end: bool) -> Any:
    """The slope at an end, from two neighbours or three."""
    n = y._a.shape[d]

    def at(i: int) -> Any:
        return y.narrow(d, n - 1 - i if end else i, 1)

    sign = -1 if end else 1
    if order == 1:
        return (at(1) - at(0)) * sign / h(0)
    a, b = h(0), h(1)
    return sign * (at(0) * (-(2 * a + b) / (a * (a + b))) + at(1) * ((a + b) / (a * b)) - at(2) * (a / (b * (a + b))))


def _slope_along(y: Any, spacing: Any, d: int, order: int) -> Any:
    n = y._a.shape[d]
    if n < order + 1:
        raise RuntimeError(
            f"torch.gradient expected each dimension size to be at least edge_order+1: {order + 1}, but dimension {d} "
            f"has size {n}"
        )
    before, here, after = (y.narrow(d, i, n - 2) for i in range(3))
    if isinstance(spacing, TensorBase):
        steps = (spacing.narrow(0, 1, n - 1) - spacing.narrow(0, 0, n - 1)).reshape(
            *(-1 if i == d else 1 for i in range(y._a.ndim))
        )
        a, b = steps.narrow(d, 0, n - 2), steps.narrow(d, 1, n - 2)
        middle = -before * (b / (a * (a + b))) + here * ((b - a) / (a * b)) + after * (a / (b * (a + b)))

        def first(i: int) -> Any:
            return steps.narrow(d, i, 1)

        def last(i: int) -> Any:
            return steps.narrow(d, n - 2 - i, 1)
    else:
        middle = (after - before) / (2 * spacing)
        first = last = lambda i: spacing
    ends = [_edge_slope(y, h, d, order, end) for h, end in ((first, False), (last, True))]
    return cat([ends[0], middle, ends[1]], d)


def gradient(input: Any, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple[Any, ...]:
    """The slopes of samples along each dimension (or those of `dim`): central differences, one-sided at the ends.

    `spacing` is one distance, a list of one for each dimension, or a list of 1-D tensors of places.
    `edge_order` 2 takes three samples at the ends. RuntimeError where there are too few.

    >>> import microdl as torch
    >>> torch.gradient(torch.tensor([1., 4., 9., 16.]))
    (tensor([3., 4., 6., 7.]),)

    Source: https://pytorch.org/docs/stable/generated/torch.gradient.html
    """
    ndim = require("gradient", input)._a.ndim
    if edge_order not in (1, 2):
        raise RuntimeError(f"torch.gradient only supports edge_order=1 and edge_order=2, but got {edge_order}.")
    dims = range(ndim) if dim is None else dim if isinstance(dim, (tuple, list)) else [dim]
    wrapped = [wrap_dim(d, ndim) for d in dims]
    several = isinstance(spacing, (tuple, list))
    if several and len(spacing) != len(wrapped):
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to 'self.dim()' or "
            f"'dim', but got a list of length {len(spacing)} for {len(wrapped)} dimensions"
        )
    x = floating(input)
    return tuple(_slope_along(x, spacing[i] if several else spacing, d, edge_order) for i, d in enumerate(wrapped))


# --- histograms, runs -----------------------------------------------------------------------------------------------


def histogram(input: Any, bins: Any = 100, *, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    """The pair (hist, bin_edges): counts (or sums of weights) in `bins` equal bins, or between the edges in a tensor.

    The last bin holds its right edge. `density` divides by the total and the widths. RuntimeError for integers.

    >>> import microdl as torch
    >>> torch.histogram(torch.tensor([1., 2., 1.]), bins=4, range=(0., 3.)).hist
    tensor([0., 2., 1., 0.])

    Source: https://pytorch.org/docs/stable/generated/torch.histogram.html
    """
    a = require("histogram", input)._a
    if a.dtype.kind != "f":
        raise no_kernel("histogram_cpu", a.dtype)
    if isinstance(bins, TensorBase):
        edges = bins._a.astype(a.dtype)
        if edges.ndim != 1 or (np.diff(edges) < 0).any():
            raise RuntimeError(f"torch.histogram(): bins tensor should be 1-D and increasing, not {bins.tolist()}")
    else:
        if bins <= 0:
            raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins}")
        low, high = range if range is not None else (a.min(), a.max()) if a.size else (0, 1)
        if not (np.isfinite(low) and np.isfinite(high)):
            raise RuntimeError(f"torch.histogram(): range [{low}, {high}] is not finite")
        if low > high:
            raise RuntimeError(f"torch.histogram: max should be larger than min, but got [{low}, {high}]")
        low, high = (low - 0.5, high + 0.5) if low == high else (low, high)
        edges = np.linspace(low, high, int(bins) + 1, dtype=a.dtype)
    if weight is not None and weight._a.shape != a.shape:
        raise RuntimeError(
            "torch.histogram(): if weight tensor is provided it should have the same shape as the input tensor, but "
            f"got {list(weight._a.shape)} and {list(a.shape)}"
        )
    weights = None if weight is None else weight._a.ravel()
    hist, _ = np.histogram(a.ravel(), edges, weights=weights)
    hist = hist.astype(a.dtype)
    if density:
        hist = (hist / (hist.sum() * np.diff(edges))).astype(a.dtype)
    return return_types.histogram((wrap(hist), wrap(edges)))


_unique_runs = op("unique_consecutive", lambda input, values: values, input=_no_derivative)


def unique_consecutive(input: Any, return_inverse: bool = False, return_counts: bool = False, dim: Any = None) -> Any:
    """One element (or slice along `dim`) for each run of equal ones, and, if asked, the run of each, and their lengths.

    >>> import microdl as torch
    >>> torch.unique_consecutive(torch.tensor([1, 1, 2, 1]), return_counts=True)
    (tensor([1, 2, 1]), tensor([2, 1, 1]))

    Source: https://pytorch.org/docs/stable/generated/torch.unique_consecutive.html
    """
    a = require("unique_consecutive", input)._a
    d = 0 if dim is None else wrap_dim(dim, a.ndim)
    rows = a.reshape(-1) if dim is None else np.moveaxis(a, d, 0)
    n = len(rows)
    change = (rows[1:] != rows[:-1]).any(tuple(range(1, rows.ndim)))
    starts = np.flatnonzero(np.concatenate([np.ones(min(n, 1), np.bool_), change]))
    run = np.cumsum(np.concatenate([np.zeros(min(n, 1), np.int64), change.astype(np.int64)]))
    out = [_unique_runs(input, np.moveaxis(rows[starts], 0, d))]
    if return_inverse:
        out.append(wrap(run.reshape(a.shape) if dim is None else run))
    if return_counts:
        out.append(wrap(np.diff(np.append(starts, n))))
    return tuple(out) if len(out) > 1 else out[0]
